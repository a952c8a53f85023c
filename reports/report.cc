#include "reports/report.h"

#include <fmt/format.h>

#include "harness/core/text.h"
#include "reports/csv.h"
#include "reports/markdown.h"
#include "reports/run_tables.h"

namespace reports {

std::string random_weights_warning(const RunSummary& summary) {
  if (summary.random_models.empty()) return "";
  return fmt::format("Weights are random: these numbers say nothing about any model. (Random: {}.)",
                     core::join(summary.random_models, ", "));
}

std::string tables_text(const RunSummary& summary) {
  std::string out = random_weights_warning(summary);
  if (!out.empty()) out += "\n\n";
  const auto tables = score_tables(summary);
  for (std::size_t i = 0; i < tables.size(); ++i) out += (i == 0 ? "" : "\n") + to_markdown(tables[i]);
  return out;
}

std::string report_markdown(const RunSummary& summary) {
  std::string out = random_weights_warning(summary);
  if (!out.empty()) out = escape_markdown(out) + "\n\n";
  out +=
      fmt::format("# {}\n\nProtocol {}. {}\n", escape_markdown(summary.experiment), summary.protocol, summary.setting);
  for (const Table& table : score_tables(summary)) out += "\n" + to_markdown(table);
  out +=
      "\nA decoding's column is its draw 0. self-score: the response with the highest log-likelihood of its "
      "re-tokenised text, as a sum, a mean per token, a mean per byte, or less the log-likelihood without the "
      "instruction (unconditional). oracle: the best candidate. random: a candidate drawn by seed. n counts "
      "instances.\n";
  if (!summary.data.empty()) out += "\n" + to_markdown(data_table(summary));
  out += "\n" + to_markdown(counters_table(summary));
  out +=
      "\nTime, tokens and memory are in `report_circumstances.md`, every instance in `instances/`, every template in "
      "`templates.jsonl`.\n";
  return out;
}

std::string report_csv(const RunSummary& summary) { return to_csv(wide_table(summary)); }

std::string data_csv(const RunSummary& summary) { return to_csv(data_table(summary)); }

}  // namespace reports
