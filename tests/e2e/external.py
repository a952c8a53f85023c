"""Programs and recorded answers as backbones, scorers and metric of `cappy run`.

The filters of `cappy` themselves as commands give the bytes of the built-in run; children of a few lines die, fall silent, count
wrongly, say NaN, in every way that must be told, and a second run asks for nothing that was answered; recorded files of three formats
give the numbers that they hold; scripts/transformers_backbone.py agrees with the built-in models; the example of
docs/external_models.md runs as it stands."""
import csv
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

from common import CAPPY, SOURCE, Report, filter_rows, read_jsonl, run_cappy
from run import recipes

REPORT = Report("external")
DECODINGS = [{"name": "greedy"}, {"num_beams": 2}, {"do_sample": True, "num_return_sequences": 2}]
COUNT = 40  # rows of the one task of the failures: more than a batch

FAKE = r'''
import json, os, sys, time
here = os.path.dirname(os.path.abspath(__file__))
mode, at = open(os.path.join(here, "mode")).read().split()  # no word of the command: another mode is no other model
seen = open(os.path.join(here, "seen"), "a")
seen.write("start\n")

def answer(line):
    if "decodings" in line:
        words = line["instruction"].split(": ")[1].split()
        return {"candidates": [{"response": " ".join(words[i % 2:][::-1]), "decoding": d["name"], "draw": i}
                               for d in line["decodings"] for i in range(d["num_return_sequences"])]}
    if "references" in line:
        return {"length": min(1.0, len(line["response"]) / 100)}
    value = -float(len(line["response"]))
    return {"score": value} if sys.argv[1:] == ["score"] else {"log_likelihood": None if mode == "null" else value, "tokens": 2}

for number, text in enumerate(sys.stdin, 1):
    seen.write(text)
    seen.flush()
    out = {**json.loads(text), **answer(json.loads(text))}
    if number == int(at):
        if mode == "exit": print("out of luck", file=sys.stderr); sys.exit(3)
        if mode == "leave": sys.exit(0)
        if mode == "signal": os.kill(os.getpid(), 11)
        if mode == "silence": time.sleep(100)
        if mode == "twice": out = answer(json.loads(text)); print(json.dumps(out))
        if mode == "nan": out["candidates"][1]["log_likelihood"] = float("nan")
        if mode == "type": out["candidates"][1]["response"] = 3
        if mode == "text": print("hello", flush=True); continue
        if mode == "bytes": sys.stdout.buffer.write(b'{"candidates":"\xff"}\n'); sys.stdout.flush(); continue
        if mode == "missing": del out["candidates"]
        if mode == "unknown": out["candidate"] = 1
        if mode == "order": out["candidates"].reverse()
        if mode == "few": out["candidates"].pop()
        if mode == "other": out["instruction"] = "other"
        if mode == "inf": out["score"] = 1e308 * 10
        if mode == "score": out["score"] = "high"
        if mode == "list" and "length" in out: out["length"] = [1]
    print(json.dumps(out), flush=True)
    if mode == "slow": time.sleep(0.05)
'''

# mode -> what the message says. The line in question is the 5th.
FAILURES = {
    "exit": ["ended with exit status 3 before it answered line 5", "out of luck"],
    "leave": ["ended with exit status 0 before it answered line 5"],
    "signal": ["was killed by signal 11", "before it answered line 5"],
    "silence": ["said nothing for 5 s while line 5 waited", "flush"],
    "nan": ["answer to line 5: ", "NaN and Infinity are no JSON"],
    "type": ["answer to line 5: field 'candidates', entry 1: field 'response': expected a string, found a number"],
    "text": ["answer to line 5: ", "it begins with 'hello'"],
    "bytes": ["answer to line 5: ", "UTF-8"],
    "missing": ["answer to line 5: field 'candidates' is missing"],
    "unknown": ["answer to line 5: unknown field 'candidate' (did you mean 'candidates'?)"],
    "order": ["answer to line 5: field 'candidates', entry 0: expected decoding 'greedy', draw 0, found 'sampling', draw 1"],
    "few": ["answer to line 5: field 'candidates': expected 3 candidates"],
    "other": ["answer to line 5: field 'instruction' is \"other\", but the question has"],
}


