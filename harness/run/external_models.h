// What an experiment may name instead of a model of ours: a program of the user's, or a file of what some model said
// before.
//
//   {command: [python3, my_model.py], version: 2, timeout: 600}
//   {recorded: samples/, format: flan_samples}
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "backbones/child_process.h"
#include "harness/core/yaml.h"

namespace run {

struct ProgramChoice {
  std::vector<std::string> words;
  std::filesystem::path folder;         // of the experiment: the program runs there
  std::string version = {};             // the user's own: another one makes all results anew
  std::chrono::milliseconds timeout{};  // of silence

  backbones::CommandOptions options(std::function<void(const std::string&)> log) const;
};

enum class RecordedFormat { kCappy, kFlanSamples, kLmEval };
std::string to_string(RecordedFormat format);

struct RecordedChoice {
  std::vector<std::filesystem::path> files;
  RecordedFormat format = RecordedFormat::kCappy;
};

/// The map with `command`. Relative words mean files in `folder`. Throws core::ConfigError.
ProgramChoice read_program(const core::Yaml& map, const std::filesystem::path& folder);
/// A name for it: of the first word that is a file, else of the program.
std::string default_name(const ProgramChoice& program);

/// The map with `recorded`: a file, or a folder whose *.jsonl count (of `lm-eval` samples_*.jsonl), in the order of
/// their paths. Throws core::ConfigError.
RecordedChoice read_recorded(const core::Yaml& map, const std::filesystem::path& folder);

/// What can change an answer, as far as it can be seen: the words, the content of every word that is a file or a folder
/// of a model (also behind a '='), the version. Throws core::FileError.
core::Json program_key(const ProgramChoice& program);
/// The content of the files. Throws core::FileError.
core::Json recorded_key(const RecordedChoice& recorded);

}  // namespace run
