"""A number that never travels alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from affectlab.core.readings import Convention


@dataclass(frozen=True)
class Score:
    """A value with its 95 % interval, what was resampled to get it, what chance gives, its nulls and its baselines.

    Nulls sit at chance (permuted names, shuffled labels, random directions); baselines may be high (bag of words,
    bare words). `unit` names what was resampled: topics, words, prompts, rollouts.
    """

    name: str
    value: float
    low: float
    high: float
    n: int
    unit: str
    chance: float | None = None
    nulls: Mapping[str, float] = field(default_factory=dict)
    baselines: Mapping[str, float] = field(default_factory=dict)
    layer: int | None = None
    convention: Convention | None = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
