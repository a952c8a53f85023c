"""Weight files that mean harm or are broken, of every form, for tests/golden/checkpoint_mutants.py: each must be refused.

All are made of one good RobertaForSequenceClassification with one label.
"""
import builtins
import io
import json
import os
import pickle
import struct
import subprocess
import warnings
import zipfile
from collections import OrderedDict

import torch
from checkpoint_files import flax_bytes, flax_paths, pack
from safetensors.torch import save

WEIGHTS = {"safetensors": "model.safetensors", "zip": "pytorch_model.bin", "legacy": "pytorch_model.bin", "msgpack": "flax_model.msgpack"}
VICTIM = "classifier.out_proj.weight"  # [1, D] float32
ROW = VICTIM.replace(".weight", ".bias")  # [1]


# --- pickles as torch writes them, with anything in them

class Storage:
    def __init__(self, key, count, kind=torch.FloatStorage, name="storage", more=()):
        self.id = (name, kind, key, "cpu", count, *more)


class Call:
    """Pickled as a call of a function."""
    def __init__(self, function, *arguments):
        self.reduced = (function, arguments)

    def __reduce__(self):
        return self.reduced


def view(storage, offset, shape, strides, function=torch._utils._rebuild_tensor_v2, more=(False, OrderedDict())):
    return Call(function, storage, offset, shape, strides, *more)


def pickled(value, protocol=2):
    class Pickler(pickle._Pickler):
        def persistent_id(self, item):
            return item.id if isinstance(item, Storage) else None
    out = io.BytesIO()
    Pickler(out, protocol).dump(value)
    return out.getvalue()


