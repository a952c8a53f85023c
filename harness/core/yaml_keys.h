// The keys of a file that people write, as one value: names, kinds, allowed values, which of them must be there, what
// they mean. `check` refuses what does not fit, with file, line, key and a suggestion; `json_schema` publishes the same
// rules for editors (JSON Schema, draft 2020-12). What depends on several keys together stays with the reader.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "harness/core/json.h"
#include "harness/core/yaml.h"

namespace core {

struct YamlKey;

/// What stands behind a key.
struct YamlShape {
  enum class Kind {
    kText,     // any scalar: numbers and booleans are read as they are written
    kInteger,  // from `least`
    kNumber,
    kBoolean,
    kOneOf,  // one of `values`
    kList,   // of `parts[0]`, at least `least` of them
    kMap,    // the named `keys` and no others
    kNames,  // a map from names that the user makes up to `parts[0]`
    kLater,  // refused as not built yet; not in the schema
    kEither  // one of `parts`, at most one of them a list, one a map, any number of scalars
  };
  Kind kind = Kind::kText;
  std::vector<std::string> values = {};
  std::vector<YamlShape> parts = {};
  std::vector<YamlKey> keys = {};
  std::int64_t least = std::numeric_limits<std::int64_t>::min();
};

struct YamlKey {
  std::string name;
  YamlShape shape;
  std::string meaning;
  bool required = false;
};

/// The words that a table of keys is written in.
namespace keys {

YamlShape text();
YamlShape integer(std::int64_t least = std::numeric_limits<std::int64_t>::min());
YamlShape number();
YamlShape boolean();
YamlShape one_of(std::vector<std::string> values);
YamlShape list_of(YamlShape item, std::int64_t least = 1);
YamlShape map_of(std::vector<YamlKey> keys);
YamlShape names_to(YamlShape value);
YamlShape either(std::vector<YamlShape> parts);
/// A text, or a list of texts.
YamlShape text_or_texts();
YamlKey required(std::string name, YamlShape shape, std::string meaning);
YamlKey optional(std::string name, YamlShape shape, std::string meaning);
/// A key of a later version: refused rather than ignored.
YamlKey later(std::string name);

}  // namespace keys

/// Throws ConfigError at the first place that does not fit.
void check(const Yaml& yaml, const YamlShape& shape);

/// The schema of a value; add "$schema", "$id" and "title" at the top of a document.
Json::Object json_schema(const YamlShape& shape);
/// The schema of a file: `name` is the document's title.
Json json_schema_document(const YamlShape& shape, const std::string& name);

}  // namespace core
