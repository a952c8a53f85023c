// BIG-bench: from a task's original `task.json` files to the rows of the published splits (the Hub's `bigbench`, made
// by package bigbench 1.0.0). The recipe, per subtask:
//
//   drop repeats (whole objects, compared as serialised text) -> append choices -> add prefixes -> strip -> shuffle ->
//   cut
//
// and then the subtasks' parts are joined in the byte order of their folders. A task without subtasks is its own only
// subtask. The shuffle is CPython's with seed 42, the order of choices numpy's permutation with seed 42, both fresh for
// each subtask and each example. Left out, as the published data set has neither: few-shot context, a maximum of
// examples.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/core/json.h"

namespace tasks {

/// A formatted example.
struct BigbenchRow {
  std::string inputs;
  std::vector<std::string> targets;
};

/// The keys of a task.json that shape its rows, with the defaults of the original code.
struct BigbenchHeader {
  std::string task_prefix;
  std::string example_input_prefix = "\nQ: ";
  std::string example_output_prefix = "\nA: ";
  std::string choice_prefix = "\n  choice: ";
  bool append_choices_to_input = true;
};

/// Throws std::runtime_error that names the key.
BigbenchHeader bigbench_header(const core::Json& task);
/// The examples without repeats, the first of equals kept, in order. 1 and 1.0 are different, and so are two orders of
/// keys.
std::vector<core::Json> without_repeats(const std::vector<core::Json>& examples);
/// One example with its prefixes, choices and stripped ends. Throws std::runtime_error that names the key.
BigbenchRow format_example(const BigbenchHeader& header, const core::Json& example);

/// How many of `rows` go to validation: a fifth, at least 16 shared between the subtasks.
std::size_t validation_rows(std::size_t rows, std::size_t subtasks);
/// `split`: "default" (file order), "train" or "validation" (both in shuffled order). Throws std::invalid_argument.
std::vector<BigbenchRow> take_split(std::vector<BigbenchRow> rows, const std::string& split, std::size_t subtasks);

/// The folders with the task.json files to join: `folder` itself where its file has examples, else its direct
/// subfolders. Throws core::FileError.
std::vector<std::filesystem::path> subtask_folders(const std::filesystem::path& folder);

/// All rows of a split of the task in `folder`. Throws core::FileError that names the file and the example, also where
/// the task is too small to have the split.
std::vector<BigbenchRow> bigbench_rows(const std::filesystem::path& folder, const std::string& split);

}  // namespace tasks
