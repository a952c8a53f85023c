#include "tasks/dataset.h"

#include <fmt/format.h>

#include <sstream>

#include "harness/core/errors.h"
#include "harness/core/json_lines.h"
#include "harness/core/text.h"
#include "tasks/compressed.h"

namespace tasks {
namespace {

namespace fs = std::filesystem;

/// A view of a string as a stream, without a copy.
class TextBuffer : public std::streambuf {
 public:
  explicit TextBuffer(std::string& text) { setg(text.data(), text.data(), text.data() + text.size()); }
};

bool wants_more(const std::vector<Row>& rows, std::int64_t limit) {
  return limit < 0 || static_cast<std::int64_t>(rows.size()) < limit;
}

std::vector<Row> rows_of_lines(std::istream& in, const std::string& path, std::int64_t limit) {
  core::JsonLinesReader reader(in, path);
  std::vector<Row> rows;
  while (wants_more(rows, limit)) {
    const auto record = reader.next();
    if (!record) break;
    try {
      rows.push_back({record->to_json(), fmt::format("{}: line {}", path, reader.line())});
    } catch (const std::runtime_error& error) {
      throw core::FileError::at_line(path, reader.line(), error.what());
    }
  }
  return rows;
}

std::vector<Row> rows_of_list(const std::string& text, const std::string& path, std::int64_t limit) {
  core::Json list;
  try {
    list = core::parse_json(text);
    list.as_array();
  } catch (const std::runtime_error& error) {
    throw core::FileError(path, error.what());
  }
  std::vector<Row> rows;
  for (core::Json& row : std::get<core::Json::Array>(list.value())) {
    if (!wants_more(rows, limit)) break;
    const std::string place = fmt::format("{}: row {}", path, rows.size());
    if (!row.is_object()) throw core::FileError(place, "expected an object, found " + row.kind());
    rows.push_back({std::move(row), place});
  }
  return rows;
}

/// "validation" is also called "val" and "dev" in the files that publishers give out.
std::vector<std::string> names_of_split(const std::string& split) {
  if (split == "validation") return {"validation", "val", "dev"};
  return {split};
}

fs::path find_in_folder(const fs::path& folder, const std::string& split) {
  for (const std::string& name : names_of_split(split))
    for (const char* ending : {".jsonl", ".json"})
      if (const fs::path file = find_plain_or_zst(folder / (name + ending)); !file.empty()) return file;
  return {};
}

/// Where a data set may stand under the folder that a user names: the folder itself, then folders named by the task and
/// by the data set, as SuperGLUE's archives (RTE/), the Hub (super_glue/rte/) and PromptSource (super_glue/rte) call
/// them.
std::vector<fs::path> folders_of(const TaskSpec& spec, const fs::path& root) {
  std::string upper = spec.data_config;
  for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  const std::string flat = core::replace_all(spec.promptsource.empty() ? spec.name : spec.promptsource, "/", "_");
  std::vector<fs::path> folders;
  for (const std::string& name : {spec.name, spec.data_id + "/" + spec.data_config, spec.promptsource, flat, upper})
    if (!name.empty()) folders.push_back(root / name);
  folders.push_back(root);
  return folders;
}

fs::path hub_root(const TaskSpec& spec, const Places& places) {
  for (const std::string& id : {spec.data_id + "/" + spec.data_config, spec.data_id})
    if (const fs::path place = places.sources.find(spec.name, id); !place.empty()) return place;
  return places.data;
}

fs::path find_hub_split(const TaskSpec& spec, const std::string& split, const Places& places) {
  const fs::path root = hub_root(spec, places);
  if (fs::is_regular_file(root)) {
    if (split == spec.test_split) return root;
    throw core::FileError(root.string(), fmt::format("holds the split '{}' of {}; map its folder to read '{}' too",
                                                     spec.test_split, spec.name, split));
  }
  for (const fs::path& folder : folders_of(spec, root))
    if (const fs::path file = find_in_folder(folder, split); !file.empty()) return file;
  const std::string advice = "map the task to a file or folder by --sources";
  throw core::FileError(root.string(),
                        fmt::format("no split '{}' ({}.jsonl or .json, also .zst) of task {}, data set {}; {}", split,
                                    split, spec.name, spec.data_id, advice));
}

fs::path find_local_split(const TaskSpec& spec, const std::string& split) {
  const fs::path base = spec.file.parent_path() / spec.data_id;
  for (const std::string& name : {base.string() + "." + split + ".jsonl", (base / (split + ".jsonl")).string()})
    if (const fs::path file = find_plain_or_zst(name); !file.empty()) return file;
  throw core::FileError(base.string() + "." + split + ".jsonl", "is missing: the rows of task " + spec.name);
}

}  // namespace

std::vector<Row> read_rows(const fs::path& file, std::int64_t limit) {
  const std::string path = file.string();
  const fs::path inner = file.extension() == ".zst" ? file.stem() : file.filename();
  std::string text = read_plain_or_zst(file);
  if (inner.extension() == ".json") return rows_of_list(text, path, limit);
  if (inner.extension() != ".jsonl")
    throw core::FileError(path, "not a data set file: expected .jsonl or .json, also .zst");
  TextBuffer buffer(text);
  std::istream in(&buffer);
  return rows_of_lines(in, path, limit);
}

fs::path find_split(const TaskSpec& spec, const std::string& split, const Places& places) {
  return spec.data_kind == "local" ? find_local_split(spec, split) : find_hub_split(spec, split, places);
}

fs::path find_bigbench(const TaskSpec& spec, const Places& places) {
  const fs::path mapped = places.sources.find(spec.name, "bigbench");
  const fs::path root = mapped.empty() ? places.data : mapped;
  std::vector<fs::path> folders = {root / spec.data_id, root / "bigbench" / spec.data_id};
  const bool own = root.filename() == spec.data_id || !places.sources.find(spec.name, "").empty();
  if (own) folders.insert(folders.begin(), root);
  for (const fs::path& folder : folders)
    if (!find_plain_or_zst(folder / "task.json").empty()) return folder;
  throw core::FileError((root / spec.data_id / "task.json").string(),
                        "is missing: run scripts/get_data bigbench, or map `bigbench` to its folder by --sources");
}

}  // namespace tasks
