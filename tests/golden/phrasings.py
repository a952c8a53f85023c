"""Phrasings in a task's own file are Jinja as everybody writes it: what `cappy tasks export` makes of them equals jinja2's rendering
of instruction and target, each on its own, stripped. PromptSource's habits (its rewriting of }}, its cut, its |||) end there.
Beside them what a phrasing decides about a row: an empty instruction skips it, a leaked row is no example before its own question."""
import json
import tempfile
from pathlib import Path

import jinja2
import yaml

from common import Report, run_cappy

ROWS = [
    {"text": "a }} b ||| c", "n": 7, "opts": ["x", "y"], "neg": True, "long": "word " * 1000},
    {"text": "  straße  ", "n": -2, "opts": [], "neg": False, "long": "w" * 5000},
    {"text": "", "n": 0, "opts": ["a ||| b"], "neg": True, "long": ""},
]
PHRASINGS = [
    "{{ opts|length * 2 }}", "{{ opts|length == 2 }}", "{{ 1 == 1.0 }}", '{{ "a" if neg }}', "{% raw %}{{x}}{% endraw %}!",
    '{{ "a }} b" }}', "{{ n + 1 }}", "{{ n // 2 }}/{{ n % 3 }}", '{{ "%s-%s" % (n, n * 2) }}', '{{ "ab" * 3 }}', "{{ 1 < n }}",
    "x  {{- text -}}  y", "{{ text }}|||{{ opts }}", "{{ long }}", "{{ long|length }}", "{{ opts|join(' ||| ') }}.",
    "{% macro m(a, b='z') %}<{{ a }}{{ b }}>{% endmacro %}{{ m(n) }}{{ m(n, b=text) }}",
    "{% set x %}{{ text|trim }}{% endset %}{{ x|upper }}", "{% for o in opts %}{{ loop.index }}{{ o }}{% else %}none{% endfor %}",
    "{% with y = n * n %}{{ y }}{% endwith %}", "{{ {'a': {'b': n}}['a'] }}", "{{ not neg }} {{ neg and n }}", "{% filter upper %}{{ text }}{% endfilter %}q",
    "{{ 1 / 3 }}", "{{ text.strip().split('|||')|list }}",
]


def write_task(folder, name, prompt, rows, **more):
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(
        {"task": name, "kind": "generation", "data": {"files": {"test": f"{name}.jsonl"}, "split": "test"}, "prompt": prompt, **more}))
    (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def export(name, folder, *words):
    done = run_cappy("tasks", "export", name, "--tasks", folder, *words)
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def compare_texts(report, folder):
    """Every phrasing as instruction and as target."""
    templates = [{"name": str(i), "instruction": text, "target": "T" + text} for i, text in enumerate(PHRASINGS)]
    write_task(folder, "texts", {"templates": templates}, ROWS)
    got = {row["id"]: (row["instruction"], row["references"]) for row in export("texts", folder)[0]}
    environment = jinja2.Environment()
    for r, row in enumerate(ROWS):
        for i, text in enumerate(PHRASINGS):
            instruction = environment.from_string(text).render(row).strip()
            target = environment.from_string("T" + text).render(row).strip()
            wanted = (instruction, [target]) if instruction else None
            report.equal(got.get(f"{r}/{i}"), wanted, f"{text} on row {r}")


def check_labels(report, folder):
    """An inline if without else: the rewriting of }} made both answers the first choice."""
    write_task(folder, "labels", {"instruction": "{{ text }}?", "target": "{{ 'neg' if neg }}{{ 'pos' if not neg }}",
                                  "choices": "neg ||| pos"}, [{"text": "a", "neg": True}, {"text": "b", "neg": False}],
               kind="classification")
    report.equal([row["label"] for row in export("labels", folder)[0]], [0, 1], "labels")


def check_skips(report, folder):
    write_task(folder, "skips", {"instruction": "{% if use %}{{ text }}{% endif %}", "target": "{{ text }}"},
               [{"text": "a", "use": True}, {"text": "b", "use": False}])
    rows, counts = export("skips", folder)
    report.equal([row["instruction"] for row in rows], ["a"], "an empty instruction skips the row")
    report.equal("1 skipped by templates" in counts, True, counts)


def check_examples(report, folder):
    """Each measured row stands in train, too: its answer may not stand before its question."""
    rows = [{"q": f"q{i}", "a": f"a{i}"} for i in range(4)]
    write_task(folder, "shots", {"instruction": "{{ q }}?", "target": "{{ a }}"}, rows[:3],
               data={"files": {"test": "shots.jsonl", "train": "train.jsonl"}, "split": "test", "train": "train"},
               few_shot={"k": 3})
    (folder / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for i, row in enumerate(export("shots", folder)[0]):
        wanted = sorted(f"q{j}? a{j}" for j in range(4) if j != i)
        report.equal(sorted(row["shots"].strip().split("\n\n")), wanted, f"examples of row {i}")
    status = json.loads(run_cappy("tasks", "validate", "shots", "--tasks", folder, "--json").stdout)["status"]
    report.equal(status, "valid", "the training split needs no examples of its own")
    report.equal(run_cappy("tasks", "export", "shots", "--tasks", folder, "--few-shot", "-1", check=False).returncode, 2, "-1")


def check_notes(report, folder):
    """Classes and choices in two orders, a choice twice: valid, and said."""
    names = {"column": "label", "names": ["yes", "no"]}
    write_task(folder, "orders", {"templates": [
        {"name": "turned", "instruction": "{{ text }}", "target": "{{ answer_choices[label] }}", "choices": "no ||| yes"},
        {"name": "twice", "instruction": "{{ text }}", "target": "same", "choices": "same ||| same"}]},
        [{"text": "a", "label": "yes"}], kind="classification", label=names)
    verdict = json.loads(run_cappy("tasks", "validate", "orders", "--tasks", folder, "--json").stdout)
    report.equal(any("template 'turned'" in note and "another order" in note for note in verdict["notes"]), True, str(verdict))
    report.equal(verdict["splits"][0]["odd_choices"], 1, "a choice twice")


def main():
    report = Report("phrasings of tasks against jinja2")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        compare_texts(report, folder)
        check_labels(report, folder)
        check_skips(report, folder)
        check_examples(report, folder)
        check_notes(report, folder)
    report.finish(at_least=len(ROWS) * len(PHRASINGS) + 10)


if __name__ == "__main__":
    main()
