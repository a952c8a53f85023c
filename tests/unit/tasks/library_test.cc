// Folders of task files and groups: names, members, circles, and the schema's table of keys.
#include "tasks/library.h"

#include "tasks/task_keys.h"
#include "tests/unit/tasks/temporary_folder.h"

namespace tasks {
namespace {

class LibraryOf : public TemporaryFolder {
 protected:
  void task(const std::string& file, const std::string& name, const std::string& groups = "") {
    write(file, "task: " + name + "\n" + (groups.empty() ? "" : "group: " + groups + "\n") +
                    "kind: generation\ndata: {local: x, split: test}\nprompt: {instruction: i, target: t}\n");
  }
  std::string selected(const Library& library, const std::vector<std::string>& names) {
    std::string joined;
    for (const TaskSpec& spec : library.select(names)) joined += spec.name;
    return joined;
  }
};

TEST_F(LibraryOf, GroupsHoldTasksAndGroups) {
  task("one/a.yaml", "a", "[g, h]");
  task("one/deep/b.yml", "b", "g");
  task("two/c.yaml", "c");
  write("two/k.yaml", "group: k\ndescription: all\ntasks: [c, g, a]\n");
  write("two/h.yaml", "group: h\ntasks: [c]\n");
  write("two/README.md", "no task");
  const Library library = Library::from_folders({folder_ / "one", folder_ / "two"});
  EXPECT_EQ(selected(library, {"g"}), "ab");
  EXPECT_EQ(selected(library, {"k"}), "cab") << "as written, without repeats";
  EXPECT_EQ(selected(library, {"h"}), "ca") << "written members, then those that name it";
  EXPECT_EQ(selected(library, {"b", "k"}), "bca");
  EXPECT_EQ(library.groups().size(), 3u);
  EXPECT_EQ(library.groups()[2].description, "all");
  EXPECT_EQ(error_of([&] { library.select({"kk"}); }), "no task or group 'kk' (did you mean 'k'?)");
}

TEST_F(LibraryOf, AFolderTwiceIsOneFolder) {
  task("one/a.yaml", "a");
  EXPECT_EQ(Library::from_folders({folder_ / "one", folder_ / "one/../one"}).tasks().size(), 1u);
  EXPECT_NE(error_of([&] { Library::from_folders({folder_ / "none"}); }).find("is no folder"), std::string::npos);
}

TEST_F(LibraryOf, TakesAFileThatMayStandAnywhere) {
  task("one/a.yaml", "a");
  task("else/b.yaml", "b");
  task("else/again.yaml", "a");
  Library library = Library::from_folders({folder_ / "one"});
  EXPECT_EQ(library.add_file(folder_ / "else/b.yaml"), "b");
  EXPECT_EQ(library.add_file(folder_ / "one/a.yaml"), "a") << "known already";
  EXPECT_EQ(library.tasks().size(), 2u);
  EXPECT_NE(
      error_of([&] { library.add_file(folder_ / "else/again.yaml"); }).find("again.yaml:1: task: 'a' is the name of"),
      std::string::npos);
}

TEST_F(LibraryOf, ACircleIsToldWhereItCloses) {
  write("one/a.yaml", "group: ga\ntasks: [gb]\n");
  write("one/b.yaml", "group: gb\ntasks:\n  - ga\n");
  const std::string error = error_of([&] { Library::from_folders({folder_ / "one"}); });
  EXPECT_NE(error.find("b.yaml:3: tasks[0]: the groups stand in a circle: ga -> gb -> ga; remove one"),
            std::string::npos)
      << error;
}

TEST(TaskKeys, SchemaHasEveryKeyOfTheTable) {
  const core::Json schema = task_schema();
  const core::Json& task = schema.at("anyOf").as_array().at(0);
  EXPECT_EQ(task.at("additionalProperties").as_bool(), false);
  for (const core::YamlKey& key : task_keys().keys)
    EXPECT_EQ(task.at("properties").at(key.name).at("description").as_string(), key.meaning);
  EXPECT_EQ(schema.at("anyOf").as_array().at(1).at("required").as_strings(),
            (std::vector<std::string>{"group", "tasks"}));
}

TEST(YamlKeys, CheckSaysWhatWasExpected) {
  using namespace core::keys;
  const core::YamlShape shape =
      map_of({required("n", integer(2), ""), optional("e", either({boolean(), one_of({"never"})}), ""),
              optional("l", list_of(text(), 0), ""), optional("m", names_to(number()), ""), later("z"),
              optional("t", either({text(), list_of(text())}), "")});
  const auto check = [&](const std::string& yaml) {
    return error_of([&] { core::check(core::Yaml::from_text(yaml, "f"), shape); });
  };
  EXPECT_EQ(check("{n: 2, e: never, l: [], m: {a: 1.5}, t: x}"), "no error");
  EXPECT_EQ(check("{n: 2, e: true, t: [x, 1]}"), "no error");
  EXPECT_EQ(check("{n: 1}"), "f:1: n: expected a whole number from 2");
  EXPECT_EQ(check("{e: true}"), "f:1: n: is missing");
  EXPECT_EQ(check("{n: 2, e: often}"), "f:1: e: 'often' is none of: never");
  EXPECT_EQ(check("{n: 2, m: {}}"), "f:1: m: an empty map");
  EXPECT_EQ(check("{n: 2, m: {a: x}}"), "f:1: m.a: expected a number, found 'x'");
  EXPECT_EQ(check("{n: 2, t: {}}"), "f:1: t: expected text or a list, found a map");
  EXPECT_EQ(check("{n: 2, t: []}"), "f:1: t: an empty list");
  EXPECT_EQ(check("{n: 2, z: 1}"), "f:1: z: is not built yet; remove the key");
  EXPECT_EQ(check("{n: 2, nn: 1}"), "f:1: nn: unknown key (did you mean 'n'?)");
  EXPECT_EQ(check("n:\n"), "f:1: n: has no value: give one, or remove the key");
}

}  // namespace
}  // namespace tasks
