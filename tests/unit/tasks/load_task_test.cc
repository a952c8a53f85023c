// Rows to instances: labels, references, skips, limits, and rows that must not pass.
#include <gtest/gtest.h>
#include <zstd.h>

#include <cstdlib>

#include "tasks/class_label.h"
#include "tasks/load_task.h"
#include "tasks/promptsource.h"
#include "tests/unit/tasks/temporary_folder.h"

namespace tasks {
namespace {

class Loading : public TemporaryFolder {
 protected:
  LoadedTask load(const std::string& yaml, const std::string& rows, std::int64_t limit = -1) {
    write("t.test.jsonl", rows);
    return load_task(read_task(write("t.yaml", yaml)), Split::kTest, {}, limit);
  }
  std::string refusal(const std::string& yaml, const std::string& rows) {
    return error_of([&] { load(yaml, rows); });
  }
};

constexpr const char* kClassification = R"(task: t
kind: classification
data: {local: t, split: test}
label: {column: label, names: [no, yes], missing: -1}
prompt:
  templates:
    - {name: b, instruction: "{{text}}?", target: "{{answer_choices[label]}}", choices: "No ||| Yes"}
)";
constexpr const char* kChoicesOfRows = R"(task: t
kind: classification
data: {local: t, split: test}
prompt:
  templates:
    - {name: n, instruction: "{{q}}", target: "{{answer}}", choices: "{{c1}} ||| {{c2}} ||| {{c3}}"}
)";
constexpr const char* kGeneration = R"(task: t
kind: generation
data: {local: t, split: test}
references: {column: r}
prompt:
  templates:
    - {name: n, instruction: "{{q}}"}
)";

std::string packed(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

TEST_F(Loading, TakesATemplateOfAMixtureForWritingWhereItsTargetIsNoChoice) {
  const auto file = write("t.yaml", R"(task: t
kind: mixed
data: {local: t, train: train}
prompt:
  templates:
    - {name: n, instruction: "{{q}}", target: "{{answer}}", choices: "good ||| bad"}
)");
  write("t.train.jsonl", "{\"q\": \"a\", \"answer\": \"bad\"}\n{\"q\": \"b\", \"answer\": \"good review.\"}\n");
  const LoadedTask task = load_task(read_task(file), Split::kTrain, {});
  ASSERT_EQ(task.instances.size(), 2u);
  EXPECT_EQ(task.instances[0].label, 1);
  EXPECT_TRUE(task.instances[0].references.empty());
  EXPECT_FALSE(task.instances[1].label);
  EXPECT_TRUE(task.instances[1].choices.empty());
  EXPECT_EQ(task.instances[1].references, std::vector<std::string>{"good review."});
}

TEST_F(Loading, GivesIdsLabelsAndChoices) {
  const LoadedTask task =
      load(kClassification, "{\"text\": \"x\", \"label\": \"yes\"}\n{\"text\": \"y\", \"label\": 0}\n");
  ASSERT_EQ(task.instances.size(), 2u);
  EXPECT_EQ(task.instances[0].id, "0/b");
  EXPECT_EQ(task.instances[0].template_name, "b");
  EXPECT_EQ(task.instances[0].instruction, "x?");
  EXPECT_EQ(task.instances[0].choices, (std::vector<std::string>{"No", "Yes"}));
  EXPECT_EQ(task.instances[0].label, 1);
  EXPECT_EQ(task.instances[1].id, "1/b");
  EXPECT_EQ(task.instances[1].label, 0);
}

TEST_F(Loading, CountsUnlabelledRows) {
  const LoadedTask task = load(
      kClassification,
      "{\"text\": \"x\", \"label\": null}\n{\"text\": \"y\", \"label\": -1}\n{\"text\": \"z\", \"label\": \"no\"}\n");
  EXPECT_EQ(task.summary.rows, 3);
  EXPECT_EQ(task.summary.unlabelled, 2);
  ASSERT_EQ(task.instances.size(), 1u);
  EXPECT_EQ(task.instances[0].id, "2/b") << "ids count the rows of the split";
}

constexpr const char* kTemplates = R"(dataset: d
templates:
  1: !Template
    answer_choices: No ||| Yes
    id: 1
    jinja: "{% if text != 'no' %}{{text}} ||| {{answer_choices[label]}}{% endif %}"
    metadata: !TemplateMetadata {choices_in_prompt: true, metrics: [Accuracy], original_task: true}
    name: sometimes
    reference: ''
  2: !Template
    answer_choices: No ||| Yes
    id: 2
    jinja: "{{text}}? ||| {{answer_choices[label]}}"
    metadata: !TemplateMetadata {choices_in_prompt: true, metrics: [Accuracy], original_task: true}
    name: always
    reference: ''
  3: !Template
    answer_choices: null
    id: 3
    jinja: "{{text}} ||| free"
    metadata: !TemplateMetadata {choices_in_prompt: false, metrics: [Other], original_task: false}
    name: free
    reference: ''
)";