class Folder:
    """A folder with experiments and their runs."""

    def __init__(self, path):
        self.path = path
        (path / "fake.py").write_text(FAKE)
        (path / "decodings.yaml").write_text(yaml.safe_dump(DECODINGS))
        self.set_mode("good")

    def set_mode(self, mode, at=5):
        (self.path / "mode").write_text(f"{mode} {at}")
        (self.path / "seen").write_text("")

    def seen(self):
        """The questions that the fake read since the mode was set."""
        whole = (self.path / "seen").read_text().rpartition("\n")[0]  # the fake may be writing the last line
        return [json.loads(line) for line in whole.splitlines() if line != "start"]

    def starts(self):
        return (self.path / "seen").read_text().splitlines().count("start")

    def write(self, name, **keys):
        experiment = {"experiment": name, "tasks": ["reverse_words"], "limit": COUNT, "decoding": [DECODINGS[0], DECODINGS[2]], **keys}
        if "reverse_words" in experiment["tasks"]:
            experiment["task_options"] = {"reverse_words": {"split": "train"}}  # has more rows
        (self.path / f"{name}.yaml").write_text(yaml.safe_dump(experiment, sort_keys=False))

    def words(self, name, *more, runs="runs"):
        return ["run", self.path / f"{name}.yaml", "--runs", self.path / runs, "--threads", "1", "--progress", "none", *more]

    def run(self, name, *more, runs="runs"):
        self.said = run_cappy(*self.words(name, *more, runs=runs)).stderr
        return self.path / runs / name

    def refuse(self, name, parts, where, runs="runs", code=1):
        done = run_cappy(*self.words(name, runs=runs), check=False)
        REPORT.equal(done.returncode, code, f"{where}: exit code {done.stderr}")
        for part in parts:
            REPORT.equal(part in done.stderr, True, f"{where}: {part!r} in {done.stderr!r}")
        return done.stderr


def command(*words):
    return [str(word) for word in words]


def instances(made):
    return {path.name: path.read_bytes() for path in sorted((made / "instances").glob("*.jsonl"))}


def rows(made):
    return read_jsonl(made / "results.jsonl")


# ---- the filters of cappy as commands

def model_of(folder, kind, runs="runs"):
    return next(p.parent for p in sorted((folder.path / runs / "store/models").glob("*/config.json"))
                if json.loads(p.read_text())["model_type"] == kind)


def check_filters(folder):
    """The same bytes, whether cappy calls its models or its filters."""
    t5, roberta = (SOURCE / "configs/miniature" / name for name in recipes())
    keys = dict(tasks=["reverse_words", "sort_numbers"], limit=COUNT, decoding=DECODINGS, protocol="cappy-2023",
                lengths={"max_length": 16}, seeds={"generate": 7})
    generation = dict(keys, methods=["each-decoding", "cappy", "oracle", "random"])
    classification = dict(keys, tasks=["is_sorted", "longer_word"], methods=["self-score-sum", "self-score-mean", "self-score-bytes", "cappy"])
    ours = dict(backbones=[{"name": "t5", "new": str(t5), "seed": 1}], scorers=[{"name": "cappy", "new": str(roberta), "seed": 2}])
    folder.write("built-in", **generation, **ours)
    folder.write("choices", **classification, **ours)
    expected = folder.run("built-in"), folder.run("choices")
    backbone = ["--model", model_of(folder, "t5"), "--protocol", "cappy-2023", "--threads", 1]
    generate = command(CAPPY, "generate", *backbone, "--decoding", "decodings.yaml", "--max-length", 16, "--min-length", 3, "--seed", 7)
    likelihood = command(CAPPY, "loglikelihood", *backbone, "--max-length", 64)
    score = command(CAPPY, "score", "--model", model_of(folder, "roberta"), "--threads", 1)
    scorers = [{"name": "cappy", "command": score}]
    folder.write("commands", **generation, backbones=[{"name": "t5", "command": generate}], scorers=scorers,
                 metric={"name": "rouge_l", "command": command(CAPPY, "rouge")})
    folder.write("choice-commands", **classification, backbones=[{"name": "t5", "command": likelihood}], scorers=scorers)
    made = folder.run("commands", runs="external"), folder.run("choice-commands", runs="external")
    for ours_made, other in zip(expected, made):
        REPORT.equal(instances(other), instances(ours_made), f"instances of {other.name}")
        REPORT.equal(rows(other), rows(ours_made), f"rows of {other.name}")
    report = (made[0] / "report.md").read_text()
    for part in ("t5 is the program", "cappy is the program", "The metric of generation tasks is rouge", "Weights are random"):
        REPORT.equal(part in report.replace("\\_", "_"), part != "Weights are random", f"{part!r} in the report")
    counters = {line["task"]: line for line in read_jsonl(made[0] / "counters.jsonl")}["reverse_words"]
    REPORT.equal((counters["inputs"], counters["outputs"], counters["pairs"], counters["references"]), (0, 4 * counters["instances"], 0, 0), "what is unknown is in no count")
    REPORT.equal("n/a" in report, True, "what is unknown is n/a")
    return expected


