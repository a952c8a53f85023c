#include "harness/hub/remote.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

#include "harness/core/text.h"
#include "harness/hub/errors.h"

namespace hub {
namespace {

constexpr int kMostRedirects = 10;
constexpr int kMostPages = 100000;  // of 1,000 files each
constexpr std::size_t kMostJson = std::size_t{64} << 20;

/// ETag without W/ and quotes.
std::string bare_etag(std::string text) {
  if (text.starts_with("W/")) text.erase(0, 2);
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
  return text;
}

/// It becomes a file name.
bool is_safe_etag(std::string_view etag) {
  return !etag.empty() && etag.size() <= 200 && etag.front() != '.' &&
         std::all_of(etag.begin(), etag.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
                  c == '-';
         });
}

/// Seconds that the server asks to wait: "Retry-After: 7", or "RateLimit: ...;t=7" of the Hub; 0 where it does not.
double asked_wait(const Response& response) {
  if (const auto text = response.header("Retry-After")) {
    const double seconds = std::strtod(text->c_str(), nullptr);
    if (seconds > 0) return seconds;
  }
  const auto limits = response.header("RateLimit");
  const auto at = limits ? limits->find("t=") : std::string::npos;
  return at == std::string::npos ? 0 : std::max(0.0, std::strtod(limits->c_str() + at + 2, nullptr));
}

/// The address of `Link: <ADDRESS>; rel="next"`; "" where there is none.
std::string next_page(const Response& response) {
  const std::string links = response.header("Link").value_or("");
  for (const std::string_view link : core::split(links, ",")) {
    const auto open = link.find('<'), close = link.find('>');
    if (open == std::string_view::npos || close == std::string_view::npos || close < open) continue;
    const std::string_view parameters = link.substr(close + 1);
    if (parameters.find("rel=\"next\"") != std::string_view::npos ||
        parameters.find("rel=next") != std::string_view::npos)
      return std::string(link.substr(open + 1, close - open - 1));
  }
  return "";
}

HubFile file_of(const core::Json& entry) {
  HubFile file{
      .path = entry.at("path").as_string(), .size = entry.at("size").as_integer(), .blob = entry.at("oid").as_string()};
  check_path(file.path);
  if (const auto* lfs = entry.find("lfs"); lfs && lfs->is_object()) {
    file.sha256 = lfs->at("oid").as_string();
    file.size = lfs->at("size").as_integer();
  }
  if (const auto* xet = entry.find("xetHash"); xet && xet->is_string()) file.xet = xet->as_string();
  return file;
}

/// `read` of what the API answered; what is not as expected is as good as a broken connection.
template <class Read>
auto understood(const Url& url, Read read) {
  try {
    return read();
  } catch (const HubError&) {
    throw;
  } catch (const std::runtime_error& error) {
    throw HubError(Failure::kInterrupted,
                   fmt::format("{}: the answer is none of the Hub's ({})", url.text(), error.what()));
  }
}

void ignore_body(const Response&, std::string_view) {}

}  // namespace

Url Remote::address(const std::string& target) const {
  Url url = settings_.endpoint;
  while (url.target.ends_with("/")) url.target.pop_back();
  url.target += target;
  return url;
}

Url Remote::address_of_file(const Repository& repository, const std::string& path) const {
  const std::string prefix = repository.kind == RepositoryKind::kDataset ? "/datasets/" : "/";
  return address(fmt::format("{}{}/resolve/{}/{}", prefix, repository.id, percent_encode(repository.revision, ""),
                             percent_encode(path, "/")));
}

bool Remote::is_on_hub(const Url& url) const {
  // A mirror may pass on to the Hub itself, for which the token is meant anyway.
  return url.origin() == settings_.endpoint.origin() || url.origin() == "https://huggingface.co:443" ||
         url.origin() == "https://hf.co:443";
}

Remote::Exchange Remote::request(Request request, Redirects redirects, const Sink& sink) {
  const Headers own = request.headers;
  for (int hop = 0; hop < kMostRedirects; ++hop) {
    request.headers = own;
    if (!settings_.token.empty() && is_on_hub(request.url))
      request.headers.emplace_back("Authorization", "Bearer " + settings_.token);
    request.proxy = settings_.proxy_for(request.url);
    Response response = client_.send(request, sink);
    if (!response.is_redirect()) return {std::move(response), request.url};
    Url target;
    try {
      target = request.url.resolve(*response.header("Location"));
    } catch (const std::invalid_argument& error) {
      throw HubError(Failure::kInterrupted, fmt::format("{} leads nowhere: {}", request.url.text(), error.what()));
    }
    if (redirects == Redirects::kOnHub && !is_on_hub(target)) return {std::move(response), request.url};
    request.url = std::move(target);
  }
  throw HubError(Failure::kRefused, fmt::format("{}: more than {} redirects", request.url.text(), kMostRedirects));
}

