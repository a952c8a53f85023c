#!/usr/bin/env python3
"""Trains the two miniature vocabularies on text of our own, and writes them under configs/miniature/.

t5_tokenizer: Unigram pieces in T5's layout (pad 0, eos 1, unk 2; Metaspace; `A </s>`), trained by sentencepiece.
roberta_tokenizer: byte-level BPE in RoBERTa's layout (<s> 0, <pad> 1, </s> 2, <unk> 3, <mask> last; `<s> A </s></s> B </s>`).

The text is sentences that seeded rules build out of the word lists below, and the miniature tasks' rows where they are there.
Same words, same seed, same libraries (tests/oracles/requirements.txt): same bytes.

    .deps/oracles/bin/python scripts/train_miniature/make_vocabularies.py
"""
import io
import json
import random
from pathlib import Path

import sentencepiece
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "configs" / "miniature"
PIECES = 1000
SEED = 7

THINGS = """apple banana orange lemon cherry melon bread butter cheese honey soup table chair lamp window door garden river
mountain forest island bridge road village city market school library hospital station train ship boat bicycle car engine
wheel horse rabbit tiger lion elephant monkey eagle sparrow dolphin whale spider butterfly flower tree leaf stone sand water
fire snow rain storm cloud star moon planet teacher doctor farmer painter sailor soldier queen king child brother sister
friend neighbour letter book story song picture clock coin key rope basket bottle ladder hammer needle mirror blanket shirt
shoe hat ring violin trumpet piano drum flute guitar potato onion carrot cabbage pepper garlic""".split()
QUALITIES = """red green blue yellow white black small large old new young tall short heavy light warm cold quiet loud quick
slow bright dark soft hard clean empty full happy sad brave clever honest gentle strange famous simple broken""".split()
ACTIONS = """finds carries paints breaks builds sells buys opens closes follows watches remembers forgets loses hides brings
cleans cooks throws catches moves counts sorts reads writes sings repairs visits leaves likes""".split()
PLACES = """in the garden, near the river, behind the school, under the bridge, at the market, on the island, by the window,
beside the old station, across the road, inside the library""".replace("\n", " ").split(", ")
COMMON = """about above across after again against almost along already although always among another answer anything around
because become before begin behind being believe below better between beyond board body bottom build business called cannot
carry case cause center certain change choose circle class common company compare complete consider contain continue control
correct could country course create cross current decide degree describe develop difference different difficult direction
discover distance divide during early earth either energy enough entire equal especially evening every evidence example
except experience explain express false family father field figure final first follow force foreign forward freedom friend
front future general government great ground group grow happen health history however human hundred hypothesis idea imagine
important include increase indeed information inside instead interest italian language large later learn least length letter
level likely likewise limit listen little living local machine material matter maybe meaning measure member method middle
might million minute moment money month morning mother movement much music nature nearly necessary never night nothing notice
number object office often operation opinion order other outside paper paragraph particular passage pattern people perhaps
period person phrase piece plain please point position possible power practice premise prepare present president pressure
probably problem process produce program promise property protect prove public purpose quarter question quickly quite rather
reason receive record region remain report represent require result return right round science season second section sentence
separate service several shape should similar since single situation small social society something sometimes sound source
special speech spring square stand state statement still straight strength strong student study subject sudden suggest summer
support suppose surface system taken tell that their themselves therefore thing think thought thousand through together
tomorrow toward translate travel true under understand unit until upon usual value various voice wait want weather week
weight welcome whether which while whole winter without woman wonder word work world would write wrong year yesterday young"""
COMMON = COMMON.split()
NAMES = "Anna Ben Clara David Emma Felix Grace Henry Ida Jonas Lena Martin Nora Oscar Paula Robert Sofia Tom".split()
NUMBERS = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
eighteen nineteen twenty thirty forty fifty""".split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
CLASSES = "fruit animal vehicle instrument vegetable tool person place".split()


def sentence(rng):
    """Who does what to what, where."""
    who = rng.choice([rng.choice(NAMES), f"The {rng.choice(QUALITIES)} {rng.choice(THINGS)}"])
    return f"{who} {rng.choice(ACTIONS)} the {rng.choice(QUALITIES)} {rng.choice(THINGS)} {rng.choice(PLACES)}."


def phrase(rng):
    """Common words in a row: their pieces matter, their sense does not."""
    words = [rng.choice(COMMON) for _ in range(rng.randint(4, 12))]
    return rng.choice([" ".join(words).capitalize() + ".", ", ".join(words), " ".join(words)])


def question(rng):
    """A question of the kinds that the miniature tasks ask, with its answer."""
    things = rng.sample(THINGS, rng.randint(2, 6))
    premise, other = sentence(rng), sentence(rng)
    a, b = rng.randint(0, 99), rng.randint(0, 99)
    return rng.choice([
        f"Sort the following words alphabetically: {' '.join(things)}\n{' '.join(sorted(things))}",
        f"I have {', '.join('a ' + thing for thing in things)}. How many things do I have?\n{NUMBERS[len(things)]}",
        f"{premise} Based on the previous passage, is it true that \"{other}\"? Yes or no?\n{rng.choice(['Yes', 'No'])}",
        f"Suppose {premise} Can we infer that \"{other}\"? Yes, no, or maybe?\nMaybe",
        f"Given that {premise} Therefore, it must be true that {other}\nTrue",
        f"What is {a} + {b}?\n{a + b}",
        f"If op is defined as a op b = a + 2 * b, what is {a} op {b}?\n{a + 2 * b}",
        f"Write the words in reverse order: {' '.join(things)}\n{' '.join(reversed(things))}",
        f"Is the {things[0]} a {rng.choice(CLASSES)}? Answer with true or false.\nFalse",
        f"Which word does not belong: {', '.join(things)}?\n{things[-1]}",
        f"Today is {rng.choice(DAYS)}. Which day is it after {rng.choice(NUMBERS)} days?\n{rng.choice(DAYS)}",
        f"Repeat the word {things[0]} {rng.choice(NUMBERS)} times.\n{things[0]} {things[0]}",
        f"Question: What does {rng.choice(NAMES)} see {rng.choice(PLACES)}? Answer: the {things[1]}",
        f"Choose the best answer. Option A: {things[0]}. Option B: {things[1]}.\nOption B",
    ])


def strings_of(value):
    """Every string inside a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings_of(inner)


