"""The details of a protocol that an experiment chooses, each computed again from outside.

Self-scores by bytes and less the unconditional from what `cappy loglikelihood` says of the same texts; averages over templates and
tasks from instances/*.jsonl; the side that is cut from the ids of `cappy tokenize`; solved examples before instructions from the
rows of the training split, read by the backbone and not by the scorer."""
import csv
import json
import tempfile
from pathlib import Path

from common import SOURCE, Report, filter_rows, read_jsonl, run_cappy
from run import EXPERIMENT, first_maximum, recipes

REPORT = Report("protocols")
METHODS = "[self-score-sum, self-score-mean, self-score-bytes, self-score-unconditional, cappy, random]"
EXACT = ["--protocol", "cappy-2023", "--max-length", "64"]  # as the experiment's protocol and its lengths have it


class Folder:
    """A folder with the experiment of run.py, in which runs are made."""

    def __init__(self, path):
        self.path = path
        text = EXPERIMENT.replace("T5", recipes()[0]).replace("ROBERTA", recipes()[1])
        (path / "x.yaml").write_text(text)

    def run(self, name, *settings):
        """The run's folder."""
        words = [word for setting in (f"experiment={name}", *settings) for word in ("--set", setting)]
        done = run_cappy("run", self.path / "x.yaml", "--runs", self.path / "runs", "--threads", "1", "--progress", "none", *words)
        self.said = done.stderr
        return self.path / "runs" / name

    def model(self, kind):
        return next(p.parent for p in sorted((self.path / "runs/store/models").glob("*/config.json"))
                    if json.loads(p.read_text())["model_type"] == kind)


def rows_of(made):
    """Every instance of a run, in one list, so that a filter starts once for all; `task` says which it is of."""
    return [{"task": path.name.split(".")[0], **row} for path in instance_files(made) for row in read_jsonl(path)]


def responses_of(row):
    return row.get("candidates") or row["responses"]


def instance_files(folder):
    return sorted((folder / "instances").glob("*.jsonl"))


def log_likelihoods(folder, rows, prompt_of, *words):
    """What the filter says of every response of every row."""
    lines = [{"instruction": prompt_of(row), "response": r["response"]} for row in rows for r in responses_of(row)]
    values = iter(filter_rows(lines, "loglikelihood", "--model", folder.model("t5"), *EXACT, *words))
    return [[next(values)["log_likelihood"] for _ in responses_of(row)] for row in rows]


def check_self_scores(folder):
    rows = rows_of(folder.run("scores", f"methods={METHODS}"))
    sums = log_likelihoods(folder, rows, lambda row: row["instruction"])
    without = log_likelihoods(folder, rows, lambda row: "")
    for row, given, alone in zip(rows, sums, without, strict=True):
        where = f"{row['task']} {row['id']}"
        responses = responses_of(row)
        REPORT.equal([r["self_score"]["log_likelihood"] for r in responses], given, f"{where} log-likelihoods")
        REPORT.equal([r["self_score"]["unconditional"] for r in responses], alone, f"{where} without the instruction")
        size = [len(r["response"].encode()) for r in responses]
        picks = {"self-score-sum": given, "self-score-unconditional": [a - b for a, b in zip(given, alone)],
                 "self-score-bytes": [a / n if n else float("-inf") for a, n in zip(given, size)]}
        chosen = {p["method"]: p["choice"] for p in row["predictions"]}
        for method, values in picks.items():
            REPORT.equal(chosen[method], first_maximum(values), f"{where} {method}")
    folder.run("scores", f"methods={METHODS}")
    REPORT.equal("nothing was computed" in folder.said, True, "self-scores again")


def values_by_template(path):
    """[method][template] -> values of the instances of a file."""
    values = {}
    for row in read_jsonl(path):
        for prediction in row["predictions"]:
            values.setdefault(prediction["method"], {}).setdefault(row.get("template", ""), []).append(prediction["value"])
    return values


def mean(values):
    return sum(values) / len(values)