TEST_F(Loading, CountsRowsThatATemplateSkips) {
  const std::string head = "task: t\nkind: classification\ndata: {local: t, split: test}\nlabel: {column: label}\n";
  write("t.test.jsonl", "{\"text\": \"no\", \"label\": 0}\n{\"text\": \"x\", \"label\": 1}\n");
  write("templates/d/templates.yaml", kTemplates);
  Places places;
  places.promptsource = folder_ / "templates";
  const auto load_with = [&](const std::string& prompt) {
    return load_task(read_task(write("t.yaml", head + "prompt: " + prompt + "\n")), Split::kTest, places);
  };
  const LoadedTask task = load_with("{promptsource: d}");
  EXPECT_EQ(task.summary.skipped, 1);
  ASSERT_EQ(task.instances.size(), 3u);
  EXPECT_EQ(task.instances[0].id, "0/always");
  EXPECT_EQ(task.instances[1].id, "1/always");
  EXPECT_EQ(task.instances[2].id, "1/sometimes");
  EXPECT_EQ(load_with("{promptsource: d, templates: [always]}").instances.size(), 2u);
  EXPECT_NE(error_of([&] {
              load_with("{promptsource: d, templates: all}");
            }).find("template 'free': a classification task needs"),
            std::string::npos);
  EXPECT_NE(error_of([&] { load_with("{promptsource: d, templates: [alway]}"); }).find("always"), std::string::npos);
}

TEST(PromptsourceFolder, IsTheVariablesWhereItIsSetElseUnderHome) {
  const char* before = std::getenv("CAPPY_PROMPTSOURCE");
  const std::string kept = before ? before : "";
  const auto folder = [](const char* variable) {
    ::setenv("CAPPY_PROMPTSOURCE", variable, 1);
    return promptsource_folder([] { return std::filesystem::path("home"); });
  };
  EXPECT_EQ(folder("elsewhere"), "elsewhere");
  EXPECT_EQ(folder(""), "home/data/promptsource/templates") << "empty is not set";
  ::setenv("CAPPY_PROMPTSOURCE", "elsewhere", 1);
  EXPECT_NO_THROW(promptsource_folder([]() -> std::filesystem::path { throw std::runtime_error("asked"); }));
  ::unsetenv("CAPPY_PROMPTSOURCE");
  EXPECT_EQ(promptsource_folder([] { return std::filesystem::path("h"); }), "h/data/promptsource/templates");
  if (before) ::setenv("CAPPY_PROMPTSOURCE", kept.c_str(), 1);
  EXPECT_NE(error_of([] { load_templates("nowhere", "d"); }).find("nowhere: no PromptSource templates there; run"),
            std::string::npos);
}

TEST_F(Loading, LimitCountsRows) {
  const std::string rows = "{\"q\": \"1\", \"r\": [\"a\"]}\n{\"q\": \"2\", \"r\": \"b\"}\nbroken\n";
  const LoadedTask task = load(kGeneration, rows, 2);
  ASSERT_EQ(task.instances.size(), 2u);
  EXPECT_EQ(task.instances[1].references, std::vector<std::string>{"b"});
}

TEST_F(Loading, LabelIsTheFirstOfEqualChoices) {
  const LoadedTask task = load(kChoicesOfRows, R"({"q": "?", "c1": "x", "c2": "y", "c3": "y", "answer": "y"})");
  EXPECT_EQ(task.instances.at(0).label, 1);
}

TEST_F(Loading, RefusesATargetOutsideTheChoices) {
  const std::string good = R"({"q": "?", "c1": "x", "c2": "y", "c3": "z", "answer": "y"})";
  const std::string error =
      refusal(kChoicesOfRows, good + "\n" + R"({"q": "?", "c1": "x", "c2": "y", "c3": "z", "answer": "w"})");
  EXPECT_NE(error.find("t.test.jsonl: line 2: template 'n': the target 'w' is none of the choices: 'x', 'y', 'z'"),
            std::string::npos)
      << error;
}

