"""Ids of 100,000 random Unicode strings equal those of the pinned tokenizers, and random ids become the same text again: for
T5 from tokenizer.json and from spiece.model, RoBERTa, OPT.

    random_text_to_ids.py T5|BPE
"""
import random
import sys
import tempfile
from pathlib import Path

from common import Report, need_shared, record

need_shared()

from tokenizers import Tokenizer  # noqa: E402
from transformers import AutoTokenizer, T5Tokenizer  # noqa: E402

from tokenizer_cases import (ROBERTA, T5, compare_decoding, compare_ids, make_folder, make_opt_folder,  # noqa: E402
                             random_strings)

COUNT, ID_LISTS = 100_000, 3_000
KNOWN_SIZE = {"t5": 32_128, "roberta": 50_265, "opt": 50_272}  # of the models' embeddings: some ids have no piece


def t5_cases(parent):
    spiece = make_folder(parent, "spiece", [T5 / "spiece.model"])
    reference = T5Tokenizer.from_pretrained(spiece)
    yield "t5", "tokenizer.json", T5, Tokenizer.from_file(str(T5 / "tokenizer.json")), T5Tokenizer.from_pretrained(T5)
    yield "t5", "spiece.model", spiece, reference._tokenizer, reference


def byte_pair_cases(parent):
    roberta = make_folder(parent, "roberta", [ROBERTA / "vocab.json", ROBERTA / "merges.txt"], config={"model_type": "roberta"})
    for name, folder in (("roberta", roberta), ("opt", make_opt_folder(parent))):
        reference = AutoTokenizer.from_pretrained(folder)
        yield name, "vocab.json and merges.txt", folder, reference._tokenizer, reference


def random_ids(draw, size):
    """Mostly nonsense; byte pair ids of it are mostly broken UTF-8."""
    low = draw.random() < 0.3  # the first pieces are single bytes or short
    return [draw.randrange(300 if low else size) for _ in range(draw.randint(0, 24))]


def main():
    cases = {"T5": t5_cases, "BPE": byte_pair_cases}[sys.argv[1]]
    texts = random_strings(COUNT, 20)
    draw = random.Random(21)
    reports = []
    with tempfile.TemporaryDirectory() as temporary:
        for name, file_format, folder, tokenizer, reference in cases(Path(temporary)):
            ids, text = Report(f"random ids, {name}, {file_format}"), Report(f"decoding, {name}, {file_format}")
            compare_ids(ids, folder, tokenizer, texts)
            lists = [random_ids(draw, KNOWN_SIZE[name]) for _ in range(ID_LISTS)]
            lists += [e.ids for e in tokenizer.encode_batch_fast(texts[:ID_LISTS])]
            compare_decoding(text, folder, reference, lists)
            record(name, file_format, "ids", "random texts whose ids differ", ids.different / ids.compared, 0)
            record(name, file_format, "ids", "random ids whose text differs", text.different / text.compared, 0)
            reports += [(ids, COUNT), (text, 2 * ID_LISTS)]
    for report, wanted in reports:
        report.finish(at_least=wanted)


if __name__ == "__main__":
    main()
