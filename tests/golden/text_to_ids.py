"""Text to ids and back, against the pinned tokenizers and transformers, id for id.

Texts: every line of the shared texts (58 languages, emoji), every string in the task files of the first issue, random Unicode,
and every code point of Unicode in places where its class decides. Tokenizers: T5 from tokenizer.json and from spiece.model
alone, with and without tokenizer_config.json; RoBERTa from vocab.json and merges.txt, and from a tokenizer.json that the
oracle saved; a tokenizer.json of other shape (older T5 files, added tokens with every flag).
"""
import json
import random
import shutil
import tempfile
from pathlib import Path

from common import Report, need_shared, record, run_cappy

SHARED = need_shared()

from tokenizers import Tokenizer  # noqa: E402
from transformers import RobertaTokenizer, T5Tokenizer  # noqa: E402

T5, ROBERTA = SHARED / "data/tokenizers/t5", SHARED / "data/tokenizers/roberta-base"
BIG_BENCH = ["word_sorting", "operators", "object_counting", "codenames", "conlang_translation"]


def filter_rows(rows, *words):
    """Lines end at a newline alone: the texts hold U+2028 and its like, at which str.splitlines would cut."""
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    return [json.loads(line) for line in run_cappy(*words, text=text).stdout.split("\n")[:-1]]


def folder(parent, name, *files):
    made = parent / name
    made.mkdir()
    for file in files:
        shutil.copy(file, made)
    return made


