#include "harness/core/yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <charconv>
#include <cmath>

#include "harness/core/errors.h"
#include "harness/core/files.h"
#include "harness/core/text.h"

namespace core {
namespace {

constexpr int kMaximumDepth = 100;
constexpr std::int64_t kMaximumValues = 1'000'000;  // aliases can make a small file large

template <class Number>
std::optional<Number> parse_all(const std::string& text) {
  Number value{};
  const char* first = text.data();
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') ++first;
  const auto [end, error] = std::from_chars(first, text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool starts_like_number(const std::string& text) {
  const std::size_t sign = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
  return text.size() > sign && ((text[sign] >= '0' && text[sign] <= '9') || text[sign] == '.');
}

std::string join_key(const std::string& parent, const std::string& key) {
  return parent.empty() ? key : parent + "." + key;
}

}  // namespace

/// Turns yaml-cpp's nodes into values that know their place.
/// The commonest reason of all for a broken line.
std::string hint_at(std::string_view text, int line) {
  const std::vector<std::string_view> lines = split(text, "\n");
  for (const int at : {line, line - 1}) {
    if (at < 0 || static_cast<std::size_t>(at) >= lines.size()) continue;
    const std::string_view here = lines[static_cast<std::size_t>(at)];
    if (here.substr(0, here.find_first_not_of(" \t")).find('\t') != std::string_view::npos)
      return "; tabs cannot indent: use blanks";
  }
  return "";
}

class YamlBuilder {
 public:
  explicit YamlBuilder(const std::string& name) : file_(std::make_shared<const std::string>(name)) {}

  Yaml parse(std::string_view text) {
    try {
      std::vector<YAML::Node> documents = YAML::LoadAll(std::string(text));
      if (documents.size() > 1) throw ConfigError(*file_, documents[1].Mark().line + 1, "", "a second document");
      return build(documents.empty() ? YAML::Node() : documents[0], "", 1, 0);
    } catch (const YAML::Exception& error) {
      throw ConfigError(*file_, error.mark.line + 1, "", "not YAML: " + error.msg + hint_at(text, error.mark.line));
    }
  }

 private:
  Yaml build(const YAML::Node& node, const std::string& key, int line, int depth) {
    Yaml value;
    value.file_ = file_;
    value.key_ = key;
    value.line_ = line;
    if (depth > kMaximumDepth) value.fail(fmt::format("nested deeper than {}", kMaximumDepth));
    if (++count_ > kMaximumValues) value.fail(fmt::format("more than {} values", kMaximumValues));
    if (node.IsScalar()) {
      value.kind_ = Yaml::Kind::kScalar;
      value.text_ = node.Scalar();
      value.quoted_ = node.Tag() == "!";
    } else if (node.IsSequence()) {
      value.kind_ = Yaml::Kind::kList;
      for (const YAML::Node& item : node) {
        const std::string item_key = fmt::format("{}[{}]", key, value.items_.size());
        value.items_.push_back(build(item, item_key, line_of(item, line), depth + 1));
      }
    } else if (node.IsMap()) {
      value.kind_ = Yaml::Kind::kMap;
      for (const auto& entry : node) add_entry(value, entry.first, entry.second, depth);
    }
    return value;
  }

  void add_entry(Yaml& map, const YAML::Node& key, const YAML::Node& node, int depth) {
    const int line = line_of(key, map.line_);
    if (!key.IsScalar())
      throw ConfigError(*file_, line, map.key_,
                        "a key must be plain text; a value that begins with { or [ needs quotes");
    for (const auto& [name, earlier] : map.entries_)
      if (name == key.Scalar())
        throw ConfigError(*file_, line, join_key(map.key_, name),
                          fmt::format("a second time (first in line {})", earlier.line_));
    map.entries_.emplace_back(key.Scalar(), build(node, join_key(map.key_, key.Scalar()), line, depth + 1));
  }

  static int line_of(const YAML::Node& node, int otherwise) {
    return node.Mark().is_null() ? otherwise : node.Mark().line + 1;
  }

  std::shared_ptr<const std::string> file_;
  std::int64_t count_ = 0;
};

Yaml Yaml::from_file(const std::filesystem::path& file) { return from_text(read_file(file), file.string()); }

Yaml Yaml::from_text(std::string_view text, const std::string& name) {
  if (const std::size_t byte = find_invalid_utf8(text); byte != std::string_view::npos)
    throw FileError::at_byte(name, byte, "not UTF-8");
  return YamlBuilder(name).parse(text);
}

void Yaml::fail(const std::string& message) const { throw ConfigError(*file_, line_, key_, message); }

std::string Yaml::kind_name() const {
  switch (kind_) {
    case Kind::kNull:
      return "nothing";
    case Kind::kScalar:
      return fmt::format("'{}'", text_);
    case Kind::kList:
      return "a list";
    case Kind::kMap:
      return "a map";
  }
  throw std::invalid_argument("unknown kind of YAML value");
}

std::string Yaml::string() const {
  if (kind_ != Kind::kScalar) fail("expected text, found " + kind_name());
  return text_;
}

std::int64_t Yaml::integer() const {
  const auto value = is_scalar() && !quoted_ ? parse_all<std::int64_t>(text_) : std::nullopt;
  if (!value) fail("expected a whole number, found " + kind_name());
  return *value;
}

double Yaml::number() const {
  const bool plausible = is_scalar() && !quoted_ && starts_like_number(text_);
  const auto value = plausible ? parse_all<double>(text_) : std::nullopt;
  if (!value || !std::isfinite(*value)) fail("expected a number, found " + kind_name());
  return *value;
}

bool Yaml::boolean() const {
  if (is_scalar() && !quoted_ && (text_ == "true" || text_ == "false")) return text_ == "true";
  fail("expected true or false, found " + kind_name());
}

const std::vector<Yaml>& Yaml::items() const {
  if (kind_ != Kind::kList) fail("expected a list, found " + kind_name());
  return items_;
}

std::vector<std::string> Yaml::strings() const {
  if (is_scalar()) return {text_};
  std::vector<std::string> texts;
  for (const Yaml& item : items()) texts.push_back(item.string());
  return texts;
}

std::vector<std::string> Yaml::keys() const {
  if (kind_ != Kind::kMap) fail("expected a map of keys and values, found " + kind_name());
  std::vector<std::string> names;
  for (const auto& entry : entries_) names.push_back(entry.first);
  return names;
}

void Yaml::allow(const std::vector<std::string>& known) const {
  for (const std::string& name : keys()) {
    bool found = false;
    for (const std::string& candidate : known) found = found || candidate == name;
    if (found) continue;
    for (const auto& [key, value] : entries_)
      if (key == name) value.fail("unknown key" + did_you_mean(name, known));
  }
}

void Yaml::refuse_empty_values() const {
  for (const auto& [name, value] : entries_)
    if (value.is_null()) value.fail("has no value: give one, or remove the key");
}

const Yaml* Yaml::find(std::string_view key) const {
  if (kind_ != Kind::kMap) fail("expected a map of keys and values, found " + kind_name());
  for (const auto& [name, value] : entries_)
    if (name == key) return value.is_null() ? nullptr : &value;
  return nullptr;
}

const Yaml& Yaml::at(std::string_view key) const {
  const Yaml* value = find(key);
  if (value == nullptr) throw ConfigError(*file_, line_, join_key(key_, std::string(key)), "is missing");
  return *value;
}

std::string Yaml::string_or(std::string_view key, const std::string& otherwise) const {
  const Yaml* value = find(key);
  return value == nullptr ? otherwise : value->string();
}

std::int64_t Yaml::integer_or(std::string_view key, std::int64_t otherwise) const {
  const Yaml* value = find(key);
  return value == nullptr ? otherwise : value->integer();
}

double Yaml::number_or(std::string_view key, double otherwise) const {
  const Yaml* value = find(key);
  return value == nullptr ? otherwise : value->number();
}

bool Yaml::boolean_or(std::string_view key, bool otherwise) const {
  const Yaml* value = find(key);
  return value == nullptr ? otherwise : value->boolean();
}

std::size_t Yaml::one_of(const std::vector<std::string>& known) const {
  const std::string text = string();
  std::string list;
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (known[i] == text) return i;
    list += (i == 0 ? "" : ", ") + known[i];
  }
  fail(fmt::format("'{}' is none of: {}{}", text, list, did_you_mean(text, known)));
}

void Yaml::set(std::string_view dotted_key, std::string_view text, const std::string& name) {
  Yaml* place = this;
  std::string walked;
  while (true) {
    const std::size_t dot = dotted_key.find('.');
    const std::string part(dotted_key.substr(0, dot));
    walked = join_key(walked, part);
    if (part.empty()) throw ConfigError(name, 0, walked, "an empty key");
    if (place->kind_ != Kind::kNull && place->kind_ != Kind::kMap)
      throw ConfigError(name, 0, walked, "stands below " + place->kind_name() + ", which has no keys");
    place->kind_ = Kind::kMap;
    Yaml* next = nullptr;
    for (auto& entry : place->entries_)
      if (entry.first == part) next = &entry.second;
    if (next == nullptr) next = &place->entries_.emplace_back(part, Yaml()).second;
    next->key_ = walked;
    place = next;
    if (dot == std::string_view::npos) break;
    dotted_key.remove_prefix(dot + 1);
  }
  Yaml value = from_text(text, name);
  value.key_ = walked;
  value.line_ = 0;
  *place = std::move(value);
}

Json Yaml::scalar_to_json() const {
  if (quoted_) return text_;
  if (text_ == "true" || text_ == "false") return text_ == "true";
  if (const auto whole = parse_all<std::int64_t>(text_)) return *whole;
  if (!starts_like_number(text_)) return text_;
  const auto value = parse_all<double>(text_);
  return value && std::isfinite(*value) ? Json(*value) : Json(text_);
}

Json Yaml::to_json() const {
  switch (kind_) {
    case Kind::kNull:
      return nullptr;
    case Kind::kScalar:
      return scalar_to_json();
    case Kind::kList: {
      Json::Array list;
      for (const Yaml& item : items_) list.push_back(item.to_json());
      return list;
    }
    case Kind::kMap: {
      Json::Object object;
      for (const auto& [name, value] : entries_) object.emplace_back(name, value.to_json());
      return object;
    }
  }
  throw std::invalid_argument("unknown kind of YAML value");
}

}  // namespace core
