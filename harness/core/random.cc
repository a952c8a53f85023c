#include "harness/core/random.h"

#include <bit>
#include <numeric>
#include <stdexcept>

namespace core {
namespace {

constexpr std::size_t kStateWords = 624;
constexpr std::size_t kShift = 397;

std::uint32_t low(std::uint64_t x) { return static_cast<std::uint32_t>(x); }
std::uint32_t high(std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); }

/// 53 random bits of two words, as CPython and numpy make them.
double unit_interval(std::uint32_t a, std::uint32_t b) {
  return ((a >> 5) * 67108864.0 + (b >> 6)) * (1.0 / 9007199254740992.0);
}

using Words = std::array<std::uint32_t, kStateWords>;

/// MT19937's init_genrand.
void seed_by_word(Words& state, std::uint32_t seed) {
  state[0] = seed;
  for (std::uint32_t i = 1; i < kStateWords; ++i) state[i] = 1812433253u * (state[i - 1] ^ (state[i - 1] >> 30)) + i;
}

/// MT19937's init_by_array.
void seed_by_array(Words& state, const std::vector<std::uint32_t>& key) {
  seed_by_word(state, 19650218u);
  std::size_t i = 1, j = 0;
  const auto advance = [&] {
    if (++i >= kStateWords) {
      state[0] = state[kStateWords - 1];
      i = 1;
    }
  };
  for (std::size_t k = std::max(kStateWords, key.size()); k > 0; --k) {
    state[i] = (state[i] ^ ((state[i - 1] ^ (state[i - 1] >> 30)) * 1664525u)) + key[j] + low(j);
    if (++j >= key.size()) j = 0;
    advance();
  }
  for (std::size_t k = kStateWords - 1; k > 0; --k) {
    state[i] = (state[i] ^ ((state[i - 1] ^ (state[i - 1] >> 30)) * 1566083941u)) - low(i);
    advance();
  }
  state[0] = 0x80000000u;
}

void refill_state(Words& state) {
  for (std::size_t i = 0; i < kStateWords; ++i) {
    const std::uint32_t y = (state[i] & 0x80000000u) | (state[(i + 1) % kStateWords] & 0x7FFFFFFFu);
    state[i] = state[(i + kShift) % kStateWords] ^ (y >> 1) ^ ((y & 1u) ? 0x9908B0DFu : 0u);
  }
}

std::uint32_t temper(std::uint32_t y) {
  y ^= y >> 11;
  y ^= (y << 7) & 0x9D2C5680u;
  y ^= (y << 15) & 0xEFC60000u;
  return y ^ (y >> 18);
}

}  // namespace

std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
  constexpr int kRounds = 10;
  for (int round = 0; round < kRounds; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53u} * counter[0];
    const std::uint64_t b = std::uint64_t{0xCD9E8D57u} * counter[2];
    counter = {high(b) ^ counter[1] ^ key[0], low(b), high(a) ^ counter[3] ^ key[1], low(a)};
    key = {key[0] + 0x9E3779B9u, key[1] + 0xBB67AE85u};
  }
  return counter;
}

// 256 bits of key and step meet Philox's 64 + 128: seed and decoding are hashed into its key by one more call, the rest
// is the counter as it is.
double uniform(const DrawKey& key, std::uint32_t step) {
  const auto mixed = philox4x32({low(key.seed), high(key.seed), low(key.decoding), high(key.decoding)}, {0, 0});
  const auto bits = philox4x32({step, key.draw, low(key.instruction), high(key.instruction)}, {mixed[0], mixed[1]});
  return unit_interval(bits[0], bits[1]);
}

PythonRandom::PythonRandom(std::uint64_t seed) {
  std::vector<std::uint32_t> key{low(seed)};
  if (high(seed) != 0) key.push_back(high(seed));
  seed_by_array(state_, key);
}

void PythonRandom::refill() {
  refill_state(state_);
  position_ = 0;
}

std::uint32_t PythonRandom::next32() {
  if (position_ == kStateWords) refill();
  return temper(state_[position_++]);
}

double PythonRandom::random() {
  const std::uint32_t a = next32();
  return unit_interval(a, next32());
}

std::uint64_t PythonRandom::below(std::uint64_t n) {
  if (n == 0) throw std::invalid_argument("PythonRandom::below: n is 0");
  const int bits = static_cast<int>(std::bit_width(n));
  for (;;) {
    std::uint64_t drawn = bits >= 32 ? next32() : next32() >> (32 - bits);
    if (bits > 32) drawn |= std::uint64_t{next32() >> (64 - bits)} << 32;
    if (drawn < n) return drawn;
  }
}

std::vector<std::size_t> numpy_permutation(std::uint32_t seed, std::size_t n) {
  if (n > (std::size_t{1} << 32)) throw std::invalid_argument("numpy_permutation: more than 2^32 items");
  Words state;
  seed_by_word(state, seed);
  std::size_t position = kStateWords;
  const auto next32 = [&] {
    if (position == kStateWords) {
      refill_state(state);
      position = 0;
    }
    return temper(state[position++]);
  };
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t i = n; i-- > 1;) {
    const std::size_t mask = (std::size_t{1} << std::bit_width(i)) - 1;
    std::size_t j = next32() & mask;
    while (j > i) j = next32() & mask;
    std::swap(order[i], order[j]);
  }
  return order;
}

}  // namespace core
