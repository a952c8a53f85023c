// Broken and hostile tokenizer files: every one is refused with one error that names the file and the place, in seconds
// and without much memory. Each case is one edit of a small file that loads.
#include <gtest/gtest.h>
#include <unistd.h>

#include <bit>
#include <chrono>
#include <filesystem>

#include "backbones/tokenizer/tokenizer.h"
#include "harness/core/errors.h"
#include "harness/core/files.h"

namespace tokenizer {
namespace {

using Files = std::vector<std::pair<std::string, std::string>>;  // name, content

std::string edited(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << "the case edits '" << from << "', which is not there";
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

// --- files that load ---

// An array of one unit block: the root (offset 256) and nothing that it leads to.
std::string character_map(std::uint32_t root = 256U << 10, std::uint32_t child = 0, std::uint32_t leaf = 0) {
  std::vector<std::uint32_t> units(512, 0);
  units[0] = root;
  units[256 ^ 'x'] = child;
  units[0] = root;
  const std::uint32_t place = (256U ^ 'x') ^ (child >> 10);
  if (child != 0 && place < units.size()) units[place] = leaf;  // a child outside leads nowhere
  std::string bytes;
  const auto put = [&](std::uint32_t value) {
    for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<char>(value >> shift & 0xFF));
  };
  put(static_cast<std::uint32_t>(4 * units.size()));
  for (const std::uint32_t unit : units) put(unit);
  return bytes + std::string("y\0", 2);
}

std::string base64(const std::string& bytes) {
  constexpr const char* kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k)
      bits = bits << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0);
    for (std::size_t k = 0; k < 4; ++k) text.push_back(i + k > bytes.size() ? '=' : kDigits[bits >> (18 - 6 * k) & 63]);
  }
  return text;
}

std::string unigram_json(const std::string& map = character_map()) {
  return R"({"version":"1.0","truncation":null,"padding":null,"added_tokens":[
 {"id":1,"content":"</s>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true},
 {"id":5,"content":"<x>","single_word":false,"lstrip":false,"rstrip":false,"normalized":true,"special":false}],
 "normalizer":{"type":"Sequence","normalizers":[{"type":"Precompiled","precompiled_charsmap":")" +
         base64(map) + R"("},
 {"type":"Strip","strip_left":false,"strip_right":true},{"type":"Replace","pattern":{"Regex":" {2,}"},"content":" "}]},
 "pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true},
 "post_processor":{"type":"TemplateProcessing","single":[{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"</s>","type_id":0}}],
 "pair":[{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"B","type_id":0}},{"SpecialToken":{"id":"</s>","type_id":0}}],
 "special_tokens":{"</s>":{"id":"</s>","ids":[1],"tokens":["</s>"]}}},
 "decoder":{"type":"Metaspace","replacement":"▁","prepend_scheme":"always"},
 "model":{"type":"Unigram","unk_id":0,"byte_fallback":false,"vocab":[["<unk>",0.0],["</s>",0.0],["▁",-2.0],["a",-1.5],["▁a",-1.25]]}})";
}

