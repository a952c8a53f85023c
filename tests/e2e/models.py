"""`cappy models inspect|convert|verify` and models by their id of the Hub.

inspect: parameters as transformers counts them, the head in use, hashes, unused tensors and memory, on every format of
weights; the memory against measured peaks. convert: transformers opens the result and its outputs are equal in every bit.
verify: what it prints is recomputed from the filters' numbers; a perturbed copy ends with exit 3. Hub ids: a Hub on the
loopback interface, revisions, offline, errors."""
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from checkpoint_files import FORMATS, write_weights
from common import CAPPY, SOURCE, Report, filter_rows, run_cappy
from hub_server import HubServer
from safetensors.torch import load_file, save_file
from scipy.stats import kendalltau
from transformers import (AutoTokenizer, AutoModelForSequenceClassification, OPTConfig, OPTForCausalLM, RobertaConfig,
                          RobertaForSequenceClassification, T5Config, T5ForConditionalGeneration)

MINIATURE = SOURCE / "configs/miniature"
MEGABYTE = 10**6
CLASSES = {"t5": T5ForConditionalGeneration, "opt": OPTForCausalLM, "roberta": RobertaForSequenceClassification}
TOKENIZERS = {"t5": "t5_tokenizer", "opt": "roberta_tokenizer", "roberta": "roberta_tokenizer"}
VOCABULARY = {name: len(json.loads((MINIATURE / folder / "tokenizer.json").read_text())["model"]["vocab"])
              for name, folder in TOKENIZERS.items()}


def t5(own_head, **options):
    config = T5Config(vocab_size=VOCABULARY["t5"] + 8, d_model=36, d_kv=5, d_ff=52, num_heads=3, num_layers=2,
                      num_decoder_layers=3, decoder_start_token_id=0, **options)
    model = T5ForConditionalGeneration(config)
    if own_head:
        model.lm_head.weight = torch.nn.Parameter(torch.randn(config.vocab_size, config.d_model))
    return model


def make_models():
    """name -> (model of transformers, what its summary must say)."""
    torch.manual_seed(3)
    opt = OPTConfig(vocab_size=VOCABULARY["opt"], hidden_size=32, word_embed_proj_dim=16, ffn_dim=48, num_hidden_layers=2,
                    num_attention_heads=4, max_position_embeddings=64, do_layer_norm_before=False)
    roberta = RobertaConfig(vocab_size=VOCABULARY["roberta"], hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
                            intermediate_size=48, max_position_embeddings=130, type_vocab_size=1, num_labels=1)
    return {"t5 own head": (t5(True, feed_forward_proj="gated-gelu", tie_word_embeddings=False), {"tied": False, "scaled": False}),
            "t5 tied": (t5(False, feed_forward_proj="relu"), {"tied": True, "scaled": True}),
            "opt": (OPTForCausalLM(opt), {"tied": True, "scaled": False}),
            "roberta": (RobertaForSequenceClassification(roberta), None)}


def write_model(folder, model, file_format, extra=None):
    """The model as a folder; `extra`: more tensors that the reference leaves unused."""
    folder.mkdir()
    model.config.architectures = [type(model).__name__]
    config = json.loads(model.config.to_json_string(use_diff=False))
    (folder / "config.json").write_text(json.dumps(config))
    for file in (MINIATURE / TOKENIZERS[model.config.model_type]).iterdir():
        shutil.copy(file, folder)
    tensors = dict(model.state_dict(), **(extra or {}))
    write_weights(folder, file_format, model, tensors)
    return folder


def inspect(folder, **expected):
    done = run_cappy("models", "inspect", folder, "--json", check=False)
    return (json.loads(done.stdout) if done.stdout else {}), done


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def outputs_of(folder, family):
    """What transformers computes with a folder."""
    model = CLASSES[family].from_pretrained(folder).eval()
    ids = torch.arange(5, 25)[None]
    with torch.no_grad():
        more = {"decoder_input_ids": ids[:, :7]} if family == "t5" else {}
        return model(input_ids=ids, **more).logits


# ---- inspect ------------------------------------------------------------------------------------------------------------


