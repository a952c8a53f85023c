#include "backbones/checkpoint/tensor_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "backbones/checkpoint/printable.h"
#include "harness/core/errors.h"
#include "harness/core/text.h"

namespace checkpoint {
namespace {

constexpr std::size_t kLongestName = 1'000;  // bytes

bool is_line_of_text(const std::string& name) {
  return !name.empty() && name.size() <= kLongestName && core::find_invalid_utf8(name) == std::string::npos &&
         std::none_of(name.begin(), name.end(),
                      [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; });
}

}  // namespace

void TensorFile::add(const std::string& name, TensorEntry entry) {
  const std::uint64_t begin = entry.begin;
  if (!is_line_of_text(name))
    throw core::FileError::at_byte(
        path_.string(), begin,
        fmt::format("'{}' is no name of a tensor: expected a line of 1 to {} bytes", printable(name), kLongestName));
  if (!entries_.emplace(name, std::move(entry)).second)
    throw core::FileError::at_byte(path_.string(), begin, fmt::format("a second tensor '{}'", printable(name)));
}

const TensorEntry& TensorFile::entry(const std::string& name) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) throw core::FileError(path_.string(), fmt::format("no tensor '{}'", printable(name)));
  return found->second;
}

std::uint64_t tensor_bytes(at::ScalarType type, const std::vector<std::int64_t>& shape) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 62;
  std::uint64_t bytes = c10::elementSize(type);
  for (const std::int64_t size : shape) {
    if (size < 0) throw std::runtime_error(fmt::format("negative number {} in a shape", size));
    if (__builtin_mul_overflow(bytes, static_cast<std::uint64_t>(size), &bytes) || bytes > kMost)
      throw std::runtime_error(fmt::format("shape [{}] overflows", fmt::join(shape, ", ")));
  }
  return bytes;
}

}  // namespace checkpoint
