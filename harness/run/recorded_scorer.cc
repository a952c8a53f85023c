#include "harness/run/recorded_scorer.h"

#include <fmt/format.h>

#include <cmath>
#include <optional>

#include "harness/core/errors.h"
#include "harness/run/recorded_lines.h"

namespace run {
namespace {

using backbones::InstructionResponse;

std::vector<std::string> instruction_of(const core::JsonRecord& record) {
  record.string("response");
  record.number("score");
  return {record.string("instruction")};
}

class RecordedScorer final : public cappy::Scorer {
 public:
  explicit RecordedScorer(const RecordedChoice& recorded) : lines_(recorded.files, instruction_of) {}

  std::vector<cappy::Score> score(std::span<const InstructionResponse> pairs, const cappy::ScoreOptions&) override {
    std::vector<cappy::Score> scores;
    std::vector<std::string> missing;
    for (const InstructionResponse& pair : pairs) {
      const std::optional<double> score = find(pair);
      if (!score) missing.push_back(fmt::format("'{}' for '{}'", pair.response, pair.instruction));
      scores.push_back({score.value_or(0), backbones::kUnknown, backbones::kUnknown});
    }
    if (!missing.empty()) lines_.fail_missing("pairs (response for instruction)", missing, pairs.size());
    return scores;
  }

 private:
  std::optional<double> find(const InstructionResponse& pair) {
    if (last_instruction_ != pair.instruction) {
      last_lines_ = lines_.find(pair.instruction);
      last_instruction_ = pair.instruction;
    }
    std::optional<double> score;
    std::string place;
    for (const RecordedLine& line : last_lines_) {
      if (line.record.string("response") != pair.response) continue;
      const double found = line.record.number("score");
      if (score && *score != found)
        throw core::FileError(line.place, fmt::format("another score of the same pair than in {}", place));
      score = found;
      place = line.place;
    }
    return score;
  }

  RecordedLines lines_;
  std::optional<std::string> last_instruction_;
  std::vector<RecordedLine> last_lines_;
};

}  // namespace

std::unique_ptr<cappy::Scorer> open_recorded_scorer(const RecordedChoice& recorded) {
  return std::make_unique<RecordedScorer>(recorded);
}

}  // namespace run
