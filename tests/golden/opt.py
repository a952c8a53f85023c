"""OPT against transformers in float64: log-likelihoods of random models that transformers itself wrote (odd head widths,
with and without biases and affine norms, norms before and after, projected embeddings, an own head), under new and old
names of tensors; greedy and beam 4 token for token on real inputs; every bit with another batch, order and number of threads.

A response is tokenised without the `</s>` in front that an instruction has, and ends with one. Lengths count prompt and
new tokens together.
"""
import json
import random
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

import common
import torch
import yaml
from safetensors.torch import load_file, save_file
from transformers import GPT2Tokenizer, OPTConfig, OPTForCausalLM

VOCABULARY = common.need_shared() / "data/tokenizers/roberta-base"
SHAPES = {
    "opt": dict(hidden_size=36, num_attention_heads=3, ffn_dim=52, num_hidden_layers=3),
    "opt 350m": dict(hidden_size=40, num_attention_heads=5, ffn_dim=33, num_hidden_layers=2, word_embed_proj_dim=24,
                     do_layer_norm_before=False),
    "opt without biases": dict(hidden_size=64, num_attention_heads=4, ffn_dim=96, num_hidden_layers=2, enable_bias=False,
                               layer_norm_elementwise_affine=False, activation_function="gelu"),
    "opt with an own head": dict(hidden_size=35, num_attention_heads=7, ffn_dim=17, num_hidden_layers=1,
                                 tie_word_embeddings=False, _remove_final_layer_norm=True),
}
WORDS = ("the of und and to a in is das Haus grün naïve 東京 emoji 🙂 answer: question? 12 3.14 translate summarize list "
         "object count word sort language , . ; ' \" - yes no true false apple river stone quickly").split(" ")
RANDOM = dict(architecture="opt", vocab_size=50272, hidden_size=64, num_attention_heads=4, ffn_dim=128, num_hidden_layers=2,
              scale=dict(logits=3, end_of_sequence=2.25, attention=2.5, residual=1.5))
RANDOM_350M = dict(RANDOM, word_embed_proj_dim=48, do_layer_norm_before=False)
INPUTS, MOST_SOURCE, MAX_LENGTH, MIN_LENGTH, END = 60, 40, 60, 44, 2
PERTURBATION, MOST_DROPPED, LEAST_ENDED = 1e-5, 0.02, 0.3
SEARCHES = [dict(name="greedy"), dict(name="beam4", num_beams=4),
            dict(name="never", num_beams=3, num_return_sequences=2, length_penalty=0.5, early_stopping="never")]


def save_tokenizer(folder):
    """OPT's: GPT-2's with `</s>` in front of a text."""
    vocabulary = json.loads((VOCABULARY / "vocab.json").read_text("utf-8"))
    lines = (VOCABULARY / "merges.txt").read_text("utf-8").split("\n")
    merges = [tuple(line.split(" ")) for line in lines if line and not line.startswith("#version")]
    tokenizer = GPT2Tokenizer(vocab=vocabulary, merges=merges, unk_token="</s>", bos_token="</s>", eos_token="</s>",
                              pad_token="<pad>", add_bos_token=True)
    tokenizer.save_pretrained(folder)
    return tokenizer


def make_model(folder, shape, seed):
    """A model whose logits spread by a few nats, as real ones do; saved by transformers."""
    torch.manual_seed(seed)
    config = OPTConfig(vocab_size=50272, max_position_embeddings=256, **shape)
    model = OPTForCausalLM(config).eval()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "layer_norm.weight" in name:
                weight.uniform_(0.5, 1.5)
            elif weight.dim() == 1:
                weight.normal_(0, 0.2)
            elif "embed" in name or "lm_head" in name:
                weight.normal_(0, 2 * weight.shape[1] ** -0.5)
            else:
                weight.normal_(0, 1.5 * weight.shape[1] ** -0.5)
    model.save_pretrained(folder)
    return model.double()


