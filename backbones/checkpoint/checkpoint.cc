#include "backbones/checkpoint/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

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

std::string list(std::string_view title, const std::vector<std::string>& items) {
  return items.empty() ? "" : fmt::format("\n  {} {}:\n    {}", items.size(), title, fmt::join(items, "\n    "));
}

std::string shape_text(at::IntArrayRef shape) {
  return fmt::format("[{}]", fmt::join(shape.begin(), shape.end(), ", "));
}

}  // namespace

Checkpoint::Checkpoint(const std::filesystem::path& folder, std::optional<backbones::NumberFormat> weights)
    : folder_(folder), weights_(weights) {
  if (weights_) scalar_type(*weights_);
  if (!std::filesystem::is_directory(folder)) throw core::FileError(folder.string(), "no such folder");
  if (std::filesystem::exists(folder / "model.safetensors")) {
    open_file(folder / "model.safetensors");
  } else if (std::filesystem::exists(folder / "model.safetensors.index.json")) {
    open_shards(folder / "model.safetensors.index.json");
  } else if (std::filesystem::exists(folder / "pytorch_model.bin")) {
    throw core::FileError((folder / "pytorch_model.bin").string(),
                          "not built yet: save the model as model.safetensors");
  } else {
    throw core::FileError(folder.string(), "neither model.safetensors nor model.safetensors.index.json");
  }
}

void Checkpoint::open_file(const std::filesystem::path& path) {
  files_.emplace_back(path);
  for (const auto& [name, entry] : files_.back().entries())
    if (const auto [place, fresh] = where_.emplace(name, files_.size() - 1); !fresh)
      throw core::FileError(path.string(),
                            fmt::format("'{}' is also in {}", name, files_[place->second].path().string()));
}

void Checkpoint::open_shards(const std::filesystem::path& index) {
  const core::Json json = core::read_json_file(index.string());
  std::map<std::string, std::string> shard_of;
  std::set<std::string> shards;
  try {
    for (const auto& [name, file] : json.at("weight_map").as_object()) {
      if (file.as_string().empty() || file.as_string().find('/') != std::string::npos ||
          file.as_string().front() == '.')
        throw std::runtime_error(
            fmt::format("weight_map: '{}' is not the name of a file beside the index", file.as_string()));
      shard_of[name] = file.as_string();
      shards.insert(file.as_string());
    }
  } catch (const std::exception& error) {
    throw core::FileError(index.string(), error.what());
  }
  for (const std::string& shard : shards) open_file(folder_ / shard);
  for (const auto& [name, shard] : shard_of)
    if (!has(name) || file_of(name).filename() != shard)
      throw core::FileError(index.string(), fmt::format("weight_map: '{}' is not in {}", name, shard));
  for (const auto& [name, file] : where_)
    if (!shard_of.count(name))
      throw core::FileError(files_[file].path().string(),
                            fmt::format("'{}' is not in {}", name, index.filename().string()));
}

bool Checkpoint::has(const std::string& name) const { return where_.count(name) > 0; }

const TensorEntry& Checkpoint::entry(const std::string& name) const {
  return files_[where_.at(name)].entries().at(name);
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
  for (const auto& [name, file] : where_)
    if (!known.count(name)) unused.push_back(fmt::format("{} {}", name, shape_text(entry(name).shape)));
  if (missing.empty() && mis_shaped.empty() && unused.empty()) return;
  throw core::FileError(folder_.string(), "the weights do not fit config.json" + list("missing", missing) +
                                              list("of another shape", mis_shaped) + list("unused", unused));
}

at::Tensor Checkpoint::take(const std::string& name, at::IntArrayRef shape) {
  if (!has(name))
    throw core::FileError(folder_.string(), fmt::format("tensor '{}' {} is missing", name, shape_text(shape)));
  const SafetensorsFile& file = files_[where_.at(name)];
  const TensorEntry& stored = entry(name);
  const auto fail = [&](const std::string& message) {
    throw core::FileError::at_byte(file.path().string(), stored.begin, fmt::format("tensor '{}': {}", name, message));
  };
  if (at::IntArrayRef(stored.shape) != shape)
    fail(fmt::format("expected shape {}, found {}", shape_text(shape), shape_text(stored.shape)));
  if (!at::isFloatingType(stored.type))
    fail(fmt::format("expected floating point, found {}", c10::toString(stored.type)));
  at::Tensor tensor = file.read(name);
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
  for (const auto& [name, file] : where_)
    if (!taken_.count(name)) unused.push_back(fmt::format("{} {}", name, shape_text(entry(name).shape)));
  if (!unused.empty())
    throw core::FileError(folder_.string(), "the weights do not fit config.json" + list("unused", unused));
}

}  // namespace checkpoint
