"""Readings: numbers that say how strongly a direction is present in the residual stream, and by which convention."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from affectlab.core.arrays import Floats
from affectlab.core.steering import Receipt
from affectlab.errors import InputError, UnknownNameError


class Convention(StrEnum):
    """How a reading is taken from a hidden state h and a unit vector v. It travels with the number."""

    PROJECTION = "projection"
    """h . v"""
    COSINE = "cosine"
    """cos(h, v)"""
    CENTRED = "centred"
    """cos(h - neutral mean, v)"""


@dataclass(frozen=True, eq=False)
class Readout:
    """Probes that a backend applies where the hidden states are, so that only scores leave the device.

    score = (h - center) . probe, divided by ||h - center|| where `unit` is true. A steered token is read after the
    edit: the reading is of the stream that the next block sees.
    """

    sites: tuple[int, ...]
    probes: Floats = field(repr=False)
    """[sites, probes, width]"""
    center: Floats | None = field(default=None, repr=False)
    """[sites, width]"""
    unit: bool = False

    def __post_init__(self) -> None:
        if self.probes.ndim != 3 or self.probes.shape[0] != len(self.sites):
            raise InputError("probes must be [sites, probes, width]", found=str(self.probes.shape))
        if self.center is not None and self.center.shape != (len(self.sites), self.probes.shape[2]):
            raise InputError("the centre must be [sites, width]", found=str(self.center.shape))

    def apply(self, hidden: Floats) -> Floats:
        """The scores of hidden states [sites, tokens, width], as [tokens, sites, probes]: the reference in numpy."""
        shifted = hidden if self.center is None else hidden - self.center[:, None, :]
        scores = np.einsum("std,spd->tsp", shifted, self.probes)
        if self.unit:
            with np.errstate(divide="ignore", invalid="ignore"):
                scores = scores / np.linalg.norm(shifted, axis=-1).T[:, :, None]
        return np.asarray(scores, dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Reading:
    """Scores of every token of one text for every emotion, at one layer, by a named convention."""

    tokens: tuple[str, ...]
    emotions: tuple[str, ...]
    layer: int
    convention: Convention
    scores: Floats = field(repr=False)
    """[tokens, emotions]"""
    receipt: Receipt | None = None

    def __post_init__(self) -> None:
        if not self.tokens or self.scores.shape != (len(self.tokens), len(self.emotions)):
            raise InputError(
                "scores must be one per token and emotion",
                expected=f"({len(self.tokens)}, {len(self.emotions)}), and at least one token",
                found=str(self.scores.shape),
            )

    def __getitem__(self, emotion: str) -> Floats:
        """The scores of one emotion, one per token."""
        if emotion not in self.emotions:
            raise UnknownNameError("emotion", emotion, self.emotions)
        found: Floats = self.scores[:, self.emotions.index(emotion)]
        return found

    @property
    def scale(self) -> float:
        """The |score| that gets full colour: the 99th percentile in this text."""
        return float(np.percentile(np.abs(self.scores), 99)) or 1.0

    def scaled(self) -> Floats:
        """Scores for display: divided by `scale`, cut to [-1, 1]."""
        top = self.scale
        return np.asarray(np.clip(self.scores / top, -1.0, 1.0), dtype=np.float32)
