// Rows as publishers write them, brought into the form of the Hub's loaders.
#include "tasks/hub_form.h"

#include "harness/core/errors.h"
#include "tasks/class_label.h"
#include "tasks/loader_scripts.h"
#include "tasks/mixture.h"
#include "tests/unit/tasks/temporary_folder.h"

namespace tasks {
namespace {

using Type = ColumnType::Kind;

std::string formed(const DataSpec& spec, const std::string& json, Cells cells = Cells::kTyped) {
  Row row{core::parse_json(json), "f.jsonl: line 3"};
  try {
    to_hub_form(spec, cells, row);
  } catch (const core::FileError& error) {
    return error.what();
  }
  return core::write_json(row.columns);
}

DataSpec typed(Type kind, std::vector<std::string> names = {}) {
  DataSpec spec;
  spec.columns["c"] = {kind, std::move(names)};
  return spec;
}

TEST(HubForm, ChecksTheTypeOfEveryValue) {
  const struct {
    Type type;
    const char *good, *bad, *message;
  } cases[] = {
      {Type::kString, "\"a\"", "5", "column 'c': expected a string, found a number: 5"},
      {Type::kInteger, "5", "5.5", "column 'c': expected a whole number, found a number: 5.5"},
      {Type::kInteger, "5", "\"5\"", "column 'c': expected a whole number, found a string: \"5\""},
      {Type::kNumber, "5.5", "true", "column 'c': expected a number, found a boolean: true"},
      {Type::kNumber, "5", "[]", "column 'c': expected a number, found a list: []"},
      {Type::kBoolean, "true", "1", "column 'c': expected true or false, found a number: 1"},
      {Type::kList, "[1]", "{}", "column 'c': expected a list, found an object: {}"},
      {Type::kObject, "{\"a\":1}", "[1]", "column 'c': expected an object, found a list: [1]"},
  };
  for (const auto& c : cases) {
    const std::string good = std::string("{\"c\":") + c.good + "}";
    EXPECT_EQ(formed(typed(c.type), good), good);
    EXPECT_EQ(formed(typed(c.type), "{\"c\":null}"), "{\"c\":null}") << "a null is of every type";
    const std::string message = formed(typed(c.type), std::string("{\"c\":") + c.bad + "}");
    EXPECT_EQ(message.substr(0, message.find(';')), std::string("f.jsonl: line 3: ") + c.message);
  }
  EXPECT_EQ(formed(typed(Type::kString), "{\"cc\":1}"),
            "f.jsonl: line 3: no column 'c', which data.columns declares (did you mean 'cc'?)");
}

TEST(HubForm, ReadsNumbersOutOfCellsOfText) {
  const auto cell = [](Type type, const std::string& text) {
    return formed(typed(type), "{\"c\":\"" + text + "\"}", Cells::kText);
  };
  EXPECT_EQ(cell(Type::kInteger, "12"), "{\"c\":12}");
  EXPECT_EQ(cell(Type::kNumber, "-1.5"), "{\"c\":-1.5}");
  EXPECT_EQ(cell(Type::kBoolean, "True"), "{\"c\":true}");
  EXPECT_EQ(cell(Type::kString, "12"), "{\"c\":\"12\"}");
  for (const char* bad : {"", " 1", "1.0", "1e3", "x", "99999999999999999999"})
    EXPECT_NE(cell(Type::kInteger, bad).find("expected a whole number, found a string"), std::string::npos) << bad;
}

TEST(HubForm, MakesClassesIds) {
  const DataSpec spec = typed(Type::kClass, {"x", "y"});
  EXPECT_EQ(formed(spec, "{\"c\":\"y\"}"), "{\"c\":1}");
  EXPECT_EQ(formed(spec, "{\"c\":0}"), "{\"c\":0}");
  EXPECT_EQ(formed(spec, "{\"c\":-1}"), "{\"c\":-1}") << "the Hub's missing label";
  EXPECT_EQ(formed(typed(Type::kClass, {"False", "True"}), "{\"c\":true}"), "{\"c\":1}");
  EXPECT_EQ(formed(spec, "{\"c\":\"1\"}", Cells::kText), "{\"c\":1}");
  for (const char* bad : {"2", "-2", "\"z\"", "\"1\"", "true", "1.0"})
    EXPECT_NE(formed(spec, std::string("{\"c\":") + bad + "}").find("is no class (classes: x, y)"), std::string::npos)
        << bad;
}

TEST(HubForm, RenamesColumns) {
  DataSpec spec;
  spec.rename = {{"context", "premise"}, {"a", "b"}, {"b", "a"}};
  EXPECT_EQ(formed(spec, R"({"context":1,"a":2,"b":3})"), R"({"premise":1,"b":2,"a":3})") << "two change places";
  EXPECT_EQ(formed(spec, R"({"premise":1})"), R"({"premise":1})") << "the Hub's form already";
  EXPECT_NE(formed(spec, R"({"context":1,"premise":2})").find("should be called 'premise', and there is one"),
            std::string::npos);
}

TEST(HubForm, ClassNamesOfTheFileMustBeTheTasks) {
  TaskSpec spec;
  spec.label_column = "label";
  spec.label_names = {{"entailment", "e"}, {"neutral", "n"}};
  spec.data.rename = {{"raw", "label"}};
  const auto check = [&](std::map<std::string, std::vector<std::string>> declared) {
    return error_of([&] { check_class_names(spec, declared, "f.parquet"); });
  };
  EXPECT_EQ(check({{"label", {"entailment", "neutral"}}}), "no error");
  EXPECT_EQ(check({{"other", {"a"}}}), "no error");
  EXPECT_EQ(
      check({{"label", {"neutral", "entailment"}}}),
      "f.parquet: column 'label': the file declares the classes neutral, entailment, the task entailment, neutral");
  EXPECT_NE(check({{"raw", {"x"}}}).find("declares the classes x"), std::string::npos);
  spec.label_names.clear();
  spec.data.columns["label"] = {Type::kClass, {"a", "b"}};
  EXPECT_NE(check({{"label", {"a"}}}).find("the task a, b"), std::string::npos);
}

TEST(ClassLabel, AcceptsEverySpelling) {
  TaskSpec spec;
  spec.file = std::string(std::getenv("CAPPY_SOURCE")) + "/tasks/promptsource/anli_r1.yaml";
  spec.label_column = "label";
  spec.label_names = {{"entailment", "e"}, {"neutral", "n"}};
  const auto encoded = [&](const std::string& json, Cells cells) {
    Row row{core::parse_json(json), "f:1"};
    encode_label(spec, row, cells);
    return row.columns.at("label").as_integer();
  };
  EXPECT_EQ(encoded(R"({"label":"n"})", Cells::kTyped), 1);
  EXPECT_EQ(encoded(R"({"label":"entailment"})", Cells::kTyped), 0);
  EXPECT_EQ(encoded(R"({"label":"1"})", Cells::kText), 1);
  EXPECT_NE(error_of([&] {
              encoded(R"({"label":"1"})", Cells::kTyped);
            }).find("'1', digits as text, is no class of task  (classes: entailment or e, neutral or n"),
            std::string::npos);
  EXPECT_NE(error_of([&] { encoded(R"({"label":1.5})", Cells::kTyped); }).find("anli_r1.yaml:"), std::string::npos);
}

std::string fixed(const std::string& json) {
  Row row{core::parse_json(json), "val.jsonl: line 1"};
  try {
    run_loader_script("wsc.fixed", row);
  } catch (const core::FileError& error) {
    return error.what();
  }
  return core::write_json(row.columns);
}

std::string wsc(const std::string& text, const std::string& span, int index) {
  return R"({"text":")" + text + R"(","target":{"span1_text":")" + span + R"(","span1_index":)" +
         std::to_string(index) + R"(,"span2_text":"it","span2_index":1},"idx":7})";
}

/// The span that the script made.
std::string span_of(const std::string& text, const std::string& span, int index) {
  const std::string out = fixed(wsc(text, span, index));
  return out.starts_with("{") ? core::parse_json(out).at("span1_text").as_string() : out;
}

TEST(LoaderScripts, WscFixedLiftsAndMendsSpans) {
  EXPECT_EQ(fixed(wsc("Give it up", "Give", 0)),
            R"({"text":"Give it up","span1_text":"Give","span1_index":0,"span2_text":"it","span2_index":1,"idx":7})");
  EXPECT_EQ(span_of("Take it to the city", "The city", 3), "the city");
  EXPECT_EQ(span_of("The city is it.", "the city", 0), "The city");
  EXPECT_EQ(span_of("Take it to the city", "the city.", 3), "the city");
  EXPECT_EQ(span_of("Take it to the city", "the\\ncity", 3), "the city");
  EXPECT_EQ(span_of("When it\\u2003rains", "Rains..", 2), "rains") << "words are apart by any white space";
  EXPECT_EQ(span_of("Kamenev with it and Zinoviev", "Kamenev and Zinoviev", 0), "Kamenev and Zinoviev") << "left";
  EXPECT_NE(span_of("Give it up", "nothing", 0).find("val.jsonl: line 1: loader 'wsc.fixed': the span 'Nothing'"),
            std::string::npos);
  EXPECT_NE(span_of("Give it up", "nothing", 9).find("no word 9"), std::string::npos);
}

TEST(LoaderScripts, WscFixedMovesTheSecondSpanOfOneRow) {
  const std::string row =
      R"({"text":"a it b theyscold","target":{"span1_text":"a","span1_index":0,"span2_text":"Theyscold","span2_index":3}})";
  EXPECT_NE(fixed(row).find(R"("span2_text":"theyscold","span2_index":3)"), std::string::npos)
      << "the word is looked for as it is written";
  const std::string out = fixed(
      R"({"text":"a it b theyscold","target":{"span1_text":"a","span1_index":0,"span2_text":"theyscold.","span2_index":3}})");
  EXPECT_NE(out.find(R"("span2_text":"theyscold","span2_index":10)"), std::string::npos) << out;
}

TEST(LoaderScripts, LeaveTheHubsForm) {
  const std::string row = R"({"text":"x","span1_text":"not there","span1_index":0,"span2_text":"y","span2_index":1})";
  EXPECT_EQ(fixed(row), row);
  EXPECT_NE(fixed(R"({"text":"x","span1_text":"x","target":{"span1_text":"x"}})").find("stands in 'target', too"),
            std::string::npos);
  Row any{core::parse_json("{}"), "f:1"};
  EXPECT_THROW(run_loader_script("wsc", any), std::invalid_argument);
}

TEST(Mixture, CapsAsT0) {
  TaskSpec spec;
  spec.data.train_split = "train";
  spec.mixture.cap = 500000;
  const auto after = [&](std::int64_t rows, std::int64_t templates) {
    spec.data.rows["train"] = rows;
    const MixtureCounts counts = mixture_counts(spec, templates).value();
    return std::pair(counts.cap_per_template, counts.examples_after);
  };
  using Counts = std::pair<std::int64_t, std::int64_t>;
  EXPECT_EQ(after(3600000, 9), Counts(55555, 499995)) << "amazon_polarity";
  EXPECT_EQ(after(650000, 7), Counts(71428, 499996)) << "yelp_review_full";
  EXPECT_EQ(after(582659, 5), Counts(100000, 500000)) << "wiki_bio";
  EXPECT_EQ(after(560000, 4), Counts(125000, 500000)) << "dbpedia_14";
  EXPECT_EQ(after(500000, 4), Counts(500000, 2000000)) << "the cap itself is not above it";
  EXPECT_EQ(after(3668, 7), Counts(3668, 25676));
  spec.mixture.cap = 0;
  EXPECT_EQ(after(3600000, 9), Counts(3600000, 32400000));
  spec.data.rows.clear();
  EXPECT_FALSE(mixture_counts(spec, 9).has_value());
}

}  // namespace
}  // namespace tasks
