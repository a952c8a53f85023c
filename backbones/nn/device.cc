#include "backbones/nn/device.h"

#include <ATen/Context.h>
#include <fmt/format.h>

#include "harness/core/errors.h"

namespace nn {

at::Device device_from(const std::string& name) {
  const bool cuda = name == "cuda" || name.starts_with("cuda:");
  if (name != "cpu" && !cuda) throw core::UsageError(fmt::format("--device {}: expected cpu, cuda or cuda:N", name));
  if (cuda && !at::globalContext().hasCUDA())
    throw core::UsageError(fmt::format("--device {}: no CUDA device, or a build of libtorch without CUDA", name));
  try {
    return at::Device(name);
  } catch (const c10::Error&) {
    throw core::UsageError(fmt::format("--device {}: expected cpu, cuda or cuda:N", name));
  }
}

}  // namespace nn
