"""Folders without tokenizer.json, as models are published: ids and texts equal those of what AutoTokenizer of the pinned
transformers builds from spiece.model, or from vocab.json and merges.txt, with every combination of the files beside them."""
import json
import random
import tempfile
from pathlib import Path

from common import Report, need_shared, record

need_shared()

from tokenizers import Tokenizer  # noqa: E402
from transformers import AutoTokenizer  # noqa: E402

from tokenizer_cases import (ROBERTA, T5, compare_decoding, compare_ids, language_lines, make_folder,  # noqa: E402
                             make_gpt2_folder, make_opt_folder, random_strings, token)

COUNT = 700
ROBERTA_FILES = [ROBERTA / "vocab.json", ROBERTA / "merges.txt"]
LISTED = {"50257": {"content": "<|user|>", "lstrip": True, "rstrip": False, "normalized": False, "single_word": False,
                    "special": True},
          "50258": {"content": "the", "lstrip": False, "rstrip": True, "normalized": True, "single_word": True,
                    "special": False}}


def folders(parent):
    """(architecture, format, folder)"""
    yield "opt", "vocab.json and merges.txt", make_opt_folder(parent)
    yield "opt", "vocab.json and merges.txt", make_opt_folder(parent, "opt-no-bos", add_bos_token=False)
    yield "opt", "vocab.json and merges.txt", make_opt_folder(parent, "opt-both", add_eos_token=True, add_prefix_space=True)
    yield "opt", "vocab.json and merges.txt", make_opt_folder(
        parent, "opt-extra", additional_special_tokens=["<|im|>", "of"], pad_token=None, image_token="<image>")
    yield "opt", "vocab.json and merges.txt", make_opt_folder(parent, "opt-4", extra_special_tokens={}, unk_token=None,
                                                              clean_up_tokenization_spaces=True)
    yield "opt", "vocab.json and merges.txt", make_opt_folder(parent, "opt-named", extra_special_tokens={"eoi_token": "<eoi>"})
    yield "gpt2", "vocab.json and merges.txt", make_gpt2_folder(parent)
    yield "gpt2", "vocab.json and merges.txt", make_gpt2_folder(
        parent, "gpt2-bos", tokenizer_config={"add_bos_token": True, "tokenizer_class": "GPT2Tokenizer"})
    yield "gpt2", "vocab.json and merges.txt", make_gpt2_folder(
        parent, "gpt2-listed", tokenizer_config={"added_tokens_decoder": LISTED, "eos_token": "<|user|>",
                                                 "tokenizer_class": "GPT2TokenizerFast"})
    yield "gpt2", "vocab.json and merges.txt", make_gpt2_folder(
        parent, "gpt2-older", added_tokens={"<|a|>": 50257, "<|b|>": 50258},
        special_tokens_map={"bos_token": "<|b|>", "additional_special_tokens": ["<|c|>"]})
    kind = {"model_type": "roberta"}
    yield "roberta", "vocab.json and merges.txt", make_folder(parent, "roberta", ROBERTA_FILES, config=kind)
    yield "roberta", "vocab.json and merges.txt", make_folder(
        parent, "roberta-named", ROBERTA_FILES, config=kind,
        tokenizer_config={"extra_special_tokens": {}, "add_prefix_space": True},
        special_tokens_map={"mask_token": {**token("<mask>"), "lstrip": True, "normalized": False}, "cls_token": "<s>",
                            "additional_special_tokens": ["<extra>"]})
    kind = {"model_type": "t5"}
    yield "t5", "spiece.model", make_folder(parent, "t5", [T5 / "spiece.model"], config=kind)
    yield "t5", "spiece.model", make_folder(parent, "t5-config", [T5 / name for name in (
        "spiece.model", "tokenizer_config.json", "special_tokens_map.json")], config=kind)
    yield "t5", "spiece.model", make_folder(parent, "t5-few", [T5 / "spiece.model"], config=kind,
                                            tokenizer_config={"extra_ids": 7, "extra_special_tokens": [],
                                                              "clean_up_tokenization_spaces": True})


def main():
    texts = random_strings(COUNT, 30) + random.Random(31).sample(sorted(set(language_lines())), COUNT)
    draw = random.Random(32)
    failed = {}
    with tempfile.TemporaryDirectory() as temporary:
        parent = Path(temporary)
        for architecture, file_format, folder in folders(parent):
            reference = AutoTokenizer.from_pretrained(folder)
            report = Report(f"{folder.name}, ids and decoding")
            compare_ids(report, folder, reference._tokenizer, texts)
            lists = [[draw.randrange(len(reference) + 40) for _ in range(draw.randint(0, 20))] for _ in range(COUNT)]
            compare_decoding(report, folder, reference, lists)
            failed.setdefault((architecture, file_format), []).append(report)
        opt = parent / "opt-saved"
        AutoTokenizer.from_pretrained(parent / "opt").save_pretrained(opt)
        (opt / "config.json").write_text(json.dumps({"model_type": "opt"}))
        report = Report("opt saved by transformers, tokenizer.json")
        compare_ids(report, opt, Tokenizer.from_file(str(opt / "tokenizer.json")), texts)
        compare_ids(report, opt, AutoTokenizer.from_pretrained(opt)._tokenizer, texts)
        failed["opt", "tokenizer.json"] = [report]
    for (architecture, file_format), reports in failed.items():
        compared, different = sum(r.compared for r in reports), sum(r.different for r in reports)
        record(architecture, file_format, "ids", f"{len(reports)} layouts of the folder, ids or texts that differ",
               different / compared, 0)
    for reports in failed.values():
        for report in reports:
            report.finish(at_least=2 * COUNT)


if __name__ == "__main__":
    main()