def miniature_rows():
    """Texts of the miniature tasks' rows: JSON and JSON Lines under tasks/miniature."""
    for path in sorted((ROOT / "tasks" / "miniature").rglob("*.json*")):
        text = path.read_text(encoding="utf-8")
        documents = [json.loads(text)] if path.suffix == ".json" else map(json.loads, text.splitlines())
        for document in documents:
            yield from strings_of(document)


def training_lines():
    """The text: lines without line ends."""
    rng = random.Random(SEED)
    texts = [sentence(rng) for _ in range(2000)] + [question(rng) for _ in range(4000)]
    texts += [phrase(rng) for _ in range(2000)] + list(miniature_rows())
    return [line for text in texts for line in text.split("\n") if line.strip()]


def t5_pieces(lines):
    """(piece, score) after pad, eos and unk: sentencepiece's, then every ASCII character and the line end at the worst score."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_writer=model, model_type="unigram", vocab_size=PIECES - 60,
        normalization_rule_name="identity", remove_extra_whitespaces=False, pad_id=0, eos_id=1, unk_id=2, bos_id=-1,
        num_threads=1, minloglevel=2)
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    pieces = [(processor.id_to_piece(i), processor.get_score(i)) for i in range(3, processor.get_piece_size())]
    present, worst = {piece for piece, _ in pieces}, min(score for _, score in pieces)
    letters = [chr(c) for c in range(0x21, 0x7F)] + ["\n", "\t", "▁"]
    return pieces + [(letter, worst - 1.0) for letter in letters if letter not in present]


def save(tokenizer, folder, config):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer.json").write_text(tokenizer.to_str(pretty=False) + "\n", encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    print(f"{folder.relative_to(ROOT)}: {tokenizer.get_vocab_size()} pieces, "
          f"{(folder / 'tokenizer.json').stat().st_size} bytes")


def make_t5(lines):
    specials = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    vocabulary = specials + [(piece, round(score, 6)) for piece, score in t5_pieces(lines)]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=2, byte_fallback=False))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=True)
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="always", split=True)
    tokenizer.post_processor = processors.TemplateProcessing("$A </s>", "$A </s> $B </s>", [("</s>", 1)])
    tokenizer.add_special_tokens([AddedToken(name, special=True, normalized=False) for name, _ in specials])
    save(tokenizer, OUT / "t5_tokenizer",
         {"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>",
          "model_max_length": 512, "clean_up_tokenization_spaces": False})


def make_roberta(lines):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(vocab_size=PIECES - 1, special_tokens=["<s>", "<pad>", "</s>", "<unk>"],
                                  initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False)
    tokenizer.train_from_iterator(lines, trainer)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken("<mask>", special=True, normalized=False, lstrip=True)])
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    names = {"bos_token": "<s>", "cls_token": "<s>", "pad_token": "<pad>", "eos_token": "</s>", "sep_token": "</s>",
             "unk_token": "<unk>", "mask_token": "<mask>"}
    save(tokenizer, OUT / "roberta_tokenizer",
         {"tokenizer_class": "PreTrainedTokenizerFast", **names, "model_max_length": 512,
          "clean_up_tokenization_spaces": False})


if __name__ == "__main__":
    corpus = training_lines()
    print(f"{len(corpus)} lines of text")
    make_t5(corpus)
    make_roberta(corpus)
