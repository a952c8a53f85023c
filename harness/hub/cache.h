// The cache on disk, in the layout of huggingface_hub, so that the Python libraries and this program share downloads:
//
//   HF_HUB_CACHE/models--ORG--NAME/          (datasets--ORG--NAME/)
//     refs/REVISION                          the commit that a branch or tag named when it was last asked about
//     blobs/ETAG                             content; ETAG.incomplete while it comes
//     snapshots/COMMIT/PATH                  relative symbolic link to ../../blobs/ETAG
//     .no_exist/COMMIT/PATH                  empty: the commit has no such file
//     trees/COMMIT.json                      the listing of a commit
//   HF_HUB_CACHE/.locks/models--ORG--NAME/ETAG.lock
//
// Everything appears under its final name by a rename of what is whole, or not at all.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/hub/environment.h"

namespace hub {

enum class RepositoryKind { kModel, kDataset };

struct Repository {
  RepositoryKind kind = RepositoryKind::kModel;
  std::string id;                 // "ORG/NAME" or "NAME"
  std::string revision = "main";  // branch, tag, or the 40 hex digits of a commit
};

/// "models/ORG/NAME" or "datasets/ORG/NAME": as the Hub's API spells it, and how messages name a repository.
std::string to_string(const Repository& repository);
/// 40 lower-case hex digits: a commit, which never changes.
bool is_commit(std::string_view revision);
/// Throws core::ConfigError where the id or the revision is none.
void check(const Repository& repository);
/// Throws core::ConfigError unless it is a relative path that stays inside its folder.
void check_path(const std::string& path);

/// A file of a repository.
struct HubFile {
  std::string path = {};
  std::int64_t size = 0;
  std::string blob = {};    // SHA-1 of the git blob (of the pointer, for LFS); may be empty
  std::string sha256 = {};  // of LFS files; else empty
  std::string xet = {};     // the Hub's own key of the content; only kept for other readers of the cache
};

/// Held while a blob is fetched. The kernel drops it when its holder dies. Python's filelock takes the same one.
class CacheLock {
 public:
  /// Waits; `on_wait` is called once before. Where the file system has no locks it goes on without: every write below
  /// is harmless beside another of the same blob, only twice the traffic.
  CacheLock(const std::filesystem::path& file, const std::function<void()>& on_wait);
  ~CacheLock();
  CacheLock(const CacheLock&) = delete;
  CacheLock& operator=(const CacheLock&) = delete;

 private:
  int descriptor_ = -1;
};

/// The folder of one repository. All throw core::FileError.
class RepositoryCache {
 public:
  RepositoryCache(const Settings& settings, const Repository& repository);

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path snapshot(const std::string& commit) const { return folder_ / "snapshots" / commit; }
  std::filesystem::path blob(const std::string& etag) const { return folder_ / "blobs" / etag; }
  std::filesystem::path incomplete(const std::string& etag) const { return folder_ / "blobs" / (etag + ".incomplete"); }
  std::filesystem::path lock_file(const std::string& etag) const { return locks_ / (etag + ".lock"); }

  /// The commit of the revision, as far as the cache knows.
  std::optional<std::string> commit() const;
  void set_commit(const std::string& commit);  // writes refs/REVISION where it changed

  /// Makes the folder of blobs, and CACHEDIR.TAG, by which backups know what to skip.
  void make_room();

  /// The place of a cached file; nullopt where it (or the blob behind its link) is not there.
  std::optional<std::filesystem::path> find(const std::string& commit, const std::string& path) const;
  /// Makes snapshots/COMMIT/PATH show the blob, which is there; returns it. `fresh`: nothing else shows this blob yet.
  enum class BlobAge { kFresh, kOld };
  std::filesystem::path link(const std::string& commit, const std::string& path, const std::string& etag, BlobAge age);
  void set_absent(const std::string& commit, const std::string& path);
  bool is_absent(const std::string& commit, const std::string& path) const;

  /// The listing of a commit; nullopt where it was not kept or cannot be read.
  std::optional<std::vector<HubFile>> tree(const std::string& commit) const;
  void set_tree(const std::string& commit, const std::vector<HubFile>& files);
  /// What is there of a snapshot, sorted by path.
  std::vector<HubFile> files_of_snapshot(const std::string& commit) const;

 private:
  std::filesystem::path root_, folder_, locks_;
  std::string revision_;
  bool symlinks_;
};

}  // namespace hub
