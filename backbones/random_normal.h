// Normal random numbers that are the same bytes on every machine: a number is a function of its key and index (Philox),
// and the normal quantile is computed from additions, multiplications, divisions and square roots only, which IEEE 754
// rounds exactly, instead of the C library's logarithm and cosine, whose last bits differ between libraries and
// processors.
#pragma once

#include <cstdint>
#include <span>

namespace backbones {

/// The quantile of the standard normal distribution at p in (0, 1), to about 1e-15 relative (Wichura 1988, AS 241).
double normal_quantile(double p);

/// Number i of stream `stream` under `seed` goes to out[i]: standard normal.
void fill_normal(std::span<double> out, std::uint64_t seed, std::uint64_t stream);

}  // namespace backbones
