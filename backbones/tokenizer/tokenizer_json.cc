#include "backbones/tokenizer/tokenizer_json.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <set>

#include "backbones/tokenizer/byte_pair.h"
#include "backbones/tokenizer/json_place.h"
#include "backbones/tokenizer/unicode.h"
#include "backbones/tokenizer/unigram.h"
#include "harness/core/files.h"
#include "harness/core/json_lines.h"

namespace tokenizer {
namespace {

// --- normalizers ---

Replace read_replace(const JsonPlace& place) {
  const JsonPlace pattern = place.at("pattern");
  Replace replace{"", false, place.at("content").string()};
  if (pattern.has("String")) {
    replace.pattern = pattern.at("String").string();
  } else {
    // Of regular expressions the one that T5's files have: two or more of one plain character.
    const JsonPlace regex = pattern.at("Regex");
    const std::string& text = regex.string();
    constexpr std::string_view kTwice = "{2,}";
    replace.pattern = text.substr(0, text.size() - std::min(text.size(), kTwice.size()));
    replace.at_least_twice = true;
    const bool plain =
        replace.pattern.size() == 1 && std::string("\\^$.|?*+()[]{}").find(replace.pattern) == std::string::npos;
    if (!text.ends_with(kTwice) || !plain) regex.fail("'" + text + "' is not supported here (supported: x{2,})");
  }
  if (replace.pattern.empty()) pattern.fail("the pattern is empty");
  return replace;
}

void read_normalizer(const JsonPlace& place, std::vector<Normalizer>& out) {
  const std::string& type = place.type({"Sequence", "Precompiled", "Strip", "Replace", "Prepend"});
  if (type == "Sequence") {
    const JsonPlace list = place.at("normalizers");
    for (std::size_t i = 0; i < list.size(); ++i) read_normalizer(list.at(i), out);
  } else if (type == "Precompiled") {
    const JsonPlace map = place.at("precompiled_charsmap");
    const std::string& base64 = map.string();
    try {
      out.emplace_back(Precompiled{CharacterMap(decode_base64(base64))});
    } catch (const std::runtime_error& error) {
      map.fail(error.what());
    }
  } else if (type == "Strip") {
    out.emplace_back(Strip{place.at("strip_left").boolean(), place.at("strip_right").boolean()});
  } else if (type == "Replace") {
    out.emplace_back(read_replace(place));
  } else {
    out.emplace_back(Prepend{place.at("prepend").string()});
  }
}

// --- pre-tokenizers ---

Metaspace read_metaspace(const JsonPlace& place) {
  Metaspace metaspace;
  metaspace.replacement = place.at("replacement").string();
  if (metaspace.replacement.empty() || decode_at(metaspace.replacement, 0).bytes != metaspace.replacement.size())
    place.at("replacement").fail("expected one character, found '" + metaspace.replacement + "'");
  const std::string scheme = place.string("prepend_scheme", "always");
  if (scheme != "always" && scheme != "first" && scheme != "never") {
    place.at("prepend_scheme").fail("'" + scheme + "' is none of always, first, never");
  }
  metaspace.scheme = scheme == "always"  ? Metaspace::Scheme::kAlways
                     : scheme == "first" ? Metaspace::Scheme::kFirst
                                         : Metaspace::Scheme::kNever;
  if (!place.boolean("add_prefix_space", true)) {
    // Older files say it so, and have no scheme; the pinned version refuses the two where they differ.
    if (scheme != "never") place.at("add_prefix_space").fail("false does not match prepend_scheme '" + scheme + "'");
    metaspace.scheme = Metaspace::Scheme::kNever;
  }
  metaspace.split = place.boolean("split", true);
  return metaspace;
}

void read_pre_tokenizer(const JsonPlace& place, std::vector<PreTokenizer>& out) {
  if (!out.empty() && std::holds_alternative<ByteLevel>(out.back()))
    place.fail("follows a ByteLevel pre-tokenizer, which is not supported here");
  const std::string& type = place.type({"Sequence", "WhitespaceSplit", "Metaspace", "ByteLevel"});
  if (type == "Sequence") {
    const JsonPlace list = place.at("pretokenizers");
    for (std::size_t i = 0; i < list.size(); ++i) read_pre_tokenizer(list.at(i), out);
  } else if (type == "WhitespaceSplit") {
    out.emplace_back(WhitespaceSplit{});
  } else if (type == "Metaspace") {
    out.emplace_back(read_metaspace(place));
  } else {
    out.emplace_back(ByteLevel{place.at("add_prefix_space").boolean(), place.boolean("use_regex", true)});
  }
}

// --- models ---

std::unique_ptr<Model> read_unigram(const JsonPlace& place, std::string_view raw_vocabulary);
std::unique_ptr<Model> read_byte_pair(const JsonPlace& place);

std::pair<std::string, std::string> read_merge(const JsonPlace& place) {
  if (place.json().is_array()) {
    if (place.size() != 2) place.fail("expected two pieces");
    return {place.at(0).string(), place.at(1).string()};
  }
  const std::string& text = place.string();
  const std::size_t blank = text.find(' ');
  if (blank == std::string::npos || text.find(' ', blank + 1) != std::string::npos) {
    place.fail("expected two pieces with a blank between, found '" + text + "'");
  }
  return {text.substr(0, blank), text.substr(blank + 1)};
}

// What the file may leave out or set to nothing, but not use.
void refuse_unless_off(const JsonPlace& place, const std::string& key) {
  if (!place.has(key)) return;
  const core::Json& value = place.at(key).json();
  const bool off = (value.is_bool() && !value.as_bool()) || (value.is_number() && value.as_double() == 0) ||
                   (value.is_string() && value.as_string().empty());
  if (!off) place.at(key).fail("is not supported here");
}

std::unique_ptr<Model> read_byte_pair(const JsonPlace& place) {
  for (const char* key : {"dropout", "continuing_subword_prefix", "end_of_word_suffix", "byte_fallback"}) {
    refuse_unless_off(place, key);
  }
  BytePair::Vocabulary vocabulary;
  const JsonPlace pieces = place.at("vocab");
  if (!pieces.json().is_object()) pieces.fail("expected an object, found " + pieces.json().kind());
  for (const auto& [piece, id] : pieces.json().as_object()) {
    if (!id.is_integer()) pieces.fail("the id of '" + piece + "' is " + id.kind() + ", not an integer");
    vocabulary.pieces.emplace_back(piece, id.as_integer());
  }
  const JsonPlace merges = place.at("merges");
  for (std::size_t i = 0; i < merges.size(); ++i) {
    const core::Json& merge = merges.json().as_array()[i];
    if (merge.is_string() && merge.as_string().starts_with("#version")) continue;
    vocabulary.merges.push_back(read_merge(merges.at(i)));
  }
  vocabulary.unknown = place.string("unk_token", "");
  vocabulary.fuse_unknown = place.boolean("fuse_unk", false);
  vocabulary.ignore_merges = place.boolean("ignore_merges", false);
  return std::make_unique<BytePair>(std::move(vocabulary));
}

// The numbers of `[["piece", -1.5], …]`, as they are written; the text is known to be well-formed JSON.
std::vector<std::string_view> written_scores(std::string_view raw) {
  std::vector<std::string_view> scores;
  for (std::size_t at = 0; at < raw.size(); ++at) {
    if (raw[at] == '"') {
      for (++at; raw[at] != '"'; ++at) at += raw[at] == '\\';
    } else if (raw[at] == '-' || (raw[at] >= '0' && raw[at] <= '9')) {
      const std::size_t end = raw.find_first_not_of("+-.0123456789eE", at);
      scores.push_back(raw.substr(at, end - at));
      at = end - 1;
    }
  }
  return scores;
}

std::unique_ptr<Model> read_unigram(const JsonPlace& place, std::string_view raw_vocabulary) {
  Unigram::Vocabulary vocabulary;
  const JsonPlace pieces = place.at("vocab");
  const std::vector<std::string_view> scores = written_scores(raw_vocabulary);
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const core::Json& entry = pieces.json().as_array()[i];
    if (!entry.is_array() || entry.as_array().size() != 2 || !entry.as_array()[0].is_string() ||
        !entry.as_array()[1].is_number()) {
      pieces.at(i).fail("expected a piece and its score");
    }
    vocabulary.pieces.push_back(entry.as_array()[0].as_string());
    vocabulary.scores.push_back(serde_number(scores.at(i)));
  }
  if (pieces.size() == 0) pieces.fail("is empty");
  vocabulary.unknown_id = place.at("unk_id").integer();
  vocabulary.byte_fallback = place.boolean("byte_fallback", false);
  return std::make_unique<Unigram>(std::move(vocabulary));
}

std::unique_ptr<Model> read_model(const JsonPlace& place, const std::string& content) {
  // Files before 2020 have no type.
  const std::string untyped = place.has("merges") ? "BPE" : "Unigram";
  const std::string type = place.has("type") ? place.type({"Unigram", "BPE"}) : untyped;
  try {
    if (type == "BPE") return read_byte_pair(place);
    const core::JsonRecord model = core::JsonRecord::parse(*core::JsonRecord::parse(content).raw("model"));
    const std::string* vocabulary = model.raw("vocab");
    return read_unigram(place, vocabulary == nullptr ? std::string_view() : *vocabulary);
  } catch (const core::FileError&) {
    throw;
  } catch (const std::runtime_error& error) {
    place.fail(error.what());
  }
}

// --- added tokens, templates, decoder ---

std::int32_t read_id(const JsonPlace& place) {
  const std::int64_t id = place.integer();
  if (id < 0 || id > std::numeric_limits<std::int32_t>::max()) place.fail(fmt::format("{} is no id", id));
  return static_cast<std::int32_t>(id);
}

std::vector<AddedToken> read_added_tokens(const JsonPlace& list) {
  std::vector<AddedToken> tokens;
  std::set<std::int32_t>
      ids;  // as the pinned tokenizers does, ids are assigned anew; here only a broken file is noticed
  for (std::size_t i = 0; i < list.size(); ++i) {
    const JsonPlace place = list.at(i);
    const std::int32_t id = read_id(place.at("id"));
    if (!ids.insert(id).second) place.at("id").fail(fmt::format("{} is there twice", id));
    AddedToken token{place.at("content").string()};
    token.single_word = place.at("single_word").boolean();
    token.lstrip = place.at("lstrip").boolean();
    token.rstrip = place.at("rstrip").boolean();
    token.normalized = place.at("normalized").boolean();
    token.special = place.at("special").boolean();
    tokens.push_back(std::move(token));
  }
  return tokens;
}

Template read_template(const JsonPlace& list, const JsonPlace& specials) {
  Template items;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const JsonPlace place = list.at(i);
    if (place.has("Sequence")) {
      const JsonPlace id = place.at("Sequence").at("id");
      if (id.string() != "A" && id.string() != "B") id.fail("'" + id.string() + "' is neither A nor B");
      items.push_back({id.string() == "A" ? TemplateItem::Kind::kFirst : TemplateItem::Kind::kSecond, {}});
    } else {
      TemplateItem item{TemplateItem::Kind::kSpecial, {}};
      const JsonPlace ids = specials.at(place.at("SpecialToken").at("id").string()).at("ids");
      for (std::size_t k = 0; k < ids.size(); ++k) item.ids.push_back(read_id(ids.at(k)));
      items.push_back(std::move(item));
    }
  }
  return items;
}

