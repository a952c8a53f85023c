"""RTE's ten templates on its validation rows, one thread: `cappy render` whole (start, JSON in and out) against
promptsource's apply with its templates compiled beforehand (as shipped it compiles at every call). Processor time, so that
other programs on the machine do not count."""
import json
import os

from common import need_shared, read_jsonl, run_cappy
import promptsource_oracle as oracle

ROUNDS = 20
rows = read_jsonl(need_shared() / "data/promptsource/super_glue_rte/validation.jsonl")
rows = [{**row, "label": 0 if row["label"] == "entailment" else 1} for row in rows]
prompts = oracle.load("super_glue/rte").values()
text = "".join(json.dumps(row) + "\n" for row in rows) * ROUNDS


def processor_seconds():
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def seconds(work):
    start = processor_seconds()
    work()
    return processor_seconds() - start


def by_package():
    for row in rows:
        for prompt in prompts:
            prompt.apply(row)


oracle.render(next(iter(prompts)), rows[0])
by_package()
warm = seconds(by_package) * ROUNDS
mine = seconds(lambda: run_cappy("render", "--prompt", "super_glue/rte", text=text))
print(f"{len(rows) * len(prompts) * ROUNDS} renderings: cappy {mine:.2f} s, promptsource with kept templates {warm:.2f} s, "
      f"ratio {warm / mine:.1f}")
