#include "harness/run/store.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/core/errors.h"
#include "harness/core/files.h"
#include "harness/core/hash.h"
#include "harness/core/json_lines.h"
#include "harness/core/text.h"
#include "harness/run/file_lock.h"
#include "harness/run/journal.h"
#include "harness/run/measure.h"

namespace run {

using core::Json;

std::string StageKey::hash() const {
  return core::sha256(core::write_json(Json::Object{{"stage", stage}, {"inputs", inputs}}));
}

/// The files of one result.
struct Store::Files {
  Files(const std::filesystem::path& folder, const StageKey& key) {
    const std::string stem = (folder / key.stage / key.hash()).string();
    result = stem + ".jsonl";
    manifest = stem + ".manifest.json";
    journal = stem + ".partial";
    timings = stem + ".timings.jsonl";
    lock = stem + ".lock";
  }
  std::filesystem::path result, manifest, journal, timings, lock;
};

namespace {

std::vector<Json> parsed(std::string_view text) {
  std::vector<Json> values;
  for (std::string_view line : core::split(text, "\n")) {
    if (!line.empty()) values.push_back(core::parse_json(line));
  }
  return values;
}

/// Lines of timings; a line that a crash tore is no reason to fail, it is only a circumstance.
std::vector<Json> read_timings(const std::filesystem::path& path) {
  std::vector<Json> timings;
  if (!std::filesystem::exists(path)) return timings;
  const std::string text = core::read_file(path);
  for (std::string_view line : core::split(text, "\n")) {
    if (line.empty()) continue;
    try {
      timings.push_back(core::parse_json(line));
    } catch (const std::runtime_error&) {
      continue;
    }
  }
  return timings;
}

Json timing(const std::string& stage, std::size_t begin, const BatchResult& batch, const Cost& cost) {
  return Json::Object{{"stage", stage},
                      {"begin", static_cast<std::int64_t>(begin)},
                      {"instances", static_cast<std::int64_t>(batch.lines.size())},
                      {"seconds", cost.seconds},
                      {"tokens", batch.tokens},
                      {"peak_memory", cost.peak_memory}};
}

/// Why the files do not hold the result that the manifest promises; empty where they do.
std::string damage(const Json& manifest, const std::string& text, std::size_t count) {
  const auto lines = std::count(text.begin(), text.end(), '\n');
  const std::string hash = core::sha256(text);
  if (manifest.at("count").as_integer() != lines) {
    return fmt::format("{} lines instead of {}", lines, manifest.at("count").as_integer());
  }
  if (manifest.at("sha256").as_string() != hash) return "its bytes do not have the SHA-256 of its manifest";
  if (static_cast<std::size_t>(lines) != count) return fmt::format("{} lines for {} instances", lines, count);
  return "";
}

}  // namespace

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text.append(line).push_back('\n');
  return text;
}

Store::Store(std::filesystem::path folder, Say say, core::ProgressMode progress)
    : folder_(std::move(folder)), say_(std::move(say)), progress_(progress) {}

StageResult Store::obtain(const StageWork& work) {
  const Files files(folder_, work.key);
  const FileLock lock(files.lock, [&] { say_(work.title + ": another run computes this; waiting for it"); });
  StageResult result;
  if (read_finished(work, files, result)) {
    say_(fmt::format("{}: reused, {} instances", work.title, work.count));
    return result;
  }
  const std::string text = joined(compute(work, files, result));
  result.values = parsed(text);
  result.sha256 = core::sha256(text);
  core::write_file(files.result, text);
  const Json manifest = Json::Object{{"stage", work.key.stage},
                                     {"inputs", work.key.inputs},
                                     {"count", static_cast<std::int64_t>(work.count)},
                                     {"sha256", result.sha256},
                                     {"provenance", work.provenance}};
  core::write_file(files.manifest, core::write_json_pretty(manifest));
  std::filesystem::remove(files.journal);
  return result;
}

void Store::forget(const StageKey& key) {
  const Files files(folder_, key);
  for (const auto& file : {files.manifest, files.result, files.journal, files.timings}) std::filesystem::remove(file);
}

bool Store::read_finished(const StageWork& work, const Files& files, StageResult& result) const {
  if (!std::filesystem::exists(files.manifest)) return false;
  std::string why;
  try {
    const Json manifest = core::read_json_file(files.manifest);
    const std::string text = core::read_file(files.result);
    why = damage(manifest, text, work.count);
    if (why.empty()) {
      result.values = parsed(text);
      result.sha256 = manifest.at("sha256").as_string();
      result.timings = read_timings(files.timings);
      return true;
    }
  } catch (const std::runtime_error& error) {
    why = error.what();
  }
  say_(fmt::format("{}: the stored result {} is damaged ({}); it is computed again", work.title, files.result.string(),
                   why));
  for (const auto& file : {files.manifest, files.result, files.journal, files.timings}) std::filesystem::remove(file);
  return false;
}

std::vector<std::string> Store::compute(const StageWork& work, const Files& files, StageResult& result) const {
  const Json owner = Json::Object{{"key", work.key.hash()}, {"provenance", work.provenance}};
  Journal journal(files.journal, core::write_json(owner));
  std::size_t done = std::min(journal.lines().size(), work.count);
  if (journal.dropped() > 0)
    say_(fmt::format("{}: dropped {} damaged or foreign lines", work.title, journal.dropped()));
  say_(done == 0 ? fmt::format("{}: {} instances", work.title, work.count)
                 : fmt::format("{}: resumed, {} of {} instances were there", work.title, done, work.count));
  core::AppendFile timings(files.timings);
  if (work.prepare && done < work.count) {
    const Stopwatch stopwatch;
    work.prepare();
    timings.append(core::write_json(timing("load model", done, {}, stopwatch.cost())) + "\n");
  }
  core::Progress progress(work.title, static_cast<std::int64_t>(work.count), "instances", progress_);
  progress.add(static_cast<std::int64_t>(done));
  while (done < work.count) {
    const std::size_t end = std::min(done + work.batch, work.count);
    const Stopwatch stopwatch;
    const BatchResult batch = work.compute(done, end);
    const std::size_t made = batch.lines.size();
    if (batch.failure ? made > end - done : made != end - done)
      throw std::logic_error(work.title + ": a batch of another size came back");
    if (made > 0) {
      journal.append(batch.lines);
      timings.append(core::write_json(timing(work.key.stage, done, batch, stopwatch.cost())) + "\n");
      progress.add(static_cast<std::int64_t>(made));
    }
    if (batch.failure) std::rethrow_exception(batch.failure);
    result.computed += static_cast<std::int64_t>(made);
    done = end;
  }
  result.timings = read_timings(files.timings);
  return {journal.lines().begin(), journal.lines().begin() + static_cast<std::ptrdiff_t>(work.count)};
}

}  // namespace run
