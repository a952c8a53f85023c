// Throughput of the metric itself, on texts that are already in memory, as rouge-score is measured inside Python:
//   rouge_throughput FILE.jsonl ROUNDS
// Scores all lines ROUNDS times, in a new order each time, on one thread. Prints the processor seconds, then the score
// of every line in file order: the caller compares scores before it believes times.
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <numeric>

#include "harness/core/json_lines.h"
#include "harness/core/random.h"
#include "harness/metrics/rouge_l.h"

namespace {

struct Line {
  std::string response;
  std::vector<std::string> references;
};

std::vector<Line> read_lines(const char* path) {
  std::vector<Line> lines;
  for (const core::JsonRecord& record : core::read_json_lines(path))
    lines.push_back({record.string("response"), record.strings("references")});
  return lines;
}

}  // namespace

int main(int count, char** words) {
  if (count != 3) return 2;
  const std::vector<Line> lines = read_lines(words[1]);
  const int rounds = std::atoi(words[2]);
  std::vector<std::vector<std::size_t>> orders(static_cast<std::size_t>(rounds));
  core::PythonRandom random(7);
  for (auto& order : orders) {
    order.resize(lines.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    random.shuffle(order);
  }
  std::vector<double> scores(lines.size());
  metrics::RougeL rouge_l;
  const std::clock_t start = std::clock();
  for (const auto& order : orders)
    for (const std::size_t i : order) scores[i] = rouge_l.score(lines[i].response, lines[i].references);
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  fmt::print("{}\n", seconds);
  for (const double score : scores) fmt::print("{}\n", score);
}
