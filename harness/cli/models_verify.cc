// `cappy models verify`: a model held against a reference on the user's own inputs: a program that speaks the filters'
// JSON Lines, another model, or the same model in float32. Numbers, token counts, outputs and choices are compared.
#include <fmt/format.h>

#include <functional>
#include <iostream>

#include "backbones/command_backbone.h"
#include "backbones/config_file.h"
#include "cappy/command_scorer.h"
#include "cappy/scorer.h"
#include "harness/cli/model_comparison.h"
#include "harness/cli/model_options.h"
#include "harness/cli/models_verbs.h"
#include "harness/core/errors.h"

namespace cli {
namespace {

using core::Json;

constexpr double kTolerance = 1e-4;

/// What is asked of both models.
struct Questions {
  std::vector<VerifyInput> inputs;
  NumberKind kind = NumberKind::kLogLikelihood;
  backbones::GenerationOptions generation;  // no decodings: nothing is generated
  backbones::LikelihoodOptions likelihood;
  cappy::ScoreOptions score;
};

/// Opens a model and asks it; the model is gone when the answers are there.
using Ask = std::function<ModelAnswers(const Questions&)>;

std::vector<backbones::InstructionResponse> pairs_of(const std::vector<VerifyInput>& inputs) {
  std::vector<backbones::InstructionResponse> pairs;
  for (const VerifyInput& input : inputs)
    for (const std::string& response : input.responses) pairs.push_back({input.instruction, response});
  return pairs;
}

/// Values of all pairs, one list an input.
template <class Value, class Pairs, class Read>
std::vector<std::vector<Value>> by_input(const std::vector<VerifyInput>& inputs, const Pairs& pairs, const Read& read) {
  std::vector<std::vector<Value>> values;
  std::size_t next = 0;
  for (const VerifyInput& input : inputs) {
    values.emplace_back();
    for (std::size_t k = 0; k < input.responses.size(); ++k) values.back().push_back(read(pairs[next++]));
  }
  return values;
}

ModelAnswers ask_backbone(backbones::Backbone& backbone, const Questions& questions) {
  ModelAnswers answers;
  const auto likelihoods = backbone.log_likelihood(pairs_of(questions.inputs), questions.likelihood);
  answers.values =
      by_input<double>(questions.inputs, likelihoods, [](const auto& value) { return value.log_likelihood; });
  answers.tokens =
      by_input<std::int64_t>(questions.inputs, likelihoods, [](const auto& value) { return value.tokens; });
  if (questions.generation.decodings.empty()) return answers;
  std::vector<std::string> instructions;
  for (const VerifyInput& input : questions.inputs) instructions.push_back(input.instruction);
  for (backbones::Generation& generation : backbone.generate(instructions, questions.generation))
    answers.outputs.push_back(std::move(generation.candidates));
  return answers;
}

ModelAnswers ask_scorer(cappy::Scorer& scorer, const Questions& questions) {
  ModelAnswers answers;
  const auto scores = scorer.score(pairs_of(questions.inputs), questions.score);
  answers.values = by_input<double>(questions.inputs, scores, [](const auto& value) { return value.score; });
  answers.tokens = by_input<std::int64_t>(questions.inputs, scores, [](const auto& value) { return value.tokens; });
  return answers;
}

Ask asks_model(const backbones::ModelOptions& model) {
  return [model](const Questions& questions) {
    if (questions.kind == NumberKind::kScore) return ask_scorer(*cappy::load_scorer(model), questions);
    return ask_backbone(*backbones::load_backbone(model), questions);
  };
}

Ask asks_command(const std::string& command) {
  const std::vector<std::string> words = po::split_unix(command);
  if (words.empty()) throw core::UsageError("--against: expected a command");
  return [words](const Questions& questions) {
    if (questions.kind == NumberKind::kScore)
      return ask_scorer(*cappy::open_command_scorer({.words = words}), questions);
    return ask_backbone(*backbones::open_command_backbone({.words = words}), questions);
  };
}

/// The model that is verified, what it is held against, and whether the distance decides the exit code.
struct Pair {
  std::string mine, reference;  // for people
  Ask ask_mine, ask_reference;
  bool has_gate = true;
  double tolerance = kTolerance;
};

std::string precision_text(const backbones::ModelOptions& model) {
  std::string text = to_string(model.dtype);
  if (model.weights) text += ", weights " + to_string(*model.weights);
  return text;
}

Pair read_pair(const po::variables_map& values, ModelHub& models, backbones::ModelOptions mine) {
  const bool by_command = values.count("against") > 0, by_model = values.count("against-model") > 0;
  if (by_command && by_model) throw core::UsageError("--against and --against-model: give one of them");
  if (!by_command && !by_model && mine.dtype == backbones::NumberFormat::kFloat32 && !mine.weights)
    throw core::UsageError(
        "models verify: nothing to compare with: --against 'COMMAND …', --against-model DIR|ID, or a precision other "
        "than the reference's (--dtype, --weights)");
  Pair pair;
  pair.mine = fmt::format("{}, {}", mine.folder.string(), precision_text(mine));
  pair.ask_mine = asks_model(mine);
  pair.has_gate = by_command || by_model || values.count("tolerance");
  if (values.count("tolerance")) pair.tolerance = values["tolerance"].as<double>();
  if (by_command) {
    pair.reference = values["against"].as<std::string>();
    pair.ask_reference = asks_command(pair.reference);
    return pair;
  }
  backbones::ModelOptions reference{.folder = mine.folder, .weights = std::nullopt, .device = mine.device};
  if (by_model) reference.folder = models.find(values["against-model"].as<std::string>()).folder;
  pair.reference = fmt::format("{}, {}", reference.folder.string(), precision_text(reference));
  pair.ask_reference = asks_model(reference);
  return pair;
}

bool is_scorer(const std::filesystem::path& folder) {
  return backbones::ConfigFile(folder / "config.json").string_or("model_type", "") == "roberta";
}

Questions read_questions(const po::variables_map& values, const CommonOptions& common, const ModelChoice& choice) {
  Questions questions;
  const std::string path = required(values, "inputs");
  questions.inputs = read_verify_inputs(path, common.limit);
  if (is_scorer(choice.model.folder)) questions.kind = NumberKind::kScore;
  for (const VerifyInput& input : questions.inputs)
    if (questions.kind == NumberKind::kScore && input.responses.empty())
      throw core::FileError::at_line(path, input.line, "a scorer needs 'response', 'responses' or 'choices'");
  for (const std::string& name : values["decoding"].as<Words>()) {
    if (questions.kind == NumberKind::kScore || name == "none") continue;
    for (backbones::Decoding& decoding : backbones::decodings_from(name))
      questions.generation.decodings.push_back(std::move(decoding));
  }
  questions.generation.protocol = choice.protocol;
  questions.generation.max_length = values["max-length"].as<std::int64_t>();
  questions.generation.batch_tokens = questions.likelihood.batch_tokens = questions.score.batch_tokens =
      choice.batch_tokens;
  return questions;
}

/// What is above the tolerance, in words; empty: nothing.
std::string broken_gate(const Differences& found, const Pair& pair, NumberKind kind) {
  if (!pair.has_gate) return "";
  if (found.largest.scaled > pair.tolerance)
    return fmt::format("a {} differs by {:.3g}{}, allowed {:g}",
                       kind == NumberKind::kScore ? "score" : "log-likelihood", found.largest.scaled,
                       kind == NumberKind::kScore ? "" : " (beyond 10 nats in proportion)", pair.tolerance);
  if (found.unequal_token_counts > 0)
    return fmt::format("{} texts have another number of tokens", found.unequal_token_counts);
  if (found.unequal_outputs > 0) return fmt::format("{} outputs differ", found.unequal_outputs);
  return "";
}

std::string tau_text(const std::optional<double>& tau) { return tau ? fmt::format("{:.6f}", *tau) : "n/a"; }

double share(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

void print_numbers(const Differences& found, NumberKind kind) {
  if (found.numbers + found.unknown == 0) return;
  std::cout << fmt::format("{:<12} {} compared, largest difference {:.3g}{}{}\n",
                           kind == NumberKind::kScore ? "scores" : "log-lik.", found.numbers, found.largest.distance,
                           found.largest.distance > 0 ? fmt::format(" (line {})", found.largest.line) : "",
                           found.unknown > 0 ? fmt::format("; {} unknown", found.unknown) : "");
  std::cout << fmt::format("{:<12} Kendall's tau-b {} over all, {} within inputs\n", "ranks", tau_text(found.tau),
                           tau_text(found.tau_within));
}

void print(const Pair& pair, const Differences& found, NumberKind kind) {
  std::cout << fmt::format("{:<12} {}\n{:<12} {}\n", "model", pair.mine, "reference", pair.reference);
  print_numbers(found, kind);
  if (found.choices > 0)
    fmt::print(
        "{:<12} {} of {} flipped{}\n", "choices", found.flipped, found.choices,
        found.flipped > 0 ? fmt::format(", where the reference differs by at most {:.3g}", found.widest_flip) : "");
  if (found.labelled > 0)
    std::cout << fmt::format("{:<12} {:.4f}, reference {:.4f}, difference {:+.4f}, {} labelled\n", "accuracy",
                             share(found.right, found.labelled), share(found.right_reference, found.labelled),
                             share(found.right - found.right_reference, found.labelled), found.labelled);
  if (found.token_counts > 0)
    std::cout << fmt::format("{:<12} {} of {} texts unequal\n", "tokens", found.unequal_token_counts,
                             found.token_counts);
  if (found.outputs > 0)
    std::cout << fmt::format("{:<12} {} of {} unequal{}\n", "outputs", found.unequal_outputs, found.outputs,
                             found.unequal_outputs > 0 ? "; the first: " + found.first_unequal_output : "");
}

Json to_json(const Pair& pair, const Differences& found, const std::string& broken) {
  const auto number = [](const std::optional<double>& value) { return value ? Json(*value) : Json(); };
  return Json::Object{{"model", pair.mine},
                      {"reference", pair.reference},
                      {"numbers", found.numbers},
                      {"unknown", found.unknown},
                      {"largest_difference", found.largest.distance},
                      {"largest_scaled", found.largest.scaled},
                      {"line", found.largest.line},
                      {"tau", number(found.tau)},
                      {"tau_within", number(found.tau_within)},
                      {"choices", found.choices},
                      {"flipped", found.flipped},
                      {"widest_flip", found.widest_flip},
                      {"labelled", found.labelled},
                      {"right", found.right},
                      {"right_reference", found.right_reference},
                      {"token_counts", found.token_counts},
                      {"unequal_token_counts", found.unequal_token_counts},
                      {"outputs", found.outputs},
                      {"unequal_outputs", found.unequal_outputs},
                      {"gate", !pair.has_gate   ? Json()
                               : broken.empty() ? Json("passed")
                                                : Json(broken)}};
}

VerbSyntax verify_syntax() {
  VerbSyntax syntax = syntax_with_model(
      "models verify",
      "DIR|ID --inputs FILE [options]\n\n"
      "Compares a model on the lines of FILE (`instruction`, and `response`, `responses` or `choices` with `label`)\n"
      "with a program that answers the filters' JSON Lines (--against), with another model (--against-model), or, "
      "where\n"
      "--dtype or --weights ask for another precision, with itself in float32. Exit 3 where a difference is above the\n"
      "tolerance; without --against and --against-model only where --tolerance is given");
  // clang-format off
  syntax.own.add_options()
    ("inputs", po::value<std::string>()->value_name("FILE"), "JSON Lines")
    ("against", po::value<std::string>()->value_name("COMMAND"),
     "the reference: a program and its arguments, such as 'python3 scripts/transformers_backbone.py DIR'")
    ("against-model", po::value<std::string>()->value_name("DIR|ID"), "the reference: another model, in float32")
    ("tolerance", po::value<double>()->value_name("X"),
     "of scores and of log-likelihoods (beyond 10 nats in proportion); default: 1e-4")
    ("decoding", po::value<Words>()->composing()->default_value({"greedy", "beam:4"}, "greedy beam:4")->value_name("NAME"),
     "outputs to compare of a backbone; none: no outputs; repeatable")
    ("max-length", po::value<std::int64_t>()->default_value(64)->value_name("N"), "tokens of an output, the start included")
    ("json", po::bool_switch(), "as JSON");
  // clang-format on
  add_precision_options(syntax.own);
  return syntax;
}

}  // namespace

int run_models_verify(const Words& words) {
  CommonOptions common;
  po::variables_map values;
  if (!parse(words, verify_syntax(), common, values)) return 0;
  if (values["max-length"].as<std::int64_t>() < 2) throw core::UsageError("--max-length: expected a number from 2");
  use_threads(common);
  ModelHub models(core::progress_mode_from(common.progress));
  ModelChoice choice = precision_choice(values, ModelRole::kScorer);  // weights as --weights says alone
  choice.model.folder = model_in(values, models).folder;
  const Questions questions = read_questions(values, common, choice);
  const Pair pair = read_pair(values, models, choice.model);
  const ModelAnswers mine = pair.ask_mine(questions), reference = pair.ask_reference(questions);
  const Differences found = compare_answers(questions.inputs, mine, reference, questions.kind);
  const std::string broken = broken_gate(found, pair, questions.kind);
  if (values["json"].as<bool>()) {
    std::cout << core::write_json_pretty(to_json(pair, found, broken));
  } else {
    print(pair, found, questions.kind);
    if (pair.has_gate) std::cout << fmt::format("{}\n", broken.empty() ? "passed" : "FAILED: " + broken);
  }
  return static_cast<int>(broken.empty() ? core::ExitCode::kDone : core::ExitCode::kGateFailed);
}

}  // namespace cli
