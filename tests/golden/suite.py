"""The suite as files: names, groups, counts, and the training mixture rendered on rows that are made up.

* The names of the two measured groups are those of the published tables (shared data; said where it is not there).
* Counts of templates and rows of T0's 38 training sets stand here as T0's list and promptsource.md give them; compared with the
  package, with the task files and with what `cappy tasks list` makes of them before and after the caps.
* Each of the 38 is rendered by all its templates, by `cappy render` and through its task file, and equals promptsource.
"""
import json
import os
import random
import re
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

import promptsource_oracle as oracle
import row_maker
from common import SHARED, SOURCE, Report, run_cappy

# PromptSource's folder: rows of train, templates, original templates, templates with answer choices
T0 = {
    "glue/mrpc": (3668, 7, 5, 5), "glue/qqp": (363846, 6, 5, 6), "paws/labeled_final": (49401, 12, 11, 11),
    "kilt_tasks/hotpotqa": (88869, 5, 0, 0), "wiki_qa": (20360, 11, 6, 5),
    "adversarial_qa/dbidaf": (10000, 5, 4, 0), "adversarial_qa/dbert": (10000, 5, 4, 0),
    "adversarial_qa/droberta": (10000, 5, 4, 0), "duorc/SelfRC": (60721, 9, 5, 0), "duorc/ParaphraseRC": (69524, 9, 5, 0),
    "ropes": (10924, 12, 10, 0), "quoref": (19399, 11, 10, 0),
    "cos_e/v1.11": (9741, 11, 6, 6), "cosmos_qa": (25262, 13, 10, 12), "dream": (6116, 5, 2, 2), "qasc": (8134, 8, 5, 8),
    "quail": (10246, 13, 10, 13), "quarel": (1941, 5, 0, 5), "quartz": (2696, 8, 8, 8), "sciq": (11679, 5, 4, 5),
    "social_i_qa": (33410, 6, 5, 5), "wiki_hop/original": (43738, 9, 5, 5), "wiqa": (29808, 8, 2, 4),
    "amazon_polarity": (3600000, 9, 9, 9), "app_reviews": (288065, 4, 0, 2), "imdb": (25000, 11, 10, 11),
    "rotten_tomatoes": (8530, 10, 10, 10), "yelp_review_full": (650000, 7, 7, 7),
    "common_gen": (67389, 9, 6, 0), "wiki_bio": (582659, 5, 1, 0),
    "cnn_dailymail/3.0.0": (287113, 9, 7, 0), "gigaword": (3803957, 9, 7, 0), "multi_news": (44972, 6, 5, 0),
    "samsum": (14732, 7, 6, 0), "xsum": (204045, 10, 10, 0),
    "ag_news": (120000, 7, 7, 7), "dbpedia_14": (560000, 4, 4, 4), "trec": (5452, 18, 7, 18),
}
CAP = 500_000
ROWS = 4  # made up per set


def task_files(group):
    """{name: file's content} of the task files that name a group."""
    found = {}
    for file in sorted((SOURCE / "tasks").rglob("*.yaml")):
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        if "task" in content and content.get("group") == group:
            assert file.stem == content["task"], file
            found[content["task"]] = content
    return found


def listed(name):
    return list(rows_of_list(name))


def compare_names(report):
    groups = {name: task_files(name) for name in ("promptsource-heldout", "bigbench-generation", "t0-train")}
    for name, size in (("promptsource-heldout", 11), ("bigbench-generation", 45), ("t0-train", 38)):
        report.equal(len(groups[name]), size, f"{name}: number of files")
        report.equal(sorted(listed(name)), sorted(groups[name]), f"{name}: cappy tasks list")
    report.equal(sorted(listed("paper")), sorted({**groups["promptsource-heldout"], **groups["bigbench-generation"]}), "paper")
    published = SHARED / "reference/published_results.json"
    if not published.is_file():
        print(f"not compared: the published names ({published} is not there)")
        return groups
    results = json.loads(published.read_text(encoding="utf-8"))
    accuracy = [name for name in results["promptsource_accuracy"] if name not in ("columns", "average")]
    report.equal(sorted(groups["promptsource-heldout"]), sorted(accuracy), "names of the classification sets")
    report.equal(sorted(groups["bigbench-generation"]), sorted(results["bigbench_cappy_rouge_l"]), "names of BIG-bench")
    return groups


