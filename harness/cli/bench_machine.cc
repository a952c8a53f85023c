#include "harness/cli/bench_machine.h"

#include <ATen/ops/mm.h>
#include <ATen/ops/randn.h>
#include <c10/core/InferenceMode.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "backbones/nn/device.h"
#include "backbones/nn/linear.h"
#include "harness/core/errors.h"

namespace cli {
namespace {

constexpr int kTries = 7;
constexpr std::int64_t kSquare = 2048, kRows = 512, kIn = 1024, kOut = 4096;
constexpr std::size_t kReadBytes = std::size_t{512} << 20;  // beyond every cache but those of the largest servers

/// Seconds of the fastest of several calls; the first, which also makes kernels ready, does not count.
template <class Call>
double best_seconds(const Call& call) {
  call();
  double best = 1e30;
  for (int i = 0; i < kTries; ++i) {
    const auto start = std::chrono::steady_clock::now();
    call();
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

/// Waits until a device has computed the tensor.
void finish(const at::Tensor& tensor) {
  if (!tensor.is_cpu()) tensor.flatten().narrow(0, 0, 1).cpu();
}

/// GB/s of reading: each thread adds up words of its own part.
double read_rate() {
  const std::vector<std::uint64_t> words(kReadBytes / sizeof(std::uint64_t), 1);
  std::uint64_t sum = 0;
  const double seconds = best_seconds([&] {
    const auto count = static_cast<std::int64_t>(words.size());
    std::uint64_t total = 0;
#pragma omp parallel for reduction(+ : total)
    for (std::int64_t i = 0; i < count; i += 8) {
      const std::uint64_t* at = words.data() + i;  // eight sums at once keep the loads coming
      total += (at[0] + at[1]) + (at[2] + at[3]) + ((at[4] + at[5]) + (at[6] + at[7]));
    }
    sum += total;
  });
  if (sum != (kTries + 1) * words.size()) throw std::logic_error("measure_roof: memory did not read as it was written");
  return static_cast<double>(kReadBytes) / seconds / 1e9;
}

std::string read_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) throw core::FileError(path, "cannot be read: this verb needs Linux");
  return line;
}

}  // namespace

MachineRoof measure_roof(const backbones::ModelOptions& options) {
  const c10::InferenceMode inference;
  const at::TensorOptions floats = at::TensorOptions(at::kFloat).device(nn::device_from(options.device));
  MachineRoof roof;
  {
    const at::Tensor a = at::randn({kSquare, kSquare}, floats), b = at::randn({kSquare, kSquare}, floats);
    roof.product_gflops = 2e-9 * kSquare * kSquare * kSquare / best_seconds([&] { finish(at::mm(a, b)); });
  }
  {
    const nn::Linear linear(at::randn({kOut, kIn}, floats), at::Tensor(), options);
    const at::Tensor x = at::randn({kRows, kIn}, floats);
    roof.linear_gflops = 2e-9 * kRows * kIn * kOut / best_seconds([&] { finish(linear.forward(x)); });
  }
  if (options.device == "cpu") roof.read_gbytes = read_rate();
  return roof;
}

ProcessorTicks read_ticks() {
  ProcessorTicks ticks;
  std::istringstream machine(read_line("/proc/stat"));  // cpu user nice system idle iowait irq softirq steal guest ...
  std::string word;
  machine >> word;
  std::int64_t value = 0;
  for (int column = 0; column < 8 && machine >> value; ++column) {  // guest time is in user time already
    ticks.all += value;
    if (column == 3 || column == 4) ticks.idle += value;
  }
  const std::string own = read_line("/proc/self/stat");
  std::istringstream process(own.substr(own.rfind(')') + 1));  // the name before it may hold blanks
  for (int field = 3; field <= 13; ++field) process >> word;
  std::int64_t user = 0, system = 0;
  process >> user >> system;
  ticks.own = user + system;
  return ticks;
}

double idle_share(const ProcessorTicks& before, const ProcessorTicks& after) {
  const auto all = static_cast<double>(std::max<std::int64_t>(1, after.all - before.all));
  return static_cast<double>(after.idle - before.idle) / all;
}

double others_share(const ProcessorTicks& before, const ProcessorTicks& after) {
  const auto all = static_cast<double>(std::max<std::int64_t>(1, after.all - before.all));
  const auto busy = static_cast<double>((after.all - before.all) - (after.idle - before.idle));
  return std::max(0.0, (busy - static_cast<double>(after.own - before.own)) / all);
}

double watch_idle_share() {
  std::this_thread::sleep_for(
      std::chrono::milliseconds(300));  // threads of computation spin a little when they are done
  const ProcessorTicks before = read_ticks();
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  return idle_share(before, read_ticks());
}

}  // namespace cli
