#include "harness/hub/model_files.h"

#include <gtest/gtest.h>

#include "harness/core/errors.h"
#include "harness/hub/model_folder.h"

namespace hub {
namespace {

using Paths = std::vector<std::string>;

TEST(ModelFiles, OneFormatOfWeights) {
  const Paths all = {"README.md",         "config.json",     "flax_model.msgpack", "model.fp16.safetensors",
                     "model.safetensors", "onnx/model.onnx", "pytorch_model.bin",  "rust_model.ot",
                     "spiece.model",      "tf_model.h5",     "tokenizer.json",     "training_args.bin"};
  EXPECT_EQ(files_of_model(all), (Paths{"config.json", "model.safetensors", "spiece.model", "tokenizer.json"}));
}

TEST(ModelFiles, ShardsAndTheirIndex) {
  EXPECT_EQ(
      files_of_model({"model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
                      "model.safetensors.index.json", "pytorch_model-00001-of-00002.bin",
                      "pytorch_model.bin.index.json"}),
      (Paths{"model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json"}));
  EXPECT_EQ(
      files_of_model({"pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin",
                      "pytorch_model.bin.index.json", "pytorch_model.fp16.bin", "flax_model.msgpack"}),
      (Paths{"pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin", "pytorch_model.bin.index.json"}));
  // an index alone is no weights
  EXPECT_EQ(files_of_model({"model.safetensors.index.json", "pytorch_model.bin"}), (Paths{"pytorch_model.bin"}));
}

TEST(ModelFiles, FlaxWhereThereIsNothingElse) {
  EXPECT_EQ(files_of_model({"config.json", "flax_model.msgpack"}), (Paths{"config.json", "flax_model.msgpack"}));
  EXPECT_EQ(files_of_model({"data/train.csv"}), Paths{});
}

TEST(ModelFiles, TextAloneNeedsNoWeights) {
  const Paths all = {"config.json", "merges.txt", "model.safetensors", "model.safetensors.index.json", "vocab.json"};
  EXPECT_EQ(files_of_tokenizer(all), (Paths{"config.json", "merges.txt", "vocab.json"}));
}

TEST(ModelRepository, IsAnIdWithOrWithoutARevision) {
  EXPECT_EQ(model_repository("google/flan-t5-small").id, "google/flan-t5-small");
  EXPECT_EQ(model_repository("google/flan-t5-small").revision, "main");
  EXPECT_EQ(model_repository("gpt2@refs/pr/3").id, "gpt2");
  EXPECT_EQ(model_repository("gpt2@refs/pr/3").revision, "refs/pr/3");
  for (const char* wrong : {"", "a/b/c", "/tmp/x", "../x", "a/b@", "a/b@../c", "x y"})
    EXPECT_THROW(model_repository(wrong), core::ConfigError) << wrong;
}

}  // namespace
}  // namespace hub
