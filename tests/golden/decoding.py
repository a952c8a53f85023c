"""Decoding against the pinned transformers in float64, on real inputs and the real T5 tokenizer, with a random model
whose outputs end at varied lengths.

Greedy and beams must be equal token for token (inputs whose float64 output changes under a perturbation of the logits
by 1e-5 are dropped and counted), every candidate's log-likelihood must be the forced score of its ids, and every
sampled token must lie among those that transformers' own processors leave, and be as surprising, in sum, as their
distributions promise.
"""
import json
import tempfile
from contextlib import contextmanager
from pathlib import Path

import torch
import yaml
from common import Report, filter_rows, need_shared, read_jsonl, record, run_cappy
from transformers import AutoTokenizer, LogitsProcessorList, T5ForConditionalGeneration
from transformers.generation import (MinLengthLogitsProcessor, TemperatureLogitsWarper, TopKLogitsWarper,
                                     TopPLogitsWarper)

INPUTS, MAX_LENGTH, MIN_LENGTH, MOST_SOURCE = 200, 20, 4, 96
PERTURBATION, MOST_DROPPED = 1e-5, 0.02
SEARCHES = [dict(name="greedy"), dict(name="beam4", num_beams=4)]
OTHER_SEARCHES = [
    dict(name="all", num_beams=4, num_return_sequences=4, length_penalty=0.6, early_stopping=True),
    dict(name="never", num_beams=3, num_return_sequences=2, length_penalty=2.0, early_stopping="never"),
]
SAMPLINGS = [
    dict(name="sampling", do_sample=True, num_return_sequences=2),
    dict(name="temp0.9", do_sample=True, num_return_sequences=2, temperature=0.9),
    dict(name="topk40", do_sample=True, num_return_sequences=2, top_k=40),
    dict(name="topp0.95", do_sample=True, num_return_sequences=2, top_p=0.95),
    dict(name="free", do_sample=True, num_return_sequences=2, top_k=0, top_p=0.7, temperature=0.6),
]
MODEL = dict(architecture="t5", d_model=64, d_kv=16, d_ff=128, num_layers=2, num_decoder_layers=2, num_heads=3,
             scale=dict(logits=3, end_of_sequence=2.25, attention=2.5, residual=1.5))


def instructions(shared):
    """BIG-bench and RTE in turn, distinct, as many as asked for."""
    texts = []
    for task in ["codenames", "word_sorting", "object_counting", "operators"]:
        examples = json.loads((shared / "bigbench" / task / "task.json").read_text("utf-8"))["examples"]
        texts.append([f"Q: {example['input']}\nA:" for example in examples])
    rte = read_jsonl(shared / "promptsource/super_glue_rte/validation.jsonl")
    texts.append([f"{row['premise']}\nQuestion: {row['hypothesis']} True or False?" for row in rte])
    mixed = [text for group in zip(*(list(dict.fromkeys(group)) for group in texts)) for text in group]
    return list(dict.fromkeys(mixed))[:INPUTS]


def search(model, sources, setting, min_length):
    """Per source the generated ids of its sequences, without start and padding."""
    count = setting.get("num_return_sequences", 1)
    ids = {}
    order = sorted(range(len(sources)), key=lambda place: len(sources[place]))
    for begin in range(0, len(order), 10):
        places = order[begin:begin + 10]
        longest = max(len(sources[place]) for place in places)
        padded = torch.tensor([sources[place] + [0] * (longest - len(sources[place])) for place in places])
        mask = torch.tensor([[1] * len(sources[place]) + [0] * (longest - len(sources[place])) for place in places])
        options = {key: value for key, value in setting.items() if key != "name"}
        out = model.generate(input_ids=padded, attention_mask=mask, max_length=MAX_LENGTH, min_length=min_length,
                             do_sample=False, **options).tolist()
        for i, place in enumerate(places):
            ids[place] = [until_end(row[1:]) for row in out[i * count:(i + 1) * count]]
    return [ids[place] for place in range(len(sources))]


def until_end(ids):
    return ids[:ids.index(1) + 1] if 1 in ids else ids


@contextmanager
def perturbed(model):
    """Within, every logit is off by its own small amount."""
    noise = PERTURBATION * torch.randn(model.config.vocab_size, generator=torch.Generator().manual_seed(0))
    hook = model.lm_head.register_forward_hook(lambda module, inputs, logits: logits + noise)
    yield
    hook.remove()


