"""configs/first.yaml on the real data, whole: one run with one thread and one with all of them give the same bytes of every
result, and the counts of instances are those of the published splits."""
import filecmp
import sys
import tempfile
import time
from pathlib import Path

from common import SOURCE, Report, need_shared, read_jsonl, run_cappy

EXPECTED = {"rte": 2770, "cb": 840, "word_sorting": 380, "operators": 42, "object_counting": 200, "codenames": 17,
            "conlang_translation": 32}
CIRCUMSTANCES = {"environment.json", "timings.jsonl", "log", "report_circumstances.md", ".lock"}


def results(folder):
    return sorted(p.relative_to(folder) for p in folder.rglob("*") if p.is_file() and p.name not in CIRCUMSTANCES)


def main():
    data, report = need_shared() / "data", Report("first.yaml on real data")
    with tempfile.TemporaryDirectory() as scratch:
        sources = Path(scratch) / "sources.yaml"
        sources.write_text(f"rte: {data}/promptsource/super_glue_rte\ncb: {data}/promptsource/super_glue_cb\n"
                           f"bigbench: {data}/bigbench\n")
        folders = []
        for threads in (1, 2):
            start, runs = time.time(), Path(scratch) / f"runs{threads}"
            run_cappy("run", SOURCE / "configs/first.yaml", "--sources", sources, "--runs", runs, "--threads", threads,
                      "--progress", "none")
            print(f"{threads} thread(s): {time.time() - start:.0f} s", file=sys.stderr)
            folders.append(runs / "first")
        report.equal(results(folders[0]), results(folders[1]), "files of the two runs")
        for name in results(folders[0]):
            report.equal(filecmp.cmp(folders[0] / name, folders[1] / name, shallow=False), True, f"bytes of {name}")
        for row in read_jsonl(folders[0] / "results.jsonl"):
            report.equal(row["n"], EXPECTED[row["task"]], f"n of {row['task']}, {row['method']}")
    report.finish(at_least=50)


if __name__ == "__main__":
    main()
