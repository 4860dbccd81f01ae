"""What a reading says in a few numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

import numpy as np

from affectlab.core import Floats, Reading


class Line(NamedTuple):
    """One emotion over all tokens of a text: mean, lowest and highest reading, and the token at which it is highest."""

    emotion: str
    mean: float
    low: float
    high: float
    peak: int


def summary(reading: Reading, emotions: Sequence[str]) -> list[Line]:
    """A line for each of these emotions, in their order."""
    found = []
    for emotion in emotions:
        scores = reading[emotion]
        mean, low, high = float(scores.mean(dtype=np.float64)), float(scores.min()), float(scores.max())
        found.append(Line(emotion, mean, low, high, int(scores.argmax())))
    return found


def strongest(reading: Reading, count: int) -> tuple[str, ...]:
    """The emotions whose reading moves most along the text, first the one that moves most.

    By spread and not by size: an emotion with a constant offset says nothing about the text.
    """
    order = np.argsort(-reading.scores.std(axis=0, dtype=np.float64), kind="stable")
    return tuple(reading.emotions[place] for place in order[:count])


def plain(values: Floats) -> list[float]:
    """Numbers as JSON holds them: the shortest text that reads back as the same float32."""
    return [float(str(value)) for value in values]


def as_dict(reading: Reading) -> dict[str, Any]:
    """A reading as `read --json` prints it."""
    found: dict[str, Any] = {
        "tokens": list(reading.tokens),
        "layer": reading.layer,
        "convention": str(reading.convention),
        "scores": {emotion: plain(reading[emotion]) for emotion in reading.emotions},
    }
    if reading.receipt is not None:
        found["receipt"] = asdict(reading.receipt)
    return found
