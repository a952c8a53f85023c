"""`--device cuda` against the CPU: scores and log-likelihoods within 1e-4 (beyond 10 nats 1e-5 relative), greedy outputs token for
token. Skips where there is no GPU, or this build of libtorch has no CUDA."""
import tempfile
from pathlib import Path

import common

MINIATURE = common.SOURCE / "configs/miniature"
ROWS = [{"instruction": f"Sort the words: {words}", "response": response}
        for words in ("tree apple river", "b a", "one two three four five six", "") for response in ("apple river tree", "a", "")]
MODELS = {"backbone": ("loglikelihood", "log_likelihood"), "scorer": ("score", "score")}


def need_cuda(folder):
    """Ends the test as skipped where `cappy` says that there is no such device."""
    done = common.run_cappy("score", "--model", folder, "--device", "cuda", check=False)
    if done.returncode == 2 and "no CUDA device" in done.stderr:
        print(f"skips: {done.stderr.strip()}")  # not "skipped:": what that says of missing data would be a failure
        raise SystemExit(77)


def compare(report, folder, verb, key):
    on = lambda device: [row[key] for row in common.filter_rows(ROWS, verb, "--model", folder, "--device", device)]
    for i, (gpu, cpu) in enumerate(zip(on("cuda"), on("cpu"), strict=True)):
        report.close(gpu, cpu, max(1e-4, 1e-5 * abs(cpu)), f"{verb}, row {i}")


def main():
    report = common.Report("cuda against cpu")
    with tempfile.TemporaryDirectory() as scratch:
        for name in MODELS:
            common.run_cappy("models", "new", "--config", MINIATURE / f"{name}.yaml", "--out", Path(scratch) / name)
        need_cuda(Path(scratch) / "scorer")
        for name, (verb, key) in MODELS.items():
            compare(report, Path(scratch) / name, verb, key)
        outputs = [[row["candidates"][0]["ids"] for row in common.filter_rows(
            ROWS, "generate", "--model", Path(scratch) / "backbone", "--decoding", "greedy", "--max-length", 20, "--device", device)]
            for device in ("cuda", "cpu")]
        for i, (gpu, cpu) in enumerate(zip(*outputs, strict=True)):
            report.equal(gpu, cpu, f"greedy, row {i}")
    report.finish(at_least=3 * len(ROWS))


if __name__ == "__main__":
    main()