def check_averages(folder):
    """Three ways (run.py has the fourth), each from the same predictions."""
    for templates, tasks in (("micro", "micro"), ("macro", "macro"), ("macro", "micro")):
        made = folder.run(f"{templates}-{tasks}", f"methods={METHODS}", f"average.templates={templates}", f"average.tasks={tasks}")
        values = {path.name.split(".")[0]: values_by_template(path) for path in instance_files(made)}
        check_template_rows(made, values)
        check_means(made, values, templates, tasks)
        text = (made / "report.md").read_text()
        REPORT.equal((f"({templates})" in text, f"({tasks})" in text), (True, True), "the report says how means are taken")


def check_template_rows(made, values):
    rows = read_jsonl(made / "templates.jsonl")
    for row in rows:
        expected = values[row["task"]][row["method"]][row["template"]]
        REPORT.equal(row["n"], len(expected), f"n of {row['task']}, {row['template']}")
        REPORT.close(row["value"], mean(expected), 1e-12, f"{row['task']}, {row['template']}")
    count = sum(len(parts) for methods in values.values() for parts in methods.values())
    REPORT.equal(len(rows), count, "a row for every task, method and template")


def check_means(made, values, templates, tasks):
    by_kind = {}
    for line in csv.DictReader(open(made / "report.csv", encoding="utf-8")):
        for method in METHODS.strip("[]").split(", "):
            known = by_kind.setdefault((line["kind"], method), [])
            if line["task"] in values:
                parts = list(values[line["task"]][method].values())
                pooled = [value for part in parts for value in part]
                value = mean([mean(part) for part in parts]) if templates == "macro" else mean(pooled)
                known.append((value, len(pooled) if tasks == "micro" else 1))
            else:  # the mean, after its tasks
                value = sum(w * v for v, w in known) / sum(w for _, w in known)
            REPORT.close(float(line[method]), 100 * value, 1e-9, f"{templates}, {tasks}: {line['task']}, {method}")


def logged(rows):
    return [[r["self_score"]["log_likelihood"] for r in responses_of(row)] for row in rows]


def check_scorer(folder, rows, *words):
    """The scorer reads the instruction alone, as the filter does."""
    pairs = [{"instruction": row["instruction"], "response": r["response"]} for row in rows for r in responses_of(row)]
    scores = filter_rows(pairs, "score", "--model", folder.model("roberta"), *words)
    REPORT.equal([r["scores"]["cappy"] for row in rows for r in responses_of(row)], [line["score"] for line in scores], f"scores {words}")


def check_greedy(folder, rows, prompt_of, *words):
    rows = [row for row in rows if "candidates" in row]
    lines = filter_rows([{"instruction": prompt_of(row)} for row in rows], "generate", "--model", folder.model("t5"), "--decoding",
                        "greedy", "--protocol", "cappy-2023", "--max-length", 16, "--min-length", 3, *words)
    for row, line in zip(rows, lines, strict=True):
        ids = [c["ids"] for c in row["candidates"] if c["decoding"] == "greedy"]
        REPORT.equal(ids, [line["candidates"][0]["ids"]], f"{row['task']} {row['id']}: generate {words}")


def last_tokens(folder, rows, length):
    """[id of row] -> the text of its instruction's last tokens, where that text is these tokens again."""
    tokenizer = ("tokenize", "--model", folder.model("t5"))
    ids = [line["ids"] for line in filter_rows([{"text": row["instruction"]} for row in rows], *tokenizer)]
    tails = [line["text"] for line in filter_rows([{"ids": one[-length:]} for one in ids], *tokenizer, "--decode")]
    again = [line["ids"] for line in filter_rows([{"text": text} for text in tails], *tokenizer)]
    return {(row["task"], row["id"]): text for row, one, text, other in zip(rows, ids, tails, again, strict=True)
            if other == one[-length:] and len(one) > length}


