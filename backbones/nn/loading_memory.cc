#include "backbones/nn/loading_memory.h"

#include <features.h>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace nn {

#if defined(__GLIBC__)
LoadingMemory::LoadingMemory() { mallopt(M_MMAP_THRESHOLD, 256 << 10); }

LoadingMemory::~LoadingMemory() {
  malloc_trim(0);
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 512 << 20);
}
#else
LoadingMemory::LoadingMemory() = default;
LoadingMemory::~LoadingMemory() = default;
#endif

}  // namespace nn
