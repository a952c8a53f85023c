"""BIG-bench rows: `cappy tasks export` of every task, both splits, against the published rows.

* 24 tasks: the hashes of every row of the original code (shared data, bigbench/expected).
* All 44: the published number of rows and, for those without hashes, every row of an independent Python implementation of the
  recipe (here; the shuffle is CPython's own, the permutation numpy's own).
* object_counting and five more: rows that third parties published (bigbench/_evidence).
"""
import csv
import hashlib
import json
import random
import subprocess

import numpy

from common import Report, need_shared, run_cappy

BIGBENCH = need_shared() / "data/bigbench"


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def exported(task, split):
    lines = run_cappy("tasks", "export", task, "--split", split, "--data", BIGBENCH).stdout.split("\n")[:-1]  # not U+2028
    rows = [json.loads(line) for line in lines]
    return [(row["instruction"], row["references"]) for row in rows], [row["id"] for row in rows]


def read_task(folder):
    plain, packed = folder / "task.json", folder / "task.json.zst"
    if plain.exists():
        return json.loads(plain.read_text(encoding="utf-8"))
    return json.loads(subprocess.run(["zstd", "-dcq", packed], check=True, capture_output=True).stdout)


def permutation(n):
    """The order of n choices."""
    return numpy.random.RandomState(42).permutation(n)


def recipe(task):
    """{split: rows} of one task, by reference/bigbench.md."""
    folder = BIGBENCH / task
    head = read_task(folder)
    parts = [head]
    if "examples" not in head:
        parts = [read_task(f) for f in sorted(f for f in folder.iterdir() if f.is_dir())]
    joined = {"train": [], "validation": []}
    for part in parts:
        distinct = {}
        for example in part["examples"]:
            distinct.setdefault(json.dumps(example), example)
        rows = [formatted(part, example) for example in distinct.values()]
        random.seed(42)
        random.shuffle(rows)
        held = max(int(0.2 * len(rows)), 16 // len(parts))
        joined["train"] += rows[:len(rows) - held]
        joined["validation"] += rows[len(rows) - held:]
    return joined


def formatted(part, example):
    text, target = example["input"], example.get("target")
    if "target_scores" in example:
        scores = example["target_scores"]
        ordered = sorted(scores)
        if part.get("append_choices_to_input", True):
            for i in permutation(len(ordered)):
                text += part.get("choice_prefix", "\n  choice: ") + ordered[i]
        if target is None:
            target = max(scores, key=scores.get)
    inputs = (part.get("task_prefix", "") + part.get("example_input_prefix", "\nQ: ") + text +
              part.get("example_output_prefix", "\nA: "))
    targets = [target] if isinstance(target, str) else target
    return inputs.strip(), [target.strip() for target in targets]


def published_sizes():
    with open(BIGBENCH / "SPLIT_SIZES.tsv", encoding="utf-8") as table:
        lines = list(csv.reader((line for line in table if not line.startswith("#")), delimiter="\t"))
    column = {name: i for i, name in enumerate(lines[0])}
    return {line[0]: {s: int(line[column[s]]) for s in ("train", "validation")} for line in lines[1:]
            if line[column["train"]].isdigit()}


def compare_hashes(report, task, split, rows):
    with open(BIGBENCH / f"expected/{task}.{split}.tsv", encoding="utf-8") as table:
        expected = [tuple(line.rstrip("\n").split("\t")[1:]) for line in table][1:]
    mine = [(digest(inputs), digest(json.dumps(targets, ensure_ascii=False, separators=(",", ":")))) for inputs, targets in rows]
    report.equal(len(mine), len(expected), f"{task} {split}: rows")
    for i, (row, reference) in enumerate(zip(mine, expected)):
        report.equal(row, reference, f"{task} {split} row {i}")


def compare_evidence(report, rows):
    """Third-party copies; `rows` has what was exported."""
    for path in sorted((BIGBENCH / "_evidence/llm_foundry").glob("bigbench_*.jsonl")):
        task = path.stem.removeprefix("bigbench_")
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        mine = rows[task, "train"] + rows[task, "validation"]
        for i, (line, (inputs, targets)) in enumerate(zip(lines, mine)):
            context = line.get("context", line.get("query", ""))
            answer = line.get("answer", line.get("continuation", ""))
            report.equal((inputs, targets[0].strip()), (context.strip(), answer.strip()), f"{path.name} row {i}")
    train = rows["object_counting", "train"]
    for name in ("induce", "execute"):  # these copies lost the question at the end of the input
        copy = json.loads((BIGBENCH / f"_evidence/instinct/{name}.object_counting.json").read_text(encoding="utf-8"))
        for key, example in copy["examples"].items():
            found = any(example["input"] in inputs and example["output"] in targets for inputs, targets in train)
            report.equal(found, True, f"{name}.object_counting {key}")


def main():
    sizes = published_sizes()
    hashes, twin = Report("BIG-bench rows, published hashes"), Report("BIG-bench rows, independent recipe")
    counts, evidence = Report("BIG-bench split sizes"), Report("BIG-bench rows, third-party copies")
    kept = {}
    for task in sorted(sizes):
        hashed = (BIGBENCH / f"expected/{task}.train.tsv").exists()
        reference = {} if hashed else recipe(task)
        for split in ("train", "validation"):
            rows, ids = exported(task, split)
            counts.equal(len(rows), sizes[task][split], f"{task} {split}")
            twin.equal(ids == [str(i) for i in range(len(rows))], True, f"{task} {split}: ids")
            if hashed:
                compare_hashes(hashes, task, split, rows)
            for i, (row, other) in enumerate(zip(rows, reference.get(split, []))):
                twin.equal(row, other, f"{task} {split} row {i}")
            kept[task, split] = rows
    compare_evidence(evidence, kept)
    hashes.finish(at_least=100_000)
    twin.finish(at_least=1_000)
    counts.finish(at_least=88)
    evidence.finish(at_least=1_000)


if __name__ == "__main__":
    main()
