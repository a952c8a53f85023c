// The JSON Lines that a program of the user's is asked and answers: what backbones, scorers and metrics that are
// commands have in common. An answer is an object with the fields that were asked for; those of the question may come
// back beside them, with the values that they had. Any other field is an error, as it is a name that somebody
// misspelt.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backbones/child_process.h"
#include "harness/core/json.h"
#include "harness/core/json_lines.h"

namespace backbones {

/// An answer that came with another question.
class MixUp : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Answer {
 public:
  /// Throws MixUp where a field of `question` has another value; std::runtime_error: no JSON object in UTF-8, a field
  /// that is neither of `question` nor of `fields`.
  Answer(std::string_view line, const core::Json::Object& question, const std::vector<std::string>& fields);

  /// Each throws std::runtime_error that names the field where it is missing, of another kind or not finite.
  core::Json json(std::string_view field) const { return record_.json(field); }
  double number(std::string_view field) const;
  /// Nothing where the field is null.
  std::optional<double> number_or_null(std::string_view field) const;
  /// A count of tokens; kUnknownCount where the field is null or absent.
  std::int64_t count_or_unknown(std::string_view field) const;

  /// Whether all fields of the question came back, so that this is certainly its answer.
  bool repeats_question() const { return repeats_question_; }

 private:
  void check_field(const std::pair<std::string, core::Json>& field, const core::Json::Object& question,
                   const std::vector<std::string>& fields) const;

  core::JsonRecord record_;
  bool repeats_question_ = false;
};

/// One program, and what is asked of it.
class CommandLines {
 public:
  /// Throws CommandError where there is no such program.
  explicit CommandLines(const CommandOptions& options) : child_(options) {}

  /// One result per question, in order, out of the fields that are asked for. Throws Unfinished with the results that
  /// came before a failure, or all where lines followed that nobody asked for; SurplusError where an answer may belong
  /// to another question, and those before, which did not repeat theirs, may too.
  template <class Result>
  std::vector<Result> ask(const std::vector<core::Json::Object>& questions, const std::vector<std::string>& fields,
                          const std::function<Result(std::size_t index, const Answer&)>& read) {
    std::vector<Result> results;
    try {
      ask_lines(questions, fields,
                [&](std::size_t index, const Answer& answer) { results.push_back(read(index, answer)); });
    } catch (const SurplusError& error) {
      if (!all_repeat_) throw;  // whose answer is whose is not known of those before either
      throw Unfinished<Result>(error.what(), std::move(results));
    } catch (const CommandError& error) {
      if (mixed_up_ && !all_repeat_) throw SurplusError(error.what());
      throw Unfinished<Result>(error.what(), std::move(results));
    }
    return results;
  }

  /// Ends the program. Throws SurplusError where it says more than it was asked; a CommandError where each answer so
  /// far repeated its question, so that they are good all the same.
  void finish();

 private:
  void ask_lines(const std::vector<core::Json::Object>& questions, const std::vector<std::string>& fields,
                 const std::function<void(std::size_t, const Answer&)>& take);

  ChildProcess child_;
  bool all_repeat_ = true;  // every answer so far came with its question
  bool mixed_up_ = false;   // one came with another question
};

}  // namespace backbones
