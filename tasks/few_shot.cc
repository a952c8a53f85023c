#include "tasks/few_shot.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <stdexcept>

#include "harness/core/hash.h"
#include "harness/core/random.h"
#include "harness/core/yaml.h"

namespace tasks {
namespace {

/// Whole numbers of one instance, in order.
class Draws {
 public:
  Draws(std::uint64_t seed, const std::string& instruction) {
    key_.seed = seed;
    key_.instruction = core::hash64(instruction);
    key_.decoding = core::hash64("few-shot");
  }
  std::size_t below(std::size_t n) {
    return std::min(n - 1, static_cast<std::size_t>(core::uniform(key_, step_++) * static_cast<double>(n)));
  }

 private:
  core::DrawKey key_;
  std::uint32_t step_ = 0;
};

const std::string& answer_of(const core::Instance& instance) {
  return instance.label ? instance.choices.at(static_cast<std::size_t>(*instance.label)) : instance.references.at(0);
}

/// Moves a drawn element of [from, end) to `from`.
template <class Item>
void draw_to(std::vector<Item>& items, std::size_t from, Draws& draws) {
  std::swap(items[from], items[from + draws.below(items.size() - from)]);
}

}  // namespace

FewShot read_few_shot(const core::Yaml& map) {
  FewShot few_shot;
  few_shot.k = map.at("k").integer();
  few_shot.seed = static_cast<std::uint64_t>(map.integer_or("seed", 0));
  few_shot.separator = map.string_or("separator", few_shot.separator);
  few_shot.target_separator = map.string_or("target_separator", few_shot.target_separator);
  few_shot.balanced = map.boolean_or("balanced", few_shot.balanced);
  return few_shot;
}

std::uint64_t ShotPool::rank(std::int64_t row) const {
  return core::hash64(fmt::format("{}\n{}", few_shot_.seed, row));
}

bool ShotPool::wants(std::int64_t row) const {
  return rows_.size() < kRows || std::pair(rank(row), row) < rows_.rbegin()->first;
}

void ShotPool::add(std::int64_t row, const std::vector<core::Instance>& instances) {
  if (instances.empty()) return;
  rows_.emplace(std::pair(rank(row), row), instances);
  if (rows_.size() > kRows) rows_.erase(std::prev(rows_.end()));
}

void ShotPool::close() {
  for (const auto& [key, instances] : rows_)
    for (const core::Instance& instance : instances)
      by_template_[instance.template_name].push_back(
          {key.second, instance.label.value_or(0), core::hash64(instance.instruction),
           instance.instruction + few_shot_.target_separator + answer_of(instance) + few_shot_.separator});
  rows_.clear();
  for (auto& [name, shots] : by_template_)
    std::stable_sort(shots.begin(), shots.end(), [](const Shot& a, const Shot& b) { return a.row < b.row; });
}

std::string ShotPool::shots_for(const core::Instance& instance, std::optional<std::int64_t> own_row) const {
  std::map<std::int64_t, std::vector<const Shot*>> classes;  // one where the classes do not matter
  const std::uint64_t own = core::hash64(instance.instruction);
  if (const auto shots = by_template_.find(instance.template_name); shots != by_template_.end())
    for (const Shot& shot : shots->second)
      if (shot.row != own_row && shot.instruction != own) classes[few_shot_.balanced ? shot.label : 0].push_back(&shot);
  std::vector<std::int64_t> order;
  for (const auto& [label, shots] : classes) order.push_back(label);
  Draws draws(few_shot_.seed, instance.instruction);
  for (std::size_t i = 0; i + 1 < order.size(); ++i) draw_to(order, i, draws);
  std::string text;
  for (std::size_t j = 0; j < static_cast<std::size_t>(few_shot_.k); ++j) {
    const std::size_t round = order.empty() ? 0 : j / order.size();
    if (order.empty() || round >= classes[order[j % order.size()]].size())
      throw std::runtime_error(fmt::format("few_shot: the training split has {} examples{} for it, k is {}", j,
                                           few_shot_.balanced ? " with classes in turn" : "", few_shot_.k));
    std::vector<const Shot*>& shots = classes[order[j % order.size()]];
    draw_to(shots, round, draws);
    text += shots[round]->text;
  }
  return text;
}

}  // namespace tasks
