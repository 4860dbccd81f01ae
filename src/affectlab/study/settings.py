"""How large a study is."""

from __future__ import annotations

from dataclasses import dataclass

from affectlab.errors import InputError


@dataclass(frozen=True)
class Settings:
    """What is written, and how often each null is drawn."""

    stories: int
    """For each of the 171 words."""
    neutral: int
    """Neutral dialogues."""
    nulls: int
    """Vector sets of each kind of null."""
    passages: int = 1000
    """Texts among which the passages that read highest are looked for."""
    runs: int = 0
    """Of a behaviour task at each strength of an emotion. Without any, nothing is steered but the questions of how
    somebody feels: a first look has no time for causes."""
    seed: int = 0

    def __post_init__(self) -> None:
        least = (("--stories", self.stories, 5), ("neutral", self.neutral, 20), ("--nulls", self.nulls, 3))
        for name, number, fewest in least:
            if number < fewest:
                raise InputError("too few for a study", where=name, expected=f"at least {fewest}", found=str(number))


FULL = Settings(stories=24, neutral=300, nulls=20, runs=24)
QUICK = Settings(stories=5, neutral=100, nulls=20, passages=300)
"""Both are sizes for pocket and for first looks; the paper has 1,200 stories a word, and `--stories` takes as many.
With fewer nulls the 95th percentile of what chance reaches would itself be chance."""
