// `cappy evaluate`: Rouge-L of every method that needs no model, from stored candidates; a line each, or their means as
// a table.
#include <fmt/format.h>

#include <iostream>
#include <stdexcept>
#include <vector>

#include "harness/cli/options.h"
#include "harness/core/errors.h"
#include "harness/core/json_lines.h"
#include "harness/metrics/evaluation.h"

namespace cli {
namespace {

constexpr std::size_t kBlock = 16;  // lines a write
constexpr const char* kInput = "standard input";

metrics::MethodValues evaluate_record(const core::JsonRecord& record, std::uint64_t seed, metrics::RougeL& rouge_l) {
  const std::vector<std::string> references = record.strings("references");
  if (references.empty()) throw std::runtime_error("field 'references': the list is empty");
  return metrics::evaluate(metrics::stored_candidates(record), references, seed, rouge_l);
}

core::Json to_json(const metrics::MethodValues& methods) {
  core::Json::Object out;
  for (const auto& [method, value] : methods) out.emplace_back(method, value ? core::Json(*value) : core::Json());
  return out;
}

/// The values of every method over all lines. A mean over part of the lines would look like any other number, so the
/// lines must agree in their methods and in which of them are "n/a".
class Columns {
 public:
  void add(const metrics::MethodValues& methods) {
    if (lines_++ == 0) first_ = methods;
    sums_.resize(first_.size());
    if (methods.size() != first_.size()) throw std::runtime_error("other decodings than line 1");
    for (std::size_t i = 0; i < methods.size(); ++i) {
      const auto& [method, value] = methods[i];
      if (method != first_[i].first)
        throw std::runtime_error(fmt::format("decoding '{}' where line 1 has '{}'", method, first_[i].first));
      if (value.has_value() != first_[i].second.has_value())
        throw std::runtime_error(fmt::format("{} {} a value, other than line 1", method, value ? "has" : "lacks"));
      sums_[i] += value.value_or(0);
    }
  }

  void print(std::ostream& out) const {
    out << "| method | rouge_l | x 100 | n |\n|:--|--:|--:|--:|\n";
    for (std::size_t i = 0; i < first_.size(); ++i) {
      const auto& method = first_[i].first;
      if (!first_[i].second) {
        out << fmt::format("| {} | n/a | n/a | {} |\n", method, lines_);
        continue;
      }
      const double mean = sums_[i] / static_cast<double>(lines_);
      out << fmt::format("| {} | {} | {:.2f} | {} |\n", method, mean, 100 * mean, lines_);
    }
  }

 private:
  std::int64_t lines_ = 0;
  metrics::MethodValues first_;
  std::vector<double> sums_;  // by method
};

void print_table(std::uint64_t seed, std::int64_t limit) {
  core::JsonLinesReader reader(std::cin, kInput);
  metrics::RougeL rouge_l;
  Columns columns;
  while (limit < 0 || reader.line() < limit) {
    const auto record = reader.next();
    if (!record) break;
    try {
      columns.add(evaluate_record(*record, seed, rouge_l));
    } catch (const std::runtime_error& error) {
      throw core::FileError::at_line(kInput, reader.line(), error.what());
    }
  }
  if (reader.line() == 0) throw core::FileError(kInput, "no lines to take means of");
  columns.print(std::cout);
}

void filter(std::uint64_t seed, std::int64_t limit) {
  metrics::RougeL rouge_l;
  std::vector<core::Json> results;  // of the block being read
  core::run_filter(
      std::cin, std::cout, {.block = kBlock, .limit = limit, .name = kInput},
      [&](const core::JsonRecord& record) { results.push_back(to_json(evaluate_record(record, seed, rouge_l))); },
      [&](std::span<core::JsonRecord> records) {
        for (std::size_t i = 0; i < records.size(); ++i) records[i].set("rouge_l", results[i]);
        results.clear();
      });
}

}  // namespace

int run_evaluate(const Words& words) {
  VerbSyntax syntax{
      .verb = "evaluate",
      .usage =
          "[options] < in.jsonl > out.jsonl\n\n"
          "Reads references, and candidates or flan_samples. Adds rouge_l, an object: the Rouge-L of each decoding "
          "(its\n"
          "draw 0), of the candidate that the self-score chooses (sum and mean of the log-likelihoods that the\n"
          "candidates carry; null where they carry none), of the best candidate (oracle) and of a random one"};
  CommonOptions common;
  po::variables_map values;
  std::uint64_t seed = 0;
  // clang-format off
  syntax.own.add_options()
    ("table", "print the means over all lines as a table instead of the lines")
    ("seed", po::value(&seed)->default_value(0)->value_name("N"), "of the random choice, keyed by the instruction too");
  // clang-format on
  if (!parse(words, syntax, common, values)) return 0;
  values.count("table") ? print_table(seed, common.limit) : filter(seed, common.limit);
  return 0;
}

}  // namespace cli