// `<s> A </s>` and `<s> A </s> </s> B </s>`; BERT has one separator between.
void fill_cls_sep(const JsonPlace& place, bool twice, Parts& parts) {
  using enum TemplateItem::Kind;
  const Ids cls{read_id(place.at("cls").at(1))}, sep{read_id(place.at("sep").at(1))};
  parts.single = {{kSpecial, cls}, {kFirst, {}}, {kSpecial, sep}};
  parts.pair = parts.single;
  if (twice) parts.pair.push_back({kSpecial, sep});
  parts.pair.push_back({kSecond, {}});
  parts.pair.push_back({kSpecial, sep});
}

void read_post_processor(const JsonPlace& place, Parts& parts) {
  const std::string& type =
      place.type({"TemplateProcessing", "RobertaProcessing", "BertProcessing", "ByteLevel", "Sequence"});
  if (type == "TemplateProcessing") {
    parts.single = read_template(place.at("single"), place.at("special_tokens"));
    parts.pair = read_template(place.at("pair"), place.at("special_tokens"));
  } else if (type == "RobertaProcessing" || type == "BertProcessing") {
    fill_cls_sep(place, type == "RobertaProcessing", parts);
  } else if (type == "Sequence") {
    const JsonPlace list = place.at("processors");
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (special_count(parts.pair) > 0)
        list.at(i).fail("follows one that adds special tokens, which is not supported here");
      read_post_processor(list.at(i), parts);
    }
  }  // ByteLevel moves offsets only
}

