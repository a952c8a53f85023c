// The words after `cappy tasks`: one file each.
#pragma once

#include "harness/cli/dataset_hub.h"
#include "harness/cli/options.h"
#include "harness/cli/task_options.h"
#include "harness/cli/verbs.h"
#include "tasks/load_task.h"

namespace cli {

int run_tasks_list(const Words& words);
int run_tasks_show(const Words& words);
int run_tasks_validate(const Words& words);
int run_tasks_export(const Words& words);
int run_tasks_new(const Words& words);
int run_tasks_schema(const Words& words);

/// A verb that takes names behind its options.
VerbSyntax syntax_with_names(const std::string& verb, const std::string& usage);
/// The names that were given; empty where there are none.
Words names_in(const po::variables_map& values);

/// The library and the places that the flags name, the Hub or its cache behind them.
TaskOptions open_tasks(const std::string& verb, const CommonOptions& common, const po::variables_map& values,
                       Network network);

/// The flags of verbs that read one task: --tasks, --sources, --data, --split, --few-shot.
void add_one_task_options(po::options_description& options);
/// The one task that is named, with the number of solved examples that --few-shot says. Throws core::UsageError: none,
/// several, a group, a negative number.
tasks::TaskSpec one_task(const std::string& verb, const TaskOptions& options, const po::variables_map& values);
/// What --split says, else the split that is measured, else the one for training.
std::string split_in(const tasks::TaskSpec& spec, const po::variables_map& values);

/// "hub aps/super_glue, rte": kind, id and configuration of a task's data.
std::string source_of(const tasks::TaskSpec& spec);
/// The split that is measured, or the one for training where none is.
const std::string& main_split(const tasks::TaskSpec& spec);
/// What became of the rows, in one line.
std::string counts_of(const std::string& task, const tasks::SplitSummary& summary);

}  // namespace cli
