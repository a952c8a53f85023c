// Porter's stemmer (Porter, "An algorithm for suffix stripping", Program 14(3), 1980) as nltk.stem.PorterStemmer runs
// it by default, with NLTK's extensions: a pool of irregular forms, words of up to two letters left alone, and changed
// rules in steps 1a, 1b, 1c and 2. rouge-score's stemmed tokens are these.
#pragma once

#include <string>
#include <string_view>

namespace metrics {

/// The stem of a lower-case word. Anything but a–z counts as a consonant.
std::string porter_stem(std::string_view word);

}  // namespace metrics
