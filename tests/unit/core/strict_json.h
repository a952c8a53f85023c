// RFC 8259's grammar as plain recursive descent, the slow obvious twin of the reader. ASCII only.
#pragma once

#include <cctype>
#include <string_view>

namespace core {

class StrictJson {
 public:
  explicit StrictJson(std::string_view text) : rest_(text) {}
  bool document() {
    spaces();
    if (!value()) return false;
    spaces();
    return rest_.empty();
  }

 private:
  bool eat(std::string_view what) {
    if (!rest_.starts_with(what)) return false;
    rest_.remove_prefix(what.size());
    return true;
  }
  void spaces() {
    while (eat(" ") || eat("\t") || eat("\n") || eat("\r")) continue;
  }
  bool digits() {
    bool any = false;
    for (; !rest_.empty() && std::isdigit(static_cast<unsigned char>(rest_[0])); any = true) rest_.remove_prefix(1);
    return any;
  }
  bool number() {
    eat("-");
    if (!eat("0") && !digits()) return false;
    if (eat(".") && !digits()) return false;
    if (eat("e") || eat("E")) {
      if (!eat("+")) eat("-");
      return digits();
    }
    return true;
  }
  bool string() {
    if (!eat("\"")) return false;
    while (!rest_.empty() && rest_[0] != '"') {
      if (static_cast<unsigned char>(rest_[0]) < 0x20) return false;
      const bool escape = rest_[0] == '\\';
      rest_.remove_prefix(1);
      if (escape && !escaped()) return false;
    }
    return eat("\"");
  }
  bool escaped() {
    if (rest_.empty()) return false;
    const char kind = rest_[0];
    rest_.remove_prefix(1);
    if (kind != 'u') return std::string_view("\"\\/bfnrt").find(kind) != std::string_view::npos;
    if (rest_.size() < 4) return false;
    for (int i = 0; i < 4; ++i)
      if (!std::isxdigit(static_cast<unsigned char>(rest_[static_cast<std::size_t>(i)]))) return false;
    const bool surrogate = (rest_[0] == 'd' || rest_[0] == 'D') &&
                           std::string_view("89abcdefABCDEF").find(rest_[1]) != std::string_view::npos;
    rest_.remove_prefix(4);
    return !surrogate;  // the seeds have no pairs, so one alone is left of nothing
  }
  template <class Item>
  bool list(std::string_view open, std::string_view close, Item item) {
    if (!eat(open)) return false;
    spaces();
    if (eat(close)) return true;
    for (;;) {
      spaces();
      if (!item()) return false;
      spaces();
      if (eat(close)) return true;
      if (!eat(",")) return false;
    }
  }
  bool value() {
    if (rest_.empty()) return false;
    switch (rest_[0]) {
      case '{':
        return list("{", "}", [&] {
          if (!string()) return false;
          spaces();
          if (!eat(":")) return false;
          spaces();
          return value();
        });
      case '[':
        return list("[", "]", [&] { return value(); });
      case '"':
        return string();
      case 't':
        return eat("true");
      case 'f':
        return eat("false");
      case 'n':
        return eat("null");
      default:
        return number();
    }
  }

  std::string_view rest_;
};

inline bool is_strict_json(std::string_view text) { return StrictJson(text).document(); }

}  // namespace core
