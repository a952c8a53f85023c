// The Hub's side of the conversation, as huggingface_hub speaks it: a HEAD for what a file is, a GET for its bytes, the
// API for commits and listings. Redirects that stay on the Hub (renamed repositories) are followed with the token,
// others without it. One request is one attempt: retries are the caller's.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "harness/core/json.h"
#include "harness/hub/cache.h"
#include "harness/hub/environment.h"
#include "harness/hub/http.h"

namespace hub {

/// What a HEAD says about a file.
struct Metadata {
  std::string commit;      // 40 hex digits
  std::string etag;        // SHA-256 for LFS files, SHA-1 of the git blob for others
  std::int64_t size = -1;  // bytes; -1: not said
};

class Remote {
 public:
  explicit Remote(const Settings& settings) : settings_(settings) {}

  /// All throw HubError. Where the file is known not to be there, `commit_of_absence` is set to the commit that says
  /// so.
  Metadata metadata(const Repository& repository, const std::string& path, std::string& commit_of_absence);
  /// The commit that the revision names now.
  std::string commit(const Repository& repository);
  /// The files of a commit, sorted by path; follows the pages.
  std::vector<HubFile> tree(const Repository& repository, const std::string& commit);
  /// The bytes of a file from `offset` on, piece by piece. Status 206 means that they begin there, 200 at 0, 416 that
  /// there are none; the sink sees no other.
  Response content(const Repository& repository, const std::string& path, std::int64_t offset, const Sink& sink);

 private:
  enum class Redirects { kOnHub, kAll };
  struct Exchange {
    Response response;
    Url url;  // after redirects
  };
  Exchange request(Request request, Redirects redirects, const Sink& sink);
  std::pair<core::Json, Response> ask_api(const Url& url, const Repository& repository);
  [[noreturn]] void refuse(const Response& response, const Repository& repository, const std::string& what) const;
  Url address(const std::string& target) const;
  Url address_of_file(const Repository& repository, const std::string& path) const;
  bool is_on_hub(const Url& url) const;

  const Settings& settings_;
  HttpClient client_;
};

}  // namespace hub
