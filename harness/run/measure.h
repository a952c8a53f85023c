// What a piece of work cost: seconds of wall clock and the peak of resident memory while it ran (Linux: VmHWM, reset
// before).
#pragma once

#include <chrono>
#include <cstdint>

namespace run {

struct Cost {
  double seconds = 0;
  std::int64_t peak_memory = 0;  // bytes; the process's, all it held at that time included
};

class Stopwatch {
 public:
  Stopwatch();
  Cost cost() const;

 private:
  std::chrono::steady_clock::time_point start_;
};

}  // namespace run
