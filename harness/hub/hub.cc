#include "harness/hub/hub.h"

#include <fmt/format.h>

#include <utility>

#include "harness/core/errors.h"

namespace hub {
namespace {

namespace fs = std::filesystem;

std::string key_of(const Repository& repository) { return to_string(repository) + "@" + repository.revision; }

Repository at_commit(const Repository& repository, const std::string& commit) {
  return {.kind = repository.kind, .id = repository.id, .revision = commit};
}

/// Failures after which what the cache remembers may stand in, as in the reference: the Hub is away, or the token is.
bool may_fall_back(Failure failure) { return failure != Failure::kNoEntry && failure != Failure::kNoRevision; }

std::string advice(const HubError& error, const Settings& settings) {
  if (error.failure() == Failure::kUnreachable)
    return fmt::format(
        "; {} cannot be reached: set HF_ENDPOINT or https_proxy if there is another way, HF_HUB_OFFLINE=1 to use the "
        "cache in {} alone, or name local copies of data sets with --sources",
        settings.endpoint.authority(), settings.cache.string());
  return "";
}

}  // namespace

Hub::Hub(Settings settings, Say say, Watch watch)
    : settings_(std::move(settings)), say_(std::move(say)), watch_(std::move(watch)), remote_(settings_) {}

std::optional<std::string> Hub::known_commit(const Repository& repository, const RepositoryCache& cache) const {
  if (is_commit(repository.revision)) return repository.revision;
  if (const auto found = commits_.find(key_of(repository)); found != commits_.end()) return found->second;
  return settings_.offline ? cache.commit() : std::nullopt;
}

/// Writes what only saves a later question: a cache that cannot be written still serves what it has.
void Hub::note(const std::function<void()>& write) const {
  try {
    write();
  } catch (const core::FileError& error) {
    say_(error.what());
  }
}

void Hub::remember(const Repository& repository, const std::string& commit) { commits_[key_of(repository)] = commit; }

void Hub::fail_offline(const Repository& repository, const std::string& what) const {
  const bool dataset = repository.kind == RepositoryKind::kDataset;
  throw HubError(Failure::kOffline, fmt::format("{}: {} is not in the cache {}, and the network is not asked "
                                                "(HF_HUB_OFFLINE, or a verb that only looks): run `cappy "
                                                "pull {}{} --revision {}` where there is a "
                                                "network{}",
                                                to_string(repository), what, settings_.cache.string(),
                                                dataset ? "datasets/" : "", repository.id, repository.revision,
                                                dataset ? ", or name a local copy with --sources" : ""));
}

Listing Hub::list(const Repository& repository) {
  RepositoryCache cache(settings_, repository);
  std::optional<std::string> commit = known_commit(repository, cache);
  if (commit)
    if (auto files = cache.tree(*commit)) return {.commit = *commit, .files = std::move(*files)};
  const std::optional<std::string> remembered = cache.commit();
  std::optional<HubError> failure;
  if (!settings_.offline) {
    Retry patience = retry();
    try {
      const auto once_or_more = [&](auto attempt) { return remembered ? attempt() : patience.run(attempt); };
      if (!commit) commit = once_or_more([&] { return remote_.commit(repository); });
      auto files = cache.tree(*commit);
      const bool is_new = !files;
      if (is_new) files = patience.run([&] { return remote_.tree(repository, *commit); });
      remember(repository, *commit);
      note([&] {
        cache.set_commit(*commit);
        if (is_new) cache.set_tree(*commit, *files);
      });
      return {.commit = *commit, .files = std::move(*files)};
    } catch (const HubError& error) {
      failure = error;
      if (!may_fall_back(error.failure())) throw;
    }
  }
  if (!commit) commit = remembered;
  if (commit && fs::is_directory(cache.snapshot(*commit))) {
    if (failure) say_(fmt::format("{}: using what the cache has of commit {}", failure->what(), *commit));
    remember(repository, *commit);
    if (auto files = cache.tree(*commit)) return {.commit = *commit, .files = std::move(*files)};
    return {.commit = *commit, .files = cache.files_of_snapshot(*commit), .whole = false};
  }
  if (failure) throw HubError(failure->failure(), failure->what() + advice(*failure, settings_));
  fail_offline(repository, "revision '" + repository.revision + "'");
}

/// What the Hub says about the file; nullopt where it cannot be asked and the cache has a copy.
std::optional<Metadata> Hub::ask(const Repository& repository, const std::string& path, RepositoryCache& cache) {
  const auto remembered = cache.commit();
  const bool has_copy = remembered && cache.find(*remembered, path);
  std::string absent_at;
  const auto attempt = [&] { return remote_.metadata(repository, path, absent_at); };
  try {
    return has_copy ? attempt() : retry().run(attempt);
  } catch (const HubError& error) {
    if (!absent_at.empty()) {
      note([&] {
        cache.set_absent(absent_at, path);
        cache.set_commit(absent_at);
      });
    }
    if (!has_copy || !may_fall_back(error.failure()))
      throw HubError(error.failure(), error.what() + advice(error, settings_));
    say_(fmt::format("{}: using {} of commit {} from the cache", error.what(), path, *remembered));
    remember(repository, *remembered);
    return std::nullopt;
  }
}

/// Makes the file's place in the snapshot show its blob, fetched where it is not there.
fs::path Hub::place(const Repository& repository, const std::string& path, const Metadata& metadata,
                    RepositoryCache& cache) {
  const fs::path blob = cache.blob(metadata.etag);
  const auto is_there = [&] {
    std::error_code error;
    const auto size = fs::file_size(blob, error);
    return !error && (metadata.size < 0 || static_cast<std::int64_t>(size) == metadata.size);
  };
  cache.make_room();
  const CacheLock lock(cache.lock_file(metadata.etag),
                       [&] { say_(path + ": waiting for another process that downloads it"); });
  if (is_there()) return cache.link(metadata.commit, path, metadata.etag, RepositoryCache::BlobAge::kOld);
  const Download download{
      .repository = at_commit(repository, metadata.commit), .path = path, .etag = metadata.etag, .size = metadata.size};
  fetch_blob(download, cache, remote_, retry(), watch_);
  return cache.link(metadata.commit, path, metadata.etag, RepositoryCache::BlobAge::kFresh);
}

fs::path Hub::fetch(const Repository& repository, const std::string& path) {
  RepositoryCache cache(settings_, repository);
  const auto commit = known_commit(repository, cache);
  if (commit)
    if (const auto found = cache.find(*commit, path)) return *found;
  if (commit && cache.is_absent(*commit, path))
    throw HubError(Failure::kNoEntry,
                   fmt::format("{} has no file {} at commit {}", to_string(repository), path, *commit));
  if (settings_.offline) fail_offline(repository, path);
  const auto metadata = ask(commit ? at_commit(repository, *commit) : repository, path, cache);
  if (!metadata) return *cache.find(*cache.commit(), path);
  remember(repository, metadata->commit);
  note([&] { cache.set_commit(metadata->commit); });
  if (const auto found = cache.find(metadata->commit, path)) return *found;
  return place(repository, path, *metadata, cache);
}

std::optional<std::string> Hub::cached_commit(const Repository& repository, const RepositoryCache& cache) const {
  const auto known = known_commit(repository, cache);
  return known ? known : cache.commit();
}

std::optional<fs::path> Hub::cached(const Repository& repository, const std::string& path) const {
  const RepositoryCache cache(settings_, repository);
  const auto commit = cached_commit(repository, cache);
  return commit ? cache.find(*commit, path) : std::nullopt;
}

std::vector<std::string> Hub::cached_files(const Repository& repository) const {
  const RepositoryCache cache(settings_, repository);
  std::vector<std::string> paths;
  if (const auto commit = cached_commit(repository, cache))
    for (const HubFile& file : cache.files_of_snapshot(*commit)) paths.push_back(file.path);
  return paths;
}

std::optional<fs::path> Hub::snapshot(const Repository& repository) const {
  const RepositoryCache cache(settings_, repository);
  const auto commit = cached_commit(repository, cache);
  if (!commit || !fs::is_directory(cache.snapshot(*commit))) return std::nullopt;
  return cache.snapshot(*commit);
}

}  // namespace hub
