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


def furthest(reading: Reading, count: int) -> tuple[str, ...]:
    """The emotions whose reading moves furthest from its usual level in this text, first the one that moves furthest.

    Not by size: an emotion with a constant offset says nothing about the text. Size decides where nothing moves, as in
    a text of one token, and between emotions that move as far.
    """
    scores = reading.scores.astype(np.float64)
    reach = np.abs(scores - np.median(scores, axis=0)).max(axis=0)
    # Float32 readings that move as far differ in their last digits.
    order = np.lexsort((-np.abs(scores).max(axis=0), -np.round(reach / (reach.max() or 1.0), 5)))
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
