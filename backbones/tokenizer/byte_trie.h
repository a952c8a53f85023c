// A set of byte strings as a double array (Aoe 1989): the child of node n by byte b is base[n] + b, and it is one if
// its check is n. Finding every key that is a prefix of a text costs one array access a byte.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tokenizer {

class ByteTrie {
 public:
  ByteTrie() : nodes_(256) {}
  /// The value of a key is its index; of equal keys the last one stays. Empty keys match nothing.
  explicit ByteTrie(const std::vector<std::string>& keys);

  /// Calls visit(length, value) for each key that is a prefix of `text` from byte `at`, shortest first.
  template <class Visit>
  void for_each_prefix(std::string_view text, std::size_t at, Visit&& visit) const {
    std::int32_t node = 0;
    for (std::size_t i = at; i < text.size(); ++i) {
      node = child(node, static_cast<unsigned char>(text[i]));
      if (node < 0) return;
      if (nodes_[node].value >= 0) visit(i + 1 - at, nodes_[node].value);
    }
  }
  /// The value of a key, or -1.
  std::int32_t find(std::string_view key) const;

 private:
  struct Node {
    std::int32_t base = 0;
    std::int32_t check = -1;  // the parent; -1: free
    std::int32_t value = -1;  // -1: no key ends here
  };
  struct Range;  // the sorted keys below a node

  std::int32_t child(std::int32_t node, unsigned char byte) const {
    const std::int32_t next = nodes_[node].base + byte;  // the array is 256 longer than the largest base
    return nodes_[next].check == node ? next : -1;
  }
  std::int32_t find_base(const std::vector<unsigned char>& bytes);

  std::vector<Node> nodes_;
  std::size_t search_from_ = 1;
};

}  // namespace tokenizer
