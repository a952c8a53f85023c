#include "cappy/command_scorer.h"

#include "backbones/command_lines.h"

namespace cappy {
namespace {

using core::Json;

class CommandScorer final : public Scorer {
 public:
  explicit CommandScorer(const backbones::CommandOptions& options) : lines_(options) {}

  std::vector<Score> score(std::span<const backbones::InstructionResponse> pairs,
                           const ScoreOptions& options) override {
    std::vector<Json::Object> questions;
    for (const backbones::InstructionResponse& pair : pairs) {
      questions.push_back(
          {{"instruction", pair.instruction}, {"response", pair.response}, {"max_length", options.max_length}});
      if (options.truncation_side != tokenizer::TruncationSide::kRight)
        questions.back().emplace_back("truncation_side", tokenizer::to_string(options.truncation_side));
    }
    return lines_.ask<Score>(questions, {"score"}, [](std::size_t, const backbones::Answer& answer) {
      return Score{answer.number("score"), backbones::kUnknown, backbones::kUnknown};
    });
  }

  void finish() override { lines_.finish(); }

 private:
  backbones::CommandLines lines_;
};

}  // namespace

std::unique_ptr<Scorer> open_command_scorer(const backbones::CommandOptions& options) {
  return std::make_unique<CommandScorer>(options);
}

}  // namespace cappy
