"""Ten held-out sets rendered in full by `cappy tasks export` (start, raw files, templates, JSON out) against promptsource's apply on
the same rows, which it has in memory with its templates compiled. Processor time of one thread; counts are compared here, texts by
tests/golden/heldout.py. Fails where it takes longer than the package."""
import json
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "golden"))
import promptsource_oracle as oracle  # noqa: E402
from common import Report, run_cappy  # noqa: E402
from heldout import SETS, own_templates  # noqa: E402


def processor_seconds():
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def seconds(work):
    start = processor_seconds()
    done = work()
    return processor_seconds() - start, done


def by_package(task, held_out):
    """Renderings of a set; the rows and templates are made ready outside the clock."""
    prompts = list(own_templates(task, oracle.load(held_out.prompts)).values())
    rows = [held_out.to_hub(row) for row in held_out.read(held_out.file)]
    for prompt in prompts:
        prompt.apply(rows[0])
    return seconds(lambda: sum(len(prompt.apply(row)) == 2 for row in rows for prompt in prompts))


def main():
    report, mine, theirs, count = Report("held-out sets rendered"), 0, 0, 0
    with tempfile.TemporaryDirectory() as folder:
        sources = Path(folder) / "sources.yaml"
        sources.write_text(json.dumps({task: str(held_out.file.resolve()) for task, held_out in SETS.items()}))
        for task, held_out in SETS.items():
            own, done = seconds(lambda: run_cappy("tasks", "export", task, "--sources", sources))
            package, rendered = by_package(task, held_out)
            report.equal(done.stdout.count("\n"), rendered, task)
            mine, theirs, count = mine + own, theirs + package, count + rendered
    print(f"{count} instances: cappy {mine:.2f} s, promptsource with kept templates {theirs:.2f} s, ratio {theirs / mine:.1f}")
    report.equal(mine < theirs, True, "faster than the package")
    report.finish(at_least=len(SETS))


if __name__ == "__main__":
    main()
