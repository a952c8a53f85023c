#include "backbones/nn/packed_numbers.h"

#include <sys/mman.h>

#include <new>

namespace nn {
namespace {

constexpr std::size_t kLargePage = std::size_t{2} << 20;

}  // namespace

PackedNumbers::PackedNumbers(std::int64_t bytes) {
  // Mapped, not allocated: zero without being written, so that the threads that fill it bring in the pages.
  const auto size = static_cast<std::size_t>(bytes);
  void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  if (size >= kLargePage) ::madvise(memory, size, MADV_HUGEPAGE);
  bytes_ = {static_cast<std::byte*>(memory), [size](std::byte* mapped) { ::munmap(mapped, size); }};
}

}  // namespace nn
