"""T5 against transformers in float64: log-likelihoods of random models, written by transformers itself.

Three shapes (T5 1.1 gated with its own head, T5 1.0 tied, 1.1 tied in the file but unscaled; odd heads, d_kv * heads !=
d_model, unequal depths) and two seeds. Tolerance: 1e-4 up to 10 nats, beyond 1e-5 relative. Also with weights rounded to
float16, and bit for bit with another batch size, order and number of threads.
"""
import random
import shutil
import tempfile
from pathlib import Path

import common
import torch
from transformers import AutoTokenizer, T5Config, T5ForConditionalGeneration

TOKENIZER = common.need_shared() / "data/tokenizers/t5"
NAMES = ["t5 1.1 untied", "t5 1.0", "t5 1.1 tied"]
SHAPES = [
    dict(d_model=36, d_kv=5, d_ff=52, num_heads=3, num_layers=3, num_decoder_layers=2,
         feed_forward_proj="gated-gelu", tie_word_embeddings=False),
    dict(d_model=64, d_kv=16, d_ff=96, num_heads=5, num_layers=2, num_decoder_layers=3,
         feed_forward_proj="relu", tie_word_embeddings=True),
    dict(d_model=48, d_kv=12, d_ff=33, num_heads=7, num_layers=1, num_decoder_layers=1,
         feed_forward_proj="gated-gelu", tie_word_embeddings=False, relative_attention_num_buckets=16,
         relative_attention_max_distance=40),
]
WORDS = ("the of und and to a in is das Haus grün naïve 東京 emoji 🙂 answer: question? 12 3.14 translate summarize list "
         "object count word sort language , . ; ' \" - yes no true false apple river stone quickly").split(" ")


def make_model(folder, shape, seed, own_head):
    """A model whose logits spread by a few nats, as real ones do; saved by transformers."""
    torch.manual_seed(seed)
    config = T5Config(vocab_size=32128, decoder_start_token_id=0, **shape)
    model = T5ForConditionalGeneration(config).eval()
    if own_head:
        model.lm_head.weight = torch.nn.Parameter(torch.empty(config.vocab_size, config.d_model))
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "layer_norm" in name:
                weight.uniform_(0.5, 1.5)
            elif "relative_attention_bias" in name:
                weight.normal_(0, 1)
            elif name == "lm_head.weight":
                weight.normal_(0, 2 * config.d_model ** -0.5)
            elif name == "shared.weight":
                weight.normal_(0, 2)
            else:
                weight.normal_(0, 1.2 * weight.shape[1] ** -0.5)
    model.save_pretrained(folder)
    for file in TOKENIZER.iterdir():
        shutil.copy(file, folder)
    return model


def make_rows(seed, count=16):
    draw = random.Random(seed)
    text = lambda most: " ".join(draw.choice(WORDS) for _ in range(draw.randint(0, most)))
    instructions = [text(draw.choice([3, 20, 60, 160])) for _ in range(count // 2)]
    rows = [{"instruction": draw.choice(instructions), "response": text(draw.choice([0, 2, 8, 30]))} for _ in range(count)]
    return rows + [{"instruction": "", "response": text(8)}]  # what a score without an instruction rests on


@torch.no_grad()
def reference(model, tokenizer, row, length):
    source = tokenizer(row["instruction"], truncation=True, max_length=length, return_tensors="pt").input_ids
    target = tokenizer(row["response"], return_tensors="pt").input_ids
    logits = model(input_ids=source, labels=target).logits[0]
    return torch.log_softmax(logits, -1)[range(target.shape[1]), target[0]].sum().item(), target.shape[1]


def compare(report, model, tokenizer, rows, mine, where, length=512):
    """Returns the largest difference, beyond 10 nats that of 10 nats."""
    largest = 0
    for i, (row, got) in enumerate(zip(rows, mine, strict=True)):
        wanted, tokens = reference(model, tokenizer, row, length)
        report.close(got["log_likelihood"], wanted, max(1e-4, 1e-5 * abs(wanted)), f"{where} row {i}")
        report.equal(got["tokens"], tokens, f"{where} tokens of row {i}")
        largest = max(largest, abs(got["log_likelihood"] - wanted) / max(1, abs(wanted) / 10))
    return largest


def record(dtype, shape, largest):
    common.record(NAMES[shape], "safetensors", dtype, "log-likelihood, largest difference of 10 nats", largest, 1e-4)


def main():
    exact, bits = common.Report("t5 log-likelihoods against float64"), common.Report("t5 log-likelihoods, every bit")
    tokenizer = AutoTokenizer.from_pretrained(TOKENIZER)
    with tempfile.TemporaryDirectory() as scratch:
        for number, shape in enumerate(SHAPES):
            for seed in (1, 2):
                folder = Path(scratch) / f"{number}-{seed}"
                model = make_model(folder, shape, seed, own_head=number == 0)
                rows = make_rows(10 * number + seed)
                run = lambda rows, *more: common.filter_rows(rows, "loglikelihood", "--model", folder, *more)
                mine = run(rows, "--threads", 1)
                largest = compare(exact, model.double(), tokenizer, rows, mine, f"shape {number} seed {seed}")
                record("float32", number, largest)
                bits.equal(run(rows[::-1], "--threads", 2, "--batch-tokens", 1)[::-1], mine, f"shape {number} seed {seed}")
                tokenizer.truncation_side = "left"
                left = run(rows, "--max-source-length", 12, "--truncation-side", "left")
                compare(exact, model, tokenizer, rows, left, f"shape {number} seed {seed}, cut on the left", 12)
                tokenizer.truncation_side = "right"
                if seed == 1:
                    rounded = model.half().double()
                    largest = compare(exact, rounded, tokenizer, rows[:8], run(rows[:8], "--weights", "float16"), f"shape {number} float16")
                    record("float16 weights", number, largest)
    exact.finish(at_least=240)
    bits.finish(at_least=6)


if __name__ == "__main__":
    main()
