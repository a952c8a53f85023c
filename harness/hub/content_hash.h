// What an etag of the Hub says about the bytes behind it: 64 hex digits are the SHA-256 of a file of Git LFS, 40 the
// SHA-1 of a git blob ("blob LENGTH\0" and the bytes). Other servers may send other etags: nothing can be checked then.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace hub {

enum class EtagKind { kSha256, kGitBlob, kOther };
EtagKind etag_kind(std::string_view etag);

/// The hash of a file's content in the way of the etag's kind; "" for kOther. Throws core::FileError.
std::string content_hash(const std::filesystem::path& file, EtagKind kind);

}  // namespace hub
