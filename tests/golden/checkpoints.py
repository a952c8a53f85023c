"""The same random models in every form of checkpoint give the same bytes of scores and log-likelihoods: safetensors, .bin
(zip, legacy), Flax msgpack (arrays in chunks), whole and in shards, stored as float32, float16 and bfloat16. Also what old files
have: names of TensorFlow's norms, unused buffers, tensors that are views. And models saved and loaded by transformers 5,
against its float64.
"""
import shutil
import tempfile
from pathlib import Path

import common
import torch
from checkpoint_files import FORMATS, write_weights
from transformers import (AutoTokenizer, RobertaConfig, RobertaForSequenceClassification, T5Config,
                          T5ForConditionalGeneration)

MINIATURE = common.SOURCE / "configs/miniature"
DTYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}
T5_SHAPE = dict(vocab_size=520, d_model=36, d_kv=5, d_ff=52, num_heads=3, num_layers=2, num_decoder_layers=3,
                decoder_start_token_id=0)
ROWS = [{"instruction": i, "response": r} for i in ("Sort: b a", "", "Which word is longer: tree or a?")
        for r in ("a b", "tree", "")]
QUIET = ["--progress", "none", "--threads", 1]


def vocabulary_size(name):
    return len(AutoTokenizer.from_pretrained(MINIATURE / f"{name}_tokenizer"))


def spread(model):
    """Weights far from their initial ones, so that numbers differ by more than rounding."""
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.dim() == 1:
                weight.uniform_(0.5, 1.5) if "orm" in name and name.endswith("weight") else weight.normal_(0, 0.3)
            else:
                weight.normal_(0, 1.3 / weight.shape[1] ** 0.5)
    return model.eval()


def t5(gated, own_head):
    config = T5Config(**T5_SHAPE | dict(vocab_size=vocabulary_size("t5") + 3), tie_word_embeddings=not gated,
                      feed_forward_proj="gated-gelu" if gated else "relu")
    model = T5ForConditionalGeneration(config)
    if own_head:
        model.lm_head.weight = torch.nn.Parameter(torch.empty(config.vocab_size, config.d_model))
    return spread(model)


def roberta():
    return spread(RobertaForSequenceClassification(RobertaConfig(
        vocab_size=vocabulary_size("roberta") + 1, hidden_size=42, num_hidden_layers=2, num_attention_heads=3,
        intermediate_size=70, max_position_embeddings=130, type_vocab_size=1, num_labels=1, pad_token_id=1)))


MODELS = {"t5 1.1 untied": (lambda: t5(True, True), "t5", ["loglikelihood", *QUIET]),
          "t5 1.0": (lambda: t5(False, False), "t5", ["loglikelihood", *QUIET]),
          "roberta": (roberta, "roberta", ["score", *QUIET])}


def make_folder(folder, model, tokenizer):
    """All of a model's folder but its weights."""
    folder.mkdir()
    model.config.save_pretrained(folder)
    for file in (MINIATURE / f"{tokenizer}_tokenizer").iterdir():
        shutil.copy(file, folder)
    return folder


def output(folder, words):
    text = "".join(common.json.dumps(row) + "\n" for row in ROWS)
    return common.run_cappy(*words, "--model", folder, text=text).stdout


def state_dict(model, dtype):
    """As torch.save gets it: tied weights share their storage."""
    made = {}
    copies = {}
    for name, tensor in model.state_dict().items():
        made[name] = copies.setdefault(tensor.data_ptr(), tensor.to(dtype) if tensor.is_floating_point() else tensor)
    return made


def compare_formats(report, scratch, name):
    make, tokenizer, words = MODELS[name]
    torch.manual_seed(sorted(MODELS).index(name))
    model = make()
    for dtype, torch_type in DTYPES.items():
        tensors, wanted = state_dict(model, torch_type), None
        for file_format in FORMATS:
            folder = make_folder(scratch / f"{name} {dtype} {file_format}", model, tokenizer)
            write_weights(folder, file_format, model, tensors, chunk_bytes=1000)
            got = output(folder, words)
            wanted = wanted or got
            report.equal(got, wanted, f"{name}, {dtype}, {file_format}")
            common.record(name, file_format, dtype, "outputs that differ from safetensors'", int(got != wanted), 0)
            shutil.rmtree(folder)
    report.equal(wanted.count("\n"), len(ROWS), "lines")


