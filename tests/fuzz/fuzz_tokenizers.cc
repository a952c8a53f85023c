// Random damage to tokenizer files: tokenizer.json of both models, spiece.model, vocab.json, merges.txt.
//   fuzz_tokenizers HOME SECONDS SEED
// What still loads must encode and decode. Seeds: tests/fuzz/corpus/tokenizer and the miniature tokenizers.
#include <filesystem>
#include <string>
#include <vector>

#include "backbones/tokenizer/tokenizer.h"
#include "harness/core/files.h"
#include "tests/fuzz/fuzz.h"

namespace {

void use(const std::filesystem::path& folder) {
  const auto tokenizer = tokenizer::load_tokenizer(folder);
  for (const char* text :
       {"a small <s> text é ﬁ</s>\u0301", "  \t\u2581ab<extra_id_0>  b\n", "\u0e01\u0e31\U0001F468\u200D\U0001F469"}) {
    const tokenizer::Encoding encoding = tokenizer->encode(text);
    tokenizer->decode(encoding.ids);
    tokenizer->encode_pair(text, text, 16);
  }
}

/// One file in a folder of its own; the others as they should be.
std::filesystem::path folder_with(const std::string& kind,
                                  const std::vector<std::pair<std::string, std::string>>& files) {
  const auto folder = fuzz::scratch_folder() / kind;
  std::filesystem::create_directories(folder);
  for (const auto& [name, content] : files) fuzz::put(kind + "/" + name, content);
  return folder;
}

std::vector<fuzz::Reader> readers(const std::filesystem::path& home) {
  const auto at = [&](const std::string& path) { return core::read_file(home / path); };
  const auto corpus = [&](const std::string& name) { return at("tests/fuzz/corpus/tokenizer/" + name); };
  const std::string vocabulary = corpus("vocab.json"), merges = corpus("merges.txt");
  return {
      {"tokenizer.json",
       {corpus("unigram.json"), corpus("byte_pair.json"), at("configs/miniature/t5_tokenizer/tokenizer.json"),
        at("configs/miniature/roberta_tokenizer/tokenizer.json")},
       [](const auto& t) {
         use(folder_with("json", {{"tokenizer.json", t}}));
       }},
      {"spiece.model",
       {corpus("spiece.model")},
       [](const auto& t) {
         use(folder_with("spiece", {{"spiece.model", t}}));
       }},
      {"vocab.json",
       {vocabulary},
       [merges](const auto& t) {
         use(folder_with("vocabulary", {{"vocab.json", t}, {"merges.txt", merges}}));
       }},
      {"merges.txt",
       {merges},
       [vocabulary](const auto& t) {
         use(folder_with("merges", {{"vocab.json", vocabulary}, {"merges.txt", t}}));
       }},
  };
}

}  // namespace

int main(int count, char** words) {
  if (count != 4) return 2;
  return fuzz::run(readers(words[1]), std::stoi(words[2]), std::stoull(words[3]));
}
