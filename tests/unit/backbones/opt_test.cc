// OPT as a whole: one row's bits alone and in company, a step at a time and under teacher forcing, and what its files
// must say. (Its numbers are compared with the reference implementation in tests/golden/opt.py.)
#include "backbones/opt.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>

#include "backbones/opt_session.h"
#include "tests/unit/backbones/temporary_folder.h"

namespace {

using decoding::Ids;

struct Shape {
  std::int64_t hidden, heads, ffn, embedding, vocab;
  bool norm_before;
};

std::string config_text(const Shape& shape, const std::string& more = "") {
  return fmt::format(
      R"({{"model_type":"opt","vocab_size":{},"hidden_size":{},"num_attention_heads":{},"ffn_dim":{},)"
      R"("word_embed_proj_dim":{},"num_hidden_layers":2,"max_position_embeddings":100,"do_layer_norm_before":{}{}}})",
      shape.vocab, shape.hidden, shape.heads, shape.ffn, shape.embedding, shape.norm_before, more);
}

std::map<std::string, at::Tensor> random_tensors(const TemporaryFolder& folder, const std::string& prefix) {
  at::manual_seed(9);
  std::map<std::string, at::Tensor> tensors;
  for (const auto& [name, size] : backbones::opt_tensors(backbones::read_opt_config(folder.path()), prefix))
    tensors[name] =
        size.size() == 1 ? at::rand(size) + 0.5 : at::randn(size) / std::sqrt(static_cast<double>(size.back()));
  return tensors;
}

/// Writes a random model and opens it.
std::unique_ptr<backbones::Opt> random_opt(const TemporaryFolder& folder, const Shape& shape) {
  folder.write("config.json", config_text(shape));
  checkpoint::write_safetensors(folder.path() / "model.safetensors", random_tensors(folder, "model.decoder."));
  backbones::ModelOptions options;
  options.folder = folder.path();
  return std::make_unique<backbones::Opt>(options);
}

std::vector<Ids> random_sources(std::initializer_list<std::int64_t> lengths, std::int64_t vocab) {
  std::vector<Ids> sources;
  for (const std::int64_t length : lengths) {
    const at::Tensor ids = at::randint(2, vocab, {length}, at::kInt);
    sources.emplace_back(ids.const_data_ptr<std::int32_t>(), ids.const_data_ptr<std::int32_t>() + length);
  }
  return sources;
}

/// Logits of the steps of one row behind one source, fed these tokens: [T, V].
at::Tensor alone(const backbones::Opt& network, const Ids& source, const Ids& tokens) {
  const auto session = network.encode({&source, 1});
  const std::vector<std::int64_t> one{1};
  session->start(one);
  std::vector<at::Tensor> logits;
  for (const std::int32_t token : tokens) logits.push_back(session->step({&token, 1}));
  return at::cat(logits);
}

class OptBits : public testing::TestWithParam<Shape> {};

TEST_P(OptBits, ARowsLogitsDoNotDependOnCompany) {
  const TemporaryFolder folder;
  const auto network = random_opt(folder, GetParam());
  const std::vector<Ids> sources = random_sources({9, 30, 9, 1, 67, 30, 0}, GetParam().vocab);
  const std::vector<std::int64_t> rows{3, 25, 1, 2, 17, 2, 1};
  constexpr std::int64_t kSteps = 5, kRows = 51;
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

TEST_P(OptBits, SelectedRowsGoOnAsIfTheyHadBeenAlone) {
  const TemporaryFolder folder;
  const auto network = random_opt(folder, GetParam());
  const std::vector<Ids> sources = random_sources({5, 12, 7}, GetParam().vocab);
  const auto session = network->encode(sources);
  const std::vector<std::int64_t> counts{1, 1, 1};
  session->start(counts);
  session->step(Ids{2, 3, 4});
  session->select(std::vector<std::int64_t>{0, 0, 1, 2});  // the first splits
  session->step(Ids{5, 6, 7, 8});
  session->select(std::vector<std::int64_t>{1, 0, 0, 3});  // and swaps; the second ends
  const at::Tensor logits = session->step(Ids{12, 13, 14, 15});
  EXPECT_TRUE(at::equal(logits[0], alone(*network, sources[0], {2, 6, 12})[2]));
  EXPECT_TRUE(at::equal(logits[1], alone(*network, sources[0], {2, 5, 13})[2]));
  EXPECT_TRUE(at::equal(logits[2], alone(*network, sources[0], {2, 5, 14})[2]));
  EXPECT_TRUE(at::equal(logits[3], alone(*network, sources[2], {4, 8, 15})[2]));
  EXPECT_ANY_THROW(session->select(std::vector<std::int64_t>{3, 0}));
  EXPECT_ANY_THROW(session->step(Ids{1}));
}

TEST_P(OptBits, RowsAddedInFlightGoAsIfTheyHadBeenAlone) {
  const TemporaryFolder folder;
  const auto network = random_opt(folder, GetParam());
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

TEST_P(OptBits, TeacherForcingGivesTheSumOfTheSteps) {
  const TemporaryFolder folder;
  const auto network = random_opt(folder, GetParam());
  const std::vector<Ids> sources = random_sources({6, 40, 3}, GetParam().vocab);
  const std::vector<std::vector<Ids>> responses{{{5, 6, 2}, {2}, {5, 6, 2}}, {{9, 8, 7, 6, 5, 2}, {}, {3, 2}}, {}};
  const auto sums = network->encode(sources)->log_likelihoods(responses);
  ASSERT_EQ(sums.size(), 3u);
  EXPECT_TRUE(sums[2].empty());
  for (std::size_t source = 0; source < sources.size(); ++source)
    for (std::size_t k = 0; k < responses[source].size(); ++k) {
      const Ids& response = responses[source][k];
      double wanted = 0;
      if (!response.empty()) {
        Ids fed{sources[source].back()};
        fed.insert(fed.end(), response.begin(), response.end() - 1);
        const at::Tensor logs = at::log_softmax(alone(*network, sources[source], fed).to(at::kDouble), -1);
        for (std::size_t t = 0; t < response.size(); ++t)
          wanted += logs[static_cast<std::int64_t>(t)][response[t]].item<double>();
      }
      EXPECT_NEAR(sums[source][k], wanted, 1e-5);
      const std::vector<std::vector<Ids>> single{{response}};
      EXPECT_EQ(network->encode({&sources[source], 1})->log_likelihoods(single)[0][0], sums[source][k]);
    }
}

INSTANTIATE_TEST_SUITE_P(Shapes, OptBits,
                         testing::Values(Shape{512, 8, 1024, 512, 1000, true}, Shape{320, 5, 700, 96, 600, false},
                                         Shape{21, 3, 37, 21, 99, true}));

TEST(Opt, RefusesWhatIsOutsideTheVocabularyAndThePositions) {
  const TemporaryFolder folder;
  const auto network = random_opt(folder, {16, 1, 16, 16, 50, true});
  const std::vector<Ids> outside{{3, 50, 3}}, longest{Ids(101, 3)};
  EXPECT_NE(error_of([&] { network->encode(outside); }).find("token id 50"), std::string::npos);
  EXPECT_EQ(error_of([&] { network->encode(std::vector<Ids>{Ids(100, 3)}); }), "");
  EXPECT_NE(error_of([&] { network->encode(std::vector<Ids>{Ids(102, 3)}); }).find("100 positions"), std::string::npos);
  EXPECT_EQ(network->prompt({}), Ids{2});
}

TEST(Opt, ConfigurationsThatAreNotOpt) {
  const TemporaryFolder folder;
  const Shape shape{16, 2, 16, 16, 50, true};
  const auto error = [&](const std::string& text) {
    folder.write("config.json", text);
    return error_of([&] { backbones::read_opt_config(folder.path()); });
  };
  EXPECT_EQ(error(config_text(shape)), "");
  EXPECT_NE(error(R"({"model_type":"gpt2"})").find("'gpt2': expected opt"), std::string::npos);
  EXPECT_NE(error(config_text(shape, R"(,"activation_function":"silu")")).find("activation_function: 'silu'"),
            std::string::npos);
  EXPECT_NE(error(config_text({17, 2, 16, 16, 50, true})).find("17 is not a multiple"), std::string::npos);
  EXPECT_NE(error(config_text(shape, R"(,"eos_token_id":50)")).find("eos_token_id"), std::string::npos);
}

TEST(Opt, NamesOfOldFilesARepeatedHeadAndWhatIsMissing) {
  const TemporaryFolder folder;
  const Shape shape{16, 2, 16, 8, 50, false};
  folder.write("config.json", config_text(shape));
  backbones::ModelOptions options;
  options.folder = folder.path();
  const auto open = [&](const std::map<std::string, at::Tensor>& tensors) {
    checkpoint::write_safetensors(folder.path() / "model.safetensors", tensors);
    return error_of([&] { backbones::Opt network(options); });
  };
  std::map<std::string, at::Tensor> tensors = random_tensors(folder, "decoder.");
  EXPECT_EQ(open(tensors), "");
  tensors["lm_head.weight"] = tensors["decoder.embed_tokens.weight"];
  tensors["decoder.version"] = at::tensor({3.0F});
  EXPECT_EQ(open(tensors), "");
  tensors["decoder.final_layer_norm.weight"] = at::ones({16});  // norms behind blocks: there is no last one
  EXPECT_NE(open(tensors).find("1 unused"), std::string::npos);
  tensors.erase("decoder.final_layer_norm.weight");
  tensors.erase("decoder.project_in.weight");
  EXPECT_NE(open(tensors).find("decoder.project_in.weight [16, 8]"), std::string::npos);
}

}  // namespace
