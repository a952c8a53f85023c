#include "backbones/decoding/forced.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "backbones/nn/activation.h"

namespace decoding {
namespace {

constexpr std::int64_t kLogitRows = 256;  // whose logits are in memory at once

}  // namespace

std::vector<double> log_probabilities(const at::Tensor& states,
                                      const std::function<at::Tensor(const at::Tensor&)>& logits,
                                      std::span<const Target> targets) {
  std::vector<double> result;
  auto target = targets.begin();
  for (std::int64_t first = 0; first < states.size(0) && target != targets.end(); first += kLogitRows) {
    const std::int64_t count = std::min(kLogitRows, states.size(0) - first);
    const at::Tensor on_device = logits(states.narrow(0, first, count));
    const at::Tensor total = nn::log_sum_exp(on_device).cpu(), rows = on_device.cpu();
    const std::int64_t vocabulary = rows.size(1);
    for (; target != targets.end() && target->row < first + count; ++target) {
      const std::int64_t row = target->row - first;
      if (row < 0) throw std::invalid_argument("log_probabilities: the targets' rows must ascend");
      if (target->token < 0 || target->token >= vocabulary)
        throw std::invalid_argument(
            fmt::format("a response has the token {}, outside the vocabulary of {}", target->token, vocabulary));
      result.push_back(static_cast<double>(rows.const_data_ptr<float>()[row * vocabulary + target->token]) -
                       total.const_data_ptr<double>()[row]);
    }
  }
  if (target != targets.end()) throw std::invalid_argument("log_probabilities: a target's row is outside the states");
  return result;
}

}  // namespace decoding
