#include "harness/hub/cache.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "harness/core/errors.h"
#include "harness/core/files.h"
#include "harness/core/json.h"
#include "harness/core/text.h"

namespace hub {
namespace {

namespace fs = std::filesystem;

std::string plural(RepositoryKind kind) { return kind == RepositoryKind::kModel ? "models" : "datasets"; }

[[noreturn]] void fail(const fs::path& path, const std::string& what, int error) {
  throw core::FileError(path.string(), fmt::format("{}: {}", what, std::strerror(error)));
}

void make_folders(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) fail(folder, "cannot be made", error.value());
}

bool is_id_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

/// The rules of the Hub for one part of an id.
bool is_id_part(std::string_view part) {
  const bool edges =
      !part.empty() && part.front() != '.' && part.front() != '-' && part.back() != '.' && part.back() != '-';
  return edges && std::all_of(part.begin(), part.end(), is_id_character) && part.find("--") == std::string_view::npos &&
         part.find("..") == std::string_view::npos;
}

/// No part is empty, "." or "..", none begins at the root, nothing below U+0020.
bool is_inner_path(std::string_view path) {
  for (const std::string_view part : core::split(path, "/"))
    if (part.empty() || part == "." || part == "..") return false;
  return path.find('\\') == std::string_view::npos &&
         std::all_of(path.begin(), path.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x20; });
}

void put(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) fail(to, "cannot be put in its place", errno);
}

core::Json to_json(const HubFile& file) {
  core::Json::Object entry = {{"size", file.size}, {"blob_id", file.blob}};
  if (!file.sha256.empty()) {
    entry.emplace_back("lfs_sha256", file.sha256);
    entry.emplace_back("lfs_size", file.size);
  }
  if (!file.xet.empty()) entry.emplace_back("xet_hash", file.xet);
  return entry;
}

HubFile from_json(const std::string& path, const core::Json& entry) {
  HubFile file{.path = path, .size = entry.at("size").as_integer(), .blob = entry.at("blob_id").as_string()};
  if (const auto* sha256 = entry.find("lfs_sha256"); sha256 && sha256->is_string()) file.sha256 = sha256->as_string();
  if (const auto* size = entry.find("lfs_size"); size && size->is_integer()) file.size = size->as_integer();
  if (const auto* xet = entry.find("xet_hash"); xet && xet->is_string()) file.xet = xet->as_string();
  return file;
}

int flock_uninterrupted(int descriptor, int operation) {
  int result = 0;
  do {
    result = ::flock(descriptor, operation);
  } while (result != 0 && errno == EINTR);
  return result == 0 ? 0 : errno;
}

}  // namespace

std::string to_string(const Repository& repository) { return plural(repository.kind) + "/" + repository.id; }

