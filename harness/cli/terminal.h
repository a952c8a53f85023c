// Colours for people: only where standard output is a terminal that wants them.
#pragma once

#include <string>
#include <string_view>

namespace cli {

enum class Colour { kPlain, kBold, kGreen, kRed, kYellow, kFaint };

/// Whether standard output is a terminal, NO_COLOR is not set and TERM is not "dumb".
bool standard_output_has_colours();

/// The text in a colour, or as it is.
class Painter {
 public:
  explicit Painter(bool colours) : colours_(colours) {}
  std::string operator()(Colour colour, std::string_view text) const;

 private:
  bool colours_;
};

}  // namespace cli
