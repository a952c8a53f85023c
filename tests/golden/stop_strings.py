"""Stop strings against transformers' own in float64: T5 and OPT, greedy search and beams, token for token, with strings that
the models' outputs hold: of one and several tokens, within tokens, over a blank, of several bytes a character."""
import collections
import tempfile
from pathlib import Path

import common
import opt
import torch
import yaml
from transformers import AutoTokenizer, OPTForCausalLM, T5ForConditionalGeneration

INPUTS, MOST_SOURCE, NEW_TOKENS = 16, 30, 20
T5 = dict(architecture="t5", d_model=64, d_kv=16, d_ff=128, num_layers=2, num_decoder_layers=2, num_heads=3, scale=opt.RANDOM["scale"])
SEARCHES = [dict(name="greedy"), dict(name="beams", num_beams=3, num_return_sequences=2)]


def frequent(texts):
    """Strings of several lengths that many texts hold and none begins with, one of them not in ASCII where there is one."""
    counts = collections.Counter()
    for text in texts:
        parts = {text[i:i + size] for size in (1, 2, 3, 5) for i in range(6, len(text) - size)}
        counts.update(part for part in parts if part not in text[:6] and "\ufffd" not in part)
    strings = []
    for size in (2, 3, 5):
        strings.append(next(part for part, _ in counts.most_common() if len(part) == size and part not in strings))
    strings += [part for part, _ in counts.most_common() if not part.isascii()][:1]
    return strings + [part for part, _ in counts.most_common() if " " in part.strip() or part[0] == " " and len(part) > 1][:1]


class Subject:
    """A random model, ours and theirs."""

    def __init__(self, scratch, name, config, tokenizer, kind):
        self.name, self.folder, self.scratch = name, scratch / name, scratch
        (scratch / "model.yaml").write_text(yaml.safe_dump({**config, "tokenizer": str(tokenizer)}))
        common.run_cappy("models", "new", "--config", scratch / "model.yaml", "--seed", 5, "--out", self.folder)
        self.model = kind.from_pretrained(self.folder, dtype=torch.float64).eval()
        self.tokenizer = AutoTokenizer.from_pretrained(tokenizer)
        self.alone = kind is OPTForCausalLM  # the prompt counts
        self.end = self.model.config.eos_token_id

    def mine(self, texts, settings):
        (self.scratch / "settings.yaml").write_text(yaml.safe_dump(settings))
        limit = NEW_TOKENS + (MOST_SOURCE if self.alone else 1)
        rows = common.filter_rows([{"instruction": text} for text in texts], "generate", "--model", self.folder, "--decoding",
                                  self.scratch / "settings.yaml", "--max-length", limit, "--max-source-length", MOST_SOURCE)
        return [row["candidates"] for row in rows]

    def theirs(self, text, setting, stop_strings):
        source = torch.tensor([self.tokenizer(text, truncation=True, max_length=MOST_SOURCE).input_ids])
        begin = source.shape[1] if self.alone else 1
        limit = NEW_TOKENS + (MOST_SOURCE if self.alone else 1)
        options = {key: value for key, value in setting.items() if key != "name"}
        out = self.model.generate(source, max_length=limit, do_sample=False, stop_strings=stop_strings,
                                  tokenizer=self.tokenizer, **options).tolist()
        return [self.cut(row[begin:]) for row in out]

    def cut(self, ids):
        """Without what fills a row up: padding, but ends of sequence behind a beam where padding is token 0."""
        fills = {self.model.config.pad_token_id, self.end}
        while ids and ids[-1] in fills:
            ids = ids[:-1]
        return ids

    def spelled(self, ids):
        """The text of tokens with the blank before the first word, as stop strings are sought in it."""
        if self.alone:
            return self.tokenizer.decode(ids, clean_up_tokenization_spaces=False)
        return "".join(self.tokenizer.convert_ids_to_tokens(ids)).replace("\u2581", " ")


def check(subject, texts):
    report, stops, dropped = common.Report(f"{subject.name}: stop strings"), 0, 0
    strings = frequent([row[0]["response"] for row in subject.mine(texts, SEARCHES[:1])])
    print(f"{subject.name}: stop strings {strings}")
    mine = subject.mine(texts, [dict(setting, stop_strings=strings) for setting in SEARCHES])
    for setting in SEARCHES:
        for place, text in enumerate(texts):
            wanted = subject.theirs(text, setting, strings)
            with opt.perturbed(subject.model):
                if subject.theirs(text, setting, strings) != wanted:
                    dropped += 1
                    continue
            own = [candidate for candidate in mine[place] if candidate["decoding"] == f"{setting['name']}"]
            report.equal([subject.cut(candidate["ids"]) for candidate in own], wanted, f"{setting['name']}, input {place}")
            for candidate in own:
                holds = any(string in subject.spelled(candidate["ids"]) for string in strings)
                stops += candidate["end"] == "stop"
                report.equal(candidate["end"] == "stop", holds and candidate["ids"][-1] != subject.end, candidate["response"])
    print(f"{subject.name}: {stops} outputs ended at a stop string, {dropped} of {len(SEARCHES) * len(texts)} dropped as near-ties")
    report.equal(stops >= len(texts) // 2 and dropped <= 2, True, f"{stops} stops, {dropped} dropped")
    report.finish(at_least=2 * len(texts))
    common.record(subject.name, "safetensors", "float32", "stop strings, different outputs", report.different, 0)


@torch.no_grad()
def main():
    torch.set_num_threads(1)
    shared = common.need_shared() / "data"
    texts = opt.instructions(shared)[:INPUTS]
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        opt.save_tokenizer(scratch / "opt_tokenizer")
        check(Subject(scratch, "t5 1.1 untied", T5, shared / "tokenizers/t5", T5ForConditionalGeneration), texts)
        check(Subject(scratch, "opt", opt.RANDOM, scratch / "opt_tokenizer", OPTForCausalLM), texts)


if __name__ == "__main__":
    main()
