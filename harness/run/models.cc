#include "harness/run/models.h"

#include <algorithm>
#include <array>
#include <vector>

#include "harness/core/errors.h"
#include "harness/core/hash.h"

namespace run {
namespace {

using core::Json;

bool is_model_file(const std::filesystem::path& path) {
  static constexpr std::array kExtensions{".json", ".txt",     ".model", ".safetensors",
                                          ".bin",  ".msgpack", ".py",    ".jinja"};
  return std::find(kExtensions.begin(), kExtensions.end(), path.extension().string()) != kExtensions.end();
}

std::string identity(const std::string& role, const Model& model) {
  return core::write_json(Json::Array{role, model.folder.string(), model.key()});
}

}  // namespace

backbones::ModelOptions Model::options() const { return {folder, choice.dtype, choice.weights, choice.device}; }

Json Model::key() const {
  return Json::Object{{"sha256", sha256},
                      {"weights", choice.weights ? Json(backbones::to_string(*choice.weights)) : Json()},
                      {"dtype", backbones::to_string(choice.dtype)},
                      {"device", choice.device.substr(0, choice.device.find(':'))}};
}

std::string hash_model_folder(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.is_regular_file() && is_model_file(entry.path())) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  core::Hasher hasher;
  for (const auto& file : files)
    hasher.add(core::write_json(Json::Array{file.filename().string(), core::sha256_file(file)}) + "\n");
  return hasher.hex();
}

backbones::Backbone& OpenModel::backbone(const Model& model) {
  if (open_ != identity("backbone", model)) {
    open_.clear();
    scorer_.reset();
    backbone_.reset();
    backbone_ = source_.open_backbone(model.options());
    open_ = identity("backbone", model);
  }
  return *backbone_;
}

cappy::Scorer& OpenModel::scorer(const Model& model) {
  if (open_ != identity("scorer", model)) {
    open_.clear();
    scorer_.reset();
    backbone_.reset();
    scorer_ = source_.open_scorer(model.options());
    open_ = identity("scorer", model);
  }
  return *scorer_;
}

}  // namespace run
