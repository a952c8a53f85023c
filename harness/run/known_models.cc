#include "harness/run/known_models.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <ctime>
#include <utility>

#include "harness/core/files.h"
#include "harness/core/hash.h"
#include "harness/core/json.h"

namespace run {
namespace {

using core::Json;

constexpr std::time_t kSettled = 3;  // seconds after which another change gets other times on every file system

/// What changes with a file's content; empty where the file changed just now or cannot be looked at.
std::string state_of(const std::filesystem::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return "";
  if (std::max(status.st_mtime, status.st_ctime) + kSettled > std::time(nullptr)) return "";
  return fmt::format("{} {} {}.{:09} {}.{:09}", status.st_size, status.st_ino, status.st_mtim.tv_sec,
                     status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec);
}

}  // namespace

KnownModels::KnownModels(std::filesystem::path file) : file_(std::move(file)) {
  if (!std::filesystem::exists(file_)) return;
  try {
    const Json known = core::read_json_file(file_.string());
    for (const auto& [path, entry] : known.at("files").as_object())
      files_[path] = {entry.at("state").as_string(), entry.at("sha256").as_string()};
    for (const std::string& model : known.at("opened").as_strings()) opened_.insert(model);
  } catch (const std::runtime_error&) {  // of another version, or broken: it is found out again
    files_.clear();
    opened_.clear();
  }
}

std::string KnownModels::sha256(const std::filesystem::path& file) {
  const std::string path = std::filesystem::weakly_canonical(file).string(), state = state_of(path);
  const auto found = files_.find(path);
  if (!state.empty() && found != files_.end() && found->second.state == state) return found->second.sha256;
  std::string hash = core::sha256_file(path);
  if (!state.empty() && state_of(path) == state) {
    files_[path] = {state, hash};
    changed_ = true;
  }
  return hash;
}

void KnownModels::save() {
  if (!std::exchange(changed_, false)) return;
  Json::Object files;
  for (const auto& [path, entry] : files_)
    if (std::filesystem::exists(path))
      files.emplace_back(path, Json::Object{{"state", entry.state}, {"sha256", entry.sha256}});
  Json::Object known;
  known.emplace_back("files", std::move(files));
  known.emplace_back("opened", Json::Array(opened_.begin(), opened_.end()));
  core::write_file(file_, core::write_json_pretty(known));
}

}  // namespace run
