#include "backbones/model_recipe.h"

#include <fmt/format.h>

#include <cmath>

namespace backbones {

std::vector<std::string> with_common(std::vector<std::string> keys) {
  for (const char* key : {"architecture", "tokenizer", "scale"}) keys.emplace_back(key);
  return keys;
}

std::int64_t count(const core::Yaml& file, const std::string& key, std::int64_t otherwise) {
  const core::Yaml* value = file.find(key);
  if (!value) return otherwise;
  if (value->integer() < 1 || value->integer() > 10'000'000)
    value->fail(fmt::format("expected a whole number from 1 to 10000000, found {}", value->integer()));
  return value->integer();
}

double positive(const core::Yaml& map, const std::string& key, double otherwise) {
  const core::Yaml* value = map.find(key);
  if (!value) return otherwise;
  if (!(value->number() > 0 && std::isfinite(value->number())))
    value->fail(fmt::format("expected a finite number above 0, found {}", value->number()));
  return value->number();
}

Scale::Scale(const core::Yaml& file, const std::vector<std::string>& known) : map_(file.find("scale")) {
  if (map_) map_->allow(known);
}

double Scale::operator()(const std::string& key, double otherwise) const {
  return map_ ? positive(*map_, key, otherwise) : otherwise;
}

}  // namespace backbones
