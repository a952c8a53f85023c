#include "backbones/checkpoint/checkpoint.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <limits>

#include "harness/core/errors.h"
#include "tests/unit/backbones/temporary_folder.h"
#include "tests/unit/checkpoint/corpus.h"

namespace {

using backbones::NumberFormat;
using checkpoint::Checkpoint;

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(Checkpoint, ListsEverythingMissingMisShapedAndUnused) {
  const TemporaryFolder folder;
  checkpoint::write_safetensors(folder.path() / "model.safetensors", {{"a", at::zeros({2, 3})},
                                                                      {"b", at::zeros({4})},
                                                                      {"extra.1", at::zeros({1})},
                                                                      {"extra.2", at::zeros({1})},
                                                                      {"known", at::zeros({1})}});
  const Checkpoint file(folder.path(), {});
  const std::string error = error_of([&] {
    file.require({{"a", {3, 2}}, {"b", {4}}, {"c", {5}}, {"d.e", {6, 7}}}, {"known"});
  });
  for (const char* part : {"2 missing", "c [5]", "d.e [6, 7]", "1 of another shape", "a: expected [3, 2], found [2, 3]",
                           "2 unused", "extra.1 [1]", "extra.2 [1]"})
    EXPECT_TRUE(has(error, part)) << part << "\n" << error;
  EXPECT_FALSE(has(error, "known"));
  EXPECT_TRUE(has(error, folder.path().string()));
  EXPECT_EQ(error_of([&] {
              file.require({{"a", {2, 3}}, {"b", {4}}, {"extra.1", {1}}}, {"known", "extra.2", "absent"});
            }),
            "");
}

TEST(Checkpoint, TakeAndFinishRefuseWhatDoesNotFit) {
  const TemporaryFolder folder;
  checkpoint::write_safetensors(folder.path() / "model.safetensors",
                                {{"a", at::zeros({2, 3})}, {"b", at::zeros({4}, at::kLong)}, {"c", at::zeros({1})}});
  Checkpoint file(folder.path(), {});
  EXPECT_TRUE(has(error_of([&] { file.take("x", {1}); }), "'x' [1] is missing"));
  EXPECT_TRUE(has(error_of([&] { file.take("a", {3, 2}); }), "expected shape [3, 2], found [2, 3]"));
  EXPECT_TRUE(has(error_of([&] { file.take("b", {4}); }), "expected floating point"));
  file.take("a", {2, 3});
  file.tolerate("b");
  EXPECT_TRUE(has(error_of([&] { file.finish(); }), "1 unused:\n    c [1]"));
  file.take("c", {1});
  EXPECT_EQ(error_of([&] { file.finish(); }), "");
}

TEST(Checkpoint, RefusesWeightsThatAreNotFinite) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    const TemporaryFolder folder;
    at::Tensor weight = at::ones({5});
    weight[3] = bad;
    checkpoint::write_safetensors(folder.path() / "model.safetensors", {{"w", weight}, {"big", at::full({2}, 7e4)}});
    EXPECT_TRUE(has(error_of([&] { Checkpoint(folder.path(), {}).take("w", {5}); }), "not finite at element 3"));
    EXPECT_EQ(error_of([&] { Checkpoint(folder.path(), {}).take("big", {2}); }), "");
    EXPECT_TRUE(has(error_of([&] { Checkpoint(folder.path(), NumberFormat::kFloat16).take("big", {2}); }),
                    "after rounding to float16"));
  }
}

TEST(Checkpoint, RoundsWeightsWhenAsked) {
  const TemporaryFolder folder;
  const at::Tensor weight = at::randn({50});
  checkpoint::write_safetensors(folder.path() / "model.safetensors", {{"w", weight}, {"h", weight.to(at::kHalf)}});
  EXPECT_TRUE(at::equal(Checkpoint(folder.path(), {}).take("w", {50}), weight));
  EXPECT_TRUE(at::equal(Checkpoint(folder.path(), {}).take("h", {50}), weight.to(at::kHalf).to(at::kFloat)));
  EXPECT_TRUE(at::equal(Checkpoint(folder.path(), NumberFormat::kFloat16).take("w", {50}),
                        weight.to(at::kHalf).to(at::kFloat)));
  EXPECT_TRUE(at::equal(Checkpoint(folder.path(), NumberFormat::kBfloat16).take("w", {50}),
                        weight.to(at::kBFloat16).to(at::kFloat)));
  EXPECT_THROW(Checkpoint(folder.path(), NumberFormat::kInt8), core::UsageError);
}