TEST_F(Loading, RefusesLabelsThatAreNoClass) {
  EXPECT_NE(refusal(kClassification, R"({"text": "x", "label": "maybe"})")
                .find("t.test.jsonl: line 1: column 'label': 'maybe' is no class"),
            std::string::npos);
  EXPECT_NE(refusal(kClassification, R"({"text": "x", "label": 2})").find("2 is no class"), std::string::npos);
  EXPECT_NE(refusal(kClassification, R"({"text": "x", "label": 0.5})").find("0.5, a number, is no class"), std::string::npos);
}

TEST_F(Loading, RefusesARowWithoutItsLabel) {
  const std::string error =
      refusal(kClassification, "{\"text\": \"x\", \"label\": 0}\n{\"text\": \"y\", \"lable\": 0}\n");
  EXPECT_NE(error.find("t.test.jsonl: line 2: no column 'label', which template 'b' reads (did you mean 'lable'?)"),
            std::string::npos)
      << error;
}

TEST_F(Loading, RefusesARowWithoutAColumnThatIsRead) {
  const std::string good = "{\"q\": \"1\", \"r\": [\"a\"], \"unread\": 1}\n";
  EXPECT_EQ(load(kGeneration, good + "{\"q\": \"2\", \"r\": [\"b\"]}\n").instances.size(), 2u) << "not read";
  EXPECT_EQ(load(kGeneration, "{\"q\": null, \"r\": [\"b\"]}\n").instances.size(), 1u) << "there, if null";
  const std::string error = refusal(kGeneration, good + "{\"Q\": \"2\", \"r\": [\"b\"]}\n");
  EXPECT_NE(error.find("t.test.jsonl: line 2: no column 'q', which template 'n' reads"), std::string::npos) << error;
  EXPECT_NE(refusal(kGeneration, good + "{\"q\": \"2\"}").find("line 2: no column 'r', which references.column reads"),
            std::string::npos);
  const std::string choices = refusal(kChoicesOfRows, R"({"q": "?", "c1": "x", "c2": "y", "answer": "y"})");
  EXPECT_NE(choices.find("line 1: no column 'c3', which template 'n' reads (did you mean 'c1'?)"), std::string::npos)
      << choices;
}

TEST_F(Loading, AllowsAColumnThatATemplateAsksFor) {
  std::string yaml = kGeneration;
  yaml.replace(yaml.find("{{q}}"), 5, "{{q}}{% if hint is not defined %}?{% endif %}{{more | default('!')}}");
  const std::string rows = "{\"q\": \"1\", \"r\": \"a\"}\n{\"q\": \"2\", \"r\": \"b\", \"hint\": 1, \"more\": \".\"}\n";
  const LoadedTask task = load(yaml, rows);
  ASSERT_EQ(task.instances.size(), 2u);
  EXPECT_EQ(task.instances[0].instruction, "1?!");
  EXPECT_EQ(task.instances[1].instruction, "2.");
  EXPECT_NE(refusal(yaml, "{\"r\": \"a\"}").find("no column 'q'"), std::string::npos);
}

TEST_F(Loading, RefusesANegativeLabelAlsoWhereNoClassesAreNamed) {
  std::string yaml = kClassification;
  yaml.replace(yaml.find("names: [no, yes], missing: -1"), 29, "missing: -100");
  const std::string good = "{\"text\": \"x\", \"label\": 1}\n{\"text\": \"y\", \"label\": -100}\n";
  EXPECT_EQ(load(yaml, good).summary.unlabelled, 1);
  const std::string error = refusal(yaml, good + "{\"text\": \"z\", \"label\": -1}\n");
  EXPECT_NE(error.find("t.test.jsonl: line 3: column 'label': -1 is no class of task t (classes: 0 and up"),
            std::string::npos)
      << error;
}

TEST_F(Loading, RefusesAnEmptyListOfReferences) {
  const std::string error = refusal(kGeneration, "{\"q\": \"1\", \"r\": [\"a\"]}\n{\"q\": \"2\", \"r\": []}\n");
  EXPECT_NE(error.find("t.test.jsonl: line 2: template 'n': column 'r': an empty list of references"),
            std::string::npos)
      << error;
  EXPECT_NE(refusal(kGeneration, "{\"q\": \"1\"}").find("'r'"), std::string::npos);
}

TEST_F(Loading, CountsEmptyReferencesAndKeepsThem) {
  const LoadedTask task =
      load(kGeneration,
           "{\"q\": \"1\", \"r\": [\"a\", \" \", \"\"]}\n{\"q\": \"2\", \"r\": \"b\"}\n{\"q\": \"3\", \"r\": \"\"}\n");
  EXPECT_EQ(task.summary.empty_references, 2) << "instances, not texts";
  ASSERT_EQ(task.instances.size(), 3u);
  EXPECT_EQ(task.instances[0].references.size(), 3u);
}

