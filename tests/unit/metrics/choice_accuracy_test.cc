#include "harness/metrics/choice_accuracy.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace metrics {
namespace {

core::JsonRecord line(const std::string& set, int example, const std::string& response, int label, double score) {
  return core::JsonRecord::parse(fmt::format(
      R"({{"dataset_name":"{}","template_name":"t","example_idx":{},"response":"{}","label":{},"score":{}}})", set,
      example, response, label, score));
}

TEST(ChoiceAccuracy, PublishedRule) {
  ChoiceAccuracy accuracy;
  accuracy.add(line("rte", 0, "yes", 1, 0.2));  // a tie: the first wins, right
  accuracy.add(line("rte", 1, "no", 0, -0.5));  // wins, wrong; lines of questions may mix
  accuracy.add(line("rte", 0, "no", 0, 0.2));
  accuracy.add(line("rte", 1, "yes", 1, -0.6));
  accuracy.add(line("rte", 2, "no", 0, 0.9));  // the same text as the right line's: right
  accuracy.add(line("rte", 2, "no", 1, 0.1));
  accuracy.add(line("cb", 0, "a", 0, 0.9));  // unlabelled
  accuracy.add(line("cb", 0, "b", 0, 0.1));
  accuracy.add(line("cb", 1, "b", 1, 0.1));  // one choice
  accuracy.add(line("wic", 1, "b", 0, 0.1));
  const auto rows = accuracy.rows();
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].row.task, "rte");
  EXPECT_EQ(rows[0].row.metric, "accuracy");
  EXPECT_EQ(rows[0].row.value, 2.0 / 3);
  EXPECT_EQ(rows[0].row.n, 3);
  EXPECT_EQ(rows[1].row.value, 1.0);
  EXPECT_EQ(rows[1].row.n, 1);
  EXPECT_EQ(rows[1].unlabelled, 1);
  EXPECT_EQ(rows[1].single, 1);
  EXPECT_EQ(rows[2].row.value, std::nullopt);
  EXPECT_EQ(rows[2].row.n, 0);
}

TEST(ChoiceAccuracy, KeysAreExampleAndTemplate) {
  ChoiceAccuracy accuracy;
  for (const char* prompt : {"1 t", "t"})  // "1" + "1 t" and "11" + "t" must differ
    accuracy.add(core::JsonRecord::parse(fmt::format(
        R"({{"dataset_name":"s","template_name":"{}","example_idx":{},"response":"r","label":1,"score":0}})", prompt,
        prompt[0] == 't' ? 11 : 1)));
  EXPECT_EQ(accuracy.rows()[0].row.n, 2);
}

TEST(ChoiceAccuracy, ErrorsNameTheField) {
  const std::string start = R"({"dataset_name":"s","template_name":"t","example_idx":1,)";
  const std::pair<std::string, std::string> cases[] = {
      {start + R"("response":"b","label":1,"score":0})",
       "a second right response for example 1 of 's' under the template"},
      {start + R"("response":"b","label":2,"score":0})", "field 'label': expected 0 or 1, found 2"},
      {start + R"("response":"b","label":true,"score":0})", "field 'label': expected an integer, found true"},
      {start + R"("response":"b","label":1.0,"score":0})", "field 'label': expected an integer, found 1.0"},
      {start + R"("response":"b","score":0})", "field 'label' is missing"},
      {start + R"("response":"b","label":0})", "field 'score' is missing: `cappy score --model DIR` adds it"},
      {start + R"("response":"b","label":0,"score":null})", "field 'score': expected a number"},
      {start + R"("response":["b"],"label":0,"score":0})", "field 'response': expected a string"},
      {R"({"dataset_name":"s","template_name":"t","example_idx":"1"})", "field 'example_idx': expected an integer"},
      {R"({"dataset_name":"s","example_idx":1})", "field 'template_name' is missing"},
      {R"({"template_name":"s","example_idx":1})", "field 'dataset_name' is missing"},
  };
  for (const auto& [text, wanted] : cases) {
    ChoiceAccuracy accuracy;
    accuracy.add(core::JsonRecord::parse(start + R"("response":"a","label":1,"score":0})"));
    try {
      accuracy.add(core::JsonRecord::parse(text));
      ADD_FAILURE() << text;
    } catch (const std::runtime_error& error) {
      EXPECT_NE(std::string(error.what()).find(wanted), std::string::npos) << error.what() << "\n wanted: " << wanted;
    }
  }
}

}  // namespace
}  // namespace metrics
