"""`cappy score` against transformers' RobertaForSequenceClassification in float64: three shapes (odd head counts and widths) and
two seeds each, pairs that are cut included; and that scores keep every bit whatever the batch, the order and the threads.

The models are made here by transformers, with weights far from zero, so that `cappy models new` is not its own witness."""
import random
import tempfile
from pathlib import Path

import torch
from common import SOURCE, Report, filter_rows, record
from tokenizers import Tokenizer
from transformers import RobertaConfig, RobertaForSequenceClassification

TOLERANCE = 1e-4
# hidden size, layers, heads, inner size, positions, max_length, epsilon
SHAPES = [(63, 2, 3, 100, 514, 512, 1e-5), (40, 3, 5, 97, 130, 60, 1e-12), (112, 1, 7, 160, 200, 128, 1e-5)]
SEEDS = (0, 1)
WORDS = ("the red apple lies under an old bridge near water is it true that seven birds sing no yes maybe 12 407 café "
         "naïve 東京 <mask> </s> <pad> \n don't I'll  x").split(" ")


def make_model(shape, seed, folder, labels=1):
    """Writes a model folder with random weights; returns the reference in float64."""
    hidden, layers, heads, inner, positions, _, epsilon = shape
    torch.manual_seed(seed)
    vocabulary = Tokenizer.from_file(str(SOURCE / "configs/miniature/roberta_tokenizer/tokenizer.json"))
    config = RobertaConfig(vocab_size=vocabulary.get_vocab_size() + 3, hidden_size=hidden, num_hidden_layers=layers,
                           num_attention_heads=heads, intermediate_size=inner, max_position_embeddings=positions,
                           type_vocab_size=1, layer_norm_eps=epsilon, num_labels=labels, pad_token_id=1)
    model = RobertaForSequenceClassification(config)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "LayerNorm.weight" in name:
                weight.uniform_(0.5, 1.5)
            elif weight.dim() == 2:
                weight.normal_(0, 1.3 / weight.shape[1] ** 0.5)
            else:
                weight.normal_(0, 0.3)
    model.save_pretrained(folder)
    for file in (SOURCE / "configs/miniature/roberta_tokenizer").iterdir():
        (Path(folder) / file.name).write_bytes(file.read_bytes())
    return model.double().eval()


def pairs_for(seed):
    rng = random.Random(seed)
    text = lambda least, most: " ".join(rng.choice(WORDS) for _ in range(rng.randint(least, most)))
    rows = [{"instruction": text(0, 40), "response": text(0, 6)} for _ in range(30)]
    rows += [{"instruction": text(300, 700), "response": text(1, 6)} for _ in range(4)]   # instruction cut
    rows += [{"instruction": text(1, 6), "response": text(300, 700)} for _ in range(2)]   # response cut
    rows += [{"instruction": text(300, 700), "response": text(300, 700)} for _ in range(2)]  # both cut
    return rows + rows[:3]


def reference_scores(model, rows, max_length, label=None):
    """Of a regression head the logit, else the probability of a label; and how many pairs were cut."""
    tokenizer = Tokenizer.from_file(str(SOURCE / "configs/miniature/roberta_tokenizer/tokenizer.json"))
    lengths = [len(tokenizer.encode(row["instruction"], row["response"]).ids) for row in rows]
    tokenizer.enable_truncation(max_length)
    scores = []
    for row in rows:
        ids = torch.tensor([tokenizer.encode(row["instruction"], row["response"]).ids])
        with torch.no_grad():
            logits = model(ids, attention_mask=torch.ones_like(ids)).logits[0]
        scores.append((logits[0] if label is None else logits.softmax(0)[label]).item())
    return scores, sum(length > max_length for length in lengths)


def check_classification(report):
    """The score of a model that tells labels apart is the probability of the label that --label names."""
    shape = SHAPES[1]
    with tempfile.TemporaryDirectory() as folder:
        model, rows = make_model(shape, 4, folder, labels=3), pairs_for(4)
        for label in range(3):
            mine = filter_rows(rows, "score", "--model", folder, "--max-length", shape[5], "--threads", 1, "--label", f"LABEL_{label}")
            reference, _ = reference_scores(model, rows, shape[5], label)
            largest = 0
            for i, (row, wanted) in enumerate(zip(mine, reference, strict=True)):
                report.close(row["score"], wanted, TOLERANCE, f"label {label}, pair {i}")
                largest = max(largest, abs(row["score"] - wanted))
            record("roberta classification", "safetensors", "float32", "score, largest difference", largest, TOLERANCE)


def main():
    torch.set_num_threads(1)
    exact, bits = Report("roberta float64"), Report("roberta bits")
    cut_pairs, spread = 0, []
    for number, shape in enumerate(SHAPES):
        for seed in SEEDS:
            with tempfile.TemporaryDirectory() as folder:
                model, rows, max_length = make_model(shape, seed, folder), pairs_for(10 * number + seed), shape[5]
                reference, cut = reference_scores(model, rows, max_length)
                words = ["score", "--model", folder, "--max-length", max_length, "--threads", 1]
                mine = [row["score"] for row in filter_rows(rows, *words)]
                for i, (a, b) in enumerate(zip(mine, reference, strict=True)):
                    exact.close(a, b, TOLERANCE, f"shape {shape} seed {seed} pair {i}")
                record("roberta regression", "safetensors", "float32", "score, largest difference",
                       max(abs(a - b) for a, b in zip(mine, reference)), TOLERANCE)
                cut_pairs += cut
                spread.append(max(reference) - min(reference))
                for other in ([*words, "--batch-tokens", 1], [*words[:-1], 2], [*words, "--batch-tokens", 777]):
                    bits.equal([row["score"] for row in filter_rows(rows, *other)], mine, f"{other}")
                backwards = [row["score"] for row in filter_rows(rows[::-1], *words)]
                bits.equal(backwards[::-1], mine, f"shape {shape} seed {seed} in reverse order")
                bits.equal(filter_rows(rows[7:8], *words)[0]["score"], mine[7], f"shape {shape} seed {seed} alone")
    check_classification(exact)
    print(f"{cut_pairs} pairs were cut; scores spread over at least {min(spread):.3f}")
    if cut_pairs < 6 or min(spread) < 0.1:
        raise SystemExit("the cases are too easy: nothing is cut, or all scores are the same")
    bits.finish(at_least=30)
    exact.finish(at_least=200)


if __name__ == "__main__":
    main()