def compare_provenance(report, groups):
    seen = [name for name, one in groups["promptsource-heldout"].items() if "flan" in one["source"].get("seen_by", [])]
    report.equal(sorted(set(groups["promptsource-heldout"]) - set(seen)), ["crows_pairs", "winogender"], "not seen by FLAN")
    for name, one in {name: one for group in groups.values() for name, one in group.items()}.items():
        revision = one["data"].get("revision", "0" * 40)
        report.equal(re.fullmatch("[0-9a-f]{40}", revision) is not None, True, f"{name}: its revision is a commit")
        report.equal(bool(one["source"]["licence"] and one["source"]["homepage"] and one["description"]), True, f"{name}: source")
        pinned = set(one["data"].get("rows", {})) == {one["data"][key] for key in ("split", "train") if key in one["data"]}
        report.equal(pinned, name != "tellmewhy", f"{name}: rows of every split are pinned")


def rows_of_list(name):
    """{task: line} of `cappy tasks list NAME --json`."""
    lines = [json.loads(line) for line in run_cappy("tasks", "list", name, "--json").stdout.split("\n")[:-1]]
    return {line["task"]: line for line in lines}


def compare_counts(report, files):
    listed = rows_of_list("t0-train")
    for folder, (rows, total, original, with_choices) in T0.items():
        prompts = oracle.load(folder).values()
        counts = (len(prompts), sum(bool(one.metadata.original_task) for one in prompts),
                  sum(one.answer_choices is not None for one in prompts))
        report.equal(counts, (total, original, with_choices), f"{folder}: templates")
        name, content = next((name, one) for name, one in files.items() if one["prompt"]["promptsource"] == folder)
        report.equal(content["data"]["rows"], {"train": rows}, f"{name}: rows")
        report.equal((content["kind"], content["prompt"]["templates"], content["mixture"]), ("mixed", "all", {"cap": CAP}), name)
        capped = CAP // total if rows > CAP else rows  # T0: a rate per template
        line = listed[name]
        report.equal([line[key] for key in ("rows", "templates", "instances", "after_caps")],
                     [rows, total, rows * total, capped * total], f"{name}: cappy tasks list")
    totals = [sum(column) for column in zip(*T0.values())]
    report.equal((len(T0), *totals[1:]), (38, 313, 222, 168), "sums of the 38")


def words(generator, count):
    return [row_maker.text(generator).replace("|||", "|") or "x" for _ in range(count)]


def distinct(generator, count):
    return [f"{number} {text}".strip() for number, text in enumerate(words(generator, count))]


def answered(generator, choices, options, answer):
    """Columns in which the answer is one of the options."""
    texts = distinct(generator, options)
    return {choices: texts, answer: generator.choice(texts)}


def lettered(generator, options):
    """Columns like qasc's: options with letters, and the letter of the answer."""
    letters = "ABCDEFGH"[:options]
    return {"choices": {"text": distinct(generator, options), "label": list(letters)}, "answerKey": generator.choice(letters)}


def wiqa(generator):
    kind, letter = generator.choice(["INPARA_EFFECT", "OUTOFPARA_EFFECT", "EXOGENOUS_EFFECT"]), generator.choice("ABC")
    labels = {"A": "more", "B": "less", "C": "no_effect"}
    return {"choices": {"label": list("ABC"), "text": ["more", "less", "no effect"]}, "metadata_question_type": kind,
            "answer_label": labels[letter], "answer_label_as_choice": letter}