# ---- failures

def undisturbed(folder):
    folder.set_mode("good")
    return instances(folder.run("fake", runs="good"))


def check_failures(folder):
    """Each failure is told with command, line and instance; the second run asks for what was not answered, and for nothing else."""
    keys = dict(methods=["each-decoding", "oracle", "random"])
    fake = {"name": "fake", "command": [sys.executable, "fake.py"]}
    folder.write("fake", backbones=[fake], **keys)
    expected = undisturbed(folder)
    first = [question["instruction"] for question in folder.seen()]
    REPORT.equal(len(first), COUNT, "one question an instance")
    question = folder.seen()[0]
    REPORT.equal(set(question), {"instruction", "decodings", "max_length", "min_length", "max_source_length", "seed", "protocol"}, "fields of a question")
    REPORT.equal(question["decodings"][1], {"name": "sampling", "do_sample": True, "num_beams": 1, "temperature": 1, "top_k": 50, "top_p": 1,
                                            "length_penalty": 1, "early_stopping": False, "num_return_sequences": 2}, "a decoding in a question")
    ids = [row["id"] for row in read_jsonl(folder.path / "good/fake/instances/reverse_words.fake.jsonl")]
    for at in (5, 37):  # in the first batch and after it
        for mode, parts in FAILURES.items():
            if at == 37 and mode not in ("exit", "signal", "other"):
                continue
            folder.set_mode(mode, at)
            folder.write("fake", backbones=[fake | {"timeout": 5 if mode == "silence" else 60}], **keys)
            runs = f"{mode}{at}"
            said = [part.replace("line 5", f"line {at}") for part in parts]
            folder.refuse("fake", [f"command '{sys.executable} fake.py'", f"reverse_words, instance {ids[at - 1]}: ", *said], mode, runs)
            folder.set_mode("good")
            made = folder.run("fake", runs=runs)
            REPORT.equal([q["instruction"] for q in folder.seen()], first[at - 1:], f"{mode}: what the second run asks")
            REPORT.equal(instances(made), expected, f"{mode}: results in the end")
    return expected


def check_surplus(folder, expected):
    """Whose answer is whose is not known: all answers are forgotten."""
    folder.set_mode("twice", 5)
    folder.refuse("fake", ["answered", "line"], "a line twice", "twice")
    folder.set_mode("good")
    made = folder.run("fake", runs="twice")
    REPORT.equal(instances(made), expected, "results after a line twice")
    folder.set_mode("twice", COUNT)  # the last line of all: only the program's end shows it
    folder.refuse("fake", ["answered more lines than it was asked", "is forgotten"], "the last line twice", "twice-last")
    folder.set_mode("good")
    REPORT.equal(instances(folder.run("fake", runs="twice-last")), expected, "results after the last line twice")
    REPORT.equal(len(folder.seen()), COUNT, "the last line twice: all is asked again")


