// Where tensors live: the one place that reads `--device`.
#pragma once

#include <torch/types.h>

#include <string>

namespace nn {

/// "cpu", "cuda", "cuda:1". Throws core::UsageError where the name is unknown or this build of libtorch lacks the
/// device.
at::Device device_from(const std::string& name);

}  // namespace nn
