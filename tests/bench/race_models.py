"""Models and texts of the races: random weights in the true shapes, seeded, written tensor by tensor, so that every system reads the same
file; real texts, so that lengths are real.

The T5 never ends a sequence: the rows of its head for padding, end of sequence and the extra ids are zero, whose logit of 0 lies far
below the best of 32,000 normal ones. RoBERTa's scores spread over a few tenths.
"""
import json
import random
import shutil

import common
import race

T5 = {  # width, inner width, layers, heads
    "t5-tiny": (128, 256, 2, 2), "t5-small": (512, 1024, 8, 6), "t5-base": (768, 2048, 12, 12), "t5-large": (1024, 2816, 24, 16)}
ROBERTA = {  # width, inner width, layers, heads
    "roberta-tiny": (128, 512, 2, 2), "roberta-base": (768, 3072, 12, 12), "roberta-large": (1024, 4096, 24, 16),
    "roberta-large-4": (1024, 4096, 4, 16)}
TASKS = ["word_sorting", "object_counting", "codenames", "operators", "conlang_translation"]


def model(name):
    """The folder of a model, made where it is not there yet."""
    folder = race.CACHE / name
    if not (folder / "made").exists():
        folder.mkdir(parents=True, exist_ok=True)
        (make_t5 if name in T5 else make_roberta)(folder, *(T5 if name in T5 else ROBERTA)[name])
        (folder / "made").touch()
    return folder


def normal(shape, deviation, generator):
    import torch
    return torch.randn(shape, generator=generator) * deviation


def save(folder, tensors, config, tokenizer):
    from safetensors.torch import save_file
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps(config, indent=1))
    for file in (common.need_shared() / "data/tokenizers" / tokenizer).iterdir():
        shutil.copy(file, folder)


def make_t5(folder, width, inner, layers, heads):
    import torch
    generator, head_width, tensors = torch.Generator().manual_seed(11), 64, {}

    def add(name, rows, columns, deviation):
        tensors[name] = normal((rows, columns), deviation, generator)

    def attention(block, kind):
        add(f"{block}.{kind}.q.weight", heads * head_width, width, (width * head_width) ** -0.5)
        add(f"{block}.{kind}.k.weight", heads * head_width, width, width ** -0.5)
        add(f"{block}.{kind}.v.weight", heads * head_width, width, width ** -0.5)
        add(f"{block}.{kind}.o.weight", width, heads * head_width, (heads * head_width) ** -0.5)
        tensors[f"{block}.layer_norm.weight"] = torch.ones(width)

    add("shared.weight", 32128, width, 1)
    for stack in ("encoder", "decoder"):
        for number in range(layers):
            block = f"{stack}.block.{number}.layer"
            attention(f"{block}.0", "SelfAttention")
            if number == 0:
                add(f"{block}.0.SelfAttention.relative_attention_bias.weight", 32, heads, 0.5)
            if stack == "decoder":
                attention(f"{block}.1", "EncDecAttention")
            last = f"{block}.{2 if stack == 'decoder' else 1}"
            for matrix in ("wi_0", "wi_1"):
                add(f"{last}.DenseReluDense.{matrix}.weight", inner, width, width ** -0.5)
            add(f"{last}.DenseReluDense.wo.weight", width, inner, inner ** -0.5)
            tensors[f"{last}.layer_norm.weight"] = torch.ones(width)
        tensors[f"{stack}.final_layer_norm.weight"] = torch.ones(width)
    add("lm_head.weight", 32128, width, 3.5 * width ** -0.5)
    tensors["lm_head.weight"][:2] = 0
    tensors["lm_head.weight"][32000:] = 0
    save(folder, tensors, dict(
        model_type="t5", architectures=["T5ForConditionalGeneration"], vocab_size=32128, d_model=width, d_kv=head_width,
        d_ff=inner, num_layers=layers, num_decoder_layers=layers, num_heads=heads, feed_forward_proj="gated-gelu",
        tie_word_embeddings=False, decoder_start_token_id=0, pad_token_id=0, eos_token_id=1), "t5")


