"""Race: the paper's 17 candidates of an instruction (beam 4, four draws each of four samplings) from T5, all of the same length.

transformers makes five `generate` calls a batch, as the authors did; `transformers-shared` encodes once and hands the states to the
five. Sorted instructions in batches of --batch. The best beam must be the same tokens in every float32 system; draws have other
random numbers in each, so of them only numbers and lengths can agree. Wanted: 3 times transformers with t5-base, 2.5 times with
t5-large; int8 at least CTranslate2's int8, with no fewer equal beams.

    race_generate.py [--model t5-base] [--max-length 64] [--inputs 8] [--quick] [--systems cappy,transformers]
"""
import sys

import race
import race_models
import race_t5

ARGUMENTS = race.options(__doc__, model="t5-base", max_length=64, inputs=8, batch=8)
if ARGUMENTS.quick:
    ARGUMENTS.model, ARGUMENTS.max_length, ARGUMENTS.inputs, ARGUMENTS.rounds = "t5-tiny", 12, 4, 1
STEPS = ARGUMENTS.max_length - 1
DRAWS = [dict(top_k=50), dict(top_k=50, temperature=0.9), dict(top_k=40), dict(top_k=50, top_p=0.95)]
LEAST = {"t5-base": 3.0, "t5-large": 2.5}


def transformers(shared):
    def load():
        import torch
        from transformers.modeling_outputs import BaseModelOutput
        folder = race_models.model(ARGUMENTS.model)
        model, tokenize = race_t5.transformers_model(folder), race_t5.tokenizer(folder)
        length = dict(max_length=ARGUMENTS.max_length, min_length=ARGUMENTS.max_length)

        def batch(rows):
            encoded = tokenize([row["instruction"] for row in rows], truncation=True, max_length=512, padding=True,
                               return_tensors="pt")
            states = model.encoder(**encoded).last_hidden_state if shared else None
            made = [[] for _ in rows]
            for setting in [dict(num_beams=4, do_sample=False), *(dict(do_sample=True, num_return_sequences=4, **d) for d in DRAWS)]:
                more = {"encoder_outputs": BaseModelOutput(last_hidden_state=states)} if shared else {}
                ids = model.generate(**encoded, **more, **length, **setting)[:, 1:].tolist()
                for i, candidates in enumerate(made):
                    count = len(ids) // len(rows)
                    candidates += ids[i * count:(i + 1) * count]
            return made

        def run(rows):
            with torch.inference_mode():
                return [candidates for part in race_t5.batches(rows, ARGUMENTS.batch) for candidates in batch(part)]
        return run
    return load


def ctranslate2(compute_type):
    def load():
        folder = race_models.model(ARGUMENTS.model)
        engine, tokenize = race_t5.translator(folder, compute_type), race_t5.tokenizer(folder)
        length = dict(max_decoding_length=STEPS, min_decoding_length=STEPS, max_batch_size=ARGUMENTS.batch, batch_type="examples")
        settings = [dict(beam_size=4)] + [
            dict(beam_size=1, num_hypotheses=4, sampling_topk=draw["top_k"], sampling_topp=draw.get("top_p", 1),
                 sampling_temperature=draw.get("temperature", 1)) for draw in DRAWS]

        def run(rows):
            ids = tokenize([row["instruction"] for row in rows], truncation=True, max_length=512)["input_ids"]
            tokens = [tokenize.convert_ids_to_tokens(row) for row in ids]
            made = [engine.translate_batch(tokens, **length, **setting) for setting in settings]
            return [[tokenize.convert_tokens_to_ids(hypothesis) for way in made for hypothesis in way[i].hypotheses]
                    for i in range(len(rows))]
        return run
    return load


def systems():
    words = ["generate", "--model", race_models.model(ARGUMENTS.model), "--decoding", "paper", "--max-length",
             ARGUMENTS.max_length, "--min-length", ARGUMENTS.max_length]
    return [race.Worker("transformers"), race.Worker("transformers-shared"), race.Worker("ctranslate2", race.PEERS),
            race.Worker("ctranslate2-int8", race.PEERS), race.Filter("cappy", *words),
            race.Filter("cappy-float16", *words, "--weights", "float16"), race.Filter("cappy-int8", *words, "--dtype", "int8")]


def candidates(output):
    return output if isinstance(output, list) else [candidate["ids"] for candidate in output["candidates"]]


def check(name, mine, base):
    mine, base = [candidates(row) for row in mine], [candidates(row) for row in base]
    for row in mine:
        if [len(ids) for ids in row] != [STEPS] * 17:
            sys.exit(f"{name}: expected 17 candidates of {STEPS} tokens, found lengths {[len(ids) for ids in row]}")
    equal = sum(a[0] == b[0] for a, b in zip(mine, base, strict=True))
    if equal < len(base) and not name.endswith(("int8", "float16")):
        sys.exit(f"{name}: {len(base) - equal} of {len(base)} beams differ from transformers', so the times mean nothing")
    EQUAL[name] = equal
    return f"{equal} of {len(base)} beams"


EQUAL = {}


def main():
    workers = {"transformers": transformers(False), "transformers-shared": transformers(True),
               "ctranslate2": ctranslate2("float32"), "ctranslate2-int8": ctranslate2("int8")}
    if ARGUMENTS.worker:
        return race.serve(workers[ARGUMENTS.worker])
    rows = [{"instruction": text} for text in race_models.instructions(ARGUMENTS.inputs)]
    print(f"{ARGUMENTS.model}, {len(rows)} instructions, 17 candidates of {STEPS} tokens each")
    race.race(systems(), rows, ARGUMENTS, base="transformers", check=check, unit=("tokens", 17 * STEPS * len(rows)),
              wanted={"cappy": {"transformers": LEAST.get(ARGUMENTS.model, 0)}, "cappy-int8": {"ctranslate2-int8": 1.0}})


main()
