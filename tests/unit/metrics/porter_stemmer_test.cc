#include "harness/metrics/porter_stemmer.h"

#include <gtest/gtest.h>

namespace metrics {
namespace {

// nltk 3.10, PorterStemmer(); tests/golden/rouge.py compares tens of thousands.
TEST(PorterStemmer, KnownAnswers) {
  const std::pair<const char*, const char*> cases[] = {{"skies", "sky"},
                                                       {"flies", "fli"},
                                                       {"dies", "die"},
                                                       {"died", "die"},
                                                       {"spied", "spi"},
                                                       {"happy", "happi"},
                                                       {"enjoy", "enjoy"},
                                                       {"agreed", "agre"},
                                                       {"feed", "feed"},
                                                       {"hopping", "hop"},
                                                       {"falling", "fall"},
                                                       {"filing", "file"},
                                                       {"relational", "relat"},
                                                       {"rationally", "ration"},
                                                       {"radically", "radic"},
                                                       {"hopefully", "hope"},
                                                       {"geology", "geolog"},
                                                       {"generously", "gener"},
                                                       {"universities", "univers"},
                                                       {"easily", "easili"},
                                                       {"adjustable", "adjust"},
                                                       {"1990s", "1990"},
                                                       {"exceed", "exceed"},
                                                       {"succeeded", "succeed"},
                                                       {"controlling", "control"},
                                                       {"adoption", "adopt"},
                                                       {"by", "by"}};
  for (const auto& [word, stem] : cases) EXPECT_EQ(porter_stem(word), stem);
}

TEST(PorterStemmer, LongRunsOfYTakeNoTime) { EXPECT_EQ(porter_stem(std::string(1 << 20, 'y')).size(), 1u << 20); }

}  // namespace
}  // namespace metrics
