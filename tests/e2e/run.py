"""`cappy run` from outside, on a tiny run: reuse, kill -9 and resume, damage, seeds, bad input; and every number of the tables
computed again in Python from instances/*.jsonl (Rouge-L by rouge_score, accuracy and selection by hand)."""
import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rouge_score import rouge_scorer

from common import CAPPY, SOURCE, Report, read_jsonl

CIRCUMSTANCES = {"environment.json", "timings.jsonl", "log", "report_circumstances.md", ".lock"}
REPORT = Report("run")

EXPERIMENT = f"""
experiment: tiny
tasks: [miniature]
limit: 8
backbones: [{{name: t5, new: {SOURCE}/configs/miniature/T5, seed: 1}}]
scorers: [{{name: cappy, new: {SOURCE}/configs/miniature/ROBERTA, seed: 2}}]
decoding: [greedy, "beam:2", "sample:2"]
lengths: {{max_length: 16}}
protocol: cappy-2023
"""


def recipes():
    """The names of the two recipes of miniature models, as configs/demo.yaml has them."""
    text = (SOURCE / "configs/demo.yaml").read_text()
    return re.findall(r"new: miniature/([^,}]+)", text)


def start(folder, *words, runs="runs", **streams):
    command = [CAPPY, "run", str(folder / "x.yaml"), "--runs", str(folder / runs), "--threads", "1", "--progress", "none", *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **streams)


def run(folder, *words, runs="runs", check=True):
    process = start(folder, *words, runs=runs)
    out, err = process.communicate()
    if check and process.returncode != 0:
        sys.exit(f"cappy run failed with {process.returncode}:\n{err}")
    return process.returncode, out, err


def results(folder):
    """Every result file with its bytes."""
    files = [p for p in sorted(folder.rglob("*")) if p.is_file() and p.name not in CIRCUMSTANCES]
    return {str(p.relative_to(folder)): p.read_bytes() for p in files}


def check_reuse(folder, first):
    before = {p: p.stat().st_mtime_ns for p in (folder / "runs/store").rglob("*.jsonl")}
    _, out, err = run(folder)
    REPORT.equal("nothing was computed" in err, True, "the same call again")
    REPORT.equal(results(folder / "runs/tiny"), first, "results of the same call again")
    REPORT.equal({p: p.stat().st_mtime_ns for p in (folder / "runs/store").rglob("*.jsonl")}, before, "store untouched")
    report = (folder / "runs/tiny/report.md").read_text()
    REPORT.equal(report.startswith("Weights are random"), True, "first line of the report")
    REPORT.equal(out.startswith("Weights are random") and "runs/tiny/report.md" in out, True, "standard output")


def store_bytes(folder):
    """Bytes that a run has stored so far, a finished result counted as one; files and folders may vanish while we look."""
    total = 0
    for place, _, names in os.walk(folder):  # passes over folders that are gone; Path.rglob does not
        total += sum(name.endswith(".manifest.json") for name in names)
        for name in names:
            if name.endswith(".partial"):
                try:
                    total += os.stat(os.path.join(place, name)).st_size
                except FileNotFoundError:
                    pass
    return total


def check_kill(folder, first, seconds):
    """kill -9 at several points of a run, the same one again and again; it must end with the bytes of the undisturbed run."""
    kills = 0
    for part in (0.2, 0.35, 0.5, 0.65, 0.8):
        process = start(folder, runs="killed")
        try:
            process.communicate(timeout=seconds * part)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.communicate()
            kills += 1
    run(folder, runs="killed")
    REPORT.equal(results(folder / "killed/tiny"), first, f"after {kills} kills")
    REPORT.equal(kills >= 2, True, f"the run was killed {kills} times")


def check_kill_between_batches(folder, first):
    """Kills as soon as something new is in the store, until the run gets through: every point of the store is met."""
    store = folder / "stepwise/store"
    for step in range(40):
        process, seen = start(folder, runs="stepwise"), store_bytes(store) if store.exists() else 0
        while process.poll() is None and (not store.exists() or store_bytes(store) == seen):
            time.sleep(0.001)
        if process.poll() is not None:
            break
        process.send_signal(signal.SIGKILL)
        process.communicate()
        if step >= 4:
            break
    run(folder, runs="stepwise")
    REPORT.equal(results(folder / "stepwise/tiny"), first, "after kills between batches")


