// Rows as `open_rows` gives them, as JSON Lines.
//   row_lines FILE...   the rows of a split; nothing is held
//   row_lines --openssl FILE...   which OpenSSL serves this program once the rows are read: libparquet has another one
//   row_lines           one case a line of standard input: {"files": [...], "format": {"header": "first|skip|none",
//                       "columns": [...], "delimiter": ",", "quote": "\"", "skip_initial_space": false,
//                       "other_length": "error|skip"}}; one line out: {"rows", "places", "class_names", "unread",
//                       "skipped", "error"}
// Numbers that JSON has no text for stand as {"float": "nan"}.
#include <dlfcn.h>
#include <fmt/format.h>
#include <openssl/evp.h>

#include <cmath>
#include <iostream>

#include "harness/core/json_lines.h"
#include "tasks/rows.h"

namespace {

using core::Json;

Json printable(const Json& value) {
  if (value.is_double() && !std::isfinite(value.as_double()))
    return Json(Json::Object{{"float", Json(fmt::format("{}", value.as_double()))}});
  if (value.is_array()) {
    Json::Array items;
    for (const Json& item : value.as_array()) items.emplace_back(printable(item));
    return Json(std::move(items));
  }
  if (value.is_object()) {
    Json::Object object;
    for (const auto& [key, item] : value.as_object()) object.emplace_back(key, printable(item));
    return Json(std::move(object));
  }
  return value;
}

std::vector<std::filesystem::path> paths(const std::vector<std::string>& names) { return {names.begin(), names.end()}; }

char character(const Json& value) { return value.as_string().empty() ? '\0' : value.as_string().front(); }

tasks::TableFormat read_format(const Json& written) {
  using Format = tasks::TableFormat;
  Format format;
  for (const auto& [key, value] : written.as_object()) {
    if (key == "header")
      format.header = value == Json("first")  ? Format::Header::kFirstLine
                      : value == Json("skip") ? Format::Header::kSkip
                                              : Format::Header::kNone;
    if (key == "columns") format.columns = value.as_strings();
    if (key == "delimiter") format.delimiter = character(value);
    if (key == "quote") format.quote = character(value);
    if (key == "skip_initial_space") format.skip_initial_space = value.as_bool();
    if (key == "other_length")
      format.other_length = value == Json("skip") ? Format::OtherLength::kSkip : Format::OtherLength::kError;
  }
  return format;
}

Json class_names(const tasks::RowReader& reader) {
  Json::Object object;
  for (const auto& [column, names] : reader.class_names()) {
    Json::Array list;
    for (const std::string& name : names) list.emplace_back(name);
    object.emplace_back(column, Json(std::move(list)));
  }
  return Json(std::move(object));
}

Json run_case(const Json& given) {
  Json::Array rows, places;
  Json::Object result, unread;
  try {
    const Json* format = given.find("format");
    const auto reader =
        tasks::open_rows(paths(given.at("files").as_strings()), read_format(format ? *format : Json(Json::Object{})));
    result.emplace_back("class_names", class_names(*reader));
    for (const auto& [column, type] : reader->unread_columns()) unread.emplace_back(column, Json(type));
    while (auto row = reader->next()) {
      rows.emplace_back(printable(row->columns));
      places.emplace_back(row->place);
    }
    result.emplace_back("skipped", Json(reader->skipped_lines()));
  } catch (const std::exception& error) {
    result.emplace_back("error", Json(std::string(error.what())));
  }
  result.emplace_back("rows", Json(std::move(rows)));
  result.emplace_back("places", Json(std::move(places)));
  result.emplace_back("unread", Json(std::move(unread)));
  return Json(std::move(result));
}

std::string library_of(const void* function) {
  Dl_info found{};
  return ::dladdr(function, &found) != 0 ? found.dli_fname : "nowhere";
}

}  // namespace

int main(int count, char** words) try {
  std::ios::sync_with_stdio(false);
  if (count > 1 && std::string_view(words[1]) == "--openssl") {
    const auto reader = tasks::open_rows(paths({words + 2, words + count}));
    while (reader->next()) continue;
    std::cout << library_of(reinterpret_cast<const void*>(&EVP_sha256)) << '\n'
              << library_of(::dlsym(RTLD_DEFAULT, "EVP_sha256")) << '\n';
    return 0;
  }
  if (count > 1) {
    const auto reader = tasks::open_rows(paths({words + 1, words + count}));
    while (auto row = reader->next()) std::cout << core::write_json(printable(row->columns)) << '\n';
    return 0;
  }
  core::JsonLinesReader cases(std::cin, "standard input");
  while (auto record = cases.next()) std::cout << core::write_json(run_case(record->to_json())) << '\n';
  return 0;
} catch (const std::exception& error) {
  std::cerr << "row_lines: " << error.what() << '\n';
  return 1;
}
