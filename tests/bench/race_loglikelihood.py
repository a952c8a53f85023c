"""Race: the log-likelihood of 17 responses to every instruction under T5, each the sum over its tokens, end of sequence included.

transformers makes one teacher-forced pass a batch of --batch pairs, each with its own source, sorted by it; `transformers-shared`
encodes an instruction once for its 17. Wanted: 3 times transformers. In float32 sums of hundreds of nats differ between systems by some
1e-4; tests/golden compares with float64. CTranslate2's int8 is not below the wanted: its sums differ by nats.

    race_loglikelihood.py [--model t5-base] [--inputs 8] [--quick] [--systems cappy,transformers]
"""
import sys

import race
import race_models
import race_t5

ARGUMENTS = race.options(__doc__, model="t5-base", inputs=8, batch=17)
if ARGUMENTS.quick:
    ARGUMENTS.model, ARGUMENTS.inputs, ARGUMENTS.rounds = "t5-tiny", 3, 1


def transformers(shared):
    def load():
        import torch
        from transformers.modeling_outputs import BaseModelOutput
        folder = race_models.model(ARGUMENTS.model)
        model, tokenize = race_t5.transformers_model(folder), race_t5.tokenizer(folder)

        def batch(rows):
            texts = [rows[0]["instruction"]] if shared else [row["instruction"] for row in rows]
            source = tokenize(texts, truncation=True, max_length=512, padding=True, return_tensors="pt")
            target = tokenize([row["response"] for row in rows], padding=True, return_tensors="pt")
            more = dict(source)
            if shared:
                states = model.encoder(**source).last_hidden_state.expand(len(rows), -1, -1)
                more = {"encoder_outputs": BaseModelOutput(last_hidden_state=states),
                        "attention_mask": source.attention_mask.expand(len(rows), -1)}
            start = target.input_ids.new_zeros(len(rows), 1)
            logits = model(**more, decoder_input_ids=torch.cat([start, target.input_ids[:, :-1]], 1)).logits
            chosen = logits.gather(2, target.input_ids[:, :, None])[:, :, 0] - logits.logsumexp(-1)
            return (chosen * target.attention_mask).sum(1).tolist()

        def run(rows):  # rows of one instruction stand together, shortest instructions first
            with torch.inference_mode():
                return [{"log_likelihood": value} for part in race_t5.batches(rows, 17 if shared else ARGUMENTS.batch)
                        for value in batch(part)]
        return run
    return load


def ctranslate2(compute_type):
    def load():
        folder = race_models.model(ARGUMENTS.model)
        engine, tokenize = race_t5.translator(folder, compute_type), race_t5.tokenizer(folder)

        def tokens(texts, **how):
            return [tokenize.convert_ids_to_tokens(ids) for ids in tokenize(texts, **how)["input_ids"]]

        def run(rows):
            source = tokens([row["instruction"] for row in rows], truncation=True, max_length=512)
            target = [words[:-1] for words in tokens([row["response"] for row in rows])]  # the end is added there
            scored = engine.score_batch(source, target, max_batch_size=ARGUMENTS.batch)
            return [{"log_likelihood": sum(score.log_probs)} for score in scored]
        return run
    return load


def check(name, mine, base):
    differences = [(abs(a["log_likelihood"] - b["log_likelihood"]), abs(b["log_likelihood"])) for a, b in zip(mine, base, strict=True)]
    largest = max(difference for difference, _ in differences)
    if any(difference > 1e-3 + 1e-5 * size for difference, size in differences) and not name.endswith(("int8", "float16")):
        sys.exit(f"{name}: sums differ from transformers' by up to {largest:.2g}, so the times mean nothing")
    return f"to {largest:.1e}"


def main():
    workers = {"transformers": transformers(False), "transformers-shared": transformers(True),
               "ctranslate2": ctranslate2("float32"), "ctranslate2-int8": ctranslate2("int8")}
    if ARGUMENTS.worker:
        return race.serve(workers[ARGUMENTS.worker])
    rows = race_models.likelihood_rows(ARGUMENTS.inputs)
    words = ["loglikelihood", "--model", race_models.model(ARGUMENTS.model)]
    systems = [race.Worker("transformers"), race.Worker("transformers-shared"), race.Worker("ctranslate2", race.PEERS),
               race.Worker("ctranslate2-int8", race.PEERS), race.Filter("cappy", *words),
               race.Filter("cappy-float16", *words, "--weights", "float16"), race.Filter("cappy-int8", *words, "--dtype", "int8")]
    print(f"{ARGUMENTS.model}, {ARGUMENTS.inputs} instructions, 17 responses each")
    race.race(systems, rows, ARGUMENTS, base="transformers", check=check, unit=("pairs", len(rows)),
              wanted={"cappy": {"transformers": 3.0}, "cappy-int8": {"ctranslate2-int8": 1.0}})


main()
