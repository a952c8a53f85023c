"""The published JSON Schemas say what the readers say.

* docs/schema/{task,experiment}.schema.json are what `cappy tasks schema` prints, and are valid schemas (draft 2020-12).
* Every task, group and experiment file of the project satisfies them.
* Mutants of these files, a structural mistake each (a misspelt key, a value of another kind, a required key gone, a
  value out of its list), are refused by the schema and by `cappy`, both.
"""
import copy
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator

from common import CAPPY, SOURCE, Report, run_cappy

WRONG = {str: [{"a": 1}], int: "many", bool: "perhaps", list: {"a": 1}, dict: ["a"]}


def load(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def published(kind):
    return json.loads((SOURCE / f"docs/schema/{kind}.schema.json").read_text(encoding="utf-8"))


def resolve(schema, value):
    """The alternative of an anyOf that a value of the file took."""
    for part in schema.get("anyOf", []):
        if Draft202012Validator(part).is_valid(value):
            return resolve(part, value)
    return schema


def mutate(document, schema, path=()):
    """Yields (what was done, mutant) for every key at every level."""
    schema = resolve(schema, document)
    if isinstance(document, list) and document and isinstance(document[0], dict):
        for what, child in mutate(document[0], schema["items"], path + (0,)):
            yield what, [child] + document[1:]
    if not isinstance(document, dict):
        return
    place = ".".join(map(str, path)) or "the top"
    if "properties" in schema:
        yield f"an unknown key at {place}", {**document, "nonsense_key": 1}
    for key, value in document.items():
        below = schema.get("properties", {}).get(key, schema.get("additionalProperties"))
        if "properties" in schema and len(key) > 3:
            yield f"{place}.{key} misspelt", {(k[:-2] + k[-1] if k == key else k): v for k, v in document.items()}
        if key in schema.get("required", []):
            yield f"{place}.{key} gone", {k: v for k, v in document.items() if k != key}
        wrong = WRONG[type(value)]
        if not Draft202012Validator(below).is_valid(wrong):
            yield f"{place}.{key} of another kind", {**document, key: wrong}
        if "enum" in resolve(below, value):
            yield f"{place}.{key} out of its list", {**document, key: "nonsense"}
        for what, child in mutate(value, below, path + (key,)):
            yield what, {**document, key: child}


def write(path, document):
    path.write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True), encoding="utf-8")


def cappy(*words):
    return subprocess.run([CAPPY, *map(str, words)], capture_output=True, text=True, env={"CAPPY_HOME": str(SOURCE)})


def rename(document, name):
    """A name and a group of its own, so that a mutant is not refused for those of the installation."""
    key = "task" if "task" in document else "group" if "tasks" in document else None
    if key == "task" and isinstance(document.get("group"), str):
        document = {**document, "group": "mutants"}
    return {**document, key: name} if isinstance(document.get(key), str) else document


def refused_tasks(folder, documents):
    """Which of the files `cappy tasks validate` refuses with their name and a line."""
    files = [folder / f"mutant_{i}.yaml" for i in range(len(documents))]
    for file, document in zip(files, documents):
        write(file, rename(document, file.stem))
    done = cappy("tasks", "validate", "--json", "--limit", "1", *files)
    refused = {}
    for verdict in map(json.loads, done.stdout.splitlines()):
        place = f"{verdict['file']}:"
        refused[Path(verdict["file"]).stem] = verdict["status"] == "failed" and verdict["message"].startswith(place)
    return [refused.get(file.stem, False) for file in files]


def refused_experiments(folder, documents):
    file = folder / "x.yaml"
    for document in documents:
        write(file, document)
        done = cappy("run", file, "--runs", "/dev/null")
        yield done.returncode == 1 and f"{file}:" in done.stderr


def compare_mutants(report, schema, file, refused):
    """The reader and the schema on every mutant of a file; the file itself passes."""
    validator = Draft202012Validator(schema)
    document = load(file)
    mutants = list(mutate(copy.deepcopy(document), schema))
    if refused is refused_tasks:
        mutants.insert(0, ("as it is", document))
    with tempfile.TemporaryDirectory() as folder:
        for rows in file.parent.glob(f"{file.stem}.*.jsonl"):
            shutil.copy(rows, folder)
        verdicts = list(refused(Path(folder), [mutant for _, mutant in mutants]))
    for (what, mutant), verdict in zip(mutants, verdicts):
        both = (not validator.is_valid(mutant), verdict)
        report.equal(both, (what != "as it is",) * 2, f"{file.name}: {what}: refused by (schema, cappy)")


def main():
    printed = Report("schemas, printed and published")
    for kind in ("task", "experiment"):
        text = (SOURCE / f"docs/schema/{kind}.schema.json").read_text(encoding="utf-8")
        printed.equal(run_cappy("tasks", "schema", kind).stdout, text, kind)
        Draft202012Validator.check_schema(json.loads(text))
    printed.finish(at_least=2)

    files = Report("files of the project by their schema")
    for kind, folder in (("task", "tasks"), ("experiment", "configs")):
        validator = Draft202012Validator(published(kind))
        for file in sorted((SOURCE / folder).rglob("*.yaml")):
            document = load(file)
            if kind == "experiment" and "experiment" not in document:
                continue  # a recipe of random weights
            files.equal([error.message for error in validator.iter_errors(document)], [], str(file.relative_to(SOURCE)))
    files.finish(at_least=60)

    mutants = Report("structural mistakes, schema and cappy")
    for name in ("promptsource/crows_pairs", "miniature/longer_word", "bigbench/gem", "t0_train/t0_ag_news", "groups/paper"):
        compare_mutants(mutants, published("task"), SOURCE / f"tasks/{name}.yaml", refused_tasks)
    compare_mutants(mutants, published("experiment"), SOURCE / "configs/demo.yaml", refused_experiments)
    mutants.finish(at_least=100)


if __name__ == "__main__":
    sys.exit(main())
