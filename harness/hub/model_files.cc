#include "harness/hub/model_files.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

namespace hub {
namespace {

struct WeightFormat {
  std::string_view stem, ending;
};

constexpr std::array kFormats{WeightFormat{"model", ".safetensors"}, WeightFormat{"pytorch_model", ".bin"},
                              WeightFormat{"flax_model", ".msgpack"}};

/// "model.safetensors", "model-00001-of-00002.safetensors" and their index; not "model.fp16.safetensors".
bool is_weight(std::string_view path, const WeightFormat& format) {
  if (!path.starts_with(format.stem)) return false;
  path.remove_prefix(format.stem.size());
  if (path.ends_with(".index.json")) return path.substr(0, path.size() - 11) == format.ending;
  if (!path.ends_with(format.ending)) return false;
  path.remove_suffix(format.ending.size());
  return path.empty() || (path.front() == '-' && path.find("-of-") != std::string_view::npos);
}

bool is_description(std::string_view path) {
  constexpr std::array<std::string_view, 11> kNames{"config.json",
                                                    "generation_config.json",
                                                    "tokenizer.json",
                                                    "tokenizer_config.json",
                                                    "special_tokens_map.json",
                                                    "vocab.json",
                                                    "merges.txt",
                                                    "added_tokens.json",
                                                    "spiece.model",
                                                    "tokenizer.model",
                                                    "sentencepiece.bpe.model"};
  return std::find(kNames.begin(), kNames.end(), path) != kNames.end();
}

}  // namespace

std::vector<std::string> files_of_model(const std::vector<std::string>& listing) {
  const auto has = [&](const WeightFormat& format) {
    return std::any_of(listing.begin(), listing.end(), [&](const std::string& path) {
      return path.ends_with(format.ending) && is_weight(path, format);
    });
  };
  const auto format = std::find_if(kFormats.begin(), kFormats.end(), has);
  std::vector<std::string> files;
  for (const std::string& path : listing)
    if (is_description(path) || (format != kFormats.end() && is_weight(path, *format))) files.push_back(path);
  return files;
}

std::vector<std::string> files_of_tokenizer(const std::vector<std::string>& listing) {
  std::vector<std::string> files;
  std::copy_if(listing.begin(), listing.end(), std::back_inserter(files), is_description);
  return files;
}

bool is_weight_file(const std::string& path) {
  return std::any_of(kFormats.begin(), kFormats.end(),
                     [&](const WeightFormat& format) { return is_weight(path, format); });
}

}  // namespace hub
