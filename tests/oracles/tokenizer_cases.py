"""What the tests of tokenizers share: folders of every layout that published models have, and texts of every kind."""
import json
import random
import shutil
import subprocess
import unicodedata

from common import SHARED, run_cappy

T5, ROBERTA, FAIRSEQ = (SHARED / "data/tokenizers" / name for name in ("t5", "roberta-base", "gpt2_bpe_fairseq"))

# --- folders ---


def make_folder(parent, name, files=(), **written):
    """A folder with copies of files, and written ones: `config={...}` is config.json."""
    made = parent / name
    made.mkdir()
    for file in files:
        shutil.copy(file, made)
    for stem, value in written.items():
        (made / f"{stem}.json").write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    return made


def fairseq_vocabulary():
    """OPT's order: fairseq's four tokens, then GPT-2's pieces by frequency, then the words that fill it up."""
    pieces = {id: piece for piece, id in json.loads((FAIRSEQ / "encoder.json").read_text(encoding="utf-8")).items()}
    vocabulary = {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3}
    for line in (FAIRSEQ / "dict.roberta.txt").read_text(encoding="utf-8").splitlines():
        name = line.split()[0]
        vocabulary[pieces[int(name)] if name.isdigit() else name] = len(vocabulary)
    return vocabulary


def token(content):
    return {"content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": True,
            "__type": "AddedToken"}


def make_opt_folder(parent, name="opt", **changed):
    """The layout of facebook/opt-*: no tokenizer.json."""
    config = {"errors": "replace", "unk_token": token("</s>"), "bos_token": token("</s>"), "eos_token": token("</s>"),
              "pad_token": token("<pad>"), "add_prefix_space": False, "add_bos_token": True, "special_tokens_map_file": None,
              "name_or_path": "opt", "tokenizer_class": "GPT2Tokenizer", **changed}
    named = {key: {k: v for k, v in value.items() if k != "__type"} for key, value in config.items() if isinstance(value, dict)
             and "content" in value}
    folder = make_folder(parent, name, vocab=fairseq_vocabulary(), tokenizer_config=config, special_tokens_map=named,
                         config={"model_type": "opt", "architectures": ["OPTForCausalLM"]})
    shutil.copy(FAIRSEQ / "vocab.bpe", folder / "merges.txt")
    return folder


def make_gpt2_folder(parent, name="gpt2", **written):
    folder = make_folder(parent, name, **{"config": {"model_type": "gpt2"}, **written})
    shutil.copy(FAIRSEQ / "encoder.json", folder / "vocab.json")
    shutil.copy(FAIRSEQ / "vocab.bpe", folder / "merges.txt")
    return folder


# --- texts ---


def strings_of(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings_of(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings_of(item)


def read_task(path):
    if path.suffix == ".zst":
        return subprocess.run(["zstd", "-dcq", str(path)], capture_output=True, check=True).stdout.decode("utf-8")
    return path.read_text(encoding="utf-8")


def language_lines():
    """The 58 languages and every emoji."""
    for path in sorted((SHARED / "data/text").rglob("*.txt")):
        yield from path.read_text(encoding="utf-8").splitlines()


def task_strings():
    """Every string of every task that is there."""
    for path in sorted((SHARED / "data/bigbench").rglob("task.json*")):
        yield from strings_of(json.loads(read_task(path)))
    for path in sorted((SHARED / "data/promptsource").rglob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield from strings_of(json.loads(line))


SPACES = [chr(c) for c in range(0x110000) if unicodedata.category(chr(c)) in ("Zs", "Zl", "Zp")] + list(
    "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85") + ["\r\n", "\u200b", "\ufeff", "\u2060", "  ", "   ", "\n\n", " \n "]
MARKS = [chr(c) for c in range(0x110000) if unicodedata.category(chr(c)).startswith("M")]
SPECIALS = ["</s>", "<pad>", "<s>", "<unk>", "<mask>", " <mask>", "<mask> ", "<extra_id_0>", " <extra_id_42> ", "<extra_id_99>",
            "<extra_id_100>", "<|endoftext|>", "</s", "<extra_id_", "<<s>>", "<S>", "madeupword0000", "\u2581", "\u2581\u2581"]
PIECES = ["'s", "'ll", "'S", "'re", "don't", "\u200d", "\u00a9\u200d\u00ae", "\ufb01", "\u0958\u094d\u0958\u0301", "1234", "3.14",
          "\u00bd", "\u2460", "the", "Hello", "naïve", 
          "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f1e9\U0001f1ea", "\u1100\u1161\u11a8",
          "\ufffd", "\x00", "\x7f", "\ufdfa", "\u212b", "Å", "A\u030a"]
BLOCKS = [range(0x20, 0x7F), range(0, 0x20), range(0x80, 0x250), range(0x300, 0x370), range(0x370, 0x600), range(0x600, 0x900),
          range(0x900, 0xE00), range(0xE00, 0x1100), range(0x1100, 0x1200), range(0x1E00, 0x2000), range(0x2000, 0x2100),
          range(0x2100, 0x2C00), range(0x3000, 0x3100), range(0x4E00, 0x9FFF), range(0xAC00, 0xD7A4), range(0xE000, 0xF900),
          range(0xF900, 0xFB00), range(0xFB00, 0x10000), range(0x10000, 0x20000), range(0x1F1E6, 0x1F700), range(0x20000, 0x32000),
          range(0xE0000, 0xE0200), range(0xF0000, 0x110000), range(0x110000)]


def random_string(draw):
    """A few blocks of Unicode mixed; now and then a mark, a space, a special token, a known piece, a very long word."""
    blocks = draw.sample(BLOCKS, draw.randint(1, 3))
    parts = []
    for _ in range(draw.randint(1, 30)):
        kind = draw.random()
        if kind < 0.12:
            parts.append(draw.choice(SPACES))
        elif kind < 0.2:
            parts.append(draw.choice(MARKS))
        elif kind < 0.26:
            parts.append(draw.choice(SPECIALS))
        elif kind < 0.36:
            parts.append(draw.choice(PIECES))
        else:
            c = draw.choice(draw.choice(blocks))
            parts.append("" if 0xD800 <= c < 0xE000 else chr(c))
    if draw.random() < 0.02:
        parts.append(draw.choice(parts + ["a", "é", "\u0e01"]) * draw.randint(60, 400))
    return "".join(parts)


def random_strings(count, seed):
    draw = random.Random(seed)
    return [random_string(draw) for _ in range(count)]


# --- comparing ---


def run_filter(field, values, added, *words):
    """One field in, one field out. Lines end at a newline alone: texts hold U+2028 and its like."""
    text = "".join(json.dumps({field: value}, ensure_ascii=False) + "\n" for value in values)
    return [json.loads(line)[added] for line in run_cappy(*words, text=text).stdout.split("\n")[:-1]]


def compare_ids(report, folder, reference, texts):
    """Ids of `cappy tokenize` against those of a tokenizers.Tokenizer."""
    reference.no_truncation()
    theirs = reference.encode_batch_fast(texts)
    mine = run_filter("text", texts, "ids", "tokenize", "--model", folder)
    for text, ids, encoding in zip(texts, mine, theirs, strict=True):
        report.equal(ids, encoding.ids, ascii(text[:300]))


def compare_decoding(report, folder, reference, id_lists):
    """Texts of `cappy tokenize --decode` against those of transformers."""
    mine = run_filter("ids", id_lists, "text", "tokenize", "--model", folder, "--decode")
    for ids, text in zip(id_lists, mine, strict=True):
        report.equal(text, reference.decode(ids, skip_special_tokens=True), ids)
