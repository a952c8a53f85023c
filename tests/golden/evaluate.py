"""`cappy evaluate` against an independent computation: rouge-score for every candidate, Python's max for every choice.

Both forms of input (what `cappy generate` writes and the authors' published files), with and without log-likelihoods, ties everywhere
(log-likelihoods are drawn from few values), and the means of --table. The random choice has no outside source: it must be one of the
candidates, the same in every run, another under another seed, and on average as good as the average candidate.

Then files of the authors' form, made up: 45 tasks by five sizes, of which the 35 baseline averages follow (log-likelihood ties, equal
responses, text of several scripts); scored choices with their accuracies; and what is wrong in such files, one error each.
"""
import json
import random
import tempfile
from pathlib import Path

from rouge_score import rouge_scorer

from common import Report, run_cappy

DECODINGS = {"beam4": 1, "sampling": 4, "temp0.9": 4, "topk40": 4, "topp0.95": 4}
SCORER = rouge_scorer.RougeScorer(["rougeL"], use_stemmer=True)
WORDS = "the dogs are running happily over lazy foxes 42 times relational".split()


def text(rng):
    return " ".join(rng.choices(WORDS, k=rng.randint(0, 8)))


def make_line(rng, index):
    samples = {}
    for decoding, draws in DECODINGS.items():
        samples[decoding] = [{"response": text(rng), "sum": -float(rng.randint(1, 6)), "tokens": rng.randint(1, 3)}
                             for _ in range(draws)]
    return {"instruction": f"instruction {index % 150}", "references": [text(rng) for _ in range(rng.randint(1, 3))],
            "samples": samples}


def as_candidates(line, scored):
    listed = []
    for decoding, entries in line["samples"].items():
        for draw, entry in enumerate(entries):
            candidate = {"response": entry["response"], "decoding": decoding, "draw": draw, "ids": list(range(entry["tokens"]))}
            if scored:
                candidate |= {"log_likelihood": entry["sum"], "tokens": entry["tokens"], "end": "eos"}
            listed.append(candidate)
    return {"instruction": line["instruction"], "references": line["references"], "candidates": listed}


def as_flan_samples(line, scored):
    def entry_of(entry):
        scores = {"log_likelihood_sum": entry["sum"], "log_likelihood_mean": entry["sum"] / entry["tokens"]}
        return {"response": entry["response"]} | (scores if scored else {})
    samples = {decoding: [entry_of(entry) for entry in entries] for decoding, entries in line["samples"].items()}
    return {"instruction": line["instruction"], "references": line["references"], "flan_samples": samples}


def entries_of(line):
    return [entry for group in line["samples"].values() for entry in group]


def expected(line, values, scored):
    entries = entries_of(line)
    answer, begin = {}, 0
    for decoding, draws in DECODINGS.items():
        answer[decoding] = values[begin]
        begin += draws
    first_best = lambda key: values[max(range(len(entries)), key=lambda i: (key(entries[i]), -i))]
    answer["self-score-sum"] = first_best(lambda entry: entry["sum"]) if scored else None
    answer["self-score-mean"] = first_best(lambda entry: entry["sum"] / entry["tokens"]) if scored else None
    answer["oracle"] = max(values)
    return answer


def run(lines, *words):
    out = run_cappy("evaluate", *words, text="".join(json.dumps(line) + "\n" for line in lines)).stdout
    return out.splitlines()


def check_random(report, lines, answers, all_values):
    for answer, values in zip(answers, all_values):
        report.equal(answer["random"] in values, True, "random is one of the candidates")
    again = [json.loads(line)["rouge_l"]["random"] for line in run(lines)]
    report.equal([answer["random"] for answer in answers], again, "random is the same again")
    other = [json.loads(line)["rouge_l"]["random"] for line in run(lines, "--seed", 1)]
    report.equal(again != other, True, "another seed draws others")
    mean = lambda numbers: sum(numbers) / len(numbers)
    report.close(mean(again), mean([mean(values) for values in all_values]), 0.06, "random estimates the mean candidate")


