// The network as a whole: one row's bits alone and in company, a step at a time and under teacher forcing. (Its numbers
// are compared with the reference implementation in tests/golden/t5.py.)
#include "backbones/t5.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>

#include "backbones/t5_session.h"
#include "tests/unit/backbones/temporary_folder.h"

namespace {

using Ids = std::vector<std::int32_t>;

struct Shape {
  std::int64_t d_model, d_kv, heads, d_ff, vocab;
  bool gated;
};

/// Writes a random model and opens it.
std::unique_ptr<backbones::T5> random_t5(const TemporaryFolder& folder, const Shape& shape) {
  folder.write("config.json",
               fmt::format(R"({{"model_type":"t5","vocab_size":{},"d_model":{},"d_kv":{},"d_ff":{},"num_layers":2,)"
                           R"("num_decoder_layers":1,"num_heads":{},"feed_forward_proj":"{}"}})",
                           shape.vocab, shape.d_model, shape.d_kv, shape.d_ff, shape.heads,
                           shape.gated ? "gated-gelu" : "relu"));
  at::manual_seed(9);
  std::map<std::string, at::Tensor> tensors;
  for (const auto& [name, size] : backbones::t5_tensors(backbones::read_t5_config(folder.path())))
    tensors[name] =
        size.size() == 1 ? at::rand(size) + 0.5 : at::randn(size) / std::sqrt(static_cast<double>(size.back()));
  checkpoint::write_safetensors(folder.path() / "model.safetensors", tensors);
  backbones::ModelOptions options;
  options.folder = folder.path();
  return std::make_unique<backbones::T5>(options);
}

std::vector<Ids> random_sources(std::initializer_list<std::int64_t> lengths, std::int64_t vocab) {
  std::vector<Ids> sources;
  for (const std::int64_t length : lengths) {
    const at::Tensor ids = at::randint(2, vocab, {length}, at::kInt);
    sources.emplace_back(ids.const_data_ptr<std::int32_t>(), ids.const_data_ptr<std::int32_t>() + length);
  }
  return sources;
}

/// Logits of the steps of one row over one source, fed these tokens: [T, V].
at::Tensor alone(const backbones::T5& network, const Ids& source, const Ids& tokens) {
  const auto session = network.encode({&source, 1});
  const std::vector<std::int64_t> one{1};
  session->start(one);
  std::vector<at::Tensor> logits;
  for (const std::int32_t token : tokens) logits.push_back(session->step({&token, 1}));
  return at::cat(logits);
}

class T5Bits : public testing::TestWithParam<Shape> {};

TEST_P(T5Bits, ARowsLogitsDoNotDependOnCompany) {
  const TemporaryFolder folder;
  const auto network = random_t5(folder, GetParam());
  const std::vector<Ids> sources = random_sources({9, 30, 9, 1, 77}, GetParam().vocab);
  const std::vector<std::int64_t> rows{3, 25, 1, 2, 17};
  constexpr std::int64_t kSteps = 6, kRows = 48;
  const at::Tensor tokens = at::randint(0, GetParam().vocab, {kSteps, kRows}, at::kInt);
  for (const int threads : {1, 2}) {
    at::set_num_threads(threads);
    const auto session = network->encode(sources);
    session->start(rows);
    std::vector<at::Tensor> steps;
    for (std::int64_t t = 0; t < kSteps; ++t)
      steps.push_back(session->step({tokens[t].const_data_ptr<std::int32_t>(), static_cast<std::size_t>(kRows)}));
    at::set_num_threads(1);
    std::int64_t row = 0;
    for (std::size_t source = 0; source < sources.size(); ++source) {
      const at::Tensor own = tokens.select(1, row).contiguous();
      const at::Tensor logits =
          alone(*network, sources[source],
                Ids(own.const_data_ptr<std::int32_t>(), own.const_data_ptr<std::int32_t>() + kSteps));
      for (std::int64_t t = 0; t < kSteps; ++t)
        ASSERT_TRUE(at::equal(logits[t], steps[t][row]))
            << "source " << source << " step " << t << " threads " << threads;
      row += rows[source];
    }
  }
}

TEST_P(T5Bits, SelectedRowsGoOnAsIfTheyHadBeenAlone) {
  const TemporaryFolder folder;
  const auto network = random_t5(folder, GetParam());
  const std::vector<Ids> sources = random_sources({5, 12, 7}, GetParam().vocab);
  const auto session = network->encode(sources);
  const std::vector<std::int64_t> counts{2, 2, 1};
  session->start(counts);
  session->step(Ids{2, 3, 4, 5, 6});
  session->step(Ids{7, 8, 9, 10, 11});
  const std::vector<std::int64_t> rows{1, 1, 0, 4};  // source 0 splits and swaps, source 1 ends
  session->select(rows);
  const at::Tensor logits = session->step(Ids{12, 13, 14, 15});
  EXPECT_TRUE(at::equal(logits[0], alone(*network, sources[0], {3, 8, 12})[2]));
  EXPECT_TRUE(at::equal(logits[1], alone(*network, sources[0], {3, 8, 13})[2]));
  EXPECT_TRUE(at::equal(logits[2], alone(*network, sources[0], {2, 7, 14})[2]));
  EXPECT_TRUE(at::equal(logits[3], alone(*network, sources[2], {6, 11, 15})[2]));
  const std::vector<std::int64_t> backwards{3, 0};
  EXPECT_ANY_THROW(session->select(backwards));
  EXPECT_ANY_THROW(session->step(Ids{1}));
}

TEST_P(T5Bits, RowsAddedInFlightGoAsIfTheyHadBeenAlone) {
  const TemporaryFolder folder;
  const auto network = random_t5(folder, GetParam());
  const std::vector<Ids> sources = random_sources({5, 12, 7, 31}, GetParam().vocab);
  const auto session = network->encode(std::span(sources).first(2));
  session->start(std::vector<std::int64_t>{1, 1});
  session->step(Ids{2, 3});
  session->select(std::vector<std::int64_t>{0, 0, 1});
  session->add(std::span(sources).subspan(2));
  session->step(Ids{5, 6, 7, 8, 9});
  session->select(std::vector<std::int64_t>{1, 3, 3, 4});  // the second ends, an added one splits
  const at::Tensor logits = session->step(Ids{12, 13, 14, 15});
  EXPECT_TRUE(at::equal(logits[0], alone(*network, sources[0], {2, 6, 12})[2]));
  EXPECT_TRUE(at::equal(logits[1], alone(*network, sources[2], {8, 13})[1]));
  EXPECT_TRUE(at::equal(logits[2], alone(*network, sources[2], {8, 14})[1]));
  EXPECT_TRUE(at::equal(logits[3], alone(*network, sources[3], {9, 15})[1]));
}

TEST_P(T5Bits, TeacherForcingGivesTheSumOfTheSteps) {
  const TemporaryFolder folder;
  const auto network = random_t5(folder, GetParam());
  const std::vector<Ids> sources = random_sources({6, 40}, GetParam().vocab);
  const std::vector<std::vector<Ids>> responses{{{5, 6, 1}, {1}}, {{9, 8, 7, 6, 5, 1}, {}, {3, 1}}};
  const auto sums = backbones::teacher_forced(*network, network->encode_sources(sources), responses);
  ASSERT_EQ(sums.size(), 2u);
  for (std::size_t source = 0; source < sources.size(); ++source)
    for (std::size_t k = 0; k < responses[source].size(); ++k) {
      const Ids& response = responses[source][k];
      double wanted = 0;
      if (!response.empty()) {
        Ids fed{0};
        fed.insert(fed.end(), response.begin(), response.end() - 1);
        const at::Tensor logs = at::log_softmax(alone(*network, sources[source], fed).to(at::kDouble), -1);
        for (std::size_t t = 0; t < response.size(); ++t)
          wanted += logs[static_cast<std::int64_t>(t)][response[t]].item<double>();
      }
      EXPECT_NEAR(sums[source][k], wanted, 1e-5);
      const std::vector<std::vector<Ids>> single{{response}};
      if (!response.empty()) {
        EXPECT_EQ(backbones::teacher_forced(*network, network->encode_sources({&sources[source], 1}), single)[0][0],
                  sums[source][k]);
      }
    }
}

INSTANTIATE_TEST_SUITE_P(Shapes, T5Bits,
                         testing::Values(Shape{512, 64, 6, 1024, 1000, true}, Shape{768, 64, 12, 2048, 600, false},
                                         Shape{20, 5, 3, 37, 99, true}));

TEST(T5, RefusesIdsOutsideTheVocabularyAndEmptySources) {
  const TemporaryFolder folder;
  const auto network = random_t5(folder, {16, 16, 1, 16, 50, false});
  const std::vector<Ids> outside{{3, 50}}, empty{{}};
  EXPECT_NE(error_of([&] { network->encode(outside); }).find("50"), std::string::npos);
  EXPECT_NE(error_of([&] { network->encode(empty); }), "");
}

TEST(T5, FilesWithRepeatedEmbeddingsAndOldBiasesAreAccepted) {
  const TemporaryFolder folder;
  random_t5(folder, {16, 16, 1, 16, 50, false});
  const checkpoint::SafetensorsFile file(folder.path() / "model.safetensors");
  std::map<std::string, at::Tensor> tensors;
  for (const auto& [name, entry] : file.entries()) tensors[name] = file.read(name);
  const auto error_with = [&](const std::map<std::string, at::Tensor>& changed) {
    checkpoint::write_safetensors(folder.path() / "model.safetensors", changed);
    backbones::ModelOptions options;
    options.folder = folder.path();
    return error_of([&] { backbones::T5 network(options); });
  };
  auto with = tensors;
  with["encoder.embed_tokens.weight"] = tensors["shared.weight"];
  with["decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight"] = at::zeros({32, 1});
  EXPECT_EQ(error_with(with), "");
  with["encoder.embed_tokens.weight"] = tensors["shared.weight"] + 1;
  EXPECT_NE(error_with(with).find("differs from 'shared.weight'"), std::string::npos);
  with = tensors;
  with["decoder.embed_tokens.weight"] = tensors["shared.weight"];
  with.erase("shared.weight");
  EXPECT_EQ(error_with(with), "");
  with.erase("decoder.embed_tokens.weight");
  EXPECT_NE(error_with(with).find("shared.weight [50, 16]"), std::string::npos);
}

}  // namespace