def check_kill(folder, expected):
    """kill -9: the next run goes on, and the program has not outlived the first."""
    folder.set_mode("slow")
    process = subprocess.Popen([CAPPY, *map(str, folder.words("fake", runs="killed"))], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while len(folder.seen()) < 34 and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    time.sleep(0.5)
    before = len(folder.seen())
    time.sleep(0.3)
    REPORT.equal(len(folder.seen()), before, "the program ended with the run")
    folder.set_mode("good")
    REPORT.equal(instances(folder.run("fake", runs="killed")), expected, "results after kill -9")
    REPORT.equal(len(folder.seen()) <= COUNT - 32, True, f"{len(folder.seen())} questions after kill -9")


def check_keys(folder):
    """What is there is not asked again; an edited program, its version and its words make everything anew."""
    folder.set_mode("good")
    folder.run("fake", runs="good")
    REPORT.equal(("nothing was computed" in folder.said, folder.starts()), (True, 0), "the same run again does not start the program")
    changes = [lambda: (folder.path / "fake.py").write_text(FAKE + "# edited\n"),
               lambda: folder.write("fake", backbones=[{"name": "fake", "command": [sys.executable, "fake.py"], "version": 2}], methods=["each-decoding"]),
               lambda: folder.write("fake", backbones=[{"name": "fake", "command": [sys.executable, "fake.py", "more"]}], methods=["each-decoding"])]
    for number, change in enumerate(changes):
        change()
        folder.set_mode("good")
        folder.run("fake", runs="good")
        REPORT.equal((folder.starts(), len(folder.seen())), (1, COUNT), f"change {number} asks everything again")
    (folder.path / "fake.py").write_text(FAKE)


def check_roles(folder):
    """Scorer, metric and self-scores by the fake; its failures in these roles; what it does not know is n/a."""
    fake = [sys.executable, "fake.py"]
    folder.write("roles", backbones=[{"name": "fake", "command": fake}], scorers=[{"command": [*fake, "score"]}],
                 metric={"name": "length", "command": [*fake, "length"]})
    made = folder.run("roles")
    for row in read_jsonl(made / "instances/reverse_words.fake.jsonl"):
        for candidate in row["candidates"]:
            size = len(candidate["response"])
            REPORT.equal((candidate["length"], candidate["scores"]["fake"], candidate["self_score"]), (min(1, size / 100), -size, {"log_likelihood": -size, "tokens": 2}), f"{row['id']}: values")
            REPORT.equal((candidate["ids"], candidate["log_likelihood"], candidate["tokens"], candidate["end"]), (None,) * 4, f"{row['id']}: unknown")
    line = next(csv.DictReader(open(made / "report.csv", encoding="utf-8")))
    REPORT.equal((line["metric"], float(line["oracle"]) >= float(line["cappy"])), ("length", True), "report.csv")
    report = (made / "report.md").read_text()
    for part in ("Generation (length x 100), backbone fake", "The metric of generation tasks is length, by the program"):
        REPORT.equal(part in report, True, f"{part!r} in the report")
    log = (made / "log").read_text()
    folder.set_mode("null")
    made = folder.run("roles", runs="null")
    line = next(csv.DictReader(open(made / "report.csv", encoding="utf-8")))
    REPORT.equal((line["self-score-sum"], line["self-score-mean"], line["cappy"] != "n/a"), ("n/a", "n/a", True), "unknown log-likelihoods")
    folder.set_mode("inf", COUNT + 5)
    for mode, parts in {"inf": ["answer to line 5: ", "NaN and Infinity are no JSON"], "score": ["field 'score': expected a number, found a string"]}.items():
        folder.set_mode(mode)
        folder.write("scores", backbones=[{"name": "fake", "command": fake}], scorers=[{"command": [*fake, "score"]}], methods=["cappy"], tasks=["is_sorted"])
        folder.refuse("scores", ["is_sorted, instance", *parts], f"scorer: {mode}", mode)
    folder.set_mode("list")
    folder.write("metrics", backbones=[{"name": "fake", "command": fake}], methods=["oracle"], metric={"name": "length", "command": fake})
    folder.refuse("metrics", ["reverse_words, instance", "field 'length': expected a number, found a list"], "metric", "list")
    return log


def check_log(folder):
    """What a program says on standard error is in the run's log."""
    folder.write("chatter", methods=["each-decoding"],
                 backbones=[{"name": "t", "command": ["sh", "-c", f"echo loading weights >&2; exec {sys.executable} fake.py"]}])
    folder.set_mode("good")
    made = folder.run("chatter")
    REPORT.equal("loading weights" in (made / "log").read_text(), True, "standard error in the log")
    REPORT.equal("loading weights" in folder.said, False, "standard error is not ours")


def check_stream(folder):
    """Several lines are in flight: a program that waits before it reads finds more than one."""
    (folder.path / "window.py").write_text(FAKE.replace("for number, text in enumerate(sys.stdin, 1):", """time.sleep(0.5)
block = os.read(0, 1 << 20)
open(os.path.join(here, "window"), "w").write(str(block.count(b"\\n")))
import io, itertools
for number, text in enumerate(itertools.chain(io.StringIO(block.decode()), sys.stdin), 1):"""))
    folder.set_mode("good")
    folder.write("window", backbones=[{"name": "w", "command": [sys.executable, "window.py"]}], methods=["each-decoding"], limit=20)
    folder.run("window")
    REPORT.equal(int((folder.path / "window").read_text()) > 1, True, "lines in flight")


def check_refusals(folder):
    """What is wrong in the file is told before anything starts."""
    fake = [sys.executable, "fake.py"]
    cases = [
        (dict(backbones=[{"name": "a", "command": "python3 fake.py"}]), "expected a list of words"),
        (dict(backbones=[{"name": "a", "command": ["no-such-program"]}]), "there is no program no-such-program in PATH"),
        (dict(backbones=[{"name": "a", "command": fake, "dtype": "float32"}]), "dtype: has no meaning beside 'command'"),
        (dict(backbones=[{"name": "a", "command": fake, "timeout": 0}]), "timeout: expected seconds above 0"),
        (dict(backbones=[{"name": "a", "command": fake, "recorded": "x"}]), "has no meaning beside 'command'"),
        (dict(backbones=[{"name": "a", "recorded": "nowhere"}]), "there is no file or folder"),
        (dict(backbones=[{"name": "a", "recorded": "mode", "format": "cappi"}]), "did you mean 'cappy'"),
        (dict(backbones=[{"name": "a", "command": fake}], metric={"command": fake}), "metric.name: is missing"),
        (dict(backbones=[{"name": "a", "command": fake}], metric={"command": fake, "name": "ids"}), "metric.name: 'ids'"),
        (dict(scorers=[{"name": "a", "command": fake}], tasks=["is_sorted"], decoding=None, metric={"command": fake, "name": "x"}), "none of the tasks is a generation task"),
    ]
    folder.set_mode("good")
    for keys, says in cases:
        folder.write("bad", **keys)
        text = (folder.path / "bad.yaml").read_text().replace("decoding: null\n", "")
        (folder.path / "bad.yaml").write_text(text)
        folder.refuse("bad", [says], says, "bad")
        REPORT.equal((folder.path / "bad/bad").exists(), False, f"{says}: nothing is written")


# ---- recorded answers

def flan_samples(row):
    """The authors' form of an instance of ours."""
    samples = {}
    for candidate in row["candidates"]:
        own = candidate["self_score"]
        samples.setdefault(candidate["decoding"], []).append(
            {"response": candidate["response"], "log_likelihood_sum": own["log_likelihood"], "log_likelihood_mean": own["log_likelihood"] / own["tokens"]})
    return {"dataset": "x", "example_idx": 0, "instruction": row["instruction"], "references": row["references"], "flan_samples": samples}


def lm_eval(row, old):
    """A line of lm-evaluation-harness' samples, in which every number is a text."""
    arguments = [[row["instruction"], {"until": ["\n"], "do_sample": False}]]
    named = {f"gen_args_{i}": {f"arg_{k}": v for k, v in enumerate(one)} for i, one in enumerate(arguments)}
    text = row["candidates"][0]["response"]
    return {"doc_id": 0, "doc": {"a": 1}, "target": "x", "arguments": arguments if old else named, "resps": [[text]], "filtered_resps": [text.strip()]}


def lm_eval_choices(row):
    arguments = {f"gen_args_{i}": {"arg_0": row["instruction"], "arg_1": " " + r["response"]} for i, r in enumerate(row["responses"])}
    return {"doc_id": 0, "arguments": arguments, "resps": [[[str(r["self_score"]["log_likelihood"]), "False"]] for r in row["responses"]], "filtered_resps": []}


def write_jsonl(path, lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def values(made):
    """(task, method) -> value of a run's rows."""
    return {(row["task"], row["method"]): row["value"] for row in rows(made)}


def pick(table, *methods):
    return {key: value for key, value in table.items() if key[1] in methods}


def check_recorded(folder):
    """A run on what another run recorded has its numbers, as far as the format holds them."""
    t5 = SOURCE / "configs/miniature" / recipes()[0]
    tasks = ["reverse_words", "is_sorted"]
    methods = ["each-decoding", "self-score-sum", "self-score-mean", "oracle"]
    keys = dict(tasks=tasks, limit=12, decoding=DECODINGS, methods=methods, protocol="cappy-2023", lengths={"max_length": 16})
    folder.write("source", **keys, backbones=[{"name": "t5", "new": str(t5), "seed": 1}])
    source = folder.run("source")
    generated = read_jsonl(source / "instances/reverse_words.t5.jsonl")
    choices = read_jsonl(source / "instances/is_sorted.t5.jsonl")
    write_jsonl(folder.path / "flan/reverse_words_validation.jsonl", map(flan_samples, generated))
    write_jsonl(folder.path / "harness/model/samples_reverse_words_2026.jsonl", [lm_eval(row, i % 2) for i, row in enumerate(generated)])
    write_jsonl(folder.path / "harness/model/samples_is_sorted_2026.jsonl", map(lm_eval_choices, choices))
    write_jsonl(folder.path / "harness/model/other.jsonl", [{"no": "samples"}])
    write_jsonl(folder.path / "generate.jsonl", [{"instruction": row["instruction"], "candidates": [
        {k: v for k, v in c.items() if k in ("response", "decoding", "draw", "ids", "log_likelihood", "tokens", "end")} for c in row["candidates"]]} for row in generated])
    expected = values(source)
    check_format(folder, keys, "cappy", "runs/source/instances", expected)
    check_format(folder, dict(keys, tasks=tasks[:1]), "flan_samples", "flan", pick_task(expected, "reverse_words"))
    # lm-evaluation-harness has one decoding and no counts of tokens
    known = {key: value for key, value in expected.items() if key in (("reverse_words", "greedy"), ("is_sorted", "self-score-sum"))}
    got = check_format(folder, dict(keys, decoding=DECODINGS[:1]), "lm-eval", "harness", None)
    REPORT.equal({key: got[key] for key in known}, known, "lm-eval: numbers")
    REPORT.equal((got["is_sorted", "self-score-mean"], got["reverse_words", "self-score-sum"]), (None, None), "lm-eval: what it does not hold")
    folder.write("generated", **dict(keys, tasks=tasks[:1]), backbones=[{"name": "t5", "recorded": "generate.jsonl"}])
    got = values(folder.run("generated", runs="generated"))
    REPORT.equal(pick(got, "greedy", "beam2", "sampling", "oracle"), pick(pick_task(expected, "reverse_words"), "greedy", "beam2", "sampling", "oracle"), "output of cappy generate")
    means = {}
    for line in filter_rows(list(map(flan_samples, generated)), "evaluate"):
        for method, value in line["rouge_l"].items():
            means.setdefault(method, []).append(value)
    for method in ("greedy", "beam2", "sampling", "self-score-sum", "self-score-mean", "oracle"):
        REPORT.close(expected["reverse_words", method], sum(means[method]) / len(means[method]), 1e-12, f"flan_samples: cappy evaluate, {method}")
    check_recorded_errors(folder, keys, generated)
    check_recorded_scores(folder, choices)


def pick_task(table, task):
    return {key: value for key, value in table.items() if key[0] == task}


def check_format(folder, keys, form, place, expected):
    name = f"recorded-{form}"
    folder.write(name, **keys, backbones=[{"name": "t5", "recorded": place, "format": form}])
    made = folder.run(name, runs=name)
    if expected is not None:
        REPORT.equal(values(made), expected, f"{form}: numbers")
    REPORT.equal(f"t5 was recorded: {place} ({form})" in (made / "report.md").read_text().replace("\\_", "_"), True, f"{form}: the report says so")
    return values(made)


def check_recorded_errors(folder, keys, generated):
    keys = dict(keys, tasks=["reverse_words"])
    write_jsonl(folder.path / "part.jsonl", map(flan_samples, generated[:7]))
    folder.write("missing", **keys, backbones=[{"name": "t5", "recorded": "part.jsonl", "format": "flan_samples"}])
    folder.refuse("missing", ["part.jsonl: no record of 5 of 12 instructions, the first:", generated[7]["instruction"][:60]], "instructions without record")
    folder.write("decoding", **dict(keys, decoding="greedy"), backbones=[{"name": "t5", "recorded": "flan", "format": "flan_samples"}])
    folder.run("decoding", runs="some")
    folder.write("decoding", **dict(keys, decoding=["greedy", "sample:3"]), backbones=[{"name": "t5", "recorded": "flan", "format": "flan_samples"}])
    folder.refuse("decoding", ["reverse_words_validation.jsonl:1: no draw 2 of the decoding 'sampling'; there are greedy 0, beam2 0"], "draws that are not there")
    folder.write("decoding", **keys, backbones=[{"name": "t5", "recorded": "harness", "format": "lm-eval"}])
    folder.refuse("decoding", ["of one decoding, and 3 are asked for"], "samples of one decoding")
    (folder.path / "part.jsonl").write_text('{"instruction": "a"}\n{"instruction": 3}\n')
    folder.refuse("missing", ["part.jsonl: line 2: field 'instruction': expected a string"], "a bad line")
    lines = [flan_samples(row) for row in generated]
    other = json.loads(json.dumps(lines[0]))
    other["flan_samples"]["greedy"][0]["response"] = "another"
    write_jsonl(folder.path / "part.jsonl", [*lines, other])
    made = folder.run("missing", runs="two")
    REPORT.equal("record different candidates of one instruction; the first counts" in (made / "log").read_text(), True, "two records")


def check_recorded_scores(folder, choices):
    roberta = SOURCE / "configs/miniature" / recipes()[1]
    keys = dict(tasks=["is_sorted"], limit=12, methods=["cappy"])
    folder.write("scored", **keys, scorers=[{"name": "cappy", "new": str(roberta), "seed": 2}])
    text = (folder.path / "scored.yaml").read_text()
    text = text[:text.index("decoding:")] + text[text.index("methods:"):]
    (folder.path / "scored.yaml").write_text(text)
    source = folder.run("scored")
    lines = [{"instruction": row["instruction"], "response": r["response"], "score": r["scores"]["cappy"]}
             for row in read_jsonl(source / "instances/is_sorted.jsonl") for r in row["responses"]]
    write_jsonl(folder.path / "scores.jsonl", lines)
    recorded = re.sub(r"scorers:\n(?:[- ] .*\n)+", "scorers: [{name: cappy, recorded: scores.jsonl}]\n", text)
    (folder.path / "scored.yaml").write_text(recorded)
    made = folder.run("scored", runs="recorded-scores")
    REPORT.equal(instances(made), instances(source), "recorded scores")
    write_jsonl(folder.path / "scores.jsonl", lines[:-3])
    folder.refuse("scored", ["scores.jsonl: no record of 3 of 48 pairs"], "pairs without a score", "less")
    write_jsonl(folder.path / "scores.jsonl", [*lines, dict(lines[0], score=9)])
    folder.refuse("scored", ["another score of the same pair than in"], "two scores", "less")


# ---- transformers behind the protocol

def check_transformers(folder):
    """scripts/transformers_backbone.py against the built-in models: T5 and RoBERTa in a run."""
    script, python = SOURCE / "scripts/transformers_backbone.py", sys.executable
    keys = dict(tasks=["reverse_words", "is_sorted"], limit=10, decoding=DECODINGS[:2], lengths={"max_length": 16},
                methods=["each-decoding", "self-score-sum", "cappy"])
    folder.write("ours", **keys, backbones=[{"name": "m", "model": str(model_of(folder, "t5"))}], scorers=[{"name": "s", "model": str(model_of(folder, "roberta"))}])
    folder.write("theirs", **keys, backbones=[{"name": "m", "command": [python, str(script), str(model_of(folder, "t5"))]}],
                 scorers=[{"name": "s", "command": [python, str(script), str(model_of(folder, "roberta"))]}])
    ours, theirs = folder.run("ours"), folder.run("theirs")
    for task, field in (("reverse_words", "candidates"), ("is_sorted", "responses")):
        mine, other = (read_jsonl(made / f"instances/{task}.m.jsonl") for made in (ours, theirs))
        for a, b in ((x, y) for left, right in zip(mine, other, strict=True) for x, y in zip(left[field], right[field], strict=True)):
            where = f"transformers, {task}: {a['response']!r}"
            REPORT.equal(a["response"], b["response"], where)
            REPORT.close(a["self_score"]["log_likelihood"], b["self_score"]["log_likelihood"], 1e-4, where)
            REPORT.equal(a["self_score"]["tokens"], b["self_score"]["tokens"], where)
            REPORT.close(a["scores"]["s"], b["scores"]["s"], 1e-4, where)
            if field == "candidates":
                REPORT.equal((a["ids"], a["end"]), (b["ids"], b["end"]), where)
                REPORT.close(a["log_likelihood"], b["log_likelihood"], 1e-4, where)


# ---- the documentation's example

def check_documentation(folder):
    """The files of docs/external_models.md, as they stand there."""
    text = (SOURCE / "docs/external_models.md").read_text()
    place = folder.path / "documentation"
    place.mkdir()
    names = []
    for name, content in re.findall(r"`([a-z_]+\.(?:py|yaml))`:\n\n```[a-z]*\n(.*?)```", text, re.S):
        (place / name).write_text(content)
        names.append(name)
    REPORT.equal(names, ["my_model.py", "my_metric.py", "external.yaml"], "files of the documentation")
    done = run_cappy("run", place / "external.yaml", "--runs", place / "runs", "--progress", "none")
    REPORT.equal("exact_match x 100" in done.stdout.replace("\\_", "_"), True, f"the documentation's example: {done.stdout}")
    line = next(csv.DictReader(open(place / "runs/external/report.csv", encoding="utf-8")))
    REPORT.equal((line["metric"], line["self-score-sum"] != "n/a"), ("exact_match", True), "numbers of the documentation's example")


def main():
    parts = sys.argv[1:]
    with tempfile.TemporaryDirectory() as name:
        folder = Folder(Path(name))
        steps = dict(filters=lambda: check_filters(folder), transformers=lambda: check_transformers(folder), recorded=lambda: check_recorded(folder),
                     failures=lambda: (lambda expected: (check_surplus(folder, expected), check_kill(folder, expected), check_keys(folder)))(check_failures(folder)),
                     roles=lambda: check_roles(folder), log=lambda: check_log(folder), stream=lambda: check_stream(folder),
                     refusals=lambda: check_refusals(folder), documentation=lambda: check_documentation(folder))
        for part, step in steps.items():
            if not parts or part in parts:
                begin = time.time()
                step()
                print(f"{part}: {time.time() - begin:.1f} s", flush=True)
    REPORT.finish(at_least=1 if parts else 300)


if __name__ == "__main__":
    main()
