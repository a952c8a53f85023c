// Solved examples: their text, that each instance draws its own, what is never drawn, and that a pool is a fair sample.
#include "tasks/few_shot.h"

#include <set>

#include "tasks/load_task.h"
#include "tests/unit/tasks/temporary_folder.h"

namespace tasks {
namespace {

core::Instance example(std::int64_t row, std::int64_t label = 0) {
  core::Instance instance;
  instance.template_name = "t";
  instance.instruction = "q" + std::to_string(row);
  instance.choices = {"no", "yes"};
  instance.label = label;
  return instance;
}

ShotPool filled(const FewShot& few_shot, std::int64_t rows) {
  ShotPool pool(few_shot);
  for (std::int64_t row = 0; row < rows; ++row)
    if (pool.wants(row)) pool.add(row, {example(row, row % 2)});
  pool.close();
  return pool;
}

core::Instance asked(const std::string& instruction) {
  core::Instance instance;
  instance.template_name = "t";
  instance.instruction = instruction;
  return instance;
}

/// The questions of the examples, by a naive reading of the text.
std::vector<std::string> questions(const std::string& shots) {
  std::vector<std::string> found;
  for (std::size_t at = shots.find('q'); at != std::string::npos; at = shots.find('q', at + 1))
    found.push_back(shots.substr(at, shots.find(' ', at) - at));
  return found;
}

TEST(FewShot, SeparatorsStandAsInLmEval) {
  EXPECT_EQ(filled({.k = 1}, 1).shots_for(asked("x"), std::nullopt), "q0 no\n\n");
  const FewShot few_shot{.k = 2, .separator = "##", .target_separator = "->"};
  const std::string text = filled(few_shot, 2).shots_for(asked("x"), std::nullopt);
  EXPECT_TRUE(text == "q0->no##q1->yes##" || text == "q1->yes##q0->no##") << text;
}

TEST(FewShot, EachInstanceDrawsItsOwnAndTheSameAgain) {
  const ShotPool pool = filled({.k = 3, .seed = 5}, 50);
  std::set<std::string> different;
  for (int i = 0; i < 20; ++i) {
    const core::Instance instance = asked("instance " + std::to_string(i));
    const std::string text = pool.shots_for(instance, std::nullopt);
    EXPECT_EQ(text, pool.shots_for(instance, std::nullopt));
    const auto drawn = questions(text);
    EXPECT_EQ(drawn.size(), 3u);
    EXPECT_EQ(std::set<std::string>(drawn.begin(), drawn.end()).size(), 3u) << "without replacement";
    different.insert(text);
  }
  EXPECT_GT(different.size(), 18u);
  EXPECT_NE(filled({.k = 3, .seed = 6}, 50).shots_for(asked("x"), std::nullopt),
            pool.shots_for(asked("x"), std::nullopt));
}

TEST(FewShot, DrawsEveryRowAboutAsOften) {
  const ShotPool pool = filled({.k = 2}, 10);
  std::map<std::string, int> counts;
  for (int i = 0; i < 2000; ++i)
    for (const std::string& question : questions(pool.shots_for(asked(std::to_string(i)), std::nullopt)))
      ++counts[question];
  ASSERT_EQ(counts.size(), 10u);
  for (const auto& [question, count] : counts) EXPECT_NEAR(count, 400, 80) << question;  // four deviations
}

TEST(FewShot, ItsOwnRowIsNotShown) {
  const ShotPool pool = filled({.k = 4}, 5);
  for (std::int64_t own = 0; own < 5; ++own)
    for (const std::string& question : questions(pool.shots_for(asked("x"), own)))
      EXPECT_NE(question, "q" + std::to_string(own));
  EXPECT_NE(error_of([] { filled({.k = 5}, 5).shots_for(asked("x"), 0); }).find("has 4 examples"), std::string::npos);
}

TEST(FewShot, BalancedShowsClassesInTurn) {
  ShotPool pool({.k = 4, .balanced = true});
  for (std::int64_t row = 0; row < 40; ++row) pool.add(row, {example(row, row < 36 ? 0 : 1)});
  pool.close();
  for (int i = 0; i < 30; ++i) {
    int rare = 0;
    for (const std::string& question : questions(pool.shots_for(asked(std::to_string(i)), std::nullopt)))
      rare += std::stoi(question.substr(1)) >= 36;
    EXPECT_EQ(rare, 2);
  }
  EXPECT_NE(error_of([&] {
              ShotPool large({.k = 20, .balanced = true});
              for (std::int64_t row = 0; row < 40; ++row) large.add(row, {example(row, row < 36 ? 0 : 1)});
              large.close();
              large.shots_for(asked("x"), std::nullopt);
            }).find("classes in turn"),
            std::string::npos);
}

TEST(FewShot, ALargeSplitIsSampledEvenly) {
  constexpr std::int64_t kRows = 20000;
  ShotPool pool({.k = 4000});
  std::int64_t wanted = 0;
  for (std::int64_t row = 0; row < kRows; ++row) {
    if (!pool.wants(row)) continue;
    ++wanted;
    pool.add(row, {example(row)});
  }
  pool.close();
  EXPECT_LT(wanted, 12000) << "most rows need no rendering";
  std::int64_t late = 0;
  for (const std::string& question : questions(pool.shots_for(asked("x"), std::nullopt)))
    late += std::stoll(question.substr(1)) >= kRows / 2;
  EXPECT_NEAR(late, 2000, 150);
}

class FewShotTask : public TemporaryFolder {
 protected:
  LoadedTask load(const std::string& few_shot, std::int64_t limit = -1) {
    const std::string yaml =
        "task: t\nkind: classification\ndata: {local: t, split: test, train: train}\n"
        "label: {column: label, names: [no, yes]}\n"
        "prompt:\n  templates:\n"
        "    - {name: a, instruction: '{{x}}?', target: '{{answer_choices[label]}}', choices: No ||| Yes}\n"
        "    - {name: b, instruction: '{{x}}!', target: '{{answer_choices[label]}}', choices: N ||| Y}\n";
    return load_task(read_task(write("t.yaml", yaml + few_shot)), Split::kTest, {}, limit);
  }
};

TEST_F(FewShotTask, StandsApartFromTheInstructionUnderItsOwnTemplate) {
  write("t.test.jsonl", "{\"x\": 1, \"label\": 0}\n{\"x\": 2, \"label\": 1}\n");
  write("t.train.jsonl", "{\"x\": 3, \"label\": 0}\n{\"x\": 4, \"label\": 1}\n{\"x\": 5, \"label\": -1}\n");
  const LoadedTask none = load(""), two = load("few_shot: {k: 2}\n");
  ASSERT_EQ(two.instances.size(), 4u);
  EXPECT_TRUE(none.instances[0].shots.empty());
  EXPECT_NE(two.summary.fingerprint, none.summary.fingerprint);
  for (const core::Instance& instance : two.instances) {
    const bool a = instance.template_name == "a";
    const std::string first = a ? "3? No\n\n" : "3! N\n\n", second = a ? "4? Yes\n\n" : "4! Y\n\n";
    EXPECT_TRUE(instance.shots == first + second || instance.shots == second + first) << instance.shots;
    EXPECT_EQ(instance.prompt(), instance.shots + instance.instruction);
  }
  EXPECT_EQ(load("few_shot: {k: 2}\n", 1).instances[0].shots, two.instances[0].shots) << "a limit changes nothing";
  const std::string error = error_of([&] { load("few_shot: {k: 3}\n"); });
  EXPECT_NE(error.find("t.yaml:9: few_shot.k: 0/a: few_shot: the training split has 2 examples"), std::string::npos)
      << error;
}

}  // namespace
}  // namespace tasks
