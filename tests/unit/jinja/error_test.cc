// Where errors point: line, column (in code points), the source line, and a suggestion.
#include "tasks/jinja/error.h"

#include <gtest/gtest.h>

#include "harness/core/json.h"
#include "tasks/jinja/template.h"

namespace {

std::string message_of(const std::string& source) {
  const core::Json row = core::parse_json(R"({"a": "x", "l": [1], "none": null})");
  try {
    jinja::Context context(row);
    jinja::Draws draws([] { return 0; });
    return "rendered " + jinja::Template(source, "rte: name").render(context, draws);
  } catch (const jinja::TemplateError& error) {
    return error.what();
  }
}

struct Wanted {
  std::string source, message;
};

TEST(TemplateError, NamesPlaceLineAndSuggestion) {
  const Wanted table[] = {
      {"{{ a | joni }}",
       "rte: name:1:8: no filter is called 'joni' (did you mean 'join'?)\n  {{ a | joni }}\n         ^"},
      {"x\néé {% fro x in l %}",
       "rte: name:2:7: unknown statement 'fro' (did you mean 'for'?)\n  éé {% fro x in l %}\n        ^"},
      {"{{ a is defind }}",
       "rte: name:1:9: no test is called 'defind' (did you mean 'defined'?)\n  {{ a is defind }}\n          ^"},
      {"{{ missing.x }}", "rte: name:1:11: 'missing' is undefined\n  {{ missing.x }}\n            ^"},
      {"ok\n\n{{ 1 + a }}", "rte: name:3:6: unsupported operand types for +: 'int' and 'str'\n  {{ 1 + a }}\n       ^"},
      {"{% if a %}x", "rte: name:1:11: the block is not closed: 'endif' is missing\n  {% if a %}x\n            ^"},
      {"\té\t{{ a | urlize }}",
       "rte: name:1:11: the filter 'urlize' is not supported here\n  \té\t{{ a | urlize }}\n  \t \t       ^"},
      {"{{ l | map('uper') | list }}",
       "rte: name:1:8: no filter is called 'uper' (did you mean 'upper'?)\n  {{ l | map('uper') | list }}\n         ^"},
      {"{{ a.encode() }}",
       "rte: name:1:5: the method 'encode' of 'str' is not supported here\n  {{ a.encode() }}\n      ^"},
      {"{{ lipsum() }}",
       "rte: name:1:10: lipsum is not supported here: a prompt has no use for filler text\n  {{ lipsum() }}\n          "
       " ^"},
      {"{{ (a }}", "rte: name:1:7: unexpected '}', expected ')'\n  {{ (a }}\n        ^"},
      {"{% for x in none %}{% endfor %}",
       "rte: name:1:13: 'NoneType' object is not iterable\n  {% for x in none %}{% endfor %}\n              ^"},
  };
  for (const Wanted& wanted : table) EXPECT_EQ(message_of(wanted.source), wanted.message);
}

TEST(TemplateError, PointsIntoMacrosLoopsAndBlocks) {
  const Wanted table[] = {
      {"{% macro m(x) %}\n{{ x + 1 }}\n{% endmacro %}\n{{ m('a') }}",
       "rte: name:2:6: unsupported operand types for +: 'str' and 'int'\n  {{ x + 1 }}\n       ^"},
      {"{% macro m(x) %}{% endmacro %}\n{{ m(1, 2) }}",
       "rte: name:2:5: macro 'm' takes not more than 1 argument\n  {{ m(1, 2) }}\n      ^"},
      {"{% macro m() %}{% endmacro %}\n{{ m(z=2) }}",
       "rte: name:2:5: macro 'm' takes no keyword argument 'z'\n  {{ m(z=2) }}\n      ^"},
      {"{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
       "rte: name:1:20: macros or loops call each other deeper than 200\n"
       "  {% macro m() %}{{ m() }}{% endmacro %}{{ m() }}\n                     ^"},
      {"{% for x in l %}{{ loop(l) }}{% endfor %}",
       "rte: name:1:24: the loop must have the 'recursive' marker to be called\n"
       "  {% for x in l %}{{ loop(l) }}{% endfor %}\n                         ^"},
      {"{% filter length %}x{% endfilter %}",
       "rte: name:1:4: a filter block must give a str, found 'int'\n  {% filter length %}x{% endfilter %}\n     ^"},
      {"{% include 'x' %}",
       "rte: name:1:4: 'include' is not supported: a template is one text, without others beside it\n"
       "  {% include 'x' %}\n     ^"},
      {"{% set ns = 1 %}{% set ns.x = 2 %}",
       "rte: name:1:24: 'ns' is not a namespace: its attribute cannot be set\n  {% set ns = 1 %}{% set ns.x = 2 %}\n   "
       "   "
       "                   ^"},
  };
  for (const Wanted& wanted : table) EXPECT_EQ(message_of(wanted.source), wanted.message);
}

TEST(TemplateError, ShowsTheMiddleOfALongLine) {
  const std::string ends(200, 'x'), sixty(60, 'x'), blanks(61, ' ');
  EXPECT_EQ(message_of(ends + "{{ +a }}" + ends),
            "rte: name:1:204: unsupported operand types for unary +: 'str' and 'str'\n  …" + sixty.substr(3) +
                "{{ +a }}" + std::string(55, 'x') + "…\n  " + blanks + "^");
}

TEST(TemplateError, ShowsARewrittenSourceAsWritten) {
  const core::Json row = core::parse_json(R"({"a": "x"})");
  const auto message = [&](const std::string& source) -> std::string {
    try {
      jinja::Context context(row);
      jinja::Draws draws([] { return 0; });
      return jinja::Template(source, "t", {"}}", " | string | truncate(2048) }}"}).render(context, draws);
    } catch (const jinja::TemplateError& error) {
      return error.what();
    }
  };
  EXPECT_EQ(message("{{ a }} {{ +a }}"),
            "t:1:12: unsupported operand types for unary +: 'str' and 'str'\n  {{ a }} {{ +a }}\n             ^");
  EXPECT_EQ(message("{{ a }}{{ }}"), "t:1:11: expected an expression, found '|'\n  {{ a }}{{ }}\n            ^");
  EXPECT_EQ(message("{{ a }}\n{{ a }}{% nope %}"),
            "t:2:11: unknown statement 'nope'\n  {{ a }}{% nope %}\n            ^");
}

TEST(TemplateError, NestingEndsWithAnErrorNotACrash) {
  EXPECT_NE(message_of("{{ " + std::string(100000, '(') + "1" + std::string(100000, ')') + " }}").find("nested deeper"),
            std::string::npos);
  EXPECT_NE(message_of("{{ " + std::string(100000, '-') + "1 }}").find("nested deeper"), std::string::npos);
  std::string sum = "{{ 1", blocks;
  for (int i = 0; i < 50000; ++i) sum += "+1";
  for (int i = 0; i < 5000; ++i) blocks += "{% if a %}";
  EXPECT_NE(message_of(sum + " }}").find("higher than"), std::string::npos);
  EXPECT_NE(message_of(blocks).find("nested deeper"), std::string::npos);
  EXPECT_NE(message_of("{{ l.append(l) }}{{ l }}").find("hold itself"), std::string::npos);
  EXPECT_NE(message_of("{{ 'x' * 99999999999 }}").find("too large"), std::string::npos);
  EXPECT_NE(message_of("{{ 9223372036854775807 + 1 }}").find("64-bit"), std::string::npos);
}

TEST(Template, NamesItsColumns) {
  const jinja::Template both("{% set q = a %}{{ q }}{% for x in range(3) %}{{ x }}{{ b }}{% endfor %}", "t");
  EXPECT_EQ(both.undeclared(), (std::vector<std::string>{"a", "b"}));
}

}  // namespace
