// What a model folder holds, found without opening the model: the architecture, the tensors that it reads and those
// that it leaves, how they are stored, which head is in use. What stands in the way of using the model is part of the
// summary, not an error: people look at a folder because it does not work.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "backbones/checkpoint/checkpoint.h"
#include "backbones/memory_need.h"
#include "backbones/work.h"

namespace backbones {

/// The output of a language model.
struct HeadSummary {
  Head kind = Head::kNone;
  bool scaled = false;  // states are divided by the root of the width before it
};

struct TokenizerSummary {
  std::string kind;  // "Unigram", "BPE"
  std::string file;  // that it is read from
  std::int64_t pieces = 0;
  std::string problem = {};  // why there is none; empty: there is one
};

struct ModelSummary {
  std::string family;        // model_type of config.json; empty where it says none
  std::string architecture;  // the first of `architectures`
  bool random_weights = false;
  std::int64_t parameters = 0;                 // that the network reads, tied matrices once; all, where it is not known
  std::map<std::string, std::int64_t> stored;  // numbers in the files by type, "float32"
  std::vector<std::filesystem::path> files;    // of weights
  std::optional<NetworkShape> shape = {};      // nothing where the architecture is none of ours
  std::vector<checkpoint::TensorShape> needed;  // that the network reads, by the file's names
  std::vector<checkpoint::StoredTensor> unused;
  HeadSummary head;
  std::vector<std::string> labels = {};  // of a scorer
  std::optional<TokenizerSummary> tokenizer = {};
  std::string problem = {};  // why the model cannot be used; empty: it can

  std::vector<Job> jobs() const;  // that it can be used for
};

/// Throws core::FileError where config.json or the files of weights cannot be read at all.
ModelSummary summarize_model(const std::filesystem::path& folder);

/// "float32", "float16", "bfloat16", "int64", …
std::string type_name(at::ScalarType type);

}  // namespace backbones
