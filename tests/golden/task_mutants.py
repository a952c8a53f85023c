"""Mistakes in task files: each is refused with a place and words that help, none crashes, none runs.

A mutant is one line: what was done, which good task it was done to, the edits, and what the message must say. The good
tasks themselves must pass. Mutants of one file are read by one call of `cappy tasks validate --json`; those of a
folder (names, groups, the map of sources) by a call each of `cappy tasks list`.
"""
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from common import CAPPY, SOURCE, Report

PLACE = re.compile(r"\.(yaml|csv|jsonl)(:\d+: |: (line|row) \d+: |: no rows$)")

# Good tasks: name of the file -> content. NAME is replaced, for names are unique.
MOOD = {
    "t.yaml": """task: NAME
group: moods
description: Is a review good?
kind: classification
data:
  local: mood
  split: test
  train: train
  rows: {test: 3, train: 4}
  columns: {text: string, stars: integer}
prompt:
  templates:
    - name: ask
      instruction: "Review: {{text}} Is it good?"
      target: "{{answer_choices[label]}}"
      choices: No ||| Yes
label: {column: label, names: [bad, [good, fine]], missing: -1}
metric: accuracy
few_shot: {k: 1, seed: 3, balanced: false}
source: {homepage: here, licence: ours, unproven: true, seen_by: [flan]}
version: 1
""",
    "mood.test.csv": "text,stars,label\nWell done,5,fine\nAwful,1,bad\nLovely,4,good\n",
    "mood.train.csv": "text,stars,label\nA,5,good\nB,1,bad\nC,4,good\nD,2,bad\n",
}
SUM = {
    "t.yaml": """task: NAME
kind: generation
data: {files: {test: rows.jsonl}, split: test}
references: {column: sums}
prompt: {instruction: "What is {{a}} plus {{b}}?"}
metric: rouge_l
""",
    "rows.jsonl": '{"a": 1, "b": 2, "sums": ["3", "three"]}\n{"a": 2, "b": 2, "sums": ["4"]}\n',
}
HUB = {
    "t.yaml": """task: NAME
kind: classification
data: {hub: some/set, config: plain, revision: abc, split: validation, train: train, rows: {validation: 10}}
prompt: {promptsource: super_glue/rte, templates: original}
label: {column: label, names: [yes, no]}
""",
}
TRAIN = {
    "t.yaml": """task: NAME
kind: mixed
data: {hub: some/set, train: train, rows: {train: 100}}
prompt: {promptsource: imdb, templates: all}
mixture: {cap: 50}
""",
}
GOOD = {"mood": MOOD, "sum": SUM, "hub": HUB, "train": TRAIN}

