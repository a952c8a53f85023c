"""Throughput of Rouge-L and of rouge-score 0.1.2 on the same pairs, one thread each, taken in turns: medians of pairs a second.

Two measurements. The metric: both score texts that are already in memory (tests/bench/rouge_throughput.cc; rouge-score inside
Python). The filter: `cappy rouge` as a user meets it, the whole process with JSON Lines in and out, against the same
rouge-score figure. All in processor seconds, which other programs on the machine disturb little; scores are compared before
times are. Ours goes over the lines COPIES times, newly shuffled each time, because a single pass is over before a clock can
tell: its table of stems is warm in all but the first, while rouge-score keeps nothing between pairs by design.
Fails below 300 times for the metric, and below 120 times for the filter.
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

LINES, PER_TASK, COPIES, ROUNDS = 3_000, 200, 100, 5
WANTED = {"metric": 300, "filter": 120}


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


def time_metric(path):
    """The metric alone on the first pass's lines; seconds of COPIES passes."""
    program = os.path.join(os.path.dirname(CAPPY), "rouge_throughput")
    lines = subprocess.run([program, path, str(COPIES)], capture_output=True, text=True, check=True).stdout.split()
    return float(lines[0]), [float(score) for score in lines[1:]]


def write_lines(path, lines, copies, rng):
    with open(path, "w", encoding="utf-8") as file:
        for copy in range(copies):
            order = lines if copy == 0 else rng.sample(lines, len(lines))
            file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in order)


def measure(lines, folder, rng):
    """Pairs a second of each system, a list over the rounds."""
    once, often = os.path.join(folder, "once.jsonl"), os.path.join(folder, "often.jsonl")
    write_lines(once, lines, 1, rng)
    write_lines(often, lines, COPIES, rng)
    pairs = sum(len(line["references"]) for line in lines)
    scorer = rouge_scorer.RougeScorer(["rougeL"], use_stemmer=True)
    rates = {"metric": [], "filter": [], "rouge-score": []}
    for _ in range(ROUNDS):
        wanted_seconds, wanted = time_reference(scorer, lines)
        rates["rouge-score"].append(pairs / wanted_seconds)
        for name, (seconds, scores) in (("metric", time_metric(once)), ("filter", time_cappy(often))):
            if scores != wanted:
                sys.exit(f"rouge bench: the {name}'s scores differ, so the times mean nothing")
            rates[name].append(pairs * COPIES / seconds)
    return pairs, rates


def main():
    rng = random.Random(5)
    lines = make_lines(rng)
    with tempfile.TemporaryDirectory() as folder:
        pairs, rates = measure(lines, folder, rng)
    words = sum(len(text.split()) for line in lines for text in line["references"]) / pairs
    print(f"{pairs} pairs of about {words:.1f} words, one thread; {ROUNDS} rounds, pairs a second (median, min–max):")
    median = {name: statistics.median(values) for name, values in rates.items()}
    failed = False
    for name, values in rates.items():
        ratio = median[name] / median["rouge-score"]
        wanted = f" (wanted: at least {WANTED[name]})" if name in WANTED else ""
        print(f"  {name:12} {median[name]:12,.0f}   {min(values):,.0f}–{max(values):,.0f}   ratio {ratio:.0f}{wanted}")
        failed = failed or ratio < WANTED.get(name, 0)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
