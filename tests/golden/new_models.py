"""`cappy models new` as transformers sees it: all architectures load without a missing or unexpected tensor, their tokenizers
give our ids, the same seed gives the same bytes; outputs of the T5 and the OPT end at varied lengths under greedy search, beam search
and sampling, those of the T5 on the miniature vocabulary and on the real one of 32,128; scores of the RoBERTa spread and depend on both
texts of a pair."""
import hashlib
import json
import statistics
import tempfile
from pathlib import Path

import torch
from common import SHARED, SOURCE, Report, filter_rows, need_shared, run_cappy
from transformers import AutoModelForSequenceClassification, AutoTokenizer, OPTForCausalLM, T5ForConditionalGeneration

MINIATURE = SOURCE / "configs/miniature"
MAX_LENGTH = 64
LEAST_EARLY = 0.3  # of the outputs must end before the limit


def hashes(folder):
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(Path(folder).iterdir())}


def new_model(config, seed, out):
    run_cappy("models", "new", "--config", config, "--seed", seed, "--out", out)
    return out


def load(kind, folder, report):
    model, loading = kind.from_pretrained(folder, output_loading_info=True)
    for key in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        report.equal(sorted(map(str, loading[key])), [], f"{folder}: {key}")
    return model.eval()


def inputs(count):
    texts = []
    for task in ("object_counting", "word_sorting", "codenames"):
        examples = json.loads((SHARED / f"data/bigbench/{task}/task.json").read_text(encoding="utf-8"))["examples"]
        texts += [example["input"] for example in examples[:count]]
    return texts


def check_endings(model, tokenizer, texts, report):
    """Lengths to the end of sequence, by decoding."""
    batch = tokenizer(texts, return_tensors="pt", padding=True, truncation=True, max_length=96)
    batch.pop("token_type_ids", None)
    settings = {"greedy": {}, "beam4": {"num_beams": 4}, "sampling": {"do_sample": True, "top_k": 50}}
    for name, setting in settings.items():
        torch.manual_seed(0)
        with torch.no_grad():
            out = model.generate(**batch, max_length=MAX_LENGTH, **setting)[:, 1:].tolist()
        lengths = [row.index(1) + 1 for row in out if 1 in row]
        outputs = len({tuple(row) for row in out})
        print(f"  {name}: {len(lengths)} of {len(out)} end early, lengths "
              f"{statistics.quantiles(lengths, n=4) if len(lengths) > 1 else lengths}, {outputs} different outputs")
        report.equal(len(lengths) >= LEAST_EARLY * len(out), True, f"{name}: {len(lengths)} of {len(out)} end early")
        report.equal(len(set(lengths)) >= 5, True, f"{name}: ends at lengths {sorted(set(lengths))}")
        report.equal(outputs >= len(out) // 2, True, f"{name}: {outputs} different outputs of {len(out)}")


def check_t5(config, texts, seeds, report):
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            made = new_model(config, seed, f"{folder}/a")
            report.equal(hashes(new_model(config, seed, f"{folder}/b")), hashes(made), "the same seed, twice")
            print(f"{config.name}, seed {seed}")
            model = load(T5ForConditionalGeneration, made, report)
            stored = json.loads(Path(made, "config.json").read_text())
            report.equal(stored["random_weights"], {"seed": seed}, "config.json")
            report.equal(torch.equal(model.lm_head.weight, model.shared.weight), False, "tied embeddings")
            check_endings(model, AutoTokenizer.from_pretrained(made), texts, report)


def check_opt(texts, report):
    """Both kinds; new tokens end at varied lengths behind prompts of one length, with this seed (not with every one)."""
    for kind in ({}, {"word_embed_proj_dim": 48, "do_layer_norm_before": False}):
        with tempfile.TemporaryDirectory() as folder:
            config = Path(folder, "opt.yaml")
            config.write_text(json.dumps({"architecture": "opt", "tokenizer": str(MINIATURE / "roberta_tokenizer"), "hidden_size": 64,
                                          "num_attention_heads": 4, "ffn_dim": 128, "num_hidden_layers": 2, **kind}), encoding="utf-8")
            made = new_model(config, 2, f"{folder}/a")
            report.equal(hashes(new_model(config, 2, f"{folder}/b")), hashes(made), "the same seed, twice")
            model, tokenizer = load(OPTForCausalLM, made, report), AutoTokenizer.from_pretrained(made)
            report.equal(json.loads(Path(made, "config.json").read_text())["random_weights"], {"seed": 2}, "config.json")
            print(f"opt {kind}")
            prompts = torch.tensor([tokenizer(text * 8).input_ids[:24] for text in texts])
            for name, setting in {"greedy": {}, "beam4": {"num_beams": 4}, "sampling": {"do_sample": True, "top_k": 50}}.items():
                torch.manual_seed(0)
                with torch.no_grad():
                    out = model.generate(prompts, attention_mask=torch.ones_like(prompts), max_length=24 + MAX_LENGTH,
                                         **setting)[:, 24:].tolist()
                lengths = [row.index(2) + 1 for row in out if 2 in row]
                print(f"  {name}: {len(lengths)} of {len(out)} end early, lengths {sorted(set(lengths))}")
                report.equal(len(lengths) >= LEAST_EARLY * len(out), True, f"opt {name}: {len(lengths)} of {len(out)} end early")
                report.equal(len(set(lengths)) >= 5, True, f"opt {name}: ends at lengths {sorted(set(lengths))}")


def check_roberta(texts, report):
    responses = ["True", "False", "yes", "seven apples", "the old bridge"]
    rows = [{"instruction": text, "response": response} for text in texts for response in responses]
    for seed in (0, 1):
        with tempfile.TemporaryDirectory() as folder:
            made = new_model(MINIATURE / "scorer.yaml", seed, f"{folder}/a")
            model, tokenizer = load(AutoModelForSequenceClassification, made, report), AutoTokenizer.from_pretrained(made)
            scores = [row["score"] for row in filter_rows(rows, "score", "--model", made)]
            for row, score in list(zip(rows, scores))[:20]:
                batch = tokenizer(row["instruction"], row["response"], truncation="longest_first", max_length=512,
                                  return_tensors="pt")
                batch.pop("token_type_ids", None)
                with torch.no_grad():
                    report.close(score, model.double()(**batch).logits.item(), 1e-4, "score")
            by_text = [scores[i:i + len(responses)] for i in range(0, len(scores), len(responses))]
            by_response = [scores[i::len(responses)] for i in range(len(responses))]
            within = [statistics.mean(statistics.stdev(group) for group in groups) for groups in (by_text, by_response)]
            print(f"scorer.yaml, seed {seed}: scores {min(scores):.2f} to {max(scores):.2f}, deviation over responses "
                  f"{within[0]:.3f}, over instructions {within[1]:.3f}")
            report.equal(min(within) > 0.01 and max(scores) - min(scores) > 0.2, True, "spread of scores")


def main():
    need_shared()
    torch.set_num_threads(1)
    report = Report("new models")
    check_t5(MINIATURE / "backbone.yaml", inputs(10), (0, 1), report)
    check_opt(inputs(10), report)
    check_roberta(inputs(8), report)
    with tempfile.TemporaryDirectory() as folder:
        real = Path(folder, "real.yaml")
        real.write_text(f"architecture: t5\ntokenizer: {SHARED / 'data/tokenizers/t5'}\nvocab_size: 32128\nd_model: 256\n"
                        "d_ff: 512\nnum_layers: 2\nnum_heads: 3\n", encoding="utf-8")
        check_t5(real, inputs(5), (0,), report)
    report.finish(at_least=80)


if __name__ == "__main__":
    main()