def check_damage(folder, first):
    for path in sorted((folder / "runs/store").rglob("*.jsonl")):
        if path.name.endswith(".timings.jsonl"):
            continue
        content = path.read_bytes()
        path.write_bytes(content[:-2] + b" \n")
        _, _, err = run(folder)
        REPORT.equal("is damaged" in err and "computed" in err, True, f"damage of {path.parent.name} is told")
        REPORT.equal(path.read_bytes(), content, f"{path.parent.name} is computed again")
        break
    REPORT.equal(results(folder / "runs/tiny"), first, "results after damage")


def check_seed(folder, first):
    _, _, err = run(folder, "--set", "seeds.generate=7", "--set", "experiment=other")
    REPORT.equal("nothing was computed" in err, False, "another seed generates again")
    same = (folder / "runs/other/instances").joinpath("reverse_words.t5.jsonl").read_bytes()
    REPORT.equal(same == first["instances/reverse_words.t5.jsonl"], False, "another seed, other draws")


def check_batch_tokens(folder, first):
    run(folder, "--batch-tokens", "1", runs="one-row")
    REPORT.equal(results(folder / "one-row/tiny"), first, "one row at a time")
    refused(folder, "no batch", "--batch-tokens", "0", code=2, says="--batch-tokens")


def check_two_at_once(folder, first):
    both = [start(folder, runs="both") for _ in range(2)]
    for process in both:
        _, err = process.communicate()
        REPORT.equal(process.returncode, 0, f"two runs at once: {err[-300:]}")
    REPORT.equal(results(folder / "both/tiny"), first, "two runs at once on one store")


def refused(folder, where, *words, text=None, code=1, says=""):
    """A run with bad input: exit code, one message, no run folder."""
    if text is not None:
        (folder / "x.yaml").write_text(text)
    status, out, err = run(folder, *words, runs="refused", check=False)
    REPORT.equal(status, code, f"{where}: exit code ({err})")
    REPORT.equal(out, "", f"{where}: standard output")
    REPORT.equal(says in err, True, f"{where}: {says!r} in {err!r}")
    REPORT.equal((folder / "refused/tiny").exists(), False, f"{where}: nothing is written")


def check_bad_input(folder, text):
    refused(folder, "no file", "second.yaml", code=2, says="expected one experiment file")
    refused(folder, "--set without =", "--set", "limit", code=2, says="KEY=VALUE")
    refused(folder, "unknown key", text=text + "metods: [cappy]\n", says="did you mean 'methods'")
    refused(folder, "not YAML", text=text + "methods: [cappy\n", says="x.yaml:")
    refused(folder, "unknown task", text=text.replace("[miniature]", "[miniatur]"), says="did you mean")
    refused(folder, "later key", text=text + "sweep: {limit: [1]}\n", says="not built yet")
    recipe = folder / "recipe.yaml"
    recipe.write_text("architecture: t6\n")
    refused(folder, "bad recipe", text=re.sub(r"new: [^,]+T5|new: [^,]+, seed: 1", f"new: {recipe}, seed: 1", text), says="recipe.yaml")
    model = next((folder / "runs/store/models").glob("*/config.json")).parent
    broken = folder / "broken"
    shutil.copytree(model, broken)
    weights = broken / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])
    kind = "backbones" if "t5" in (broken / "config.json").read_text() else "scorers"
    refused(folder, "truncated weights", "--set", f"{kind}=[{{name: b, model: {broken}}}]", text=text, says="model.safetensors")
    (broken / "config.json").write_text('{"model_type": "llama"}')
    refused(folder, "another architecture", "--set", f"{kind}=[{{name: b, model: {broken}}}]", text=text, says="config.json")
    home = folder / "home"
    shutil.copytree(SOURCE / "tasks/miniature", home / "tasks/miniature")
    (home / "configs").mkdir()
    rows = home / "tasks/miniature/reverse_words.test.jsonl"
    rows.write_text(rows.read_text() + "{broken\n")
    refused(folder, "a broken row", "--home", str(home), "--set", "limit=1000000", text=text, says="reverse_words.test.jsonl")


def first_maximum(values):
    return max(range(len(values)), key=lambda i: (values[i], -i))


def picks_of(row, responses):
    """What each deterministic method must pick, from the values in the file."""
    picks = {}
    for i, response in enumerate(responses):
        if response.get("draw") == 0:
            picks[response["decoding"]] = i
    scores = [r["self_score"]["log_likelihood"] for r in responses]
    picks["self-score-sum"] = first_maximum(scores)
    picks["self-score-mean"] = first_maximum([s / r["self_score"]["tokens"] for s, r in zip(scores, responses)])
    picks["cappy"] = first_maximum([r["scores"]["cappy"] for r in responses])
    if "references" in row:
        picks["oracle"] = first_maximum([r["rouge_l"] for r in responses])
    return picks


