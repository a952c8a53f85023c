"""`cappy render` against promptsource's own `apply`: the original templates of real sets on every row, and every template of
the package on rows made up for the columns that it reads. Errors must agree: both render, or both raise."""
import json
import random
import sys
from concurrent.futures import ThreadPoolExecutor

from common import CAPPY, Report, need_shared, read_jsonl, run_cappy
import promptsource_oracle as oracle
import row_maker

REAL = {"super_glue/rte": "super_glue_rte/validation.jsonl", "super_glue/cb": "super_glue_cb/validation.jsonl",
        "super_glue/wsc.fixed": "super_glue_wsc/validation.jsonl", "super_glue/wic": "super_glue_wic/validation.jsonl",
        "super_glue/axg": "super_glue_axg/test.jsonl"}
LABELS = {"entailment": 0, "contradiction": 1, "neutral": 2, "not_entailment": 1, True: 1, False: 0}
ROWS = 3  # made up per template


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


def render_all(dataset, name, rows):
    """What cappy makes of each row by one template; its message where it refuses. A bad row ends the filter, so the rows
    behind it are given again."""
    results = []
    while len(results) < len(rows):
        done = run_cappy("render", "--prompt", dataset, "--template", name, text=lines(rows[len(results):]), check=False)
        if done.returncode not in (0, 1):
            sys.exit(f"{CAPPY} ended with {done.returncode} on {dataset}, {name}:\n{done.stderr}")
        results += [json.loads(line) for line in done.stdout.splitlines()]
        if done.returncode == 1:
            results.append(done.stderr)
    return results


def compare_made_up():
    generator = random.Random(7)
    report, raised, drawn, count = Report("promptsource, every template on made-up rows"), 0, 0, 0
    with ThreadPoolExecutor(2) as pool:
        jobs = []
        for dataset in oracle.datasets():
            for name, prompt in oracle.load(dataset).items():
                rows = [row_maker.make_row(prompt, generator) for _ in range(ROWS)]
                jobs.append((dataset, prompt, rows, pool.submit(render_all, dataset, name, rows)))
        for dataset, prompt, rows, job in jobs:
            count += 1
            sources = prompt.jinja + (prompt.answer_choices or "")
            drawn += "choice" in sources.replace("answer_choices", "") or "random" in sources
            for row, mine in zip(rows, job.result()):
                wanted = oracle.render(prompt, row)
                where = f"{dataset}, {prompt.name}: {json.dumps(row, ensure_ascii=False)[:1500]}"
                if isinstance(wanted, Exception):
                    raised += 1
                    report.equal("raised" if isinstance(mine, str) else mine, "raised", f"{where}\n  {wanted!r}")
                elif isinstance(mine, str):
                    report.equal(mine, wanted, where)
                else:
                    report.equal({key: mine[key] for key in wanted}, wanted, where)
    print(f"{count} templates ({drawn} draw at random, compared under the same seed), {raised} renderings raised in both")
    if report.compared - raised < report.compared * 0.6:
        sys.exit("too many renderings raised to say much")
    report.finish(at_least=2085 * ROWS)


compare_real(need_shared())
compare_made_up()
