"""Peak memory of loading a T5 of 3 billion parameters (the shape of FLAN-T5-XL): at most the weights in float32, the arithmetic,
plus 15 % and 200 MB. The file is sparse: a header and zeros that are on no disk. Zeros give every token the same probability.

Not an import of torch in sight: a child's peak begins with its parent's memory.
"""
import json
import math
import os
import shutil
import struct
import tempfile
from pathlib import Path

import common

V, D, F, H, K, LAYERS = 32128, 2048, 5120, 32, 64, 24
CONFIG = {"architectures": ["T5ForConditionalGeneration"], "model_type": "t5", "vocab_size": V, "d_model": D, "d_kv": K, "d_ff": F,
          "num_layers": LAYERS, "num_decoder_layers": LAYERS, "num_heads": H, "feed_forward_proj": "gated-gelu",
          "tie_word_embeddings": False, "decoder_start_token_id": 0, "pad_token_id": 0, "eos_token_id": 1}
ROW = {"instruction": "Sort: b a", "response": "a b"}
ALLOWED = 0.15, 200e6


def tensors():
    """Name and shape of each."""
    made = {"shared.weight": [V, D], "lm_head.weight": [V, D]}
    for stack in ("encoder", "decoder"):
        for block in range(LAYERS):
            for number, part in enumerate(("SelfAttention", "EncDecAttention") if stack == "decoder" else ("SelfAttention",)):
                name = f"{stack}.block.{block}.layer.{number}"
                made |= {f"{name}.{part}.{x}.weight": [H * K, D] for x in "qkv"} | {f"{name}.{part}.o.weight": [D, H * K]}
                made[f"{name}.layer_norm.weight"] = [D]
            if block == 0:
                made[f"{stack}.block.0.layer.0.SelfAttention.relative_attention_bias.weight"] = [32, H]
            name = f"{stack}.block.{block}.layer.{2 if stack == 'decoder' else 1}"
            made |= {f"{name}.DenseReluDense.{x}.weight": [F, D] for x in ("wi_0", "wi_1")}
            made |= {f"{name}.DenseReluDense.wo.weight": [D, F], f"{name}.layer_norm.weight": [D]}
        made[f"{stack}.final_layer_norm.weight"] = [D]
    return made


def write_sparse(path, kind, size):
    """A safetensors file of zeros; returns the number of parameters."""
    header, at, parameters = {}, 0, 0
    for name, shape in tensors().items():
        count = math.prod(shape)
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [at, at + count * size]}
        at, parameters = at + count * size, parameters + count
    text = json.dumps(header).encode()
    with open(path, "wb") as out:
        out.write(struct.pack("<Q", len(text)) + text)
        out.truncate(8 + len(text) + at)
    return parameters


def run(folder):
    """(the row that comes out, peak bytes)."""
    out, line = folder.parent / "out.jsonl", folder.parent / "in.jsonl"
    line.write_text(json.dumps(ROW) + "\n")
    words = [common.CAPPY, "loglikelihood", "--model", str(folder), "--progress", "none"]
    files = [(os.POSIX_SPAWN_OPEN, 0, line, os.O_RDONLY, 0), (os.POSIX_SPAWN_OPEN, 1, out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)]
    _, status, usage = os.wait4(os.posix_spawn(words[0], words, os.environ, file_actions=files), 0)
    if status != 0:
        raise SystemExit(f"cappy ended with {os.waitstatus_to_exitcode(status)}")
    return json.loads(out.read_text()), usage.ru_maxrss * 1024


def free_bytes():
    with open("/proc/meminfo", encoding="ascii") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))


def main():
    report = common.Report("memory of a model of 3 billion parameters")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "xl"
        folder.mkdir()
        (folder / "config.json").write_text(json.dumps(CONFIG))
        for file in (common.SOURCE / "configs/miniature/t5_tokenizer").iterdir():
            shutil.copy(file, folder)
        for kind, dtype, size in (("F32", "float32", 4), ("BF16", "bfloat16", 2)):
            parameters = write_sparse(folder / "model.safetensors", kind, size)
            limit = 4 * parameters * (1 + ALLOWED[0]) + ALLOWED[1]
            if free_bytes() < limit + 1e9:
                raise SystemExit(f"{free_bytes() / 1e9:.1f} GB free, {limit / 1e9:.1f} GB and 1 more are needed: try on a larger machine")
            row, peak = run(folder)
            print(f"{parameters / 1e9:.2f} billion parameters stored as {dtype}: weights {4 * parameters / 1e9:.2f} GB, peak {peak / 1e9:.2f} GB, "
                  f"allowed {limit / 1e9:.2f}")
            report.equal(peak <= limit, True, f"peak of {dtype}: {peak}")
            wanted = -row["tokens"] * math.log(V)
            report.close(row["log_likelihood"], wanted, 1e-5 * abs(wanted), f"log-likelihood from zeros, {dtype}")
            common.record("t5 1.1 of 3 billion parameters", "safetensors", dtype, "peak memory, share of what is allowed", peak / limit, 1)
    report.finish(at_least=4)


if __name__ == "__main__":
    main()
