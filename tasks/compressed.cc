#include "tasks/compressed.h"

#include "tasks/rows/text_stream.h"

namespace tasks {

std::string read_plain_or_zst(const std::filesystem::path& path) { return read_text(path); }
std::filesystem::path find_plain_or_zst(const std::filesystem::path& path) { return find_text(path); }

}  // namespace tasks