Decoder read_decoder(const JsonPlace& place) {
  Decoder decoder;
  if (place.type({"Metaspace", "ByteLevel"}) == "ByteLevel") {
    decoder.kind = Decoder::Kind::kByteLevel;
  } else {
    const Metaspace metaspace = read_metaspace(place);
    decoder.kind = Decoder::Kind::kMetaspace;
    decoder.replacement = metaspace.replacement;
    decoder.drop_first = metaspace.scheme != Metaspace::Scheme::kNever;
  }
  return decoder;
}

// Every id that stands around a text is one of a piece.
void check_templates(const JsonPlace& root, const Parts& parts) {
  for (const Template* items : {&parts.single, &parts.pair}) {
    for (const TemplateItem& item : *items) {
      for (const std::int32_t id : item.ids) {
        if (parts.added_tokens.piece(id) == nullptr && parts.model->piece(id) == nullptr)
          root.at("post_processor").fail(fmt::format("id {} has no piece", id));
      }
    }
  }
}

void check_truncation(const JsonPlace& root) {
  if (!root.has("truncation") || !root.at("truncation").has("direction")) return;
  const JsonPlace direction = root.at("truncation").at("direction");
  if (direction.string() != "Right")
    direction.fail("'" + direction.string() + "' is not supported here (supported: Right)");
}