# Columns that must fit each other for a template to say anything: drawn together, over what row_maker guessed.
TOGETHER = {
    "cos_e/v1.11": lambda generator: answered(generator, "choices", 5, "answer"),
    "dream": lambda generator: answered(generator, "choice", 3, "answer"),
    "wiki_hop/original": lambda generator: answered(generator, "candidates", 6, "answer"),
    "qasc": lambda generator: lettered(generator, 8),
    "quartz": lambda generator: lettered(generator, 2),
    "quail": lambda generator: {"answers": distinct(generator, 4), "correct_answer_id": generator.randrange(4)},
    "wiqa": wiqa,
    "quarel": lambda generator: {"answer_index": generator.randrange(2)},
    "social_i_qa": lambda generator: {"label": generator.choice("123")},
    "trec": lambda generator: dict(zip(("label_coarse", "label_fine"),  # a class and one of its subclasses
                                       generator.choice([(0, 7), (1, 2), (2, 34), (3, 4), (4, 13), (5, 21)]))),
    **{folder: lambda generator: {"label": generator.randrange(2)} for folder in
       ("glue/mrpc", "glue/qqp", "paws/labeled_final", "wiki_qa", "amazon_polarity", "imdb", "rotten_tomatoes")},
}


def make_rows(folder, prompts, generator):
    """Rows that have the columns of all templates and that all render without an error."""
    rows = []
    for _ in range(400):
        row = {}
        for prompt in prompts.values():
            for column, value in row_maker.make_row(prompt, generator).items():
                if column not in row or generator.random() < 0.3:
                    row[column] = value
        row.update(TOGETHER[folder](generator) if folder in TOGETHER else {})
        if not any(isinstance(oracle.render(prompt, row), Exception) for prompt in prompts.values()):
            rows.append(row)
        if len(rows) == ROWS:
            break
    return rows


def rendered(folder, rows):
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    out = run_cappy("render", "--prompt", folder, "--template", "all", text=text).stdout
    return [json.loads(line) for line in out.split("\n")[:-1]]


def exported(task, rows, folder):
    """The instances of a training set whose rows are made up, through its task file."""
    file, sources = folder / f"{task}.jsonl", folder / f"{task}.sources.yaml"
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    sources.write_text(json.dumps({task: str(file)}))
    out = run_cappy("tasks", "export", task, "--split", "train", "--sources", sources).stdout
    return [json.loads(line) for line in out.split("\n")[:-1]]


def instance_of(number, name, one):
    """A template without choices, or whose target is none of them, gives text to write: a generation instance."""
    row = {"id": f"{number}/{name}", "instruction": one["instruction"]}
    if one["choices"] is None or one["target"] not in one["choices"]:
        return {**row, "references": [one["target"]]}
    return {**row, "choices": one["choices"], "label": one["choices"].index(one["target"])}


def compare_rendered(report, files, folder):
    generator, jobs = random.Random(38), {}
    with ThreadPoolExecutor(1) as pool:  # cappy beside promptsource
        for task, content in files.items():
            data_set = content["prompt"]["promptsource"]
            prompts = oracle.load(data_set)
            rows = make_rows(data_set, prompts, generator)
            report.equal(len(rows), ROWS, f"{task}: rows that render")
            jobs[task] = (data_set, prompts, rows, pool.submit(rendered, data_set, rows), pool.submit(exported, task, rows, folder))
        for task, (data_set, prompts, rows, by_filter, by_task) in jobs.items():
            wanted = [{**row, "template": name, **oracle.render(prompt, row)} for row in rows for name, prompt in prompts.items()]
            for mine, other in zip_all(by_filter.result(), wanted):
                report.equal(mine, other, f"{data_set}: render")
            instances = [instance_of(i // len(prompts), one["template"], one) for i, one in enumerate(wanted)
                         if one["instruction"] is not None and one["target"] is not None]
            for mine, other in zip_all(by_task.result(), instances):
                report.equal(mine, other, f"{task}: export")


def zip_all(mine, wanted):
    assert len(mine) == len(wanted), f"{len(mine)} lines of cappy, {len(wanted)} of promptsource"
    return zip(mine, wanted)


def main():
    os.environ.setdefault("CAPPY_HOME", str(SOURCE))
    names, counts = Report("suite: names and groups"), Report("suite: counts of T0's mixture")
    rendering = Report("suite: the 38, rendered")
    groups = compare_names(names)
    compare_provenance(names, groups)
    compare_counts(counts, groups["t0-train"])
    with tempfile.TemporaryDirectory() as folder:
        compare_rendered(rendering, groups["t0-train"], Path(folder))
    names.finish(at_least=94 * 3)
    counts.finish(at_least=38 * 4)
    rendering.finish(at_least=38 * ROWS * 2)


if __name__ == "__main__":
    main()
