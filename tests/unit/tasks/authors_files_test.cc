#include "tasks/authors_files.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <sstream>
#include <vector>

#include "harness/core/errors.h"

namespace tasks {
namespace {

std::string choice(const std::string& set, const std::string& key, const std::string& response, int label) {
  return fmt::format(
      R"({{"dataset_name":"{}","template_name":"t {}","example_idx":{},"instruction":"read {}","response":"{}","label":{}}})"
      "\n",
      set, key, key, key, response, label);
}

std::vector<core::Instance> read(const std::string& text, AuthorsForm form, const std::string& dataset) {
  std::istringstream in(text);
  AuthorsInstances reader(in, "file.jsonl", form, dataset);
  std::vector<core::Instance> instances;
  while (auto instance = reader.next()) instances.push_back(*std::move(instance));
  EXPECT_FALSE(reader.next()) << "the end stays the end";
  return instances;
}

std::string error_of(const std::string& text, AuthorsForm form, const std::string& dataset) {
  try {
    read(text, form, dataset);
  } catch (const core::FileError& error) {
    return error.what();
  }
  return "no error";
}

TEST(AuthorsFiles, ChoicesOfOneDataSet) {
  const std::string text = choice("rte", "1", "yes", 0) + choice("rte", "1", "no", 1) + choice("cb", "1", "maybe", 1) +
                           choice("cb", "1", "yes", 0) + choice("rte", "2", "no", 1) + choice("rte", "2", "no", 1) +
                           choice("rte", "2", "yes", 0) + choice("rte", "3", "é", 0) + choice("rte", "3", "yes", 0);
  const auto instances = read(text, AuthorsForm::kPromptsourceTest, "rte");
  ASSERT_EQ(instances.size(), 3u);
  EXPECT_EQ(instances[0].id, "1/t 1");
  EXPECT_EQ(instances[0].template_name, "t 1");
  EXPECT_EQ(instances[0].instruction, "read 1");
  EXPECT_EQ(instances[0].choices, (std::vector<std::string>{"yes", "no"}));
  EXPECT_EQ(instances[0].label, 1);
  EXPECT_EQ(instances[1].choices, (std::vector<std::string>{"no", "no", "yes"}));
  EXPECT_EQ(instances[1].label, 0) << "the first of equal right choices";
  EXPECT_EQ(instances[2].label, std::nullopt) << "unlabelled";
  EXPECT_EQ(read(text, AuthorsForm::kPromptsourceTest, "cb").size(), 1u);
}

TEST(AuthorsFiles, LineOfTheInstance) {
  std::istringstream in(choice("cb", "1", "a", 0) + choice("rte", "1", "a", 0) + choice("rte", "1", "b", 0) +
                        choice("rte", "2", "a", 0) + choice("rte", "2", "b", 0));
  AuthorsInstances reader(in, "f", AuthorsForm::kPromptsourceTest, "rte");
  reader.next();
  EXPECT_EQ(reader.line(), 2);
  reader.next();
  EXPECT_EQ(reader.line(), 4);
}

TEST(AuthorsFiles, ReferencesOfOneTask) {
  const auto instances =
      read(R"({"dataset":"a","example_idx":7,"instruction":"i","references":["x","y"],"flan_samples":{"beam4":[]}})"
           "\n"
           R"({"dataset":"b","example_idx":7,"instruction":"j","references":["z"]})"
           "\n"
           R"({"dataset":"a","example_idx":8,"instruction":"k","references":[""]})",
           AuthorsForm::kBigbench, "a");
  ASSERT_EQ(instances.size(), 2u);
  EXPECT_EQ(instances[0].id, "7");
  EXPECT_EQ(instances[0].template_name, "");
  EXPECT_EQ(instances[0].references, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(instances[0].choices.size(), 0u);
  EXPECT_EQ(instances[1].instruction, "k");
}

TEST(AuthorsFiles, ErrorsNameTheLine) {
  const std::string good = choice("rte", "1", "yes", 0) + choice("rte", "1", "no", 1);
  const auto line = [](const char* example, const char* rest) {
    return fmt::format(R"({{"dataset_name":"rte","example_idx":{},{}}})"
                       "\n",
                       example, rest);
  };
  struct Case {
    std::string text, message;
  };
  const Case cases[] = {
      {good + choice("rte", "2", "a", 0) + choice("rte", "2", "b", 0) + choice("rte", "1", "maybe", 0),
       "line 5: '1/t 1'"},
      {good + choice("cb", "1", "a", 0) + choice("rte", "1", "maybe", 0), "line 4: '1/t 1'"},
      {good + choice("rte", "1", "maybe", 1), "line 3: a second right choice"},
      {good + choice("rte", "2", "a", 1) + choice("rte", "3", "a", 0), "line 3: '2/t 2' of 'rte' has fewer than two"},
      {good + choice("rte", "2", "a", 1), "line 3: '2/t 2' of 'rte' has fewer than two"},
      {good + choice("rte", "1", "maybe", 2), "line 3: field 'label': expected 0 or 1, found 2"},
      {good + line("1", R"("template_name":"t 1","instruction":"other","response":"r","label":0)"),
       "line 3: field 'instruction': another than in line 1"},
      {good + line("1.0", R"("template_name":"t 1")"), "line 3: field 'example_idx': expected an integer"},
      {good + line("1", R"("template_name":null)"), "line 3: field 'template_name': expected a string"},
      {good + line("2", R"("template_name":"t")"), "line 3: field 'instruction' is missing"},
      {good + line("2", R"("template_name":"t","instruction":"i")"), "line 3: field 'response' is missing"},
      {good + line("2", R"("template_name":"t","instruction":"i","response":"r")"), "line 3: field 'label' is missing"},
      {good + line("2", R"("template_name":"t","instruction":"i","response":"r","label":true)"),
       "line 3: field 'label': expected an integer, found true"},
      {good + "{\"response\":1}\n", "line 3: field 'dataset_name' is missing"},
      {good + "{\"dataset_name\":\"rte\"\n", "line 3"},
      {choice("rtx", "1", "a", 0), "no line has the dataset_name 'rte' (did you mean 'rtx'?); it has rtx"},
      {"", "no line has the dataset_name 'rte'; the file is empty"},
  };
  for (const Case& wrong : cases) {
    const std::string message = error_of(wrong.text, AuthorsForm::kPromptsourceTest, "rte");
    EXPECT_NE(message.find("file.jsonl: "), std::string::npos) << message;
    EXPECT_NE(message.find(wrong.message), std::string::npos) << message << "\n wanted: " << wrong.message;
  }
}

TEST(AuthorsFiles, ErrorsOfReferences) {
  const std::string good = R"({"dataset":"a","example_idx":7,"instruction":"i","references":["x"]})"
                           "\n";
  const std::pair<std::string, std::string> cases[] = {
      {good + good, "line 2: '7' of 'a' came before"},
      {good + R"({"dataset":"a","example_idx":8,"instruction":"i","references":[]})",
       "line 2: field 'references': the"},
      {good + R"({"dataset":"a","example_idx":8,"instruction":"i","references":"x"})", "line 2: field 'references'"},
      {good + R"({"dataset":"a","example_idx":"8","instruction":"i","references":["x"]})",
       "line 2: field 'example_idx'"},
      {good + R"({"dataset":"a","example_idx":8,"references":["x"]})", "line 2: field 'instruction' is missing"},
      {good + R"({"dataset":1})", "line 2: field 'dataset': expected a string"},
  };
  for (const auto& [text, wanted] : cases) {
    const std::string message = error_of(text, AuthorsForm::kBigbench, "a");
    EXPECT_NE(message.find(wanted), std::string::npos) << message << "\n wanted: " << wanted;
  }
}

TEST(AuthorsFiles, NamesOfTheForms) {
  EXPECT_EQ(kind_of(read_authors_form("promptsource_test")), core::TaskKind::kClassification);
  EXPECT_EQ(kind_of(read_authors_form("bigbench")), core::TaskKind::kGeneration);
  try {
    read_authors_form("bigbnech");
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean 'bigbench'?"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace tasks
