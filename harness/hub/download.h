// One blob into its place. It comes into blobs/ETAG.incomplete, from where an earlier attempt broke off, and is renamed
// when its length and hash are those that the Hub promised. Bytes are written at their own offsets and a wrong partial
// file is unlinked, never cut: so even two processes that a broken file system lets in together write the same bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "harness/hub/cache.h"
#include "harness/hub/remote.h"
#include "harness/hub/retry.h"

namespace hub {

/// Where a download stands: bytes there, and of how many (-1: not known).
using Watch = std::function<void(const std::string& path, std::int64_t there, std::int64_t of)>;

struct Download {
  Repository repository;  // its revision is a commit
  std::string path;
  std::string etag;
  std::int64_t size = -1;  // bytes; -1: not known
};

/// Fetches, checks and renames; the caller holds the blob's lock. Throws HubError where the attempts are used up (what
/// came stays for the next call, unless it was wrong), core::FileError where the disk refuses.
void fetch_blob(const Download& download, const RepositoryCache& cache, Remote& remote, Retry retry,
                const Watch& watch);

}  // namespace hub
