#include "harness/metrics/porter_stemmer.h"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

namespace metrics {
namespace {

/// Porter's c and v: a letter other than a, e, i, o, u, and other than a y after a consonant.
std::vector<bool> consonants(std::string_view word) {
  std::vector<bool> flags;
  flags.reserve(word.size());
  for (const char c : word) {
    const bool vowel = c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u';
    flags.push_back(c == 'y' ? flags.empty() || !flags.back() : !vowel);
  }
  return flags;
}

/// Porter's m: how often a vowel is followed by a consonant.
int measure(std::string_view stem) {
  const auto flags = consonants(stem);
  int count = 0;
  for (std::size_t i = 1; i < flags.size(); ++i) count += !flags[i - 1] && flags[i];
  return count;
}

bool contains_vowel(std::string_view stem) {
  const auto flags = consonants(stem);
  return std::find(flags.begin(), flags.end(), false) != flags.end();
}

/// *d
bool ends_double_consonant(std::string_view word) {
  return word.size() >= 2 && word.back() == word[word.size() - 2] && consonants(word).back();
}

/// *o; with NLTK's extension also vowel and consonant alone.
bool ends_cvc(std::string_view word) {
  const auto flags = consonants(word);
  const std::size_t n = flags.size();
  if (n == 2) return !flags[0] && flags[1];
  return n >= 3 && flags[n - 3] && !flags[n - 2] && flags[n - 1] && word[n - 1] != 'w' && word[n - 1] != 'x' &&
         word[n - 1] != 'y';
}

std::string_view without(std::string_view word, std::size_t bytes) { return word.substr(0, word.size() - bytes); }

struct Rule {
  std::string_view suffix, replacement;
};

/// Applies the first rule whose suffix matches, where the measure of what is left exceeds `above`; no later rule is
/// tried.
std::string apply(std::string_view word, std::span<const Rule> rules, int above) {
  for (const Rule& rule : rules) {
    if (!word.ends_with(rule.suffix)) continue;
    const std::string_view stem = without(word, rule.suffix.size());
    return measure(stem) > above ? std::string(stem).append(rule.replacement) : std::string(word);
  }
  return std::string(word);
}

constexpr int kAlways = -1;

std::string step_1a(std::string_view word) {
  static constexpr std::array<Rule, 4> kRules{{{"sses", "ss"}, {"ies", "i"}, {"ss", "ss"}, {"s", ""}}};
  if (word.size() == 4 && word.ends_with("ies")) return std::string(without(word, 1));
  return apply(word, kRules, kAlways);
}

/// What step 1b does to a stem that lost -ed or -ing.
std::string repair(std::string_view stem) {
  if (stem.ends_with("at") || stem.ends_with("bl") || stem.ends_with("iz")) return std::string(stem) + "e";
  const char last = stem.back();
  if (ends_double_consonant(stem))
    return std::string(last == 'l' || last == 's' || last == 'z' ? stem : without(stem, 1));
  return measure(stem) == 1 && ends_cvc(stem) ? std::string(stem) + "e" : std::string(stem);
}

std::string step_1b(std::string_view word) {
  if (word.ends_with("ied")) return std::string(without(word, word.size() == 4 ? 1 : 2));
  if (word.ends_with("eed")) return std::string(measure(without(word, 3)) > 0 ? without(word, 1) : word);
  for (const std::string_view suffix : {"ed", "ing"})
    if (word.ends_with(suffix) && contains_vowel(without(word, suffix.size())))
      return repair(without(word, suffix.size()));
  return std::string(word);
}

std::string step_1c(std::string_view word) {
  if (word.size() > 2 && word.back() == 'y' && consonants(without(word, 1)).back())
    return std::string(without(word, 1)) + "i";
  return std::string(word);
}

std::string step_2(std::string_view word) {
  static constexpr std::array<Rule, 21> kRules{
      {{"ational", "ate"}, {"tional", "tion"}, {"enci", "ence"}, {"anci", "ance"}, {"izer", "ize"},
       {"bli", "ble"},     {"alli", "al"},     {"entli", "ent"}, {"eli", "e"},     {"ousli", "ous"},
       {"ization", "ize"}, {"ation", "ate"},   {"ator", "ate"},  {"alism", "al"},  {"iveness", "ive"},
       {"fulness", "ful"}, {"ousness", "ous"}, {"aliti", "al"},  {"iviti", "ive"}, {"biliti", "ble"},
       {"fulli", "ful"}}};
  if (word.ends_with("alli") && measure(without(word, 4)) > 0) return step_2(without(word, 2));
  // The l of -logi counts with the stem, so that geo- and theo- behave like archaeo-.
  if (word.ends_with("logi")) return std::string(measure(without(word, 3)) > 0 ? without(word, 1) : word);
  return apply(word, kRules, 0);
}

std::string step_3(std::string_view word) {
  static constexpr std::array<Rule, 7> kRules{
      {{"icate", "ic"}, {"ative", ""}, {"alize", "al"}, {"iciti", "ic"}, {"ical", "ic"}, {"ful", ""}, {"ness", ""}}};
  return apply(word, kRules, 0);
}

std::string step_4(std::string_view word) {
  static constexpr std::array<Rule, 18> kRules{{{"al", ""},
                                                {"ance", ""},
                                                {"ence", ""},
                                                {"er", ""},
                                                {"ic", ""},
                                                {"able", ""},
                                                {"ible", ""},
                                                {"ant", ""},
                                                {"ement", ""},
                                                {"ment", ""},
                                                {"ent", ""},
                                                {"ou", ""},
                                                {"ism", ""},
                                                {"ate", ""},
                                                {"iti", ""},
                                                {"ous", ""},
                                                {"ive", ""},
                                                {"ize", ""}}};
  if (!word.ends_with("ion")) return apply(word, kRules, 1);
  const std::string_view stem = without(word, 3);
  return std::string(measure(stem) > 1 && (stem.back() == 's' || stem.back() == 't') ? stem : word);
}

std::string step_5(std::string_view word) {
  std::string out(word);
  if (word.ends_with("e")) {
    const std::string_view stem = without(word, 1);
    const int m = measure(stem);
    if (m > 1 || (m == 1 && !ends_cvc(stem))) out = stem;
  }
  if (out.ends_with("ll") && measure(without(out, 1)) > 1) out.pop_back();
  return out;
}

std::string_view irregular(std::string_view word) {
  static constexpr std::array<Rule, 16> kPool{{{"sky", "sky"},
                                               {"skies", "sky"},
                                               {"dying", "die"},
                                               {"lying", "lie"},
                                               {"tying", "tie"},
                                               {"news", "news"},
                                               {"innings", "inning"},
                                               {"inning", "inning"},
                                               {"outings", "outing"},
                                               {"outing", "outing"},
                                               {"cannings", "canning"},
                                               {"canning", "canning"},
                                               {"howe", "howe"},
                                               {"proceed", "proceed"},
                                               {"exceed", "exceed"},
                                               {"succeed", "succeed"}}};
  for (const auto& [form, stem] : kPool)
    if (form == word) return stem;
  return {};
}

}  // namespace

std::string porter_stem(std::string_view word) {
  if (const auto stem = irregular(word); !stem.empty()) return std::string(stem);
  if (word.size() <= 2) return std::string(word);
  return step_5(step_4(step_3(step_2(step_1c(step_1b(step_1a(word)))))));
}

}  // namespace metrics
