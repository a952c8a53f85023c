"""Throughput of `cappy rouge` and of rouge-score 0.1.2 on the same pairs, one thread each, taken in turns: medians of pairs a second.

cappy is measured as a user meets it: the whole process with its start, JSON Lines in and out. rouge-score is measured inside Python on texts
that are already there. Both in processor seconds (user and system), which other programs on the machine disturb little. Scores are compared before times are. cappy reads the lines COPIES times over, newly shuffled each time, because a single
pass is over before a clock can tell. Fails below 300 times.
"""
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time

from rouge_score import rouge_scorer

from common import CAPPY, need_shared

LINES, PER_TASK, COPIES, ROUNDS, WANTED = 3_000, 200, 100, 5, 300


def targets_of(task, rng):
    """Some targets of a BIG-bench task, subtasks together, of a length that the naive table can bear."""
    targets = []
    for path in sorted(task.glob("**/task.json")):
        for example in json.loads(path.read_text(encoding="utf-8")).get("examples", []):
            target = example.get("target", [])
            targets += [target] if isinstance(target, str) else target[:2]
    targets = sorted({target for target in targets if 4 <= len(target.split()) <= 30})
    return rng.sample(targets, min(len(targets), PER_TASK))


def make_lines(rng):
    """A reference with one word replaced, as a near miss of a model; every task weighs the same, as in the paper's table."""
    tasks = [folder for folder in sorted((need_shared() / "data/bigbench").iterdir()) if folder.is_dir()]
    targets = [target for task in tasks if task.name != "_evidence" for target in targets_of(task, rng)]
    lines = []
    for _ in range(LINES):
        references = rng.sample(targets, rng.choice([1, 1, 1, 2]))
        words = references[0].split()
        words[rng.randrange(len(words))] = rng.choice(rng.choice(targets).split())
        lines.append({"response": " ".join(words), "references": references})
    return lines


def time_cappy(path):
    with open(path, encoding="utf-8") as lines, tempfile.TemporaryFile() as out:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([CAPPY, "rouge", "--threads", "1"], stdin=lines, stdout=out, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        out.seek(0)
        return seconds, [json.loads(next(out))["rouge_l"] for _ in range(LINES)]


def time_reference(scorer, lines):
    start = time.process_time()
    scores = [scorer.score_multi(line["references"], line["response"])["rougeL"].fmeasure for line in lines]
    return time.process_time() - start, scores


def main():
    rng = random.Random(5)
    lines = make_lines(rng)
    pairs = sum(len(line["references"]) for line in lines)
    scorer = rouge_scorer.RougeScorer(["rougeL"], use_stemmer=True)
    mine, reference = [], []
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".jsonl") as file:
        for copy in range(COPIES):
            order = lines if copy == 0 else rng.sample(lines, len(lines))
            file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in order)
        file.flush()
        for _ in range(ROUNDS):
            seconds, scores = time_cappy(file.name)
            mine.append(pairs * COPIES / seconds)
            seconds, wanted = time_reference(scorer, lines)
            reference.append(pairs / seconds)
            if scores != wanted:
                sys.exit("rouge bench: the scores differ, so the times mean nothing")
    ratio = statistics.median(mine) / statistics.median(reference)
    words = sum(len(text.split()) for line in lines for text in line["references"]) / pairs
    print(f"{pairs} pairs of about {words:.1f} words, {os.cpu_count()} cores, one used; {ROUNDS} rounds, pairs a second (median, min–max):")
    for name, rates in (("cappy rouge", mine), ("rouge-score", reference)):
        print(f"  {name:12} {statistics.median(rates):12,.0f}   {min(rates):,.0f}–{max(rates):,.0f}")
    print(f"ratio {ratio:.0f} (wanted: at least {WANTED})")
    return 0 if ratio >= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