def test_inspect(folder, report):
    for name, (model, head) in make_models().items():
        family = model.config.model_type
        for file_format in FORMATS:
            place = write_model(folder / f"{name}-{file_format}".replace(" ", "_"), model, file_format)
            found, done = inspect(place)
            where = f"{name} {file_format}: {done.stderr} {found.get('problem')}"
            report.equal((done.returncode, found.get("problem")), (0, None), where)
            report.equal((found["model_type"], found["architecture"]), (family, type(model).__name__), where)
            report.equal(found["parameters"], model.num_parameters(), f"parameters of {where}")
            report.equal(found.get("head"), head, f"head of {where}")
            report.equal(list(found["stored"]), ["float32"], where)
            report.equal(found["tokenizer"]["pieces"], len(AutoTokenizer.from_pretrained(place)), where)
            report.equal({f["file"]: f["sha256"] for f in found["files"]}, {f["file"]: sha256(place / f["file"]) for f in found["files"]}, where)
            report.equal(sorted(p.name for p in place.iterdir()), sorted(f["file"] for f in found["files"]), where)
            weights = 4 * model.num_parameters() + (4 * model.get_input_embeddings().weight.numel() if head and head["tied"] else 0)
            report.equal(found["memory"]["float32"]["weights"], weights, f"memory of weights of {where}")
            if ".bin" in file_format:
                copies = {n for n in model.state_dict() if n in ("lm_head.weight", "encoder.embed_tokens.weight", "decoder.embed_tokens.weight")}
                copies -= {"lm_head.weight"} if head and not head["tied"] else set()
                report.equal({u["name"] for u in found["unused"]}, copies, f"unused of {where}")
    report.equal(inspect(folder / "roberta-msgpack")[0]["labels"], ["LABEL_0"], "labels")
    test_inspect_text(folder, report)
    test_inspect_problems(folder, report)


def test_inspect_text(folder, report):
    text = run_cappy("models", "inspect", folder / "t5_tied-safetensors").stdout
    model = make_models()["t5 tied"][0]
    for line in (r"architecture +T5ForConditionalGeneration \(t5\)", r"sizes +2 \+ 3 layers, width 36",
                 f"parameters +{model.num_parameters():,}", "head +tied to the embedding; states are scaled",
                 r"tokenizer +Unigram, .* pieces, from tokenizer.json", r"float32 +\d+\.\d\d GB", r"int8 +\d",
                 f"{sha256(folder / 't5_tied-safetensors/config.json')}  config.json"):
        report.equal(bool(re.search(line, text)), True, f"{line} in {text}")
    text = run_cappy("models", "inspect", folder / "opt-.bin_zip").stdout
    report.equal("lm_head.weight [" in text.split("does not read")[-1], True, text)
    half = folder / "half"
    shutil.copytree(folder / "roberta-safetensors", half)
    save_file({k: v.half() for k, v in load_file(half / "model.safetensors").items()}, half / "model.safetensors", {"format": "pt"})
    report.equal(list(inspect(half)[0]["stored"]), ["float16"], "stored as float16")


def test_inspect_problems(folder, report):
    """A folder that cannot be used: what is known is shown, the reason too, exit 1."""
    def damaged(name, damage):
        bad = folder / "bad"
        shutil.rmtree(bad, ignore_errors=True)
        shutil.copytree(folder / name, bad)
        damage(bad)
        return inspect(bad)

    def rewrite_config(bad, **changes):
        config = json.loads((bad / "config.json").read_text())
        (bad / "config.json").write_text(json.dumps({**config, **changes}))

    def drop_tensor(bad):
        tensors = load_file(bad / "model.safetensors")
        del tensors["shared.weight"]
        save_file(tensors, bad / "model.safetensors", {"format": "pt"})

    found, done = damaged("t5_tied-safetensors", drop_tensor)
    report.equal((done.returncode, "shared.weight" in (found["problem"] or "")), (1, True), found["problem"])
    found, done = damaged("t5_tied-safetensors", lambda bad: rewrite_config(bad, d_ff=51))
    report.equal((done.returncode, "of another shape" in found["problem"]), (1, True), found["problem"])
    found, done = damaged("roberta-safetensors", lambda bad: rewrite_config(bad, model_type="bert"))
    report.equal((done.returncode, "no network of ours" in found["problem"], found["parameters"] > 0), (1, True, True), found["problem"])
    found, done = damaged("roberta-safetensors", lambda bad: (bad / "tokenizer.json").write_text("{"))
    report.equal("tokenizer.json" in found["tokenizer"]["problem"], True, str(found["tokenizer"]))
    for damage, says in ((lambda bad: (bad / "config.json").unlink(), "config.json"),
                         (lambda bad: (bad / "model.safetensors").write_bytes(b"12345"), "model.safetensors")):
        _, done = damaged("roberta-safetensors", damage)
        report.equal((done.returncode, says in done.stderr), (1, True), done.stderr)
    for words, code, says in ((["inspect"], 2, "expected one model"), (["inspect", folder / "none"], 2, "no such folder"),
                              (["inspct", "x"], 2, "did you mean 'inspect'"), ([], 2, "expected inspect, convert"),
                              (["convert", folder / "half"], 2, "--out is missing"),
                              (["verify", folder / "half"], 2, "--inputs is missing")):
        done = run_cappy("models", *words, check=False)
        report.equal((done.returncode, says in done.stderr, done.stdout), (code, True, ""), f"{words}: {done.stderr}")
    for word in ("", "inspect", "convert", "verify", "new"):
        done = run_cappy("models", *filter(None, [word]), "--help")
        report.equal("Usage: cappy models" in done.stdout, True, f"help of {word}")