std::string byte_pair_json() {
  return R"({"version":"1.0","added_tokens":[
 {"id":3,"content":"<s>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}],
 "normalizer":null,"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true},
 "post_processor":{"type":"RobertaProcessing","sep":["<s>",3],"cls":["<s>",3],"trim_offsets":true,"add_prefix_space":false},
 "decoder":{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true},
 "model":{"type":"BPE","dropout":null,"unk_token":null,"continuing_subword_prefix":"","end_of_word_suffix":"","fuse_unk":false,
 "vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]}})";
}

std::string field(int number, int type, const std::string& value) {
  return std::string(1, static_cast<char>(number << 3 | type)) + value;
}
std::string bytes_field(int number, const std::string& value) {
  std::string length;
  for (std::size_t left = value.size();; left >>= 7) {
    length.push_back(static_cast<char>((left & 0x7F) | (left > 0x7F ? 0x80 : 0)));
    if (left <= 0x7F) break;
  }
  return field(number, 2, length + value);
}
std::string float_field(int number, float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  std::string bytes;
  for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<char>(bits >> shift & 0xFF));
  return field(number, 5, bytes);
}
std::string piece(const std::string& text, float score, char type = 1) {
  return bytes_field(1, bytes_field(1, text) + float_field(2, score) + field(3, 0, std::string(1, type)));
}
std::string spiece(const std::string& extra = "", const std::string& map = character_map()) {
  return piece("<pad>", 0, 3) + piece("</s>", 0, 3) + piece("<unk>", 0, 2) + piece("\u2581", -2) +
         piece("\u2581a", -1.5F) + extra + bytes_field(2, field(3, 0, std::string(1, '\1'))) +
         bytes_field(3, bytes_field(2, map));
}

const std::string kVocabulary = R"({"<s>":0,"<pad>":1,"</s>":2,"<unk>":3,"a":4,"b":5,"ab":6,"<mask>":7})";
const std::string kMerges = "#version: 0.2\na b\n";

// --- the cases ---

struct Case {
  std::string name;
  Files files;
  std::vector<std::string> says;  // parts of the message
};

Case unigram(const std::string& name, const std::string& from, const std::string& to, const std::string& says) {
  return {"unigram: " + name, {{"tokenizer.json", edited(unigram_json(), from, to)}}, {"tokenizer.json", says}};
}
Case byte_pair(const std::string& name, const std::string& from, const std::string& to, const std::string& says) {
  return {"byte pair: " + name, {{"tokenizer.json", edited(byte_pair_json(), from, to)}}, {"tokenizer.json", says}};
}
Case mapped(const std::string& name, const std::string& map, const std::string& says) {
  return {"character map: " + name, {{"tokenizer.json", unigram_json(map)}}, {"precompiled_charsmap", says}};
}
Case piece_file(const std::string& name, const std::string& content, const std::string& says) {
  return {"spiece: " + name, {{"spiece.model", content}}, {"spiece.model", says}};
}
Case vocabulary(const std::string& name, const std::string& from, const std::string& to, const std::string& says) {
  return {"vocab.json: " + name,
          {{"vocab.json", edited(kVocabulary, from, to)}, {"merges.txt", kMerges}},
          {"vocab.json", says}};
}
Case merges(const std::string& name, const std::string& content, const std::string& says) {
  return {"merges.txt: " + name, {{"vocab.json", kVocabulary}, {"merges.txt", content}}, {"merges.txt", says}};
}
Case beside(const std::string& file, const std::string& content, const std::string& says) {
  return {file + ": " + content.substr(0, 60),
          {{"vocab.json", kVocabulary}, {"merges.txt", kMerges}, {file, content}},
          {file, says}};
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

std::vector<Case> json_cases() {
  return {
      {"an empty file", {{"tokenizer.json", ""}}, {"tokenizer.json"}},
      {"half a file", {{"tokenizer.json", unigram_json().substr(0, 1500)}}, {"tokenizer.json"}},
      {"a list", {{"tokenizer.json", "[]"}}, {"tokenizer.json", "expected an object"}},
      {"deep nesting", {{"tokenizer.json", nested(100000)}}, {"tokenizer.json"}},
      {"two texts", {{"tokenizer.json", unigram_json() + "{}"}}, {"tokenizer.json"}},
      unigram("another version", "\"1.0\"", "\"2.0\"", "version: '2.0' is not 1.0"),
      unigram("a key twice", "\"padding\":null", "\"padding\":null,\"padding\":null", "padding"),
      unigram("broken UTF-8", "<x>", "\xFF<x>", "UTF-8"),
      unigram("a lone surrogate", "<x>", "\\ud800", ""),
      unigram("nested deep inside", "\"padding\":null", "\"padding\":" + nested(5000), ""),
      unigram("model missing", "\"model\"", "\"models\"", "key 'model' is missing"),
      unigram("model of another kind", "\"type\":\"Unigram\"", "\"type\":\"WordPiece\"", "model.type: 'WordPiece'"),
      unigram("type is a number", "\"type\":\"Unigram\"", "\"type\":7", "model.type: expected a string"),
      unigram("vocabulary empty", R"([["<unk>",0.0],["</s>",0.0],["▁",-2.0],["a",-1.5],["▁a",-1.25]])", "[]",
              "model.vocab: is empty"),
      unigram("vocabulary an object", R"([["<unk>",0.0],["</s>",0.0],["▁",-2.0],["a",-1.5],["▁a",-1.25]])", "{}",
              "model.vocab: expected a list"),
      unigram("entry without score", R"(["a",-1.5])", R"(["a"])", "model.vocab[3]"),
      unigram("score a text", "-1.5", "\"-1.5\"", "model.vocab[3]"),
      unigram("score infinite", "-1.5", "-1e999", "tokenizer.json"),
      unigram("score NaN", "-1.5", "NaN", "tokenizer.json"),
      unigram("piece a number", R"(["a",-1.5])", "[3,-1.5]", "model.vocab[3]"),
      unigram("unk_id outside", "\"unk_id\":0", "\"unk_id\":5", "unk_id 5 is not one of 5 pieces"),
      unigram("unk_id absurd", "\"unk_id\":0", "\"unk_id\":4611686018427387904", "unk_id"),
      unigram("unk_id beyond 64 bits", "\"unk_id\":0", "\"unk_id\":99999999999999999999", "model.unk_id"),
      unigram("unk_id negative", "\"unk_id\":0", "\"unk_id\":-1", "unk_id -1"),
      unigram("unk_id a text", "\"unk_id\":0", "\"unk_id\":\"0\"", "model.unk_id: expected an integer"),
      unigram("unk_id null", "\"unk_id\":0", "\"unk_id\":null", "model.unk_id: expected an integer"),
      unigram("byte_fallback a text", "\"byte_fallback\":false", "\"byte_fallback\":\"no\"", "model.byte_fallback"),
      unigram("added tokens an object", "\"added_tokens\":[", "\"added_tokens\":{},\"x\":[", "added_tokens"),
      unigram("added id missing", "\"id\":5", "\"di\":5", "added_tokens[1]: key 'id' is missing"),
      unigram("added id negative", "\"id\":5", "\"id\":-5", "added_tokens[1].id: -5 is no id"),
      unigram("added id absurd", "\"id\":5", "\"id\":4294967301", "added_tokens[1].id: 4294967301 is no id"),
      unigram("added id twice", "\"id\":5", "\"id\":1", "added_tokens[1].id: 1 is there twice"),
      unigram("added flag a number", "\"single_word\":false", "\"single_word\":0", "added_tokens[0].single_word"),
      unigram("added flag missing", "\"rstrip\":false", "\"rstripp\":false",
              "added_tokens[0]: key 'rstrip' is missing"),
      unigram("normalizer unknown", "\"type\":\"Strip\"", "\"type\":\"NFKC\"", "normalizers[1].type: 'NFKC'"),
      unigram("normalizer without map", "precompiled_charsmap", "charsmap", "key 'precompiled_charsmap' is missing"),
      unigram("strip without side", "strip_left", "left", "normalizers[1]: key 'strip_left' is missing"),
      unigram("replace by a hungry expression", " {2,}", "(a+)+$", "normalizers[2].pattern.Regex: '(a+)+$'"),
      unigram("replace nothing", "{\"Regex\":\" {2,}\"}", "{\"String\":\"\"}", "pattern is empty"),
      unigram("pre-tokenizer unknown", "\"type\":\"Metaspace\"", "\"type\":\"Split\"", "pre_tokenizer.type: 'Split'"),
      unigram("replacement empty", "\"replacement\":\"▁\"", "\"replacement\":\"\"", "pre_tokenizer.replacement"),
      unigram("replacement of many characters", "\"replacement\":\"▁\"", "\"replacement\":\"▁▁\"", "one character"),
      unigram("scheme unknown", "\"prepend_scheme\":\"always\"", "\"prepend_scheme\":\"last\"", "'last' is none of"),
      unigram("template of C", "{\"id\":\"A\"", "{\"id\":\"C\"", "'C' is neither A nor B"),
      unigram("template of an unknown token", "\"special_tokens\":{\"</s>\"", "\"special_tokens\":{\"<s>\"",
              "key '</s>' is missing"),
      unigram("template id without piece", "\"ids\":[1]", "\"ids\":[6]", "post_processor: id 6 has no piece"),
      unigram("template id absurd", "\"ids\":[1]", "\"ids\":[99999999999]", "99999999999 is no id"),
      unigram("template id a text", "\"ids\":[1]", "\"ids\":[\"1\"]", "ids[0]: expected an integer"),
      unigram("decoder unknown", "\"decoder\":{\"type\":\"Metaspace\"", "\"decoder\":{\"type\":\"CTC\"", "'CTC'"),
      unigram("truncation on the left", "\"truncation\":null", "\"truncation\":{\"direction\":\"Left\"}", "'Left'"),
      byte_pair("vocabulary empty", R"({"a":0,"b":1,"ab":2})", "{}", "model: the vocabulary is empty"),
      byte_pair("vocabulary a list", R"({"a":0,"b":1,"ab":2})", "[]", "model.vocab: expected an object"),
      byte_pair("id negative", "\"ab\":2", "\"ab\":-2", "piece 'ab' has the id -2"),
      byte_pair("id absurd", "\"ab\":2", "\"ab\":2147483647", "piece 'ab' has the id 2147483647"),
      byte_pair("id of 32 bits and one", "\"ab\":2", "\"ab\":4294967298", "piece 'ab' has the id 4294967298"),
      byte_pair("id twice", "\"ab\":2", "\"ab\":1", "pieces 'b' and 'ab' share id 1"),
      byte_pair("id a fraction", "\"ab\":2", "\"ab\":2.5", "the id of 'ab' is a number, not an integer"),
      byte_pair("merge of an unknown piece", "\"a b\"", "\"a c\"", "merge 0: 'c' is not in the vocabulary"),
      byte_pair("merge to an unknown piece", "\"a b\"", "\"b a\"", "merge 0: 'ba' is not in the vocabulary"),
      byte_pair("merge of three", "\"a b\"", "\"a b c\"", "model.merges[0]: expected two pieces"),
      byte_pair("merge of one", "\"a b\"", "[\"a\"]", "model.merges[0]: expected two pieces"),
      byte_pair("merges an object", "[\"a b\"]", "{}", "model.merges: expected a list"),
      byte_pair("dropout", "\"dropout\":null", "\"dropout\":0.1", "model.dropout: is not supported"),
      byte_pair("unknown token unknown", "\"unk_token\":null", "\"unk_token\":\"?\"", "unk_token '?'"),
      byte_pair("processing id without piece", "\"cls\":[\"<s>\",3]", "\"cls\":[\"<s>\",7]", "id 7 has no piece"),
      byte_pair("processing id missing", "\"cls\":[\"<s>\",3]", "\"cls\":[\"<s>\"]", "post_processor.cls"),
      byte_pair("prefix a text", "\"add_prefix_space\":false", "\"add_prefix_space\":\"\"", "pre_tokenizer"),
  };
}

std::vector<Case> map_cases() {
  const auto unit = [](std::uint32_t offset, char label, bool leaf) {
    return offset << 10 | (leaf ? 256U : 0U) | static_cast<unsigned char>(label);
  };
  std::string cut = character_map();
  cut.resize(1000);
  std::string huge = character_map();
  huge[3] = '\x7F';
  std::string odd = character_map();
  odd[0] = static_cast<char>(odd[0] + 1);
  return {
      unigram("map not base64", "precompiled_charsmap\":\"", "precompiled_charsmap\":\"****", "character 0 is not"),
      unigram("map of odd length", "precompiled_charsmap\":\"", "precompiled_charsmap\":\"A", "not a multiple of 4"),
      mapped("empty", "", "ends before its size"),
      mapped("cut", cut, "its array wants 2048"),
      mapped("size absurd", huge, "its array wants"),
      mapped("size odd", odd, "its array wants"),
      mapped("root outside", character_map(0x1FFFFFU << 10), "leads to unit"),
      mapped("root far outside", character_map((0x1FFFFFU << 10) | 512), "leads to unit"),
      mapped("child outside", character_map(256U << 10, unit(4096, 'x', false)), "leads to unit"),
      mapped("leaf outside", character_map(256U << 10, unit(4096, 'x', true)), "leads to unit"),
      mapped("value outside", character_map(256U << 10, unit(1, 'x', true), 0x80000000 | 77),
             "points at no replacement"),
      mapped("value far outside", character_map(256U << 10, unit(1, 'x', true), 0xFFFFFFFF),
             "points at no replacement"),
      mapped("replacement not UTF-8", character_map() + "\xFF", "is not UTF-8"),
  };
}

std::vector<Case> piece_cases() {
  const float nan = std::numeric_limits<float>::quiet_NaN(), infinite = std::numeric_limits<float>::infinity();
  return {
      piece_file("empty", "", "holds no pieces"),
      piece_file("half", spiece().substr(0, 40), "byte"),
      piece_file("JSON", unigram_json(), "byte"),
      piece_file("length lies", "\x0A\x7F", "the file ends, 127 more bytes expected"),
      piece_file("length absurd", "\x0A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", "the file ends"),
      piece_file("number without end", "\x0A" + std::string(11, '\xFF'), "more than ten bytes"),
      piece_file("wire type 7", "\x27", "unknown wire type 7"),
      piece_file("piece as a number", field(1, 0, "\x05"), "field 1 has wire type 0, expected 2"),
      piece_file("score as text", bytes_field(1, bytes_field(1, "a") + bytes_field(2, "abcd")),
                 "field 2 has wire type 2"),
      piece_file("piece not UTF-8", spiece(piece("\xC0\x80", -1)), "a piece is not UTF-8"),
      piece_file("score NaN", spiece(piece("b", nan)), "the score of piece 5 is not finite"),
      piece_file("score infinite", spiece(piece("b", -infinite)), "the score of piece 5 is not finite"),
      piece_file("byte pairs", edited(spiece(), bytes_field(2, field(3, 0, "\1")), bytes_field(2, field(3, 0, "\2"))),
                 "holds no Unigram model"),
      piece_file("map cut", spiece("", character_map().substr(0, 100)), "its array wants 2048"),
      piece_file("map outside", spiece("", character_map(0x1FFFFFU << 10)), "leads to unit"),
      piece_file("no pieces", bytes_field(2, field(3, 0, "\1")), "holds no pieces"),
  };
}

std::vector<Case> vocabulary_cases() {
  return {
      vocabulary("empty", kVocabulary, "{}", "the vocabulary is empty"),
      vocabulary("a list", kVocabulary, "[]", "expected an object"),
      vocabulary("half", "\"<mask>\":7}", "\"<mas", ""),
      vocabulary("id negative", "\"b\":5", "\"b\":-5", "piece 'b' has the id -5"),
      vocabulary("id absurd", "\"b\":5", "\"b\":5000000000", "piece 'b' has the id 5000000000"),
      vocabulary("id wraps", "\"b\":5", "\"b\":4294967301", "piece 'b' has the id 4294967301"),
      vocabulary("id twice", "\"b\":5", "\"b\":4", "pieces 'a' and 'b' share id 4"),
      vocabulary("id a text", "\"b\":5", "\"b\":\"5\"", "the id of 'b' is a string"),
      vocabulary("id null", "\"b\":5", "\"b\":null", "the id of 'b' is null"),
      vocabulary("piece twice", "\"b\":5", "\"a\":5", "a"),
      vocabulary("not UTF-8", "\"b\":5", "\"\xFF\":5", "UTF-8"),
      vocabulary("deep", "\"b\":5", "\"b\":" + nested(3000), ""),
      merges("three pieces", "#version: 0.2\na b ab\n", "line 2: expected two pieces"),
      merges("one piece", "ab\n", "line 1: expected two pieces"),
      merges("an empty line", "a b\n\n", "line 2: expected two pieces"),
      merges("an unknown piece", "a b\na c\n", "merge 1: 'c' is not in the vocabulary"),
      merges("an unknown result", "b a\n", "merge 0: 'ba' is not in the vocabulary"),
      merges("not UTF-8", "a b\n\xFF b\n", "line 2: is not UTF-8"),
      beside("tokenizer_config.json", "[]", "expected an object"),
      beside("tokenizer_config.json", "{\"add_prefix_space\":1}", "add_prefix_space: expected a boolean"),
      beside("tokenizer_config.json", "{\"tokenizer_class\":\"BertTokenizer\"}", "tokenizer_class: a tokenizer of"),
      beside("tokenizer_config.json", "{\"tokenizer_class\":5}", "tokenizer_class: expected a string"),
      beside("tokenizer_config.json", "{\"bos_token\":[1]}", "bos_token: expected an object"),
      beside("tokenizer_config.json", "{\"added_tokens_decoder\":{\"x\":{\"content\":\"q\"}}}", "'x' is no id"),
      beside("tokenizer_config.json", "{\"added_tokens_decoder\":[]}", "added_tokens_decoder: expected an object"),
      beside("tokenizer_config.json", "{\"extra_ids\":1000000000}", "extra_ids: is out of range"),
      beside("tokenizer_config.json", "{\"split_special_tokens\":true}", "split_special_tokens: true"),
      beside("special_tokens_map.json", "{\"bos_token\":{}}", "bos_token: key 'content' is missing"),
      beside("added_tokens.json", "{\"q\":\"x\"}", "q: expected an integer"),
      beside("added_tokens.json", "{\"q\":-1}", "q: -1 is no id"),
      beside("config.json", "{\"model_type\":\"bert\"}", "model_type: a tokenizer of 'bert'"),
  };
}

class HostileTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("cappy_hostile_" + std::to_string(getpid()));
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void fill(const Files& files) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    for (const auto& [name, content] : files) core::write_file(folder_ / name, content);
  }
  void check(const std::vector<Case>& cases) {
    for (const Case& item : cases) {
      SCOPED_TRACE(item.name);
      fill(item.files);
      const auto start = std::chrono::steady_clock::now();
      try {
        load_tokenizer(folder_);
        ADD_FAILURE() << "was accepted";
      } catch (const core::FileError& error) {
        for (const std::string& part : item.says)
          EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
        EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
      }
      EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
    }
    RecordProperty("cases", static_cast<int>(cases.size()));
  }
  std::filesystem::path folder_;
};

