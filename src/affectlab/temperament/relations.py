"""Correlations over emotions of mean readings. Their intervals resample prompts and words at once, crossed.

Each resample draws as many prompts as there are (within each set of prompts) and as many words, both with replacement;
the statistic is Pearson's r over the words drawn of the means over the prompts drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from affectlab.core import Doubles, Ints
from affectlab.errors import InputError
from affectlab.stats import Interval, pearson

RESAMPLES = 2000
FEWEST_WORDS = 3
AT_ONCE = 250
"""Resamples that are drawn together, so that memory does not grow with them."""


@dataclass(frozen=True, eq=False)
class Relation:
    """Two things known of every word, [prompts, words]; what does not depend on prompts has one row.

    `sizes` say how the rows fall into sets of prompts, one after another. Where `paired`, row i of both is the same
    prompt and is drawn for both together.
    """

    left: Doubles = field(repr=False)
    right: Doubles = field(repr=False)
    left_sizes: tuple[int, ...]
    right_sizes: tuple[int, ...]
    paired: bool = False

    def __post_init__(self) -> None:
        words = self.left.shape[1]
        if words != self.right.shape[1] or words < FEWEST_WORDS:
            found = f"{words} and {self.right.shape[1]}"
            raise InputError("too few words for a correlation", expected=f"{FEWEST_WORDS} or more", found=found)

    @property
    def words(self) -> int:
        return int(self.left.shape[1])

    @property
    def value(self) -> float:
        """Pearson's r over words of the means over prompts."""
        return float(pearson(np.stack([self.left.mean(axis=0), self.right.mean(axis=0)], axis=1)))

    def interval(self, resamples: int = RESAMPLES, seed: int = 0) -> Interval:
        """r with its 95 % percentile interval over prompts crossed with words; n counts words."""
        generator = np.random.default_rng(seed)
        found: list[Doubles] = []
        for first in range(0, resamples, AT_ONCE):
            count = min(AT_ONCE, resamples - first)
            drawn = _draws(generator, self.left_sizes, count)
            other = drawn if self.paired else _draws(generator, self.right_sizes, count)
            words = generator.integers(self.words, size=(count, self.words))
            means = [
                np.take_along_axis(counts @ side / len(side), words, axis=1)
                for counts, side in ((drawn, self.left), (other, self.right))
            ]
            found.append(pearson(np.stack(means, axis=2), axis=1))
        low, high = np.quantile(np.concatenate(found), [0.025, 0.975])
        return Interval(self.value, float(low), float(high), self.words)

    def permuted(self, resamples: int = RESAMPLES, seed: int = 0) -> float:
        """The 95th percentile of |r| when the words of one side are dealt out anew."""
        generator = np.random.default_rng(seed)
        left, right = self.left.mean(axis=0), self.right.mean(axis=0)
        dealt = generator.permuted(np.broadcast_to(right, (resamples, len(right))), axis=1)
        pairs = np.stack([np.broadcast_to(left, dealt.shape), dealt], axis=2)
        return float(np.quantile(np.abs(pearson(pairs, axis=1)), 0.95))


def _draws(generator: np.random.Generator, sizes: Sequence[int], count: int) -> Ints:
    """How often each prompt is drawn, [count, prompts], within each set."""
    return np.concatenate([generator.multinomial(size, np.full(size, 1 / size), size=count) for size in sizes], axis=1)


def shift_with(differences: Sequence[Doubles], known: Sequence[int], expected: Sequence[float]) -> Relation:
    """The mean shift over all sets of prompts, against one number for each of the known words."""
    columns, sizes = list(known), tuple(len(part) for part in differences)
    stacked = np.concatenate([part[:, columns] for part in differences])
    return Relation(stacked, np.array([expected], dtype=np.float64), sizes, (1,))