def check_table(report, lines, answers):
    for row in run(lines, "--table")[2:]:
        method, mean, percent, count = [cell.strip() for cell in row.strip("|").split("|")]
        values = [answer[method] for answer in answers]
        if values[0] is None:
            report.equal((mean, percent), ("n/a", "n/a"), method)
            continue
        report.close(float(mean), sum(values) / len(values), 1e-12, method)
        report.close(float(percent), 100 * sum(values) / len(values), 0.005001, method)
        report.equal(int(count), len(lines), method)


SIZES = ("small", "base", "large", "xl", "xxl")
ROWS = (*DECODINGS, "self-score-sum", "self-score-mean")  # the seven published baselines
FOREIGN = ["naïve", "Straße", "日本語", "हिन्दी", "e\u0301t\u00e9", "\U0001f600", "İstanbul", "\u2028", 'quo"te\\']


def mean(numbers):
    return sum(numbers) / len(numbers)


def authors_text(rng):
    return " ".join(rng.choices(WORDS + FOREIGN, k=rng.randint(0, 5)))


def authors_line(rng, task, index):
    pool = [authors_text(rng) for _ in range(6)]  # 17 candidates of 6 responses: equal ones
    samples = {decoding: [{"response": rng.choice(pool), "log_likelihood_sum": -rng.randint(1, 5) / 4,
                           "log_likelihood_mean": -rng.randint(1, 3) / 3} for _ in range(draws)]
               for decoding, draws in DECODINGS.items()}
    return {"dataset": task, "example_idx": index, "instruction": authors_text(rng),
            "references": [authors_text(rng) for _ in range(rng.randint(1, 2))], "flan_samples": samples}


def fmeasure(line, entry):
    return SCORER.score_multi(line["references"], entry["response"])["rougeL"].fmeasure


def strict_maximum(entries, key):
    """As the published scripts choose: the first is kept until another is greater."""
    best = None
    for entry in entries:
        if best is None or entry[key] > best[key]:
            best = entry
    return best


def baseline(line, row):
    samples = line["flan_samples"]
    if row in samples:
        return fmeasure(line, samples[row][0])
    key = row.replace("self-score-", "log_likelihood_")
    return fmeasure(line, strict_maximum([entry for entries in samples.values() for entry in entries], key))


def write_lines(path, lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line, ensure_ascii=len(lines) % 2 == 0) + "\n" for line in lines), encoding="utf-8")
    return path


def rows_of(*words, text=""):
    return [json.loads(line) for line in run_cappy("evaluate", "--json", *words, text=text).stdout.split("\n") if line]


def cells_of(table):
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.split("\n") if line.startswith("|")]


def check_table_of_tasks(report, words, wanted, averages, counts, text=""):
    header, _, *rows = cells_of(run_cappy("evaluate", "--table", *words, text=text).stdout)
    report.equal(header, ["task", *ROWS, "oracle", "random", "n"], "the table's columns")
    report.equal([row[0] for row in rows], [*wanted, f"Macro ({len(wanted)} tasks)"], "the table's tasks")
    for task, *cells in rows:
        values = wanted.get(task, averages)
        for row, cell in zip(ROWS, cells):
            report.close(float(cell), 100 * values[row], 5.0001e-5, f"table, {task}, {row}")
            report.equal(len(cell.split(".")[1]), 4, "four decimals")
        report.equal(int(cells[-1]), counts.get(task, sum(counts.values())), f"table, {task}, n")


