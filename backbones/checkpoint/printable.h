// Text out of a file as a message may show it.
#pragma once

#include <string>
#include <string_view>

namespace checkpoint {

/// At most 200 bytes; what is not printable ASCII as \xNN: a file must not write to the terminal what it likes.
std::string printable(std::string_view text);

}  // namespace checkpoint
