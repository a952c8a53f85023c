// Random damage to what the readers take from outside: JSON, JSON Lines, YAML, templates, safetensors, tokenizer files.
//   fuzz_readers HOME SECONDS SEED
// Every input must give a value or an exception; a crash, a hang or (in the asan preset) a report of a sanitizer is a
// finding, and the last line printed says which reader, seed and turn it was. Seeds are files of HOME and small texts.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "backbones/checkpoint/safetensors.h"
#include "backbones/tokenizer/tokenizer.h"
#include "harness/core/files.h"
#include "harness/core/json_lines.h"
#include "harness/core/random.h"
#include "harness/core/yaml.h"
#include "tasks/jinja/template.h"

namespace {

struct Reader {
  std::string name;
  std::vector<std::string> seeds;
  std::function<void(const std::string&)> read;
};

/// Up to four edits: a byte set, a piece cut out, a piece of the text put elsewhere.
std::string damage(std::string text, core::PythonRandom& random) {
  const auto place = [&] { return static_cast<std::size_t>(random.below(text.size() + 1)); };
  for (std::uint64_t edits = 1 + random.below(4); edits > 0; --edits) {
    const std::size_t at = place(), length = static_cast<std::size_t>(random.below(16));
    switch (random.below(4)) {
      case 0:
        if (at < text.size()) text[at] = static_cast<char>(random.below(256));
        break;
      case 1:
        text.erase(at, length);
        break;
      case 2:
        text.insert(at, text.substr(std::min(place(), text.size()), length));
        break;
      default:
        text.insert(at, 1, "{}[]\"'\\,:|%#-\n\0 0"[random.below(17)]);
    }
  }
  return text;
}

/// Eight bytes of header length, a header, its tensor.
std::string small_safetensors() {
  const std::string header = R"({"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}})";
  std::string file(8, '\0');
  file[0] = static_cast<char>(header.size());
  return file + header + std::string(24, '\x11');
}

/// Not core::write_file: that waits for the disk.
void overwrite(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

void render(const std::string& source) {
  const core::Json row = core::parse_json(R"({"a": "x y", "n": 3, "list": ["p", "q"], "map": {"k": 1.5}})");
  jinja::Context context(row);
  jinja::Draws draws([] { return std::uint64_t{1}; });
  jinja::Template(source, "fuzz").render(context, draws);
}

std::vector<Reader> readers(const std::filesystem::path& home, const std::filesystem::path& scratch) {
  const auto at = [&](const char* path) { return core::read_file(home / path); };
  const auto in_file = [scratch](const char* name, const std::string& text) {
    overwrite(scratch / name, text);
    return scratch / name;
  };
  const auto tokenize = [in_file](const std::string& text) {
    const auto path = in_file("tokenizer.json", text);
    tokenizer::load_tokenizer(path.parent_path())->encode("a small <s> text é ﬁ");
  };
  return {
      {"JSON",
       {R"({"a": [1, 2.5e-3, "x\u00e9\n", null, true], "b": {"c": -0}})"},
       [](const auto& t) { core::parse_json(t); }},
      {"JSON line",
       {R"({"instruction": "x", "z": 1.0, "references": ["a", "b"]})"},
       [](const auto& t) { core::JsonRecord::parse(t).to_line(); }},
      {"YAML",
       {at("configs/first.yaml"), at("tasks/promptsource/rte.yaml")},
       [](const auto& t) { core::Yaml::from_text(t, "fuzz"); }},
      {"template",
       {"{% for x in list if x != 'p' %}{{ loop.index }}{{ x|upper }}{% else %}-{% endfor %}|||{{ map['k'] }}",
        "{% set ns = namespace(v=1) %}{{ [1, 2][n - 2] + ns.v }}{{ a.split(' ')[1:] | join('_') }}"},
       render},
      {"safetensors",
       {small_safetensors()},
       [in_file](const auto& t) { checkpoint::SafetensorsFile(in_file("f.safetensors", t)).read("a"); }},
      {"T5 tokenizer", {at("configs/miniature/t5_tokenizer/tokenizer.json")}, tokenize},
      {"RoBERTa tokenizer", {at("configs/miniature/roberta_tokenizer/tokenizer.json")}, tokenize},
  };
}

}  // namespace

int main(int count, char** words) {
  if (count != 4) return 2;
  const auto scratch = std::filesystem::temp_directory_path() / fmt::format("cappy-fuzz-{}", ::getpid());
  std::filesystem::create_directories(scratch);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(std::stoi(words[2]));
  core::PythonRandom random(std::stoull(words[3]));
  std::vector<Reader> all = readers(words[1], scratch);
  std::vector<std::int64_t> turns(all.size()), refused(all.size());
  for (std::size_t turn = 0; std::chrono::steady_clock::now() < end; ++turn) {
    const std::size_t i = turn % all.size();
    const std::string text = damage(all[i].seeds[random.below(all[i].seeds.size())], random);
    overwrite(scratch / "last", all[i].name + "\n" + text);  // what to look at after a crash
    ++turns[i];
    try {
      all[i].read(text);
    } catch (const std::exception&) {
      ++refused[i];
    }
  }
  for (std::size_t i = 0; i < all.size(); ++i)
    fmt::print("oracle fuzz, {}: {} inputs compared, {} refused, 0 crashes\n", all[i].name, turns[i], refused[i]);
  std::filesystem::remove_all(scratch);
  return turns[0] > 0 ? 0 : 1;
}
