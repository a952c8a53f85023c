// What this machine can do now, measured beside the jobs of `cappy bench`: products of matrices, memory, and how much
// of it others use.
#pragma once

#include <cstdint>

#include "backbones/options.h"

namespace cli {

/// The best of several tries each: other work only ever takes away.
struct MachineRoof {
  double product_gflops = 0;  // at::mm of two 2048 x 2048 matrices, float32
  double linear_gflops = 0;   // our own layer on 512 rows, 1024 -> 4096, in the arithmetic of the model
  double read_gbytes = 0;     // a second, of memory read in order by all threads; 0 on a device other than the CPU

  double gflops() const { return product_gflops > linear_gflops ? product_gflops : linear_gflops; }
};

/// Takes about two seconds and half a gigabyte, which it gives back.
MachineRoof measure_roof(const backbones::ModelOptions& options);

/// Ticks of all processors since the machine started, and of this process, from /proc.
struct ProcessorTicks {
  std::int64_t all = 0, idle = 0, own = 0;
};
ProcessorTicks read_ticks();

/// Share of the machine that was idle between two readings.
double idle_share(const ProcessorTicks& before, const ProcessorTicks& after);
/// Share of the machine that other processes used.
double others_share(const ProcessorTicks& before, const ProcessorTicks& after);
/// The idle share of the next half second, in which this process only waits.
double watch_idle_share();

}  // namespace cli
