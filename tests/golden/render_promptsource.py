"""`cappy render` against promptsource's own `apply`: the original templates of real sets on every row, and every template of
the package on rows made up for the columns that it reads, and made by hand where these want values that match each other.
Errors must agree: both render, or both raise. Every template must have rendered an instruction and a target with text in them."""
import json
import random
import subprocess
import sys
from pathlib import Path

from common import CAPPY, Report, need_shared, read_jsonl, run_cappy
import full_rows
import promptsource_oracle as oracle
import row_maker

REAL = {"super_glue/rte": "super_glue_rte/validation.jsonl", "super_glue/cb": "super_glue_cb/validation.jsonl",
        "super_glue/wsc.fixed": "super_glue_wsc/validation.jsonl", "super_glue/wic": "super_glue_wic/validation.jsonl",
        "super_glue/axg": "super_glue_axg/test.jsonl"}
LABELS = {"entailment": 0, "contradiction": 1, "neutral": 2, "not_entailment": 1, True: 1, False: 0}
ROWS = 3       # made up per template
ODD_ROWS = 8   # with an odd value each, per template
TEMPLATES = 2085
TRIES = 24     # for a row that is rendered in full, where no other is


def hub_row(dataset, row):
    """A row of the original file in the columns of the Hub."""
    label = row.get("label", -1)
    row = {**row, "label": LABELS.get(label, label) if isinstance(label, (str, bool)) else label}
    if dataset == "super_glue/wsc.fixed" and "target" in row:
        row.update(row.pop("target"))
    return row


def lines(rows):
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def compare_real(shared):
    for dataset, file in REAL.items():
        report = Report(f"promptsource {dataset}")
        rows = [hub_row(dataset, row) for row in read_jsonl(shared / "data/promptsource" / file)]
        prompts = {name: one for name, one in oracle.load(dataset).items() if one.metadata.original_task}
        out = [json.loads(line) for line in run_cappy("render", "--prompt", dataset, text=lines(rows)).stdout.splitlines()]
        wanted = [(row, prompt) for row in rows for prompt in prompts.values()]
        report.equal(len(out), len(wanted), "number of lines")
        for mine, (row, prompt) in zip(out, wanted):
            report.equal(mine, {**row, "template": prompt.name, **oracle.render(prompt, row)}, f"{prompt.name}: {row}")
        report.finish(at_least=len(rows))


def is_full(rendered):
    """Whether a rendering has an instruction and a target with text in them."""
    return isinstance(rendered, dict) and bool(rendered["instruction"]) and bool(rendered["target"])


def rows_for(dataset, prompt, start):
    """A few rows of the shape that the template reads, those made by hand, and one that it renders in full, at whose values odd
    ones then stand. What is drawn depends on the template alone, so that no other moves whether it is rendered in full."""
    generator = random.Random(f"{dataset}\n{prompt.id}")
    rows = [row_maker.make_row(prompt, generator) for _ in range(ROWS)] + full_rows.ROWS.get(dataset, [])
    full = next((row for row in rows if is_full(oracle.render(prompt, row))), None)
    for i in range(0 if full else TRIES):
        row = row_maker.make_row(prompt, generator, row_maker.POOLS[i % len(row_maker.POOLS)])
        if is_full(oracle.render(prompt, row)):
            full = row
            rows.append(row)
            break
    return rows + list(row_maker.odd_rows(full or rows[0], ODD_ROWS, start))


def render_all(jobs):
    """What cappy makes of the rows of each (data set, prompt, rows)."""
    text = lines([{"dataset": dataset, "template": prompt.name, "rows": rows} for dataset, prompt, rows in jobs])
    done = subprocess.run([Path(CAPPY).parent / "prompt_lines", oracle.FOLDER], input=text, capture_output=True, text=True, encoding="utf-8")
    if done.returncode != 0:
        sys.exit(f"prompt_lines ended with {done.returncode}:\n{done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def compare_made_up():
    jobs = []
    for dataset in oracle.datasets():
        for prompt in oracle.load(dataset).values():
            jobs.append((dataset, prompt, rows_for(dataset, prompt, len(jobs) * ODD_ROWS)))
    report, raised, drawn, empty = Report("promptsource, every template on made-up rows"), 0, 0, []
    for (dataset, prompt, rows), results in zip(jobs, render_all(jobs)):
        sources = prompt.jinja + (prompt.answer_choices or "")
        drawn += "choice" in sources.replace("answer_choices", "") or "random" in sources
        some = False
        for row, mine in zip(rows, results):
            wanted = oracle.render(prompt, row)
            where = f"{dataset}, {prompt.name}: {json.dumps(row, ensure_ascii=False)[:1500]}"
            if isinstance(wanted, Exception):
                raised += 1
                report.equal("raised" if "error" in mine else mine, "raised", f"{where}\n  {wanted!r}")
            else:
                report.equal(mine, wanted, where)
                some = some or (mine == wanted and is_full(mine))
        if not some:
            empty.append(f"{dataset}, {prompt.name}")
    print(f"{len(jobs)} templates ({drawn} draw at random, compared under the same seed); {len(jobs) - len(empty)} rendered "
          f"an instruction and a target with text in them at least once; {raised} of {report.compared} renderings raised in both")
    report.finish(at_least=TEMPLATES * (ROWS + ODD_ROWS) * 9 // 10)
    if len(jobs) != TEMPLATES:
        sys.exit(f"{len(jobs)} templates, expected {TEMPLATES}")
    if empty:
        sys.exit(f"{len(empty)} templates were refused or skipped for every row, or left a part empty; give them a row in "
                 f"tests/oracles/full_rows.py: {'; '.join(empty)}")


compare_real(need_shared())
compare_made_up()
