"""Checkpoints in every published form, for tests: a state dict as safetensors, as torch.save writes it (zip and legacy) and as
flax.serialization does, whole or in shards.

PyTorch's forms are written by torch and safetensors themselves. Flax is not installed: its form is written here from its
documentation, with the names that Flax modules give (by the class of the PyTorch module, not by the rule under test).
"""
import json
import struct

import torch
from safetensors.torch import save_file

FORMATS = ("safetensors", "safetensors sharded", ".bin zip", ".bin legacy", ".bin sharded", "msgpack", "msgpack sharded")
CHUNK_BYTES = 2**30  # flax.serialization.MAX_CHUNK_SIZE


def pack_length(count, small, most_small, large):
    """The head of a MessagePack value: `small` | count, or the bytes in `large`, by increasing width."""
    if count <= most_small:
        return bytes([small | count])
    for code, layout in large:
        if count < 256 ** struct.calcsize(layout):
            return bytes([code]) + struct.pack(">" + layout, count)
    raise ValueError(count)


def pack(value):
    """MessagePack of None, bool, int, str, bytes, list, dict and of tensors, as flax.serialization packs arrays."""
    if isinstance(value, torch.Tensor):
        raw = value.detach().contiguous().flatten().view(torch.uint8).numpy().tobytes() if value.numel() else b""
        inside = pack([list(value.shape), str(value.dtype).removeprefix("torch."), raw])
        fixed = {1: 0xD4, 2: 0xD5, 4: 0xD6, 8: 0xD7, 16: 0xD8}.get(len(inside))
        return (bytes([fixed]) if fixed else pack_length(len(inside), 0, -1, [(0xC7, "B"), (0xC8, "H"), (0xC9, "I")])) + b"\x01" + inside
    if value is None:
        return b"\xc0"
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        return pack_length(value, 0, 0x7F, [(0xCC, "B"), (0xCD, "H"), (0xCE, "I"), (0xCF, "Q")])
    if isinstance(value, str):
        raw = value.encode()
        return pack_length(len(raw), 0xA0, 31, [(0xD9, "B"), (0xDA, "H"), (0xDB, "I")]) + raw
    if isinstance(value, bytes):
        return pack_length(len(value), 0, -1, [(0xC4, "B"), (0xC5, "H"), (0xC6, "I")]) + value
    if isinstance(value, list):
        return pack_length(len(value), 0x90, 15, [(0xDC, "H"), (0xDD, "I")]) + b"".join(map(pack, value))
    pairs = b"".join(pack(key) + pack(item) for key, item in value.items())
    return pack_length(len(value), 0x80, 15, [(0xDE, "H"), (0xDF, "I")]) + pairs


def chunk(tensor, chunk_bytes):
    """Large arrays are cut: flax.serialization._chunk."""
    numbered = lambda items: {str(i): item for i, item in enumerate(items)}
    count = max(1, chunk_bytes // tensor.element_size())
    return {"__msgpack_chunked_array__": True, "shape": numbered(tensor.shape),
            "chunks": numbered(tensor.flatten().split(count))}


def flax_bytes(paths, chunk_bytes=CHUNK_BYTES):
    """paths: {"a/b/kernel": tensor}."""
    root = {}
    for path, tensor in paths.items():
        *folders, last = path.split("/")
        place = root
        for folder in folders:
            place = place.setdefault(folder, {})
        place[last] = chunk(tensor, chunk_bytes) if tensor.nbytes > chunk_bytes else tensor
    return pack(root)


def flax_paths(model, tensors):
    """The names and layouts of the Flax modules of a transformers model: kernels are [in, out], norms have a scale (but
    T5's, whose Flax parameter is called weight), embeddings an embedding. Tied weights are there once."""
    made, modules = {}, dict(model.named_modules())
    for name, tensor in tensors.items():
        module, last = name.rpartition(".")[::2]
        if name.endswith("embed_tokens.weight") and "shared.weight" in tensors:
            continue
        if name == "lm_head.weight" and model.lm_head.weight is model.get_input_embeddings().weight:
            continue
        kind = type(modules.get(module)).__name__
        if last == "weight" and kind == "Linear":
            tensor, last = tensor.t(), "kernel"
        elif last == "weight" and kind == "LayerNorm":
            last = "scale"
        elif last == "weight" and "Embedding" in kind:
            last = "embedding"
        made[f"{module}/{last}".replace(".", "/")] = tensor
    return made


def without_copies(tensors):
    """Each storage once, under its first name: safetensors keeps no ties."""
    seen, made = set(), {}
    for name, tensor in tensors.items():
        if tensor.data_ptr() not in seen:
            seen.add(tensor.data_ptr())
            made[name] = tensor.contiguous()
    return made


def write_shards(folder, stem, suffix, tensors, write):
    """Two files by turns, and their index."""
    names = [f"{stem}-{i:05}-of-00002{suffix}" for i in (1, 2)]
    parts, places = [{}, {}], {}
    for i, (name, tensor) in enumerate(tensors.items()):
        parts[i % 2][name] = tensor
        places[name] = names[i % 2]
    for name, part in zip(names, parts, strict=True):
        write(folder / name, part)
    total = sum(tensor.nbytes for tensor in tensors.values())
    (folder / f"{stem}{suffix}.index.json").write_text(json.dumps({"metadata": {"total_size": total}, "weight_map": places}))


def write_weights(folder, file_format, model, tensors, chunk_bytes=CHUNK_BYTES):
    """Writes `tensors`, a state dict of `model`, into a folder."""
    safe = lambda path, part: save_file(part, path, {"format": "pt"})
    flax = lambda path, part: path.write_bytes(flax_bytes(part, chunk_bytes))
    if file_format == "safetensors":
        safe(folder / "model.safetensors", without_copies(tensors))
    elif file_format == "safetensors sharded":
        write_shards(folder, "model", ".safetensors", without_copies(tensors), safe)
    elif file_format == ".bin zip":
        torch.save(tensors, folder / "pytorch_model.bin")
    elif file_format == ".bin legacy":
        torch.save(tensors, folder / "pytorch_model.bin", _use_new_zipfile_serialization=False)
    elif file_format == ".bin sharded":
        write_shards(folder, "pytorch_model", ".bin", tensors, lambda path, part: torch.save(part, path))
    elif file_format == "msgpack":
        flax(folder / "flax_model.msgpack", flax_paths(model, tensors))
    elif file_format == "msgpack sharded":
        write_shards(folder, "flax_model", ".msgpack", flax_paths(model, tensors), flax)
    else:
        raise ValueError(file_format)
