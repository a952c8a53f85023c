"""The work that `cappy bench` counts against what torch counts in transformers' own networks (its FLOP counter), for one item of every job: encode,
loglikelihood, generate of T5, score of RoBERTa, encode and loglikelihood of OPT. Equal but for what is named: transformers makes no logits fewer than it must, caches
keys and values, and encodes once where it is told to.
"""
import json
import tempfile
from pathlib import Path

import common
import opt
import roberta
import t5
import torch
from torch.utils.flop_counter import FlopCounterMode
from transformers.modeling_outputs import BaseModelOutput

T5_SHAPE = t5.SHAPES[0]
ROBERTA_SHAPE = (40, 3, 5, 97, 130, 60, 1e-12)
SOURCE, RESPONSE, NEW = 24, 9, 6
BENCH = ["--repeats", 1, "--items", 1, "--threads", 1, "--source-tokens", SOURCE, "--response-tokens", RESPONSE, "--new-tokens", NEW,
         "--json"]


def bench(folder, job, *words):
    found = json.loads(common.run_cappy("bench", "--model", folder, "--job", job, *BENCH, *words).stdout)
    return found["jobs"][0]


@torch.no_grad()
def counted(work):
    """FLOP of the products that `work` makes; attention by plain products, so that all of them are counted."""
    with FlopCounterMode(display=False) as counter:
        work()
    return counter.get_total_flops()


def check_t5(report, folder):
    t5.make_model(folder, T5_SHAPE, 1, own_head=True)
    model = t5.T5ForConditionalGeneration.from_pretrained(folder, attn_implementation="eager").eval()
    source = torch.randint(2, 30000, (1, SOURCE))
    model.set_attn_implementation("eager")
    states = BaseModelOutput(last_hidden_state=torch.zeros(1, SOURCE, T5_SHAPE["d_model"]))

    def teacher_forced(tokens):
        return lambda: model(input_ids=source, decoder_input_ids=torch.zeros(1, tokens, dtype=torch.long), use_cache=False)

    report.equal(bench(folder, "encode")["flops"], counted(teacher_forced(1)), "encode, one item")

    # A row sees itself and those before; the products of transformers see the whole square.
    heads = T5_SHAPE["num_heads"] * T5_SHAPE["d_kv"] * T5_SHAPE["num_decoder_layers"]
    unseen = lambda tokens: 4 * heads * tokens * (tokens - 1) // 2
    encoder = counted(lambda: model.encoder(input_ids=source))
    decoder = counted(lambda: model(encoder_outputs=states, decoder_input_ids=torch.zeros(1, RESPONSE, dtype=torch.long),
                                    use_cache=False))
    cross = 2 * SOURCE * 2 * T5_SHAPE["d_model"] * heads  # keys and values of the source: once for all 17 responses
    job = bench(folder, "loglikelihood")
    report.equal(job["items"], 17, "responses")
    report.equal(job["flops"], encoder + cross + 17 * (decoder - cross - unseen(RESPONSE)), "loglikelihood, 17 responses")

    job = bench(folder, "generate", "--decoding", "greedy")
    generated = counted(lambda: model.generate(source, max_length=NEW + 1, min_length=NEW + 1, do_sample=False))
    report.equal((job["tokens"], job["flops"]), (NEW, generated), "generate, greedy, with caches")
    paper = bench(folder, "generate")
    report.equal(paper["tokens"], 17 * NEW, "tokens of 17 candidates")
    report.equal(paper["flops"], encoder + cross + 20 * (generated - encoder - cross), "generate, 20 rows")


def check_roberta(report, folder):
    folder.mkdir()
    roberta.make_model(ROBERTA_SHAPE, 1, folder)
    model = roberta.RobertaForSequenceClassification.from_pretrained(folder, attn_implementation="eager").eval()
    ids = torch.randint(5, 400, (1, SOURCE))
    job = bench(folder, "score")
    report.equal((job["tokens"], job["flops"]), (SOURCE, counted(lambda: model(ids, attention_mask=torch.ones_like(ids)))), "score")


def check_opt(report, folder):
    """transformers' products see the whole square of queries and keys, and make the logits of every token."""
    shape = opt.SHAPES["opt"]
    model = opt.make_model(folder, shape, 1).float()
    opt.save_tokenizer(folder)
    model.set_attn_implementation("eager")
    unseen = lambda tokens: 4 * shape["hidden_size"] * shape["num_hidden_layers"] * tokens * (tokens - 1) // 2
    logits = 2 * model.config.vocab_size * shape["hidden_size"]

    def whole(tokens, wanted):
        ids = torch.randint(5, 50000, (1, tokens))
        return counted(lambda: model(ids, use_cache=False)) - unseen(tokens) - (tokens - wanted) * logits

    report.equal(bench(folder, "encode")["flops"], whole(SOURCE, 1), "encode, a decoder alone")
    job = bench(folder, "loglikelihood")
    rows = whole(SOURCE + RESPONSE - 1, RESPONSE) - whole(SOURCE, 0)  # the last token of a response is fed to nothing
    report.equal(job["flops"], whole(SOURCE, 0) + job["items"] * rows, "loglikelihood, a prefix and its responses")


def main():
    torch.set_num_threads(1)
    report = common.Report("work against torch's FLOP counter")
    with tempfile.TemporaryDirectory() as scratch:
        check_t5(report, Path(scratch) / "t5")
        check_roberta(report, Path(scratch) / "roberta")
        check_opt(report, Path(scratch) / "opt")
    report.finish(at_least=9)


if __name__ == "__main__":
    main()