def check_truncation(folder):
    """An instruction cut on the left is what its last tokens say, for the filters and for the run."""
    short = ("lengths.max_source_length=8", "lengths.max_pair_length=24", "methods=[self-score-sum, cappy]")
    made, right = folder.run("left", "lengths.truncation_side=left", *short), folder.run("right", *short)
    rows, side = rows_of(made), ("--truncation-side", "left")
    texts = last_tokens(folder, rows, 8)
    some = [row for row in rows if (row["task"], row["id"]) in texts]
    REPORT.equal(len(some) >= 20, True, f"{len(some)} instructions could be written as their last tokens")
    REPORT.equal(logged(some), log_likelihoods(folder, some, lambda row: texts[row["task"], row["id"]]), "last tokens")
    REPORT.equal(logged(rows), log_likelihoods(folder, rows, lambda row: row["instruction"], "--max-source-length", 8, *side), "run and filter")
    check_scorer(folder, rows, "--max-length", 24, *side)
    check_greedy(folder, rows, lambda row: row["instruction"], "--max-source-length", 8, *side)
    differ = sum(path.read_bytes() != (right / "instances" / path.name).read_bytes() for path in instance_files(made))
    REPORT.equal(differ >= 3, True, f"{differ} tasks differ between the sides")
    REPORT.equal("cut on the left" in (made / "report.md").read_text(), True, "the report says the side")
    return right


def solved_examples(task, between):
    """What may stand in front: every training row under every template."""
    known = set()
    for example in filter_rows([], "tasks", "export", task, "--split", "train"):
        targets = example.get("references") or [example["choices"][example["label"]]]
        known |= {example["instruction"] + between + target for target in targets}
    return known


def check_few_shot(folder):
    plain = {(row["task"], row["id"]): row for row in rows_of(folder.run("plain", "methods=[self-score-sum, cappy]"))}
    made = folder.run("shots", "methods=[self-score-sum, cappy]",
                      "few_shot={k: 3, seed: 5, separator: \"\\n--\\n\", target_separator: ' => '}")
    rows = rows_of(made)
    known = {task: solved_examples(task, " => ") for task in {row["task"] for row in rows}}
    for row in rows:
        where, other = f"{row['task']} {row['id']}", plain.pop((row["task"], row["id"]))
        shots = row["shots"].split("\n--\n")
        REPORT.equal((len(shots), shots[-1]), (4, ""), f"{where}: three examples, then a separator")
        REPORT.equal([shot in known[row["task"]] for shot in shots[:-1]], [True] * 3, f"{where}: rows of the training split")
        REPORT.equal(len(set(shots[:-1])), 3, f"{where}: different examples")
        REPORT.equal(row["instruction"], other["instruction"], f"{where}: the instruction is as it was")
        if "choices" in row:
            REPORT.equal([r["scores"] for r in row["responses"]], [r["scores"] for r in other["responses"]], f"{where}: no examples for the scorer")
    REPORT.equal(len(plain), 0, "the same instances")
    REPORT.equal(logged(rows), log_likelihoods(folder, rows, lambda row: row["shots"] + row["instruction"]), "the backbone reads them")
    check_scorer(folder, rows)
    check_greedy(folder, rows, lambda row: row["shots"] + row["instruction"])
    REPORT.equal({line["shots"] for line in read_jsonl(made / "data.jsonl")}, {3}, "examples in the table Data")
    REPORT.equal("3 solved examples in front of each instruction" in (made / "report.md").read_text(), True, "examples in the report")


def check_data(folder, made):
    """The table Data says what the instances say."""
    for line in read_jsonl(made / "data.jsonl"):
        rows = read_jsonl(next((made / "instances").glob(f"{line['task']}.*")))
        mine = (line["instances"], line["templates"], line["rows"], line["origin"], line["split"], line["warnings"], line["seen_by"])
        REPORT.equal(mine, (len(rows), len({row.get("template") for row in rows}), 8, "beside the task", "test", [], []), f"data of {line['task']}")
    table = list(csv.DictReader(open(made / "data.csv", encoding="utf-8")))
    REPORT.equal([(t["task"], int(t["instances"])) for t in table], [(d["task"], d["instances"]) for d in read_jsonl(made / "data.jsonl")], "data.csv")
    REPORT.equal("## Data" in (made / "report.md").read_text(), True, "report.md has the table")


USER_TASK = """task: {name}
kind: classification
data: {{files: {{test: rows.jsonl}}, split: test, rows: {{test: {rows}}}}}
label: {{column: label}}
prompt: {{instruction: "Is {{{{x}}}} even?", target: "{{{{answer_choices[label]}}}}", choices: "no ||| yes"}}
source: {{seen_by: [flan], unproven: true}}
"""


