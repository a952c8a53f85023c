#include "harness/run/decoding_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "harness/core/errors.h"

namespace run {
namespace {

using backbones::Decoding;

std::vector<Decoding> read_named(const core::Yaml& yaml, const std::filesystem::path& folder) {
  const std::string text = yaml.string();
  const bool is_file = std::filesystem::is_regular_file(folder / text);
  try {
    return backbones::decodings_from(is_file ? (folder / text).string() : text);
  } catch (const core::UsageError& error) {
    yaml.fail(error.what());
  }
}

}  // namespace

std::vector<Decoding> read_decodings(const core::Yaml& yaml, const std::filesystem::path& folder) {
  if (!yaml.is_list()) return read_named(yaml, folder);
  const auto& items = yaml.items();
  const bool names =
      !items.empty() && std::all_of(items.begin(), items.end(), [](const auto& item) { return item.is_scalar(); });
  if (!names) return backbones::decodings_from(yaml);
  std::vector<Decoding> decodings;
  std::set<std::string> taken;
  for (const core::Yaml& item : items) {
    for (Decoding& decoding : read_named(item, folder)) {
      if (!taken.insert(decoding.name).second)
        item.fail(fmt::format("gives a second decoding called '{}'", decoding.name));
      decodings.push_back(std::move(decoding));
    }
  }
  return decodings;
}

}  // namespace run
