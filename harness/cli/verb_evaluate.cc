// `cappy evaluate`: the Rouge-L of every method over stored candidates, a line each or their means by task; and the
// accuracy of scored choices.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <optional>
#include <set>
#include <stdexcept>
#include <vector>

#include "harness/cli/evaluation_tables.h"
#include "harness/cli/options.h"
#include "harness/core/errors.h"
#include "harness/core/json_lines.h"
#include "harness/metrics/choice_accuracy.h"
#include "harness/metrics/evaluation.h"
#include "harness/metrics/task_means.h"

namespace cli {
namespace {

constexpr std::size_t kBlock = 16;  // lines a write
constexpr const char* kStandardInput = "standard input";
constexpr const char* kClassification =
    "field 'label': scored choices have an accuracy by data set, none by line; pass --table or --json";

struct Settings {
  Words files;  // empty: standard input
  std::uint64_t seed = 0;
  std::int64_t limit = -1;  // lines of each source
};

/// Opens each source in turn.
/// The same file twice would count its lines twice.
void refuse_repeats(const Words& files) {
  std::set<std::filesystem::path> seen;
  for (const std::string& file : files)
    if (!seen.insert(std::filesystem::weakly_canonical(file)).second)
      throw core::UsageError("cappy evaluate: " + file + " is named twice");
}

void for_each_source(const Words& files, const std::function<void(std::istream&, const std::string& name)>& read) {
  if (files.empty()) return read(std::cin, kStandardInput);
  for (const std::string& file : files) {
    std::ifstream in(file, std::ios::binary);
    if (!in) throw core::FileError(file, "cannot be opened");
    read(in, file);
  }
}

bool has_candidates(const core::JsonRecord& record) { return record.raw("candidates") || record.raw("flan_samples"); }

bool is_scored_choice(const core::JsonRecord& record) {
  return !has_candidates(record) && record.raw("label") && record.raw("response");
}

metrics::MethodValues evaluate_stored(const core::JsonRecord& record, const metrics::StoredCandidates& stored,
                                      std::uint64_t seed, metrics::RougeL& rouge_l) {
  const std::vector<std::string> references = record.strings("references");
  if (references.empty()) throw std::runtime_error("field 'references': the list is empty");
  return metrics::evaluate(stored, references, seed, rouge_l);
}

core::Json to_json(const metrics::MethodValues& methods) {
  core::Json::Object out;
  for (const auto& [method, value] : methods) out.emplace_back(method, value ? core::Json(*value) : core::Json());
  return out;
}

void filter(const Settings& settings) {
  metrics::RougeL rouge_l;
  std::vector<core::Json> results;  // of the block being read
  const auto check = [&](const core::JsonRecord& record) {
    if (is_scored_choice(record)) throw std::runtime_error(kClassification);
    results.push_back(to_json(evaluate_stored(record, metrics::stored_candidates(record), settings.seed, rouge_l)));
  };
  const auto enrich = [&](std::span<core::JsonRecord> records) {
    for (std::size_t i = 0; i < records.size(); ++i) records[i].set("rouge_l", results[i]);
    results.clear();
  };
  for_each_source(settings.files, [&](std::istream& in, const std::string& name) {
    core::run_filter(in, std::cout, {.block = kBlock, .limit = settings.limit, .name = name}, check, enrich);
  });
}

/// The means over all lines of all sources. The first line says whether they are stored candidates or scored choices.
class Evaluation {
 public:
  explicit Evaluation(const Settings& settings) : settings_(settings) {
    for_each_source(settings.files, [this](std::istream& in, const std::string& name) { read(in, name); });
  }

  /// Nothing where the lines were stored candidates.
  const std::optional<metrics::ChoiceAccuracy>& choices() const { return choices_; }
  const metrics::TaskMeans& means() const { return means_; }