def check_instances(path, rouge, table):
    """Every value of an instance file, and the means that the table must show."""
    sums, rows = {}, read_jsonl(path)
    for row in rows:
        generation = "references" in row
        responses = row["candidates" if generation else "responses"]
        for i, response in enumerate(responses):
            if generation:
                value = rouge.score_multi(row["references"], response["response"])["rougeL"].fmeasure
                REPORT.equal(response["rouge_l"], value, f"{path.name} {row['id']} candidate {i}")
        if not generation:
            REPORT.equal([r["response"] for r in responses], row["choices"], f"{path.name} {row['id']} choices")
        picks = picks_of(row, responses)
        REPORT.equal({p["method"] for p in row["predictions"]}, set(picks) | {"random"}, f"{path.name} {row['id']} methods")
        for prediction in row["predictions"]:
            choice = picks.get(prediction["method"], prediction["choice"])
            REPORT.equal(prediction["choice"], choice, f"{path.name} {row['id']} {prediction['method']}")
            response = responses[choice]
            value = response["rouge_l"] if generation else float(row["choices"][choice] == row["choices"][row["label"]])
            REPORT.equal((prediction["response"], prediction["value"]), (response["response"], value), f"{path.name} {row['id']} value")
            sums[prediction["method"]] = sums.get(prediction["method"], 0) + value
    for method, total in sums.items():
        REPORT.close(float(table[method]), 100 * total / len(rows), 1e-9, f"{path.name} table, {method}")
    REPORT.equal(int(table["n"]), len(rows), f"{path.name} n")
    return {method: total / len(rows) for method, total in sums.items()}


def check_numbers(folder):
    rouge = rouge_scorer.RougeScorer(["rougeL"], use_stemmer=True)
    lines = list(csv.DictReader(open(folder / "report.csv", encoding="utf-8")))
    tables, means = {line["task"]: line for line in lines}, {}
    for path in sorted((folder / "instances").glob("*.jsonl")):
        line = tables[path.name.split(".")[0]]
        means.setdefault(line["kind"], []).append(check_instances(path, rouge, line))
    markdown = (folder / "report.md").read_text()
    for line in lines:
        if not line["task"].startswith("mean of"):
            continue
        for method in means[line["kind"]][0]:
            values = [task[method] for task in means[line["kind"]]]
            REPORT.close(float(line[method]), 100 * sum(values) / len(values), 1e-9, f"mean of {line['kind']}, {method}")
            REPORT.equal(f" {float(line[method]):.2f} " in markdown, True, f"{method} in report.md")


def check_counters(folder):
    for line in read_jsonl(folder / "counters.jsonl"):
        rows = read_jsonl(folder / "instances" / f"{line['task']}.{line['backbone']}.jsonl")
        candidates = [c for row in rows for c in row.get("candidates", [])]
        pairs = sum(len(row.get("candidates") or row["responses"]) for row in rows)
        mine = (line["instances"], line["outputs"], line["outputs_at_limit"], line["pairs"], line["references"])
        REPORT.equal(mine, (len(rows), len(candidates), sum(c["end"] == "length" for c in candidates), pairs,
                            sum(len(row.get("references", [])) for row in rows)), f"counters of {line['task']}")


def check_report_verb(folder):
    for words, file in (([], "report.md"), (["--csv"], "report.csv")):
        done = subprocess.run([CAPPY, "report", *words, str(folder)], capture_output=True, text=True)
        REPORT.equal(done.stdout, (folder / file).read_text(), f"cappy report {words}")


def main():
    os.environ["OMP_NUM_THREADS"] = "1"
    text = EXPERIMENT.replace("T5", recipes()[0]).replace("ROBERTA", recipes()[1])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "x.yaml").write_text(text)
        begin = time.monotonic()
        run(folder)
        seconds = time.monotonic() - begin
        print(f"the tiny run takes {seconds:.1f} s")
        first = results(folder / "runs/tiny")
        check_numbers(folder / "runs/tiny")
        check_counters(folder / "runs/tiny")
        check_report_verb(folder / "runs/tiny")
        check_reuse(folder, first)
        check_kill(folder, first, seconds)
        check_kill_between_batches(folder, first)
        check_damage(folder, first)
        check_seed(folder, first)
        check_two_at_once(folder, first)
        check_batch_tokens(folder, first)
        check_bad_input(folder, text)
    REPORT.finish(at_least=300)


if __name__ == "__main__":
    main()
