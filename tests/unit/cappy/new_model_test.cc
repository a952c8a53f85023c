#include "backbones/new_model.h"

#include <gtest/gtest.h>

#include <cmath>

#include "backbones/random_normal.h"
#include "harness/core/errors.h"
#include "harness/core/hash.h"
#include "tests/unit/cappy/model_folder.h"

namespace {

TEST(NormalQuantile, EqualsScipy) {
  // scipy.stats.norm.ppf of scipy 1.17.1
  const std::pair<double, double> cases[] = {
      {1e-15, -7.941345326170998}, {1e-10, -6.361340902404056}, {0.001, -3.090232306167813},
      {0.07, -1.4757910281791706}, {0.3, -0.5244005127080409},  {0.5, 0.0},
      {0.6, 0.2533471031357997},   {0.975, 1.959963984540054},  {0.999999, 4.753424308817087}};
  for (const auto& [p, x] : cases)
    EXPECT_NEAR(backbones::normal_quantile(p), x, 1e-14 * std::max(1.0, std::abs(x))) << p;
  EXPECT_THROW(backbones::normal_quantile(0), std::invalid_argument);
  EXPECT_THROW(backbones::normal_quantile(1), std::invalid_argument);
  EXPECT_THROW(backbones::normal_quantile(std::nan("")), std::invalid_argument);
}

TEST(FillNormal, EqualsPhiloxAndTheQuantileOfPython) {
  // 20 lines of Python: Philox4x32-10 checked by the published vector of zeros, p = (52 bits + 1/2) / 2^52,
  // statistics.NormalDist().inv_cdf(p)
  const double expected[] = {0.47720098832805663,  -0.7128641079842294, 1.4222735678285665,
                             -0.10919341006158509, 1.0056231798253925,  -0.46896506133216237};
  std::vector<double> values(5);  // an odd count leaves the pair's second number
  backbones::fill_normal(values, 0x0123456789abcdef, 0xfedcba9876543210);
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_NEAR(values[i], expected[i], 1e-14) << i;
}

TEST(FillNormal, HasTheMomentsOfANormal) {
  std::vector<double> values(200'000);
  backbones::fill_normal(values, 3, 4);
  double sum = 0, squares = 0, fourth = 0;
  for (const double x : values) sum += x, squares += x * x, fourth += x * x * x * x;
  const double n = static_cast<double>(values.size());
  EXPECT_NEAR(sum / n, 0, 0.01);
  EXPECT_NEAR(squares / n, 1, 0.02);
  EXPECT_NEAR(fourth / n, 3, 0.1);
}

const std::filesystem::path kMiniature = source_root() / "configs/miniature";

TEST(NewModel, SameSeedSameBytesAnotherSeedOthers) {
  const TemporaryFolder folder;
  for (const char* config : {"backbone.yaml", "scorer.yaml"}) {
    std::vector<std::string> weights;
    for (const std::uint64_t seed : {7u, 7u, 8u}) {
      const auto out = folder.path() / (std::string(config) + std::to_string(weights.size()));
      backbones::make_new_model(kMiniature / config, seed, out);
      weights.push_back(core::sha256_file((out / "model.safetensors").string()));
      EXPECT_TRUE(backbones::has_random_weights(out));
    }
    EXPECT_EQ(weights[0], weights[1]);
    EXPECT_NE(weights[0], weights[2]);
  }
}

TEST(NewModel, OnlyAMarkedFolderHasRandomWeights) {
  const TemporaryFolder folder;
  core::write_file(folder.path() / "config.json", "{\"model_type\": \"t5\"}");
  EXPECT_FALSE(backbones::has_random_weights(folder.path()));
  core::write_file(folder.path() / "config.json", "{");
  EXPECT_THROW(backbones::has_random_weights(folder.path()), core::FileError);
  EXPECT_THROW(backbones::has_random_weights(folder.path() / "nowhere"), core::FileError);
}

TEST(NewModel, OverwritesNothing) {
  const TemporaryFolder folder;
  const auto model = make_scorer(folder.path(), kSmallSizes);
  const std::string before = core::sha256_file((model / "config.json").string());
  EXPECT_THROW(backbones::make_new_model(folder.path() / "scorer.yaml", 2, model), core::FileError);
  EXPECT_EQ(core::sha256_file((model / "config.json").string()), before);
}

TEST(NewModel, NamesFileLineAndKeyOfAMistake) {
  const std::string t5 = "tokenizer: " + (kMiniature / "t5_tokenizer").string() + "\n";
  const std::pair<std::string, std::string> cases[] = {
      {"architecture: t5\n" + t5 + "d_modle: 4\n", "new.yaml:3: d_modle"},
      {"architecture: t5\n" + t5 + "d_modle: 4\n", "d_model"},
      {"architecture: gpt2\n" + t5, "new.yaml:1: architecture"},
      {t5, "architecture: is missing"},
      {"architecture: t5\n", "tokenizer: is missing"},
      {"architecture: t5\ntokenizer: nowhere\n", "new.yaml:2: tokenizer: no folder"},
      {"architecture: t5\n" + t5 + "d_model: 0\n", "new.yaml:3: d_model: expected a whole number from 1"},
      {"architecture: t5\n" + t5 + "vocab_size: 10\n", "new.yaml:3: vocab_size: 10 is below the tokenizer's"},
      {"architecture: t5\n" + t5 + "scale: {logit: 3}\n", "scale.logit"},
      {"architecture: t5\n" + t5 + "scale: {logits: -3}\n", "expected a finite number above 0"},
      {"architecture: t5\n" + t5 + "relative_attention_num_buckets: 3\n", "buckets"},
      {"architecture: roberta\n" + t5 + "hidden_size: 10\nnum_attention_heads: 3\n", "not a multiple"},
      {"- a\n", "expected a map"},
  };
  for (const auto& [text, message] : cases) {
    const TemporaryFolder folder;
    core::write_file(folder.path() / "new.yaml", text);
    try {
      backbones::make_new_model(folder.path() / "new.yaml", 1, folder.path() / "out");
      ADD_FAILURE() << "accepted: " << text;
    } catch (const core::ConfigError& error) {
      EXPECT_NE(std::string(error.what()).find(message), std::string::npos) << text << " gave " << error.what();
    }
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "out")) << text;
  }
}

}  // namespace
