// Memory of a packed matrix: whole pages, and large pages where the system has them, since a product streams it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace nn {

class PackedNumbers {
 public:
  PackedNumbers() = default;
  explicit PackedNumbers(std::int64_t bytes);  // all zero. Throws std::bad_alloc
  std::byte* data() { return bytes_.get(); }
  const std::byte* data() const { return bytes_.get(); }

 private:
  std::shared_ptr<std::byte> bytes_;
};

}  // namespace nn
