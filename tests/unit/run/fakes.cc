#include "tests/unit/run/fakes.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <stdexcept>

#include "harness/core/files.h"
#include "harness/core/hash.h"
#include "harness/core/text.h"

namespace run::testing {
namespace {

using backbones::InstructionResponse;

double fraction(const std::string& text) { return static_cast<double>(core::hash64(text) >> 11) * 0x1.0p-53; }

void count(Calls& calls, int& counter) {
  ++counter;
  if (calls.die_after > 0 && calls.total() == calls.die_after) throw std::runtime_error("the power went out");
}

class FakeBackbone : public backbones::Backbone {
 public:
  explicit FakeBackbone(Calls& calls) : calls_(calls) {}

  std::vector<backbones::Generation> generate(std::span<const std::string> instructions,
                                              const backbones::GenerationOptions& options) override {
    count(calls_, calls_.generated);
    std::vector<backbones::Generation> all;
    for (const std::string& instruction : instructions) all.push_back(answer(instruction, options));
    return all;
  }
  std::vector<backbones::LogLikelihood> log_likelihood(std::span<const InstructionResponse> pairs,
                                                       const backbones::LikelihoodOptions&) override {
    count(calls_, calls_.likelihoods);
    std::vector<backbones::LogLikelihood> all;
    for (const auto& pair : pairs) {
      all.push_back({fake_log_likelihood(pair.instruction, pair.response), count_tokens(pair.response), 0, 0});
    }
    return all;
  }
  std::int64_t count_tokens(std::string_view text) const override {
    return static_cast<std::int64_t>(core::split(text, " ").size()) + 1;
  }

 private:
  backbones::Generation answer(const std::string& instruction, const backbones::GenerationOptions& options) const {
    backbones::Generation generation;
    generation.source_tokens = count_tokens(instruction);
    generation.source_tokens_cut = std::max<std::int64_t>(generation.source_tokens - options.max_source_length, 0);
    std::vector<std::string> words;
    for (const auto word : core::split(instruction, " ")) words.emplace_back(word);
    for (const auto& decoding : options.decodings) {
      for (int draw = 0; draw < decoding.num_return_sequences; ++draw) {
        std::rotate(words.begin(), words.begin() + 1, words.end());
        const std::string response = core::join(words, " ");
        generation.candidates.push_back({response, decoding.name, draw, {1, 2}, -1.5, 2, core::End::kEos});
      }
    }
    return generation;
  }
  Calls& calls_;
};

class FakeScorer : public cappy::Scorer {
 public:
  explicit FakeScorer(Calls& calls) : calls_(calls) {}
  std::vector<cappy::Score> score(std::span<const InstructionResponse> pairs, const cappy::ScoreOptions&) override {
    count(calls_, calls_.scored);
    std::vector<cappy::Score> all;
    for (const auto& pair : pairs) all.push_back({fraction(pair.response + "\t" + pair.instruction), 3, 0});
    return all;
  }

 private:
  Calls& calls_;
};

}  // namespace

double fake_log_likelihood(const std::string& instruction, const std::string& response) {
  return -10 * fraction(instruction + "\t" + response);
}

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "cappy-run-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() { std::filesystem::remove_all(path_); }

void write_text(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

ModelSource fake_models(Calls& calls) {
  ModelSource source;
  source.open_backbone = [&](const backbones::ModelOptions&) {
    ++calls.opened;
    return std::make_unique<FakeBackbone>(calls);
  };
  source.open_scorer = [&](const backbones::ModelOptions&) {
    ++calls.opened;
    return std::make_unique<FakeScorer>(calls);
  };
  source.make_new = [&](const std::filesystem::path& recipe, std::uint64_t seed, const std::filesystem::path& folder) {
    ++calls.made;
    write_text(folder / "config.json", fmt::format("{} {}", core::read_file(recipe), seed));
  };
  source.has_random_weights = [](const std::filesystem::path&) { return true; };
  return source;
}

std::vector<std::pair<std::string, std::string>> all_files(const std::filesystem::path& folder,
                                                           const std::vector<std::string>& without) {
  std::vector<std::pair<std::string, std::string>> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string name = std::filesystem::relative(entry.path(), folder).string();
    const bool left_out = std::find(without.begin(), without.end(), name) != without.end();
    if (entry.is_regular_file() && !left_out) files.emplace_back(name, core::read_file(entry.path()));
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace run::testing
