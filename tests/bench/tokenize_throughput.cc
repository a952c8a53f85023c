// Throughput of a tokenizer itself, on texts that are already in memory, as the reference is measured inside Python:
//   tokenize_throughput FOLDER FILE.jsonl ROUNDS
// Encodes all texts ROUNDS times on one thread, each round with a tokenizer that has seen nothing. Prints the processor
// seconds of the rounds' median, then the ids of every text: the caller compares ids before it believes times.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>

#include "backbones/tokenizer/tokenizer.h"
#include "harness/core/json_lines.h"

int main(int count, char** words) {
  if (count != 4) return 2;
  std::vector<std::string> texts;
  for (const core::JsonRecord& record : core::read_json_lines(words[2])) texts.push_back(record.string("text"));
  std::vector<std::vector<std::int32_t>> ids(texts.size());
  std::vector<double> seconds(static_cast<std::size_t>(std::max(1, std::atoi(words[3]))));
  for (double& round : seconds) {
    const auto tokenizer = tokenizer::load_tokenizer(words[1]);
    const std::clock_t start = std::clock();
    for (std::size_t i = 0; i < texts.size(); ++i) ids[i] = tokenizer->encode(texts[i]).ids;
    round = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  }
  std::sort(seconds.begin(), seconds.end());
  fmt::print("{}\n", seconds[seconds.size() / 2]);
  for (const auto& list : ids) fmt::print("{}\n", fmt::join(list, " "));
}