// What a text starts with after both is a matter of alignments that are not kept here.
void refuse_strip_before_first(const JsonPlace& root, const Parts& parts) {
  bool strips = false, first = false;
  for (const Normalizer& stage : parts.normalizers) {
    const Strip* strip = std::get_if<Strip>(&stage);
    strips |= strip != nullptr && strip->left;
  }
  for (const PreTokenizer& stage : parts.pre_tokenizers) {
    const Metaspace* metaspace = std::get_if<Metaspace>(&stage);
    first |= metaspace != nullptr && metaspace->scheme == Metaspace::Scheme::kFirst;
  }
  if (strips && first)
    root.at("normalizer").fail("Strip on the left with prepend_scheme 'first' is not supported here");
}

}  // namespace

double serde_number(std::string_view text) {
  constexpr double kPowers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  constexpr int kLargestPower = 22;
  std::uint64_t digits = 0;
  int exponent = 0;
  bool fraction = false, full = false;
  std::size_t at = text.starts_with('-') ? 1 : 0;
  for (; at < text.size() && text[at] != 'e' && text[at] != 'E'; ++at) {
    if (text[at] == '.') {
      fraction = true;
      continue;
    }
    const auto digit = static_cast<std::uint64_t>(text[at] - '0');
    full |= digits > (std::numeric_limits<std::uint64_t>::max() - digit) / 10;  // the rest is dropped
    if (!full) digits = digits * 10 + digit;
    exponent += full ? !fraction : -static_cast<int>(fraction);
  }
  if (at < text.size()) {
    ++at;
    const bool negative = at < text.size() && text[at] == '-';
    at += at < text.size() && (text[at] == '-' || text[at] == '+');
    int written = 0;
    for (; at < text.size() && written < 10000; ++at) written = written * 10 + (text[at] - '0');
    exponent += negative ? -written : written;
  }
  double value = static_cast<double>(digits);
  const int size = std::abs(exponent);
  const double power = size <= kLargestPower ? kPowers[size] : std::pow(10.0, size);
  value = exponent >= 0 ? value * power : value / power;
  return text.starts_with('-') ? -value : value;
}

Parts read_tokenizer_json(const std::filesystem::path& path) {
  const std::string file = path.string();
  const std::string content = core::read_file(path);
  const core::Json json = core::read_json_file(file);
  const JsonPlace root(file, json);
  if (root.string("version", "1.0") != "1.0")
    root.at("version").fail("'" + root.at("version").string() + "' is not 1.0");
  check_truncation(root);
  Parts parts;
  if (root.has("normalizer")) read_normalizer(root.at("normalizer"), parts.normalizers);
  if (root.has("pre_tokenizer")) read_pre_tokenizer(root.at("pre_tokenizer"), parts.pre_tokenizers);
  refuse_strip_before_first(root, parts);
  if (root.has("post_processor")) read_post_processor(root.at("post_processor"), parts);
  if (root.has("decoder")) parts.decoder = read_decoder(root.at("decoder"));
  parts.model = read_model(root.at("model"), content);
  if (root.has("added_tokens")) {
    const JsonPlace added = root.at("added_tokens");
    const std::vector<AddedToken> tokens = read_added_tokens(added);
    try {
      parts.added_tokens = AddedTokens(tokens, *parts.model, parts.normalizers);
    } catch (const std::runtime_error& error) {
      added.fail(error.what());
    }
  }
  check_templates(root, parts);
  return parts;
}

}  // namespace tokenizer