def check_size(report, files, lines):
    """`lines`: by task. The seven averages, the means that they are made of, n."""
    found = {(row["task"], row["method"]): row for row in rows_of(*files)}
    wanted = {task: {row: mean([baseline(line, row) for line in of_task]) for row in ROWS} for task, of_task in lines.items()}
    averages = {row: mean([values[row] for values in wanted.values()]) for row in ROWS}
    for row in ROWS:
        for task, values in wanted.items():
            report.close(found[task, row]["value"], values[row], 1e-12, f"{task}, {row}")
            report.equal(found[task, row]["n"], len(lines[task]), f"{task}, n")
        report.close(found["Macro", row]["value"], averages[row], 1e-12, f"the average of {row}")
        report.equal(found["Macro", row]["tasks"], len(lines), "tasks of the average")
    check_table_of_tasks(report, files, wanted, averages, {task: len(of_task) for task, of_task in lines.items()})
    return found


def check_sizes(report, folder, rng):
    averages = 0
    for size in SIZES:
        lines = {f"task_{number:02}": [authors_line(rng, f"task_{number:02}", index) for index in range(rng.randint(1, 4))]
                 for number in range(45)}
        files = [write_lines(folder / f"flan-t5-{size}" / f"{task}_validation.jsonl", of_task) for task, of_task in lines.items()]
        found = check_size(report, files, lines)
        averages += sum((task, row) in found for task, row in found if task == "Macro" and row in ROWS)
    report.equal(averages, 35, "averages")
    check_sources(report, files, found)


def check_sources(report, files, found):
    """Standard input gives the same as files; so do lines without the field `dataset`, whose task is the file's name; without
    --table and --json each line comes out with its values."""
    text = "".join(file.read_text(encoding="utf-8") for file in files)
    report.equal({(row["task"], row["method"]): row for row in rows_of(text=text)}, found, "standard input")
    enriched = run_cappy("evaluate", *files).stdout
    report.equal(enriched, run_cappy("evaluate", text=text).stdout, "files as a filter")
    report.equal(enriched.count("\n"), text.count("\n"), "one line out per line in")
    bare = [{key: value for key, value in json.loads(line).items() if key != "dataset"}
            for line in files[0].read_text(encoding="utf-8").split("\n") if line]
    unnamed = write_lines(files[0].parent / "of my own.jsonl", bare)
    for row in rows_of(unnamed)[:len(ROWS)]:
        report.equal((row["task"], row["value"]), ("of my own", found["task_00", row["method"]]["value"]), "the file's name")
    report.equal({row["n"] for row in rows_of(*files[:7], "--limit", 1) if row["task"] != "Macro"}, {1}, "--limit is by file")


def good_line(**fields):
    return authors_line(random.Random(1), "one", 0) | fields


def without(samples, decoding, *entry_keys):
    """Without the decoding's last entry; or without keys of it."""
    entries = list(samples[decoding])
    last = {key: value for key, value in entries.pop().items() if key not in entry_keys}
    return samples | {decoding: entries + ([last] if entry_keys else [])}


def wrong_lines():
    good = good_line()
    samples = good["flan_samples"]
    less = lambda *keys: {key: value for key, value in good.items() if key not in keys}
    backwards = dict(reversed(samples.items()))
    return [
        (good | {"flan_samples": without(samples, "topk40")}, "topk40 x 3"),
        (good | {"flan_samples": without(samples, "topp0.95", "log_likelihood_sum")}, "lacks log_likelihood_sum"),
        (good | {"flan_samples": without(samples, "topp0.95", "response")}, "'response' is missing"),
        (good | {"flan_samples": without(samples, "beam4")}, "'beam4' has no entries"),
        (good | {"flan_samples": {key: samples[key] for key in list(samples)[1:]}}, "flan_samples: sampling x 4"),
        (good | {"flan_samples": backwards}, "the order is beam4"),
        (good | {"flan_samples": samples | {"topk50": samples["topk40"]}}, "topk50 x 4"),
        (good | {"flan_samples": samples | {"oracle": samples["topk40"]}}, "the name of a method"),
        (good | {"flan_samples": {key: [{"response": "x"}] * len(entries) for key, entries in samples.items()}}, "lacks a value"),
        (less("flan_samples") | {"candidates": [{"response": "x", "decoding": "beam4", "draw": 0}]}, "(candidates: beam4)"),
        (less("flan_samples"), "'candidates' and 'flan_samples'"),
        (less("references"), "'references' is missing"),
        (good | {"references": []}, "the list is empty"),
        (less("dataset"), "'dataset' is missing, other than"),
        (good | {"dataset": 3}, "'dataset': expected a string"),
        ('{"dataset": "one", "flan_samples": {"beam4": [{"log_likelihood_sum": NaN}]}}', ""),
        ("[]", ""),
        ("", ""),
    ]


