// Rows of a data set in a local file: JSON Lines (`.jsonl`), or one JSON list of objects (`.json`), plain or `.zst`.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "harness/core/json.h"
#include "tasks/task.h"

namespace tasks {

/// A row and where it stands, for messages: "FILE: line 12" in JSON Lines, "FILE: row 11" in a list.
struct Row {
  core::Json columns;  // an object
  std::string place;
};

/// The first `limit` rows (< 0: all). Throws core::FileError that names the line or the row.
std::vector<Row> read_rows(const std::filesystem::path& file, std::int64_t limit);

/// The file of a split of a Hub or local data set. Throws core::FileError that says where it was looked for.
std::filesystem::path find_split(const TaskSpec& spec, const std::string& split, const Places& places);

/// The folder with task.json of a BIG-bench task. Throws core::FileError.
std::filesystem::path find_bigbench(const TaskSpec& spec, const Places& places);

}  // namespace tasks
