"""Choices under steering, and the ratings that follow from them.

1. The activities fall into two halves, balanced over kinds. One half is steered on its own tokens, the other is not.
2. Only pairs with a steered activity are asked again; the others keep what was chosen without steering.
3. The ratings are fitted anew; the change of a vector is the mean Elo of the steered half, less what it was before.
   Since the mean over all activities stays 1500, what the steered gain the others lose.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from scipy.special import expit

from affectlab.core import Bools, Doubles, Steer
from affectlab.models.verbs import choose_each
from affectlab.preference.elo import Choices, Ratings, centred, draws, fit
from affectlab.preference.questions import Questions, listed

ROWS_AT_ONCE, STEERS_AT_ONCE = 256, 64
"""Choices made in one call, so that progress is heard of, and vectors that share what lies below them."""

Progress = Callable[[int], None]


def _silent(done: int) -> None:
    pass


class Asked(NamedTuple):
    """What was chosen, [steers, wordings, first, second], and p(A) + p(B) there; nan where nothing was asked."""

    shares: Doubles
    mass: Doubles


def ask(
    questions: Questions,
    asked: Bools,
    steers: Sequence[Steer | None] = (None,),
    steered: Bools | None = None,
    progress: Progress = _silent,
) -> Asked:
    """Ask these questions under every steering; `progress` hears how many choices were made."""
    found = Asked(*(np.full((len(steers), *asked.shape), np.nan) for _ in range(2)))
    every = listed(asked)
    for first in range(0, len(every), ROWS_AT_ONCE):
        some = every[first : first + ROWS_AT_ONCE]
        rows = questions.rows(some, steered)
        told = choose_each(questions.model, rows, steers, questions.boundary.options).astype(np.float64)
        place = (slice(None), *np.array(some).T)
        found.shares[place] = expit(told[..., 0] - told[..., 1])
        found.mass[place] = np.exp(told).sum(axis=-1)
        progress(len(some) * len(steers))
    return found


@dataclass(frozen=True, eq=False)
class Half:
    """One way round: which activities are steered, what was chosen unsteered, and which questions count."""

    steered: Bools
    before: Choices = field(repr=False)
    """Of the questions that count alone."""

    @property
    def again(self) -> Bools:
        """The questions that must be asked again under every vector."""
        return np.asarray(self.before.asked & (self.steered[:, None] | self.steered))

    def after(self, shares: Doubles) -> Choices:
        """What was chosen when some were steered; the other pairs as they were without."""
        return Choices(np.where(self.again, shares, self.before.shares))

    def change(self, elo: Doubles, before: Doubles) -> Doubles:
        """The mean change of the steered, for ratings [..., activities]."""
        return np.asarray((elo - before)[..., self.steered].mean(axis=-1))


class Changed(NamedTuple):
    """Under every vector: the mean change of the steered, Elo of all activities [vectors, activities], the mean of
    p(A) + p(B), and what was chosen, where that is kept."""

    change: Doubles
    elo: Doubles
    mass: Doubles
    shares: Doubles

    def part(self, which: Bools) -> Changed:
        """Under some of the vectors."""
        return Changed(*(each[which] for each in self))


def changed(
    questions: Questions,
    half: Half,
    steers: Sequence[Steer | None],
    progress: Progress = _silent,
    *,
    keep: bool = False,
) -> Changed:
    """Steer one half of the activities by each of many vectors."""
    start = half.before.fit()
    blocks = []
    for first in range(0, len(steers), STEERS_AT_ONCE):
        told = ask(questions, half.again, steers[first : first + STEERS_AT_ONCE], half.steered, progress)
        tables = [half.after(shares).tables() for shares in told.shares]
        tabled, weights = (np.stack(part) for part in zip(*tables, strict=True))
        elo = fit(tabled, weights, _wide(start, len(tables))).elo
        mass = np.nanmean(told.mass, axis=(1, 2, 3))
        blocks.append(Changed(half.change(elo, start.elo), elo, mass, told.shares if keep else told.shares[:0]))
    return Changed(*map(np.concatenate, zip(*blocks, strict=True)))


def _wide(start: Ratings, many: int) -> Ratings:
    return Ratings(np.broadcast_to(start.elo, (many, len(start.elo))), np.broadcast_to(start.order, (many,)))


def resampled_change(half: Half, shares: Doubles, resamples: int, seed: int) -> Doubles:
    """The change under one vector, whose choices are `shares`, over resamples of activities and wordings."""
    found, after, start = [], half.after(shares), half.before.fit()
    for draw in draws(half.before.activities, half.before.wordings, resamples, seed):
        both = [centred(fit(*one.tables(draw), start=start).elo, draw.activities) for one in (half.before, after)]
        times = draw.activities * half.steered
        drawn = np.maximum(times.sum(axis=1), 1)
        found.append(((both[1] - both[0]) * times).sum(axis=1) / drawn)
    return np.concatenate(found)