TEST(Checkpoint, OpensShardsByTheirIndex) {
  const TemporaryFolder folder;
  checkpoint::write_safetensors(folder.path() / "1.safetensors", {{"a", at::ones({2})}});
  checkpoint::write_safetensors(folder.path() / "2.safetensors", {{"b", at::zeros({3})}});
  const auto with = [&](const std::string& map) {
    folder.write("model.safetensors.index.json", R"({"metadata":{"total_size":20},"weight_map":{)" + map + "}}");
    return error_of([&] {
      Checkpoint file(folder.path(), {});
      file.take("a", {2});
      file.take("b", {3});
      file.finish();
    });
  };
  EXPECT_EQ(with(R"("a":"1.safetensors","b":"2.safetensors")"), "");
  EXPECT_TRUE(has(with(R"("a":"2.safetensors","b":"1.safetensors")"), "'a' is not in 2.safetensors"));
  EXPECT_TRUE(
      has(with(R"("a":"1.safetensors","b":"2.safetensors","c":"2.safetensors")"), "'c' is not in 2.safetensors"));
  EXPECT_TRUE(has(with(R"("a":"1.safetensors","b":"3.safetensors")"), "3.safetensors"));
  EXPECT_TRUE(has(with(R"("a":"../1.safetensors","b":"2.safetensors")"), "not the name of a file beside"));
  EXPECT_TRUE(has(with(R"("a":1)"), "weight_map") || has(with(R"("a":1)"), "expected a string"));
  folder.write("model.safetensors.index.json", "{}");
  EXPECT_TRUE(has(error_of([&] { Checkpoint(folder.path(), {}); }), "weight_map"));
}

TEST(Checkpoint, OpensTheFirstFormOfAFolder) {
  const TemporaryFolder folder;
  const auto first = [&] { return Checkpoint(folder.path(), {}).files().back().filename().string(); };
  folder.write("flax_model.msgpack", corpus("msgpack/chunks.msgpack"));
  EXPECT_EQ(first(), "flax_model.msgpack");
  EXPECT_TRUE(at::equal(Checkpoint(folder.path(), {}).take("large.weight", {3, 2}),
                        at::arange(6).to(at::kFloat).reshape({2, 3}).t()));
  folder.write("pytorch_model.bin", corpus("torch/zip.bin"));
  EXPECT_EQ(first(), "pytorch_model.bin");
  const Checkpoint file(folder.path(), {});
  ASSERT_EQ(file.tensors().size(), 10u);
  EXPECT_EQ(file.tensors().front().name, "a");
  EXPECT_EQ(file.tensors().front().shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(file.tensors().front().type, at::kFloat);
  EXPECT_EQ(file.tensors().front().file, folder.path() / "pytorch_model.bin");
  EXPECT_EQ(file.read("half").scalar_type(), at::kHalf);
  EXPECT_TRUE(has(error_of([&] { file.read("none"); }), "'none' is missing"));
  checkpoint::write_safetensors(folder.path() / "model.safetensors", {{"w", at::ones({1})}});
  EXPECT_EQ(first(), "model.safetensors");
}

TEST(Checkpoint, ShardsOfFlaxAreNamedAsFlaxDoes) {
  const TemporaryFolder folder;
  folder.write("1.msgpack", corpus("msgpack/chunks.msgpack"));
  folder.write("flax_model.msgpack.index.json",
               R"({"weight_map":{"large/kernel":"1.msgpack","small/bias":"1.msgpack"}})");
  Checkpoint file(folder.path(), {});
  EXPECT_EQ(file.files().size(), 2u);
  EXPECT_EQ(file.take("large.weight", {3, 2}).numel(), 6);
}

TEST(Checkpoint, RenamesTheNormsOfOldFiles) {
  const TemporaryFolder folder;
  checkpoint::write_safetensors(folder.path() / "model.safetensors",
                                {{"e.LayerNorm.gamma", at::ones({2})}, {"e.LayerNorm.beta", at::zeros({2})}});
  Checkpoint file(folder.path(), {});
  EXPECT_TRUE(at::equal(file.take("e.LayerNorm.weight", {2}), at::ones({2})));
  EXPECT_TRUE(at::equal(file.take("e.LayerNorm.bias", {2}), at::zeros({2})));
  EXPECT_EQ(error_of([&] { file.finish(); }), "");
  checkpoint::write_safetensors(folder.path() / "model.safetensors",
                                {{"e.LayerNorm.gamma", at::ones({2})}, {"e.LayerNorm.weight", at::zeros({2})}});
  EXPECT_TRUE(has(error_of([&] { Checkpoint(folder.path(), {}); }), "is also in"));
}

TEST(Checkpoint, NamesWhatAFolderLacks) {
  const TemporaryFolder folder;
  EXPECT_TRUE(has(error_of([&] { Checkpoint(folder.path() / "none", {}); }), "no such folder"));
  EXPECT_TRUE(has(error_of([&] { Checkpoint(folder.path(), {}); }), "no weights: neither model.safetensors nor"));
  folder.write("pytorch_model.bin", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n");
  EXPECT_TRUE(has(error_of([&] { Checkpoint(folder.path(), {}); }), "git lfs pull"));
  folder.write("pytorch_model.bin", "x");
  EXPECT_TRUE(has(error_of([&] { Checkpoint(folder.path(), {}); }), "no PyTorch file"));
}

}  // namespace