Y = "t.yaml"
MUTANTS = [
    # what was done, good task, [(file, old, new)], what the message says
    ("misspelt key at the top", "mood", [(Y, "metric:", "metrc:")], "metrc: unknown key (did you mean 'metric'?)"),
    ("misspelt group", "mood", [(Y, "group:", "gruop:")], "unknown key (did you mean 'group'?)"),
    ("misspelt description", "mood", [(Y, "description:", "descripton:")], "did you mean 'description'"),
    ("misspelt kind", "mood", [(Y, "kind:", "knd:")], "did you mean 'kind'"),
    ("misspelt data", "mood", [(Y, "data:", "dat:")], "did you mean 'data'"),
    ("misspelt split", "mood", [(Y, "  split:", "  splt:")], "data.splt: unknown key (did you mean 'split'?)"),
    ("misspelt train", "mood", [(Y, "  train:", "  trian:")], "data.trian: unknown key (did you mean 'train'?)"),
    ("misspelt rows", "mood", [(Y, "rows:", "row:")], "data.row: unknown key (did you mean 'rows'?)"),
    ("misspelt columns", "mood", [(Y, "columns:", "colums:")], "did you mean 'columns'"),
    ("misspelt prompt", "mood", [(Y, "prompt:", "promt:")], "did you mean 'prompt'"),
    ("misspelt templates", "mood", [(Y, "templates:", "template:")], "did you mean 'templates'"),
    ("misspelt instruction", "mood", [(Y, "instruction:", "instuction:")], "did you mean 'instruction'"),
    ("misspelt target", "mood", [(Y, "target:", "targt:")], "did you mean 'target'"),
    ("misspelt choices", "mood", [(Y, "choices:", "choises:")], "did you mean 'choices'"),
    ("misspelt label", "mood", [(Y, "\nlabel:", "\nlable:")], "did you mean 'label'"),
    ("misspelt names", "mood", [(Y, "names:", "name:")], "label.name: unknown key (did you mean 'names'?)"),
    ("misspelt missing", "mood", [(Y, "missing:", "mising:")], "did you mean 'missing'"),
    ("misspelt few_shot", "mood", [(Y, "few_shot:", "fewshot:")], "did you mean 'few_shot'"),
    ("misspelt balanced", "mood", [(Y, "balanced:", "balancd:")], "did you mean 'balanced'"),
    ("misspelt source", "mood", [(Y, "source:", "sorce:")], "did you mean 'source'"),
    ("misspelt licence", "mood", [(Y, "licence:", "license:")], "did you mean 'licence'"),
    ("misspelt seen_by", "mood", [(Y, "seen_by:", "seen-by:")], "did you mean 'seen_by'"),
    ("misspelt references", "sum", [(Y, "references:", "reference:")], "did you mean 'references'"),
    ("misspelt config", "hub", [(Y, "config:", "confg:")], "did you mean 'config'"),
    ("misspelt revision", "hub", [(Y, "revision:", "revison:")], "did you mean 'revision'"),
    ("misspelt promptsource", "hub", [(Y, "promptsource:", "promptsorce:")], "did you mean 'promptsource'"),
    ("misspelt cap", "train", [(Y, "cap:", "caps:")], "did you mean 'cap'"),
    ("no kind", "mood", [(Y, "kind: classification\n", "")], "kind: is missing"),
    ("no data", "train", [(Y, "data: {hub: some/set, train: train, rows: {train: 100}}\n", "")], "data: is missing"),
    ("no prompt", "sum", [(Y, 'prompt: {instruction: "What is {{a}} plus {{b}}?"}\n', "")], "prompt: is missing"),
    ("no source of rows", "mood", [(Y, "  local: mood\n", "")], "data: names no source"),
    ("no split at all", "mood", [(Y, "  split: test\n  train: train\n  rows: {test: 3, train: 4}\n", "")],
     "data.split: is missing"),
    ("no name of a template", "mood", [(Y, "    - name: ask\n      inst", "    - inst")], "name: is missing"),
    ("no instruction", "mood", [(Y, '      instruction: "Review: {{text}} Is it good?"\n', "")], "instruction: is missing"),
    ("no target", "mood", [(Y, '      target: "{{answer_choices[label]}}"\n', "")], "lacks `target`"),
    ("no choices", "mood", [(Y, "      choices: No ||| Yes\n", "")], "choices: is missing"),
    ("no column of the label", "mood", [(Y, "column: label, ", "")], "label.column: is missing"),
    ("no k", "mood", [(Y, "k: 1, ", "")], "few_shot.k: is missing"),
    ("no cap", "train", [(Y, "{cap: 50}", "{}")], "mixture.cap: is missing"),
    ("an empty value", "mood", [(Y, "metric: accuracy", "metric:")], "metric: has no value"),
    ("an empty label", "mood", [(Y, "label: {column: label, names: [bad, [good, fine]], missing: -1}", "label:")],
     "label: has no value"),
    ("kind of no kind", "mood", [(Y, "kind: classification", "kind: clasification")], "did you mean 'classification'"),
    ("unknown metric", "mood", [(Y, "metric: accuracy", "metric: accurracy")], "did you mean 'accuracy'"),
    ("another kind's metric", "mood", [(Y, "metric: accuracy", "metric: rouge_l")], "is measured by accuracy"),
    ("a version of words", "mood", [(Y, "version: 1", "version: one")], "expected a whole number, found 'one'"),
    ("version 0", "mood", [(Y, "version: 1", "version: 0")], "expected a whole number from 1"),
    ("rows of words", "mood", [(Y, "test: 3", "test: many")], "data.rows.test: expected a whole number"),
    ("rows as a number", "mood", [(Y, "rows: {test: 3, train: 4}", "rows: 3")], "data.rows: expected a map"),
    ("rows of an unknown split", "mood", [(Y, "test: 3, train", "tets: 3, train")], "(did you mean 'test'?)"),
    ("negative rows", "mood", [(Y, "test: 3", "test: -3")], "expected a whole number from 0"),
    ("columns as a list", "mood", [(Y, "{text: string, stars: integer}", "[text, stars]")], "data.columns: expected a map"),
    ("unknown type", "mood", [(Y, "stars: integer", "stars: int")], "data.columns.stars: 'int' is none of"),
    ("templates as text", "mood", [(Y, "  templates:\n    - name: ask\n", "  templates: ask\n  x:\n    - name: ask\n")],
     "unknown key"),
    ("templates by name without PromptSource", "sum", [(Y, '{instruction: "What is {{a}} plus {{b}}?"}', "{templates: original}")],
     "without `promptsource`"),
    ("a name among phrasings", "mood", [(Y, "    - name: ask\n", "    - ask\n    - name: ask\n")], "names belong to `promptsource`"),
    ("an empty list of templates", "sum", [(Y, '{instruction: "What is {{a}} plus {{b}}?"}', "{templates: []}")], "an empty list"),
    ("an empty prompt", "sum", [(Y, '{instruction: "What is {{a}} plus {{b}}?"}', "{seed: 1}")], "names no phrasing"),
    ("two phrasings of one name", "mood",
     [(Y, "    - name: ask\n", "    - {name: ask, instruction: i, target: '{{answer_choices[0]}}', choices: a ||| b}\n    - name: ask\n")],
     "a second template of this name"),
    ("a phrasing beside templates", "mood", [(Y, "prompt:\n", "prompt:\n  instruction: more\n")], "stands beside `templates`"),
    ("a phrasing beside PromptSource", "hub", [(Y, "templates: original", "instruction: more")], "say it already"),
    ("misspelt choice of templates", "hub", [(Y, "original", "orginal")], "did you mean 'original'"),
    ("a template twice", "hub", [(Y, "original", "[can we infer, can we infer]")], "a name twice"),
    ("a template that is not there", "hub", [(Y, "original", "[can we infr]")], "did you mean 'can we infer'"),
    ("a set that PromptSource lacks", "hub", [(Y, "super_glue/rte", "super_glue/rtee")], "did you mean 'super_glue/rte'"),
    ("truncate by words", "hub", [(Y, "templates: original", "truncate: never")], "expected true or false"),
    ("a negative seed", "hub", [(Y, "templates: original", "seed: -1")], "expected a whole number from 0"),
    ("a class twice", "mood", [(Y, "[bad, [good, fine]]", "[bad, [good, bad]]")], "a name twice: 'bad'"),
    ("classes as text", "mood", [(Y, "[bad, [good, fine]]", "bad")], "label.names: expected a list"),
    ("classes in two places", "mood", [(Y, "stars: integer", "label: [bad, good]")], "has the classes already"),
    ("a missing label of words", "mood", [(Y, "missing: -1", "missing: none")], "label.missing: expected a whole number"),
    ("a label for generation", "sum", [(Y, "metric: rouge_l", "label: {column: a}")], "a generation task has no label"),
    ("choices for generation", "sum", [(Y, 'plus {{b}}?"', 'plus {{b}}?", choices: 1 ||| 2')], "a generation task has no choices"),
    ("references for classification", "hub", [(Y, "label: {column: label, names: [yes, no]}", "references: {column: a}")], "has targets"),
    ("references and a target", "sum", [(Y, 'plus {{b}}?"', 'plus {{b}}?", target: "{{a}}"')], "from one of the two"),
    ("neither references nor a target", "sum", [(Y, "references: {column: sums}\n", "")], "from one of the two"),
    ("two sources", "hub", [(Y, "hub: some/set", "hub: some/set, bigbench: gem")], "a second source beside hub"),
    ("local and files", "sum", [(Y, "{files: {test: rows.jsonl}", "{local: x, config: y, files: {test: rows.jsonl}")], "belongs to hub"),
    ("files without the split", "sum", [(Y, "split: test", "split: test, train: train")], "lacks the split 'train'"),
    ("files of an unknown split", "sum", [(Y, "{test: rows.jsonl}", "{tset: rows.jsonl, test: rows.jsonl}")], "did you mean 'test'"),
    ("a revision of local rows", "mood", [(Y, "  local: mood\n", "  local: mood\n  revision: x\n")], "belongs to hub alone"),
    ("a configuration of local rows", "mood", [(Y, "  local: mood\n", "  local: mood\n  config: x\n")], "belongs to hub and authors"),
    ("a path for a Hub id", "hub", [(Y, "some/set", "some/set/deep")], "expected ORG/NAME"),
    ("trained on what is measured", "mood", [(Y, "  train: train\n  rows: {test: 3, train: 4}", "  train: test\n  rows: {test: 3}")],
     "is the split that is measured"),
    ("an unknown loader", "hub", [(Y, "revision: abc", "loader: wsc.fixd")], "did you mean 'wsc.fixed'"),
    ("a column renamed to itself", "hub", [(Y, "revision: abc", "rename: {a: a}")], "is the name already"),
    ("two columns of one name", "hub", [(Y, "revision: abc", "rename: {a: c, b: c}")], "a second column is called 'c'"),
    ("a delimiter of two characters", "hub", [(Y, "revision: abc", "table: {delimiter: ab}")], "expected one character"),
    ("quotes that are delimiters", "hub", [(Y, "revision: abc", "table: {delimiter: '|', quote: '|'}")], "is the delimiter, too"),
    ("an unknown header", "hub", [(Y, "revision: abc", "table: {header: first-lin}")], "did you mean 'first-line'"),
    ("no header and no columns", "hub", [(Y, "revision: abc", "table: {header: none}")], "needs `columns`"),
    ("columns beside a header", "hub", [(Y, "revision: abc", "table: {columns: [a, b]}")], "the first line names them"),
    ("a column twice", "hub", [(Y, "revision: abc", "table: {header: none, columns: [a, a]}")], "a name twice"),
    ("few shots without training rows", "sum", [(Y, "metric: rouge_l", "few_shot: {k: 2}")], "needs `data.train`"),
    ("balanced generation", "sum", [(Y, "metric: rouge_l", "few_shot: {k: 0, balanced: true}")], "has no classes"),
    ("a negative k", "mood", [(Y, "k: 1", "k: -1")], "expected a whole number from 0"),
    ("more shots than rows", "mood", [(Y, "k: 1", "k: 5")], "the training split has"),
    ("mixed and measured", "train", [(Y, "train: train,", "train: train, split: test,")], "a mixed task is for training alone"),
    ("a metric for training", "train", [(Y, "mixture: {cap: 50}", "metric: accuracy")], "the task is for training alone"),
    ("a mixture without training rows", "sum", [(Y, "metric: rouge_l", "mixture: {cap: 3}")], "needs `data.train`"),
    ("BIG-bench with a prompt", "sum", [(Y, "{files: {test: rows.jsonl}", "{bigbench: gem")], "task.json says it already"),
    ("BIG-bench as classification", "mood", [(Y, "  local: mood\n", "  bigbench: gem\n"), (Y, "  columns: {text: string, stars: integer}\n", "")],
     "presented as generation"),
    ("authors without a set", "sum", [(Y, "{files: {test: rows.jsonl}", "{authors: bigbench")], "data.config: is missing"),
    ("authors of another name", "sum", [(Y, "{files: {test: rows.jsonl}", "{authors: bigbensh, config: gem")], "did you mean 'bigbench'"),
    ("a name with a slash", "mood", [(Y, "task: NAME", "task: a/NAME")], "is no name"),
    ("a key twice", "mood", [(Y, "version: 1", "metric: accuracy")], "a second time"),
    ("no YAML", "mood", [(Y, "names: [bad, [good, fine]]", "names: [bad, [good, fine]")], "not YAML"),
    ("two documents", "mood", [(Y, "version: 1\n", "---\nversion: 1\n")], "a second document"),
    ("a list for a file", "mood", [(Y, None, "- task: x\n")], "neither a task"),
    ("an empty file", "mood", [(Y, None, "")], "neither a task"),
    ("neither task nor group", "mood", [(Y, "task: NAME\n", "")], "neither a task"),
    # templates
    ("an open tag", "mood", [(Y, "{{text}} Is", "{{text Is")], "prompt.templates: 'ask':"),
    ("an unknown filter", "mood", [(Y, "{{text}} Is", "{{text | uper}} Is")], "uper"),
    ("an unknown statement", "mood", [(Y, "{{text}} Is", "{% iff text %} Is")], "iff"),
    ("no end of a condition", "mood", [(Y, "{{text}} Is", "{% if text %} Is")], "prompt.templates: 'ask':"),
    ("a broken expression", "mood", [(Y, "{{answer_choices[label]}}", "{{answer_choices[label}}")], "prompt.templates: 'ask':"),
    ("broken choices", "mood", [(Y, "No ||| Yes", "'{{No ||| Yes'")], "prompt.templates: 'ask':"),
    ("a target outside the choices", "mood", [(Y, "{{answer_choices[label]}}", "Perhaps")], "is none of the choices"),
    ("one choice alone", "mood", [(Y, "No ||| Yes", "Yes"), (Y, "{{answer_choices[label]}}", "Yes")], "fewer than two choices"),
    ("a column that is not there", "mood", [(Y, "{{text}}", "{{txt}}")], "no column 'txt', which template 'ask' reads (did you mean 'text'?)"),
    ("a column of the label that is not there", "mood", [(Y, "column: label", "column: lable")], "did you mean 'label'"),
    ("references that are not there", "sum", [(Y, "column: sums", "column: sum")], "did you mean 'sums'"),
    # rows
    ("a declared column that is not there", "mood", [(Y, "stars: integer", "star: integer")], "did you mean 'stars'"),
    ("text where a number stands", "mood", [("mood.test.csv", "5,fine", "five,fine")], "column 'stars': expected a whole number"),
    ("a number where text stands", "sum", [(Y, "split: test}", "split: test, columns: {a: string}}")], "column 'a': expected a string"),
    ("a class that is not declared", "mood", [("mood.test.csv", "4,good", "4,great")], "'great' is no class"),
    ("a label out of range", "mood", [("mood.test.csv", "4,good", "4,2")], "2 is no class"),
    ("a negative label", "mood", [("mood.test.csv", "4,good", "4,-2")], "-2 is no class"),
    ("a class column out of range", "sum", [(Y, "split: test}", "split: test, columns: {a: [x, y]}}")], "is no class (classes: x, y)"),
    ("a row too few", "mood", [("mood.test.csv", "Lovely,4,good\n", "")], "2 rows where the task pins 3"),
    ("a row too many", "mood", [("mood.test.csv", "Lovely", "Fine,4,good\nLovely")], "4 rows where the task pins 3"),
    ("a cell too many", "mood", [("mood.test.csv", "4,good", "4,good,more")], "mood.test.csv: line 4"),
    ("a cell too few", "mood", [("mood.test.csv", "Lovely,4,good", "Lovely,4")], "mood.test.csv: line 4"),
    ("an open quote", "mood", [("mood.test.csv", "Lovely", '"Lovely')], "mood.test.csv"),
    ("bytes that are not UTF-8", "mood", [("mood.test.csv", "Lovely", b"Lov\xffely")], "mood.test.csv"),
    ("no rows", "mood", [("mood.test.csv", "Well done,5,fine\nAwful,1,bad\nLovely,4,good\n", "")], "mood.test.csv: no rows"),
    ("broken JSON", "sum", [("rows.jsonl", '"b": 2, "sums": ["4"]}', '"b": 2, "sums": ["4"]')], "rows.jsonl: line 2"),
    ("a list for a row", "sum", [("rows.jsonl", '{"a": 2, "b": 2, "sums": ["4"]}', "[2, 2]")], "rows.jsonl: line 2"),
    ("a key of a row twice", "sum", [("rows.jsonl", '"a": 2,', '"a": 2, "a": 3,')], "rows.jsonl: line 2"),
    ("no references", "sum", [("rows.jsonl", '["4"]', "[]")], "an empty list of references"),
    ("references that are numbers", "sum", [("rows.jsonl", '["4"]', "[4]")], "column 'sums'"),
    ("a row with answer_choices", "sum", [("rows.jsonl", '"a": 2,', '"a": 2, "answer_choices": 3,')], "answer_choices"),
    ("renamed onto another column", "sum", [(Y, "split: test}", "split: test, rename: {a: b}}")], "and there is one"),
]

