#include "harness/run/external_models.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "harness/core/hash.h"
#include "harness/run/models.h"

namespace run {
namespace {

using core::Json;
using core::Yaml;

constexpr double kTimeoutSeconds = 600;
constexpr double kMostSeconds = 1e7;

const std::vector<std::string> kFormats = {"cappy", "flan_samples", "lm-eval"};

/// Throws where the map has a key that says something about files of a model.
void refuse_model_keys(const Yaml& map, const std::string& kind, const std::vector<std::string>& keys) {
  for (const std::string& key : keys) {
    if (const Yaml* value = map.find(key)) value->fail(fmt::format("has no meaning beside '{}'", kind));
  }
}

bool is_file(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored);
}

/// The hash of what a word names; null where it names nothing.
Json content_of(const std::filesystem::path& path) {
  std::error_code ignored;
  if (is_file(path)) return core::sha256_file(path);
  const bool model = std::filesystem::is_directory(path, ignored) && is_file(path / "config.json");
  return model ? Json(hash_model_folder(path)) : Json();
}

bool counts(const std::filesystem::path& file, RecordedFormat format) {
  const bool lines = file.extension() == ".jsonl";
  return lines && (format != RecordedFormat::kLmEval || file.filename().string().starts_with("samples_"));
}

}  // namespace

std::string to_string(RecordedFormat format) { return kFormats.at(static_cast<std::size_t>(format)); }

backbones::CommandOptions ProgramChoice::options(std::function<void(const std::string&)> log) const {
  return {.words = words, .folder = folder, .timeout = timeout, .log = std::move(log)};
}

ProgramChoice read_program(const Yaml& map, const std::filesystem::path& folder) {
  refuse_model_keys(map, "command",
                    {"model", "new", "recorded", "seed", "revision", "weights", "dtype", "device", "format"});
  const Yaml& command = map.at("command");
  ProgramChoice program;
  program.folder = folder;
  program.words = command.strings();
  if (command.is_scalar() && command.string().find(' ') != std::string::npos)
    command.fail("expected a list of words, such as [python3, my_model.py]: no shell splits a line");
  if (program.words[0].empty()) command.fail("its first word is empty");
  program.version = map.string_or("version", "");
  const double seconds = map.number_or("timeout", kTimeoutSeconds);
  if (!(seconds > 0 && seconds <= kMostSeconds))
    map.at("timeout").fail(fmt::format("expected seconds above 0 and at most {}, found {}", kMostSeconds, seconds));
  program.timeout = std::chrono::milliseconds(std::llround(std::ceil(seconds * 1000)));
  return program;
}

std::string default_name(const ProgramChoice& program) {
  for (std::size_t i = 1; i < program.words.size(); ++i) {
    if (is_file(program.folder / program.words[i])) return std::filesystem::path(program.words[i]).stem().string();
  }
  return std::filesystem::path(program.words[0]).filename().string();
}

RecordedChoice read_recorded(const Yaml& map, const std::filesystem::path& folder) {
  refuse_model_keys(map, "recorded",
                    {"model", "new", "seed", "revision", "weights", "dtype", "device", "version", "timeout"});
  const Yaml& place = map.at("recorded");
  RecordedChoice recorded;
  if (const Yaml* format = map.find("format")) recorded.format = static_cast<RecordedFormat>(format->one_of(kFormats));
  const std::filesystem::path path = (folder / place.string()).lexically_normal();
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path))
      if (entry.is_regular_file() && counts(entry.path(), recorded.format)) recorded.files.push_back(entry.path());
    std::ranges::sort(recorded.files);
    const char* names = recorded.format == RecordedFormat::kLmEval ? "samples_*.jsonl" : "*.jsonl";
    if (recorded.files.empty()) place.fail(fmt::format("there is no {} in the folder {}", names, path.string()));
  } else if (is_file(path)) {
    recorded.files.push_back(path);
  } else {
    place.fail(fmt::format("there is no file or folder {}", path.string()));
  }
  return recorded;
}

Json program_key(const ProgramChoice& program) {
  Json::Array contents;
  for (const std::string& word : program.words) {
    Json content = content_of(program.folder / word);
    const std::size_t sign = word.find('=');
    if (content.is_null() && sign != std::string::npos && sign + 1 < word.size())
      content = content_of(program.folder / word.substr(sign + 1));
    contents.push_back(std::move(content));
  }
  Json::Object key{{"command", Json(Json::Array(program.words.begin(), program.words.end()))},
                   {"sha256", std::move(contents)}};
  if (!program.version.empty()) key.emplace_back("version", program.version);
  return key;
}

Json recorded_key(const RecordedChoice& recorded) {
  core::Hasher hasher;
  for (const auto& file : recorded.files) hasher.add(core::sha256_file(file) + "\n");
  return Json::Object{{"recorded", to_string(recorded.format)}, {"sha256", hasher.hex()}};
}

}  // namespace run
