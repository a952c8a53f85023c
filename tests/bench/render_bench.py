"""RTE's ten templates on its 277 validation rows, one thread, taken in turns: renderings a second of cappy and of jinja2 3.1.6.

Three measurements, all in processor seconds, which other programs on the machine disturb little. The engine: a compiled template
renders a row that is in memory, the answer choices given, as jinja2's own `render` does inside Python (both from the source as
promptsource rewrites it). Whole: `PromptTemplate::render`, against promptsource's `apply` with its compiled templates kept (as
shipped it compiles at every call). The filter: `cappy render` as a user meets it, with start, JSON Lines in and out, against the
same `apply`. Texts are compared before times are. Fails below 20 times for the engine.
"""
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

from common import CAPPY, need_shared, read_jsonl, run_cappy
import promptsource_oracle as oracle

PASSES, FILTER_PASSES, ROUNDS = 200, 20, 5
WANTED = {"engine": 20}
LABELS = {"entailment": 0, "not_entailment": 1}


def jinja2_work(prompts, rows):
    """Pairs of a compiled template and the variables of a row, as `apply` gives them to it."""
    source = {id(prompt): prompt.jinja.replace("}}", f" | string | truncate({oracle.templates.TEXT_VAR_LENGTH}) }}}}") for prompt in prompts}
    compiled = {id(prompt): oracle.templates.env.from_string(source[id(prompt)]) for prompt in prompts}
    return [(compiled[id(prompt)], {**row, "answer_choices": prompt.get_fixed_answer_choices_list()}) for row in rows for prompt in prompts]


def timed(work):
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def time_cappy(path):
    """Seconds of PASSES passes by the engine and whole, and a line of texts for each rendering."""
    program = os.path.join(os.path.dirname(CAPPY), "render_throughput")
    command = [program, str(oracle.FOLDER), "super_glue/rte", path, str(PASSES)]
    lines = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True).stdout.split("\n")
    return float(lines[0]), float(lines[1]), [json.loads(line) for line in lines[2:-1]]


def time_filter(text):
    before = os.times()
    run_cappy("render", "--prompt", "super_glue/rte", text=text * FILTER_PASSES)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def measure(rows, path):
    """Renderings a second, a list over the rounds."""
    prompts = list(oracle.load("super_glue/rte").values())
    work = jinja2_work(prompts, rows)
    pairs = [(prompt, row) for row in rows for prompt in prompts]
    text = open(path, encoding="utf-8").read()
    rates = {"engine": [], "jinja2": [], "whole": [], "filter": [], "promptsource": []}
    for prompt, row in pairs[:20]:
        prompt.apply(row)
    for _ in range(ROUNDS):
        seconds_of_jinja2, texts = timed(lambda: [compiled.render(**variables) for compiled, variables in work])
        seconds_of_apply, parts = timed(lambda: [prompt.apply(row) for prompt, row in pairs])
        engine, whole, mine = time_cappy(path)
        if mine != [[text, *two] for text, two in zip(texts, parts)]:
            sys.exit("render bench: the texts differ, so the times mean nothing")
        rates["jinja2"].append(len(work) / seconds_of_jinja2)
        rates["engine"].append(len(work) * PASSES / engine)
        rates["promptsource"].append(len(work) / seconds_of_apply)
        rates["whole"].append(len(work) * PASSES / whole)
        rates["filter"].append(len(work) * FILTER_PASSES / time_filter(text))
    return len(work), rates


def main():
    rows = [{**row, "label": LABELS[row["label"]]} for row in read_jsonl(need_shared() / "data/promptsource/super_glue_rte/validation.jsonl")]
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "rows.jsonl")
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        count, rates = measure(rows, path)
    print(f"{count} renderings, compared; one thread; {ROUNDS} rounds, renderings a second (median, min–max):")
    median = {name: statistics.median(values) for name, values in rates.items()}
    failed = False
    for name, reference in (("jinja2", None), ("engine", "jinja2"), ("promptsource", None), ("whole", "promptsource"), ("filter", "promptsource")):
        line = f"  {name:12} {median[name]:12,.0f}   {min(rates[name]):,.0f}–{max(rates[name]):,.0f}"
        if reference:
            ratio = statistics.median(mine / other for mine, other in zip(rates[name], rates[reference]))  # of the same round
            line += f"   {ratio:.1f} times {reference}" + (f" (wanted: at least {WANTED[name]})" if name in WANTED else "")
            failed = failed or ratio < WANTED.get(name, 0)
        print(line)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
