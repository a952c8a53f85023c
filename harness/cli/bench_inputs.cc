#include "harness/cli/bench_inputs.h"

#include <array>
#include <fstream>
#include <random>

#include "harness/core/errors.h"
#include "harness/core/json_lines.h"

namespace cli {
namespace {

constexpr std::array kWords = {
    "the",    "of",       "and",    "to",       "in",      "is",      "that",      "for",      "it",      "as",
    "was",    "with",     "be",     "by",       "on",      "not",     "he",        "this",     "are",     "or",
    "his",    "from",     "at",     "which",    "but",     "have",    "an",        "had",      "they",    "you",
    "were",   "there",    "one",    "all",      "we",      "can",     "her",       "has",      "been",    "if",
    "more",   "when",     "will",   "would",    "who",     "so",      "no",        "river",    "stone",   "house",
    "answer", "question", "number", "language", "because", "between", "different", "together", "history", "mountain"};

class WordMaker {
 public:
  std::string text(std::int64_t words) {
    std::string text;
    for (std::int64_t i = 0; i < words; ++i) {
      if (i > 0) text += ' ';
      text += kWords[random_() % kWords.size()];
    }
    return text;
  }

 private:
  std::mt19937_64 random_{20231110};
};

/// Texts that must differ within few words differ by their first.
std::string numbered(std::int64_t number, const std::string& text) { return std::to_string(number) + " " + text; }

}  // namespace

BenchInputs read_bench_inputs(const std::string& path, std::int64_t limit) {
  std::ifstream file(path);
  if (!file) throw core::FileError(path, "cannot be opened");
  core::JsonLinesReader reader(file, path);
  BenchInputs inputs;
  try {
    while (limit < 0 || static_cast<std::int64_t>(inputs.instructions.size()) < limit) {
      const auto record = reader.next();
      if (!record) break;
      inputs.instructions.push_back(record->string("instruction"));
      if (record->raw("response") != nullptr)
        inputs.pairs.push_back({inputs.instructions.back(), record->string("response")});
      if (!inputs.pairs.empty() && inputs.pairs.size() != inputs.instructions.size())
        throw std::runtime_error("a response in some lines only: expected one in all, or in none");
    }
  } catch (const core::FileError&) {
    throw;
  } catch (const std::exception& error) {
    throw core::FileError::at_line(path, reader.line(), error.what());
  }
  if (inputs.instructions.empty()) throw core::FileError(path, "no lines: nothing to measure");
  return inputs;
}

BenchInputs make_bench_inputs(const MadeUp& wanted) {
  WordMaker maker;
  BenchInputs inputs;
  for (std::int64_t i = 0; i < wanted.instructions; ++i) {
    inputs.instructions.push_back(numbered(i, maker.text(wanted.words)));
    for (std::int64_t k = 0; k < wanted.responses; ++k)
      inputs.pairs.push_back({inputs.instructions.back(), numbered(k, maker.text(wanted.response_words))});
  }
  return inputs;
}

}  // namespace cli
