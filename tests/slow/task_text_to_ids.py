"""Ids of every string of every task that is there, and of the 58 languages and all emoji, equal those of the pinned tokenizers:
for T5 from tokenizer.json and from spiece.model, RoBERTa, OPT. Minutes: the reference makes about one MB a second."""
import tempfile
from pathlib import Path

from common import Report, need_shared, record

need_shared()

from tokenizers import Tokenizer  # noqa: E402
from transformers import AutoTokenizer  # noqa: E402

from tokenizer_cases import (ROBERTA, T5, compare_ids, language_lines, make_folder, make_opt_folder, task_strings)  # noqa: E402

BLOCK = 20_000  # texts at a time


def main():
    texts = sorted(set(task_strings()) | set(language_lines()))
    print(f"{len(texts)} distinct texts, {sum(len(text.encode()) for text in texts) / 1e6:.1f} MB")
    reports = []
    with tempfile.TemporaryDirectory() as temporary:
        parent = Path(temporary)
        spiece = make_folder(parent, "spiece", [T5 / "spiece.model"], config={"model_type": "t5"})
        roberta = make_folder(parent, "roberta", [ROBERTA / "vocab.json", ROBERTA / "merges.txt"], config={"model_type": "roberta"})
        for name, file_format, folder in (("t5", "tokenizer.json", T5), ("t5", "spiece.model", spiece),
                                          ("roberta", "vocab.json and merges.txt", roberta),
                                          ("opt", "vocab.json and merges.txt", make_opt_folder(parent))):
            reference = Tokenizer.from_file(str(T5 / "tokenizer.json")) if file_format == "tokenizer.json" \
                else AutoTokenizer.from_pretrained(folder)._tokenizer
            report = Report(f"ids of all task texts, languages and emoji, {name}, {file_format}")
            for start in range(0, len(texts), BLOCK):
                compare_ids(report, folder, reference, texts[start:start + BLOCK])
            record(name, file_format, "ids", "task texts, languages and emoji whose ids differ",
                   report.different / report.compared, 0)
            reports.append(report)
    for report in reports:
        report.finish(at_least=40_000)


if __name__ == "__main__":
    main()
