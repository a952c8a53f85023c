#include "backbones/options.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <string_view>
#include <system_error>
#include <type_traits>

#include "harness/core/errors.h"
#include "harness/core/json.h"
#include "harness/core/method_names.h"
#include "harness/core/text.h"
#include "harness/core/yaml.h"

namespace backbones {
namespace {

constexpr int kMostBeams = 1024;
constexpr int kMostDraws = 1'000'000;

const std::vector<std::string> kNumberFormats = {"float32", "float16", "bfloat16", "int8"};
const std::vector<std::string> kProtocols = {"transformers", "cappy-2023", "t0", "lm-eval"};
const std::vector<std::string> kDecodings = {"greedy", "beam:4", "sample:4", "paper"};
const std::vector<std::string> kDecodingKeys = {"name",           "do_sample",   "num_beams", "num_return_sequences",
                                                "temperature",    "top_k",       "top_p",     "length_penalty",
                                                "early_stopping", "stop_strings"};

/// The enumerator that stands at the place of `name` in `names`.
template <class Enum>
Enum named(const std::string& name, const std::vector<std::string>& names, const char* noun) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return static_cast<Enum>(i);
  }
  throw core::UsageError(fmt::format("unknown {} '{}': expected one of {}{}", noun, name, core::join(names, ", "),
                                     core::did_you_mean(name, names)));
}

/// The shortest text of a number that reads back: 0.9, 1, 1e-05.
std::string number_text(double value) { return fmt::format("{}", value); }

/// "greedy", "beam4", "sampling", "temp0.9", "topk40", "topp0.95", and what differs from the defaults joined by "-".
std::string default_name(const Decoding& decoding) {
  std::vector<std::string> parts;
  if (!decoding.do_sample) {
    parts.push_back(decoding.num_beams == 1 ? "greedy" : fmt::format("beam{}", decoding.num_beams));
    if (decoding.length_penalty != 1.0) parts.push_back("penalty" + number_text(decoding.length_penalty));
    if (decoding.early_stopping == Decoding::EarlyStopping::kTrue) parts.emplace_back("early");
    if (decoding.early_stopping == Decoding::EarlyStopping::kNever) parts.emplace_back("never");
    if (!decoding.stop_strings.empty()) parts.emplace_back("stop");
    return core::join(parts, "-");
  }
  if (decoding.temperature != 1.0) parts.push_back("temp" + number_text(decoding.temperature));
  if (decoding.top_k != 50) parts.push_back(fmt::format("topk{}", decoding.top_k));
  if (decoding.top_p != 1.0) parts.push_back("topp" + number_text(decoding.top_p));
  if (parts.empty()) parts.emplace_back("sampling");
  if (!decoding.stop_strings.empty()) parts.emplace_back("stop");
  return core::join(parts, "-");
}

Decoding named_by_default(Decoding decoding) {
  decoding.name = default_name(decoding);
  return decoding;
}

Decoding beam(int num_beams) {
  Decoding decoding;
  decoding.num_beams = num_beams;
  return named_by_default(decoding);
}

Decoding sampling(int draws) {
  Decoding decoding;
  decoding.do_sample = true;
  decoding.num_return_sequences = draws;
  return named_by_default(decoding);
}

std::vector<Decoding> paper() {
  constexpr int kDraws = 4;
  std::vector<Decoding> all = {beam(4)};
  for (const int setting : {0, 1, 2, 3}) {
    Decoding decoding = sampling(kDraws);
    if (setting == 1) decoding.temperature = 0.9;
    if (setting == 2) decoding.top_k = 40;
    if (setting == 3) decoding.top_p = 0.95;
    all.push_back(named_by_default(decoding));
  }
  return all;
}