def expect_error(report, words, place, wanted, text=""):
    done = run_cappy("evaluate", *words, text=text, check=False)
    message = done.stderr.strip()
    ok = done.returncode == 1 and len(message.splitlines()) == 1 and place in message and wanted in message
    report.equal((ok, done.stdout), (True, ""), f"{wanted!r} at {place!r}: {message!r}")


def check_errors(report, folder):
    as_text = lambda line: line if isinstance(line, str) else json.dumps(line)
    for line, wanted in wrong_lines():
        path = folder / "wrong.jsonl"
        path.write_text("\n".join([as_text(good_line()), as_text(good_line()), as_text(line), as_text(good_line()), ""]))
        for form in ("--table", "--json"):
            expect_error(report, [form, path], f"{path}: line 3: ", wanted)
    one = write_lines(folder / "a/one_validation.jsonl", [good_line()])
    two = write_lines(folder / "a/two_validation.jsonl", [good_line(dataset="two")])
    again = write_lines(folder / "b/one_validation.jsonl", [good_line()])
    expect_error(report, ["--table", one, two, again], f"{again}: line 1: ", f"which begins at {one}: line 1")
    expect_error(report, ["--table", one, again], f"{again}: line 1: ", "task 'one' again")
    expect_error(report, ["--table"], "standard input: line 3: ", "task 'one' again",
                 text="".join(path.read_text() for path in (one, two, again)))
    expect_error(report, ["--table", one, folder / "absent.jsonl"], "absent.jsonl", "cannot be opened")
    (folder / "empty.jsonl").write_text("")
    expect_error(report, ["--table", one, folder / "empty.jsonl"], "empty.jsonl", "no lines")
    expect_error(report, ["--table", folder], str(folder), "cannot be read")


def choice_line(name, prompt, example, response, label, score):
    return {"dataset_name": name, "template_name": prompt, "example_idx": example, "instruction": "read this", "response": response,
            "label": label, "score": score}


def make_choices(rng):
    """Questions of 1 to 4 choices, the same text twice at times, scores from few values, some without a right one."""
    lines = []
    for name in ("rte", "cb", "wsc ≠ wic"):
        for example in range(60):
            for prompt in ("a", "1 b", "naïve"):
                texts = rng.choices(["yes", "no", "maybe", "日本"], k=rng.randint(1, 4))
                right = rng.choice(texts + [None])
                labels = [int(text == right) for text in texts]
                lines += [choice_line(name, prompt, example, text, label, rng.randint(-2, 2) / 8)
                          for text, label in zip(texts, labels)]
    return lines


def published_accuracy(lines):
    """name -> (accuracy, questions, without label, of one choice), as cappy_promptsource.py counts."""
    questions = {}
    for line in lines:
        key = f"{line['dataset_name']}|||{line['template_name']}|||{line['example_idx']}"
        questions.setdefault(key, []).append(line)
    by_set = {}
    for key, choices in questions.items():
        best = {"score": float("-inf"), "response": None}
        for choice in choices:
            if best["score"] < choice["score"]:
                best = choice
        right = [choice["response"] for choice in choices if choice["label"] == 1]
        by_set.setdefault(key.split("|||")[0], []).append((best["response"] == right[0] if right else None, len(choices)))
    answer = {}
    for name, results in by_set.items():
        labelled = [(right, size) for right, size in results if right is not None]
        answer[name] = (mean([right for right, _ in labelled]), len(labelled), len(results) - len(labelled),
                        sum(size == 1 for _, size in labelled))
    return answer


