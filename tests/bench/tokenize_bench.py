"""Throughput of `cappy tokenize` and of the pinned tokenizers on the same texts, one thread each, taken in turns: MB/s of UTF-8.

Two measurements of ours: the tokenizer alone (tests/bench/tokenize_throughput.cc), and the filter as a user meets it, the whole
process with loading and JSON Lines in and out. The reference starts from strings in memory and makes no offsets. All in
processor seconds, which other programs on the machine disturb little; ids are compared before times are. The filter reads the
texts COPIES times, newly shuffled each time, for a single pass is over before a clock can tell.
Fails below 8 times for T5's filter and 6 times for RoBERTa's.
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
from pathlib import Path

os.environ["RAYON_NUM_THREADS"] = "1"

from common import CAPPY, need_shared  # noqa: E402

need_shared()

from tokenizers import Tokenizer  # noqa: E402

from tokenizer_cases import ROBERTA, T5, language_lines, make_folder, task_strings  # noqa: E402

BYTES, COPIES, ROUNDS = 1_500_000, 4, 3
WANTED = {"T5": 8, "RoBERTa": 6}


def choose(texts, rng):
    """Distinct texts of a prompt's length, BYTES in all."""
    texts = sorted({text for text in texts if 20 <= len(text) <= 2000})
    rng.shuffle(texts)
    chosen, size = [], 0
    while texts and size < BYTES:
        chosen.append(texts.pop())
        size += len(chosen[-1].encode())
    return chosen


def write_lines(path, texts):
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in texts)


def time_reference(tokenizer, texts):
    start = time.process_time()
    encodings = tokenizer.encode_batch_fast(texts)
    return time.process_time() - start, [encoding.ids for encoding in encodings]


def time_alone(folder, path):
    program = os.path.join(os.path.dirname(CAPPY), "tokenize_throughput")
    lines = subprocess.run([program, folder, path, "3"], capture_output=True, text=True, check=True).stdout.split("\n")
    return float(lines[0]), [list(map(int, line.split())) for line in lines[1:-1]]


def time_filter(folder, path, count):
    with open(path, encoding="utf-8") as lines, tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n") as out:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([CAPPY, "tokenize", "--model", folder, "--threads", "1"], stdin=lines, stdout=out, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        out.seek(0)
        ids = [json.loads(next(out))["ids"] for _ in range(count)]
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, ids


def race(name, folder, texts, scratch, rng):
    """Ratios to the reference: of the tokenizer alone, of the filter."""
    once, often = scratch / "once.jsonl", scratch / "often.jsonl"
    write_lines(once, texts)
    write_lines(often, texts + [text for _ in range(COPIES - 1) for text in rng.sample(texts, len(texts))])
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    rates = {"tokenizers": [], "alone": [], "filter": []}
    for _ in range(ROUNDS):
        seconds, wanted = time_reference(tokenizer, texts)
        rates["tokenizers"].append(megabytes / seconds)
        for system, copies, (seconds, ids) in (("alone", 1, time_alone(folder, once)),
                                               ("filter", COPIES, time_filter(folder, often, len(texts)))):
            if ids != wanted:
                sys.exit(f"tokenize bench: ids of {name}, {system}, differ, so the times mean nothing")
            rates[system].append(copies * megabytes / seconds)
    base = statistics.median(rates["tokenizers"])
    for system, values in rates.items():
        wanted = f" (wanted: at least {WANTED[name]})" if system == "filter" and name in WANTED else ""
        print(f"  {name:20} {system:12} {statistics.median(values):8.1f} MB/s   {min(values):.1f}–{max(values):.1f}"
              f"   ratio {statistics.median(values) / base:.1f}{wanted}")
    return statistics.median(rates["filter"]) / base


def main():
    rng = random.Random(5)
    tasks, languages = choose(task_strings(), rng), choose(language_lines(), rng)
    failed = False
    with tempfile.TemporaryDirectory() as temporary:
        scratch = Path(temporary)
        from transformers import RobertaTokenizer  # six seconds
        RobertaTokenizer.from_pretrained(ROBERTA).save_pretrained(scratch / "roberta")
        t5 = make_folder(scratch, "t5", [T5 / "tokenizer.json"])
        print(f"{len(tasks)} task texts, {len(languages)} lines of 58 languages; {ROUNDS} rounds, median, min–max, one thread:")
        for name, folder in (("T5", t5), ("RoBERTa", scratch / "roberta")):
            failed |= race(name, folder, tasks, scratch, rng) < WANTED[name]
            race(f"{name}, languages", folder, languages, scratch, rng)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
