// Python's str and number texts: values read off CPython 3.11.
#include "tasks/jinja/python_text.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tasks/jinja/case_mapping.h"
#include "tasks/jinja/number_text.h"

namespace {

std::string float_text(double value) {
  std::string out;
  jinja::append_float(out, value);
  return out;
}

TEST(NumberText, IsPythonsRepr) {
  EXPECT_EQ(float_text(1.0), "1.0");
  EXPECT_EQ(float_text(1e16), "1e+16");
  EXPECT_EQ(float_text(123456789012345680.0), "1.2345678901234568e+17");
  EXPECT_EQ(float_text(1e15), "1000000000000000.0");
  EXPECT_EQ(float_text(1e-4), "0.0001");
  EXPECT_EQ(float_text(1e-5), "1e-05");
  EXPECT_EQ(float_text(1e-300), "1e-300");
  EXPECT_EQ(float_text(-0.0), "-0.0");
  EXPECT_EQ(float_text(static_cast<double>(3.8f)), "3.799999952316284");
}

TEST(NumberText, ReadsWhatPythonReads) {
  EXPECT_EQ(jinja::parse_integer(" +1_000 "), 1000);
  EXPECT_EQ(jinja::parse_integer("1__0"), std::nullopt);
  EXPECT_EQ(jinja::parse_integer("1.0"), std::nullopt);
  EXPECT_EQ(jinja::parse_integer("-ff", 16), -255);
  EXPECT_EQ(jinja::parse_float(" .5 "), 0.5);
  EXPECT_EQ(jinja::parse_float("1."), 1.0);
  EXPECT_EQ(jinja::parse_float("1e400"), HUGE_VAL);
  EXPECT_EQ(jinja::parse_float("0x1"), std::nullopt);
}

TEST(NumberText, RoundsToEven) {
  EXPECT_EQ(jinja::round_to(2.5, 0), 2.0);
  EXPECT_EQ(jinja::round_to(2.675, 2), 2.67);
  EXPECT_EQ(jinja::round_to(0.15, 1), 0.1);
  EXPECT_EQ(jinja::round_to(1250.0, -2), 1200.0);
}

TEST(PythonText, MapsCase) {
  EXPECT_EQ(jinja::upper("straße ŉ ﬁ"), "STRASSE ʼN FI");
  EXPECT_EQ(jinja::lower("İ ΑΣ ΑΣΑ Σ"), "i̇ ας ασα σ");
  EXPECT_EQ(jinja::capitalize("ǆx ABC"), "ǅx abc");
}

TEST(PythonText, CountsCodePoints) {
  EXPECT_EQ(jinja::count_code_points("é日🙂"), 3);
  EXPECT_EQ(jinja::substring("é日🙂x", 1, 3), "日🙂");
  EXPECT_EQ(jinja::replace("é日", "", "-", -1), "-é-日-");
}

TEST(PythonText, EscapesWhatPythonDoesNotPrint) {
  std::string out;
  jinja::append_repr(out, "a'\n\x7f\u00a0\u200b\u00ad é");
  EXPECT_EQ(out, "\"a'\\n\\x7f\\xa0\\u200b\\xad é\"");
}

}  // namespace
