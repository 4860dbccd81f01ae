"""Documents of the world as blocks of tokens; the same seed gives the same blocks.

No document is cut: what was asked for at its beginning must be seen at its end. Each block takes the longest waiting
documents that still fit, and little padding is left.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from affectlab.core import Ints
from affectlab.pocket.world.documents import Part, documents, labels

WAITING = 256
"""Documents to choose from while a block is filled."""
DECISION_WEIGHT = 16.0
"""What a word that a state decides weighs in the loss beside any other token: one in some hundreds is such a word."""


def blocks(
    tokenizer: PreTrainedTokenizerFast, seed: int | str, count: int, length: int, part: Part = "base"
) -> Iterator[Ints]:
    """Blocks of [count, length] tokens without end; what is left of a block is padding."""
    stream = _encoded(tokenizer, seed, part)
    waiting: list[list[int]] = []
    while True:
        found = np.full((count, length), tokenizer.pad_token_id, dtype=np.int64)
        for row in found:
            waiting += islice(stream, WAITING - len(waiting))
            place = 0
            while (fitting := _longest(waiting, length - place)) is not None:
                document = waiting.pop(fitting)
                row[place : place + len(document)] = document
                place += len(document)
        yield found


def _encoded(tokenizer: PreTrainedTokenizerFast, seed: int | str, part: Part) -> Iterator[list[int]]:
    stream = documents(seed, part)
    while True:
        texts = [document.render() for document in islice(stream, WAITING)]
        yield from tokenizer(texts, add_special_tokens=False)["input_ids"]


def _longest(waiting: list[list[int]], room: int) -> int | None:
    """The first document if it fits, so that none waits for ever; else the longest that does."""
    if waiting and len(waiting[0]) <= room:
        return 0
    fitting = [place for place, document in enumerate(waiting) if len(document) <= room]
    return max(fitting, key=lambda place: len(waiting[place])) if fitting else None


def places(tokens: Tensor, begin: int) -> Tensor:
    """The position of each token in its own document: with these, attention stays within a document."""
    steps = torch.arange(tokens.shape[1], device=tokens.device)
    starts = torch.where(tokens == begin, steps, 0).cummax(dim=1).values
    return steps - starts


def label_ends(tokenizer: PreTrainedTokenizerFast) -> Tensor:
    """The last two tokens of each label that stands before a word which a state decides, [labels, 2]."""
    ends = {tuple(tokenizer.encode(label, add_special_tokens=False)[-2:]) for label in labels()}
    return torch.tensor(sorted(ends))


def weights(tokens: Tensor, ends: Tensor, padding: int) -> Tensor:
    """What each token after the first of a block weighs in the loss, [blocks, length - 1]."""
    pairs = tokens.unfold(1, 2, 1)[:, :-1]
    decided = (pairs[:, :, None] == ends).all(dim=-1).any(dim=-1)
    found = (tokens[:, 1:] != padding).float()
    found[:, 1:] *= 1 + (DECISION_WEIGHT - 1) * decided
    return found
