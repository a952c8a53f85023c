"""What fewer bits change, for a T5, a RoBERTa scorer and an OPT with random weights.

`--weights float16|bfloat16` with float32 sums is exact arithmetic on rounded weights: transformers in float64 with weights rounded alike is
the reference, the tolerance that of float32. `--dtype bfloat16|int8` is other arithmetic, whose effect is measured: how the choices of an
instruction rank (Kendall's tau with the ranks of the float64 reference, the mean over instructions) and the largest difference as a
share of the standard deviation. Those limits are about twice what was measured of RoBERTa on AVX2; trained models have larger outliers.
"""
import copy
import random
import statistics
import tempfile
from pathlib import Path

import common
import opt
import roberta
import t5
import torch
from scipy.stats import kendalltau
from transformers import AutoTokenizer

INSTRUCTIONS, RESPONSES = 16, 10
EXACT = {"float16": torch.float16, "bfloat16": torch.bfloat16}
LIMITS = {  # 1 - tau, largest difference in standard deviations
    "bfloat16": (0.1, 0.4), "int8": (0.2, 1.2)}
T5_SHAPE = dict(d_model=128, d_kv=32, d_ff=256, num_heads=4, num_layers=3, num_decoder_layers=3,
                feed_forward_proj="gated-gelu", tie_word_embeddings=False)
OPT_SHAPE = dict(hidden_size=128, num_attention_heads=4, ffn_dim=384, num_hidden_layers=4)
ROBERTA_SHAPE = (128, 4, 4, 384, 130, 96, 1e-5)


def make_rows(words):
    """Responses of an instruction are equally long, so that not their lengths decide the ranks."""
    draw = random.Random(8)
    text = lambda count: " ".join(draw.choice(words) for _ in range(count))
    instructions = [text(draw.randint(5, 30)) for _ in range(INSTRUCTIONS)]
    return [{"instruction": instruction, "response": text(5)} for instruction in instructions for _ in range(RESPONSES)]


class Case:
    """A model in a folder, its network in float64, and what both say of rows."""

    def __init__(self, name, folder, words, key):
        self.name, self.folder, self.key, self.rows = name, folder, key, make_rows(words)

    def mine(self, *words):
        verb = "score" if self.key == "score" else "loglikelihood"
        return [row[self.key] for row in common.filter_rows(self.rows, verb, "--model", self.folder, "--threads", 1, *words)]


def t5_case(folder):
    case = Case("t5 1.1 untied", folder, t5.WORDS, "log_likelihood")
    model, tokenizer = t5.make_model(folder, T5_SHAPE, 5, own_head=True).double(), AutoTokenizer.from_pretrained(t5.TOKENIZER)
    case.model = model
    case.reference = lambda network: [t5.reference(network, tokenizer, row, 512)[0] for row in case.rows]
    return case


def opt_case(folder):
    case = Case("opt", folder, opt.WORDS, "log_likelihood")
    case.model, tokenizer = opt.make_model(folder, OPT_SHAPE, 5), opt.save_tokenizer(folder)
    case.reference = lambda network: [opt.reference(network, tokenizer, row, 512)[0] for row in case.rows]
    return case


def roberta_case(folder):
    case = Case("roberta regression", folder, roberta.WORDS, "score")
    folder.mkdir()
    case.model = roberta.make_model(ROBERTA_SHAPE, 5, folder)
    case.reference = lambda network: roberta.reference_scores(network, case.rows, 128)[0]
    return case


def check_rounded_weights(report, case):
    for name, dtype in EXACT.items():
        reference = case.reference(copy.deepcopy(case.model).to(dtype).double())
        largest = 0
        for i, (a, b) in enumerate(zip(case.mine("--weights", name), reference, strict=True)):
            allowed = max(1e-4, 1e-5 * abs(b)) if case.key == "log_likelihood" else 1e-4
            report.close(a, b, allowed, f"{case.name}, weights {name}, row {i}")
            largest = max(largest, abs(a - b) / allowed * 1e-4)
        common.record(case.name, "safetensors", f"{name} weights", f"{case.key.replace('_', '-')}, largest difference from float64",
                      largest, 1e-4)


def groups(values):
    return [values[i:i + RESPONSES] for i in range(0, len(values), RESPONSES)]


def check_arithmetic(case):
    reference = case.reference(case.model)
    spread = statistics.mean(statistics.stdev(group) for group in groups(reference))
    for dtype, (most_unranked, most_different) in LIMITS.items():
        mine = case.mine("--dtype", dtype)
        if mine == case.mine():
            raise SystemExit(f"{case.name}: --dtype {dtype} computes what float32 does, so nothing is measured")
        tau = statistics.mean(float(kendalltau(a, b).statistic) for a, b in zip(groups(mine), groups(reference)))
        flipped = sum(a.index(max(a)) != b.index(max(b)) for a, b in zip(groups(mine), groups(reference)))
        largest = max(abs(a - b) for a, b in zip(mine, reference, strict=True)) / spread
        print(f"{case.name}, {dtype}: tau {tau:.4f}, {flipped} of {INSTRUCTIONS} choices flipped, largest difference {largest:.3f} "
              f"standard deviations of {spread:.3f}")
        common.record(case.name, "safetensors", f"{dtype} arithmetic", "1 - Kendall's tau with float64", 1 - tau, most_unranked)
        common.record(case.name, "safetensors", f"{dtype} arithmetic", "largest difference from float64, standard deviations",
                      largest, most_different)


def main():
    torch.set_num_threads(1)
    report = common.Report("rounded weights against float64")
    with tempfile.TemporaryDirectory() as scratch:
        for make in (t5_case, roberta_case, opt_case):
            case = make(Path(scratch) / make.__name__)
            check_rounded_weights(report, case)
            check_arithmetic(case)
    report.finish(at_least=3 * 2 * INSTRUCTIONS * RESPONSES)


if __name__ == "__main__":
    main()
