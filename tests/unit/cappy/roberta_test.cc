// Folders that are not a scorer: each gets one error that names the file and what is wrong.
#include "backbones/roberta.h"

#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "backbones/checkpoint/safetensors.h"
#include "harness/core/errors.h"
#include "harness/core/json.h"
#include "tests/unit/cappy/model_folder.h"

namespace {

std::string error_of(const std::filesystem::path& model) {
  try {
    const backbones::Roberta roberta(model_at(model));
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

void set_key(const std::filesystem::path& model, const std::string& key, const core::Json& value) {
  core::Json::Object config = core::read_json_file((model / "config.json").string()).as_object();
  std::erase_if(config, [&](const auto& entry) { return entry.first == key; });
  if (!value.is_null()) config.emplace_back(key, value);
  core::write_file(model / "config.json", core::write_json_pretty(config));
}

struct BadConfig {
  const char* key;
  core::Json value;
  const char* message;
};

TEST(RobertaConfig, NamesTheKeyThatIsWrong) {
  const core::Json::Object two{{"0", "a"}, {"1", "b"}};
  const BadConfig cases[] = {
      {"model_type", "t5", "expected \"roberta\", found \"t5\""},
      {"model_type", nullptr, "model_type: is missing"},
      {"hidden_act", "relu", "hidden_act: expected \"gelu\""},
      {"position_embedding_type", "relative_key", "position_embedding_type"},
      {"id2label", two, "classifier.out_proj.weight: expected [2, 21], found [1, 21]"},
      {"id2label", nullptr, "classifier.out_proj.weight: expected [2, 21]"},  // the reference's default is two labels
      {"id2label", core::Json::Object{{"1", "a"}}, "id2label: expected the name of label 0"},
      {"id2label", core::Json::Object{}, "id2label: a scorer needs at least one label"},
      {"num_attention_heads", 4, "hidden_size: 21 is not a multiple"},
      {"num_attention_heads", 0, "num_attention_heads: expected a whole number from 1 to "},
      {"hidden_size", "21", "hidden_size: expected a whole number, found a string"},
      {"num_hidden_layers", 2'000'000, "num_hidden_layers"},
      {"max_position_embeddings", 2, "max_position_embeddings"},
      {"layer_norm_eps", -1.0, "layer_norm_eps: expected a number above 0"},
      {"num_hidden_layers", 3, "missing"},
      {"num_hidden_layers", 1, "unused"},
      {"vocab_size", 5, "word_embeddings"},
  };
  for (const BadConfig& bad : cases) {
    const TemporaryFolder folder;
    const auto model = make_scorer(folder.path(), kSmallSizes);
    EXPECT_EQ(error_of(model), "");
    set_key(model, bad.key, bad.value);
    const std::string error = error_of(model);
    EXPECT_NE(error.find(bad.message), std::string::npos) << bad.key << ": " << error;
    EXPECT_NE(error.find(model.string()), std::string::npos) << error;
  }
}

/// Reads all tensors, lets `change` edit them, writes them back.
void rewrite(const std::filesystem::path& model,
             const std::function<void(std::map<std::string, at::Tensor>&)>& change) {
  std::map<std::string, at::Tensor> tensors;
  {
    const checkpoint::SafetensorsFile file(model / "model.safetensors");
    for (const auto& [name, entry] : file.entries()) tensors.emplace(name, file.read(name));
  }
  change(tensors);
  checkpoint::write_safetensors(model / "model.safetensors", tensors);
}

TEST(Roberta, SaysThatTheRegressionHeadIsMissing) {
  const TemporaryFolder folder;
  const auto model = make_scorer(folder.path(), kSmallSizes);
  rewrite(model,
          [](auto& tensors) { std::erase_if(tensors, [](auto& t) { return t.first.starts_with("classifier"); }); });
  EXPECT_NE(error_of(model).find("no head (classifier.dense"), std::string::npos) << error_of(model);
}

TEST(Roberta, ToleratesWhatTheReferenceLeavesUnusedAndNothingElse) {
  const TemporaryFolder folder;
  const auto model = make_scorer(folder.path(), kSmallSizes);
  rewrite(model, [](auto& tensors) {
    tensors["roberta.pooler.dense.weight"] = at::zeros({21, 21});
    tensors["roberta.embeddings.position_ids"] = at::zeros({1, 66}, at::kLong);
    tensors["lm_head.bias"] = at::zeros({5});
  });
  EXPECT_EQ(error_of(model), "");
  rewrite(model, [](auto& tensors) { tensors["roberta.adapter.weight"] = at::zeros({2}); });
  EXPECT_NE(error_of(model).find("roberta.adapter.weight"), std::string::npos) << error_of(model);
}

TEST(Roberta, RefusesWeightsThatAreNotFinite) {
  const TemporaryFolder folder;
  const auto model = make_scorer(folder.path(), kSmallSizes);
  rewrite(model, [](auto& tensors) { tensors["classifier.dense.bias"].fill_(std::nanf("")); });
  EXPECT_NE(error_of(model).find("classifier.dense.bias"), std::string::npos) << error_of(model);
}

TEST(Roberta, RefusesIdsOutsideItsVocabulary) {
  const TemporaryFolder folder;
  const backbones::Roberta roberta(model_at(make_scorer(folder.path(), kSmallSizes)));
  const std::vector<std::vector<std::int32_t>> bad{{0, 1'000'000, 2}};
  EXPECT_THROW(roberta.logits(bad), std::invalid_argument);
  EXPECT_TRUE(roberta.logits({}).empty());
}

}  // namespace
