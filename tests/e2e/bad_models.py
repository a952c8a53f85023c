"""Broken model folders: each is refused with exit 1 and one message that names the file and what is wrong, before any output."""
import json
import shutil
import struct
import tempfile
from pathlib import Path

from common import SOURCE, Report, run_cappy

MINIATURE = SOURCE / "configs/miniature"
LINES = {"backbone": '{"instruction": "Sort: b a"}\n', "scorer": '{"instruction": "Sort: b a", "response": "a b"}\n'}
QUIET = ["--progress", "none"]
WORDS = {"backbone": ["generate", "--decoding", "greedy", "--max-length", "6", *QUIET], "scorer": ["score", *QUIET]}


def parts(path):
    """(header as dict, tensor bytes) of a safetensors file."""
    raw = path.read_bytes()
    length = struct.unpack("<Q", raw[:8])[0]
    return json.loads(raw[8:8 + length]), raw[8 + length:]


def write(path, header, data):
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def tensors(header):
    return [name for name in header if name != "__metadata__"]


def rename(path, old_part, new_part):
    header, data = parts(path)
    write(path, {k.replace(old_part, new_part): v for k, v in header.items()}, data)


def lie(path, change):
    header, data = parts(path)
    change(header)
    write(path, header, data)


def last(header):
    return max(tensors(header), key=lambda name: header[name]["data_offsets"][1])


def swap_shape(header):
    name = next(n for n in tensors(header) if len(set(header[n]["shape"])) == 2)
    header[name]["shape"].reverse()


def longer(header):
    header[last(header)]["data_offsets"][1] += 4


def hole(header):
    name = last(header)
    header[name]["data_offsets"] = [x + 64 for x in header[name]["data_offsets"]]


def overflow(header):
    header[last(header)]["shape"] = [2**62, 2**62]


def drop(header):
    header.pop(last(header))


def nan(path):
    header, data = parts(path)
    begin = header[last(header)]["data_offsets"][0]
    kind = header[last(header)]["dtype"]
    bad = {"F32": b"\x00\x00\xc0\x7f", "F16": b"\x00\x7e", "BF16": b"\xc0\x7f"}[kind]
    write(path, header, data[:begin] + bad + data[begin + len(bad):])


def config(path, **change):
    values = json.loads((path.parent / "config.json").read_text())
    for key, value in change.items():
        values.pop(key, None)
        if value is not None:
            values[key] = value
    (path.parent / "config.json").write_text(json.dumps(values))


def cases(kind):
    """Name, what to do with the path of model.safetensors, a word that the message must have."""
    other = "roberta" if kind == "backbone" else "t5"
    layers = "num_layers" if kind == "backbone" else "num_hidden_layers"
    width = "d_model" if kind == "backbone" else "hidden_size"
    matrix = "final_layer_norm.weight" if kind == "backbone" else "classifier.out_proj.weight"
    return [
        ("file cut in its data", lambda p: p.write_bytes(p.read_bytes()[:-100]), "model.safetensors"),
        ("file cut in its header", lambda p: p.write_bytes(p.read_bytes()[:200]), "model.safetensors"),
        ("file of four bytes", lambda p: p.write_bytes(b"\x01\x00\x00\x00"), "model.safetensors"),
        ("header longer than the file", lambda p: p.write_bytes(struct.pack("<Q", 2**40) + p.read_bytes()[8:]), "model.safetensors"),
        ("header that is no JSON", lambda p: p.write_bytes(struct.pack("<Q", 16) + b"{" * 16), "model.safetensors"),
        ("a tensor past the end", lambda p: lie(p, longer), "model.safetensors"),
        ("a hole", lambda p: lie(p, hole), "model.safetensors"),
        ("sizes that overflow", lambda p: lie(p, overflow), "model.safetensors"),
        ("bytes that nobody owns", lambda p: lie(p, drop), "model.safetensors"),
        ("bytes after the end", lambda p: p.write_bytes(p.read_bytes() + b"12345678"), "model.safetensors"),
        ("a mis-shaped tensor", lambda p: lie(p, swap_shape), "shape"),
        ("a missing and an extra tensor", lambda p: rename(p, matrix, "other.weight"), matrix),
        ("NaN in a weight", nan, "finite"),
        ("no weights", lambda p: p.unlink(), "model.safetensors"),
        ("another architecture", lambda p: config(p, model_type=other, architectures=["Other"]), other),
        ("more layers than the file has", lambda p: config(p, **{layers: 5}), "missing"),
        ("another width", lambda p: config(p, **{width: 72}), "shape"),
        ("a config without the width", lambda p: config(p, **{width: None}), "shape" if kind == "scorer" else width),
        ("a config that is no JSON", lambda p: (p.parent / "config.json").write_text("{"), "config.json"),
        ("no config", lambda p: (p.parent / "config.json").unlink(), "config.json"),
        ("no tokenizer", lambda p: [f.unlink() for f in p.parent.glob("*token*")], "tokenizer"),
        ("a tokenizer that is no JSON", lambda p: (p.parent / "tokenizer.json").write_text('{"model"'), "tokenizer.json"),
    ]


def main():
    report = Report("broken model folders")
    with tempfile.TemporaryDirectory() as scratch:
        for kind in LINES:
            good = Path(scratch) / kind
            run_cappy("models", "new", "--config", MINIATURE / f"{kind}.yaml", "--seed", 5, "--out", good)
            report.equal(run_cappy(*WORDS[kind], "--model", good, text=LINES[kind]).stdout.count("\n"), 1, "the good one")
            for name, damage, word in cases(kind):
                bad = Path(scratch) / "bad"
                shutil.copytree(good, bad)
                damage(bad / "model.safetensors")
                done = run_cappy(*WORDS[kind], "--model", bad, text=LINES[kind], check=False)
                where = f"{kind}: {name}: {done.stderr.strip()[:400]!r}"
                report.equal((done.returncode, done.stdout), (1, ""), where)
                report.equal((word in done.stderr, done.stderr.count("cappy ")), (True, 1), where)
                shutil.rmtree(bad)
        done = run_cappy("score", "--model", Path(scratch) / "nowhere", text=LINES["scorer"], check=False)
        report.equal((done.returncode, done.stdout, "nowhere" in done.stderr), (2, "", True), f"no folder: {done.stderr!r}")
    report.finish(at_least=40)


if __name__ == "__main__":
    main()
