// How values become one number, level by level: instances under a task's templates, tasks under a table. Micro pools
// the instances; macro takes the unweighted mean of the parts' means. Cappy's script pools the templates of a set and
// takes the unweighted mean over sets; T0 and OPT-IML average over templates first.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>

namespace metrics {

enum class Mean { kMicro, kMacro };

inline std::string to_string(Mean mean) { return mean == Mean::kMicro ? "micro" : "macro"; }
/// Throws std::runtime_error.
inline Mean mean_from(const std::string& name) {
  if (name == "micro") return Mean::kMicro;
  if (name == "macro") return Mean::kMacro;
  throw std::runtime_error("'" + name + "' is neither micro nor macro");
}

struct Averages {
  Mean templates = Mean::kMicro;
  Mean tasks = Mean::kMacro;
  bool operator==(const Averages&) const = default;
};

/// A part's mean and how many instances it is of; no value: the part has none.
struct PartMean {
  std::optional<double> value;
  std::int64_t n = 0;
};

/// Micro weighs each part by its instances. Nothing where one part has no value, since a mean over fewer would not
/// compare, and where there is no part.
inline std::optional<double> mean_of_parts(std::span<const PartMean> parts, Mean mean) {
  double sum = 0, weights = 0;
  for (const PartMean& part : parts) {
    if (!part.value) return std::nullopt;
    const double weight = mean == Mean::kMicro ? static_cast<double>(part.n) : 1.0;
    sum += weight * *part.value;
    weights += weight;
  }
  if (weights == 0) return std::nullopt;
  return sum / weights;
}

}  // namespace metrics
