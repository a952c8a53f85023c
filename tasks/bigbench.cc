#include "tasks/bigbench.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "harness/core/errors.h"
#include "harness/core/hash.h"
#include "harness/core/random.h"
#include "harness/core/text.h"
#include "tasks/rows/text_stream.h"

namespace tasks {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kSeed = 42;
constexpr std::size_t kMinimumValidation = 16;

void read_text_key(const core::Json& task, const char* key, std::string& value) {
  const core::Json* found = task.find(key);
  if (found == nullptr) return;
  try {
    value = found->as_string();
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(fmt::format("key '{}': {}", key, error.what()));
  }
}

/// The choices, sorted by code point (which is the order of UTF-8 bytes) and then permuted.
std::vector<std::string> ordered_choices(const core::Json& target_scores) {
  std::vector<std::string> sorted, ordered;
  for (const auto& [choice, score] : target_scores.as_object()) sorted.push_back(choice);
  std::sort(sorted.begin(), sorted.end());
  for (const std::size_t i : core::numpy_permutation(kSeed, sorted.size())) ordered.push_back(sorted[i]);
  return ordered;
}

/// The choice of maximal score, the first in file order on ties.
std::string best_choice(const core::Json& target_scores) {
  const std::pair<std::string, core::Json>* best = nullptr;
  for (const auto& entry : target_scores.as_object())
    if (best == nullptr || entry.second.as_double() > best->second.as_double()) best = &entry;
  if (best == nullptr) throw std::runtime_error("key 'target_scores': no choices");
  return best->first;
}

std::vector<std::string> targets_of(const core::Json& example) {
  const core::Json* target = example.find("target");
  const core::Json* scores = example.find("target_scores");
  if (target == nullptr && scores == nullptr) throw std::runtime_error("has neither 'target' nor 'target_scores'");
  if (target == nullptr) return {best_choice(*scores)};
  if (target->is_string()) return {target->as_string()};
  if (!target->is_array())
    throw std::runtime_error("key 'target': expected a string or a list, found " + target->kind());
  std::vector<std::string> targets = target->as_strings();
  if (targets.empty()) throw std::runtime_error("key 'target': an empty list of references");
  return targets;
}

core::Json read_task_json(const fs::path& folder) {
  const fs::path file = find_text(folder / "task.json");
  if (file.empty()) throw core::FileError((folder / "task.json").string(), "is missing");
  try {
    core::Json task = core::parse_json(read_text(file));
    task.as_object();
    return task;
  } catch (const core::FileError&) {
    throw;
  } catch (const std::runtime_error& error) {
    throw core::FileError(file.string(), error.what());
  }
}

std::vector<BigbenchRow> subtask_rows(const fs::path& folder) {
  const core::Json task = read_task_json(folder);
  const std::string path = (folder / "task.json").string();
  std::vector<BigbenchRow> rows;
  std::size_t index = 0;
  try {
    const BigbenchHeader header = bigbench_header(task);
    for (const core::Json& example : without_repeats(task.at("examples").as_array())) {
      rows.push_back(format_example(header, example));
      ++index;
    }
  } catch (const std::runtime_error& error) {
    throw core::FileError(path, fmt::format("example {} (repeats not counted): {}", index, error.what()));
  }
  return rows;
}

}  // namespace

BigbenchHeader bigbench_header(const core::Json& task) {
  BigbenchHeader header;
  read_text_key(task, "task_prefix", header.task_prefix);
  read_text_key(task, "example_input_prefix", header.example_input_prefix);
  read_text_key(task, "example_output_prefix", header.example_output_prefix);
  read_text_key(task, "choice_prefix", header.choice_prefix);
  if (const core::Json* append = task.find("append_choices_to_input"))
    header.append_choices_to_input = append->as_bool();
  return header;
}

std::vector<core::Json> without_repeats(const std::vector<core::Json>& examples) {
  std::unordered_set<std::string> seen;  // of hashes: a few tasks are large
  std::vector<core::Json> kept;
  for (const core::Json& example : examples)
    if (seen.insert(core::sha256(core::write_json(example))).second) kept.push_back(example);
  return kept;
}

BigbenchRow format_example(const BigbenchHeader& header, const core::Json& example) {
  std::string input = example.at("input").as_string();
  const core::Json* scores = example.find("target_scores");
  if (scores != nullptr && header.append_choices_to_input)
    for (const std::string& choice : ordered_choices(*scores)) input += header.choice_prefix + choice;
  const std::string inputs = header.task_prefix + header.example_input_prefix + input + header.example_output_prefix;
  BigbenchRow row{std::string(core::strip(inputs)), targets_of(example)};
  for (std::string& target : row.targets) target = std::string(core::strip(target));
  return row;
}

std::size_t validation_rows(std::size_t rows, std::size_t subtasks) {
  return std::max(rows / 5, kMinimumValidation / subtasks);
}

std::vector<BigbenchRow> take_split(std::vector<BigbenchRow> rows, const std::string& split, std::size_t subtasks) {
  if (split == "default") return rows;
  if (split != "train" && split != "validation")
    throw std::invalid_argument("BIG-bench has the splits default, train and validation, not '" + split + "'");
  core::PythonRandom random(kSeed);
  random.shuffle(rows);
  const std::size_t train = rows.size() - validation_rows(rows.size(), subtasks);
  if (split == "train")
    rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(train), rows.end());
  else
    rows.erase(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(train));
  return rows;
}

std::vector<fs::path> subtask_folders(const fs::path& folder) {
  if (read_task_json(folder).find("examples") != nullptr) return {folder};
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.is_directory() && !find_text(entry.path() / "task.json").empty()) folders.push_back(entry.path());
  if (folders.empty())
    throw core::FileError((folder / "task.json").string(), "has no examples, and there are no subtasks");
  std::sort(folders.begin(), folders.end(),
            [](const fs::path& a, const fs::path& b) { return a.native() < b.native(); });
  return folders;
}

std::vector<BigbenchRow> bigbench_rows(const fs::path& folder, const std::string& split) {
  const std::vector<fs::path> folders = subtask_folders(folder);
  std::vector<BigbenchRow> joined;
  for (const fs::path& subtask : folders) {
    std::vector<BigbenchRow> rows = subtask_rows(subtask);
    if (split != "default" && validation_rows(rows.size(), folders.size()) >= rows.size())
      throw core::FileError((subtask / "task.json").string(),
                            fmt::format("{} examples are too few for the split '{}'", rows.size(), split));
    std::vector<BigbenchRow> part = take_split(std::move(rows), split, folders.size());
    joined.insert(joined.end(), std::make_move_iterator(part.begin()), std::make_move_iterator(part.end()));
  }
  return joined;
}

}  // namespace tasks