void Remote::refuse(const Response& response, const Repository& repository, const std::string& what) const {
  const std::string code = response.header("X-Error-Code").value_or("");
  const std::string place =
      address((repository.kind == RepositoryKind::kDataset ? "/datasets/" : "/") + repository.id).text();
  const std::string name = to_string(repository);
  const std::string said = response.header("X-Error-Message").value_or("");
  const int status = response.status;
  if (status == 408 || status == 429 || status >= 500)
    throw HubError(Failure::kBusy,
                   fmt::format("{}: {} answers with HTTP {}", name, settings_.endpoint.authority(), status),
                   asked_wait(response));
  if (code == "GatedRepo")
    throw HubError(
        Failure::kGated,
        fmt::format("{} is gated: request access at {} and {}", name, place,
                    settings_.token.empty() ? "set HF_TOKEN" : "use a token (HF_TOKEN) of the account that has it"));
  if (code == "RevisionNotFound")
    throw HubError(Failure::kNoRevision,
                   fmt::format("{} has no revision '{}'; see {}/tree/main", name, repository.revision, place));
  if (code == "EntryNotFound")
    throw HubError(Failure::kNoEntry, fmt::format("{} has no file {} at revision '{}'; see {}/tree/main", name, what,
                                                  repository.revision, place));
  if (code == "RepoNotFound" || (status == 401 && said != "Invalid credentials in Authorization header"))
    throw HubError(
        Failure::kNoRepository,
        fmt::format("{} does not exist on {}, or is private: check the name{}", name, settings_.endpoint.authority(),
                    settings_.token.empty() ? "; for a private repository set HF_TOKEN"
                                            : " and whether HF_TOKEN gives access"));
  throw HubError(Failure::kRefused,
                 fmt::format("{}: {}: HTTP {}{}{}", name, what, status, said.empty() ? "" : ": ", said));
}

Metadata Remote::metadata(const Repository& repository, const std::string& path, std::string& commit_of_absence) {
  const Url url = address_of_file(repository, path);
  const auto [response, last] = request(
      {.method = "HEAD", .url = url, .headers = {}, .timeout = settings_.etag_timeout}, Redirects::kOnHub, ignore_body);
  const std::string commit = response.header("X-Repo-Commit").value_or("");
  if (response.status >= 400) {
    if (response.header("X-Error-Code") == "EntryNotFound" && is_commit(commit)) commit_of_absence = commit;
    refuse(response, repository, path);
  }
  const auto linked = response.header("X-Linked-Etag");
  Metadata metadata{
      .commit = commit, .etag = bare_etag(linked ? *linked : response.header("ETag").value_or("")), .size = -1};
  if (!is_commit(metadata.commit) || !is_safe_etag(metadata.etag))
    throw HubError(
        Failure::kRefused,
        fmt::format("{}: the answer has no usable X-Repo-Commit and ETag: {} is no Hub; check HF_ENDPOINT and proxies",
                    last.text(), last.authority()));
  if (const auto size = response.number("X-Linked-Size")) {
    metadata.size = *size;
  } else if (!response.is_redirect()) {
    metadata.size = response.number("Content-Length").value_or(-1);
  }
  return metadata;
}

std::pair<core::Json, Response> Remote::ask_api(const Url& url, const Repository& repository) {
  std::string text;
  const auto [response, last] = request({.method = "GET", .url = url, .headers = {}, .timeout = settings_.etag_timeout},
                                        Redirects::kAll, [&](const Response& answer, std::string_view piece) {
                                          if (answer.status == 200 && text.size() < kMostJson) text.append(piece);
                                        });
  if (response.status != 200) refuse(response, repository, "its listing");
  return {understood(last, [&] { return core::parse_json(text); }), response};
}

std::string Remote::commit(const Repository& repository) {
  const Url url =
      address(fmt::format("/api/{}/revision/{}", to_string(repository), percent_encode(repository.revision, "")));
  const core::Json answer = ask_api(url, repository).first;
  return understood(url, [&] {
    std::string commit = answer.at("sha").as_string();
    if (!is_commit(commit)) throw std::runtime_error("sha is no commit");
    return commit;
  });
}

std::vector<HubFile> Remote::tree(const Repository& repository, const std::string& commit) {
  Url url = address(fmt::format("/api/{}/tree/{}?recursive=true&expand=false", to_string(repository), commit));
  std::vector<HubFile> files;
  for (int page = 0; page < kMostPages; ++page) {
    const auto [answer, response] = ask_api(url, repository);
    understood(url, [&files, &entries = answer] {
      for (const core::Json& entry : entries.as_array())
        if (entry.at("type").as_string() == "file") files.push_back(file_of(entry));
    });
    const std::string next = next_page(response);
    if (next.empty()) {
      std::sort(files.begin(), files.end(), [](const HubFile& a, const HubFile& b) { return a.path < b.path; });
      return files;
    }
    url = url.resolve(next);
  }
  throw HubError(Failure::kRefused, to_string(repository) + ": its listing has no end");
}

Response Remote::content(const Repository& repository, const std::string& path, std::int64_t offset, const Sink& sink) {
  Headers headers;
  if (offset > 0) headers.emplace_back("Range", fmt::format("bytes={}-", offset));
  Request get{.method = "GET",
              .url = address_of_file(repository, path),
              .headers = headers,
              .timeout = settings_.download_timeout};
  const auto bytes_only = [&](const Response& response, std::string_view piece) {
    if (response.status == 200 || response.status == 206) sink(response, piece);
  };
  auto [response, last] = request(std::move(get), Redirects::kAll, bytes_only);
  if (response.status == 200 || response.status == 206 || response.status == 416) return response;
  if (response.status == 403 && !is_on_hub(last))  // a signed address that has run out: the next attempt gets a new one
    throw HubError(Failure::kBusy, fmt::format("{}: {} answers with HTTP 403", path, last.authority()));
  if (response.status < 400)
    throw HubError(Failure::kInterrupted,
                   fmt::format("{}: {} answers with HTTP {}", path, last.authority(), response.status));
  refuse(response, repository, path);
}

}  // namespace hub
