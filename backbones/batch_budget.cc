#include "backbones/batch_budget.h"

#include <unistd.h>

#include <algorithm>
#include <limits>

namespace backbones {
namespace {

constexpr std::int64_t kSourceTokens = 4096;  // more rows make no GEMM faster
constexpr std::int64_t kDecoderRows = 256;
constexpr std::int64_t kMostCacheBytes = std::int64_t{2} << 30;

}  // namespace

BatchBudget budget_of(std::int64_t batch_tokens) {
  if (batch_tokens > 0) return {batch_tokens, batch_tokens, std::numeric_limits<std::int64_t>::max()};
  const std::int64_t free = std::int64_t{::sysconf(_SC_AVPHYS_PAGES)} * ::sysconf(_SC_PAGESIZE);
  return {kSourceTokens, kDecoderRows, std::min(free / 4, kMostCacheBytes)};
}

}  // namespace backbones
