// fuzz::run without libFuzzer: random edits, which know nothing of the code that they run through.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <exception>

#include "harness/core/random.h"
#include "tests/fuzz/fuzz.h"

namespace fuzz {
namespace {

/// Up to four edits: a byte set, a piece cut out, a piece of the text put elsewhere.
std::string damage(std::string text, core::PythonRandom& random) {
  const auto place = [&] { return static_cast<std::size_t>(random.below(text.size() + 1)); };
  for (std::uint64_t edits = 1 + random.below(4); edits > 0; --edits) {
    const std::size_t at = place(), length = static_cast<std::size_t>(random.below(16));
    switch (random.below(4)) {
      case 0:
        if (at < text.size()) text[at] = static_cast<char>(random.below(256));
        break;
      case 1:
        text.erase(at, length);
        break;
      case 2:
        text.insert(at, text.substr(std::min(place(), text.size()), length));
        break;
      default:
        text.insert(at, 1, "{}[]\"'\\,:|%#-\n\0 0"[random.below(17)]);
    }
  }
  return text;
}

}  // namespace

int run(const std::vector<Reader>& all, int seconds, std::uint64_t seed) {
  const std::vector<Reader> readers = chosen(all);
  if (readers.empty()) return 1;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  core::PythonRandom random(seed);
  std::vector<std::int64_t> turns(readers.size()), refused(readers.size());
  for (std::size_t turn = 0; std::chrono::steady_clock::now() < end; ++turn) {
    const std::size_t i = turn % readers.size();
    const std::string text = damage(readers[i].seeds[random.below(readers[i].seeds.size())], random);
    put("last", readers[i].name + "\n" + text);  // what to look at after a crash
    ++turns[i];
    try {
      readers[i].read(text);
    } catch (const std::exception&) {
      ++refused[i];
    }
  }
  for (std::size_t i = 0; i < readers.size(); ++i)
    fmt::print("oracle fuzz, {}: {} inputs compared, {} refused, 0 crashes\n", readers[i].name, turns[i], refused[i]);
  std::filesystem::remove_all(scratch_folder());
  return turns[0] > 0 ? 0 : 1;
}

}  // namespace fuzz