def make_roberta(folder, width, inner, layers, heads):
    import torch
    generator, tensors = torch.Generator().manual_seed(12), {}

    def linear(name, rows, columns):
        tensors[f"{name}.weight"] = normal((rows, columns), 1.3 * columns ** -0.5, generator)
        tensors[f"{name}.bias"] = normal((rows,), 0.02, generator)

    def norm(name):
        tensors[f"{name}.weight"] = 1 + normal((width,), 0.05, generator)
        tensors[f"{name}.bias"] = normal((width,), 0.02, generator)

    for name, rows in (("word", 50265), ("position", 514), ("token_type", 1)):
        tensors[f"roberta.embeddings.{name}_embeddings.weight"] = normal((rows, width), 0.05, generator)
    norm("roberta.embeddings.LayerNorm")
    for number in range(layers):
        layer = f"roberta.encoder.layer.{number}"
        for part in ("query", "key", "value"):
            linear(f"{layer}.attention.self.{part}", width, width)
        linear(f"{layer}.attention.output.dense", width, width)
        norm(f"{layer}.attention.output.LayerNorm")
        linear(f"{layer}.intermediate.dense", inner, width)
        linear(f"{layer}.output.dense", width, inner)
        norm(f"{layer}.output.LayerNorm")
    linear("classifier.dense", width, width)
    linear("classifier.out_proj", 1, width)
    save(folder, tensors, dict(
        model_type="roberta", architectures=["RobertaForSequenceClassification"], vocab_size=50265, hidden_size=width,
        num_hidden_layers=layers, num_attention_heads=heads, intermediate_size=inner, max_position_embeddings=514,
        type_vocab_size=1, layer_norm_eps=1e-5, hidden_act="gelu", bos_token_id=0, pad_token_id=1, eos_token_id=2,
        id2label={"0": "LABEL_0"}, label2id={"LABEL_0": 0}, problem_type="regression"), "roberta-base")


# ---- texts ----------------------------------------------------------------------------------------------------------

def examples():
    """(instruction, references) of BIG-bench's tasks in turn, distinct."""
    lists = []
    for task in TASKS:
        path = sorted((common.need_shared() / "data/bigbench" / task).rglob("task.json"))[0]
        found = {}
        for example in json.loads(path.read_text(encoding="utf-8"))["examples"]:
            target = example["target"]
            found.setdefault(f"Q: {example['input']}\nA:", [target] if isinstance(target, str) else target)
        lists.append(list(found.items()))
    return [example for group in zip(*lists) for example in group]


def instructions(count):
    """As many, of every length up to 512 words, shortest first."""
    texts = sorted((text for text, _ in examples()[:50 * count] if len(text.split()) < 250), key=len)
    return [texts[(2 * i + 1) * len(texts) // (2 * count)] for i in range(count)]


def likelihood_rows(count, responses=17):
    """Instructions with as many distinct responses each: references, and parts of them, of all tasks."""
    draw, all_examples = random.Random(4), examples()
    pool = sorted({reference for _, references in all_examples[:2000] for reference in references if reference.strip()})
    rows = []
    for text in instructions(count):
        found = {}
        while len(found) < responses:
            words = draw.choice(pool).split()
            found.setdefault(" ".join(words[:draw.randint(1, 24)]))
        rows += [{"instruction": text, "response": response} for response in found]
    return rows


def rte_pairs(count):
    """Pairs as the published prompts of RTE make them, spread over the validation set."""
    rows = common.read_jsonl(common.need_shared() / "data/promptsource/super_glue_rte/validation.jsonl")
    templates = ["{premise}\n\nQuestion: Does this imply that \"{hypothesis}\"? Yes or no?",
                 "Given {premise} Is it guaranteed true that \"{hypothesis}\"? Yes or no?"]
    pairs = [{"instruction": template.format(**row), "response": response}
             for row in rows for template in templates for response in ("Yes", "No")]
    return [pairs[i * len(pairs) // count + i % 4] for i in range(count)]
