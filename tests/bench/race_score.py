"""Race: Cappy's scorer, pairs of real text through RoBERTa with a regression head.

Everyone tokenises within the time, sorts by length and fills batches up to a budget of padded tokens: transformers and CTranslate2 try
those of --budgets before the race and keep their best. CTranslate2 has no head for it: its last states go through numpy.
Wanted: 1.45 times transformers; int8 at least CTranslate2's int8, at no larger error.

    race_score.py [--model roberta-large] [--pairs 32] [--budgets 512,1024,2048] [--quick: 4 layers] [--systems cappy,transformers]
"""
import sys
import time

import race
import race_models

ARGUMENTS = race.options(__doc__, model="roberta-large", pairs=32, budgets="512,1024,2048")
if ARGUMENTS.quick:
    ARGUMENTS.model, ARGUMENTS.pairs, ARGUMENTS.rounds, ARGUMENTS.budgets = "roberta-large-4", 8, 1, "1024"


def encode(tokenize, rows):
    return tokenize([row["instruction"] for row in rows], [row["response"] for row in rows], truncation="longest_first",
                    max_length=512)["input_ids"]


def batches(ids, budget):
    """Places in `ids`, longest first, as many as stay within the budget when padded."""
    batch = []
    for place in sorted(range(len(ids)), key=lambda place: -len(ids[place])):
        if batch and (len(batch) + 1) * len(ids[batch[0]]) > budget:
            yield batch
            batch = []
        batch.append(place)
    yield batch


def with_best_budget(forward, tokenize):
    """A function of rows from one of batches of ids; the first call with many rows chooses the budget."""
    best = {}

    def score(rows, budget):
        ids = encode(tokenize, rows)
        scores = [None] * len(rows)
        for places in batches(ids, budget):
            for place, value in zip(places, forward([ids[place] for place in places]), strict=True):
                scores[place] = {"score": float(value)}
        return scores

    def seconds(rows, budget):
        begin = time.perf_counter()
        score(rows, budget)
        return time.perf_counter() - begin

    def run(rows):
        return score(rows, best.get("budget", 1024))

    def prepare(rows):
        best["budget"] = min(map(int, ARGUMENTS.budgets.split(",")), key=lambda budget: seconds(rows, budget))
        print(f"best budget {best['budget']}", file=sys.stderr)

    run.prepare = prepare
    return run


def tokenizer(folder):
    from transformers import AutoTokenizer
    return AutoTokenizer.from_pretrained(folder)


def transformers():
    import torch
    from transformers import RobertaForSequenceClassification
    torch.set_num_threads(race.THREADS)
    folder = race_models.model(ARGUMENTS.model)
    model = RobertaForSequenceClassification.from_pretrained(folder, dtype=torch.float32).eval()

    @torch.inference_mode()
    def forward(ids):
        longest = max(map(len, ids))
        tokens = torch.tensor([row + [1] * (longest - len(row)) for row in ids])
        mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in ids])
        return model(input_ids=tokens, attention_mask=mask).logits[:, 0].tolist()
    return with_best_budget(forward, tokenizer(folder))


def ctranslate2(compute_type):
    def load():
        import ctranslate2
        import numpy
        from ctranslate2.converters import transformers as converters
        from safetensors.numpy import load_file
        folder = race_models.model(ARGUMENTS.model)
        target = folder / "ctranslate2"
        if not (target / "model.bin").exists():
            read = converters.RobertaLoader.get_model_spec

            def read_absolute(self, model):  # a field that transformers 5 no longer has
                model.config.position_embedding_type = "absolute"
                return read(self, model)

            converters.RobertaLoader.get_model_spec = read_absolute
            converters.TransformersConverter(str(folder)).convert(str(target), force=True)
        engine = ctranslate2.Encoder(str(target), compute_type=compute_type, intra_threads=race.THREADS, inter_threads=1)
        head = {name: tensor for name, tensor in load_file(folder / "model.safetensors").items() if "classifier" in name}

        def forward(ids):
            states = numpy.array(engine.forward_batch(ids).last_hidden_state)[:, 0]
            hidden = numpy.tanh(states @ head["classifier.dense.weight"].T + head["classifier.dense.bias"])
            return (hidden @ head["classifier.out_proj.weight"].T + head["classifier.out_proj.bias"])[:, 0]
        return with_best_budget(forward, tokenizer(folder))
    return load


def check(name, mine, base):
    largest = ERRORS[name] = max(abs(a["score"] - b["score"]) for a, b in zip(mine, base, strict=True))
    if largest > 1e-4 and not name.endswith(("int8", "float16")):
        sys.exit(f"{name}: scores differ from transformers' by up to {largest:.2g}, so the times mean nothing")
    if name == "cappy-int8" and largest > ERRORS.get("ctranslate2-int8", largest):
        sys.exit(f"{name}: scores differ by up to {largest:.2g}, CTranslate2's by {ERRORS['ctranslate2-int8']:.2g}")
    return f"to {largest:.1e}"


ERRORS = {}


def main():
    workers = {"transformers": transformers, "ctranslate2": ctranslate2("float32"), "ctranslate2-int8": ctranslate2("int8")}
    if ARGUMENTS.worker:
        return race.serve(workers[ARGUMENTS.worker])
    rows = race_models.rte_pairs(ARGUMENTS.pairs)
    words = ["score", "--model", race_models.model(ARGUMENTS.model)]
    systems = [race.Worker("transformers"), race.Worker("ctranslate2", race.PEERS), race.Worker("ctranslate2-int8", race.PEERS),
               race.Filter("cappy", *words), race.Filter("cappy-float16", *words, "--weights", "float16"),
               race.Filter("cappy-int8", *words, "--dtype", "int8")]
    print(f"{ARGUMENTS.model}, {len(rows)} pairs of RTE")
    race.race(systems, rows, ARGUMENTS, base="transformers", check=check, unit=("pairs", len(rows)),
              wanted={"cappy": {"transformers": 1.45}, "cappy-int8": {"ctranslate2-int8": 1.0}})


main()
