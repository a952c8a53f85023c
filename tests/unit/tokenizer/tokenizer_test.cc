// Small tokenizers made here: ties and unknowns of the Unigram model, merges by rank, added tokens, cutting, and broken
// files.
#include "backbones/tokenizer/tokenizer.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "backbones/tokenizer/byte_pair.h"
#include "backbones/tokenizer/character_map.h"
#include "backbones/tokenizer/decoder.h"
#include "backbones/tokenizer/pipeline.h"
#include "backbones/tokenizer/stages.h"
#include "backbones/tokenizer/tokenizer_json.h"
#include "backbones/tokenizer/unicode.h"
#include "backbones/tokenizer/unigram.h"
#include "harness/core/errors.h"
#include "harness/core/files.h"

namespace tokenizer {
namespace {

Ids encode(const Model& model, std::string_view word) {
  Ids ids;
  Scratch scratch;
  model.encode(word, scratch, ids);
  return ids;
}

TEST(Unigram, TakesTheBestSumAndJoinsUnknowns) {
  const Unigram model(
      {{"<unk>", "a", "b", "c", "d", "cd", "ab", "abc", "abcd"}, {0, 0, 0, 0, 0, 1, 2, 5, 10}, 0, false});
  EXPECT_EQ(encode(model, "abcdacdxx"), (Ids{8, 1, 5, 0}));
  EXPECT_EQ(encode(model, "xaxé"), (Ids{0, 1, 0}));
}

TEST(Unigram, KeepsTheEarlierPathOnATie) {
  const Unigram model({{"<unk>", "ab", "c", "a", "bc"}, {0, -1, -1, -1, -1}, 0, false});
  EXPECT_EQ(encode(model, "abc"), (Ids{3, 4}));  // "a" is left first, so "bc" reaches the end before "c" does
}

TEST(Unigram, RefusesAnUnknownIdOutside) { EXPECT_THROW(Unigram({{"a"}, {0}, 1, false}), std::runtime_error); }

TEST(BytePair, MergesByRankLeftmostFirst) {
  const BytePair model({{{"a", 0}, {"b", 1}, {"aa", 2}, {"ab", 3}, {"aab", 4}},
                        {{"a", "a"}, {"a", "b"}, {"a", "ab"}},
                        "",
                        false,
                        false});
  EXPECT_EQ(encode(model, "aaab"), (Ids{2, 3}));
  EXPECT_EQ(encode(model, "aab"), (Ids{2, 1}));
  EXPECT_EQ(encode(model, "bab"), (Ids{1, 3}));
}

TEST(BytePair, NamesTheMergeThatIsNoPiece) {
  try {
    BytePair({{{"a", 0}}, {{"a", "a"}}, "", false, false});
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "merge 0: 'aa' is not in the vocabulary");
  }
}

TEST(Gpt2Words, CutLikeTheRegularExpression) {
  const std::string text = "I'll  go42 ¿no?\n\n é'S ";
  std::vector<std::string> words;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = gpt2_word_end(text, at);
    words.push_back(text.substr(at, end - at));
    at = end;
  }
  EXPECT_EQ(words,
            (std::vector<std::string>{"I", "'ll", " ", " go", "42", " ¿", "no", "?", "\n\n", " é", "'", "S", " "}));
}

TEST(Graphemes, JoinMarksFlagsAndFamilies) {
  EXPECT_EQ(grapheme_end("e\u0301x", 0), 3u);
  EXPECT_EQ(grapheme_end("\r\nx", 0), 2u);
  EXPECT_EQ(grapheme_end("\U0001F1E9\U0001F1EA\U0001F1E9", 0), 8u);
  EXPECT_EQ(grapheme_end("\u00A9\u200D\u00AEx", 0), 7u);
  EXPECT_EQ(grapheme_end("\u0915\u094D\u0915x", 0), 9u);
  EXPECT_EQ(grapheme_end("ab", 0), 1u);
}

TEST(LongestFirst, CutsTheLonger) {
  EXPECT_EQ(longest_first(3, 4, 7), std::pair(std::size_t{3}, std::size_t{4}));
  EXPECT_EQ(longest_first(10, 3, 8), std::pair(std::size_t{5}, std::size_t{3}));
  EXPECT_EQ(longest_first(10, 10, 7), std::pair(std::size_t{3}, std::size_t{4}));
  EXPECT_EQ(longest_first(10, 9, 7), std::pair(std::size_t{4}, std::size_t{3}));
}

TEST(SerdeNumber, RoundsOnceMoreThanTheNearestDouble) {
  EXPECT_EQ(serde_number("-2.0122928619384766"), -2.012292861938477);
  EXPECT_EQ(serde_number("0.0"), 0.0);
  EXPECT_EQ(serde_number("-15"), -15.0);
  EXPECT_EQ(serde_number("1.5e2"), 150.0);
}

