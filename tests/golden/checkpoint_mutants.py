"""Hostile weight files of every form: each ends `cappy score` with exit 1 and one message that names the file and the byte or
tensor, within 10 s and 1 GB, and nothing of it runs. The unharmed file of each form is read.
"""
import os
import shutil
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import common
import torch
from checkpoint_files import flax_bytes, flax_paths
from hostile_checkpoints import WEIGHTS, TorchParts, all_mutants, zipped
from safetensors.torch import load_file, save
from transformers import RobertaConfig, RobertaForSequenceClassification

LINE = '{"instruction": "Sort: b a", "response": "a b"}\n'
MOST_SECONDS, MOST_BYTES = 10, 10**9


def run(folder):
    """(exit code, stdout, stderr, seconds, bytes) of scoring a line with the model in a folder."""
    out, err, line = (folder.parent / f"{folder.name}.{kind}" for kind in ("out", "err", "in"))
    line.write_text(LINE)
    files = [(os.POSIX_SPAWN_OPEN, fd, path, flags, 0o600) for fd, path, flags in
             ((0, line, os.O_RDONLY), (1, out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), (2, err, os.O_WRONLY | os.O_CREAT | os.O_TRUNC))]
    words = [common.CAPPY, "score", "--model", str(folder), "--progress", "none", "--threads", "1"]
    pid = os.posix_spawn(words[0], words, os.environ, file_actions=files)
    killer = threading.Timer(300, os.kill, (pid, 9))  # seconds are counted as those of computing
    killer.start()
    _, status, usage = os.wait4(pid, 0)
    killer.cancel()
    return os.waitstatus_to_exitcode(status), out.read_text(), err.read_text(errors="replace"), usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


class Jury:
    def __init__(self, scratch, base):
        self.report, self.scratch, self.base, self.lock = common.Report("hostile checkpoints"), scratch, base, threading.Lock()
        self.count, self.slowest, self.largest = 0, 0, 0

    def folder(self, files):
        with self.lock:
            self.count += 1
            folder = self.scratch / f"m{self.count}"
        folder.mkdir()
        for file in self.base.iterdir():
            os.link(file, folder / file.name)
        for name, content in files.items():
            (folder / name).write_bytes(content)
        return folder

    def try_good(self, name, files):
        code, out, err, _, _ = run(self.folder(files))
        self.report.equal((code, out.count("\n")), (0, 1), f"{name}, unharmed: {err[:300]}")

    def try_bad(self, name, files, word):
        folder = self.folder(files)
        code, out, err, seconds, memory = run(folder)
        where = f"{name}: {err.strip()[:300]!r}"
        listed = "the weights do not fit config.json\n" in err and "\n    " in err  # the folder, and the tensors one a line
        named = listed or word in err and ("byte" in err or "'" in err or word == "holds no tensors")
        with self.lock:
            self.report.equal((code, out, err.count("cappy score: "), named), (1, "", 1, True), where)
            self.report.equal((seconds < MOST_SECONDS, memory < MOST_BYTES), (True, True), f"{where}: {seconds:.1f} s, {memory / 1e6:.0f} MB")
            self.report.equal(all(" " <= c or c == "\n" for c in err) and len(err) < 20_000, True, f"{where}: not fit for a terminal")
            self.slowest, self.largest = max(self.slowest, seconds), max(self.largest, memory)
        shutil.rmtree(folder)


def main():
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        scratch, base = Path(folder), Path(folder) / "base"
        common.run_cappy("models", "new", "--config", common.SOURCE / "configs/miniature/scorer.yaml", "--seed", 5, "--out", base)
        tensors = load_file(base / "model.safetensors")
        config = RobertaConfig.from_pretrained(base)
        with torch.device("meta"):
            model = RobertaForSequenceClassification(config)
        (base / "model.safetensors").unlink()
        jury = Jury(scratch, base)
        for form, content in (("safetensors", save(tensors)), ("zip", zipped(TorchParts(tensors).entries())), ("legacy", TorchParts(tensors).legacy()),
                              ("msgpack", flax_bytes(flax_paths(model, tensors)))):
            jury.try_good(form, {WEIGHTS[form]: content})
        counts = {}
        with ThreadPoolExecutor(2) as pool:
            waiting = []
            for form, name, files, word in all_mutants(tensors, model, scratch / "marker"):
                if word is None:
                    jury.try_good(form, files)
                    continue
                counts[form] = counts.get(form, 0) + 1
                waiting.append(pool.submit(jury.try_bad, f"{form}: {name}", files, word))
                if len(waiting) > 8:
                    waiting.pop(0).result()
            for done in waiting:
                done.result()
        jury.report.equal((scratch / "marker").exists(), False, "a pickle was run")
        print(f"{sum(counts.values())} hostile files: {counts}; at most {jury.slowest:.1f} s and {jury.largest / 1e6:.0f} MB")
        jury.report.finish(at_least=1200)


if __name__ == "__main__":
    main()
