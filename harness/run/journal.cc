#include "harness/run/journal.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/core/errors.h"
#include "harness/core/hash.h"

namespace run {
namespace {

constexpr std::size_t kChecksumDigits = 16;

std::string sealed(std::size_t number, std::string_view text) {
  return fmt::format("{:016x} {}\n", core::hash64(fmt::format("{} {}", number, text)), text);
}

}  // namespace

/// Fills `lines_` from the content and returns how many bytes of it are good.
std::size_t Journal::recover(std::string_view content, const std::string& owner) {
  std::size_t good = 0, number = 0;
  while (good < content.size()) {
    const std::size_t end = content.find('\n', good);
    if (end == std::string_view::npos || end - good <= kChecksumDigits) break;
    const std::string_view text = content.substr(good + kChecksumDigits + 1, end - good - kChecksumDigits - 1);
    if (content.substr(good, end + 1 - good) != sealed(number, text)) break;
    if (number == 0 && text != owner) break;
    if (number > 0) lines_.emplace_back(text);
    good = end + 1;
    ++number;
  }
  const std::string_view rest = content.substr(good);
  dropped_ = static_cast<std::size_t>(std::count(rest.begin(), rest.end(), '\n'));
  if (!rest.empty() && rest.back() != '\n') ++dropped_;
  return good;
}

Journal::Journal(std::filesystem::path path, const std::string& owner) : path_(std::move(path)) {
  std::size_t good = 0;
  if (std::filesystem::exists(path_)) {
    const std::string content = core::read_file(path_);
    good = recover(content, owner);
    if (good < content.size()) std::filesystem::resize_file(path_, good);
  }
  file_ = std::make_unique<core::AppendFile>(path_);
  if (good == 0) file_->append(sealed(0, owner));
}

void Journal::append(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) {
    lines_.push_back(line);
    text += sealed(lines_.size(), line);
  }
  if (!text.empty()) file_->append(text);
}

void Journal::remove() {
  file_.reset();
  std::filesystem::remove(path_);
}

}  // namespace run
