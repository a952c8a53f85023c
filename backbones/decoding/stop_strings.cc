#include "backbones/decoding/stop_strings.h"

#include <algorithm>
#include <stdexcept>

namespace decoding {

StopStrings::StopStrings(std::vector<std::string> strings, const TokenTexts& texts)
    : strings_(std::move(strings)), texts_(texts) {
  if (strings_.empty()) throw std::invalid_argument("StopStrings: none");
  for (const std::string& string : strings_) {
    if (string.empty()) throw std::invalid_argument("StopStrings: an empty string ends nothing");
    longest_ = std::max(longest_, string.size());
  }
}

std::string_view StopStrings::text(std::int32_t id) const {
  const auto place = static_cast<std::size_t>(id);
  return id >= 0 && place < texts_.size() ? std::string_view(texts_[place]) : std::string_view();
}

bool StopStrings::completed(std::span<const std::int32_t> prompt, std::span<const std::int32_t> ids) const {
  if (ids.empty()) return false;
  const std::string_view last = text(ids.back());
  if (last.empty()) return false;
  // Enough of the text before the last token for every string that ends within it; one token a byte at most.
  std::vector<std::string_view> before;
  std::size_t length = 0;
  const std::size_t count = std::min(prompt.size() + ids.size() - 1, longest_ - 1);
  for (std::size_t back = 1; back <= count && length + 1 < longest_; ++back) {
    const std::size_t from_end = ids.size() - 1;
    const std::int32_t id = back <= from_end ? ids[from_end - back] : prompt[prompt.size() - (back - from_end)];
    before.push_back(text(id));
    length += before.back().size();
  }
  std::string tail;
  for (auto piece = before.rbegin(); piece != before.rend(); ++piece) tail += *piece;
  const std::size_t begin = tail.size();
  tail += last;
  return std::any_of(strings_.begin(), strings_.end(), [&](const std::string& string) {
    const std::size_t first = begin >= string.size() ? begin - string.size() + 1 : 0;
    return tail.find(string, first) != std::string::npos;
  });
}

}  // namespace decoding