bool is_commit(std::string_view revision) {
  return revision.size() == 40 && std::all_of(revision.begin(), revision.end(),
                                              [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

void check(const Repository& repository) {
  const auto parts = core::split(repository.id, "/");
  const bool good =
      parts.size() <= 2 && repository.id.size() <= 96 && std::all_of(parts.begin(), parts.end(), is_id_part);
  if (!good)
    throw core::ConfigError(
        fmt::format("'{}' is no id of the Hub: expected ORG/NAME of letters, digits, '-', '_', '.'", repository.id));
  if (!is_inner_path(repository.revision))
    throw core::ConfigError(fmt::format("{}: '{}' is no revision: expected a branch, a tag or a commit", repository.id,
                                        repository.revision));
}

void check_path(const std::string& path) {
  if (!is_inner_path(path)) throw core::ConfigError(fmt::format("'{}' is no path of a file inside a repository", path));
}

CacheLock::CacheLock(const fs::path& file, const std::function<void()>& on_wait) {
  make_folders(file.parent_path());
  // Group-writable, as Python's side makes it, so that users who share a cache can wait for each other.
  descriptor_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0664);
  if (descriptor_ < 0) fail(file, "cannot be opened as a lock", errno);
  int error = flock_uninterrupted(descriptor_, LOCK_EX | LOCK_NB);
  if (error == EWOULDBLOCK || error == EACCES) {
    on_wait();
    error = flock_uninterrupted(descriptor_, LOCK_EX);
  }
  if (error == 0 || error == ENOSYS || error == ENOTSUP || error == ENOLCK || error == EINVAL) return;
  ::close(descriptor_);
  fail(file, "cannot be locked", error);
}

CacheLock::~CacheLock() { ::close(descriptor_); }

RepositoryCache::RepositoryCache(const Settings& settings, const Repository& repository)
    : root_(settings.cache), revision_(repository.revision), symlinks_(settings.symlinks) {
  check(repository);
  const std::string name = plural(repository.kind) + "--" + core::replace_all(repository.id, "/", "--");
  folder_ = root_ / name;
  locks_ = root_ / ".locks" / name;
}

std::optional<std::string> RepositoryCache::commit() const {
  if (is_commit(revision_)) return revision_;
  const fs::path file = folder_ / "refs" / revision_;
  std::error_code ignored;
  if (!fs::is_regular_file(file, ignored)) return std::nullopt;
  std::string commit(core::strip(core::read_file(file)));
  return is_commit(commit) ? std::optional(std::move(commit)) : std::nullopt;
}

void RepositoryCache::set_commit(const std::string& commit) {
  if (revision_ == commit || this->commit() == commit) return;
  core::write_file(folder_ / "refs" / revision_, commit);
}

void RepositoryCache::make_room() {
  make_folders(folder_ / "blobs");
  const fs::path tag = root_ / "CACHEDIR.TAG";
  std::error_code ignored;
  if (!fs::exists(tag, ignored))
    core::write_file(tag, "Signature: 8a477f597d28d172789f06886806bc55\n# A cache: see https://bford.info/cachedir/\n");
}

std::optional<fs::path> RepositoryCache::find(const std::string& commit, const std::string& path) const {
  check_path(path);
  fs::path file = snapshot(commit) / path;
  std::error_code ignored;
  return fs::is_regular_file(file, ignored) ? std::optional(std::move(file)) : std::nullopt;
}

fs::path RepositoryCache::link(const std::string& commit, const std::string& path, const std::string& etag,
                               BlobAge age) {
  check_path(path);
  const fs::path shown = snapshot(commit) / path;
  make_folders(shown.parent_path());
  const fs::path target = fs::path(blob(etag)).lexically_relative(shown.parent_path());
  for (int attempt = 0; symlinks_ && attempt < 3; ++attempt) {
    if (::symlink(target.c_str(), shown.c_str()) == 0) return shown;
    if (errno == EPERM || errno == EOPNOTSUPP) break;  // a file system without symbolic links
    if (errno != EEXIST) fail(shown, "cannot be linked", errno);
    std::error_code ignored;
    if (fs::equivalent(shown, blob(etag), ignored)) return shown;
    ::unlink(shown.c_str());  // an old or broken link
  }
  if (age == BlobAge::kFresh) {
    put(blob(etag), shown);
    return shown;
  }
  const fs::path copy = blob(etag + ".copy");
  std::error_code error;
  fs::copy_file(blob(etag), copy, fs::copy_options::overwrite_existing, error);
  if (error) fail(copy, "cannot be written", error.value());
  put(copy, shown);
  return shown;
}

void RepositoryCache::set_absent(const std::string& commit, const std::string& path) {
  if (!is_absent(commit, path)) core::write_file(folder_ / ".no_exist" / commit / path, "");
}

bool RepositoryCache::is_absent(const std::string& commit, const std::string& path) const {
  check_path(path);
  std::error_code ignored;
  return fs::is_regular_file(folder_ / ".no_exist" / commit / path, ignored);
}

std::optional<std::vector<HubFile>> RepositoryCache::tree(const std::string& commit) const {
  const fs::path file = folder_ / "trees" / (commit + ".json");
  std::error_code ignored;
  if (!fs::is_regular_file(file, ignored)) return std::nullopt;
  try {
    const core::Json listing = core::read_json_file(file.string());
    if (!(listing.at("format_version") == core::Json(1))) return std::nullopt;
    std::vector<HubFile> files;
    for (const auto& [path, entry] : listing.at("files").as_object()) {
      check_path(path);
      files.push_back(from_json(path, entry));
    }
    return files;
  } catch (const std::runtime_error&) {  // of another version, or broken: it is asked for again
    return std::nullopt;
  }
}

void RepositoryCache::set_tree(const std::string& commit, const std::vector<HubFile>& files) {
  core::Json::Object entries;
  for (const HubFile& file : files) entries.emplace_back(file.path, to_json(file));
  core::Json::Object listing;
  listing.emplace_back("format_version", 1);
  listing.emplace_back("files", std::move(entries));
  core::write_file(folder_ / "trees" / (commit + ".json"), core::write_json_pretty(listing));
}

std::vector<HubFile> RepositoryCache::files_of_snapshot(const std::string& commit) const {
  std::vector<HubFile> files;
  std::error_code error;
  const fs::path top = snapshot(commit);
  for (const auto& entry : fs::recursive_directory_iterator(top, error)) {
    if (!entry.is_regular_file(error)) continue;
    files.push_back({.path = entry.path().lexically_relative(top).string(),
                     .size = static_cast<std::int64_t>(entry.file_size(error))});
  }
  std::sort(files.begin(), files.end(), [](const HubFile& a, const HubFile& b) { return a.path < b.path; });
  return files;
}

}  // namespace hub
