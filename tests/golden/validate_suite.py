"""`cappy tasks validate --sources` over the measured tasks and T0's mixture: what is here loads and renders in full, the rest is absent.

Here are ten of the eleven held-out sets and 44 of the 45 of BIG-bench; of ANLI's third round two rows are missing, which is a note.
Story Cloze, tellmewhy and the 38 training sets are nowhere. Leaks and repeats of linguistic_mappings are the published ones.
"""
import json
import os
import sys
import tempfile
from pathlib import Path

from common import SOURCE, Report, need_shared, run_cappy
from suite import task_files

SHARED_DATA = need_shared() / "data"
FILES = {
    "anli_r1": "anli/dev_r1.jsonl", "anli_r2": "anli/dev_r2.jsonl", "anli_r3": "anli/dev_r3.jsonl",
    "cb": "super_glue_cb/validation.jsonl", "rte": "super_glue_rte/validation.jsonl", "wsc": "super_glue_wsc/validation.jsonl",
    "wic": "super_glue_wic/validation.jsonl", "winogrande": "winogrande/validation.reconstructed.jsonl",
    "winogender": "super_glue_axg/test.jsonl", "crows_pairs": "crows_pairs/crows_pairs_anonymized.csv",
}
ABSENT = {"story_cloze", "tellmewhy"}


def validated(folder):
    """{task: verdict}, with nothing to be found but by the map."""
    sources, nothing = folder / "sources.yaml", folder / "nothing"
    nothing.mkdir()
    places = {task: str((SHARED_DATA / "promptsource" / file).resolve()) for task, file in FILES.items()}
    sources.write_text(json.dumps({**places, "bigbench": str((SHARED_DATA / "bigbench").resolve())}))
    done = run_cappy("tasks", "validate", "paper", "t0-train", "--json", "--sources", sources, "--data", nothing)
    print(next(line for line in done.stderr.split("\n") if " valid, " in line))
    return {verdict["task"]: verdict for verdict in map(json.loads, done.stdout.split("\n")[:-1])}


def compare_rows(report, verdict, content):
    """Rows as pinned, the measured split under every template; anli_r3 lacks two."""
    task, data = content["task"], content["data"]
    splits = {split["split"]: split for split in verdict["splits"]}
    for name, split in splits.items():
        rows = 1198 if task == "anli_r3" else data["rows"][name]
        report.equal(split["rows"], rows, f"{task} {name}: rows")
        report.equal(split["origin"], "sources", f"{task} {name}: origin")
        report.equal((split["unlabelled"], split["skipped"]), (0, 0), f"{task} {name}: rows left out")
    report.equal(data["split"] in splits, True, f"{task}: its measured split was read")
    warned = any("1198 rows where the task pins 1200" in note for note in verdict["notes"])
    report.equal(warned, task == "anli_r3", f"{task}: warned of its number of rows")


def main():
    os.environ["CAPPY_HOME"] = str(SOURCE)
    os.environ["HF_HOME"] = "/nonexistent"  # no cache of the Hub
    report = Report("cappy tasks validate --sources")
    with tempfile.TemporaryDirectory() as folder:
        verdicts = validated(Path(folder))
    measured = {**task_files("promptsource-heldout"), **task_files("bigbench-generation")}
    training = task_files("t0-train")
    report.equal(sorted(verdicts), sorted({**measured, **training}), "tasks")
    for status, tasks in (("absent", ABSENT | set(training)), ("valid", set(measured) - ABSENT), ("failed", set())):
        report.equal(sorted(task for task, verdict in verdicts.items() if verdict["status"] == status), sorted(tasks), status)
    report.equal(sum(verdict["status"] == "valid" for verdict in verdicts.values()), 54, "tasks that load and render in full")
    for task, content in measured.items():
        if task not in ABSENT:
            compare_rows(report, verdicts[task], content)
    leaky = next(split for split in verdicts["linguistic_mappings"]["splits"] if split["measured"])
    report.equal((leaky["leaks"], leaky["leaks_with_target"]), (2001, 1088), "linguistic_mappings: leaks")
    report.finish(at_least=54 * 4)


if __name__ == "__main__":
    sys.exit(main())
