#include "backbones/nn/packed_numbers.h"

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <new>

namespace nn {
namespace {

constexpr std::int64_t kLine = 64;
constexpr std::int64_t kLargePage = std::int64_t{2} << 20;

}  // namespace

PackedNumbers::PackedNumbers(std::int64_t bytes) {
  const std::int64_t align = bytes >= kLargePage ? kLargePage : kLine;
  const std::int64_t whole = (bytes + kLine - 1) / kLine * kLine;
  void* memory = nullptr;
  if (::posix_memalign(&memory, static_cast<std::size_t>(align), static_cast<std::size_t>(whole)) != 0)
    throw std::bad_alloc();
  bytes_.reset(static_cast<std::byte*>(memory));
  // Only whole large pages: the rest would be filled up to one.
  if (whole >= kLargePage) ::madvise(memory, static_cast<std::size_t>(whole / kLargePage * kLargePage), MADV_HUGEPAGE);
  std::memset(memory, 0, static_cast<std::size_t>(whole));
}

void PackedNumbers::Free::operator()(std::byte* bytes) const { std::free(bytes); }

}  // namespace nn
