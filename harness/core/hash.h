// Content hashes: SHA-256 (OpenSSL) for artifacts and files, its first 8 bytes where 64 bits do.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace core {

/// 64 lower-case hex digits.
std::string sha256(std::string_view bytes);
/// The same of a file's content, streamed. Throws FileError.
std::string sha256_file(const std::string& path);
/// The first 8 bytes of the SHA-256, big-endian.
std::uint64_t hash64(std::string_view bytes);

/// SHA-256 of a stream of pieces.
class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher(Hasher&&) noexcept;
  void add(std::string_view bytes);
  std::string hex();  // ends the stream

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace core
