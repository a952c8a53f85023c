#include "backbones/checkpoint/printable.h"

#include <fmt/format.h>

namespace checkpoint {

std::string printable(std::string_view text) {
  constexpr std::size_t kLongest = 200;
  std::string made;
  for (const char c : text.substr(0, kLongest))
    made += c >= ' ' && c <= '~' ? std::string(1, c) : fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  return text.size() > kLongest ? made + "…" : made;
}

}  // namespace checkpoint