def check_marks(folder):
    """A set that a backbone's family has seen has a mark in its table."""
    tasks = folder.path / "tasks"
    tasks.mkdir()
    (tasks / "rows.jsonl").write_text("".join(json.dumps({"x": x, "label": int(x % 2 == 0)}) + "\n" for x in range(6)))
    (tasks / "even.yaml").write_text(USER_TASK.format(name="even", rows=6))
    settings = ["tasks=[even, is_sorted]", "methods=[self-score-sum, cappy, random]"]
    more = ("--tasks", tasks)
    text = (folder.path / "x.yaml").read_text()
    (folder.path / "x.yaml").write_text(text.replace("seed: 1}", "seed: 1, family: flan}"))
    words = [word for setting in ("experiment=marks", *settings) for word in ("--set", setting)]
    done = run_cappy("run", folder.path / "x.yaml", "--runs", folder.path / "runs", "--progress", "none", *more, *words)
    report = (folder.path / "runs/marks/report.md").read_text()
    for expected in ("| even \u2020\u2021 ", "| is_sorted ", "mean of 2 tasks \u2020\u2021", "In the training data of t5 (family flan): even.", "\u2021 Unproven"):
        REPORT.equal(expected in report, True, f"{expected!r} in the report")
    REPORT.equal("is\\_sorted \u2020" in report or "is_sorted \u2020" in report, False, "a set that nobody has seen has no mark")
    REPORT.equal("\u2020" in done.stdout, True, "marks on standard output")
    check_warnings(folder, words)
    (folder.path / "x.yaml").write_text(text)


def check_warnings(folder, words):
    """Rows that nobody mapped must be as many as the task pins."""
    (folder.path / "tasks/even.yaml").write_text(USER_TASK.format(name="even", rows=7))
    command = ("run", folder.path / "x.yaml", "--runs", folder.path / "runs", "--progress", "none", "--tasks", folder.path / "tasks", *words)
    whole = ("--set", "limit=100")
    done = run_cappy(*command, *whole, check=False)
    REPORT.equal((done.returncode, "6 rows where the task pins 7" in done.stderr), (1, True), f"another count: {done.stderr!r}")


def check_task_options(folder):
    made = folder.run("options", "methods=[cappy]", "decoding=greedy", "tasks=[longer_word, reverse_words]",
                      "task_options={longer_word: {templates: [question], limit: 3}, reverse_words: {split: train, limit: 5}}")
    data = {line["task"]: (line["templates"], line["rows"], line["split"]) for line in read_jsonl(made / "data.jsonl")}
    REPORT.equal(data, {"longer_word": (1, 3, "test"), "reverse_words": (1, 5, "train")}, "what the options chose")
    rows = rows_of(made)
    REPORT.equal({row["template"] for row in rows if row["task"] == "longer_word"}, {"question"}, "the template")
    train = filter_rows([], "tasks", "export", "reverse_words", "--split", "train")[:5]
    REPORT.equal([row["instruction"] for row in rows if row["task"] == "reverse_words"], [row["instruction"] for row in train], "the split")


def refused(folder, setting, says):
    words = [word for one in setting for word in ("--set", one)]
    done = run_cappy("run", folder.path / "x.yaml", "--runs", folder.path / "refused", "--progress", "none", *words, check=False)
    REPORT.equal((done.returncode, says in done.stderr), (1, True), f"{setting}: {done.stderr!r}")
    REPORT.equal((folder.path / "refused").exists(), False, f"{setting}: nothing is written")


def check_refusals(folder):
    refused(folder, ["average.task=micro"], "did you mean 'tasks'")
    refused(folder, ["lengths.truncation_side=lef"], "did you mean 'left'")
    refused(folder, ["few_shot.k=1000"], "few_shot.k")
    refused(folder, ["task_options={rte: {limit: 3}}"], "is no task of this experiment")


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = Folder(Path(name))
        check_self_scores(folder)
        check_averages(folder)
        right = check_truncation(folder)
        check_data(folder, right)
        check_few_shot(folder)
        check_task_options(folder)
        check_marks(folder)
        check_refusals(folder)
    REPORT.finish(at_least=400)


if __name__ == "__main__":
    main()