/// N of "beam:N" or "sample:N".
int count_after_colon(const std::string& text, int least, int most) {
  const std::string_view digits = std::string_view(text).substr(text.find(':') + 1);
  int count = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  if (error != std::errc() || end != digits.data() + digits.size() || count < least || count > most) {
    throw core::UsageError(
        fmt::format("decoding '{}': expected a whole number from {} to {} after the colon", text, least, most));
  }
  return count;
}

int whole_number(const core::Yaml& value, int least, int most) {
  const std::int64_t number = value.integer();
  if (number < least || number > most) {
    value.fail(fmt::format("expected a whole number from {} to {}, found {}", least, most, number));
  }
  return static_cast<int>(number);
}

double positive(const core::Yaml& value, double most) {
  const double number = value.number();
  if (!std::isfinite(number) || number <= 0 || number > most) {
    const std::string limit = std::isfinite(most) ? fmt::format(" and at most {}", most) : "";
    value.fail(fmt::format("expected a number above 0{}, found {}", limit, number));
  }
  return number;
}

double finite(const core::Yaml& value) {
  const double number = value.number();
  if (!std::isfinite(number)) value.fail(fmt::format("expected a finite number, found {}", number));
  return number;
}

Decoding::EarlyStopping early_stopping_from(const core::Yaml& value) {
  if (value.is_scalar() && value.string() == "never") return Decoding::EarlyStopping::kNever;
  if (!value.is_scalar() || (value.string() != "true" && value.string() != "false")) {
    value.fail("expected true, false or never");
  }
  return value.boolean() ? Decoding::EarlyStopping::kTrue : Decoding::EarlyStopping::kFalse;
}

std::vector<std::string> stop_strings_from(const core::Yaml& value) {
  std::vector<std::string> strings = value.strings();
  if (strings.empty()) value.fail("expected a text or a list of texts");
  for (const std::string& string : strings) {
    if (string.empty()) value.fail("an empty text ends nothing");
  }
  return strings;
}

/// A parameter that would silently do nothing is a mistake.
void refuse_idle(const core::Yaml& entry, const std::vector<std::string>& keys, const std::string& needed) {
  const Decoding defaults;
  for (const std::string& key : keys) {
    const core::Yaml* value = entry.find(key);
    if (!value) continue;
    const bool idle_default = (key == "temperature" && value->number() == defaults.temperature) ||
                              (key == "top_k" && value->integer() == defaults.top_k) ||
                              (key == "top_p" && value->number() == defaults.top_p) ||
                              (key == "length_penalty" && value->number() == defaults.length_penalty) ||
                              (key == "early_stopping" && value->string() == "false");
    if (!idle_default) value->fail(fmt::format("has no effect without {}", needed));
  }
}

void check_together(const core::Yaml& entry, const Decoding& decoding) {
  if (decoding.do_sample && decoding.num_beams > 1) {
    entry.at("num_beams").fail("sampling with several beams is not supported: use do_sample: false or num_beams: 1");
  }
  if (!decoding.do_sample) {
    refuse_idle(entry, {"temperature", "top_k", "top_p"}, "do_sample: true");
    if (decoding.num_return_sequences > decoding.num_beams) {
      entry.at("num_return_sequences")
          .fail(fmt::format("without sampling at most num_beams ({}) sequences can be returned", decoding.num_beams));
    }
  }
  if (decoding.num_beams == 1) refuse_idle(entry, {"length_penalty", "early_stopping"}, "num_beams above 1");
}

