"""The whole path in half a minute: texts, a model, vectors, a coloured reading. Run it with `make demo`.

The model is tiny and random: nobody trained it, so what its vectors find is which words stood in which stories, and
nothing more. It shows the commands and the pictures, on any machine, without a network.
"""

from __future__ import annotations

import json
from pathlib import Path

from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast
from transformers.utils.logging import disable_progress_bar

from affectlab.cli.entry import run
from affectlab.testing.tiny import tiny_network

STORIES = Path(__file__).with_name("stories.jsonl")
FOLDER = Path("out/demo")
READ_THIS = (
    "A van stopped in the street, and a man carried three boxes to the house opposite. She laughed out loud and told "
    "everybody the story again. Then the letter came. She sat by the window and wept, and tears ran down her nose."
)


def tiny_model(texts: list[str], folder: Path) -> None:
    """A random Llama of six blocks, with every word of the texts as a token."""
    splitter = pre_tokenizers.Whitespace()
    words = sorted({word for text in texts for word, _ in splitter.pre_tokenize_str(text)})
    vocabulary = {word: place for place, word in enumerate(["<s>", "</s>", "<unk>", *words])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = splitter
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 0)])
    wrapped = PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", unk_token="<unk>")
    wrapped.save_pretrained(folder)
    sizes = {"hidden_size": 128, "intermediate_size": 256, "num_hidden_layers": 6}
    tiny_network("llama", vocab_size=len(vocabulary), bos_token_id=0, eos_token_id=1, **sizes).save_pretrained(folder)


def show(*arguments: str) -> None:
    """Run one command of affectlab, as it would be typed."""
    print("\n$ affectlab " + " ".join(f"'{word}'" if " " in word else word for word in arguments), flush=True)
    code = run(list(arguments))
    if code:
        raise SystemExit(code)


def main() -> None:
    disable_progress_bar()
    FOLDER.mkdir(parents=True, exist_ok=True)
    model, vectors, page = (FOLDER / name for name in ("model", "vectors.safetensors", "reading.html"))
    rows = [json.loads(line) for line in STORIES.read_text().splitlines()]
    tiny_model([str(row.get("text") or row["turns"]) for row in rows] + [READ_THIS, "Human Assistant :"], model)
    print(f"{len(rows)} texts are in {STORIES.name}; a tiny random Llama is in {model}.")
    show("extract", str(model), str(STORIES.relative_to(Path.cwd())), "-o", str(vectors))
    chosen = ("--layers", "3", "--convention", "centred")
    show("read", str(vectors), READ_THIS, *chosen, "--html", str(page))
    show("steer", str(vectors), "0.2*happy - 0.2*sad", "A van stopped", "--layers", "2", "--max-tokens", "12")
    print(
        f"\nThe reading as a page: {page}\n"
        "The model is random: these vectors know which words stood in which stories, and nothing else. Point the same\n"
        "three commands at a trained model and real stories to learn something about it."
    )


if __name__ == "__main__":
    main()
