// The stemmer alone, for tests/golden/rouge.py: a word a line in, its stem a line out.
#include <iostream>
#include <string>

#include "harness/metrics/porter_stemmer.h"

int main() {
  std::ios::sync_with_stdio(false);
  for (std::string word; std::getline(std::cin, word);) std::cout << metrics::porter_stem(word) << '\n';
}
