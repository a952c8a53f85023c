"""The same bytes whatever the batch, order and threads, on models of real width.

Candidates with their log-likelihoods, log-likelihoods of responses and scores are compared as the lines that the
filters print: with one and two threads, with --batch-tokens from one row to all, in reverse order, and alone.
"""
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

import yaml
from common import SHARED, SOURCE, Report, read_jsonl, run_cappy

os.environ.pop("OMP_NUM_THREADS", None)  # two threads must be two,
os.environ["OMP_WAIT_POLICY"] = "passive"  # and not spin where other tests run

SCALE = dict(logits=3, end_of_sequence=2.25, attention=2.5, residual=1.5)
T5 = dict(architecture="t5", tokenizer="t5_tokenizer", d_kv=64, num_layers=1, num_decoder_layers=1, scale=SCALE)
OPT = dict(architecture="opt", tokenizer="roberta_tokenizer", num_hidden_layers=2, scale=SCALE)
MODELS = {
    "t5-512": dict(T5, d_model=512, d_ff=1024, num_heads=6),
    "t5-768": dict(T5, d_model=768, d_ff=2048, num_heads=12),
    "opt-768": dict(OPT, hidden_size=768, ffn_dim=3072, num_attention_heads=12),
    "opt-320": dict(OPT, hidden_size=320, ffn_dim=1000, num_attention_heads=5, word_embed_proj_dim=96,
                    do_layer_norm_before=False),
}
LENGTHS = dict(t5=["--max-length", 10], opt=["--max-source-length", 100, "--max-length", 110])  # the latter with the prompt
SETTINGS = [dict(name="greedy"), dict(name="beam4", num_beams=4),
            dict(name="sampling", do_sample=True, num_return_sequences=3),
            dict(name="topp0.95", do_sample=True, top_p=0.95, num_return_sequences=2)]


def texts():
    """Instructions of many lengths: RTE where the shared data is there, some of them short, two of them equal."""
    path = SHARED / "data/promptsource/super_glue_rte/validation.jsonl"
    if path.exists():
        rows = read_jsonl(path)[:20]
    else:
        rows = [dict(premise="The cat sat on the mat. " * (i % 7 + 1), hypothesis=f"It sat {i} times.") for i in range(20)]
    long = [f"{row['premise']} Question: {row['hypothesis']} True or False?" for row in rows]
    return long[:12] + [text[:3 * i + 1] for i, text in enumerate(long[12:])] + [long[3], long[0] * 2]


def tokenizer_folder(folder, config):
    """The miniature ones; OPT's has `</s>` in front of a text and nothing behind it."""
    miniature = SOURCE / "configs/miniature" / config["tokenizer"]
    if config["architecture"] != "opt":
        return str(miniature)
    out = shutil.copytree(miniature, folder / "opt_tokenizer", dirs_exist_ok=True)
    settings = json.loads((out / "tokenizer.json").read_text("utf-8"))
    start, first, second = ({"SpecialToken": {"id": "</s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                            {"Sequence": {"id": "B", "type_id": 0}})
    settings["post_processor"] = {"type": "TemplateProcessing", "single": [start, first], "pair": [start, first, second],
                                  "special_tokens": {"</s>": {"id": "</s>", "ids": [2], "tokens": ["</s>"]}}}
    (out / "tokenizer.json").write_text(json.dumps(settings), "utf-8")
    return str(out)


def new_model(folder, name, config):
    file = folder / f"{name}.yaml"
    file.write_text(yaml.safe_dump(dict(config, tokenizer=tokenizer_folder(folder, config))))
    run_cappy("models", "new", "--config", file, "--seed", 1, "--out", folder / name)
    return folder / name


def new_scorer(folder):
    file = folder / "scorer.yaml"
    config = yaml.safe_load((SOURCE / "configs/miniature/scorer.yaml").read_text())
    config.update(hidden_size=768, intermediate_size=3072, num_attention_heads=12, num_hidden_layers=2,
                  tokenizer=str(SOURCE / "configs/miniature" / config["tokenizer"]))
    file.write_text(yaml.safe_dump(config))
    run_cappy("models", "new", "--config", file, "--seed", 1, "--out", folder / "scorer")
    return folder / "scorer"


def lines(rows, words, *more):
    text = "".join(json.dumps(row) + "\n" for row in rows)
    return run_cappy(*words, *more, text=text).stdout.splitlines()


def compare(name, rows, words):
    """Returns the lines of the plain run."""
    report = Report(f"batch invariance of {name}")
    plain = lines(rows, words, "--threads", 1)
    report.equal(len(plain), len(rows))
    variants = {"2 threads": ["--threads", 2], "one row": ["--threads", 1, "--batch-tokens", 1],
                "few rows": ["--threads", 2, "--batch-tokens", 150],
                "all rows": ["--threads", 2, "--batch-tokens", 10**6]}
    for variant, more in variants.items():
        for place, line in enumerate(lines(rows, words, *more)):
            report.equal(line, plain[place], f"{variant}, input {place}")
    for place, line in enumerate(lines(rows[::-1], words, "--threads", 2)[::-1]):
        report.equal(line, plain[place], f"reversed, input {place}")
    for place in [0, 13]:
        report.equal(lines([rows[place]], words, "--threads", 1), [plain[place]], f"alone, input {place}")
    report.finish(at_least=5 * len(rows))
    return plain


def compare_decodings(rows, words, plain):
    """A decoding alone, one row an instruction, gives what it gives among the others."""
    report = Report("a decoding alone")
    for place, line in enumerate(lines(rows, [*words, "--decoding", "greedy"])):
        among = [c for c in json.loads(plain[place])["candidates"] if c["decoding"] == "greedy"]
        report.equal(json.loads(line)["candidates"], among, f"input {place}")
    report.finish(at_least=len(rows))


def main():
    instructions = texts()
    responses = ["True", "False, because nobody said so", "a " * 30, "yes"]
    pairs = [dict(instruction=text, response=responses[i % 4]) for i, text in enumerate(instructions)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "settings.yaml").write_text(yaml.safe_dump(SETTINGS))
        for model, config in MODELS.items():
            path = new_model(folder, model, config)
            rows = [dict(instruction=text) for text in instructions]
            words = ["generate", "--model", path, "--seed", 5, *LENGTHS[config["architecture"]]]
            plain = compare(f"{model}, generate", rows, [*words, "--decoding", folder / "settings.yaml"])
            compare_decodings(rows, words, plain)
            if len({json.loads(line)["candidates"][0]["response"] for line in plain}) < 3:
                sys.exit(f"{model}: outputs hardly differ, so the comparison proves nothing")
            compare(f"{model}, loglikelihood", pairs, ["loglikelihood", "--model", path])
        compare("scorer of width 768, score", pairs, ["score", "--model", new_scorer(folder)])


main()