# ---- memory -------------------------------------------------------------------------------------------------------------


def peak_of(*words, text):
    """Megabytes that a verb held at most."""
    process = subprocess.Popen([CAPPY, *map(str, words)], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    process.stdin.write(text)
    process.stdin.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = status
    return usage.ru_maxrss / 1000 if status == 0 else sys.exit(f"{words} failed")


def test_memory(folder, report):
    """The formula is an upper bound of what a full batch takes, and no idle one."""
    recipe = folder / "large.yaml"
    rows = [{"instruction": f"{i} " + "one two three four five six seven " * 60, "response": f"{i} yes"} for i in range(40)]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    shapes = {"roberta": f"architecture: roberta\ntokenizer: {MINIATURE}/roberta_tokenizer\nhidden_size: 768\nnum_hidden_layers: 3\n",
              "t5": f"architecture: t5\ntokenizer: {MINIATURE}/t5_tokenizer\nd_model: 768\nd_kv: 64\nnum_heads: 12\nd_ff: 2048\nnum_layers: 2\n"}
    jobs = {"roberta": [("scoring", ["score"])],
            "t5": [("log-likelihood", ["loglikelihood"]), ("generation", ["generate", "--decoding", "sample:4", "--limit", 16])]}
    for family, shape in shapes.items():
        recipe.write_text(shape)
        run_cappy("models", "new", "--config", recipe, "--seed", 1, "--out", folder / family)
        memory = inspect(folder / family)[0]["memory"]["float32"]
        for job, words in jobs[family]:
            peak, allowed = peak_of(*words, "--model", folder / family, "--threads", 1, text=text), memory[job] / MEGABYTE
            print(f"memory of {family}, {job}: at most {allowed:.0f} MB, measured {peak:.0f} MB, weights {memory['weights'] / MEGABYTE:.0f} MB")
            report.equal(memory["weights"] / MEGABYTE < peak <= allowed, True, f"{family} {job}: {peak} of {allowed}")


# ---- convert ------------------------------------------------------------------------------------------------------------


def test_convert(folder, report):
    for name, (model, _) in make_models().items():
        family = model.config.model_type
        extra = {"roberta": {"roberta.pooler.dense.weight": torch.ones(32, 32)}}.get(family)
        for file_format in FORMATS:
            if extra and "msgpack" in file_format:
                continue
            stem = f"{name}-{file_format}".replace(" ", "_")
            source = write_model(folder / stem, model, file_format, extra)
            done = run_cappy("models", "convert", source, "--out", folder / f"{stem}-out")
            weights = load_file(folder / f"{stem}-out/model.safetensors")
            model.save_pretrained(folder / "reference", max_shard_size="1GB")
            expected = load_file(folder / "reference/model.safetensors")
            report.equal(sorted(weights), sorted(expected), f"names of {stem}")
            report.equal([k for k in expected if k not in weights or not torch.equal(weights[k], expected[k])], [], stem)
            report.equal("pooler" in done.stderr, bool(extra), f"{stem} left out: {done.stderr}")
            others = lambda place: {p.name: sha256(p) for p in place.iterdir() if "model" not in p.name or p.name == "spiece.model"}
            report.equal(others(folder / f"{stem}-out"), others(source), f"files beside the weights of {stem}")
        with torch.no_grad():
            mine = outputs_of(folder / f"{stem}-out", family)
            report.equal(torch.equal(mine, outputs_of(folder / "reference", family)), True, f"outputs of {name}")
    test_convert_rounding(folder, report)


def test_convert_rounding(folder, report):
    source = folder / "t5_tied-safetensors"
    tensors = load_file(source / "model.safetensors")
    for name, kind in (("float16", torch.float16), ("bfloat16", torch.bfloat16)):
        out = folder / name
        run_cappy("models", "convert", source, "--out", out, "--weights", name)
        weights = load_file(out / "model.safetensors")
        report.equal([k for k in weights if not torch.equal(weights[k], tensors[k].to(kind))], [], f"rounded to {name}")
        report.equal(json.loads((out / "config.json").read_text())["dtype"], name, "config.json says so")
        report.equal(T5ForConditionalGeneration.from_pretrained(out).dtype, kind, "and transformers opens it so")
        rows = [{"instruction": "one two", "response": "three"}]
        values = [filter_rows(rows, "loglikelihood", "--model", place, *more)[0]["log_likelihood"]
                  for place, more in ((out, []), (source, ["--weights", name]))]
        report.equal(values[0], values[1], f"{name} in the file or by --weights: the same bits")
        back = folder / f"{name}-back"
        run_cappy("models", "convert", out, "--out", back, "--weights", "float32")
        report.equal({v.dtype for v in load_file(back / "model.safetensors").values()}, {torch.float32}, "back to float32")
    tensors["shared.weight"][0, 0] = 1e5
    big = folder / "big"
    shutil.copytree(source, big)
    save_file(tensors, big / "model.safetensors", {"format": "pt"})
    for words, says in ((["--out", folder / "big-out", "--weights", "float16"], "'shared.weight' is not finite as float16"),
                        (["--out", folder / "float16"], "exists already"),
                        (["--out", folder / "big-out", "--weights", "int8"], "float32, float16 or bfloat16")):
        done = run_cappy("models", "convert", big, *words, check=False)
        report.equal((done.returncode in (1, 2), says in done.stderr, (folder / "big-out").exists()), (True, True, False), done.stderr)
    left = [p.name for p in folder.iterdir() if p.name.startswith(".")]
    report.equal(left, [], "no temporary folder is left")


# ---- verify -------------------------------------------------------------------------------------------------------------


def perturbed(source, out, size, pick=lambda name: True):
    shutil.copytree(source, out)
    torch.manual_seed(4)
    tensors = {k: v + size * torch.randn_like(v) if pick(k) else v for k, v in load_file(source / "model.safetensors").items()}
    save_file(tensors, out / "model.safetensors", {"format": "pt"})
    return out


def verify(*words, code=0, report=None):
    done = run_cappy("models", "verify", *words, "--json", check=False)
    report.equal(done.returncode, code, f"exit of verify {words}: {done.stderr} {done.stdout}")
    return json.loads(done.stdout) if done.stdout else {}


def choice_lines():
    words = "one two three four five six seven eight nine ten".split()
    return [{"instruction": f"{words[i % 10]} {words[i * 7 % 10]} which?", "choices": [words[(i + k) % 10] for k in range(3)],
             "label": i % 3} for i in range(40)]


def pairs(lines):
    return [{"instruction": line["instruction"], "response": choice} for line in lines for choice in line["choices"]]


def in_threes(values):
    return [values[i:i + 3] for i in range(0, len(values), 3)]


def expected_differences(lines, mine, reference):
    """What verify must print, from the filters' numbers."""
    choose = lambda values: max(range(3), key=lambda k: (values[k], -k))
    chosen, wanted = ([choose(values) for values in in_threes(numbers)] for numbers in (mine, reference))
    return {"largest_difference": max(abs(a - b) for a, b in zip(mine, reference)),
            "numbers": len(mine), "choices": len(lines), "labelled": len(lines),
            "flipped": sum(a != b for a, b in zip(chosen, wanted)),
            "right": sum(c == line["label"] for c, line in zip(chosen, lines)),
            "right_reference": sum(c == line["label"] for c, line in zip(wanted, lines))}


def test_verify(folder, report):
    lines, inputs = choice_lines(), folder / "inputs.jsonl"
    inputs.write_text("".join(json.dumps(line) + "\n" for line in lines))
    for kind, verb, field in (("scorer", "score", "score"), ("backbone", "loglikelihood", "log_likelihood")):
        good = folder / kind
        run_cappy("models", "new", "--config", MINIATURE / f"{kind}.yaml", "--seed", 5, "--out", good)
        other = perturbed(good, folder / f"{kind}-other", 0.02)
        words = [good, "--inputs", inputs, "--threads", 1]
        same = verify(*words, "--against-model", good, report=report)
        report.equal((same["largest_difference"], same["unequal_outputs"], same["tau"], same["gate"]), (0, 0, 1, "passed"), f"{kind}: itself")
        found = verify(*words, "--against-model", other, code=3, report=report)
        numbers = [[row[field] for row in filter_rows(pairs(lines), verb, "--model", place)] for place in (good, other)]
        expected = expected_differences(lines, *numbers)
        report.equal({key: found[key] for key in expected}, expected, f"{kind}: differences")
        report.close(found["tau"], kendalltau(*numbers).statistic, 1e-12, f"{kind}: tau")
        within = [kendalltau(a, b).statistic for a, b in zip(*map(in_threes, numbers))]
        report.close(found["tau_within"], sum(within) / len(within), 1e-12, f"{kind}: tau within inputs")
        report.equal(expected["flipped"] > 0 and "differs by" in found["gate"], True, f"{kind}: the copy is another model: {found}")
        test_outputs(report, lines, found, good, other) if kind == "backbone" else None
        test_precision(report, lines, words, verb, field)
        verify(*words, "--against-model", other, "--tolerance", "1e9", code=3 if found["unequal_outputs"] else 0, report=report)
        text = run_cappy("models", "verify", *words, "--against-model", other, check=False).stdout
        report.equal((f"{expected['flipped']} of 40 flipped" in text, "FAILED: a " in text), (True, True), text)
    test_verify_errors(folder, report, inputs)


def test_outputs(report, lines, found, good, other):
    """Greedy and beam outputs as `generate` gives them."""
    rows, unequal = [{"instruction": line["instruction"]} for line in lines], 0
    for decoding in ("greedy", "beam:4"):
        a, b = (filter_rows(rows, "generate", "--decoding", decoding, "--model", place) for place in (good, other))
        unequal += sum(x["candidates"][0]["ids"] != y["candidates"][0]["ids"] for x, y in zip(a, b))
    report.equal((found["outputs"], found["unequal_outputs"]), (80, unequal), "outputs")


def test_precision(report, lines, words, verb, field):
    """Without a reference: the model in float32, and no gate unless one is asked for."""
    found = verify(*words, "--weights", "bfloat16", report=report)
    numbers = [[row[field] for row in filter_rows(pairs(lines), verb, "--model", words[0], *more)]
               for more in (["--weights", "bfloat16"], [])]
    expected = expected_differences(lines, *numbers)
    report.equal({key: found[key] for key in expected}, expected, f"{verb} with weights rounded to bfloat16")
    report.equal((found["gate"], found["largest_difference"] > 0), (None, True), str(found))
    found = verify(*words, "--weights", "bfloat16", "--tolerance", "1e-9", "--decoding", "none", code=3, report=report)
    report.equal(("allowed 1e-09" in found["gate"], found["outputs"]), (True, 0), str(found))


def test_verify_errors(folder, report, inputs):
    bare = folder / "bare.jsonl"
    bare.write_text('{"instruction": "a"}\n')
    for words, code, says in (([folder / "scorer", "--inputs", inputs], 2, "nothing to compare with"),
                              ([folder / "scorer", "--inputs", bare, "--weights", "float16"], 1, "line 1: a scorer needs"),
                              ([folder / "scorer", "--inputs", inputs, "--against", "no-such-program x"], 1, "no-such-program"),
                              ([folder / "scorer", "--inputs", inputs, "--against", "x", "--against-model", "y"], 2, "give one of them"),
                              ([folder / "scorer", "--inputs", folder / "none", "--weights", "float16"], 1, "cannot be opened")):
        done = run_cappy("models", "verify", *words, check=False)
        report.equal((done.returncode, says in done.stderr), (code, True), f"{words}: {done.stderr}")


def test_verify_command(folder, report):
    """Against transformers itself, through the program that the project ships."""
    program = f"{sys.executable} {SOURCE / 'scripts/transformers_backbone.py'} "
    lines, inputs = choice_lines()[:8], folder / "command.jsonl"
    inputs.write_text("".join(json.dumps(line) + "\n" for line in lines))
    for kind in ("backbone", "scorer"):
        good, other = folder / kind, folder / f"{kind}-other"
        found = verify(good, "--inputs", inputs, "--against", program + str(good), report=report)
        report.equal((found["numbers"], found["gate"], found["unknown"]), (24, "passed", 0), f"{kind} against transformers: {found}")
        found = verify(good, "--inputs", inputs, "--against", program + str(other), code=3, report=report)
        report.equal("differs by" in found["gate"], True, f"{kind} against another model of transformers: {found}")


# ---- Hub ids ------------------------------------------------------------------------------------------------------------


class Hub:
    """A server with the two miniature models, and a cache."""

    def __init__(self, folder, models):
        self.server, self.folder = HubServer(), folder
        self.commits = {}
        for name, place in models.items():
            files = {p.name: p.read_bytes() for p in place.iterdir()} | {"README.md": b"# hello\n", "flax_model.msgpack": b"other weights"}
            repository = self.server.add("models", f"org/{name}", files, lfs=["model.safetensors", "flax_model.msgpack"])
            self.commits[name] = repository.refs["main"]
        self.clean = {k: v for k, v in os.environ.items() if not re.match(r"(?i)(HF_|HUGGING|TRANSFORMERS_OFF|https?_proxy|no_proxy|all_proxy)", k)}

    def run(self, *words, text="", **env):
        env = {"HF_ENDPOINT": self.server.endpoint, "HF_HUB_CACHE": str(self.folder / "cache"), "HF_HUB_ETAG_TIMEOUT": "3",
               "CAPPY_HUB_FIRST_WAIT": "0.005", **env}
        self.server.log.clear()
        return subprocess.run([CAPPY, *map(str, words)], input=text, capture_output=True, text=True, env={**self.clean, **env}, cwd=self.folder)


def test_hub(folder, report):
    places = {kind: folder / kind for kind in ("scorer", "backbone")}
    for kind, place in places.items():
        if not place.exists():
            run_cappy("models", "new", "--config", MINIATURE / f"{kind}.yaml", "--seed", 5, "--out", place)
    hub = Hub(folder, places)
    text = '{"text": "one two", "instruction": "one two", "response": "three"}\n'
    verbs = {"score": ("scorer", []), "loglikelihood": ("backbone", []), "generate": ("backbone", ["--decoding", "greedy"]), "tokenize": ("scorer", [])}
    for verb, (kind, more) in verbs.items():
        expected = run_cappy(verb, "--model", places[kind], *more, text=text).stdout
        for name, env in ((f"org/{kind}", {}), (f"org/{kind}@{hub.commits[kind]}", {}), (f"org/{kind}", {"HF_HUB_OFFLINE": "1"})):
            done = hub.run(verb, "--model", name, *more, text=text, **env)
            report.equal((done.returncode, done.stdout), (0, expected), f"{verb} {name} {env}: {done.stderr}")
            report.equal(f"models/org/{kind} at commit {hub.commits[kind]}" in done.stderr, True, done.stderr)
            report.equal(bool(hub.server.log), not env and "@" not in name, f"{verb} {name} {env}: who is asked: {hub.server.log}")
    cached = sorted(p.name for p in (folder / "cache").glob("models--org--scorer/snapshots/*/*"))
    report.equal(("model.safetensors" in cached, "flax_model.msgpack" in cached, "README.md" in cached), (True, False, False), str(cached))
    done = hub.run("tokenize", "--model", "org/backbone", text=text, HF_HUB_CACHE=str(folder / "texts"))
    report.equal((done.returncode, any("safetensors" in r.path for r in hub.server.downloads())), (0, False), "text alone needs no weights")
    test_hub_models(hub, places, report)
    test_hub_run(hub, report)
    test_hub_errors(hub, report)
    hub.server.close()


def test_hub_models(hub, places, report):
    done = hub.run("models", "inspect", "org/scorer", "--json")
    found = json.loads(done.stdout)
    report.equal((found["commit"], found["problem"]), (hub.commits["scorer"], None), done.stderr)
    weights = next(f for f in found["files"] if f["file"] == "model.safetensors")
    report.equal(weights["sha256"], sha256(places["scorer"] / "model.safetensors"), "the hash of a file of the Hub")
    done = hub.run("models", "convert", "org/scorer", "--out", hub.folder / "from-hub")
    report.equal((done.returncode, (hub.folder / "from-hub/model.safetensors").is_symlink()), (0, False), done.stderr)
    (hub.folder / "lines.jsonl").write_text(json.dumps(choice_lines()[0]) + "\n")
    done = hub.run("models", "verify", "org/scorer", "--inputs", "lines.jsonl", "--against-model", places["scorer"])
    report.equal((done.returncode, "passed" in done.stdout), (0, True), done.stdout + done.stderr)
    # a folder of that name wins
    shutil.copytree(places["scorer"], hub.folder / "org/scorer")
    done = hub.run("models", "inspect", "org/scorer", "--json")
    report.equal((json.loads(done.stdout)["commit"], hub.server.log), (None, []), "a folder wins")
    shutil.rmtree(hub.folder / "org")


def test_hub_run(hub, report):
    """An experiment: the resolved configuration names the commit, and is itself an experiment; a second run computes nothing."""
    experiment = hub.folder / "x.yaml"
    experiment.write_text("experiment: x\ntasks: [is_sorted, reverse_words]\nlimit: 3\ndecoding: [greedy]\n"
                          "backbones: [{model: org/backbone}]\nscorers: [{model: org/scorer, revision: main}]\n")
    words = ["run", experiment, "--runs", hub.folder / "runs", "--home", SOURCE, "--progress", "none"]
    done = hub.run(*words)
    config = (hub.folder / "runs/x/config.yaml").read_text()
    for kind in ("backbone", "scorer"):
        report.equal(f"model: org/{kind}, revision: {hub.commits[kind]}".replace('"', "") in config.replace('"', ""), True, config)
    report.equal(done.returncode, 0, done.stderr)
    again = hub.run(*words, HF_HUB_OFFLINE="1")
    report.equal((again.returncode, "nothing was computed" in again.stderr, again.stdout), (0, True, done.stdout), again.stderr)
    resolved = hub.folder / "resolved.yaml"
    shutil.copy(hub.folder / "runs/x/config.yaml", resolved)
    again = hub.run("run", resolved, *words[2:])
    report.equal((again.returncode, "nothing was computed" in again.stderr, hub.server.log), (0, True, []), again.stderr)
    known = json.loads((hub.folder / "runs/store/models/known.json").read_text())
    report.equal(len(known["opened"]), 2, "models that opened are known")
    experiment.write_text(experiment.read_text().replace("org/backbone", "org/none"))
    done = hub.run(*words)
    report.equal((done.returncode, "x.yaml:5" in done.stderr, "there is no folder" in done.stderr, "on the Hub: " in done.stderr), (1, True, True, True), done.stderr)


def test_hub_errors(hub, report):
    for name, code, says, env in (("org/none", 1, ["there is no such folder; on the Hub", "HF_TOKEN"], {}),
                                  ("org/scorer@v9", 1, ["no revision 'v9'"], {}),
                                  ("a/b/c", 2, ["no id of the Hub"], {}),
                                  ("org/none", 1, ["not in the cache", "cappy pull"], {"HF_HUB_OFFLINE": "1"}),
                                  ("org/none", 1, ["cannot be reached"], {"HF_ENDPOINT": "http://127.0.0.1:9"})):
        done = hub.run("score", "--model", name, text="", **env)
        report.equal((done.returncode, [s for s in says if s not in done.stderr]), (code, []), f"{name}: {done.stderr}")
    hub.server.add("models", "org/empty", {"README.md": b""})
    hub.server.add("models", "org/weightless", {"config.json": b"{}"})
    for name, says in (("org/empty", "has no config.json"), ("org/weightless", "has no weights")):
        done = hub.run("score", "--model", name, text="")
        report.equal((done.returncode, says in done.stderr), (1, True), done.stderr)


def main():
    report = Report("models: inspect, convert, verify, Hub ids")
    with tempfile.TemporaryDirectory() as scratch:
        for test in (test_inspect, test_memory, test_convert):
            place = Path(scratch) / test.__name__
            place.mkdir()
            test(place, report)
            shutil.rmtree(place)
        shared = Path(scratch) / "miniature"
        shared.mkdir()
        test_verify(shared, report)
        test_verify_command(shared, report)
        test_hub(shared, report)
    report.finish(at_least=200)


if __name__ == "__main__":
    main()
