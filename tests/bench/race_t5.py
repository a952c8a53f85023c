"""The T5 of the races in transformers and in CTranslate2."""
import race


def tokenizer(folder):
    from transformers import AutoTokenizer
    return AutoTokenizer.from_pretrained(folder)


def transformers_model(folder):
    import torch
    from transformers import T5ForConditionalGeneration
    torch.set_num_threads(race.THREADS)
    model = T5ForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).eval()
    if torch.equal(model.lm_head.weight, model.shared.weight):
        raise SystemExit("transformers tied the head to the embedding: the systems would not compute the same")
    return model


def translator(folder, compute_type):
    """Converted once. transformers 5 reports every T5 as tied, at which CTranslate2's converter would scale the logits."""
    import ctranslate2
    from ctranslate2.converters import transformers as converters
    target = folder / "ctranslate2"
    if not (target / "model.bin").exists():
        read = converters.T5Loader.get_model_spec

        def read_untied(self, model):
            model.config.tie_word_embeddings = False
            return read(self, model)

        converters.T5Loader.get_model_spec = read_untied
        converters.TransformersConverter(str(folder)).convert(str(target), force=True)
    return ctranslate2.Translator(str(target), compute_type=compute_type, intra_threads=race.THREADS, inter_threads=1)


def batches(rows, size):
    return [rows[i:i + size] for i in range(0, len(rows), size)]