TEST_F(Loading, NamesTheLineOfBadRows) {
  const std::string good = "{\"q\": \"1\", \"r\": [\"a\"]}\n";
  for (const char* bad : {"{\"q\": ", "[1]", "{\"q\": 1, \"q\": 2}", "{\"q\": \"\xff\"}"})
    EXPECT_NE(refusal(kGeneration, good + bad + "\n").find("t.test.jsonl: line 2:"), std::string::npos) << bad;
  EXPECT_NE(refusal(kGeneration, "").find("no rows"), std::string::npos);
}

TEST_F(Loading, NamesTheLineOfABadTemplate) {
  std::string yaml = kGeneration;
  yaml.replace(yaml.find("{{q}}"), 5, "{% if %}");
  EXPECT_NE(refusal(yaml, "{}").find("t.yaml:7: prompt.templates: 'n':"), std::string::npos) << refusal(yaml, "{}");
}

TEST_F(Loading, ReadsListsAndCompressedFiles) {
  const TaskSpec spec = read_task(
      write("t.yaml", std::string("task: t\nkind: generation\ndata: {hub: o/d, split: validation}\n") +
                          "references: {column: r}\nprompt: {templates: [{name: n, instruction: '{{q}}'}]}\n"));
  Places places;
  places.data = folder_;
  write("t/val.json", R"([{"q": "1", "r": ["a"]}, {"q": "2", "r": ["b", "c"]}])");
  const LoadedTask list = load_task(spec, Split::kTest, places);
  EXPECT_EQ(list.instances.at(1).references, (std::vector<std::string>{"b", "c"}));
  std::filesystem::remove_all(folder_ / "t");
  const auto file = write("o/d/validation.jsonl.zst",
                          packed("{\"q\": \"1\", \"r\": [\"a\"]}\n{\"q\": \"2\", \"r\": [\"b\", \"c\"]}\n"));
  const LoadedTask lines = load_task(spec, Split::kTest, places);
  EXPECT_EQ(lines.summary.fingerprint, list.summary.fingerprint) << "of the instances, not of the files";
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 3);
  EXPECT_NE(error_of([&] { load_task(spec, Split::kTest, places); }).find("cut off"), std::string::npos);
  EXPECT_NE(error_of([&] { load_task(spec, Split::kTrain, places); }).find("no training split"), std::string::npos);
}

TEST_F(Loading, OneFileIsOneSplit) {
  const TaskSpec spec = read_task(
      write("t.yaml", std::string("task: t\nkind: generation\ndata: {hub: o/d, split: validation, train: train}\n") +
                          "references: {column: r}\nprompt: {templates: [{name: n, instruction: '{{q}}'}]}\n"));
  write("rows.jsonl", "{\"q\": \"1\", \"r\": [\"a\"]}\n");
  Places places;
  places.sources = Sources::from_file(write("sources.yaml", "o/d: rows.jsonl\n"));
  EXPECT_EQ(load_task(spec, Split::kTest, places).summary.rows, 1);
  EXPECT_NE(error_of([&] { load_task(spec, Split::kTrain, places); }).find("holds the split 'validation'"),
            std::string::npos);
}

TEST(ClassLabel, EncodesWhatPublishersWrite) {
  TaskSpec spec;
  spec.label_column = "label";
  spec.label_names = {{"False"}, {"True"}};
  const auto encoded = [&](const std::string& json) {
    Row row{core::parse_json(json), "f:1"};
    const bool labelled = encode_label(spec, row);
    return std::pair(labelled, row.columns.at("label").as_integer());
  };
  EXPECT_EQ(encoded(R"({"label": true})"), std::pair(true, std::int64_t{1}));
  EXPECT_EQ(encoded(R"({"label": false})"), std::pair(true, std::int64_t{0}));
  EXPECT_EQ(encoded(R"({"label": "True"})"), std::pair(true, std::int64_t{1}));
  EXPECT_EQ(encoded(R"({"label": 1})"), std::pair(true, std::int64_t{1}));
  EXPECT_EQ(encoded(R"({"label": null})"), std::pair(false, std::int64_t{-1}));
  EXPECT_EQ(error_of([&] { encoded(R"({"labels": 1})"); }),
            "f:1: column 'label' of the label is missing (did you mean 'labels'?)");
}

}  // namespace
}  // namespace tasks
