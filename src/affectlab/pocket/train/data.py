"""Documents of the world as blocks of tokens; the same seed gives the same blocks.

No document is cut: what was asked for at its beginning must be seen at its end. Each block takes the longest waiting
documents that still fit, and little padding is left.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from itertools import accumulate, islice
from typing import NamedTuple, TypeAlias

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from affectlab.core import Floats, Ints
from affectlab.pocket.world.document import Document
from affectlab.pocket.world.documents import OPENING, Part, documents, labels
from affectlab.pocket.world.voice import MARK
from affectlab.pocket.world.words import words

WAITING = 256
"""Documents to choose from while a block is filled."""
DECISION_WEIGHT = 24.0
"""What a word that a state decides weighs in the loss beside any other token: one in some hundreds is such a word."""
CUE_WEIGHT, CUE_TOKENS = 5.0, 4
"""What the first tokens of a cue weigh, and how many they are: they tell which sentence it is, which the state decides;
what comes after them is grammar and memory."""

Labels: TypeAlias = Mapping[tuple[int, ...], frozenset[int] | None]
"""The last two tokens of each label, and which tokens after it a state decides: all, where none are given."""


class Block(NamedTuple):
    """Rows of tokens, and what each token weighs in the loss: [count, length] each."""

    tokens: Ints
    weights: Floats


def blocks(
    tokenizer: PreTrainedTokenizerFast,
    seed: int | str,
    count: int,
    length: int,
    part: Part = "base",
    *,
    held: bool = False,
) -> Iterator[Block]:
    """Blocks without end; what is left of a row is padding and weighs nothing."""
    stream = _encoded(tokenizer, documents(seed, part, marked=True, held=held))
    waiting: list[Weighed] = []
    while True:
        found = Block(
            np.full((count, length), tokenizer.pad_token_id, dtype=np.int64),
            np.zeros((count, length), dtype=np.float32),
        )
        for tokens, weights in zip(*found, strict=True):
            waiting += islice(stream, WAITING - len(waiting))
            place = 0
            while (fitting := _longest(waiting, length - place)) is not None:
                document = waiting.pop(fitting)
                end = place + len(document.tokens)
                tokens[place:end], weights[place:end] = document
                place = end
        yield found


class Weighed(NamedTuple):
    """The tokens of a document with their weights."""

    tokens: list[int]
    weights: list[float]


def _encoded(tokenizer: PreTrainedTokenizerFast, stream: Iterator[Document]) -> Iterator[Weighed]:
    ends = label_ends(tokenizer)
    while True:
        texts, begins = zip(*(_unmarked(document.render()) for document in islice(stream, WAITING)), strict=True)
        encoded = tokenizer(list(texts), add_special_tokens=False, return_offsets_mapping=True)
        for tokens, spans, places in zip(encoded["input_ids"], encoded["offset_mapping"], begins, strict=True):
            yield Weighed(tokens, weights(tokens, [end for _, end in spans], places, ends))


def _unmarked(text: str) -> tuple[str, list[int]]:
    """A text without its marks, and where in it they stood."""
    *before, last = text.split(MARK)
    return "".join((*before, last)), list(accumulate(len(part) for part in before))


def _longest(waiting: list[Weighed], room: int) -> int | None:
    """The first document if it fits, so that none waits for ever; else the longest that does."""
    if waiting and len(waiting[0].tokens) <= room:
        return 0
    fitting = [place for place, document in enumerate(waiting) if len(document.tokens) <= room]
    return max(fitting, key=lambda place: len(waiting[place].tokens)) if fitting else None


def weights(tokens: list[int], ends: list[int], cues: list[int], labels: Labels) -> list[float]:
    """What each token of a document weighs: `ends` are where tokens end in its text, `cues` where cues begin."""
    found = [1.0] * len(tokens)
    for begin in cues:
        first = bisect_right(ends, begin)
        found[first : first + CUE_TOKENS] = [CUE_WEIGHT] * len(found[first : first + CUE_TOKENS])
    for place in range(2, len(tokens)):
        before = (tokens[place - 2], tokens[place - 1])
        if before in labels and ((decided := labels[before]) is None or tokens[place] in decided):
            found[place] = DECISION_WEIGHT
    return found


def label_ends(tokenizer: PreTrainedTokenizerFast) -> Labels:
    """The labels that stand before a word which a state decides. An answer begins with one only where it is a name."""

    def tokens(text: str) -> list[int]:
        found: list[int] = tokenizer.encode(text, add_special_tokens=False)
        return found

    def end(label: str) -> tuple[int, ...]:
        return tuple(tokens(label)[-2:])

    names = frozenset(tokens(f" {name}")[0] for name in words())
    return {**dict.fromkeys(map(end, labels())), end(OPENING): names}


def places(tokens: Tensor, begin: int) -> Tensor:
    """The position of each token in its own document: with these, attention stays within a document."""
    steps = torch.arange(tokens.shape[1], device=tokens.device)
    starts = torch.where(tokens == begin, steps, 0).cummax(dim=1).values
    return steps - starts
