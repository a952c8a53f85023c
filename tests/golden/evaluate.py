"""`cappy evaluate` against an independent computation: rouge-score for every candidate, Python's max for every choice.

Both forms of input (what `cappy generate` writes and the authors' published files), with and without log-likelihoods, ties everywhere
(log-likelihoods are drawn from few values), and the means of --table. The random choice has no outside source: it must be one of the
candidates, the same in every run, another under another seed, and on average as good as the average candidate.
"""
import json
import random

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
    report.finish(at_least=3000)


if __name__ == "__main__":
    main()