Decoding decoding_from(const core::Yaml& entry) {
  if (!entry.is_map()) entry.fail("expected a decoding such as {do_sample: true, top_k: 40, num_return_sequences: 4}");
  entry.allow(kDecodingKeys);
  Decoding decoding;
  decoding.do_sample = entry.boolean_or("do_sample", decoding.do_sample);
  if (const auto* value = entry.find("num_beams")) decoding.num_beams = whole_number(*value, 1, kMostBeams);
  if (const auto* value = entry.find("num_return_sequences")) {
    decoding.num_return_sequences = whole_number(*value, 1, kMostDraws);
  }
  if (const auto* value = entry.find("temperature")) decoding.temperature = positive(*value, HUGE_VAL);
  if (const auto* value = entry.find("top_k")) {
    decoding.top_k = whole_number(*value, 0, std::numeric_limits<int>::max());
  }
  if (const auto* value = entry.find("top_p")) decoding.top_p = positive(*value, 1.0);
  if (const auto* value = entry.find("length_penalty")) decoding.length_penalty = finite(*value);
  if (const auto* value = entry.find("early_stopping")) decoding.early_stopping = early_stopping_from(*value);
  if (const auto* value = entry.find("stop_strings")) decoding.stop_strings = stop_strings_from(*value);
  check_together(entry, decoding);
  const core::Yaml* name = entry.find("name");
  decoding.name = name ? name->string() : default_name(decoding);
  if (decoding.name.empty()) name->fail("a name must not be empty");
  if (core::is_method_column(decoding.name)) {
    name->fail(fmt::format("'{}' is the name of a method: give the decoding another one", decoding.name));
  }
  return decoding;
}

}  // namespace

NumberFormat number_format_from(const std::string& name) {
  return named<NumberFormat>(name, kNumberFormats, "number format");
}

std::string to_string(NumberFormat format) { return kNumberFormats.at(static_cast<std::size_t>(format)); }

Protocol protocol_from(const std::string& name) { return named<Protocol>(name, kProtocols, "protocol"); }

std::string to_string(Protocol protocol) { return kProtocols.at(static_cast<std::size_t>(protocol)); }

std::vector<Decoding> decodings_from(const core::Yaml& list) {
  if (!list.is_list()) list.fail("expected a list of decodings");
  std::vector<Decoding> decodings;
  for (const core::Yaml& entry : list.items()) {
    Decoding decoding = decoding_from(entry);
    for (std::size_t i = 0; i < decodings.size(); ++i) {
      if (decodings[i].name == decoding.name) {
        entry.fail(fmt::format("the name '{}' is taken by the decoding of line {}: give each a 'name' of its own",
                               decoding.name, list.items()[i].line()));
      }
    }
    decodings.push_back(std::move(decoding));
  }
  if (decodings.empty()) list.fail("expected at least one decoding");
  return decodings;
}

std::vector<Decoding> decodings_from(const std::string& text) {
  if (text == "greedy") return {named_by_default({})};
  if (text == "paper") return paper();
  if (text.starts_with("beam:")) return {beam(count_after_colon(text, 2, kMostBeams))};
  if (text.starts_with("sample:")) return {sampling(count_after_colon(text, 1, kMostDraws))};
  if (std::error_code ignored; std::filesystem::is_regular_file(text, ignored)) {
    return decodings_from(core::Yaml::from_file(text));
  }
  throw core::UsageError(fmt::format("unknown decoding '{}': expected greedy, beam:N, sample:N, paper or a YAML file{}",
                                     text, core::did_you_mean(text, kDecodings)));
}

std::string parameters_json(const Decoding& decoding) {
  core::Json early_stopping = decoding.early_stopping == Decoding::EarlyStopping::kTrue;
  if (decoding.early_stopping == Decoding::EarlyStopping::kNever) early_stopping = "never";
  core::Json::Object object{
      {"do_sample", decoding.do_sample}, {"num_beams", decoding.num_beams}, {"temperature", decoding.temperature},
      {"top_k", decoding.top_k},         {"top_p", decoding.top_p},         {"length_penalty", decoding.length_penalty},
      {"early_stopping", early_stopping}};
  if (!decoding.stop_strings.empty()) {
    const core::Json strings = core::Json::Array(decoding.stop_strings.begin(), decoding.stop_strings.end());
    object.emplace_back("stop_strings", strings);
  }
  return core::write_json(core::Json(std::move(object)));
}

}  // namespace backbones
