// An error at a byte of the source, for Template to name, which knows the template's name and how it was written.
#pragma once

#include <cstddef>
#include <string>

namespace jinja {

struct PlacedError {
  std::size_t offset;
  std::string message;
};

}  // namespace jinja
