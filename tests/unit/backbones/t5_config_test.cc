#include "backbones/t5_config.h"

#include <gtest/gtest.h>

#include "tests/unit/backbones/temporary_folder.h"

namespace {

const std::string kSizes =
    R"("model_type":"t5","vocab_size":99,"d_model":20,"d_kv":5,"d_ff":36,"num_layers":2,"num_heads":3)";

struct Case {
  std::string extra;    // after the sizes; a repeated key is an error of JSON, so sizes are replaced by `from`/`to`
  std::string message;  // of the error
};

TEST(T5Config, RefusesWhatItDoesNotKnow) {
  const TemporaryFolder folder;
  const std::vector<Case> cases = {
      {R"("feed_forward_proj":"gated-silu")", "feed_forward_proj: 'gated-silu'"},
      {R"("feed_forward_proj":"gelu")", "feed_forward_proj: 'gelu'"},
      {R"("feed_forward_proj":"gated-gelu","dense_act_fn":"gelu")", "dense_act_fn: 'gelu'"},
      {R"("feed_forward_proj":"relu","is_gated_act":true)", "is_gated_act"},
      {R"("architectures":["T5EncoderModel"])", "architectures: \"T5EncoderModel\""},
      {R"("num_decoder_layers":0)", "num_decoder_layers: expected a whole number from 1 to "},
      {R"("num_decoder_layers":"2")", "num_decoder_layers: expected a whole number"},
      {R"("layer_norm_epsilon":0)", "layer_norm_epsilon"},
      {R"("tie_word_embeddings":1)", "tie_word_embeddings: expected a boolean"},
      {R"("eos_token_id":99)", "eos_token_id: expected a whole number from 0 to 98, found 99"},
      {R"("eos_token_id":[1,2])", "eos_token_id: expected a whole number"},
      {R"("decoder_start_token_id":-1)", "decoder_start_token_id: expected a whole number from 0 to 98, found -1"},
      {R"("relative_attention_num_buckets":7)", "relative_attention_num_buckets"},
      {R"("relative_attention_max_distance":8)", "relative_attention_max_distance"},
  };
  for (const Case& wrong : cases) {
    const auto path = folder.write("config.json", "{" + kSizes + "," + wrong.extra + "}");
    const std::string error = error_of([&] { backbones::read_t5_config(folder.path()); });
    EXPECT_NE(error.find(path.string() + ": " + wrong.message), std::string::npos) << wrong.extra << "\n" << error;
  }
}

TEST(T5Config, NamesEveryMissingSizeAndOtherModels) {
  const TemporaryFolder folder;
  for (const char* key : {"vocab_size", "d_model", "d_kv", "d_ff", "num_layers", "num_heads", "model_type"}) {
    std::string text = kSizes;
    text.replace(text.find(key), std::string(key).size(), "other");
    folder.write("config.json", "{" + text + "}");
    EXPECT_NE(error_of([&] { backbones::read_t5_config(folder.path()); }).find(key), std::string::npos) << key;
  }
  folder.write("config.json", R"({"model_type":"roberta"})");
  EXPECT_NE(error_of([&] { backbones::read_t5_config(folder.path()); }).find("'roberta': expected t5"),
            std::string::npos);
  folder.write("config.json", "[]");
  EXPECT_NE(error_of([&] { backbones::read_t5_config(folder.path()); }).find("expected an object"), std::string::npos);
}

TEST(T5Config, ReadsBothWaysOfSayingThatOutputsAreScaled) {
  const TemporaryFolder folder;
  const auto scaled = [&](const std::string& extra) {
    folder.write("config.json", "{" + kSizes + extra + "}");
    return backbones::read_t5_config(folder.path()).scale_outputs;
  };
  EXPECT_TRUE(scaled(""));
  EXPECT_TRUE(scaled(R"(,"tie_word_embeddings":true)"));
  EXPECT_FALSE(scaled(R"(,"tie_word_embeddings":false)"));
  EXPECT_FALSE(scaled(R"(,"tie_word_embeddings":true,"scale_decoder_outputs":false)"));
  EXPECT_TRUE(scaled(R"(,"tie_word_embeddings":false,"scale_decoder_outputs":true)"));
}

TEST(T5Config, TheStartTokenMayStandInTheGenerationConfig) {
  const TemporaryFolder folder;
  const auto start = [&](const std::string& extra) {
    folder.write("config.json", "{" + kSizes + extra + "}");
    return backbones::read_t5_config(folder.path()).decoder_start_token;
  };
  EXPECT_EQ(start(R"(,"pad_token_id":3)"), 3);
  folder.write("generation_config.json", R"({"decoder_start_token_id":4})");
  EXPECT_EQ(start(R"(,"pad_token_id":3)"), 4);
  EXPECT_EQ(start(R"(,"decoder_start_token_id":5)"), 5);
}

}  // namespace
