"""`cappy tasks` as a user of it sees it: a task made by `new`, its rows in CSV, then list, show, validate and export; what
validate counts, by hand; colours only on a terminal; exit codes."""
import csv
import json
import os
import pty
import subprocess
import tempfile
from pathlib import Path

from common import CAPPY, SOURCE, Report, run_cappy

REVIEWS = [("good, very good", "positive"), ('bad "film"', "negative"), ("fine", "positive")]


def write_csv(path, header, rows):
    with open(path, "w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([header, *rows])


def make_task(folder):
    """The starting file of a classification and the rows that it asks for."""
    made = run_cappy("tasks", "new", "reviews", "--kind", "classification").stdout
    (folder / "reviews.yaml").write_text(made, encoding="utf-8")
    write_csv(folder / "reviews.test.csv", ["text", "label"], REVIEWS + [REVIEWS[2]])
    write_csv(folder / "reviews.train.csv", ["text", "label"], [REVIEWS[0], (REVIEWS[1][0], "positive"), ("poor", "negative")])


def verdicts(*words, check=True):
    done = run_cappy("tasks", "validate", *words, "--json", check=check)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def check_new(report, folder):
    out = folder / "texts.yaml"
    run_cappy("tasks", "new", "texts", "--out", out)
    report.equal(out.read_text(encoding="utf-8"), run_cappy("tasks", "new", "texts").stdout, "new --out writes the same")
    again = run_cappy("tasks", "new", "texts", "--out", out, check=False)
    report.equal((again.returncode, "there already" in again.stderr), (1, True), "new never writes over a file")
    report.equal(run_cappy("tasks", "new", "a/b", check=False).returncode, 2, "new: a bad name")
    write_csv(folder / "texts.test.csv", ["text", "summary"], [("one two three", "one")])
    write_csv(folder / "texts.train.csv", ["text", "summary"], [("four five", "four")])
    code, (verdict,) = verdicts(out)
    report.equal((code, verdict["status"]), (0, "valid"), f"the starting file of a generation task: {verdict}")


def check_validate(report, folder):
    code, (verdict,) = verdicts("reviews", "--tasks", folder)
    train, test = verdict["splits"]
    report.equal((code, verdict["status"], train["split"], test["split"]), (0, "valid", "train", "test"), "status")
    report.equal({key: test[key] for key in ("rows", "instances", "repeats", "leaks", "leaks_with_target", "labels", "measured")},
                 {"rows": 4, "instances": 4, "repeats": 1, "leaks": 2, "leaks_with_target": 1, "labels": {"0": 1, "1": 3},
                  "measured": True}, "what validate counts")
    text = run_cappy("tasks", "validate", "reviews", "--tasks", folder, "--progress", "none")
    report.equal("2 of 4 (50.0 %) instructions stand in the training split too" in text.stdout, True, text.stdout)
    report.equal(text.stderr.splitlines()[-1], "1 valid, 0 absent, 0 failed", "the tally")

    lengths = verdicts("reviews", "--tasks", folder, "--model", SOURCE / "configs/miniature/t5_tokenizer",
                       "--max-source-length", 12)[1][0]["splits"][1]["tokens"]
    texts = [row["instruction"] for row in exported(folder)]
    ids = [len(json.loads(line)["ids"]) for line in run_cappy(
        "tokenize", "--model", SOURCE / "configs/miniature/t5_tokenizer",
        text="".join(json.dumps({"text": text}) + "\n" for text in texts)).stdout.splitlines()]
    report.equal((lengths["inputs"], lengths["longest_input"], lengths["inputs_too_long"]),
                 (len(ids), max(ids), sum(i > 12 for i in ids)), "lengths in tokens equal the tokenizer's")


def exported(folder, *words):
    lines = run_cappy("tasks", "export", "reviews", "--tasks", folder, *words).stdout.splitlines()
    return [json.loads(line) for line in lines]


def check_export(report, folder):
    rows = exported(folder)
    report.equal([(row["choices"], row["choices"][row["label"]]) for row in rows],
                 [(["negative", "positive"], label) for _, label in REVIEWS + [REVIEWS[2]]], "choices and labels")
    report.equal([row["instruction"].split("\n")[0] for row in rows], [text for text, _ in REVIEWS + [REVIEWS[2]]], "texts")
    report.equal(len(exported(folder, "--limit", 2)), 2, "--limit")
    shown = exported(folder, "--few-shot", 1)
    report.equal(all(row["shots"].endswith("\n\n") and "Is this review" in row["shots"] for row in shown), True, str(shown[:1]))


def check_show(report, folder):
    plain = run_cappy("tasks", "show", "reviews", "--tasks", folder, "--example", 1).stdout
    report.equal('  │ bad "film"\n' in plain and "  → negative\n" in plain and "    positive\n" in plain, True, plain)
    report.equal("\033" in plain, False, "no colours where standard output is no terminal")
    for words, code in ((("--example", 9), 2), (("--example", -1), 2), (("--template", "x"), 2), (("--split", "x"), 1)):
        done = run_cappy("tasks", "show", "reviews", "--tasks", folder, *words, check=False)
        report.equal(done.returncode, code, f"show {words}: {done.stderr}")
    leader, follower = pty.openpty()
    environment = {key: value for key, value in os.environ.items() if key != "NO_COLOR"} | {"TERM": "xterm"}
    subprocess.run([CAPPY, "tasks", "show", "reviews", "--tasks", str(folder)], stdout=follower, env=environment, check=True)
    os.close(follower)
    report.equal(b"\033[32m" in os.read(leader, 65536), True, "colours on a terminal")
    os.close(leader)


def check_list(report, folder):
    rows = {}
    for line in run_cappy("tasks", "list", "--json", "--tasks", folder).stdout.splitlines():
        row = json.loads(line)
        rows[row["task"]] = row
    report.equal((rows["reviews"]["kind"], rows["reviews"]["here"]), ("classification", "beside the task"), "a user's task")
    report.equal("sort_numbers" in rows and "rte" in rows, True, "the installation's")
    table = run_cappy("tasks", "list", "miniature").stdout
    report.equal(table.splitlines()[0].split()[:2], ["task", "kind"], table)
    report.equal("miniature" in run_cappy("tasks", "list", "--groups").stdout, True, "groups")


def check_failures(report, folder):
    """A broken file is a verdict with file and line; the others are still checked."""
    broken = folder / "broken.yaml"
    broken.write_text((folder / "reviews.yaml").read_text(encoding="utf-8").replace("task: reviews", "task: broken")
                      .replace("metric:", "metrik:"), encoding="utf-8")
    line = 1 + [line.split(":")[0] for line in broken.read_text(encoding="utf-8").splitlines()].index("metrik")
    code, found = verdicts(broken, folder / "texts.yaml", check=False)
    by_status = {verdict["status"]: verdict for verdict in found}
    report.equal((code, sorted(by_status)), (1, ["failed", "valid"]), str(found))
    report.equal(f"broken.yaml:{line}:" in by_status["failed"]["message"] and "metric" in by_status["failed"]["message"], True,
                 by_status["failed"]["message"])
    report.equal(run_cappy("tasks", "validate", "no_such_task", check=False).returncode, 1, "an unknown name")
    report.equal(run_cappy("tasks", "valdate", check=False).returncode, 2, "an unknown word")


def main():
    report = Report("task_verbs")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_task(folder)
        check_validate(report, folder)
        check_export(report, folder)
        check_show(report, folder)
        check_list(report, folder)
        check_new(report, folder)
        check_failures(report, folder)
    report.finish(at_least=25)


if __name__ == "__main__":
    main()
