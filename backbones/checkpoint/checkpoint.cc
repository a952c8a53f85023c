#include "backbones/checkpoint/checkpoint.h"

#include <ATen/ops/aminmax.h>
#include <ATen/ops/isfinite.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>

#include "backbones/checkpoint/flax_file.h"
#include "backbones/checkpoint/printable.h"
#include "backbones/checkpoint/torch_file.h"
#include "harness/core/errors.h"
#include "harness/core/json.h"

namespace checkpoint {
namespace {

at::ScalarType scalar_type(backbones::NumberFormat format) {
  switch (format) {
    case backbones::NumberFormat::kFloat32:
      return at::kFloat;
    case backbones::NumberFormat::kFloat16:
      return at::kHalf;
    case backbones::NumberFormat::kBfloat16:
      return at::kBFloat16;
    case backbones::NumberFormat::kInt8:
      break;
  }
  throw core::UsageError(
      "--weights int8: weights are rounded to float32, float16 or bfloat16; int8 is an arithmetic (--dtype)");
}

constexpr std::size_t kMostListed = 1'000;              // lines of a message
constexpr std::uintmax_t kMostIndexBytes = 10'000'000;  // 100,000 tensors fit

std::string list(std::string_view title, const std::vector<std::string>& items) {
  if (items.empty()) return "";
  const std::size_t shown = std::min(items.size(), kMostListed);
  return fmt::format("\n  {} {}:\n    {}{}", items.size(), title,
                     fmt::join(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(shown), "\n    "),
                     shown < items.size() ? "\n    …" : "");
}

std::string shape_text(at::IntArrayRef shape) {
  return fmt::format("[{}]", fmt::join(shape.begin(), shape.end(), ", "));
}

constexpr std::array kWeightFiles{"model.safetensors", "pytorch_model.bin", "flax_model.msgpack"};

/// What a clone without Git LFS leaves in place of a large file.
void refuse_pointer(const std::filesystem::path& path) {
  constexpr std::string_view kPointer = "version https://git-lfs";
  std::string begin(kPointer.size(), '\0');
  std::ifstream(path, std::ios::binary).read(begin.data(), static_cast<std::streamsize>(begin.size()));
  if (begin == kPointer)
    throw core::FileError(path.string(), "a pointer of Git LFS, not the weights: run 'git lfs pull'");
}

bool is_weight_file(const std::filesystem::path& path) {
  const std::filesystem::path extension = path.extension();
  return extension == ".safetensors" || extension == ".bin" || extension == ".msgpack";
}

std::unique_ptr<TensorFile> open_tensor_file(const std::filesystem::path& path) {
  refuse_pointer(path);
  if (path.extension() == ".safetensors") return std::make_unique<SafetensorsFile>(path);
  if (path.extension() == ".bin") return std::make_unique<TorchFile>(path);
  return std::make_unique<FlaxFile>(path);
}

/// Files from before 2019 name the parameters of a layer norm as TensorFlow did; the reference renames them, too.
std::string current_name(std::string name) {
  const auto rename = [&](std::string_view old, std::string_view now) {
    if (const std::size_t at = name.find(old); at != std::string::npos) name.replace(at, old.size(), now);
  };
  rename("LayerNorm.gamma", "LayerNorm.weight");
  rename("LayerNorm.beta", "LayerNorm.bias");
  return name;
}

/// Tensor, as PyTorch names it -> file beside the index.
std::map<std::string, std::string> read_index(const std::filesystem::path& index) {
  const bool flax = index.filename().string().starts_with("flax_");
  if (const std::uintmax_t bytes = std::filesystem::file_size(index); bytes > kMostIndexBytes)
    throw core::FileError(index.string(), fmt::format("{} bytes; an index has at most {}", bytes, kMostIndexBytes));
  std::map<std::string, std::string> shard_of;
  const core::Json json = core::read_json_file(index.string());
  if (!json.is_object())
    throw core::FileError(index.string(), "expected an object with 'weight_map', found " + json.kind());
  try {
    const core::Json& map = json.at("weight_map");
    if (!map.is_object() || map.as_object().empty())
      throw std::runtime_error("'weight_map': expected an object of names of tensors and of files");
    for (const auto& [key, file] : map.as_object()) {
      if (!file.is_string())
        throw std::runtime_error(
            fmt::format("weight_map: '{}': expected the name of a file, found {}", printable(key), file.kind()));
      const std::string& shard = file.as_string();
      if (shard.empty() || shard.find('/') != std::string::npos || shard.front() == '.')
        throw std::runtime_error(
            fmt::format("weight_map: '{}' is not the name of a file beside the index", printable(shard)));
      const std::string name = current_name(flax ? name_from_flax(key) : key);
      if (!shard_of.emplace(name, shard).second)
        throw std::runtime_error(fmt::format("weight_map: two names for '{}'", printable(name)));
    }
  } catch (const std::exception& error) {
    throw core::FileError(index.string(), error.what());
  }
  return shard_of;
}

}  // namespace

Checkpoint::Checkpoint(const std::filesystem::path& folder, std::optional<backbones::NumberFormat> weights)
    : folder_(folder), weights_(weights) {
  if (weights_) scalar_type(*weights_);
  if (!std::filesystem::is_directory(folder)) throw core::FileError(folder.string(), "no such folder");
  open_first();
}

void Checkpoint::open_first() {
  for (const char* name : kWeightFiles) {
    if (std::filesystem::exists(folder_ / name)) return open_file(folder_ / name);
    if (const auto index = folder_ / (std::string(name) + ".index.json"); std::filesystem::exists(index))
      return open_shards(index);
  }
  throw core::FileError(folder_.string(), fmt::format("no weights: neither {}, nor the .index.json of one",
                                                      fmt::join(kWeightFiles, " nor ")));
}

void Checkpoint::open_file(const std::filesystem::path& path) {
  files_.push_back(open_tensor_file(path));
  if (files_.back()->entries().empty()) throw core::FileError(path.string(), "holds no tensors");
  for (const auto& [stored, entry] : files_.back()->entries()) {
    const std::string name = current_name(stored);
    if (const auto [other, fresh] = where_.emplace(name, Place{files_.size() - 1, stored}); !fresh)
      throw core::FileError(path.string(),
                            fmt::format("'{}' is also in {}{}", stored, file_of(name).path().string(),
                                        other->second.name == stored ? "" : " as '" + other->second.name + "'"));
  }
}

void Checkpoint::open_shards(const std::filesystem::path& index) {
  index_ = index;
  const std::map<std::string, std::string> shard_of = read_index(index);
  std::set<std::string> shards;
  for (const auto& [name, shard] : shard_of) shards.insert(shard);
  for (const std::string& shard : shards)
    if (printable(shard) != shard || !is_weight_file(shard) || !std::filesystem::is_regular_file(folder_ / shard))
      throw core::FileError(index.string(),
                            fmt::format("weight_map: '{}' is no file of weights beside the index", printable(shard)));
  for (const std::string& shard : shards) open_file(folder_ / shard);
  for (const auto& [name, shard] : shard_of)
    if (!has(name) || file_of(name).path().filename() != shard)
      throw core::FileError(index.string(),
                            fmt::format("weight_map: '{}' is not in {}", printable(name), printable(shard)));
  for (const auto& [name, place] : where_)
    if (!shard_of.count(name))
      throw core::FileError(file_of(name).path().string(),
                            fmt::format("'{}' is not in {}", name, index.filename().string()));
}

bool Checkpoint::has(const std::string& name) const { return where_.count(name) > 0; }

const Checkpoint::Place& Checkpoint::place(const std::string& name) const {
  const auto found = where_.find(name);
  if (found == where_.end()) throw core::FileError(folder_.string(), fmt::format("tensor '{}' is missing", name));
  return found->second;
}

const TensorEntry& Checkpoint::entry(const std::string& name) const {
  return file_of(name).entries().at(where_.at(name).name);
}

std::vector<std::filesystem::path> Checkpoint::files() const {
  std::vector<std::filesystem::path> paths;
  if (index_) paths.push_back(*index_);
  for (const auto& file : files_) paths.push_back(file->path());
  return paths;
}

std::vector<StoredTensor> Checkpoint::tensors() const {
  std::vector<StoredTensor> list;
  for (const auto& [name, place] : where_)
    list.push_back({name, entry(name).shape, entry(name).type, file_of(name).path()});
  return list;
}

at::Tensor Checkpoint::read(const std::string& name) const {
  const Place& stored = place(name);
  return files_[stored.file]->read(stored.name);
}

void Checkpoint::require(const std::vector<TensorShape>& needed, const std::vector<std::string>& tolerated) const {
  std::set<std::string> known(tolerated.begin(), tolerated.end());
  std::vector<std::string> missing, mis_shaped, unused;
  for (const TensorShape& tensor : needed) {
    known.insert(tensor.name);
    if (!has(tensor.name)) {
      missing.push_back(fmt::format("{} {}", tensor.name, shape_text(tensor.shape)));
    } else if (entry(tensor.name).shape != tensor.shape) {
      mis_shaped.push_back(fmt::format("{}: expected {}, found {}", tensor.name, shape_text(tensor.shape),
                                       shape_text(entry(tensor.name).shape)));
    }
  }
  for (const auto& [name, place] : where_)
    if (!known.count(name)) unused.push_back(fmt::format("{} {}", name, shape_text(entry(name).shape)));
  if (missing.empty() && mis_shaped.empty() && unused.empty()) return;
  throw core::FileError(folder_.string(), "the weights do not fit config.json" + list("missing", missing) +
                                              list("of another shape", mis_shaped) + list("unused", unused));
}

at::Tensor Checkpoint::take(const std::string& name, at::IntArrayRef shape) {
  if (!has(name))
    throw core::FileError(folder_.string(), fmt::format("tensor '{}' {} is missing", name, shape_text(shape)));
  const TensorEntry& stored = entry(name);
  const auto fail = [&](const std::string& message) {
    throw core::FileError::at_byte(file_of(name).path().string(), stored.begin,
                                   fmt::format("tensor '{}': {}", name, message));
  };
  if (at::IntArrayRef(stored.shape) != shape)
    fail(fmt::format("expected shape {}, found {}", shape_text(shape), shape_text(stored.shape)));
  if (!at::isFloatingType(stored.type))
    fail(fmt::format("expected floating point, found {}", c10::toString(stored.type)));
  const Place& source = place(name);
  at::Tensor tensor = files_[source.file]->view(source.name);
  if (weights_ && *weights_ != backbones::NumberFormat::kFloat32) tensor = tensor.to(scalar_type(*weights_));
  tensor = tensor.to(at::kFloat);
  if (tensor.numel() > 0) {
    const auto [low, high] = at::aminmax(tensor);  // a NaN comes through
    if (!std::isfinite(low.item<float>()) || !std::isfinite(high.item<float>()))
      fail(fmt::format("not finite at element {}{}",
                       at::isfinite(tensor).logical_not().flatten().nonzero()[0].item<std::int64_t>(),
                       weights_ ? " after rounding to " + to_string(*weights_) : ""));
  }
  taken_.insert(name);
  return tensor;
}

void Checkpoint::tolerate(const std::string& name) { taken_.insert(name); }

void Checkpoint::finish() const {
  std::vector<std::string> unused;
  for (const auto& [name, place] : where_)
    if (!taken_.count(name)) unused.push_back(fmt::format("{} {}", name, shape_text(entry(name).shape)));
  if (!unused.empty())
    throw core::FileError(folder_.string(), "the weights do not fit config.json" + list("unused", unused));
}

}  // namespace checkpoint