TEST(Decoding, ReplacesBrokenUtf8LikeTheStandard) {
  EXPECT_EQ(replace_invalid_utf8("a\xE2\x82z\xF0\x9F\x98"), "a\uFFFDz\uFFFD");
  EXPECT_EQ(replace_invalid_utf8("\xC0\x80"), "\uFFFD\uFFFD");
  Decoder decoder{Decoder::Kind::kMetaspace};
  EXPECT_EQ(decode_pieces(decoder, {"\u2581Hi", "\u2581you", "."}), "Hi you.");
  decoder.clean_up = true;
  EXPECT_EQ(decode_pieces(decoder, {"\u2581Hi", "\u2581."}), "Hi.");
}

TEST(Base64, NamesTheCharacter) {
  EXPECT_EQ(decode_base64("aGk="), "hi");
  EXPECT_THROW(decode_base64("aG*="), std::runtime_error);
  EXPECT_THROW(decode_base64("aGk"), std::runtime_error);
  EXPECT_THROW(CharacterMap("\x08"), std::runtime_error);
  EXPECT_THROW(CharacterMap(std::string("\x08\0\0\0abcd", 8)), std::runtime_error);
}

// A folder that disappears.
class FolderTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("cappy_tokenizer_" + std::to_string(getpid()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  void write(const std::string& name, const std::string& content) { core::write_file(folder_ / name, content); }
  std::string error() {
    try {
      load_tokenizer(folder_);
    } catch (const core::FileError& failure) {
      return failure.what();
    }
    return "no error";
  }
  std::filesystem::path folder_;
};

std::string unigram_file(const std::string& pre_tokenizer) {
  return R"({"version":"1.0","added_tokens":[
    {"id":1,"content":"</s>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true},
    {"id":6,"content":"<x>","single_word":false,"lstrip":true,"rstrip":true,"normalized":false,"special":false},
    {"id":7,"content":"ab","single_word":true,"lstrip":false,"rstrip":false,"normalized":true,"special":false}],
    "normalizer":null,"pre_tokenizer":)" +
         pre_tokenizer + R"(,"decoder":{"type":"Metaspace","replacement":"▁"},
    "post_processor":{"type":"TemplateProcessing","single":[{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"</s>","type_id":0}}],
    "pair":[{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"</s>","type_id":0}},{"Sequence":{"id":"B","type_id":0}},{"SpecialToken":{"id":"</s>","type_id":0}}],
    "special_tokens":{"</s>":{"id":"</s>","ids":[1],"tokens":["</s>"]}}},
    "model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0.0],["</s>",0.0],["▁",-2.0],["a",-1.0],["b",-1.5],["▁a",-1.0]]}})";
}

TEST_F(FolderTest, FindsAddedTokensAndCuts) {
  write("tokenizer.json", unigram_file(R"({"type":"Metaspace","replacement":"▁","prepend_scheme":"always"})"));
  const auto tokenizer = load_tokenizer(folder_);
  EXPECT_EQ(tokenizer->size(), 8);
  EXPECT_EQ(tokenizer->encode("a b").ids, (Ids{5, 2, 4, 1}));
  EXPECT_EQ(tokenizer->encode("a  <x>\tb").ids, (Ids{5, 6, 2, 4, 1}));
  EXPECT_EQ(tokenizer->encode("ab").ids, (Ids{7, 1}));
  EXPECT_EQ(tokenizer->encode("aab").ids, (Ids{5, 3, 4, 1}));
  const Encoding cut = tokenizer->encode("a b a b", 3);
  EXPECT_EQ(cut.ids, (Ids{5, 2, 1}));
  EXPECT_EQ(cut.cut, 4);
  EXPECT_EQ(tokenizer->encode_pair("a", "a b", 5).ids, (Ids{5, 1, 5, 2, 1}));
  EXPECT_EQ(tokenizer->decode(Ids{5, 2, 4, 1, 99, 7}), "a bab");
  EXPECT_THROW(tokenizer->encode("a", 0), std::invalid_argument);
  EXPECT_THROW(tokenizer->encode("\xFF"), std::invalid_argument);
}

TEST_F(FolderTest, NamesWhatItCannotDo) {
  write("tokenizer.json", unigram_file(R"({"type":"Sequence","pretokenizers":[{"type":"Digits"}]})"));
  EXPECT_NE(error().find("tokenizer.json: pre_tokenizer.pretokenizers[0].type: 'Digits' is not supported"),
            std::string::npos)
      << error();
}

TEST_F(FolderTest, NamesWhatIsBroken) {
  EXPECT_NE(error().find("holds no tokenizer"), std::string::npos) << error();
  write("vocab.json", R"({"a":0,"b":1})");
  write("merges.txt", "#version: 0.2\na b c\n");
  EXPECT_NE(error().find("merges.txt: line 2"), std::string::npos) << error();
  write("spiece.model", "\x0A\x7F short");
  EXPECT_NE(error().find("spiece.model: byte 2: the file ends, 127 more bytes expected"), std::string::npos) << error();
  write("tokenizer.json", "{\"version\":");
  EXPECT_NE(error().find("tokenizer.json"), std::string::npos) << error();
}

}  // namespace
}  // namespace tokenizer
