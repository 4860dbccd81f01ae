"""What a sweep measures: anything that gives a number for each row under each steering."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from affectlab.core import Doubles, Steer
from affectlab.models.base import Model, Row
from affectlab.models.verbs import choose_each

Measure: TypeAlias = Callable[[Model, Sequence[Row], Sequence[Steer | None]], Doubles]
"""Of a model, rows and steerings: numbers [steers, rows]."""


def log_odds(choice: tuple[int, int]) -> Measure:
    """log P(choice[0]) - log P(choice[1]), of the token directly after each row."""

    def measure(model: Model, rows: Sequence[Row], steers: Sequence[Steer | None]) -> Doubles:
        found = choose_each(model, rows, steers, choice).astype(np.float64)
        return np.asarray(found[..., 0] - found[..., 1])

    return measure
