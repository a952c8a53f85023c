#include "harness/cli/options.h"

#include <fmt/format.h>

#include <cstdlib>
#include <iostream>
#include <set>
#include <thread>

#include "harness/core/errors.h"
#include "harness/core/files.h"
#include "harness/core/progress.h"
#include "harness/core/text.h"

namespace cli {
namespace {

po::options_description common_description(CommonOptions& common) {
  po::options_description description("Options of every verb");
  // clang-format off
  description.add_options()
    ("threads", po::value(&common.threads)->value_name("N"), "threads of computation; default: physical cores")
    ("limit", po::value(&common.limit)->value_name("N"), "only the first N lines or instances")
    ("progress", po::value(&common.progress)->default_value("auto")->value_name("MODE"), "auto, none, plain or bar")
    ("home", po::value<std::string>()->value_name("DIR"), "folder of tasks/ and configs/; default: CAPPY_HOME, else beside the program")
    ("help,h", "this text");
  // clang-format on
  return description;
}

std::vector<std::string> long_names(const po::options_description& description) {
  std::vector<std::string> names;
  for (const auto& option : description.options()) names.push_back("--" + option->long_name());
  return names;
}

void check_common(const CommonOptions& common, const po::variables_map& values) {
  if (values.count("threads") && common.threads < 1)
    throw core::UsageError(fmt::format("--threads {}: expected a number from 1", common.threads));
  if (values.count("limit") && common.limit < 0)
    throw core::UsageError(fmt::format("--limit {}: expected a number from 0", common.limit));
  core::progress_mode_from(common.progress);
}

}  // namespace

bool parse(const Words& words, const VerbSyntax& syntax, CommonOptions& common, po::variables_map& values) {
  po::options_description all;
  all.add(syntax.own).add(common_description(common));
  po::options_description accepted;
  accepted.add(all).add(syntax.hidden);
  try {
    const auto style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
    po::store(po::command_line_parser(words).options(accepted).positional(syntax.positional).style(style).run(), values);
    if (values.count("help")) {
      std::cout << fmt::format("Usage: cappy {} {}\n\n", syntax.verb, syntax.usage) << all << '\n';
      return false;
    }
    po::notify(values);
  } catch (const po::unknown_option& error) {
    throw core::UsageError(fmt::format("cappy {}: unknown option {}{}; see cappy {} --help", syntax.verb,
                                       error.get_option_name(),
                                       core::did_you_mean(error.get_option_name(), long_names(all)), syntax.verb));
  } catch (const po::error& error) {
    throw core::UsageError(fmt::format("cappy {}: {}; see cappy {} --help", syntax.verb, error.what(), syntax.verb));
  }
  check_common(common, values);
  if (values.count("home")) common.home = values["home"].as<std::string>();
  if (common.threads == 0) common.threads = physical_cores();
  return true;
}

std::filesystem::path find_home(const std::filesystem::path& given) {
  const auto is_home = [](const std::filesystem::path& folder) {
    return std::filesystem::is_directory(folder / "tasks") && std::filesystem::is_directory(folder / "configs");
  };
  const char* variable = std::getenv("CAPPY_HOME");
  const std::filesystem::path told = !given.empty() ? given : std::filesystem::path(variable ? variable : "");
  if (!told.empty()) {
    if (is_home(told)) return std::filesystem::canonical(told);
    throw core::UsageError(fmt::format("{} {}: not a folder with tasks/ and configs/",
                                       given.empty() ? "CAPPY_HOME" : "--home", told.string()));
  }
  auto folder = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  for (; folder != folder.root_path(); folder = folder.parent_path())
    if (is_home(folder)) return folder;
  throw core::UsageError("no folder with tasks/ and configs/ above the program: pass --home DIR or set CAPPY_HOME");
}

int physical_cores() {
  // "core id" alone repeats on every socket, so the pair with "physical id" names a core.
  std::set<std::pair<std::string, std::string>> cores;
  std::string socket;
  const std::string text = core::read_file("/proc/cpuinfo");
  for (const auto line : core::split(text, "\n")) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const auto key = core::strip(line.substr(0, colon)), value = core::strip(line.substr(colon + 1));
    if (key == "physical id") socket = value;
    if (key == "core id") cores.emplace(socket, std::string(value));
  }
  const int logical = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  return cores.empty() ? logical : std::min(logical, static_cast<int>(cores.size()));
}

}  // namespace cli
