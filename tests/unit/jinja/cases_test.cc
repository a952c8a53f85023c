// The text files under cases/: templates with what jinja2 renders, written by make_cases.py.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "harness/core/files.h"
#include "harness/core/json.h"
#include "harness/core/text.h"
#include "tasks/jinja/template.h"

namespace {

constexpr std::uint64_t kSeed = 5;  // of make_cases.py

struct Case {
  std::string source, wanted;
  bool raises = false;
};

struct CaseFile {
  core::Json row;
  std::vector<Case> cases;
};

CaseFile read_cases(const std::filesystem::path& path) {
  const std::string text = "\n" + core::read_file(path);
  CaseFile file;
  const auto parts = core::split(text, "\n--- ");
  for (const std::string_view part : parts) {
    const std::size_t newline = part.find('\n');
    const std::string_view kind = part.substr(0, newline);
    std::string body(newline == std::string_view::npos ? "" : part.substr(newline + 1));
    if (part.data() == parts.back().data() && body.ends_with('\n')) body.pop_back();
    if (kind == "row") file.row = core::parse_json(body);
    if (kind == "template") file.cases.push_back({body, "", false});
    if (kind == "text") file.cases.back().wanted = body;
    if (kind == "raises") file.cases.back().raises = true;
  }
  return file;
}

void check(const Case& one, const core::Json& row) {
  jinja::Context context(row);
  jinja::Draws draws([] { return kSeed; });
  std::string text;
  try {
    text = jinja::Template(one.source, "case").render(context, draws);
  } catch (const std::runtime_error& error) {
    EXPECT_TRUE(one.raises) << one.source << "\n" << error.what();
    return;
  }
  EXPECT_FALSE(one.raises) << one.source << "\nrendered " << text;
  EXPECT_TRUE(one.raises || text == one.wanted) << one.source << "\nrendered " << text << "\nwanted   " << one.wanted;
}

TEST(Cases, EqualJinja2) {
  const std::filesystem::path source = std::getenv("CAPPY_SOURCE") ? std::getenv("CAPPY_SOURCE") : ".";
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(source / "tests/unit/jinja/cases")) {
    const CaseFile file = read_cases(entry.path());
    for (const Case& one : file.cases) check(one, file.row);
    count += file.cases.size();
  }
  std::cout << "oracle jinja2: " << count << " cases compared\n";
  EXPECT_GE(count, 340u);
}

}  // namespace