def strings_of(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings_of(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings_of(item)


def shared_lines():
    for path in sorted((SHARED / "data/text").rglob("*.txt")):
        yield from path.read_text(encoding="utf-8").splitlines()


def task_strings():
    paths = [p for task in BIG_BENCH for p in sorted((SHARED / "data/bigbench").rglob(f"{task}/**/task.json*"))]
    for path in paths:
        if path.suffix == ".json":
            yield from strings_of(json.loads(path.read_text(encoding="utf-8")))
    for path in sorted((SHARED / "data").rglob("*.jsonl")):
        if any(part in ("super_glue_rte", "super_glue_cb") for part in path.parts):
            for line in path.read_text(encoding="utf-8").splitlines():
                yield from strings_of(json.loads(line))


def random_strings(count, seed):
    draw = random.Random(seed)
    pools = [range(0x20, 0x7F), range(0, 0x250), range(0x300, 0x370), range(0x900, 0xE00), range(0x1100, 0x1200),
             range(0x2000, 0x2100), range(0xAC00, 0xAD00), range(0xFB00, 0x10000), range(0x1F1E6, 0x1F700),
             range(0x10000, 0x20000), range(0xE0000, 0xE0200), range(0x110000)]
    bits = ["</s>", "<pad>", "<s>", "<mask>", " <mask>", "<extra_id_0>", " <extra_id_42> ", "  ", "\r\n", "\t", "'s", "'ll", "'S",
            "\u200d", "\u00a9\u200d\u00ae", "\u0301", "\u2581", "\ufb01", "\u0958\u094d\u0958\u0301", "1234", " \n", "\u3000", "the"]
    for _ in range(count):
        pool = draw.choice(pools)
        out = []
        for _ in range(draw.randint(1, 40)):
            c = draw.choice(pool) if draw.random() < 0.7 else draw.choice(draw.choice(pools))
            out.append(draw.choice(bits) if draw.random() < 0.15 else "" if 0xD800 <= c < 0xE000 else chr(c))
        yield "".join(out)


def code_point_lines(before, after):
    """Every code point between two contexts, a few hundred a line."""
    items = [before + chr(c) + after for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    return [" ".join(items[i:i + 512]) for i in range(0, len(items), 512)]


def compare(report, directory, reference, texts):
    mine = filter_rows([{"text": text} for text in texts], "tokenize", "--model", directory)
    reference.no_truncation()
    for text, row, theirs in zip(texts, mine, reference.encode_batch(texts), strict=True):
        report.equal(row["ids"], theirs.ids, text[:200])


def compare_decoding(report, directory, reference, id_lists):
    mine = filter_rows([{"ids": ids} for ids in id_lists], "tokenize", "--model", directory, "--decode")
    for ids, row in zip(id_lists, mine, strict=True):
        report.equal(row["text"], reference.decode(ids, skip_special_tokens=True), ids)


def compare_pairs(report, directory, reference, pairs, side):
    reference.truncation_side = side
    for limit in (4, 5, 6, 9, 16, 33, 64, 512) if side == "right" else (5, 16, 33):
        rows = [{"text": a, "text_pair": b} for a, b in pairs]
        mine = filter_rows(rows, "tokenize", "--model", directory, "--max-length", limit, "--truncation-side", side)
        for (a, b), row in zip(pairs, mine, strict=True):
            theirs = reference([a], [b], truncation=True, max_length=limit)["input_ids"][0]  # not in a list, "" is no pair
            report.equal(row["ids"], theirs, (side, limit, a[:80], b[:80]))


def compare_cut_texts(report, directory, reference, texts, side):
    reference.truncation_side = side
    for limit in (4, 40):
        mine = filter_rows([{"text": text} for text in texts], "tokenize", "--model", directory, "--max-length", limit,
                           "--truncation-side", side)
        for text, row in zip(texts, mine, strict=True):
            theirs = reference(text, truncation=True, max_length=limit)["input_ids"]
            report.equal(row["ids"], theirs, (side, limit, text[:80]))


def other_shapes(parent):
    """The T5 file rewritten: an older pre-tokenizer, other normalizers, added tokens with every flag."""
    original = json.loads((T5 / "tokenizer.json").read_text(encoding="utf-8"))
    precompiled = original["normalizer"]["normalizers"][0] if original["normalizer"]["type"] == "Sequence" \
        else original["normalizer"]
    flags = ("single_word", "lstrip", "rstrip", "normalized")
    for number in range(4):
        shape = dict(original)
        shape["added_tokens"] = original["added_tokens"] + [
            {"id": 32100 + i, "content": content, "special": i % 2 == 0,
             **{flag: bool(i >> k & 1) for k, flag in enumerate(flags)}}
            for i, content in enumerate(["the", "ﬁ", "<a>", "<a><b>", "zz", "of", "Q", "in", "[x]", "é", "42", "an", "s", "ing", "e", "ion"])]
        shape["normalizer"] = [
            precompiled, {"type": "Sequence", "normalizers": [precompiled, {"type": "Strip", "strip_left": False, "strip_right": True}]},
            {"type": "Sequence", "normalizers": [{"type": "Replace", "pattern": {"String": "ab"}, "content": " "}, {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "▁"}]},
            None][number]
        metaspace = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": ["always", "first", "never", "first"][number],
                     "split": number != 3}
        shape["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, metaspace]} \
            if number % 2 == 0 else metaspace
        made = parent / f"shape{number}"
        made.mkdir()
        (made / "tokenizer.json").write_text(json.dumps(shape, ensure_ascii=False), encoding="utf-8")
        yield made


def main():
    lines, tasks, noise = list(shared_lines()), sorted(set(task_strings())), list(random_strings(3000, 7))
    texts = lines + tasks + noise + ["", " ", "  a  ", "\u0000a"]
    print(f"{len(lines)} lines of shared text, {len(tasks)} task strings, {len(noise)} random strings")
    with tempfile.TemporaryDirectory() as temporary:
        parent = Path(temporary)
        t5_spm = folder(parent, "t5-spm", T5 / "spiece.model")
        t5_config = folder(parent, "t5-config", T5 / "spiece.model", T5 / "tokenizer_config.json", T5 / "special_tokens_map.json")
        roberta_saved = parent / "roberta-saved"
        roberta = RobertaTokenizer.from_pretrained(ROBERTA)
        roberta.save_pretrained(roberta_saved)
        lstrip = folder(parent, "roberta-lstrip", *ROBERTA.iterdir())
        (lstrip / "special_tokens_map.json").write_text(json.dumps(
            {"mask_token": {"content": "<mask>", "lstrip": True, "rstrip": False, "normalized": False, "single_word": False}}))
        spm, spm_config = T5Tokenizer.from_pretrained(t5_spm), T5Tokenizer.from_pretrained(t5_config)
        cases = [("t5 tokenizer.json", T5, Tokenizer.from_file(str(T5 / "tokenizer.json"))),
                 ("t5 spiece.model", t5_spm, spm._tokenizer), ("t5 spiece.model with config", t5_config, spm_config._tokenizer),
                 ("roberta vocab and merges", ROBERTA, roberta._tokenizer),
                 ("roberta special tokens map", lstrip, RobertaTokenizer.from_pretrained(lstrip)._tokenizer),
                 ("roberta tokenizer.json", roberta_saved, Tokenizer.from_file(str(roberta_saved / "tokenizer.json")))]
        reports = []
        for name, directory, reference in cases:
            reports.append(Report("ids, " + name))
            compare(reports[-1], directory, reference, texts)
            family, file = name.split(" ", 1)
            record(f"{family} tokenizer", file, "–", f"texts with other ids, of {len(texts):,}", reports[-1].different, 0)
        shapes = Report("ids, other shapes of tokenizer.json")
        for directory in other_shapes(parent):
            compare(shapes, directory, Tokenizer.from_file(str(directory / "tokenizer.json")), lines[::7] + noise)
        reports.append(shapes)

        every = Report("ids, every code point")
        compare(every, T5, cases[0][2], code_point_lines("ª", ""))
        compare(every, t5_spm, cases[1][2], code_point_lines("", "\u0301"))
        compare(every, ROBERTA, cases[3][2], code_point_lines("a", "1"))
        reports.append(every)

        draw = random.Random(3)
        decoding = Report("decoding")
        some = lines[::3] + noise
        for directory, reference, size in ((t5_spm, spm, 32128), (t5_config, spm_config, 32128), (ROBERTA, roberta, 50265)):
            id_lists = [e.ids for e in reference._tokenizer.encode_batch(some)]
            id_lists += [[draw.randrange(size) for _ in range(draw.randint(0, 20))] for _ in range(1000)]
            compare_decoding(decoding, directory, reference, id_lists)
        reports.append(decoding)
        some_pairs, some_texts = [(draw.choice(texts), draw.choice(texts)) for _ in range(300)], draw.sample(texts, 300)
        for side in ("right", "left"):
            pairs, cut = Report(f"pairs cut longest first, {side}"), Report(f"texts cut, {side}")
            compare_pairs(pairs, ROBERTA, roberta, some_pairs, side)
            compare_cut_texts(cut, t5_spm, spm, some_texts, side)
            compare_cut_texts(cut, ROBERTA, roberta, some_texts, side)
            reports += [pairs, cut]
        failed = False
        for report in reports:
            try:
                report.finish(at_least=900)
            except SystemExit:
                failed = True
    if failed:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