def compare_searches(name, settings, model, sources, mine, *, min_length, least_ended):
    """Token for token, with the rule for near-ties; `least_ended`: the share that must end before the limit."""
    report, ended, total, dropped = Report(name), 0, 0, set()
    for setting in settings:
        before = report.different
        theirs = search(model, sources, setting, min_length)
        with perturbed(model):
            shaken = search(model, sources, setting, min_length)
        for place, candidates in enumerate(mine):
            if theirs[place] != shaken[place]:
                dropped.add(place)
                continue
            got = [candidate["ids"] for candidate in candidates if candidate["decoding"] == setting["name"]]
            report.equal(got, theirs[place], f"{setting['name']}, input {place}")
            total += len(got)
            ended += sum(ids[-1] == 1 and len(ids) < MAX_LENGTH - 1 for ids in got)
        record("t5 1.1 untied", "safetensors", "float32", f"{setting['name']}, inputs with other tokens",
               report.different - before, 0)
    print(f"{name}: {len(dropped)} of {len(mine)} inputs dropped as near-ties, {ended} of {total} outputs ended early")
    report.equal(len(dropped) <= MOST_DROPPED * len(mine), True, "inputs dropped")
    report.equal(ended >= least_ended * total, True, "outputs that end before the limit")
    report.finish(at_least=len(settings) * len(mine) * (1 - MOST_DROPPED))


def forced_logits(model, source, candidates):
    """Logits [candidate][step, V] in float64 of each candidate's ids."""
    longest = max(len(candidate["ids"]) for candidate in candidates)
    inputs = torch.tensor([[0] + c["ids"][:-1] + [0] * (longest - len(c["ids"])) for c in candidates])
    encoded = model.encoder(input_ids=torch.tensor([source])).last_hidden_state
    out = model(encoder_outputs=(encoded.expand(len(candidates), -1, -1),), decoder_input_ids=inputs).logits
    return [out[i, :len(candidate["ids"])] for i, candidate in enumerate(candidates)]


def compare_log_likelihoods(model, sources, mine):
    """Of every candidate, under the model's own distribution. Returns the forced logits of the first inputs."""
    report, kept, largest = Report("log-likelihood of candidates"), [], 0
    for place, candidates in enumerate(mine):
        logits = forced_logits(model, sources[place], candidates)
        for candidate, rows in zip(candidates, logits):
            ids = torch.tensor(candidate["ids"])
            reference = (rows[torch.arange(len(ids)), ids] - rows.logsumexp(-1)).sum().item()
            tolerance = max(1e-4, 1e-5 * abs(reference))
            report.close(candidate["log_likelihood"], reference, tolerance, f"{candidate['decoding']}, input {place}")
            largest = max(largest, abs(candidate["log_likelihood"] - reference) * 1e-4 / tolerance)
        if place < 25:
            kept.append((candidates, logits))
    record("t5 1.1 untied", "safetensors", "float32", "candidates' log-likelihood, largest difference of 10 nats",
           largest, 1e-4)
    report.finish(at_least=len(mine))
    return kept


def processors(setting, min_length):
    chain = [MinLengthLogitsProcessor(min_length, 1)] if min_length > 0 else []
    if setting.get("temperature", 1.0) != 1.0:
        chain.append(TemperatureLogitsWarper(setting["temperature"]))
    if setting.get("top_k", 50):
        chain.append(TopKLogitsWarper(setting.get("top_k", 50)))
    if setting.get("top_p", 1.0) < 1.0:
        chain.append(TopPLogitsWarper(setting["top_p"]))
    return LogitsProcessorList(chain)


