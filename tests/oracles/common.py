"""What the oracle tests share: places, the filters of `cappy` as functions, and honest counting.

A golden test makes inputs, runs the reference implementation and the filter of `cappy` on them, compares, and ends with
`report`, which prints how many cases were compared; zero cases fail.
"""
import json
import os
import subprocess
import sys
from pathlib import Path

SOURCE = Path(os.environ.get("CAPPY_SOURCE", Path(__file__).resolve().parents[2]))
SHARED = Path(os.environ.get("CAPPY_SHARED", SOURCE.parent / "shared"))
CAPPY = os.environ.get("CAPPY", str(SOURCE / "build/release/bin/cappy"))

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


def need_shared():
    """The folder with real data; ends the test as skipped, saying so, where it is not there."""
    if not SHARED.is_dir():
        print(f"skipped: no shared data in {SHARED} (set CAPPY_SHARED)")
        sys.exit(77)
    return SHARED


def run_cappy(*words, text="", check=True):
    """Runs a verb; returns the finished process (stdout and stderr as text)."""
    done = subprocess.run([CAPPY, *map(str, words)], input=text, capture_output=True, text=True, encoding="utf-8")
    if check and done.returncode != 0:
        sys.exit(f"cappy {' '.join(map(str, words))} failed with {done.returncode}:\n{done.stderr[-4000:]}")
    return done


def filter_rows(rows, *words):
    """Runs a filter over rows (dicts) and returns the rows that come out."""
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    return [json.loads(line) for line in run_cappy(*words, text=text).stdout.split("\n") if line]


def read_jsonl(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def record(architecture, file_format, dtype, check, figure, limit):
    """One row of docs/fidelity.md: a figure that must not exceed its limit. Rows are kept where CAPPY_FIDELITY names a
    file (scripts/fidelity does); a figure above its limit fails the test in any case."""
    row = {"architecture": architecture, "format": file_format, "dtype": dtype, "check": check, "figure": figure,
           "limit": limit}
    path = os.environ.get("CAPPY_FIDELITY")
    if path:
        with open(path, "a", encoding="utf-8") as rows:
            rows.write(json.dumps(row) + "\n")
    if not figure <= limit:
        sys.exit(f"{architecture}, {file_format}, {dtype}: {check} is {figure:g}, allowed {limit:g}")


class Report:
    """Counts compared cases; the first differences are printed."""

    def __init__(self, name):
        self.name, self.compared, self.different = name, 0, 0

    def equal(self, mine, reference, where=""):
        self.compared += 1
        if mine != reference:
            self.different += 1
            if self.different <= 5:
                print(f"{self.name}: {where}\n  cappy     {mine!r}\n  reference {reference!r}")

    def close(self, mine, reference, tolerance, where=""):
        self.compared += 1
        if not abs(mine - reference) <= tolerance:
            self.different += 1
            if self.different <= 5:
                print(f"{self.name}: {where}: cappy {mine!r}, reference {reference!r}, allowed {tolerance:g}")

    def finish(self, at_least=1):
        print(f"oracle {self.name}: {self.compared} cases compared, {self.different} differ")
        if self.compared < at_least:
            sys.exit(f"{self.name}: only {self.compared} cases, expected at least {at_least}")
        if self.different:
            sys.exit(1)
