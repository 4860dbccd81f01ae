"""What a sweep measures: anything that gives a number for each row under each steering."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from affectlab.core import Doubles, Steer
from affectlab.errors import InputError
from affectlab.models.base import Model, Row
from affectlab.models.verbs import Prompt, choose_each, prompt_row
from affectlab.sweeps.directions import Directions

Measure: TypeAlias = Callable[[Model, Sequence[Row], Sequence[Steer | None]], Doubles]
"""Of a model, rows and steerings: numbers [steers, rows]."""


def log_odds(choice: tuple[int, int]) -> Measure:
    """log P(choice[0]) - log P(choice[1]), of the token directly after each row."""

    def measure(model: Model, rows: Sequence[Row], steers: Sequence[Steer | None]) -> Doubles:
        found = choose_each(model, rows, steers, choice).astype(np.float64)
        return np.asarray(found[..., 0] - found[..., 1])

    return measure


def direct_log_odds(model: Model, directions: Directions, choice: tuple[int, int]) -> Doubles:
    """What each direction, at its last site, says for choice[0] over choice[1] by the unembedding alone: what steering
    would do if the blocks that follow did nothing."""
    logits = model.unembed(directions.units[:, -1]).astype(np.float64)
    return np.asarray(logits[:, choice[0]] - logits[:, choice[1]])


def next_token(model: Model, prompt: Prompt, begun: str, answer: str) -> int:
    """The token that an answer goes on with, directly behind what was begun of it."""
    given = prompt_row(model, prompt, prefill=begun).tokens
    whole = prompt_row(model, prompt, prefill=begun + answer).tokens
    if whole[: len(given)] != given or len(whole) == len(given):
        expected, found = "a token of its own", repr(answer)
        raise InputError("this answer runs into its question", where=begun, expected=expected, found=found)
    return whole[len(given)]
