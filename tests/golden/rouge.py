"""`cappy rouge` against rouge-score 0.1.2 (rougeL, stemmer on, several references): equal in every bit.

* The stemmer on every word of the texts below and on words put together from stems and suffixes.
* 20,000 lines: BIG-bench targets against corrupted copies and each other, random words, texts in 58 languages, empty texts,
  punctuation, one to five references, references beyond 64 and 128 tokens, and every character of Unicode between two letters.
"""
import json
import multiprocessing
import random
import re
import string
import subprocess
import sys
from pathlib import Path

from nltk.stem.porter import PorterStemmer
from rouge_score import rouge_scorer

from common import CAPPY, Report, need_shared, run_cappy

SHARED = need_shared()
LINES = 20_000
SUFFIXES = """s es ies ied sses ss ed eed ing y at bl iz ll ational tional enci anci izer bli abli alli entli eli ousli
    ization ation ator alism iveness fulness ousness aliti iviti biliti fulli logi icate ative alize iciti ical ful ness al
    ance ence er ic able ible ant ement ment ent sion tion ion ou ism ate iti ous ive ize e ly edly ingly yy ying""".split()
SCORER = rouge_scorer.RougeScorer(["rougeL"], use_stemmer=True)


def bigbench_targets(rng):
    """Targets of the tasks whose files are there unpacked."""
    texts = []
    for path in sorted((SHARED / "data/bigbench").glob("*/**/task.json")):
        for example in json.loads(path.read_text(encoding="utf-8")).get("examples", [])[:300]:
            target = example.get("target", [])
            texts += [target] if isinstance(target, str) else target[:5]
    rng.shuffle(texts)
    return texts


def languages():
    return [line for path in sorted((SHARED / "data/text").rglob("*.txt"))
            for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def made_word(rng):
    stem = "".join(rng.choice("aeiouyybcdfglmnprstwxzl0") for _ in range(rng.randint(0, 7)))
    return stem + "".join(rng.choice(SUFFIXES) for _ in range(rng.randint(0, 3)))


def corrupted(rng, text):
    words = text.split(" ")
    for _ in range(rng.randint(0, 3)):
        at = rng.randrange(len(words))
        words[at:at + 1] = rng.choice([[], [made_word(rng)], [words[at].upper()], [words[at] + "s,"], [rng.choice(words)] * 2])
        words = words or [""]
    return " ".join(words)


def noise(rng):
    alphabet = "aAbB09 \t\n.,-_'\u212a\u0130\u00e9\u00df\u0131\u017f\ufb01\u2028\u00a0\U0001d400\u0000\u001f\u0307"
    return "".join(rng.choice(alphabet) for _ in range(rng.randint(0, 40)))


def make_lines(rng, targets, texts):
    lines = []
    while len(lines) < LINES:
        kind, count = rng.random(), rng.choice([1, 1, 1, 2, 3, 5])
        if kind < 0.45:
            references = [rng.choice(targets)[:400] for _ in range(count)]
            response = corrupted(rng, rng.choice(references))
        elif kind < 0.7:
            vocabulary = [made_word(rng) for _ in range(rng.randint(1, 12))]
            references = [" ".join(rng.choices(vocabulary, k=rng.randint(0, 12))) for _ in range(count)]
            response = " ".join(rng.choices(vocabulary, k=rng.randint(0, 12)))
        elif kind < 0.8:
            references = [rng.choice(texts)[:300] for _ in range(count)]
            response = corrupted(rng, rng.choice(references))
        elif kind < 0.98:
            references, response = [noise(rng) for _ in range(count)], noise(rng)
        else:  # beyond one and two machine words
            vocabulary = string.ascii_lowercase[:rng.randint(2, 26)]
            references = [" ".join(rng.choices(vocabulary, k=rng.choice([63, 64, 65, 128, 129, 200])))]
            response = " ".join(rng.choices(vocabulary, k=rng.randint(1, 200)))
        lines.append({"response": response, "references": references})
    return lines


def every_character():
    """Unicode in 1,088 texts of 1,024 characters each: `a<c>b` falls apart, or c lowers to letters."""
    for begin in range(0, 0x110000, 1024):
        characters = [chr(c) for c in range(begin, begin + 1024) if not 0xD800 <= c <= 0xDFFF]
        yield " ".join(f"a{c}b" for c in characters)


def reference_tokens(text):
    return SCORER._tokenizer.tokenize(text)


def reference_scores(line):
    return SCORER.score_multi(line["references"], line["response"])["rougeL"].fmeasure


def cappy_scores(lines):
    out = run_cappy("rouge", text="".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)).stdout
    return [json.loads(line)["rouge_l"] for line in out.split("\n")[:-1]]


def compare_stems(rng, texts):
    words = set(re.findall("[a-z0-9]+", " ".join(texts).lower()))
    words |= {made_word(rng) for _ in range(60_000)} - {""}
    words = sorted(words)
    program = Path(CAPPY).with_name("stem_lines")
    stems = subprocess.run([program], input="\n".join(words), capture_output=True, text=True, check=True).stdout.split("\n")
    report, stemmer = Report("Porter stems"), PorterStemmer()
    for word, stem in zip(words, stems[:-1], strict=True):
        report.equal(stem, stemmer.stem(word), word)
    return report


def compare_characters():
    """Each text against its own reference tokens: 1 where and only where cappy cuts and lowers alike."""
    report = Report("Rouge-L tokens of every character")
    lines = [{"response": text, "references": [" ".join(reference_tokens(text))]} for text in every_character()]
    lines = [line for line in lines if line["references"][0]]
    for line, score in zip(lines, cappy_scores(lines), strict=True):
        report.equal(score, 1.0, repr(line["response"][:9]))
    return report


def main():
    rng = random.Random(10)
    targets, texts = bigbench_targets(rng), languages()
    lines = make_lines(rng, targets, texts)
    with multiprocessing.Pool(2) as pool:
        wanted = pool.map(reference_scores, lines, chunksize=200)
    report = Report("Rouge-L")
    for line, mine, reference in zip(lines, cappy_scores(lines), wanted, strict=True):
        report.equal(mine, reference, str(line)[:400])
    assert 0.1 < sum(0 < score < 1 for score in wanted) / LINES, "too few scores between 0 and 1"
    reports = [(compare_stems(rng, targets + texts), 50_000), (compare_characters(), 1_000), (report, LINES)]
    for one, at_least in reports:
        one.finish(at_least)


if __name__ == "__main__":
    sys.exit(main())
