#include "tasks/authors_files.h"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>
#include <vector>

#include "harness/core/errors.h"
#include "harness/core/hash.h"
#include "harness/core/text.h"

namespace tasks {
namespace {

constexpr std::size_t kMostNames = 100;  // of other data sets in a message

const char* dataset_field(AuthorsForm form) {
  return form == AuthorsForm::kPromptsourceTest ? "dataset_name" : "dataset";
}

}  // namespace

AuthorsForm read_authors_form(std::string_view name) {
  if (name == "promptsource_test") return AuthorsForm::kPromptsourceTest;
  if (name == "bigbench") return AuthorsForm::kBigbench;
  throw std::runtime_error(fmt::format("'{}' is neither promptsource_test nor bigbench{}", name,
                                       core::did_you_mean(name, {"promptsource_test", "bigbench"})));
}

core::TaskKind kind_of(AuthorsForm form) {
  switch (form) {
    case AuthorsForm::kPromptsourceTest:
      return core::TaskKind::kClassification;
    case AuthorsForm::kBigbench:
      return core::TaskKind::kGeneration;
  }
  throw std::invalid_argument("an unknown form of the authors' files");
}

AuthorsInstances::AuthorsInstances(std::istream& in, std::string name, AuthorsForm form, std::string dataset)
    : reader_(in, std::move(name)), form_(form), dataset_(std::move(dataset)) {}

template <class Read>
auto AuthorsInstances::at_line(Read read) const {
  try {
    return read();
  } catch (const std::runtime_error& error) {
    throw core::FileError::at_line(reader_.name(), reader_.line(), error.what());
  }
}

/// Reads up to the next line, whatever its data set; false at the end.
bool AuthorsInstances::read_line() {
  pending_ = false;
  if (!reader_.next(record_)) return false;
  const std::string set = at_line([&] { return record_.string(dataset_field(form_)); });
  pending_ = set == dataset_;
  if (!pending_ && (other_sets_.contains(set) || other_sets_.size() < kMostNames)) ++other_sets_[set];
  return true;
}

std::string AuthorsInstances::key() const {
  return at_line([&] {
    const std::int64_t example = record_.integer("example_idx");
    if (form_ == AuthorsForm::kBigbench) return std::to_string(example);
    return fmt::format("{}/{}", example, record_.string("template_name"));
  });
}

void AuthorsInstances::check_new(const std::string& key) {
  if (seen_.insert(core::hash64(key)).second) return;
  throw core::FileError::at_line(
      reader_.name(), reader_.line(),
      fmt::format("'{}' of '{}' came before: the lines of an instance stand together, once", key, dataset_));
}

void AuthorsInstances::add_choice(core::Instance& instance) const {
  if (record_.string("instruction") != instance.instruction)
    throw std::runtime_error(fmt::format("field 'instruction': another than in line {}, for the same '{}' of '{}'",
                                         line_, instance.id, dataset_));
  instance.choices.push_back(record_.string("response"));
  if (!core::is_right_choice(record_)) return;
  const std::size_t place = instance.choices.size() - 1;
  if (!instance.label)
    instance.label = static_cast<std::int64_t>(place);
  else if (instance.choices[static_cast<std::size_t>(*instance.label)] != instance.choices[place])
    throw std::runtime_error(fmt::format("a second right choice for '{}' of '{}'", instance.id, dataset_));
}

std::optional<core::Instance> AuthorsInstances::next_classification() {
  core::Instance instance;
  instance.id = key();
  check_new(instance.id);
  at_line([&] {
    instance.template_name = record_.string("template_name");
    instance.instruction = record_.string("instruction");
  });
  do {
    at_line([&] { add_choice(instance); });
  } while (read_line() && pending_ && key() == instance.id);
  if (instance.choices.size() < 2)
    throw core::FileError::at_line(reader_.name(), line_,
                                   fmt::format("'{}' of '{}' has fewer than two choices", instance.id, dataset_));
  return instance;
}

std::optional<core::Instance> AuthorsInstances::next_generation() {
  core::Instance instance;
  instance.id = key();
  check_new(instance.id);
  at_line([&] {
    instance.instruction = record_.string("instruction");
    instance.references = record_.strings("references");
    if (instance.references.empty()) throw std::runtime_error("field 'references': the list is empty");
  });
  pending_ = false;
  return instance;
}

void AuthorsInstances::fail_absent() const {
  std::vector<std::string> names;
  for (const auto& [name, lines] : other_sets_) names.push_back(name);
  throw core::FileError(
      reader_.name(),
      fmt::format("no line has the {} '{}'{}{}", dataset_field(form_), dataset_, core::did_you_mean(dataset_, names),
                  names.empty() ? "; the file is empty" : "; it has " + core::join(names, ", ")));
}

std::optional<core::Instance> AuthorsInstances::next() {
  while (!pending_)
    if (!read_line()) {
      if (seen_.empty()) fail_absent();
      return std::nullopt;
    }
  line_ = reader_.line();
  return form_ == AuthorsForm::kPromptsourceTest ? next_classification() : next_generation();
}

}  // namespace tasks
