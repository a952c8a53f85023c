#include "harness/core/yaml_keys.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/core/errors.h"

namespace core {
namespace {

using Kind = YamlShape::Kind;

YamlShape of_kind(Kind kind) {
  YamlShape shape;
  shape.kind = kind;
  return shape;
}

YamlShape with_parts(Kind kind, std::vector<YamlShape> parts) {
  YamlShape shape = of_kind(kind);
  shape.parts = std::move(parts);
  return shape;
}

bool fits_kind(const Yaml& yaml, const YamlShape& shape) {
  if (shape.kind == Kind::kList) return yaml.is_list();
  if (shape.kind == Kind::kMap || shape.kind == Kind::kNames) return yaml.is_map();
  return yaml.is_scalar();
}

const char* plain_name(const YamlShape& shape) {
  switch (shape.kind) {
    case Kind::kText:
      return "text";
    case Kind::kInteger:
      return "a whole number";
    case Kind::kNumber:
      return "a number";
    case Kind::kBoolean:
      return "true or false";
    case Kind::kOneOf:
      return "a name";
    case Kind::kList:
      return "a list";
    default:
      return "a map of keys and values";
  }
}

void check_map(const Yaml& yaml, const std::vector<YamlKey>& keys) {
  std::vector<std::string> known;
  for (const YamlKey& key : keys) known.push_back(key.name);
  for (const YamlKey& key : keys)
    if (const Yaml* value = yaml.find(key.name); value != nullptr && key.shape.kind == Kind::kLater)
      check(*value, key.shape);
  yaml.allow(known);
  yaml.refuse_empty_values();
  for (const YamlKey& key : keys) {
    const Yaml* value = key.required ? &yaml.at(key.name) : yaml.find(key.name);
    if (value != nullptr) check(*value, key.shape);
  }
}

/// Of several scalars the first that fits; where none does, the error of the last.
void check_scalars(const Yaml& yaml, const std::vector<const YamlShape*>& shapes) {
  for (const YamlShape* shape : shapes) {
    try {
      return check(yaml, *shape);
    } catch (const ConfigError&) {
      if (shape == shapes.back()) throw;
    }
  }
}

void check_either(const Yaml& yaml, const std::vector<YamlShape>& parts) {
  std::vector<const YamlShape*> fitting;
  std::string expected;
  for (const YamlShape& part : parts) {
    if (fits_kind(yaml, part)) fitting.push_back(&part);
    expected += (expected.empty() ? "" : " or ") + std::string(plain_name(part));
  }
  if (fitting.empty()) yaml.fail(fmt::format("expected {}, found {}", expected, yaml.kind_name()));
  check_scalars(yaml, fitting);
}

/// Texts may look like numbers or booleans: `names: [0, 1]` are two texts.
Json any_scalar() {
  Json::Array types;
  for (const char* name : {"string", "number", "boolean"}) types.emplace_back(name);
  return Json(std::move(types));
}

Json schema_of_keys(const std::vector<YamlKey>& keys) {
  Json::Object properties;
  for (const YamlKey& key : keys) {
    if (key.shape.kind == Kind::kLater) continue;
    Json::Object schema = json_schema(key.shape);
    schema.emplace(schema.begin(), "description", key.meaning);
    properties.emplace_back(key.name, std::move(schema));
  }
  return Json(std::move(properties));
}

Json::Object schema_of_map(const std::vector<YamlKey>& keys) {
  Json::Object schema{{"type", "object"}, {"properties", schema_of_keys(keys)}, {"additionalProperties", false}};
  Json::Array names;
  for (const YamlKey& key : keys)
    if (key.required) names.emplace_back(key.name);
  if (!names.empty()) schema.emplace_back("required", std::move(names));
  return schema;
}

Json::Object schema_of_parts(const std::vector<YamlShape>& parts) {
  Json::Array schemas;
  for (const YamlShape& part : parts) schemas.emplace_back(json_schema(part));
  Json::Object schema;
  schema.emplace_back("anyOf", std::move(schemas));
  return schema;
}

/// A name that looks like a number or a boolean stays a name.
Json::Object schema_of_values(const std::vector<std::string>& values) {
  Json::Array names;
  for (const std::string& value : values) names.emplace_back(value);
  Json::Object schema;
  schema.emplace_back("enum", std::move(names));
  return schema;
}

}  // namespace

namespace keys {

YamlShape text() { return of_kind(Kind::kText); }
YamlShape number() { return of_kind(Kind::kNumber); }
YamlShape boolean() { return of_kind(Kind::kBoolean); }

YamlShape list_of(YamlShape item, std::int64_t least) {
  YamlShape shape = with_parts(Kind::kList, {std::move(item)});
  shape.least = least;
  return shape;
}

YamlShape names_to(YamlShape value) { return with_parts(Kind::kNames, {std::move(value)}); }
YamlShape either(std::vector<YamlShape> parts) { return with_parts(Kind::kEither, std::move(parts)); }
YamlShape text_or_texts() { return either({text(), list_of(text())}); }

YamlShape integer(std::int64_t least) {
  YamlShape shape = of_kind(Kind::kInteger);
  shape.least = least;
  return shape;
}

YamlShape one_of(std::vector<std::string> values) {
  YamlShape shape = of_kind(Kind::kOneOf);
  shape.values = std::move(values);
  return shape;
}

YamlShape map_of(std::vector<YamlKey> keys) {
  YamlShape shape = of_kind(Kind::kMap);
  shape.keys = std::move(keys);
  return shape;
}

YamlKey required(std::string name, YamlShape shape, std::string meaning) {
  return {std::move(name), std::move(shape), std::move(meaning), true};
}

YamlKey later(std::string name) { return {std::move(name), of_kind(Kind::kLater), "", false}; }

YamlKey optional(std::string name, YamlShape shape, std::string meaning) {
  return {std::move(name), std::move(shape), std::move(meaning), false};
}

}  // namespace keys

void check(const Yaml& yaml, const YamlShape& shape) {
  switch (shape.kind) {
    case Kind::kText:
      yaml.string();
      return;
    case Kind::kInteger:
      if (yaml.integer() < shape.least) yaml.fail(fmt::format("expected a whole number from {}", shape.least));
      return;
    case Kind::kNumber:
      yaml.number();
      return;
    case Kind::kBoolean:
      yaml.boolean();
      return;
    case Kind::kOneOf:
      yaml.one_of(shape.values);
      return;
    case Kind::kList:
      if (shape.least > 0 && yaml.items().empty()) yaml.fail("an empty list");
      for (const Yaml& item : yaml.items()) check(item, shape.parts[0]);
      return;
    case Kind::kMap:
      return check_map(yaml, shape.keys);
    case Kind::kNames:
      if (yaml.keys().empty()) yaml.fail("an empty map");
      yaml.refuse_empty_values();
      for (const std::string& name : yaml.keys()) check(yaml.at(name), shape.parts[0]);
      return;
    case Kind::kLater:
      yaml.fail("is not built yet; remove the key");
    case Kind::kEither:
      return check_either(yaml, shape.parts);
  }
}

Json::Object json_schema(const YamlShape& shape) {
  switch (shape.kind) {
    case Kind::kText:
      return {{"type", any_scalar()}};
    case Kind::kInteger: {
      Json::Object schema{{"type", "integer"}};
      if (shape.least > std::numeric_limits<std::int64_t>::min()) schema.emplace_back("minimum", shape.least);
      return schema;
    }
    case Kind::kNumber:
      return {{"type", "number"}};
    case Kind::kBoolean:
      return {{"type", "boolean"}};
    case Kind::kOneOf:
      return schema_of_values(shape.values);
    case Kind::kList:
      return {{"type", "array"}, {"items", json_schema(shape.parts[0])}, {"minItems", shape.least}};
    case Kind::kMap:
      return schema_of_map(shape.keys);
    case Kind::kNames:
      return {{"type", "object"}, {"additionalProperties", json_schema(shape.parts[0])}, {"minProperties", 1}};
    case Kind::kLater:
      break;
    case Kind::kEither:
      return schema_of_parts(shape.parts);
  }
  throw std::invalid_argument("unknown shape of a YAML value");
}

Json json_schema_document(const YamlShape& shape, const std::string& name) {
  Json::Object document{{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", name}};
  for (auto& entry : json_schema(shape)) document.push_back(std::move(entry));
  return Json(std::move(document));
}

}  // namespace core
