// Rouge-L (Lin, "ROUGE: a package for automatic evaluation of summaries", 2004) exactly as rouge-score 0.1.2 with
// use_stemmer=True computes it: equal in every bit.
//
// Text is lower-cased, cut into runs of a–z and 0–9, and words longer than three letters are stemmed. With L the length
// of the longest common subsequence: precision L / |response|, recall L / |reference|, F = 2PR / (P + R). Of several
// references the first with the greatest F counts.
//
// L comes from Hyyrö's bit-parallel recurrence ("Bit-parallel LCS-length computation revisited", 2004): a bit for each
// reference token, one addition for each response token. With V = all ones and M[w] = the places of word w in the
// reference,
//     U = V & M[w];  V = (V + U) | (V - U)
// and L is the number of zeros left in V. A longer reference goes through in blocks of 64 bits, with the carries kept
// from one block to the next. Example: reference "a b c", response "c a b": M[a] = 001, M[b] = 010, M[c] = 100; V = 111
// -> 011 (c) -> 110 (a; the carry wanders through) -> 100 (b): two zeros, L = 2 ("a b").
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/metrics/stem_table.h"

namespace metrics {

struct RougeScore {
  double precision = 0, recall = 0, f = 0;
  bool operator==(const RougeScore&) const = default;
};

/// Scores responses; keeps the stems of words, and of the references it saw last the tokens and every response's score,
/// so that the 17 candidates of an instance cost one tokenisation of its references. Memory is bounded. Not for use by
/// two threads at once.
class RougeL {
 public:
  /// F of the best reference. Both texts are UTF-8. Throws std::invalid_argument where `references` is empty.
  double score(std::string_view response, std::span<const std::string> references) {
    return precision_recall_f(response, references).f;
  }
  RougeScore precision_recall_f(std::string_view response, std::span<const std::string> references);

  /// The tokens as rouge-score's tokenizer gives them.
  static std::vector<std::string> tokens(std::string_view text);

 private:
  struct Seen {
    std::string response;
    std::uint64_t generation = 0;  // of the references; 0: none
    RougeScore score;
  };
  using Words = std::vector<std::uint32_t>;

  void set_references(std::span<const std::string> references);
  void tokenize(std::string_view text);
  std::size_t common_subsequence(std::span<const std::uint32_t> reference);
  RougeScore compute(std::string_view response);

  StemTable stems_;
  std::string lowered_;
  Words ids_;                          // stems of the text that was tokenised last
  std::vector<std::string> texts_;     // the references of now
  Words words_;                        // of all references, numbered from 0 in the order of first occurrence
  std::vector<std::size_t> ends_;      // by reference, in words_
  Words numbers_;                      // by stem: that number, or kNowhere
  Words numbered_;                     // the stems that have one
  std::vector<std::uint64_t> masks_;   // by number: M of one block; all 0 between calls
  std::vector<std::uint8_t> carries_;  // by response token
  std::uint64_t generation_ = 0;       // counts changes of the references
  std::array<Seen, 64> seen_;          // by the response's hash; its strings keep their memory
};

}  // namespace metrics
