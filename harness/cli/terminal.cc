#include "harness/cli/terminal.h"

#include <unistd.h>

#include <cstdlib>

namespace cli {
namespace {

std::string_view code_of(Colour colour) {
  switch (colour) {
    case Colour::kPlain:
      return "";
    case Colour::kBold:
      return "\033[1m";
    case Colour::kGreen:
      return "\033[32m";
    case Colour::kRed:
      return "\033[31m";
    case Colour::kYellow:
      return "\033[33m";
    case Colour::kFaint:
      return "\033[2m";
  }
  return "";
}

}  // namespace

bool standard_output_has_colours() {
  const char* no_colour = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  const bool refused =
      (no_colour != nullptr && *no_colour != 0) || (terminal != nullptr && terminal == std::string_view("dumb"));
  return !refused && isatty(STDOUT_FILENO) == 1;
}

std::string Painter::operator()(Colour colour, std::string_view text) const {
  if (!colours_ || colour == Colour::kPlain) return std::string(text);
  return std::string(code_of(colour)) + std::string(text) + "\033[0m";
}

}  // namespace cli
