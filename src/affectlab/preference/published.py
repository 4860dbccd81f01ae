"""The paper's table of activities: Elo and two readings, in the post-trained model and in its base.

Facts with their citation, in `affectlab/lexicon/paper_preferences.csv`; lexicon/SOURCES.md says where they come from.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Published:
    """One activity, of which the table gives no more than the category; readings are cosines."""

    category: str
    elo_post: float
    blissful_post: float
    hostile_post: float
    elo_base: float
    blissful_base: float
    hostile_base: float


@cache
def published() -> tuple[Published, ...]:
    """All 64, from the best liked by the post-trained model to the least.

    >>> published()[0].elo_post
    2885.0
    """
    text = files("affectlab.lexicon").joinpath("paper_preferences.csv").read_text(encoding="utf-8")
    return tuple(
        Published(row.pop("category"), **{name: float(value) for name, value in row.items()})
        for row in csv.DictReader(text.splitlines())
    )