TASK = "task: NAME\nkind: generation\ndata: {files: {test: r.jsonl}, split: test}\nprompt: {instruction: i, target: t}\n"
LIBRARIES = [
    # what was done, files of the folder, what the message says
    ("groups in a circle", {"a.yaml": "group: ga\ntasks: [gb]\n", "b.yaml": "group: gb\ntasks: [gc]\n", "c.yaml": "group: gc\ntasks: [ga]\n"},
     "in a circle: ga -> gb -> gc -> ga"),
    ("a group in itself", {"a.yaml": "group: ga\ntasks: [rte, ga]\n"}, "a.yaml:2: tasks[1]: the groups stand in a circle"),
    ("an unknown member", {"a.yaml": "group: ga\ntasks:\n  - rte\n  - codename\n"}, "a.yaml:4: tasks[1]: no task or group 'codename' (did you mean 'codenames'?)"),
    ("a member twice", {"a.yaml": "group: ga\ntasks: [rte, rte]\n"}, "'rte' a second time"),
    ("an empty group", {"a.yaml": "group: ga\ntasks: []\n"}, "a.yaml:2: tasks: an empty list"),
    ("a group without a name", {"a.yaml": "tasks: [rte]\n"}, "group: is missing"),
    ("a group with another key", {"a.yaml": "group: ga\ntasks: [rte]\nmetric: accuracy\n"}, "a.yaml:3: metric: unknown key"),
    ("two tasks of one name", {"a.yaml": TASK.replace("NAME", "x"), "b.yaml": TASK.replace("NAME", "x")}, "b.yaml:1: task: 'x' is the name of"),
    ("two groups of one name", {"a.yaml": "group: ga\ntasks: [rte]\n", "b.yaml": "group: ga\ntasks: [cb]\n"}, "b.yaml:1: group: 'ga' is the name of"),
    ("the name of a shipped task", {"a.yaml": TASK.replace("NAME", "rte")}, "a.yaml:1: task: 'rte' is the name of"),
    ("a group called like a task", {"a.yaml": "group: rte\ntasks: [cb]\n"}, "a.yaml:1: group: 'rte' is the name of"),
    ("a task in a group called like a task", {"a.yaml": TASK.replace("NAME", "x") + "group: rte\n"}, "'rte' is the name of a task"),
    ("YAML of another kind", {"a.yaml": "experiment: x\ntasks_: [rte]\n"}, "a.yaml:1: is neither a task"),
    ("a broken file", {"a.yaml": "task: [\n"}, "a.yaml:"),
    ("a broken .yml", {"a.yml": "task: x\nkind: x\n"}, "a.yml:"),
    ("a source that no task looks for", {"sources.yml_": "rtee: a\n", "a": ""}, "sources.yml_:1: rtee: no task or data set has this name (did you mean 'rte'?)"),
    ("a source that is not there", {"sources.yml_": "rte: nowhere\n"}, "sources.yml_:1: rte: there is no"),
    ("a source of local rows", {"sources.yml_": "longer_word: a\n", "a": ""}, "the rows of this task stand beside it"),
]


