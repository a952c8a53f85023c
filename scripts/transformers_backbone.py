#!/usr/bin/env python3
"""Any transformers model as a backbone or scorer of `cappy run`, one JSON line in, one out (docs/external_models.md):

    backbones: [{name: t5, command: [python3, transformers_backbone.py, google/flan-t5-base]}]
    scorers: [{name: cappy, command: [python3, transformers_backbone.py, btan2/cappy-large]}]
"""
import json
import sys
import zlib

import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoModelForSequenceClassification, AutoTokenizer

NAME = sys.argv[1]  # a folder or a Hub id
CONFIG = AutoConfig.from_pretrained(NAME)
SCORES = any("SequenceClassification" in name for name in CONFIG.architectures or [])
KIND = AutoModelForSequenceClassification if SCORES else AutoModelForSeq2SeqLM if CONFIG.is_encoder_decoder else AutoModelForCausalLM
TOKENIZER = AutoTokenizer.from_pretrained(NAME)
MODEL = KIND.from_pretrained(NAME, dtype=torch.float32).eval()
SEARCH, SAMPLING = ["num_beams", "length_penalty", "early_stopping"], ["temperature", "top_k", "top_p"]


def read(text, limit, side="right", pair=None):
    """Ids of a text or a pair; in lists, because alone an empty second text counts as none."""
    TOKENIZER.truncation_side = side
    return TOKENIZER([text], None if pair is None else [pair], truncation=limit is not None, max_length=limit).input_ids[0]


def log_likelihood(source, ids):
    """Sum of log p(ids | source) in nats."""
    source, target = torch.tensor([source]), torch.tensor([ids])
    if CONFIG.is_encoder_decoder:
        start = torch.tensor([[CONFIG.decoder_start_token_id]])
        logits = MODEL(input_ids=source, decoder_input_ids=torch.cat([start, target[:, :-1]], 1)).logits[0]
    else:
        logits = MODEL(torch.cat([source, target[:, :-1]], 1)).logits[0, source.shape[1] - 1:]
    return torch.log_softmax(logits, -1).gather(1, target.T).sum().item()


def generate(line, decoding):
    source = read(line["instruction"], line["max_source_length"], line.get("truncation_side", "right"))
    torch.manual_seed(zlib.crc32(json.dumps([line["seed"], line["instruction"], decoding], sort_keys=True).encode()))
    settings = {key: decoding[key] for key in (SAMPLING if decoding["do_sample"] else SEARCH)}
    made = MODEL.generate(torch.tensor([source]), do_sample=decoding["do_sample"], max_length=line["max_length"], min_length=line["min_length"],
                          num_return_sequences=decoding["num_return_sequences"], stop_strings=decoding.get("stop_strings"),
                          tokenizer=TOKENIZER, **settings)
    end = TOKENIZER.eos_token_id
    for draw, ids in enumerate(made[:, 1 if CONFIG.is_encoder_decoder else len(source):].tolist()):
        ids = ids[:ids.index(end) + 1] if end in ids else ids
        response = TOKENIZER.decode(ids, skip_special_tokens=True)
        stopped = any(stop in response for stop in decoding.get("stop_strings") or [])
        yield {"response": response, "decoding": decoding["name"], "draw": draw, "ids": ids, "tokens": len(ids),
               "log_likelihood": log_likelihood(source, ids), "end": "eos" if ids[-1] == end else "stop" if stopped else "length"}


def answer(line):
    side = line.get("truncation_side", "right")
    if "decodings" in line:
        return {"candidates": [candidate for decoding in line["decodings"] for candidate in generate(line, decoding)]}
    if SCORES:
        ids = read(line["instruction"], line["max_length"], side, line["response"])
        return {"score": MODEL(torch.tensor([ids])).logits[0, 0].item()}
    ids = read(line["response"], line.get("max_length"))
    if not CONFIG.is_encoder_decoder:
        ids = TOKENIZER(line["response"], add_special_tokens=False).input_ids[:line.get("max_length", 10**9) - 1] + [TOKENIZER.eos_token_id]
    source = read(line["instruction"], line["max_source_length"], side)
    return {"log_likelihood": log_likelihood(source, ids), "tokens": len(ids)}


with torch.inference_mode():
    for text in sys.stdin:
        asked = json.loads(text)
        print(json.dumps({**asked, **answer(asked)}), flush=True)
