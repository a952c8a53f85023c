// Kendall's tau-b (Kendall, "The treatment of ties in ranking problems", Biometrika 33(3), 1945): how far two lists of
// values order the same things alike, 1 where they order them equally, -1 where one is the reverse of the other. Pairs
// tied in one list count for neither order:
//     tau = (C - D) / sqrt((n0 - t_x) (n0 - t_y)),   n0 = n (n - 1) / 2
// with C concordant and D discordant pairs, t_x and t_y pairs tied in x and in y. D is counted by the exchanges of a
// merge sort (Knight, "A computer method for calculating Kendall's tau with ungrouped data", JASA 61, 1966), so that n
// values cost n log n. Example: x = 1 2 3, y = 1 3 2: of three pairs two are concordant, tau = (2 - 1) / 3.
#pragma once

#include <optional>
#include <span>

namespace metrics {

/// Nothing where one of the lists has no two different values: there is no order to agree with. Throws
/// std::invalid_argument where the lengths differ or a value is NaN.
std::optional<double> kendall_tau_b(std::span<const double> x, std::span<const double> y);

}  // namespace metrics
