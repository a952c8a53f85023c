// `cappy tokenize`: adds `ids` of `text`, special tokens included; where a line has `text_pair`, of the pair. With
// --decode it reads `ids` and adds `text`.
#include <fmt/format.h>

#include <iostream>
#include <limits>
#include <stdexcept>
#include <vector>

#include "backbones/tokenizer/tokenizer.h"
#include "harness/cli/model_hub.h"
#include "harness/cli/options.h"
#include "harness/core/errors.h"
#include "harness/core/json_lines.h"

namespace cli {
namespace {

constexpr std::size_t kBlock = 256;  // lines a write

/// Where a text is cut that is too long.
struct Truncation {
  std::int64_t max_length = tokenizer::kNoLimit;
  tokenizer::TruncationSide side = tokenizer::TruncationSide::kRight;
};

/// The ids as a JSON list.
std::string encoded(const tokenizer::Tokenizer& tokenizer, const core::JsonRecord& record, const Truncation& cut,
                    std::string& text) {
  record.read_string("text", text);
  const bool pair = record.raw("text_pair") != nullptr;
  const tokenizer::Encoding encoding =
      pair ? tokenizer.encode_pair(text, record.string("text_pair"), cut.max_length, cut.side)
           : tokenizer.encode(text, cut.max_length, cut.side);
  std::string list = "[";
  list.reserve(2 + 7 * encoding.ids.size());
  for (const std::int32_t id : encoding.ids) {
    if (list.size() > 1) list += ',';
    const fmt::format_int digits(id);
    list.append(digits.data(), digits.size());
  }
  return list += ']';
}

/// The text as a JSON string.
std::string decoded(const tokenizer::Tokenizer& tokenizer, const core::JsonRecord& record) {
  const core::Json list = record.json("ids");
  if (!list.is_array()) throw std::runtime_error("field 'ids': expected a list, found " + list.kind());
  std::vector<std::int32_t> ids;
  for (const core::Json& id : list.as_array()) {
    if (!id.is_integer() || id.as_integer() < 0 || id.as_integer() > std::numeric_limits<std::int32_t>::max()) {
      throw std::runtime_error("field 'ids': " + core::write_json(id) + " is no id");
    }
    ids.push_back(static_cast<std::int32_t>(id.as_integer()));
  }
  std::string text;
  core::append_json_string(text, tokenizer.decode(ids));
  return text;
}

}  // namespace

int run_tokenize(const Words& words) {
  VerbSyntax syntax{
      .verb = "tokenize",
      .usage =
          "--model DIR|ID [options] < in.jsonl > out.jsonl\n\n"
          "Reads text, adds ids as the reference tokenizer gives them, special tokens included; a line with text_pair\n"
          "is encoded as a pair, cut longest first"};
  syntax.own.add_options()  //
      ("model", po::value<std::string>()->value_name("DIR|ID"),
       "folder with tokenizer.json, spiece.model, or vocab.json and merges.txt, or a model of the Hub: ORG/NAME or "
       "ORG/NAME@REVISION")  //
      ("max-length", po::value<std::int64_t>()->value_name("N"),
       "ids at most, special tokens included (default: all)")  //
      ("truncation-side", po::value<std::string>()->default_value("right")->value_name("SIDE"),
       "which end of a text that is too long is cut: right or left")  //
      ("decode", po::bool_switch(), "read ids, add text: special tokens and ids without a piece give nothing");
  CommonOptions common;
  po::variables_map values;
  if (!parse(words, syntax, common, values)) return 0;
  if (!values.count("model")) throw core::UsageError("tokenize: --model DIR|ID is missing");
  ModelHub models(core::progress_mode_from(common.progress));
  const auto tokenizer =
      tokenizer::load_tokenizer(models.find(values["model"].as<std::string>(), hub::ModelPart::kTokenizer).folder);
  Truncation cut;
  if (values.count("max-length")) cut.max_length = values["max-length"].as<std::int64_t>();
  cut.side = tokenizer::truncation_side_from(values["truncation-side"].as<std::string>());
  const bool decode = values["decode"].as<bool>();
  try {
    tokenizer->encode_pair("", "", cut.max_length);
  } catch (const std::invalid_argument& error) {
    throw core::UsageError(std::string("tokenize: --max-length: ") + error.what());
  }

  std::vector<std::string> results;  // of the block being read, as JSON
  std::string text;                  // memory
  core::run_filter(
      std::cin, std::cout, {.block = kBlock, .limit = common.limit, .name = "standard input"},
      [&](const core::JsonRecord& record) {
        results.push_back(decode ? decoded(*tokenizer, record) : encoded(*tokenizer, record, cut, text));
      },
      [&](std::span<core::JsonRecord> records) {
        for (std::size_t i = 0; i < records.size(); ++i)
          records[i].set_raw(decode ? "text" : "ids", std::move(results[i]));
        results.clear();
      });
  return 0;
}

}  // namespace cli
