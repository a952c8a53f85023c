"""Kendall's tau-b equals scipy's, on lists with and without ties, of up to 2,000 values."""
import json
import math
import random
import subprocess
import warnings
from pathlib import Path

from common import CAPPY, Report
from scipy.stats import kendalltau

TAU_LINES = Path(CAPPY).with_name("tau_lines")


def cases():
    draw = random.Random(12)
    for round in range(400):
        count = 2 if round < 20 else draw.choice([3, 5, 17, 60, 500, 2000] if round % 40 == 0 else [3, 5, 17, 60])
        levels = draw.choice([1, 2, 3, 10, None])
        value = (lambda: draw.gauss(0, 1)) if levels is None else (lambda: float(draw.randrange(levels)))
        x = [value() for _ in range(count)]
        yield x, [a + draw.gauss(0, 0.3) if levels is None else draw.choice([a, value()]) for a in x]


def main():
    report, lists = Report("Kendall's tau-b against scipy"), list(cases())
    text = "".join(json.dumps(case) + "\n" for case in lists)
    lines = subprocess.run([TAU_LINES], input=text, capture_output=True, text=True, check=True).stdout.splitlines()
    report.equal(len(lines), len(lists), "lines")
    for (x, y), line in zip(lists, lines):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = float(kendalltau(x, y, variant="b").statistic)
        mine = json.loads(line)
        if mine is None or math.isnan(expected):
            report.equal(mine is None, math.isnan(expected), f"{x} {y}")
        else:
            report.close(mine, expected, 1e-12, f"{len(x)} values")
    report.finish(at_least=400)


if __name__ == "__main__":
    main()