def as_lines(lines):
    return "".join(json.dumps(line) + "\n" for line in lines)


def check_choices(report, rng):
    made = make_choices(rng)
    shuffled = rng.sample(made, len(made))
    for lines in (made, shuffled):
        wanted = published_accuracy(lines)
        *rows, macro = rows_of(text=as_lines(lines))
        report.equal(sorted(row["task"] for row in rows), sorted(wanted), "data sets")
        for row in rows:
            accuracy, n, unlabelled, single = wanted[row["task"]]
            report.close(row["value"], accuracy, 1e-12, row["task"])
            report.equal((row["n"], row["unlabelled"], row["one_choice"]), (n, unlabelled, single), row["task"])
        report.close(macro["value"], mean([values[0] for values in wanted.values()]), 1e-12, "the mean over data sets")
        header, _, *cells = cells_of(run_cappy("evaluate", "--table", text=as_lines(lines)).stdout)
        report.equal(header, ["task", "accuracy", "n", "unlabelled", "one choice"], "the table's columns")
        for row, cell in zip([*rows, macro], cells, strict=True):
            report.equal(cell[1:], [f"{100 * row['value']:.4f}", str(row["n"]), str(row["unlabelled"]), str(row["one_choice"])],
                         "the table's cells")


def check_choice_errors(report, folder):
    good = choice_line("rte", "t", 1, "yes", 1, 0.5)
    less = lambda key: {name: value for name, value in good.items() if name != key}
    cases = [(good | {"response": "no"}, "second right response"), (good | {"label": 2}, "0 or 1"),
             (good | {"label": "1"}, "expected an integer"), (less("score"), "cappy score"), (less("label"), "'label' is missing"),
             (good | {"score": None}, "'score': expected a number"), (json.dumps(good).replace("0.5", "NaN"), ""),
             (json.dumps(good).replace("0.5", "-Infinity"), ""), (less("example_idx"), "'example_idx' is missing"),
             (good | {"example_idx": "1"}, "expected an integer"), (less("dataset_name"), "'dataset_name' is missing"),
             (good_line(), "'dataset_name' is missing")]
    for line, wanted in cases:
        text = as_lines([good, good]) + (line if isinstance(line, str) else json.dumps(line)) + "\n" + as_lines([good])
        expect_error(report, ["--json"], "standard input: line 3: ", wanted, text=text)
        path = folder / "choices.jsonl"
        path.write_text(text)
        expect_error(report, ["--table", path], f"{path}: line 3: ", wanted)
    expect_error(report, [], "standard input: line 1: ", "pass --table or --json", text=as_lines([good]))
    nothing_right = rows_of(text=as_lines([good | {"label": 0}, good | {"dataset_name": "cb"}]))
    report.equal([row["value"] for row in nothing_right], [None, 1.0, None], "no mean over fewer data sets")


def main():
    rng = random.Random(4)
    made = [make_line(rng, index) for index in range(300)]
    all_values = [[SCORER.score_multi(line["references"], entry["response"])["rougeL"].fmeasure for entry in entries_of(line)]
                  for line in made]
    report = Report("evaluate")
    for form in (as_candidates, as_flan_samples):
        for scored in (True, False):
            lines = [form(line, scored) for line in made]
            answers = [json.loads(line)["rouge_l"] for line in run(lines)]
            for line, values, answer in zip(made, all_values, answers, strict=True):
                wanted = expected(line, values, scored)
                report.equal({key: answer[key] for key in wanted}, wanted, f"{form.__name__}, scored {scored}")
                report.equal(list(answer), [*wanted, "random"], "the order of the methods")
            check_random(report, lines, answers, all_values)
            check_table(report, lines, answers)
    with tempfile.TemporaryDirectory() as folder:
        check_sizes(report, Path(folder), random.Random(5))
        check_errors(report, Path(folder))
        check_choice_errors(report, Path(folder))
    check_choices(report, random.Random(6))
    report.finish(at_least=10000)


if __name__ == "__main__":
    main()
