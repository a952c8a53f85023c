// A program of the user's as the metric of generation tasks, in the place of Rouge-L: as backbones/command_backbone.h,
// with
//
//   {"response", "references"} -> a field with the metric's name: the higher, the better; a fraction, as tables show it
//                                 times 100
#pragma once

#include <span>
#include <string>
#include <vector>

#include "backbones/command_lines.h"

namespace run {

struct ResponseReferences {
  std::string response;
  std::vector<std::string> references;
};

class CommandMetric {
 public:
  /// Throws backbones::CommandError where there is no such program.
  CommandMetric(std::string name, const backbones::CommandOptions& options);
  /// One value per pair, in order. Throws backbones::Unfinished with the values that came before a failure;
  /// backbones::SurplusError.
  std::vector<double> measure(std::span<const ResponseReferences> pairs);
  void finish() { lines_.finish(); }

 private:
  std::string name_;
  backbones::CommandLines lines_;
};

}  // namespace run
