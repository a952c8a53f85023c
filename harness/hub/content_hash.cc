#include "harness/hub/content_hash.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <vector>

#include "harness/core/errors.h"
#include "harness/core/hash.h"

namespace hub {
namespace {

std::string git_blob_hash(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw core::FileError(file.string(), "cannot be opened");
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  std::string head = fmt::format("blob {}", std::filesystem::file_size(file));
  head.push_back('\0');
  bool good = context && EVP_DigestInit_ex(context.get(), EVP_sha1(), nullptr) == 1 &&
              EVP_DigestUpdate(context.get(), head.data(), head.size()) == 1;
  std::vector<char> block(1 << 20);
  while (good && (in.read(block.data(), static_cast<std::streamsize>(block.size())) || in.gcount() > 0))
    good = EVP_DigestUpdate(context.get(), block.data(), static_cast<std::size_t>(in.gcount())) == 1;
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  if (!good || EVP_DigestFinal_ex(context.get(), digest, &length) != 1)
    throw std::runtime_error("OpenSSL offers no SHA-1");
  if (in.bad()) throw core::FileError(file.string(), "cannot be read");
  std::string hex;
  for (unsigned i = 0; i < length; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

}  // namespace

EtagKind etag_kind(std::string_view etag) {
  const bool hex =
      std::all_of(etag.begin(), etag.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (hex && etag.size() == 64) return EtagKind::kSha256;
  if (hex && etag.size() == 40) return EtagKind::kGitBlob;
  return EtagKind::kOther;
}

std::string content_hash(const std::filesystem::path& file, EtagKind kind) {
  switch (kind) {
    case EtagKind::kSha256:
      return core::sha256_file(file.string());
    case EtagKind::kGitBlob:
      return git_blob_hash(file);
    case EtagKind::kOther:
      return "";
  }
  throw std::invalid_argument("content_hash: no such kind");
}

}  // namespace hub