class TorchParts:
    """A state dict taken apart: `views` to be changed, `blocks` of bytes by storage key."""
    def __init__(self, tensors):
        self.views, self.blocks, self.counts = OrderedDict(), {}, {}
        for key, (name, tensor) in enumerate(tensors.items()):
            self.counts[str(key)] = tensor.numel()
            self.views[name] = view(Storage(str(key), tensor.numel()), 0, tuple(tensor.shape), tensor.stride())
            self.blocks[str(key)] = tensor.numpy().tobytes()

    def entries(self, data_pkl=None):
        made = {"archive/data.pkl": pickled(self.views) if data_pkl is None else data_pkl, "archive/byteorder": b"little"}
        return made | {f"archive/data/{key}": block for key, block in self.blocks.items()} | {"archive/version": b"3\n"}

    def legacy(self, data_pkl=None, keys=None, machine=None):
        machine = machine or {"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}
        head = b"".join(pickle.dumps(value, 2) for value in (0x1950A86A20F9469CFC6C, 1001, machine))
        legacy_views = pickled(OrderedDict((name, self.legacy_view(call)) for name, call in self.views.items()))
        body = (legacy_views if data_pkl is None else data_pkl) + pickle.dumps(list(self.blocks) if keys is None else keys, 2)
        return head + body + b"".join(struct.pack("<q", self.counts[key]) + block for key, block in self.blocks.items())

    @staticmethod
    def legacy_view(call):
        function, (storage, *rest) = call.reduced
        made = Storage("", 0)
        made.id = (*storage.id, None) if len(storage.id) == 5 else storage.id
        return Call(function, made, *rest)


def zipped(entries, method=zipfile.ZIP_STORED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in entries.items() if isinstance(entries, dict) else entries:
            archive.writestr(name, content)
    return out.getvalue()


# --- mutants: (name, bytes) each

def cuts(raw, borders):
    for border in sorted({b + more for b in borders for more in (-1, 0, 1)}):
        if 0 <= border < len(raw):
            yield f"cut at byte {border}", raw[:border]


def spread_out(places, count):
    places = sorted(set(places))
    return places[::max(1, len(places) // count)]


def safetensors_parts(raw):
    length = struct.unpack("<Q", raw[:8])[0]
    return json.loads(raw[8:8 + length]), raw[8 + length:]


def safetensors_bytes(header, data, length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def safetensors_mutants(tensors):
    raw = save(tensors)
    header, data = safetensors_parts(raw)
    begin = len(raw) - len(data)
    yield from cuts(raw, [0, 8, begin, begin + 4, len(raw) - 4, *spread_out([begin + e["data_offsets"][1] for e in header.values()], 3)])
    yield "a byte too many", raw + b"\0"
    for length in (0, 1, len(raw), 2**32, 2**63, 2**64 - 1):
        yield f"a header of {length} bytes", struct.pack("<Q", length) + raw[8:]

    def changed(**change):
        made = json.loads(json.dumps(header))
        for key, value in change.items():
            made[VICTIM][key] = value
            if value is None:
                del made[VICTIM][key]
        return safetensors_bytes(made, data)
    first, last = header[VICTIM]["data_offsets"]
    shape = header[VICTIM]["shape"]
    for offsets in ([first + 1, last + 1], [first + 4, last], [first - 4, last - 4], [first, last + 4], [last, first], [0, last - first],
                    [-4, last], [first, 2**62], [first], [first, last, last], "x", None, [first + 0.5, last], [[first], last],
                    {"0": first}, [2**64, 2**64 + 4], [len(data), len(data) + last - first]):
        yield f"offsets {offsets} instead of {[first, last]}", changed(data_offsets=offsets)
    for other in ([shape[1]], shape[::-1], [1, shape[1] + 1], [1, -shape[1]], [2**62, 2**62], [2**64], [0, shape[1]], [1, 1, shape[1], 1],
                  "x", None, [1, str(shape[1])], [1, shape[1] + 0.5], [[1], shape[1]], [2**31, 2**31, 2**31], []):
        yield f"shape {other}", changed(shape=other)
    for kind in ("F64", "F16", "I32", "U8", "F8_E4M3", "C64", "X", "f32", "", 32, None):
        yield f"dtype {kind}", changed(dtype=kind)
    yield "an unknown key", changed(stride=[1])
    for name, bad in (("not an object", [1]), ("a number", 3), ("null", None)):
        yield f"an entry that is {name}", safetensors_bytes({**header, VICTIM: bad}, data)
    yield "two of one name", safetensors_bytes(json.dumps(header).replace(ROW, VICTIM).encode(), data)
    yield "a name with an escape sequence", safetensors_bytes({("\x1b[2J" if k == ROW else k): v for k, v in header.items()}, data)
    yield "an empty name", safetensors_bytes({("" if k == ROW else k): v for k, v in header.items()}, data)
    yield "a name of 100,000 bytes", safetensors_bytes({("n" * 100_000 if k == ROW else k): v for k, v in header.items()}, data)
    yield "metadata of numbers", safetensors_bytes({**header, "__metadata__": {"format": 1}}, data)
    yield "deep nesting", safetensors_bytes(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", b"")
    yield "a wide header", safetensors_bytes(b'{"a":[' + b"0," * 4_900_000 + b"0]}", b"")
    yield "a header of 60 MB", safetensors_bytes(b"{" + b" " * 60_000_000 + b"}", b"")
    yield "a header that is not UTF-8", safetensors_bytes(json.dumps(header).encode().replace(b"classifier", b"classifie\xff"), data)
    yield "a header that is a list", safetensors_bytes(b"[]", b"")


def pickle_mutants(marker):
    """(name, state dict's pickle): for both forms of .bin. Those that run something would make a file `marker`."""
    run = f"touch {marker}"
    for name, call in (("os.system", Call(os.system, run)), ("eval", Call(builtins.eval, f"__import__('os').system({run!r})")),
                       ("exec", Call(builtins.exec, f"import os; os.system({run!r})")), ("Popen", Call(subprocess.Popen, ["touch", marker])),
                       ("torch.load", Call(torch.load, marker)), ("getattr", Call(getattr, "x", "upper")),
                       ("a function of torch", Call(torch.zeros, 3)), ("bytearray", Call(bytearray, b"x"))):
        yield f"{name} alone", pickled(call)
        yield f"{name} in a state dict", pickled(OrderedDict(weight=call))
        yield f"{name} as a key", pickled({(call,): 1})
    for code in b"0129IFSTVlpd\x82\x83\x84\x8b\x8c\x8d\x8e\x8f\x90\x91\x92\x93\x94\x95\x96\x97\x98BCioPg\xff\x00":
        yield f"instruction 0x{code:02x}", b"\x80\x02}(X\x01\0\0\0a" + bytes([code]) + b"\x01\0\0\0\0\0\0\0\nxu."
    for protocol in (0, 1, 3, 4, 5):
        yield f"protocol {protocol}", pickled(OrderedDict(a=1), protocol)
    yield "a list within itself, a million times", b"\x80\x02]q\x00" + b"h\x00a" * 1 + b"(" + b"h\x00" * 1_100_000 + b"e."
    yield "a memo bomb", b"\x80\x02)" + b"q\x00h\x00\x86" * 50_000 + b"."
    yield "3,000,000 dicts", b"\x80\x02" + b"}" * 3_000_000 + b"."
    yield "3,000,000 dicts one after the other", b"\x80\x02" + b"}(" * 1_500_000 + b"."
    yield "deep nesting", b"\x80\x02" + b"]" * 500_000 + b"a" * 499_999 + b"."
    yield "remembering without end", b"\x80\x02N" + b"".join(b"r" + struct.pack("<I", i) for i in range(1_100_000)) + b"."
    yield "a text of 4 GB", b"\x80\x02X\xff\xff\xff\xffabc."
    yield "a text that is cut", b"\x80\x02X\x10\0\0\0abc."
    yield "an endless name", b"\x80\x02c" + b"a" * 100_000
    yield "a number of 200 bytes", b"\x80\x02\x8a\xc8" + b"\x01" * 200 + b"."
    for name, bad in (("empty", b""), ("only STOP", b"."), ("no STOP", b"\x80\x02}"), ("a mark left", b"\x80\x02}(."), ("two values", b"\x80\x02}}."),
                      ("nothing to pop", b"\x80\x02\x87."), ("no mark", b"\x80\x02u."), ("a memo that is not there", b"\x80\x02h\x07."),
                      ("append to None", b"\x80\x02NNa."), ("set in a list", b"\x80\x02]NNs."), ("build a number", b"\x80\x02K\x01}b."),
                      ("call a number", b"\x80\x02K\x01)R.")):
        yield name, bad
    for name, value in (("a list", [1]), ("a number", 1), ("None", None), ("a text", "x"), ("a key that is a number", {1: 2}),
                        ("a number for a tensor", {"a": 1}), ("a text for a tensor", {"a": "x"}), ("None for a tensor", {"a": None}),
                        ("nothing", {}), ("a nested state dict", {"state_dict": {"a": 1}})):
        yield name, pickled(value)


def view_mutants(tensors):
    """(name, parts) with one tensor's view or storage changed."""
    count = tensors[VICTIM].numel()
    key = str(list(tensors).index(VICTIM))
    huge = 2**62
    stored = Storage(key, count)
    base = torch._utils
    for name, bad in (
            ("a shape beyond the storage", view(stored, 0, (1, count + 1), (count, 1))), ("an offset beyond it", view(stored, 1, (1, count), (count, 1))),
            ("a negative offset", view(stored, -1, (1, count), (count, 1))), ("a negative size", view(stored, 0, (1, -count), (count, 1))),
            ("a negative stride", view(stored, 0, (1, count), (count, -1))), ("large strides", view(stored, 0, (1, count), (1, huge))),
            ("sizes that overflow", view(stored, 0, (huge, huge), (0, 0))), ("expansion to 2^62", view(stored, 0, (huge, 1), (0, 1))),
            ("expansion of one element", view(stored, 0, (1000, count), (0, 1))), ("another rank", view(stored, 0, (count,), (1,))),
            ("strides of another rank", view(stored, 0, (1, count), (1,))), ("100 dimensions", view(stored, 0, (1,) * 100, (1,) * 100)),
            ("a float for a size", view(stored, 0, (1.0, count), (count, 1))), ("an offset above 64 bits", view(stored, 2**70, (1, count), (count, 1))),
            ("too few arguments", Call(base._rebuild_tensor_v2, stored, 0, (1, count))), ("no storage", view(None, 0, (1, count), (count, 1))),
            ("a negative view", view(stored, 0, (1, count), (count, 1), more=(False, OrderedDict(), {"neg": True}))),
            ("a parameter of a number", Call(base._rebuild_parameter, 1, False, OrderedDict())),
            ("a quantized tensor", Call(base._rebuild_qtensor, stored, 0, (1, count), (count, 1), (), False, OrderedDict())),
            ("a storage of another size", view(Storage(key, count + 1), 0, (1, count), (count, 1))),
            ("a storage of 2^61", view(Storage(key, 2**61), 0, (1, count), (count, 1))), ("a storage of -1", view(Storage(key, -1), 0, (1, count), (count, 1))),
            ("a storage that is not there", view(Storage("none", count), 0, (1, count), (count, 1))),
            ("a storage outside", view(Storage("../../etc/passwd", count), 0, (1, count), (count, 1))),
            ("a storage of doubles", view(Storage(key, count, torch.DoubleStorage), 0, (1, count), (count, 1))),
            ("a storage of integers", view(Storage(key, count, torch.IntStorage), 0, (1, count), (count, 1))),
            ("a storage whose class is a function", view(Storage(key, count, base._rebuild_tensor), 0, (1, count), (count, 1))),
            ("a persistent object that is no storage", view(Storage(key, count, name="module"), 0, (1, count), (count, 1))),
            ("a part of a storage", view(Storage(key, count, more=(("v", 0, 1),)), 0, (1, count), (count, 1))),
            ("no tensor", 3)):
        parts = TorchParts(tensors)
        parts.views[VICTIM] = bad
        if isinstance(bad, Call):
            yield name, parts
    missing, extra = TorchParts(tensors), TorchParts(tensors)
    del missing.views[VICTIM]
    extra.views["extra"] = extra.views[VICTIM]
    yield "a tensor that is missing", missing
    yield "a tensor that nobody uses", extra


def zip_mutants(tensors):
    parts = TorchParts(tensors)
    raw = zipped(parts.entries())
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        places = [entry.header_offset for entry in archive.infolist()]
    directory = struct.unpack("<I", raw[-6:-2])[0]
    yield from cuts(raw, [0, 30, *spread_out(places, 3), directory, directory + 46, len(raw) - 22, len(raw) - 1])
    real = io.BytesIO()
    torch.save(tensors, real)
    real = real.getvalue()
    yield from cuts(real, [real.rindex(b"PK\x05\x06"), real.rindex(b"PK\x06\x07"), real.rindex(b"PK\x06\x06"), real.index(b"PK\x01\x02")])
    locator = real.rindex(b"PK\x06\x07")
    yield "a zip64 directory elsewhere", real[:locator + 8] + struct.pack("<Q", 7) + real[locator + 16:]
    yield "a zip64 directory beyond the end", real[:locator + 8] + struct.pack("<Q", 2**63) + real[locator + 16:]
    yield "a compressed archive", zipped(parts.entries(), zipfile.ZIP_DEFLATED)
    yield "an archive compressed otherwise", zipped(parts.entries(), zipfile.ZIP_LZMA)
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.entries().items():
            archive.writestr(name, content, zipfile.ZIP_STORED)
        with archive.open("archive/data/bomb", "w", force_zip64=True) as out:
            for _ in range(400):
                out.write(bytes(10**6))
    yield "a zip bomb", bomb.getvalue()
    deflated = raw.index(b"PK\x01\x02")
    for name, at, value in (("encrypted", 8, b"\x01\x00"), ("a packed size that lies", 20, struct.pack("<I", 5)), ("sizes that lie", 20, struct.pack("<II", 5, 5)),
                            ("a huge size", 20, struct.pack("<II", 2**31, 2**31)), ("a size of zip64 without it", 20, b"\xff" * 8),
                            ("an entry elsewhere", 42, struct.pack("<I", 9)), ("an entry in the directory", 42, struct.pack("<I", directory)),
                            ("a long name", 28, struct.pack("<H", 60_000)), ("a long comment", 32, struct.pack("<H", 60_000)), ("no signature", 0, b"QK")):
        yield name, raw[:deflated + at] + value + raw[deflated + at + len(value):]
    for name, at, value in (("a directory of more entries", -12, b"\xff\xff"), ("a directory of fewer", -12, b"\x01\x00"), ("a directory elsewhere", -6, struct.pack("<I", 3)),
                            ("a directory beyond the end", -6, struct.pack("<I", 2**31)), ("a directory of another size", -10, struct.pack("<I", 46))):
        yield name, raw[:at] + value + raw[at + len(value):]
    entries = list(parts.entries().items())
    warnings.simplefilter("ignore")  # zipfile does not like it, either
    yield "two entries of one name", zipped([*entries, entries[3]])
    yield "two pickles", zipped([*entries, ("other/data.pkl", entries[0][1])])
    yield "no pickle", zipped(entries[1:])
    yield "a program", zipped([*entries, ("archive/constants.pkl", b"x")])
    yield "the other byte order", zipped([("archive/byteorder", b"big") if name.endswith("byteorder") else (name, content) for name, content in entries])
    yield "no storages", zipped(entries[:2])
    yield "a short storage", zipped([(name, content[:-4]) if "/data/3" in name else (name, content) for name, content in entries])
    yield "bytes after the pickle", zipped(parts.entries(pickled(parts.views) + b"x"))
    yield "a pickle of 20 MB", zipped(parts.entries(pickled({"x" * 20_000_000: 1})))
    yield "a tar file", b"\0" * 257 + b"ustar\0" + b"\0" * 2000
    yield "a page of HTML", b"<!DOCTYPE html><html>" + b" " * 3000
    yield "zeros", bytes(4096)


def legacy_mutants(tensors, marker):
    parts = TorchParts(tensors)
    raw = parts.legacy()
    data = len(raw) - sum(8 + len(block) for block in parts.blocks.values())
    stops = [i + 1 for i, byte in enumerate(raw[:400]) if byte == ord(".")][:3]
    yield from cuts(raw, [0, 8, *stops, data - 20, data, data + 8, len(raw) - 4])
    yield "a byte too many", raw + b"\0"
    yield "another magic number", b"\x80\x02\x8a\x0aX" + raw[5:]
    yield "another protocol", raw.replace(b"M\xe9\x03.", b"M\xe8\x03.", 1)
    yield "the other byte order", parts.legacy(machine={"little_endian": False})
    yield "a machine that is a list", parts.legacy(machine=[1])
    keys = list(parts.blocks)
    for name, other in (("no keys", []), ("a key twice", keys + keys[:1]), ("an unknown key", keys + ["x"]), ("a key that is a number", [1]), ("keys in a dict", {}),
                        ("a key missing", keys[1:])):
        yield name, parts.legacy(keys=other)
    for count in (0, 1, 2**62, -1):
        yield f"a storage of {count}", raw[:data] + struct.pack("<q", count) + raw[data + 8:]
    for name, pickle_bytes in pickle_mutants(marker):
        if name in ("os.system alone", "os.system in a state dict", "a memo bomb", "deep nesting", "3,000,000 dicts"):
            yield name, parts.legacy(pickle_bytes)


def msgpack_mutants(paths):
    raw = flax_bytes(paths)
    heads = [raw.index(name.encode()) for name in ("roberta", "kernel", "scale", "float32")]
    yield from cuts(raw, [0, *heads, heads[3] + 7, heads[3] + 12, len(raw) - 4])
    yield "a byte too many", raw + b"\0"
    victim = "classifier/out_proj/kernel"
    tensor = paths[victim]
    good = pack(tensor)
    inside = good[good.index(b"\x93"):]

    def with_leaf(leaf):
        return raw.replace(pack("out_proj") + pack({"bias": paths["classifier/out_proj/bias"], "kernel": tensor}),
                           pack("out_proj") + b"\x82" + pack("bias") + pack(paths["classifier/out_proj/bias"]) + pack("kernel") + leaf, 1)

    def extension(content, kind=1, length=None):
        return b"\xc9" + struct.pack(">I", len(content) if length is None else length) + bytes([kind]) + content

    def array(shape, dtype="float32", block=tensor.contiguous().numpy().tobytes()):
        return extension(b"\x93" + pack(list(shape)) + pack(dtype) + pack(block))
    assert with_leaf(extension(inside)) != raw and with_leaf(good) == raw
    count = tensor.numel()
    for name, leaf in (
            ("nil", b"\xc0"), ("a number", b"\x01"), ("a text", pack("x")), ("a list", b"\x91\x01"), ("a double", b"\xcb" + bytes(8)), ("the unused byte", b"\xc1"),
            ("a complex number", extension(b"\x92" + bytes(2), 2)), ("extension 9", extension(inside, 9)), ("extension -1", extension(inside, 255)),
            ("an extension longer than the file", extension(inside, length=2**32 - 1)), ("an extension too short", extension(inside, length=10)),
            ("no parts", extension(b"")), ("parts that are a map", extension(b"\x80")), ("two parts", extension(b"\x92" + inside[1:])), ("four parts", extension(b"\x94" + inside[1:])),
            ("bytes after the array", extension(inside + b"\0")), ("a shape beyond the bytes", array([count + 1, 1])), ("a turned shape", array([1, count])),
            ("no shape", array([])), ("a kernel of one dimension", array([count])), ("a kernel of three", array([count, 1, 1])), ("a shape that overflows", array([2**62, 2**62])),
            ("a shape above 63 bits", array([2**64 - 1, 1])), ("a shape of texts", extension(b"\x93" + pack(["1"]) + inside[inside.index(b"\xa7"):])),
            ("100 dimensions", array([1] * 100)), ("float64", array([count, 1], "float64")), ("int32", array([count, 1], "int32")), ("complex64", array([count, 1], "complex64")),
            ("object", array([count, 1], "object")), ("no type", array([count, 1], "")), ("a type that is a number", extension(b"\x93" + pack([count, 1]) + b"\x01" + pack(b"x"))),
            ("a short block", array([count, 1], block=bytes(7))), ("a map of 4 billion", b"\xdf\xff\xff\xff\xff"), ("a list of 4 billion", b"\xdd\xff\xff\xff\xff"),
            ("a text of 4 billion", b"\xdb\xff\xff\xff\xff"), ("NaN", pack(torch.full((count, 1), float("nan")))), ("infinity", pack(torch.full((count, 1), float("inf")))),
            ("an empty map", b"\x80"), ("a deep map", b"\x81\xa1k" * 100_000 + b"\x80"), ("a map with a number as a key", b"\x81\x01\x01"), ("a name with a slash", b"\x81" + pack("a/b") + good),
            ("a chunked array that is empty", pack({"__msgpack_chunked_array__": True, "shape": {}, "chunks": {}})),
            ("a chunked array without chunks", pack({"__msgpack_chunked_array__": True, "shape": {"0": count}})),
            ("a chunk missing", pack({"__msgpack_chunked_array__": True, "shape": {"0": count, "1": 1}, "chunks": {"1": tensor.flatten()}})),
            ("a chunk twice", b"\x83" + pack("__msgpack_chunked_array__") + b"\xc3" + pack("shape") + pack({"0": count, "1": 1}) + pack("chunks") + b"\x82" + (pack("0") + pack(tensor.flatten())) * 2),
            ("chunks of two types", pack({"__msgpack_chunked_array__": True, "shape": {"0": count, "1": 1}, "chunks": {"0": tensor.flatten()[:1], "1": tensor.flatten()[1:].half()}})),
            ("chunks that are too short", pack({"__msgpack_chunked_array__": True, "shape": {"0": count, "1": 1}, "chunks": {"0": tensor.flatten()[:1]}})),
            ("chunks that are numbers", pack({"__msgpack_chunked_array__": True, "shape": {"0": count}, "chunks": {"0": 1}})),
            ("a shape of chunks that is a list", pack({"__msgpack_chunked_array__": True, "shape": [1], "chunks": {"0": tensor.flatten()}}))):
        yield name, with_leaf(leaf)
    yield "two of one name", with_leaf(good + pack("kernel") + good).replace(pack("out_proj") + b"\x82", pack("out_proj") + b"\x83", 1)
    yield "one of two paths with one name", with_leaf(good + pack("scale") + good).replace(pack("out_proj") + b"\x82", pack("out_proj") + b"\x83", 1)
    yield "a list", pack([1, 2])
    yield "nil", b"\xc0"
    yield "zeros", bytes(4096)


def bad_numbers(tensors):
    for name, value in (("NaN", float("nan")), ("infinity", float("inf")), ("-infinity", float("-inf"))):
        for victim in (VICTIM, ROW, "roberta.embeddings.word_embeddings.weight"):
            changed = dict(tensors)
            changed[victim] = tensors[victim].clone()
            changed[victim].view(-1)[-1] = value
            yield f"{name} in {victim}", changed


def index_mutants(good):
    """(name, text of model.safetensors.index.json); the shards a.safetensors and b.safetensors are good."""
    shard = lambda change: json.dumps({"weight_map": good | change})
    for path in ("../a.safetensors", "/etc/passwd", "x/a.safetensors", ".hidden.safetensors", "", "..", "none.safetensors", "ab"[good[VICTIM][0] == "a"] + ".safetensors", "config.json", "a.safetensors\0"):
        yield f"a shard {path!r}", shard({VICTIM: path})
    yield "a name that is in no shard", shard({"extra": "a.safetensors"})
    yield "a name left out", json.dumps({"weight_map": {k: v for k, v in good.items() if k != VICTIM}})
    for name, text in (("nothing", ""), ("no JSON", "{"), ("a list", "[]"), ("no map", "{}"), ("a map that is a list", '{"weight_map": []}'), ("a number for a shard", shard({VICTIM: 1})),
                       ("no shards", '{"weight_map": {}}'), ("a key twice", '{"weight_map": {"a": "a.safetensors", "a": "a.safetensors"}}'),
                       ("deep nesting", '{"weight_map": ' + "[" * 100_000), ("an index of 12 MB", '{"weight_map": {}' + " " * 12_000_000 + "}")):
        yield name, text


def all_mutants(tensors, model, marker):
    """(form, mutant's name, files, word of the message; None where the files are good)."""
    single = {"safetensors": safetensors_mutants(tensors), "zip": zip_mutants(tensors), "legacy": legacy_mutants(tensors, marker),
              "msgpack": msgpack_mutants(flax_paths(model, tensors))}
    for form, mutants in single.items():
        for name, content in mutants:
            yield form, name, {WEIGHTS[form]: content}, WEIGHTS[form]
    for name, content in pickle_mutants(marker):
        yield "zip", f"pickle: {name}", {WEIGHTS["zip"]: zipped(TorchParts(tensors).entries(content))}, "pytorch_model.bin" if name != "nothing" else "holds no tensors"
    for name, parts in view_mutants(tensors):
        word = "extra" if "nobody uses" in name else "missing" if "is missing" in name else  ""
        yield "zip", f"tensor: {name}", {WEIGHTS["zip"]: zipped(parts.entries())}, word
        if name in ("a storage of another size", "an offset beyond it", "a storage that is not there", "a negative view", "a storage of integers"):
            yield "legacy", f"tensor: {name}", {WEIGHTS["legacy"]: parts.legacy()}, ""
    for name, changed in bad_numbers(tensors):
        yield "safetensors", name, {WEIGHTS["safetensors"]: save(changed)}, "not finite at element"
        if VICTIM in name:
            yield "zip", name, {WEIGHTS["zip"]: zipped(TorchParts(changed).entries())}, "not finite at element"
            yield "legacy", name, {WEIGHTS["legacy"]: TorchParts(changed).legacy()}, "not finite at element"
    half = sorted(tensors)[::2]
    shards = {"a.safetensors": save({n: tensors[n] for n in half}), "b.safetensors": save({n: t for n, t in tensors.items() if n not in half})}
    good = {name: "a.safetensors" if name in half else "b.safetensors" for name in tensors}
    yield "index", "", {**shards, "model.safetensors.index.json": json.dumps({"weight_map": good}).encode()}, None
    for name, text in index_mutants(good):
        yield "index", name, {**shards, "model.safetensors.index.json": text.encode()}, "index.json"
