// core::Yaml: the strict reader that task and experiment files stand on.
#include "harness/core/yaml.h"

#include <gtest/gtest.h>

#include <functional>

#include "harness/core/errors.h"
#include "tests/unit/tasks/temporary_folder.h"

namespace core {
namespace {

constexpr const char* kText = "a: {b: 1, c: \"2\"}\nl: [1, x, No]\nm:\n  - k: 1.5\n    z: 3e-3\nnone:\nt: true\n";

TEST(Yaml, TypedGettersKnowTheirPlace) {
  const Yaml yaml = Yaml::from_text(kText, "t.yaml");
  EXPECT_EQ(yaml.at("a").at("b").integer(), 1);
  EXPECT_EQ(yaml.at("l").strings(), (std::vector<std::string>{"1", "x", "No"}));
  EXPECT_EQ(yaml.at("m").items()[0].at("z").number(), 3e-3);
  EXPECT_EQ(yaml.at("m").items()[0].at("z").line(), 5);
  EXPECT_EQ(yaml.at("m").items()[0].at("z").key(), "m[0].z");
  EXPECT_TRUE(yaml.at("t").boolean());
  EXPECT_EQ(yaml.find("none"), nullptr);
  EXPECT_EQ(yaml.integer_or("none", 7), 7);
  EXPECT_EQ(write_json(yaml.to_json()),
            R"({"a":{"b":1,"c":"2"},"l":[1,"x","No"],"m":[{"k":1.5,"z":0.003}],"none":null,"t":true})");
}

TEST(Yaml, MistakesAreToldByFileLineAndKey) {
  const Yaml yaml = Yaml::from_text(kText, "t.yaml");
  const std::pair<std::string, std::function<void()>> cases[] = {
      {"t.yaml:2: l: unknown key (did you mean 'll'?)",
       [&] {
         yaml.allow({"a", "ll", "m", "none", "t"});
       }},
      {"t.yaml:1: a.c: expected a whole number, found '2'", [&] { yaml.at("a").at("c").integer(); }},
      {"t.yaml:1: a.d: is missing", [&] { yaml.at("a").at("d"); }},
      {"t.yaml:2: l[1]: expected a number, found 'x'", [&] { yaml.at("l").items()[1].number(); }},
      {"t.yaml:2: l[2]: expected true or false, found 'No'", [&] { yaml.at("l").items()[2].boolean(); }},
      {"t.yaml:3: m: expected text, found a list", [&] { yaml.at("m").string(); }},
      {"u:3: b.c: a second time (first in line 2)", [] { Yaml::from_text("b:\n  c: 1\n  c: 2\n", "u"); }},
      {"u:2: not YAML", [] { Yaml::from_text("a: [1\nb: 2", "u"); }},
      {"u:3: a second document", [] { Yaml::from_text("a: 1\n---\nb: 2\n", "u"); }},
  };
  for (const auto& [message, action] : cases) {
    const std::string error = tasks::error_of(action);
    EXPECT_EQ(error.substr(0, message.size()), message);
  }
}

TEST(Yaml, RefusesDepthAndAliasesThatExplode) {
  EXPECT_NE(tasks::error_of([] {
              Yaml::from_text(std::string(200, '[') + std::string(200, ']'), "u");
            }).find("nested deeper"),
            std::string::npos);
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 8; ++i) {
    const std::string below = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + below;
    for (int k = 0; k < 9; ++k) bomb += ", " + below;
    bomb += "]\n";
  }
  EXPECT_NE(tasks::error_of([&] { Yaml::from_text(bomb, "u"); }).find("more than"), std::string::npos);
}

TEST(Yaml, SetReplacesAtADottedKey) {
  Yaml yaml = Yaml::from_text(kText, "t.yaml");
  yaml.set("a.b", "[1, 2]", "--set");
  yaml.set("new.key", "x", "--set");
  EXPECT_EQ(yaml.at("a").at("b").strings().size(), 2u);
  EXPECT_EQ(yaml.at("new").at("key").string(), "x");
  EXPECT_EQ(tasks::error_of([&] { yaml.set("l.x", "1", "--set"); }).substr(0, 5), "--set");
}

}  // namespace
}  // namespace core
