// The file after which a random model is made: checked values of its keys, and what is drawn for it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/core/json.h"
#include "harness/core/yaml.h"

namespace backbones {

/// A tensor to be drawn: normal with this mean and standard deviation.
struct NewTensor {
  std::string name;
  std::vector<std::int64_t> shape;
  double deviation = 0;
  double mean = 0;
  std::int64_t boosted_row = -1;  // a row that is multiplied by `boost`; -1: none
  double boost = 1;
};

struct NewModel {
  core::Json::Object config;
  std::vector<NewTensor> tensors;
  std::int64_t vocab_size = 0;
};

/// `keys` and those that all architectures share.
std::vector<std::string> with_common(std::vector<std::string> keys);
/// A whole number from 1; `otherwise` where the key is absent. Throws core::ConfigError.
std::int64_t count(const core::Yaml& file, const std::string& key, std::int64_t otherwise);
/// A finite number above 0.
double positive(const core::Yaml& map, const std::string& key, double otherwise);

/// The knobs of `scale:`; all in units of the standard deviation that the named thing then has.
class Scale {
 public:
  /// Throws core::ConfigError at a knob that is not known.
  Scale(const core::Yaml& file, const std::vector<std::string>& known);
  double operator()(const std::string& key, double otherwise) const;

 private:
  const core::Yaml* map_;
};

/// A feed-forward block passes about 0.6 of its input's deviation on.
inline constexpr double kFeedForwardGain = 1.5;

}  // namespace backbones
