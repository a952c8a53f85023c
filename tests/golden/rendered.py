"""RTE and CB as the run sees them: `cappy tasks export` against promptsource's own rendering of every row and original template.

Compared are ids, order, instructions, choices and labels, for both ways to name the data: a folder in its own layout and a map
of sources.
"""
import json
import os
import tempfile
from pathlib import Path

import promptsource_oracle as oracle
from common import SOURCE, Report, need_shared, read_jsonl, run_cappy

DATA = need_shared() / "data/promptsource"
CLASSES = {"rte": ["entailment", "not_entailment"], "cb": ["entailment", "contradiction", "neutral"]}  # as the Hub's loaders
EXPECTED = {"rte": (277, 10), "cb": (56, 15)}


def reference_rows(task):
    templates = oracle.load(f"super_glue/{task}")
    names = sorted(name for name in templates if templates[name].metadata.original_task)
    for number, row in enumerate(read_jsonl(DATA / f"super_glue_{task}/validation.jsonl")):
        row["label"] = CLASSES[task].index(row["label"])
        for name in names:
            instruction, target = templates[name].apply(row)
            choices = templates[name].get_answer_choices_list(row)
            yield {"id": f"{number}/{name}", "instruction": instruction, "choices": choices, "label": choices.index(target)}


def exported(*words):
    return [json.loads(line) for line in run_cappy("tasks", "export", *words).stdout.split("\n")[:-1]]


def main():
    os.environ.setdefault("CAPPY_HOME", str(SOURCE))
    report = Report("RTE and CB, rendered")
    for task, (rows, templates) in EXPECTED.items():
        reference = list(reference_rows(task))
        mine = exported(task, "--split", "validation", "--data", DATA)
        report.equal(len(mine), rows * templates, f"{task}: instances")
        report.equal(len(reference), rows * templates, f"{task}: instances of promptsource")
        for row, other in zip(mine, reference):
            report.equal(row, other, f"{task} {other['id']}")
        with tempfile.TemporaryDirectory() as folder:
            sources = Path(folder) / "sources.yaml"
            sources.write_text(json.dumps({task: str((DATA / f"super_glue_{task}/validation.jsonl").resolve())}))
            report.equal(exported(task, "--sources", sources), mine, f"{task}: by sources")
            report.equal(exported(task, "--sources", sources, "--limit", 3), mine[:3], f"{task}: --limit")
    report.finish(at_least=2770 + 840)


if __name__ == "__main__":
    main()
