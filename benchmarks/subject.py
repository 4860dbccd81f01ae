"""What is measured on: a random Llama of the 135M class, and texts of known token counts made of made-up words."""

from __future__ import annotations

import json
from itertools import islice, product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import transformers
from tokenizers import Tokenizer, models, pre_tokenizers

from affectlab import Corpus, corpus_of
from affectlab.models.hf.load import from_network
from affectlab.models.hf.model import HFModel

VOCABULARY = 49_152
BLOCKS = 30
SITE = BLOCKS * 2 // 3
SHORTEST, LONGEST = 60, 400
EMOTIONS, TOPICS = 8, 12
PAD, UNKNOWN = "[pad]", "[unknown]"


class Text(NamedTuple):
    """One labelled text as the recipe takes it."""

    text: str
    emotion: int
    tokens: int


def network(dtype: torch.dtype = torch.float32) -> Any:
    """A Llama of 134.5 million random parameters; the same in every dtype but for rounding."""
    config = transformers.AutoConfig.for_model(
        "llama",
        vocab_size=VOCABULARY,
        hidden_size=576,
        intermediate_size=1536,
        num_hidden_layers=BLOCKS,
        num_attention_heads=9,
        num_key_value_heads=3,
        max_position_embeddings=2048,
        tie_word_embeddings=True,
        pad_token_id=0,
        bos_token_id=None,
        eos_token_id=None,
    )
    torch.manual_seed(0)
    return transformers.AutoModelForCausalLM.from_config(config).to(dtype).eval()


def words(size: int = VOCABULARY) -> list[str]:
    """As many made-up words as the vocabulary has room for, such as `bake`, or `bakedi` where there are many."""
    syllables = ["".join(pair) for pair in product("bdfgklmnprstvz", "aeiou")]
    made = ("".join(parts) for parts in product(syllables, repeat=2 if size < len(syllables) ** 2 else 3))
    return [PAD, UNKNOWN, *islice(made, size - 2)]


def tokenizer(size: int = VOCABULARY) -> Any:
    """One word, one token; no special token is added."""
    vocabulary = {word: place for place, word in enumerate(words(size))}
    made = Tokenizer(models.WordLevel(vocabulary, unk_token=UNKNOWN))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return transformers.PreTrainedTokenizerFast(tokenizer_object=made, pad_token=PAD, unk_token=UNKNOWN)


def model(dtype: torch.dtype = torch.float32) -> HFModel:
    """The network behind affectlab's seam."""
    return from_network(network(dtype), tokenizer(), "random Llama, 135M")


def texts(count: int, size: int = VOCABULARY) -> list[Text]:
    """Texts of 60 to 400 random words, in no order of length; every emotion has as many as the others."""
    generator, vocabulary = np.random.default_rng(0), np.array(words(size))
    lengths = generator.integers(SHORTEST, LONGEST + 1, count)
    drawn = [vocabulary[generator.integers(2, size, length)] for length in lengths]
    return [Text(" ".join(line), place % EMOTIONS, len(line)) for place, line in enumerate(drawn)]


def as_rows(made: list[Text]) -> list[dict[str, str]]:
    """The same texts as rows of a corpus."""
    return [
        {
            "id": f"{place:06}",
            "kind": "stories",
            "topic": f"topic {place % TOPICS}",
            "emotion": f"emotion {text.emotion}",
            "text": text.text,
        }
        for place, text in enumerate(made)
    ]


def corpus(made: list[Text]) -> Corpus:
    """The same texts as affectlab takes them."""
    return corpus_of(as_rows(made))


def write_jsonl(made: list[Text], path: Path) -> None:
    """The same texts as a file that affectlab reads."""
    path.write_text("".join(json.dumps(row) + "\n" for row in as_rows(made)))
