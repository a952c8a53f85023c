// Formats, protocols and decodings that people write: what is read, how it is named, and what is refused where.
#include "backbones/options.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "harness/core/errors.h"
#include "harness/core/yaml.h"

namespace backbones {
namespace {

std::vector<Decoding> read(const std::string& yaml) { return decodings_from(core::Yaml::from_text(yaml, "d.yaml")); }

std::string error_of(const std::string& yaml) {
  try {
    read(yaml);
  } catch (const core::ConfigError& error) {
    return error.what();
  }
  return "no error";
}

std::vector<std::string> names(const std::vector<Decoding>& decodings) {
  std::vector<std::string> result;
  for (const Decoding& decoding : decodings) result.push_back(decoding.name);
  return result;
}

TEST(Options, NumberFormatsAndProtocolsReadBack) {
  for (const char* name : {"float32", "float16", "bfloat16", "int8"}) {
    EXPECT_EQ(to_string(number_format_from(name)), name);
  }
  for (const char* name : {"transformers", "cappy-2023", "t0", "lm-eval"}) {
    EXPECT_EQ(to_string(protocol_from(name)), name);
  }
  EXPECT_EQ(protocol_from("cappy-2023"), Protocol::kCappy2023);
  EXPECT_EQ(number_format_from("bfloat16"), NumberFormat::kBfloat16);
  EXPECT_THROW(number_format_from("float64"), core::UsageError);
  try {
    protocol_from("cappy-2032");
    FAIL();
  } catch (const core::UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean 'cappy-2023'?"), std::string::npos) << error.what();
  }
}

TEST(Options, PaperIsTheSeventeenCandidates) {
  const std::vector<Decoding> paper = decodings_from("paper");
  EXPECT_EQ(names(paper), (std::vector<std::string>{"beam4", "sampling", "temp0.9", "topk40", "topp0.95"}));
  EXPECT_EQ(paper[0].num_beams, 4);
  EXPECT_EQ(paper[0].num_return_sequences, 1);
  for (std::size_t i = 1; i < paper.size(); ++i) {
    EXPECT_TRUE(paper[i].do_sample);
    EXPECT_EQ(paper[i].num_return_sequences, 4);
    EXPECT_EQ(paper[i].temperature, i == 2 ? 0.9 : 1.0);
    EXPECT_EQ(paper[i].top_k, i == 3 ? 40 : 50);  // the reference warps by top-k 50 wherever nothing else is said
    EXPECT_EQ(paper[i].top_p, i == 4 ? 0.95 : 1.0);
  }
}

TEST(Options, WordsOfTheCommandLine) {
  EXPECT_EQ(names(decodings_from("greedy")), std::vector<std::string>{"greedy"});
  EXPECT_EQ(decodings_from("beam:7")[0].num_beams, 7);
  EXPECT_EQ(names(decodings_from("beam:7")), std::vector<std::string>{"beam7"});
  EXPECT_EQ(decodings_from("sample:3")[0].num_return_sequences, 3);
  EXPECT_EQ(names(decodings_from("sample:3")), std::vector<std::string>{"sampling"});
  for (const char* bad : {"beam:0", "beam:1", "beam:", "beam:4x", "beam:99999999999", "sample:0", "sample:-1", "gredy",
                          "", "no/such/file.yaml"}) {
    EXPECT_THROW(decodings_from(std::string(bad)), core::UsageError) << bad;
  }
}

TEST(Options, FileWithTransformersNamesAndDefaults) {
  const auto path = std::filesystem::temp_directory_path() / "cappy_options_test.yaml";
  std::ofstream(path) << "- {name: mine, do_sample: true, top_k: 40, num_return_sequences: 4}\n- {do_sample: true}\n";
  const std::vector<Decoding> decodings = decodings_from(path.string());
  std::filesystem::remove(path);
  ASSERT_EQ(decodings.size(), 2u);
  EXPECT_EQ(decodings[0].name, "mine");
  EXPECT_EQ(decodings[0].top_k, 40);
  EXPECT_EQ(decodings[0].num_return_sequences, 4);
  EXPECT_EQ(decodings[1].name, "sampling");
  EXPECT_EQ(decodings[1].top_k, 50);
}

TEST(Options, DefaultNamesSayWhatDiffers) {
  EXPECT_EQ(names(read("- {}\n- {num_beams: 4}\n- {do_sample: true}\n- {do_sample: true, temperature: 0.9}\n"
                       "- {do_sample: true, top_k: 40}\n- {do_sample: true, top_p: 0.95}\n"
                       "- {do_sample: true, top_k: 0, top_p: 0.9, temperature: 1.5}\n"
                       "- {num_beams: 4, length_penalty: 0.6}\n- {num_beams: 2, early_stopping: never}\n"
                       "- {num_beams: 2, early_stopping: true}\n")),
            (std::vector<std::string>{"greedy", "beam4", "sampling", "temp0.9", "topk40", "topp0.95",
                                      "temp1.5-topk0-topp0.9", "beam4-penalty0.6", "beam2-never", "beam2-early"}));
}

TEST(Options, MistakesAreNamedWithFileLineAndKey) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"- {do_sample: true, topk: 4}", "did you mean 'top_k'?"},
      {"- {do_sample: true, top_k: -1}", "top_k"},
      {"- {do_sample: true, top_k: 1.5}", "top_k"},
      {"- {do_sample: true, top_p: 0}", "top_p"},
      {"- {do_sample: true, top_p: 1.01}", "at most 1"},
      {"- {do_sample: true, temperature: 0}", "above 0"},
      {"- {do_sample: true, temperature: .inf}", "temperature"},
      {"- {do_sample: true, temperature: .nan}", "temperature"},
      {"- {do_sample: 1}", "do_sample"},
      {"- {do_sample: true, num_beams: 2}", "not supported"},
      {"- {do_sample: true, num_return_sequences: 0}", "num_return_sequences"},
      {"- {num_return_sequences: 2}", "at most num_beams (1)"},
      {"- {num_beams: 2, num_return_sequences: 3}", "at most num_beams (2)"},
      {"- {temperature: 0.5}", "no effect without do_sample: true"},
      {"- {num_beams: 2, top_k: 5}", "no effect without do_sample: true"},
      {"- {length_penalty: 2}", "no effect without num_beams above 1"},
      {"- {num_beams: 2, early_stopping: sometimes}", "expected true, false or never"},
      {"- {num_beams: 2, length_penalty: .inf}", "length_penalty"},
      {"- {num_beams: 0}", "num_beams"},
      {"- {name: '', num_beams: 2}", "must not be empty"},
      {"- beam", "expected a decoding"},
      {"[]", "at least one"},
      {"greedy: 1", "expected a list"},
  };
  for (const auto& [yaml, expected] : cases) {
    const std::string error = error_of(yaml);
    EXPECT_NE(error.find(expected), std::string::npos) << yaml << " gave: " << error;
    EXPECT_EQ(error.rfind("d.yaml:1: ", 0), 0u) << yaml << " gave: " << error;
  }
  for (const char* name : {"oracle", "random", "cappy", "self-score-sum", "self-score-mean", "each-decoding",
                           "self-score-bytes", "self-score-unconditional"}) {
    const std::string error = error_of(std::string("- {num_beams: 2}\n- {name: ") + name + "}\n");
    EXPECT_NE(error.find("d.yaml:2: "), std::string::npos) << error;
    EXPECT_NE(error.find("[1].name: '" + std::string(name) + "' is the name of a method"), std::string::npos) << error;
  }
  const std::string taken = error_of("- {do_sample: true}\n- {do_sample: true, num_return_sequences: 2}\n");
  EXPECT_EQ(taken.rfind("d.yaml:2: ", 0), 0u) << taken;
  EXPECT_NE(taken.find("'sampling' is taken by the decoding of line 1"), std::string::npos) << taken;
}

TEST(Options, DefaultsMayBeWrittenOut) {
  EXPECT_EQ(names(read("- {do_sample: false, temperature: 1.0, top_k: 50, top_p: 1.0, length_penalty: 1.0, "
                       "early_stopping: false, num_beams: 1}")),
            std::vector<std::string>{"greedy"});
}

TEST(Options, ParametersLeaveOutNameAndCount) {
  Decoding decoding = decodings_from("sample:4")[0];
  EXPECT_EQ(parameters_json(decoding),
            R"({"do_sample":true,"num_beams":1,"temperature":1.0,"top_k":50,"top_p":1.0,"length_penalty":1.0,)"
            R"("early_stopping":false})");
  const std::string before = parameters_json(decoding);
  decoding.name = "other";
  decoding.num_return_sequences = 9;
  EXPECT_EQ(parameters_json(decoding), before);
  decoding.top_k = 40;
  EXPECT_NE(parameters_json(decoding), before);
}

}  // namespace
}  // namespace backbones
