// Random numbers. Draws of the harness come from Philox4x32-10 (Salmon et al., SC 2011), a counter-based generator: a number is
// a pure function of its key and counter, so batch, order, threads and interruption cannot change it. CPython's Mersenne
// Twister is here because published data sets and splits were made with it.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace core {

/// The 4 x 32 random bits of one counter under one key.
std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key);

/// A uniform double in [0, 1) with 53 random bits, keyed as DESIGN's "Exactness" says.
struct DrawKey {
  std::uint64_t seed = 0;
  std::uint64_t instruction = 0;  // hash64 of the instruction's bytes
  std::uint64_t decoding = 0;     // hash64 of the decoding's parameters
  std::uint32_t draw = 0;
};
double uniform(const DrawKey& key, std::uint32_t step);

/// MT19937 with CPython's seeding and derived draws: `random.seed(int)`, `random()`, `getrandbits`, `_randbelow`, `shuffle`.
class PythonRandom {
 public:
  explicit PythonRandom(std::uint64_t seed);
  std::uint32_t next32();
  double random();                         // [0, 1) with 53 bits
  std::uint64_t below(std::uint64_t n);    // random._randbelow_with_getrandbits, n >= 1, at most 2^32
  template <class T>
  void shuffle(std::vector<T>& items) {
    for (std::size_t i = items.size(); i-- > 1;) std::swap(items[i], items[below(i + 1)]);
  }

 private:
  std::array<std::uint32_t, 624> state_;
  std::size_t position_ = 624;
  void refill();
};

/// numpy.random.RandomState(seed).permutation(n): MT19937 seeded by init_genrand, masked rejection.
std::vector<std::size_t> numpy_permutation(std::uint32_t seed, std::size_t n);

}  // namespace core
