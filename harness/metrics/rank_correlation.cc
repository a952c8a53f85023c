#include "harness/metrics/rank_correlation.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <stdexcept>
#include <utility>
#include <vector>

namespace metrics {
namespace {

using Pair = std::pair<double, double>;

/// Pairs of equal neighbours in a sorted list, over all its runs.
template <class Equal>
std::int64_t tied_pairs(const std::vector<Pair>& sorted, const Equal& equal) {
  std::int64_t ties = 0, run = 1;
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    run = equal(sorted[i - 1], sorted[i]) ? run + 1 : 1;
    ties += run - 1;
  }
  return ties;
}

/// Sorts [begin, end) by y and returns how many pairs were in falling order.
std::int64_t count_exchanges(std::vector<Pair>& pairs, std::vector<Pair>& room, std::size_t begin, std::size_t end) {
  if (end - begin < 2) return 0;
  const std::size_t middle = begin + (end - begin) / 2;
  std::int64_t exchanges = count_exchanges(pairs, room, begin, middle) + count_exchanges(pairs, room, middle, end);
  std::size_t left = begin, right = middle;
  for (std::size_t out = begin; out < end; ++out) {
    const bool from_right = left == middle || (right < end && pairs[right].second < pairs[left].second);
    if (from_right) exchanges += static_cast<std::int64_t>(middle - left);
    room[out] = pairs[from_right ? right++ : left++];
  }
  std::copy(room.begin() + static_cast<std::ptrdiff_t>(begin), room.begin() + static_cast<std::ptrdiff_t>(end),
            pairs.begin() + static_cast<std::ptrdiff_t>(begin));
  return exchanges;
}

std::vector<Pair> zip(std::span<const double> x, std::span<const double> y) {
  if (x.size() != y.size()) throw std::invalid_argument("Kendall's tau: lists of different lengths");
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (std::isnan(x[i]) || std::isnan(y[i])) throw std::invalid_argument("Kendall's tau: a value is NaN");
    pairs.emplace_back(x[i], y[i]);
  }
  return pairs;
}

}  // namespace

std::optional<double> kendall_tau_b(std::span<const double> x, std::span<const double> y) {
  std::vector<Pair> pairs = zip(x, y);
  std::sort(pairs.begin(), pairs.end());
  const auto count = static_cast<std::int64_t>(pairs.size());
  const std::int64_t all = count * (count - 1) / 2;
  const std::int64_t tied_x = tied_pairs(pairs, [](const Pair& a, const Pair& b) { return a.first == b.first; });
  const std::int64_t tied_both = tied_pairs(pairs, [](const Pair& a, const Pair& b) { return a == b; });
  std::vector<Pair> room(pairs.size());
  const std::int64_t discordant = count_exchanges(pairs, room, 0, pairs.size());
  const std::int64_t tied_y = tied_pairs(pairs, [](const Pair& a, const Pair& b) { return a.second == b.second; });
  if (tied_x == all || tied_y == all) return std::nullopt;
  const std::int64_t difference = all - tied_x - tied_y + tied_both - 2 * discordant;  // C - D
  // Two roots: the product would lose bits above 2^53.
  const double tau = static_cast<double>(difference) / std::sqrt(static_cast<double>(all - tied_x)) /
                     std::sqrt(static_cast<double>(all - tied_y));
  return std::clamp(tau, -1.0, 1.0);
}

}  // namespace metrics
