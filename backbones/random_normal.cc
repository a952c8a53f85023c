#include "backbones/random_normal.h"

#include <array>
#include <cmath>
#include <stdexcept>

#include "harness/core/random.h"

namespace backbones {
namespace {

using Polynomial = std::array<double, 8>;  // the constant term first

double evaluate(const Polynomial& c, double x) {
  double sum = c[7];
  for (int i = 6; i >= 0; --i) sum = sum * x + c[static_cast<std::size_t>(i)];
  return sum;
}

/// The numerator and denominator of one of the three regions of AS 241.
struct Rational {
  Polynomial above, below;
  double at(double x) const { return evaluate(above, x) / evaluate(below, x); }
};

constexpr Rational kCentre{
    {3.3871328727963666080, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
     4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3},
    {1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3, 2.1213794301586595867e4,
     3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3}};
constexpr Rational kTail{
    {1.42343711074968357734, 4.63033784615654529590, 5.76949722146069140550, 3.64784832476320460504,
     1.27045825245236838258, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4},
    {1.0, 2.05319162663775882187, 1.67638483018380384940, 6.89767334985100004550e-1, 1.48103976427480074590e-1,
     1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9}};
constexpr Rational kFarTail{
    {6.65790464350110377720, 5.46378491116411436990, 1.78482653991729133580, 2.96560571828504891230e-1,
     2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7},
    {1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2, 7.86869131145613259100e-4,
     1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15}};

/// ln x of x > 0: x = m 2^e with m in [sqrt(1/2), sqrt(2)), ln m = 2 atanh((m - 1) / (m + 1)) by its series.
double natural_logarithm(double x) {
  constexpr double kLn2 = 0.693147180559945309417;
  constexpr double kSqrtHalf = 0.707106781186547524401;
  int exponent = 0;
  double mantissa = std::frexp(x, &exponent);
  if (mantissa < kSqrtHalf) {
    mantissa *= 2;
    --exponent;
  }
  const double s = (mantissa - 1) / (mantissa + 1), square = s * s;  // |s| < 0.172
  double sum = 0;
  for (int odd = 23; odd >= 1; odd -= 2) sum = sum * square + 1.0 / odd;
  return 2 * s * sum + exponent * kLn2;
}

}  // namespace

double normal_quantile(double p) {
  if (!(p > 0 && p < 1)) throw std::invalid_argument("normal_quantile: p must be in (0, 1)");
  const double q = p - 0.5;
  if (std::abs(q) <= 0.425) return q * kCentre.at(0.180625 - q * q);
  const double r = std::sqrt(-natural_logarithm(q < 0 ? p : 1 - p));
  const double x = r <= 5 ? kTail.at(r - 1.6) : kFarTail.at(r - 5);
  return q < 0 ? -x : x;
}

void fill_normal(std::span<double> out, std::uint64_t seed, std::uint64_t stream) {
  const auto low = [](std::uint64_t x) { return static_cast<std::uint32_t>(x); };
  const auto high = [](std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); };
  // 52 bits and a half: never 0 or 1, and exact in a double
  const auto inside = [](std::uint32_t a, std::uint32_t b) {
    const std::uint64_t bits = (std::uint64_t{a} << 20) | (b >> 12);
    return (static_cast<double>(bits) + 0.5) / 4503599627370496.0;
  };
  for (std::size_t i = 0; i < out.size(); i += 2) {
    const std::uint64_t pair = i / 2;
    const auto bits = core::philox4x32({low(pair), high(pair), low(stream), high(stream)}, {low(seed), high(seed)});
    out[i] = normal_quantile(inside(bits[0], bits[1]));
    if (i + 1 < out.size()) out[i + 1] = normal_quantile(inside(bits[2], bits[3]));
  }
}

}  // namespace backbones
