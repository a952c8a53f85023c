#include "harness/cli/split_check.h"

#include <algorithm>
#include <set>

#include "harness/core/hash.h"
#include "harness/core/json.h"

namespace cli {
namespace {

/// Instruction and right answer as one text; JSON keeps the parts apart.
std::string whole_of(const core::Instance& instance) {
  core::Json::Array parts;
  parts.emplace_back(instance.instruction);
  if (instance.choices.empty())
    for (const std::string& reference : instance.references) parts.emplace_back(reference);
  else if (instance.label)
    parts.emplace_back(instance.choices.at(static_cast<std::size_t>(*instance.label)));
  return core::write_json(parts);
}

bool has_odd_choices(const core::Instance& instance) {
  const std::set<std::string> distinct(instance.choices.begin(), instance.choices.end());
  return distinct.size() < instance.choices.size() || distinct.contains("");
}

}  // namespace

void TextSet::add(std::uint64_t hash) {
  if (hashes_.size() < kMostChecked)
    hashes_.push_back(hash);
  else
    partial_ = true;
}

void TextSet::close() {
  std::sort(hashes_.begin(), hashes_.end());
  const auto end = std::unique(hashes_.begin(), hashes_.end());
  repeats_ = hashes_.end() - end;
  hashes_.erase(end, hashes_.end());
}

bool TextSet::has(std::uint64_t hash) const { return std::binary_search(hashes_.begin(), hashes_.end(), hash); }

void SplitCheck::add(const core::Instance& instance) {
  const std::uint64_t instruction = core::hash64(instance.instruction), whole = core::hash64(whole_of(instance));
  wholes_.add(whole);
  if (train_ == nullptr) {
    instructions_.add(instruction);
  } else {
    leaks_ += train_->instructions_.has(instruction);
    leaks_with_target_ += train_->wholes_.has(whole);
  }
  ++templates_[instance.template_name];
  empty_instructions_ += instance.instruction.empty();
  odd_choices_ += has_odd_choices(instance);
  if (instance.label) ++labels_[*instance.label];
  if (limits_.tokenizer != nullptr) measure(instance);
}

void SplitCheck::close() {
  instructions_.close();
  wholes_.close();
}

void SplitCheck::measure(const core::Instance& instance) {
  const auto tokens = static_cast<std::int64_t>(limits_.tokenizer->encode(instance.prompt()).ids.size());
  ++lengths_.inputs;
  lengths_.input_tokens += tokens;
  lengths_.longest_input = std::max(lengths_.longest_input, tokens);
  lengths_.inputs_too_long += tokens > limits_.max_source_length;
  for (const std::string& reference : instance.references) {
    const auto length = static_cast<std::int64_t>(limits_.tokenizer->encode(reference).ids.size());
    ++lengths_.references;
    lengths_.longest_reference = std::max(lengths_.longest_reference, length);
    lengths_.references_too_long += length > limits_.max_length - 1;
  }
}

}  // namespace cli
