#include "harness/metrics/accuracy.h"

#include <cmath>
#include <stdexcept>

namespace metrics {

double accuracy(std::span<const std::int64_t> chosen, std::span<const std::int64_t> labels) {
  if (chosen.size() != labels.size()) throw std::invalid_argument("accuracy: as many choices as labels expected");
  if (chosen.empty()) throw std::invalid_argument("accuracy: no instances");
  std::size_t right = 0;
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    if (chosen[i] < 0 || labels[i] < 0) throw std::invalid_argument("accuracy: a negative index");
    right += chosen[i] == labels[i];
  }
  return static_cast<double>(right) / static_cast<double>(chosen.size());
}

double mean(std::span<const double> values) {
  if (values.empty()) throw std::invalid_argument("mean: no instances");
  double sum = 0;
  for (const double value : values) {
    if (!std::isfinite(value)) throw std::invalid_argument("mean: a value is not finite");
    sum += value;
  }
  return sum / static_cast<double>(values.size());
}

}  // namespace metrics
