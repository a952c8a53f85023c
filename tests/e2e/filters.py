"""The contract of the filters: one line out per line in, in order, unknown fields as they were written, an added field replaces one
of the same name; a bad line ends with exit 1, its number, and all earlier lines out; a wrong flag ends with exit 2."""
import json
import tempfile
from pathlib import Path

from common import SOURCE, Report, run_cappy

MINIATURE = SOURCE / "configs/miniature"
BAD_LINES = {
    "not UTF-8": b'{"x": "\xff\xfe"}',
    "not an object": b"[1, 2]",
    "a key twice": b'{"instruction": "a", "instruction": "b"}',
    "a key twice, spelled with an escape": b'{"instruction": "a", "instructio\\u006e": "b"}',
    "a key twice, inside a field": b'{"z": {"k": 1, "k": 2}}',
    "nested deeper than 1,000": b'{"z": ' + b"[" * 1100 + b"]" * 1100 + b"}",
    "cut off": b'{"instruction": "a',
    "empty": b"",
    "a number that is none": b'{"z": 01}',
    "a lone surrogate": b'{"z": "\\ud800"}',
    "two documents": b'{"z": 1} {"z": 2}',
}


def models(folder):
    for name in ("backbone", "scorer"):
        run_cappy("models", "new", "--config", MINIATURE / f"{name}.yaml", "--seed", 3, "--out", folder / name)
    return folder / "backbone", folder / "scorer"


def filters(folder):
    """Verb words, a good line's fields, the added field, a field of a wrong type."""
    backbone, scorer = models(folder)
    pair = {"instruction": "Sort: b a", "response": "a b"}
    return [
        (["rouge"], {"response": "a b c", "references": ["a b"]}, "rouge_l", {"references": "a b"}),
        (["tokenize", "--model", backbone], {"text": "one two"}, "ids", {"text": 7}),
        (["generate", "--model", backbone, "--decoding", "greedy", "--max-length", 8], {"instruction": "Sort: b a"},
         "candidates", {"instruction": None}),
        (["loglikelihood", "--model", backbone], pair, "log_likelihood", {"response": 1}),
        (["score", "--model", scorer], pair, "score", {"response": ["a"]}),
        (["evaluate"], {"references": ["a b"], "candidates": [{"response": "a", "decoding": "greedy", "draw": 0}]},
         "rouge_l", {"references": []}),
    ]


# Text that a reader of numbers or strings would change: big integers, 1.0, exponents, escapes, order, blanks inside a value.
CARRIED = ('"z_big": 123456789012345678901234567890, "z_float": 1.0, "z_exponent": 1E+2, "z_escape": "\\u00e9\\/", '
           '"z_nested": {"b": [1, 2.50], "a": null}')


def check_carrying(report, words, good, added):
    body = json.dumps(good, ensure_ascii=False)[1:-1]
    lines = [f'{{{CARRIED}, {body}, "number": {i}}}' for i in range(5)]
    lines.append(f'{{"{added}": "old", {body}, {CARRIED}, "number": 5}}')
    out = run_cappy(*words, text="\n".join(lines) + "\n").stdout.splitlines()
    report.equal(len(out), len(lines), f"{words[0]}: lines out")
    for i, line in enumerate(out):
        report.equal(json.loads(line)["number"], i, f"{words[0]}: order")
        compact = line.replace(" ", "")
        for piece in CARRIED.split(", "):
            report.equal(piece.replace(" ", "") in compact, True, f"{words[0]}: carries {piece}")
        report.equal(line.count(f'"{added}"'), 1, f"{words[0]}: {added} once")
        report.equal(json.loads(line)[added] == "old", False, f"{words[0]}: replaces {added}")
    report.equal(run_cappy(*words, text="").stdout, "", f"{words[0]}: empty input")
    report.equal(run_cappy(*words, text=lines[0]).stdout.count("\n"), 1, f"{words[0]}: no final newline")


def check_bad_lines(report, words, good, wrong):
    import subprocess
    from common import CAPPY
    good_line = json.dumps(good).encode()
    bad_lines = dict(BAD_LINES, **{"a wrong type": json.dumps({**good, **wrong}).encode(),
                                   "a field missing": b'{"nothing": 1}'})
    for name, bad in bad_lines.items():
        text = good_line + b"\n" + good_line + b"\n" + bad + b"\n" + good_line + b"\n"
        done = subprocess.run([CAPPY, *map(str, words)], input=text, capture_output=True)
        where = f"{words[0]}: {name}"
        report.equal(done.returncode, 1, where + ": exit code")
        report.equal(done.stdout.count(b"\n"), 2, where + ": earlier lines")
        message = done.stderr.decode()
        report.equal("3" in message and len(message.strip().splitlines()) == 1, True, where + f": one message: {message!r}")


def check_flags(report, words):
    for extra, code in ((["--no-such-flag"], 2), (["--threads", "0"], 2), (["--threads", "x"], 2), (["--help"], 0),
                        (["--threads", "1", "--limit", "0"], 0), (["--limit", "-3"], 2)):
        done = run_cappy(*words, *extra, text="", check=False)
        report.equal(done.returncode, code, f"{words[0]} {' '.join(extra)}: {done.stderr[-200:]}")


def main():
    report = Report("filter contract")
    with tempfile.TemporaryDirectory() as folder:
        for words, good, added, wrong in filters(Path(folder)):
            words += ["--progress", "none"]
            check_carrying(report, words, good, added)
            check_bad_lines(report, words, good, wrong)
            check_flags(report, words)
    report.equal(run_cappy("rogue", check=False).returncode, 2, "an unknown verb")
    report.equal("did you mean 'rouge'" in run_cappy("rogue", check=False).stderr, True, "an unknown verb's suggestion")
    report.finish(at_least=100)


if __name__ == "__main__":
    main()
