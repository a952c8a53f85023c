// Means over instances: accuracy of chosen indices, and the mean that every table prints.
#pragma once

#include <cstdint>
#include <span>

namespace metrics {

/// The share of instances where the chosen index is the label, in [0, 1]. Throws std::invalid_argument where there are
/// none, where the lengths differ, or where an index is negative.
double accuracy(std::span<const std::int64_t> chosen, std::span<const std::int64_t> labels);

/// The sum in order, divided by the count. Throws std::invalid_argument where there are none or where one is not
/// finite.
double mean(std::span<const double> values);

}  // namespace metrics
