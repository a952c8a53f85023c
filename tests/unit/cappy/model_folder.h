// Model folders for these tests: made in a temporary place by make_new_model after a few lines of YAML.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "backbones/new_model.h"
#include "backbones/options.h"
#include "harness/core/files.h"

/// A folder that goes away with the object.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "cappy-test-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::filesystem::path source_root() {
  const char* root = std::getenv("CAPPY_SOURCE");
  return root ? std::filesystem::path(root) : std::filesystem::current_path();
}

/// The options that load a folder as it is.
inline backbones::ModelOptions model_at(const std::filesystem::path& folder) {
  backbones::ModelOptions options;
  options.folder = folder;
  return options;
}

/// A RoBERTa of these sizes ("hidden_size: 24\n…") in `folder`/`name`.
inline std::filesystem::path make_scorer(const std::filesystem::path& folder, const std::string& sizes,
                                         const std::string& name = "scorer", std::uint64_t seed = 1) {
  const std::string tokenizer = (source_root() / "configs/miniature/roberta_tokenizer").string();
  core::write_file(folder / (name + ".yaml"), "architecture: roberta\ntokenizer: " + tokenizer + "\n" + sizes);
  backbones::make_new_model(folder / (name + ".yaml"), seed, folder / name);
  return folder / name;
}

inline const std::string kSmallSizes =
    "hidden_size: 21\nnum_hidden_layers: 2\nnum_attention_heads: 3\nintermediate_size: 37\nmax_position_embeddings: "
    "66\n";
