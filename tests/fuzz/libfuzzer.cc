// fuzz::run on libFuzzer, which sees the branches that an input takes and keeps what reaches new ones. A driver cannot
// be run twice in a process, so each reader has one of its own.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <fstream>

#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerRunDriver(int* count, char*** words, int (*callback)(const std::uint8_t*, std::size_t));

namespace fuzz {
namespace {

const Reader* current = nullptr;  // libFuzzer's callback takes no state

int feed(const std::uint8_t* bytes, std::size_t size) {
  try {
    current->read(std::string(reinterpret_cast<const char*>(bytes), size));
  } catch (const std::exception&) {
  }
  return 0;
}

std::string file_name(const Reader& reader) {
  std::string name = reader.name;
  for (char& c : name)
    if (c == ' ' || c == '/') c = '-';
  return name;
}

/// Ends the process.
[[noreturn]] void drive(const Reader& reader, int seconds, std::uint64_t seed) {
  const auto corpus = scratch_folder() / ("corpus-" + file_name(reader));
  std::filesystem::create_directories(corpus);
  for (std::size_t i = 0; i < reader.seeds.size(); ++i)
    std::ofstream(corpus / fmt::format("seed-{}", i), std::ios::binary) << reader.seeds[i];
  std::vector<std::string> words = {"fuzz",
                                    corpus.string(),
                                    fmt::format("-max_total_time={}", seconds),
                                    fmt::format("-seed={}", seed % 0x7fffffff + 1),
                                    "-timeout=10",
                                    "-rss_limit_mb=2048",
                                    "-print_final_stats=1",
                                    "-verbosity=0",
                                    fmt::format("-artifact_prefix=finding-{}-", file_name(reader))};
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  auto count = static_cast<int>(pointers.size());
  pointers.push_back(nullptr);
  char** arguments = pointers.data();
  current = &reader;
  std::exit(LLVMFuzzerRunDriver(&count, &arguments, feed));
}

}  // namespace

int run(const std::vector<Reader>& readers, int seconds, std::uint64_t seed) {
  const std::vector<Reader> mine = chosen(readers);
  int failed = 0;
  for (const Reader& reader : mine) {
    fmt::print("fuzz, {}\n", reader.name);
    std::fflush(stdout);
    const pid_t child = ::fork();
    if (child == 0) drive(reader, std::max(1, seconds / static_cast<int>(mine.size())), seed);
    int status = 0;
    const bool ended = child > 0 && ::waitpid(child, &status, 0) == child;
    const bool good = ended && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    fmt::print("fuzz, {}: {}\n", reader.name, good ? "no finding" : "A FINDING (files finding-*)");
    failed += !good;
  }
  std::filesystem::remove_all(scratch_folder());
  return mine.empty() || failed > 0 ? 1 : 0;
}

}  // namespace fuzz