def write(folder, files):
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(as_bytes(content))


def as_bytes(text):
    return text if isinstance(text, bytes) else text.encode()


def mutated(good, edits):
    files = {name: content.encode() for name, content in GOOD[good].items()}
    for name, old, new in edits:
        if old is None:
            files[name] = as_bytes(new)
            continue
        assert as_bytes(old) in files[name], (good, name, old)
        files[name] = files[name].replace(as_bytes(old), as_bytes(new), 1)
    return files


def cappy(*words):
    environment = {"CAPPY_HOME": str(SOURCE), "CAPPY_PROMPTSOURCE": str(PROMPTSOURCE)}
    return subprocess.run([CAPPY, *map(str, words)], capture_output=True, text=True, env=environment, timeout=300)


def promptsource():
    import promptsource_oracle as oracle
    return oracle.FOLDER


def verdicts(folder, cases):
    """Writes one folder a case, asks once, returns the verdicts by file."""
    files = []
    for i, files_of_case in enumerate(cases):
        named = {name: content.replace(b"NAME", b"task_%d" % i) for name, content in files_of_case.items()}
        write(folder / str(i), named)
        files.append(folder / str(i) / "t.yaml")
    done = cappy("tasks", "validate", "--json", *files)
    assert done.returncode in (0, 1), (done.returncode, done.stderr[-2000:])
    found = {}
    for line in done.stdout.splitlines():
        verdict = json.loads(line)
        found[Path(verdict["file"]).parent.name] = verdict
    return [found.get(str(i), {"status": "not told", "message": done.stderr}) for i in range(len(files))]