def compare_samples(kept, min_length):
    """Each sampled token is allowed; the sum of surprises fits the sum of entropies."""
    report = Report("sampled tokens under transformers' processors")
    for setting in SAMPLINGS:
        chain, surplus, variance = processors(setting, min_length), 0.0, 0.0
        for candidates, logits in kept:
            for candidate, rows in zip(candidates, logits):
                if candidate["decoding"] != setting["name"]:
                    continue
                for step, token in enumerate(candidate["ids"]):
                    prefix = torch.tensor([[0] + candidate["ids"][:step]])
                    scores = chain(prefix, rows[step:step + 1].clone())[0]
                    least = rows[step][torch.isfinite(scores)].min()
                    report.equal(bool(rows[step, token] >= least - 1e-4), True, f"{setting['name']}: {token}")
                    log_p = torch.log_softmax(scores, -1)
                    log_p = log_p[torch.isfinite(log_p)]
                    entropy = -(log_p.exp() * log_p).sum().item()
                    drawn = torch.log_softmax(scores, -1)[token].item()
                    surplus += (-drawn if drawn > -1e30 else 0) - entropy
                    variance += (log_p.exp() * log_p * log_p).sum().item() - entropy ** 2
        z = surplus / variance ** 0.5
        print(f"{setting['name']}: surprise over entropy {surplus:+.2f} nats, {z:+.2f} standard deviations")
        report.equal(abs(z) < 4, True, f"{setting['name']}: z = {z}")
    report.finish(at_least=1000)


def check_shape(mine, settings, tokenizer):
    """By decoding, then draw; each field says what the ids say."""
    report = Report("shape of candidates")
    expected = [(s["name"], draw) for s in settings for draw in range(s.get("num_return_sequences", 1))]
    for candidates in mine:
        report.equal([(c["decoding"], c["draw"]) for c in candidates], expected)
        for c in candidates:
            report.equal((c["tokens"], c["end"]), (len(c["ids"]), "eos" if c["ids"][-1] == 1 else "length"))
            report.equal(c["response"], tokenizer.decode(c["ids"], skip_special_tokens=True), str(c["ids"]))
    report.finish(at_least=1000)


def generate(texts, model, decoding, *words):
    rows = filter_rows([{"instruction": text} for text in texts], "generate", "--model", model, "--decoding", decoding,
                       "--max-length", MAX_LENGTH, "--max-source-length", MOST_SOURCE, "--threads", 1, *words)
    return [row["candidates"] for row in rows]


def check_paper(texts, model, tokenizer):
    """The 17 candidates of the published protocol, and its minimum length: the first 3 tokens never end a sequence."""
    settings = [dict(name="beam4")] + [dict(name=name, num_return_sequences=4)
                                       for name in ["sampling", "temp0.9", "topk40", "topp0.95"]]
    mine = generate(texts, model, "paper", "--protocol", "cappy-2023", "--min-length", 3, "--seed", 42)
    check_shape(mine, settings, tokenizer)
    report = Report("minimum length of cappy-2023")
    shortest = [min(len(c["ids"]) for c in candidates) for candidates in mine]
    for length in shortest:
        report.equal(length >= 4, True)
    report.equal(min(shortest), 4)  # and no longer than that
    report.finish(at_least=len(texts))


def main():
    shared = need_shared() / "data"
    torch.set_grad_enabled(False)
    with tempfile.TemporaryDirectory() as folder:
        config, model_folder = Path(folder) / "model.yaml", Path(folder) / "model"
        config.write_text(yaml.safe_dump({**MODEL, "tokenizer": str(shared / "tokenizers/t5")}))
        run_cappy("models", "new", "--config", config, "--seed", 3, "--out", model_folder)
        tokenizer = AutoTokenizer.from_pretrained(model_folder)
        model = T5ForConditionalGeneration.from_pretrained(model_folder, dtype=torch.float64).eval()
        texts = instructions(shared)
        sources = [tokenizer(text, truncation=True, max_length=MOST_SOURCE).input_ids for text in texts]

        settings = Path(folder) / "settings.yaml"
        settings.write_text(yaml.safe_dump(SEARCHES + SAMPLINGS))
        mine = generate(texts, model_folder, settings, "--seed", 7)
        check_shape(mine, SEARCHES + SAMPLINGS, tokenizer)
        compare_searches("greedy and beam 4", SEARCHES, model, sources, mine, min_length=0, least_ended=0.3)
        compare_samples(compare_log_likelihoods(model, sources, mine), 0)

        settings.write_text(yaml.safe_dump(OTHER_SEARCHES))
        mine = generate(texts[:30], model_folder, settings, "--min-length", MIN_LENGTH)
        compare_searches("other beams, minimum length", OTHER_SEARCHES, model, sources[:30], mine,
                         min_length=MIN_LENGTH, least_ended=0.1)
        check_paper(texts[:40], model_folder, tokenizer)


main()