def compare_old_files(report, scratch):
    """roberta-large of 2019 and its like: gamma and beta, int64 positions, a pooler, a language model's head, Parameters,
    and tensors that are transposed or lie within a larger storage."""
    make, tokenizer, words = MODELS["roberta"]
    model = make()
    good = make_folder(scratch / "good", model, tokenizer)
    write_weights(good, "safetensors", model, model.state_dict())
    wanted = output(good, words)
    old = {}
    for name, tensor in model.state_dict().items():
        name = name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")
        large = torch.randn(tensor.numel() + 14)
        large[7:7 + tensor.numel()] = tensor.flatten()
        within = large[7:7 + tensor.numel()].view(tensor.shape)
        turned = tensor.t().contiguous().t() if tensor.dim() == 2 else within
        old[name] = [within, turned, torch.nn.Parameter(tensor)][len(old) % 3]
    old["roberta.embeddings.position_ids"] = torch.arange(130).expand((1, -1))
    old["roberta.pooler.dense.weight"] = torch.zeros(42, 42)
    old["lm_head.decoder.weight"] = old["roberta.embeddings.word_embeddings.weight"]
    for legacy in (False, True):
        folder = make_folder(scratch / f"old {legacy}", model, tokenizer)
        torch.save(old, folder / "pytorch_model.bin", _use_new_zipfile_serialization=not legacy)
        report.equal(output(folder, words), wanted, f"an old file, legacy {legacy}")
    for first, second in (("safetensors", ".bin zip"), (".bin zip", "msgpack")):  # the first of them is read
        folder = make_folder(scratch / f"{first}, {second}", model, tokenizer)
        write_weights(folder, first, model, model.state_dict())
        write_weights(folder, second, model, {k: torch.zeros_like(v) for k, v in model.state_dict().items()})
        report.equal(output(folder, words), wanted, f"{first} beside {second}")


@torch.no_grad()
def reference(model, tokenizer, row):
    source = tokenizer(row["instruction"], return_tensors="pt").input_ids
    target = tokenizer(row["response"], return_tensors="pt").input_ids
    logits = model(input_ids=source, labels=target).logits[0]
    return torch.log_softmax(logits, -1)[range(target.shape[1]), target[0]].sum().item()


def compare_saved_by_transformers(report, scratch):
    """transformers 5 writes tie_word_embeddings true into every T5; the head is that of the file, scale_decoder_outputs says
    whether it is scaled. What transformers itself loads from the folder is the reference."""
    tokenizer = AutoTokenizer.from_pretrained(MINIATURE / "t5_tokenizer")
    for name, gated, own_head in (("t5 1.1 untied", True, True), ("t5 1.1 tied", True, False), ("t5 1.0", False, False)):
        folder = make_folder(scratch / f"saved {name}", T5ForConditionalGeneration(T5Config(**T5_SHAPE)), "t5")
        torch.manual_seed(5)
        t5(gated, own_head).save_pretrained(folder)
        config = common.json.loads((folder / "config.json").read_text())
        report.equal((config["tie_word_embeddings"], config["scale_decoder_outputs"]), (True, not gated), f"{name}: config.json")
        for file_format in ("safetensors", ".bin zip"):
            if file_format == ".bin zip":
                write_weights(folder, file_format, None, T5ForConditionalGeneration.from_pretrained(folder).state_dict())
                (folder / "model.safetensors").unlink()
            model = T5ForConditionalGeneration.from_pretrained(folder).double().eval()
            mine = common.filter_rows(ROWS, "loglikelihood", *QUIET, "--model", folder)
            largest = 0
            for row, got in zip(ROWS, mine, strict=True):
                wanted = reference(model, tokenizer, row)
                report.close(got["log_likelihood"], wanted, max(1e-4, 1e-5 * abs(wanted)), f"{name}, {file_format}, saved by transformers")
                largest = max(largest, abs(got["log_likelihood"] - wanted) / max(1, abs(wanted) / 10))
            common.record(name, f"{file_format} of transformers 5", "float32", "log-likelihood, largest difference of 10 nats", largest, 1e-4)


def main():
    torch.set_num_threads(1)
    equal, exact = common.Report("forms of checkpoints, byte for byte"), common.Report("files of transformers 5")
    with tempfile.TemporaryDirectory() as scratch:
        for name in MODELS:
            compare_formats(equal, Path(scratch), name)
        compare_old_files(equal, Path(scratch))
        compare_saved_by_transformers(exact, Path(scratch))
    equal.finish(at_least=3 * 3 * len(FORMATS) + 4)
    exact.finish(at_least=3 * 2 * len(ROWS))


if __name__ == "__main__":
    main()
