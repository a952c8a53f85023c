// Texts that are computed once, however often they occur.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

namespace backbones {

class DistinctTexts {
 public:
  /// The place of a text among the distinct ones so far; a new one comes last.
  std::size_t place(const std::string& text) {
    const auto [found, fresh] = places_.emplace(text, texts_.size());
    if (fresh) texts_.push_back(&found->first);
    return found->second;
  }
  std::size_t size() const { return texts_.size(); }
  const std::string& operator[](std::size_t place) const { return *texts_[place]; }

 private:
  std::unordered_map<std::string, std::size_t> places_;
  std::vector<const std::string*> texts_;
};

}  // namespace backbones