 private:
  void read(std::istream& in, const std::string& name) {
    core::JsonLinesReader reader(in, name);
    core::JsonRecord record;
    named_.reset();
    while ((settings_.limit < 0 || reader.line() < settings_.limit) && reader.next(record)) {
      try {
        add(record, name, fmt::format("{}: line {}", name, reader.line()));
      } catch (const std::runtime_error& error) {
        throw core::FileError::at_line(name, reader.line(), error.what());
      }
    }
    if (reader.line() == 0) throw core::FileError(name, "no lines to take means of");
  }

  void add(const core::JsonRecord& record, const std::string& name, const std::string& place) {
    if (!started_ && is_scored_choice(record)) choices_.emplace();
    started_ = true;
    if (choices_) return choices_->add(record);
    const metrics::StoredCandidates stored = metrics::stored_candidates(record);
    means_.add({task_of(record, name), name, place}, stored.shape,
               evaluate_stored(record, stored, settings_.seed, rouge_l_));
  }

  /// The field `dataset`, which all lines of a source have or none; else the file's stem.
  std::string task_of(const core::JsonRecord& record, const std::string& name) {
    const bool named = record.raw("dataset");
    if (named != named_.value_or(named))
      throw std::runtime_error(
          fmt::format("field 'dataset' is {}, other than in the lines before", named ? "there" : "missing"));
    named_ = named;
    if (named) return record.string("dataset");
    return settings_.files.empty() ? name : std::filesystem::path(name).stem().string();
  }

  const Settings& settings_;
  std::optional<bool> named_;  // whether the lines of this source have the field `dataset`
  bool started_ = false;
  std::optional<metrics::ChoiceAccuracy> choices_;
  metrics::TaskMeans means_;
  metrics::RougeL rouge_l_;
};

void print_table(const Settings& settings) {
  const Evaluation evaluation(settings);
  if (evaluation.choices())
    std::cout << accuracy_table(*evaluation.choices());
  else if (settings.files.empty() && evaluation.means().tasks() == 1)
    std::cout << method_table(evaluation.means());
  else
    std::cout << task_table(evaluation.means());
}

void print_json(const Settings& settings) {
  const Evaluation evaluation(settings);
  std::cout << (evaluation.choices() ? accuracy_json_lines(*evaluation.choices())
                                     : mean_json_lines(evaluation.means()));
}

}  // namespace

int run_evaluate(const Words& words) {
  VerbSyntax syntax{
      .verb = "evaluate",
      .usage =
          "[options] [FILE ...] > out\n\n"
          "Reads the files, else standard input. Lines with references, and candidates or flan_samples: adds rouge_l,\n"
          "an object: the Rouge-L of each decoding (its draw 0), of the candidate that the self-score chooses (sum "
          "and\n"
          "mean of the log-likelihoods that the candidates carry; null where they carry none), of the best candidate\n"
          "(oracle) and of a random one. Their means by task (field dataset, else the file's name) with --table or\n"
          "--json. Lines with dataset_name, template_name, example_idx, response, label and score: accuracy by data\n"
          "set, with --table or --json. --limit counts the lines of each file"};
  CommonOptions common;
  po::variables_map values;
  Settings settings;
  // clang-format off
  syntax.own.add_options()
    ("table", "print means as a table instead of the lines")
    ("json", "print means as JSON Lines, a row each, fractions in full precision")
    ("seed", po::value(&settings.seed)->default_value(0)->value_name("N"), "of the random choice, keyed by the instruction too");
  // clang-format on
  syntax.hidden.add_options()("file", po::value<Words>());
  syntax.positional.add("file", -1);
  if (!parse(words, syntax, common, values)) return 0;
  if (values.count("file")) settings.files = values["file"].as<Words>();
  refuse_repeats(settings.files);
  settings.limit = common.limit;
  if (values.count("json"))
    print_json(settings);
  else if (values.count("table"))
    print_table(settings);
  else
    filter(settings);
  return 0;
}

}  // namespace cli
