#include "harness/run/measure.h"

#include <fstream>
#include <string>

namespace run {
namespace {

/// Asks the kernel to forget the peak so far; where it refuses, peaks are those of the process's whole life.
void reset_peak_memory() { std::ofstream("/proc/self/clear_refs") << "5"; }

std::int64_t peak_memory() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    if (word != "VmHWM:") continue;
    std::int64_t kilobytes = 0;
    status >> kilobytes;
    return kilobytes * 1024;
  }
  return 0;
}

}  // namespace

Stopwatch::Stopwatch() : start_(std::chrono::steady_clock::now()) { reset_peak_memory(); }

Cost Stopwatch::cost() const {
  return {std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(), peak_memory()};
}

}  // namespace run
