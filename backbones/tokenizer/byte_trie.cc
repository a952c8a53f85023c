#include "backbones/tokenizer/byte_trie.h"

#include <algorithm>
#include <numeric>

namespace tokenizer {
namespace {

constexpr int kTriesPerNode = 64;  // then the search starts further on next time: some slots stay unused

}  // namespace

struct ByteTrie::Range {
  std::size_t begin, end;  // of the sorted keys
  std::size_t depth;       // bytes that all of them share
  std::int32_t node;
};

ByteTrie::ByteTrie(const std::vector<std::string>& keys) : nodes_(256) {
  nodes_[0].check = 0;
  std::vector<std::int32_t> order(keys.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return keys[a] < keys[b]; });
  std::vector<Range> open{{0, keys.size(), 0, 0}};
  while (!open.empty()) {
    Range range = open.back();
    open.pop_back();
    for (; range.begin < range.end && keys[order[range.begin]].size() == range.depth; ++range.begin) {
      if (range.depth > 0) nodes_[range.node].value = order[range.begin];
    }
    std::vector<unsigned char> bytes;
    std::vector<Range> children;
    for (std::size_t i = range.begin; i < range.end; ++i) {
      const auto byte = static_cast<unsigned char>(keys[order[i]][range.depth]);
      if (bytes.empty() || bytes.back() != byte) {
        bytes.push_back(byte);
        children.push_back({i, i, range.depth + 1, 0});
      }
      children.back().end = i + 1;
    }
    if (bytes.empty()) continue;
    const std::int32_t base = find_base(bytes);
    nodes_[range.node].base = base;
    for (std::size_t k = 0; k < bytes.size(); ++k) {
      children[k].node = base + bytes[k];
      nodes_[children[k].node].check = range.node;
      open.push_back(children[k]);
    }
  }
}

// The first place where all children find free slots.
std::int32_t ByteTrie::find_base(const std::vector<unsigned char>& bytes) {
  int tries = 0;
  for (std::size_t slot = std::max<std::size_t>(search_from_, bytes[0] + 1);; ++slot) {
    const std::size_t base = slot - bytes[0];
    if (nodes_.size() < base + 256) nodes_.resize(base + 256);
    if (++tries > kTriesPerNode) search_from_ = slot;  // taken slots count too: full stretches are not walked again
    if (nodes_[slot].check >= 0) continue;
    if (std::all_of(bytes.begin(), bytes.end(), [&](auto byte) { return nodes_[base + byte].check < 0; })) {
      return static_cast<std::int32_t>(base);
    }
  }
}

std::int32_t ByteTrie::find(std::string_view key) const {
  std::int32_t node = 0;
  for (const char c : key) {
    node = child(node, static_cast<unsigned char>(c));
    if (node < 0) return -1;
  }
  return nodes_[node].value;
}

}  // namespace tokenizer
