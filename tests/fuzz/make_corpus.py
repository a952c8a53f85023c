"""Writes the seeds of the fuzz targets for checkpoints, tests/fuzz/corpus/{safetensors,torch,msgpack}: small files that torch,
safetensors and the tests' own writer of Flax's form made. Run by the oracle environment; unit tests read them, too."""
import sys
from pathlib import Path

import torch

SOURCE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tests/oracles"))
from checkpoint_files import flax_bytes  # noqa: E402
from safetensors.torch import save_file  # noqa: E402

CORPUS = SOURCE / "tests/fuzz/corpus"


def tensors():
    a = torch.arange(6, dtype=torch.float32).reshape(2, 3)
    return {"a": a, "turned": a.t(), "row": a[1], "tied": a, "parameter": torch.nn.Parameter(a[:, 1:]),
            "half": a.half(), "brain": a.bfloat16(), "positions": torch.arange(4).expand((1, -1)),
            "scalar": torch.tensor(2.5), "empty": torch.empty(0, 3)}


def main():
    for folder in ("safetensors", "torch", "msgpack"):
        (CORPUS / folder).mkdir(parents=True, exist_ok=True)
    save_file({name: tensor.detach().clone().contiguous() for name, tensor in tensors().items()},
              CORPUS / "safetensors/mixed.safetensors", {"format": "pt"})
    save_file({"a": torch.arange(6, dtype=torch.float32).reshape(2, 3)}, CORPUS / "safetensors/one.safetensors")
    with open(CORPUS / "torch/zip.bin", "wb") as out:  # a path would become the archive's top folder
        torch.save(tensors(), out)
    torch.save(tensors(), CORPUS / "torch/legacy.bin", _use_new_zipfile_serialization=False)
    module = torch.nn.Sequential(torch.nn.Linear(2, 1))
    torch.nn.init.constant_(module[0].weight, 0.5)
    torch.nn.init.constant_(module[0].bias, 0.25)
    with open(CORPUS / "torch/module.bin", "wb") as out:  # an OrderedDict with the attribute _metadata
        torch.save(module.state_dict(), out)
    a = torch.arange(6, dtype=torch.float32).reshape(2, 3)
    (CORPUS / "msgpack/mixed.msgpack").write_bytes(flax_bytes(
        {"block/0/q/kernel": a, "norm/scale": a[0], "norm/bias": a[1], "embedding/embedding": a.half(), "brain": a.bfloat16(),
         "positions": torch.arange(4), "scalar": torch.tensor(2.5), "empty": torch.empty(0, 3)}))
    (CORPUS / "msgpack/chunks.msgpack").write_bytes(flax_bytes({"large/kernel": a, "small/bias": a[0, :1]}, chunk_bytes=16))


if __name__ == "__main__":
    main()
