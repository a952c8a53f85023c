// What an experiment changes of its tasks, and what it may not.
#include "harness/run/task_options.h"

#include <gtest/gtest.h>

#include "harness/core/errors.h"
#include "harness/run/experiment.h"
#include "tests/unit/run/fakes.h"

namespace run {
namespace {

using testing::TemporaryFolder;
using testing::write_text;

class TaskOptionsTest : public ::testing::Test {
 protected:
  TaskOptionsTest() {
    write_text(folder_.path() / "t5.yaml", "architecture: t5\n");
    write_text(folder_.path() / "tasks/hub.yaml",
               "task: hub_task\ngroup: both\nkind: classification\ndata: {hub: a/b, split: validation, train: train}\n"
               "label: {column: label}\nprompt: {promptsource: super_glue/rte}\nfew_shot: {k: 7}\n");
    write_text(folder_.path() / "tasks/local.yaml",
               "task: local_task\ngroup: both\nkind: generation\ndata: {local: rows, split: test, train: train}\n"
               "references: {column: r}\nprompt:\n  templates:\n    - {name: one, instruction: \"{{x}}\"}\n"
               "    - {name: two, instruction: \"{{x}}?\"}\n");
    write_text(folder_.path() / "tasks/bigbench.yaml",
               "task: bigbench_task\nkind: generation\ndata: {bigbench: codenames, split: validation, train: train}\n");
    write_text(folder_.path() / "tasks/mixture.yaml",
               "task: mixture\nkind: mixed\ndata: {hub: a/c, train: train}\nprompt: {promptsource: glue/mrpc}\n");
  }
  std::vector<MeasuredTask> tasks(const std::string& text) {
    write_text(folder_.path() / "x.yaml", "experiment: x\nbackbones: [{new: t5.yaml}]\n" + text);
    const Experiment experiment = read_experiment(folder_.path() / "x.yaml", {});
    EXPECT_EQ(resolved_yaml(reread(experiment)), resolved_yaml(experiment));
    return measured_tasks(experiment, tasks::Library::from_folders({folder_.path() / "tasks"}));
  }
  Experiment reread(const Experiment& experiment) {
    write_text(folder_.path() / "again.yaml", resolved_yaml(experiment));
    return read_experiment(folder_.path() / "again.yaml", {});
  }
  std::string refusal(const std::string& text) {
    try {
      tasks(text);
    } catch (const core::ConfigError& error) {
      return error.what();
    }
    return "accepted";
  }
  TemporaryFolder folder_;
};

TEST_F(TaskOptionsTest, WithoutThemTasksAreWhatTheirFilesSay) {
  const auto all = tasks("tasks: [hub_task]\nlimit: 5\n");
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].limit, 5);
  EXPECT_EQ(all[0].spec.few_shot.k, 7);
  EXPECT_EQ(all[0].spec.prompt.templates, "original");
  EXPECT_EQ(all[0].spec.data.test_split, "validation");
}

TEST_F(TaskOptionsTest, ChangeATask) {
  const auto all = tasks(
      "tasks: [both]\nfew_shot: {k: 2}\ntask_options:\n  hub_task: {templates: with-choices, split: test, limit: 9, "
      "few_shot: {k: 3, balanced: true}}\n  local_task: {templates: [two]}\n");
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].spec.name, "hub_task");
  EXPECT_EQ(all[0].spec.prompt.templates, "with-choices");
  EXPECT_EQ(all[0].spec.data.test_split, "test");
  EXPECT_EQ(all[0].spec.few_shot.k, 3);
  EXPECT_TRUE(all[0].spec.few_shot.balanced);
  EXPECT_EQ(all[0].limit, 9);
  EXPECT_EQ(all[1].spec.few_shot.k, 2);
  EXPECT_EQ(all[1].limit, -1);
  ASSERT_EQ(all[1].spec.prompt.inline_templates.size(), 1u);
  EXPECT_EQ(all[1].spec.prompt.inline_templates[0].name, "two");
}

TEST_F(TaskOptionsTest, ALaterEntryOfAGroupsTaskWins) {
  const auto all = tasks("tasks: [both]\ntask_options: {both: {limit: 3}, hub_task: {limit: 4, templates: [a, b]}}\n");
  EXPECT_EQ(all[0].limit, 4);
  EXPECT_EQ(all[0].spec.prompt.templates, "listed");
  EXPECT_EQ(all[0].spec.prompt.template_names, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(all[1].limit, 3);
}

TEST_F(TaskOptionsTest, Refusals) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"tasks: [both]\ntask_options: {hub_tusk: {limit: 3}}\n", "x.yaml:4: task_options.hub_tusk"},
      {"tasks: [both]\ntask_options: {hub_tusk: {limit: 3}}\n", "did you mean 'hub_task'"},
      {"tasks: [both]\ntask_options: {bigbench_task: {limit: 3}}\n",
       "x.yaml:4: task_options.bigbench_task: is no task of this experiment"},
      {"tasks: [both]\ntask_options: {local_task: {templates: original}}\n", "list their names"},
      {"tasks: [both]\ntask_options: {local_task: {templates: [tow]}}\n", "no template 'tow' (did you mean 'two'?)"},
      {"tasks: [bigbench_task]\ntask_options: {bigbench_task: {templates: all}}\n", "bigbench_task has no templates"},
      {"tasks: [both]\ntask_options: {hub_task: {limits: 3}}\n", "did you mean 'limit'"},
      {"tasks: [both]\ntask_options: {hub_task: {limit: 0}}\n", "task_options.hub_task.limit"},
      {"tasks: [mixture]\n", "mixture is for training alone: its kind is mixed"},
      {"tasks: [mixture]\ntask_options: {mixture: {split: train}}\n", "mixture is for training alone"},
  };
  for (const auto& [text, message] : cases) {
    EXPECT_NE(refusal(text).find(message), std::string::npos) << refusal(text) << "\n" << text;
  }
}

}  // namespace
}  // namespace run