def main():
    report = Report("mutated task files")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for sub in ("good", "bad"):
            (folder / sub).mkdir()
        for good, verdict in zip(GOOD, verdicts(folder / "good", [mutated(good, []) for good in GOOD])):
            report.equal(verdict["status"], "absent" if good in ("hub", "train") else "valid", f"{good}: {verdict}")
        cases = [mutated(good, edits) for _, good, edits, _ in MUTANTS]
        for (what, _, _, says), verdict in zip(MUTANTS, verdicts(folder / "bad", cases)):
            message = verdict.get("message", "")
            verdict = (verdict["status"], says in message, bool(PLACE.search(message)))
            report.equal(verdict, ("failed", True, True), f"{what}: {says!r} in {message!r}")
        for i, (what, files, says) in enumerate(LIBRARIES):
            write(folder / f"library{i}", files)
            sources = folder / f"library{i}/sources.yml_"
            done = cappy("tasks", "list", "--tasks", folder / f"library{i}", *(["--sources", sources] if sources.exists() else []))
            verdict = (done.returncode, done.stdout, says in done.stderr)
            report.equal(verdict, (1, "", True), f"{what}: {says!r} in {done.stderr!r}")
        experiment = "experiment: x\ntasks: [task_%d]\nscorers: [{new: r.yaml}]\n"
        for i in range(0, len(MUTANTS), 12):  # the run reads the same files: it does not start
            (folder / "x.yaml").write_text(experiment % i)
            (folder / "r.yaml").write_text("")
            done = cappy("run", folder / "x.yaml", "--tasks", folder / f"bad/{i}", "--runs", folder / "runs")
            verdict = (done.returncode, done.stdout, (folder / "runs").exists())
            report.equal(verdict, (1, "", False), f"run of {MUTANTS[i][0]}: {done.stderr!r}")
    print(f"{len(MUTANTS)} mutated files, {len(LIBRARIES)} folders")
    report.finish(at_least=100)


PROMPTSOURCE = promptsource()

if __name__ == "__main__":
    sys.exit(main())
