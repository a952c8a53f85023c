#include "harness/run/environment.h"

#include <ATen/Version.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/utsname.h>
#include <torch/version.h>

#include <ctime>
#include <fstream>

#include "backbones/nn/linear.h"
#include "harness/core/files.h"
#include "harness/core/text.h"

namespace run {
namespace {

using core::Json;

/// The value after the colon of the first line of a /proc file that starts with `key`.
std::string proc_value(const char* file, const std::string& key) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(key)) return std::string(core::strip(std::string_view(line).substr(line.find(':') + 1)));
  }
  return "";
}

std::string first_line(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

/// The commit of a git checkout, read from its files; empty where it is none or the branch is packed.
std::string git_commit(const std::filesystem::path& home) {
  const std::string head = first_line(home / ".git/HEAD");
  return head.starts_with("ref: ") ? first_line(home / ".git" / head.substr(5)) : head;
}

}  // namespace

Environment this_environment(const std::filesystem::path& home, int threads) {
  utsname system{};
  uname(&system);
  const std::string capability = at::get_cpu_capability();
  Environment environment;
  environment.arithmetic = fmt::format("{}, {}, libtorch {}", capability, nn::kKernels, TORCH_VERSION);
  environment.facts = Json::Object{
      {"finished", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)))},
      {"libtorch", TORCH_VERSION},
      {"compiler", fmt::format("{}", __VERSION__)},
      {"commit", git_commit(home)},
      {"cpu", proc_value("/proc/cpuinfo", "model name")},
      {"instruction_set", capability},
      {"memory", proc_value("/proc/meminfo", "MemTotal")},
      {"system", fmt::format("{} {} {}", system.sysname, system.release, system.machine)},
      {"host", std::string(system.nodename)},
      {"threads", threads},
  };
  return environment;
}

}  // namespace run
