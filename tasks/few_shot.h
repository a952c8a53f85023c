// Examples in front of an instruction, for in-context baselines: k rows of the training split, rendered by the
// instance's own template, instruction and target apart by `target_separator`, examples by `separator`.
//
// The candidates are a pool of at most 4,096 rows of the training split, a uniform sample that depends on the seed and
// the number of the row alone, so that memory does not grow with the split. Rows that the template skips, rows without
// a label, rows that give the instance's own instruction (leaked from the measured split, its answer would stand in
// front of it) and, where the measured split is the training split, the instance's own row are no candidates. Each
// instance draws its own k without replacement, keyed by (seed, its instruction): equal instructions share their
// examples, and neither order nor number of instances changes them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/records.h"

namespace core {
class Yaml;
}

namespace tasks {

struct FewShot {
  std::int64_t k = 0;  // 0: none
  std::uint64_t seed = 0;
  std::string separator = "\n\n";      // lm-evaluation-harness' fewshot_delimiter
  std::string target_separator = " ";  // its target_delimiter
  bool balanced = false;               // classes in turn, in a drawn order, so that each is shown as often as another
};

/// The map behind a key `few_shot`, whose form is checked already.
FewShot read_few_shot(const core::Yaml& map);

/// The solved examples that instances draw from.
class ShotPool {
 public:
  static constexpr std::size_t kRows = 4096;

  explicit ShotPool(FewShot few_shot) : few_shot_(std::move(few_shot)) {}
  /// Whether a row of the training split may enter: others need no rendering.
  bool wants(std::int64_t row) const;
  /// The instances of a row; another row leaves where the pool is full.
  void add(std::int64_t row, const std::vector<core::Instance>& instances);
  /// Ends the filling.
  void close();

  /// `Instance::shots` of an instance; `own_row`: its row where it stands in the training split itself. Throws
  /// std::runtime_error where fewer than k examples are there.
  std::string shots_for(const core::Instance& instance, std::optional<std::int64_t> own_row) const;

 private:
  struct Shot {
    std::int64_t row = 0;
    std::int64_t label = 0;         // 0 for generation
    std::uint64_t instruction = 0;  // its hash
    std::string text;               // with the separator that follows it
  };
  using Shots = std::vector<Shot>;

  std::uint64_t rank(std::int64_t row) const;
  FewShot few_shot_;
  std::map<std::pair<std::uint64_t, std::int64_t>, std::vector<core::Instance>> rows_;  // (rank, row): the last leaves
  std::map<std::string, Shots> by_template_;                                            // in the order of rows
};

}  // namespace tasks
