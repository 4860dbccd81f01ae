"""Doses: how the log-odds between two next tokens move with the strength of a direction, for each of many directions.

Every direction moves the odds a little; so a slope is judged against the slopes of null directions, never against its
own sampling error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import cycle, islice

import numpy as np

from affectlab.core import Doubles, Floats, Score, Steer, Tokens
from affectlab.models.base import Model, Row, Sampling
from affectlab.models.verbs import choose, choose_each, collect
from affectlab.stats import correlation, proportion_interval
from affectlab.vectors.vectorset import VectorSet

STRENGTHS = (-0.1, 0.1)

DIRECTIONS_AT_ONCE = 64
"""Enough for what they share to cost nothing, and few enough that progress is seen."""


@dataclass(frozen=True, eq=False)
class Directions:
    """Unit vectors to steer with, [directions, sites, width]; a strength is a share of the norm at each site."""

    names: tuple[str, ...]
    units: Floats = field(repr=False)
    sites: tuple[int, ...]
    norms: Floats
    """[sites]: the mean residual norm"""


def vector_directions(vectors: VectorSet, sites: Sequence[int]) -> Directions:
    """The emotions of a vector set."""
    units = np.stack([vectors.units(site) for site in sites], axis=1)
    return Directions(vectors.emotions, units, tuple(sites), norms_at(vectors, sites))


def null_directions(vectors: VectorSet, sites: Sequence[int], count: int, *, seed: int) -> Directions:
    """Random directions, added with the same norms."""
    found = np.random.default_rng(seed).standard_normal((count, len(sites), vectors.width))
    units = np.asarray(found / np.linalg.norm(found, axis=-1, keepdims=True), dtype=np.float32)
    return Directions(tuple(f"random {n}" for n in range(count)), units, tuple(sites), norms_at(vectors, sites))


def norms_at(vectors: VectorSet, sites: Sequence[int]) -> Floats:
    return np.array([vectors.resid_norm[vectors.place(site)] for site in sites], dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Doses:
    """The slope of the log-odds of a choice against strength, for every direction and prompt, [directions, prompts]."""

    names: tuple[str, ...]
    slopes: Doubles = field(repr=False)
    sites: tuple[int, ...]

    @property
    def mean(self) -> Doubles:
        """The slope of each direction, over prompts."""
        return np.asarray(self.slopes.mean(axis=1))

    def __getitem__(self, name: str) -> float:
        return float(self.mean[self.names.index(name)])

    def band(self) -> tuple[float, float]:
        """Where the middle 95 % of the mean slopes lie: what null directions reach."""
        low, high = np.quantile(self.mean, [0.025, 0.975])
        return float(low), float(high)


def doses(
    model: Model,
    rows: Sequence[Row],
    choice: tuple[int, int],
    directions: Directions,
    *,
    strengths: Sequence[float] = STRENGTHS,
    tokens: Tokens | str = "all",
    progress: Callable[[int], None] = lambda done: None,
) -> Doses:
    """Slopes of log P(choice[0]) - log P(choice[1]) directly after each row, for each direction."""
    selector = Tokens.parse(tokens) if isinstance(tokens, str) else tokens
    centred = np.array(strengths) - np.mean(strengths)
    slopes = np.zeros((len(directions.names), len(rows)))
    for first in range(0, len(slopes), DIRECTIONS_AT_ONCE):
        units = directions.units[first : first + DIRECTIONS_AT_ONCE]
        added = np.einsum("k,s,dsw->dksw", strengths, directions.norms, units).astype(np.float32)
        steers = [Steer(directions.sites, delta, selector) for unit in added for delta in unit]
        found = choose_each(model, rows, steers, choice).astype(np.float64)
        odds = (found[..., 0] - found[..., 1]).reshape(len(units), len(strengths), len(rows))
        slopes[first : first + len(units)] = np.einsum("k,dkr->dr", centred, odds) / (centred @ centred)
        progress(first + len(units))
    return Doses(directions.names, slopes, directions.sites)


def slope_score(name: str, found: Doses, expected: Sequence[float], nulls: Doses, *, seed: int = 0) -> Score:
    """The correlation over emotions of slopes with what was expected of them; emotions are resampled.

    The nulls are the 95th percentile of |r| with permuted names, and the share of emotions outside the band of the null
    directions' slopes.
    """
    r = correlation(found.mean, expected, seed=seed)
    low, high = nulls.band()
    outside = float(np.mean((found.mean < low) | (found.mean > high)))
    beside = {"permuted names": r.null, "emotions outside the null band": outside}
    return Score(name, *r.interval, "words", 0.0, beside, {}, found.sites[0])


def sampled_scores(
    model: Model,
    rows: Sequence[Row],
    choice: tuple[int, int],
    steers: Mapping[str, Steer | None],
    *,
    samples: int,
    seed: int = 0,
) -> list[Score]:
    """How often the first of two next words is drawn, each point with the share its probabilities promise.

    For every way of steering, `samples` words are drawn over the rows in turn; those that are neither word count as
    not the first.
    """
    scores = []
    for number, (name, steer) in enumerate(steers.items()):
        steered = [replace(row, steer=steer) for row in rows]
        exact = float(np.exp(choose(model, steered, choice)[:, 0].astype(np.float64)).mean())
        drawn = [
            replace(row, sampling=Sampling(1, temperature=1.0, seed=seed + number * samples + place))
            for place, row in enumerate(islice(cycle(steered), samples))
        ]
        first = sum(reply.tokens[0] == choice[0] for reply in collect(model, drawn))
        found = proportion_interval(first, samples)
        scores.append(Score(f"sampled.{name}", *found, "samples", None, {}, {"exact": exact}))
    return scores