def make_rows(seed, count=16):
    draw = random.Random(seed)
    text = lambda most: " ".join(draw.choice(WORDS) for _ in range(draw.randint(0, most)))
    instructions = [text(draw.choice([3, 20, 60])) for _ in range(count // 2)]
    rows = [{"instruction": draw.choice(instructions), "response": draw.choice(["", " "]) + text(draw.choice([0, 2, 8, 20]))}
            for _ in range(count)]
    return rows + [{"instruction": "", "response": text(8)}]  # what a score without an instruction rests on


@torch.no_grad()
def reference(model, tokenizer, row, length):
    source = tokenizer(row["instruction"], truncation=True, max_length=length).input_ids
    target = tokenizer(row["response"], add_special_tokens=False).input_ids + [END]
    logits = model(torch.tensor([source + target])).logits[0, len(source) - 1:-1]
    return torch.log_softmax(logits, -1)[range(len(target)), target].sum().item(), len(target)


def compare(report, model, tokenizer, rows, mine, where, length=512):
    """Returns the largest difference, as a share of what is allowed, times 1e-4."""
    worst = 0.0
    for i, (row, got) in enumerate(zip(rows, mine, strict=True)):
        wanted, tokens = reference(model, tokenizer, row, length)
        allowed = max(1e-4, 1e-5 * abs(wanted))
        report.close(got["log_likelihood"], wanted, allowed, f"{where} row {i}")
        report.equal(got["tokens"], tokens, f"{where} tokens of row {i}")
        worst = max(worst, abs(got["log_likelihood"] - wanted) / allowed * 1e-4)
    return worst


def rename(folder, other):
    """A copy with the tensors' old names and the head repeated, as old files have them."""
    shutil.copytree(folder, other)
    tensors = load_file(folder / "model.safetensors")
    tensors.setdefault("lm_head.weight", tensors["model.decoder.embed_tokens.weight"].clone())
    save_file({name.removeprefix("model."): tensor for name, tensor in tensors.items()}, other / "model.safetensors")
    return other


def check_log_likelihoods(scratch):
    exact, bits = common.Report("opt log-likelihoods against float64"), common.Report("opt log-likelihoods, every bit")
    for number, (name, shape) in enumerate(SHAPES.items()):
        folder = scratch / str(number)
        model, tokenizer = make_model(folder, shape, number), save_tokenizer(folder)
        rows = make_rows(number)
        run = lambda rows, *more, at=folder: common.filter_rows(rows, "loglikelihood", "--model", at, *more)
        mine = run(rows, "--threads", 1)
        worst = compare(exact, model, tokenizer, rows, mine, name)
        bits.equal(run(rows[::-1], "--threads", 2, "--batch-tokens", 1)[::-1], mine, f"{name}, another batch")
        bits.equal(run(rows, at=rename(folder, scratch / f"{number}-old")), mine, f"{name}, old names")
        tokenizer.truncation_side = "left"
        left = run(rows, "--max-source-length", 12, "--truncation-side", "left")
        worst = max(worst, compare(exact, model, tokenizer, rows, left, f"{name}, cut on the left", 12))
        common.record(name, "safetensors", "float32", "log-likelihood, largest difference of 10 nats", worst, 1e-4)
    exact.finish(at_least=2 * 17 * len(SHAPES))
    bits.finish(at_least=2 * len(SHAPES))


def instructions(shared):
    """BIG-bench's, distinct, as many as asked for."""
    texts = []
    for task in ["codenames", "word_sorting", "object_counting", "operators"]:
        examples = json.loads((shared / "bigbench" / task / "task.json").read_text("utf-8"))["examples"]
        texts.append([f"Q: {example['input']}\nA:" for example in examples])
    return list(dict.fromkeys(text for group in zip(*texts) for text in group))[:INPUTS]


def until_end(ids):
    return ids[:ids.index(END) + 1] if END in ids else ids


def search(model, sources, setting, min_length):
    """Per source the new ids of its sequences. Equal lengths go together: nothing is padded."""
    count, ids = setting.get("num_return_sequences", 1), {}
    options = {key: value for key, value in setting.items() if key != "name"}
    for length in sorted({len(source) for source in sources}):
        places = [place for place, source in enumerate(sources) if len(source) == length]
        batch = torch.tensor([sources[place] for place in places])
        out = model.generate(input_ids=batch, attention_mask=torch.ones_like(batch), max_length=MAX_LENGTH,
                             min_length=min_length, do_sample=False, **options).tolist()
        for i, place in enumerate(places):
            ids[place] = [until_end(row[length:]) for row in out[i * count:(i + 1) * count]]
    return [ids[place] for place in range(len(sources))]


@contextmanager
def perturbed(model):
    """Within, every logit is off by its own small amount."""
    noise = PERTURBATION * torch.randn(model.config.vocab_size, generator=torch.Generator().manual_seed(0))
    hook = model.lm_head.register_forward_hook(lambda module, inputs, logits: logits + noise)
    yield
    hook.remove()


def compare_searches(name, model, sources, mine, *, min_length):
    """Token for token, but for inputs whose reference changes under the perturbation; and what each candidate says of itself."""
    report, ended, total, dropped = common.Report(f"{name}: searches, token for token"), 0, 0, set()
    for setting in SEARCHES:
        theirs = search(model, sources, setting, min_length)
        with perturbed(model):
            shaken = search(model, sources, setting, min_length)
        for place, candidates in enumerate(mine):
            if theirs[place] != shaken[place]:
                dropped.add(place)
                continue
            own = [candidate for candidate in candidates if candidate["decoding"] == setting["name"]]
            report.equal([candidate["ids"] for candidate in own], theirs[place], f"{setting['name']}, input {place}")
            for candidate in own:
                ends = "eos" if candidate["ids"][-1] == END else "length"
                report.equal(candidate["end"], ends, f"{setting['name']}, input {place}")
                total += 1
                ended += ends == "eos"
    print(f"{name}: {len(dropped)} of {len(mine)} inputs dropped as near-ties, {ended} of {total} outputs ended early")
    report.equal(len(dropped) <= MOST_DROPPED * len(mine), True, f"inputs dropped: {len(dropped)}")
    report.equal(min_length > 0 or ended >= LEAST_ENDED * total, True, f"{ended} of {total} outputs ended early")
    report.finish(at_least=2 * len(SEARCHES) * len(mine) * (1 - MOST_DROPPED))
    common.record(name, "safetensors", "float32", "greedy and beams, different outputs", report.different, 0)


@torch.no_grad()
def compare_candidates(name, model, sources, mine):
    """The log-likelihood of every candidate is the forced score of its ids."""
    report = common.Report(f"{name}: log-likelihood of candidates")
    for place, candidates in enumerate(mine):
        for candidate in candidates:
            ids = torch.tensor(candidate["ids"])
            rows = model(torch.tensor([sources[place] + candidate["ids"]])).logits[0, len(sources[place]) - 1:-1]
            wanted = (rows[torch.arange(len(ids)), ids] - rows.logsumexp(-1)).sum().item()
            report.close(candidate["log_likelihood"], wanted, max(1e-4, 1e-5 * abs(wanted)), f"input {place}")
    report.finish(at_least=len(mine))


def check_searches(scratch):
    texts = instructions(common.SHARED / "data")
    tokenizer = save_tokenizer(scratch / "tokenizer")
    settings = scratch / "settings.yaml"
    settings.write_text(yaml.safe_dump(SEARCHES))
    sources = [tokenizer(text, truncation=True, max_length=MOST_SOURCE).input_ids for text in texts]
    for name, (config, seed) in {"opt": (RANDOM, 3), "opt 350m": (RANDOM_350M, 2)}.items():  # seeds whose outputs end
        folder = scratch / name.replace(" ", "-")
        (scratch / "model.yaml").write_text(yaml.safe_dump({**config, "tokenizer": str(scratch / "tokenizer")}))
        common.run_cappy("models", "new", "--config", scratch / "model.yaml", "--seed", seed, "--out", folder)
        model = OPTForCausalLM.from_pretrained(folder, dtype=torch.float64).eval()
        generate = lambda texts, *more: [row["candidates"] for row in common.filter_rows(
            [{"instruction": text} for text in texts], "generate", "--model", folder, "--decoding", settings,
            "--max-length", MAX_LENGTH, "--max-source-length", MOST_SOURCE, *more)]
        mine = generate(texts)
        compare_searches(name, model, sources, mine, min_length=0)
        compare_candidates(name, model, sources[:20], mine[:20])
        few = texts[:20]
        compare_searches(f"{name}, minimum length", model, sources[:20], generate(few, "--min-length", MIN_LENGTH),
                         min_length=MIN_LENGTH)


def check_refusals(scratch):
    """What has no meaning is refused in words."""
    report = common.Report("opt: refusals")
    for words, said in [(["--max-length", 8], "leave no room"), (["--max-length", 4000], "positions"),
                        (["--protocol", "cappy-2023"], "cappy-2023")]:
        done = common.run_cappy("generate", "--model", scratch / "opt", "--decoding", "greedy", *words, check=False,
                                text='{"instruction": "one two three four five six seven eight nine ten"}\n')
        report.equal((done.returncode, said in done.stderr), (1, True), done.stderr)
    report.finish(at_least=3)


def main():
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        check_log_likelihoods(scratch)
        check_searches(scratch)
        check_refusals(scratch)


if __name__ == "__main__":
    main()
