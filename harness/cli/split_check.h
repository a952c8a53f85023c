// What `cappy tasks validate` counts in the instances of a split: lengths, repeats, labels, and what of it stands in
// the training split too. Bounded memory: a hash or two per instance, for the first kMostChecked instances.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "backbones/tokenizer/tokenizer.h"
#include "harness/core/records.h"

namespace cli {

/// The 64-bit hashes of texts, for membership: 8 bytes each.
class TextSet {
 public:
  static constexpr std::size_t kMostChecked = 4'000'000;  // 32 MB

  void add(std::uint64_t hash);
  /// Call once, after the last `add`.
  void close();
  bool has(std::uint64_t hash) const;
  /// How many are equal to an earlier one.
  std::int64_t repeats() const { return repeats_; }
  /// Whether some were left out for want of memory.
  bool is_partial() const { return partial_; }

 private:
  std::vector<std::uint64_t> hashes_;
  std::int64_t repeats_ = 0;
  bool partial_ = false;
};

/// Limits in tokens, as a run has them, and who counts; without a tokenizer nothing is counted.
struct LengthLimits {
  const tokenizer::Tokenizer* tokenizer = nullptr;
  std::int64_t max_source_length = 512;  // of an instruction, end of sequence included
  std::int64_t max_length = 64;          // of an output, the decoder start included
};

struct Lengths {
  std::int64_t inputs = 0, inputs_too_long = 0, longest_input = 0, input_tokens = 0;
  std::int64_t references = 0, references_too_long = 0, longest_reference = 0;
};

/// The contents of one split, instance by instance.
class SplitCheck {
 public:
  /// `train`: what a measured split is compared with; null for the training split itself.
  SplitCheck(const LengthLimits& limits, const SplitCheck* train) : limits_(limits), train_(train) {}

  void add(const core::Instance& instance);
  /// Call once, after the last `add`.
  void close();

  const Lengths& lengths() const { return lengths_; }
  std::int64_t repeats() const { return wholes_.repeats(); }
  bool is_partial() const { return wholes_.is_partial(); }
  std::int64_t leaks() const { return leaks_; }                          // instructions that stand in train too
  std::int64_t leaks_with_target() const { return leaks_with_target_; }  // with the same references or right choice
  const std::map<std::int64_t, std::int64_t>& labels() const { return labels_; }  // label -> instances
  std::int64_t empty_instructions() const { return empty_instructions_; }
  std::int64_t odd_choices() const { return odd_choices_; }  // instances that offer a choice twice, or an empty one
  const std::map<std::string, std::int64_t>& templates() const { return templates_; }

 private:
  void measure(const core::Instance& instance);

  LengthLimits limits_;
  const SplitCheck* train_;
  TextSet instructions_, wholes_;
  Lengths lengths_;
  std::int64_t leaks_ = 0, leaks_with_target_ = 0, empty_instructions_ = 0, odd_choices_ = 0;
  std::map<std::int64_t, std::int64_t> labels_;
  std::map<std::string, std::int64_t> templates_;
};

}  // namespace cli