TEST_F(HostileTest, TheFilesThatAreEditedLoad) {
  fill({{"tokenizer.json", unigram_json()}});
  EXPECT_EQ(load_tokenizer(folder_)->encode(" a  a<x>").ids.size(), 4u);
  const std::uint32_t child = 1U << 10 | 256 | 'x';
  fill({{"tokenizer.json", unigram_json(character_map(256U << 10, child, 0x80000000))}});
  EXPECT_EQ(load_tokenizer(folder_)->encode("x").ids.size(), 3u);  // "▁", "y" unknown, "</s>"
  fill({{"tokenizer.json", byte_pair_json()}});
  EXPECT_EQ(load_tokenizer(folder_)->encode("ab").ids, (std::vector<std::int32_t>{3, 2, 3}));
  fill({{"spiece.model", spiece()}});
  EXPECT_EQ(load_tokenizer(folder_)->encode("a</s>").ids, (std::vector<std::int32_t>{4, 1, 1}));
  fill({{"vocab.json", kVocabulary}, {"merges.txt", kMerges}});
  EXPECT_EQ(load_tokenizer(folder_)->encode("abz").ids, (std::vector<std::int32_t>{0, 6, 2}));
}

TEST_F(HostileTest, TokenizerJson) { check(json_cases()); }
TEST_F(HostileTest, CharacterMap) { check(map_cases()); }
TEST_F(HostileTest, SentencePieceFile) { check(piece_cases()); }
TEST_F(HostileTest, VocabularyAndMerges) { check(vocabulary_cases()); }

// Forty times twice as long: what normalizers make of a text is bounded.
TEST_F(HostileTest, NormalizersThatGrowWithoutEnd) {
  std::string stages = R"({"type":"Replace","pattern":{"String":"a"},"content":"aa"})";
  for (int i = 0; i < 40; ++i) stages += R"(,{"type":"Replace","pattern":{"String":"a"},"content":"aa"})";
  fill({{"tokenizer.json", edited(unigram_json(), "{\"type\":\"Strip\"", stages + ",{\"type\":\"Strip\"")}});
  const auto tokenizer = load_tokenizer(folder_);
  EXPECT_THROW(tokenizer->encode("a"), std::runtime_error);
}

}  // namespace
}  // namespace tokenizer
