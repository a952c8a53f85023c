// The Hugging Face Hub: files of repositories, fetched once, checked, and found again in the cache that the Python
// libraries use too. What is cached under a commit needs no network. A branch is asked about once a process, so that
// one run never sees two commits of it; where the Hub cannot be asked, the commit that the cache remembers stands in,
// and a line says so.
//
// Not here: uploads, Spaces, the Xet protocol (the Hub serves such files over HTTP too, up to 50 GB), local folders.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/hub/cache.h"
#include "harness/hub/download.h"
#include "harness/hub/environment.h"
#include "harness/hub/errors.h"
#include "harness/hub/remote.h"
#include "harness/hub/retry.h"

namespace hub {

struct Listing {
  std::string commit;
  std::vector<HubFile> files;  // sorted by path
  bool whole = true;           // false: only what the cache has of the commit is known
};

/// Not for two threads at once.
class Hub {
 public:
  /// `say`: waits, retries, fallbacks. `watch`: progress of downloads.
  explicit Hub(
      Settings settings, Say say = [](const std::string&) {},
      Watch watch = [](const std::string&, std::int64_t, std::int64_t) {});

  /// The files of a revision. Throws HubError, core::ConfigError (an id that is none), core::FileError.
  Listing list(const Repository& repository);

  /// The place of a file: from the cache where it is there and current, else downloaded. Throws as `list`.
  std::filesystem::path fetch(const Repository& repository, const std::string& path);

  /// The place of a file in the cache; never touches the network.
  std::optional<std::filesystem::path> cached(const Repository& repository, const std::string& path) const;
  /// The paths of the cached files of a revision, sorted; never touches the network. What the listing names but was not
  /// fetched is not among them.
  std::vector<std::string> cached_files(const Repository& repository) const;
  /// The folder with the cached files of a revision, under their own names; never touches the network.
  std::optional<std::filesystem::path> snapshot(const Repository& repository) const;

  const Settings& settings() const { return settings_; }

 private:
  std::optional<Metadata> ask(const Repository& repository, const std::string& path, RepositoryCache& cache);
  std::filesystem::path place(const Repository& repository, const std::string& path, const Metadata& metadata,
                              RepositoryCache& cache);
  std::optional<std::string> known_commit(const Repository& repository, const RepositoryCache& cache) const;
  std::optional<std::string> cached_commit(const Repository& repository, const RepositoryCache& cache) const;
  void note(const std::function<void()>& write) const;
  void remember(const Repository& repository, const std::string& commit);
  [[noreturn]] void fail_offline(const Repository& repository, const std::string& what) const;
  Retry retry() const { return {settings_.first_wait, say_}; }

  Settings settings_;
  Say say_;
  Watch watch_;
  Remote remote_;
  std::map<std::string, std::string> commits_;  // "models/ORG/NAME@REVISION" -> commit, as asked in this process
};

}  // namespace hub
