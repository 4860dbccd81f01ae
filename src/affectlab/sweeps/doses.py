"""Doses: how a measure moves with the strength of a direction, for each of many directions.

Every direction moves a measure a little; so a slope is judged against the slopes of null directions, never against its
own sampling error alone. Over many emotions, the share of false discoveries is held down.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import cycle, islice

import numpy as np
from scipy.stats import false_discovery_control

from affectlab.core import Doubles, Score, Steer, Tokens
from affectlab.findings import Findings
from affectlab.models.base import Model, Row, Sampling
from affectlab.models.verbs import choose_each, collect
from affectlab.stats import bootstrap_means, correlation, pearson, proportion_interval
from affectlab.sweeps.directions import Directions
from affectlab.sweeps.measures import Measure

STRENGTHS = (-0.1, 0.1)

DIRECTIONS_AT_ONCE = 64
"""Enough for what they share to cost nothing, and few enough that progress is seen."""


@dataclass(frozen=True, eq=False)
class Doses:
    """A measure under every direction at every strength, on every prompt, [directions, strengths, prompts]."""

    names: tuple[str, ...]
    strengths: tuple[float, ...]
    values: Doubles = field(repr=False)
    sites: tuple[int, ...]

    @property
    def slopes(self) -> Doubles:
        """Of the line through the values, against strength, [directions, prompts]."""
        centred = np.array(self.strengths) - np.mean(self.strengths)
        return np.asarray(np.einsum("k,dkp->dp", centred, self.values) / (centred @ centred))

    @property
    def mean(self) -> Doubles:
        """The slope of each direction, over prompts."""
        return np.asarray(self.slopes.mean(axis=1))

    def __getitem__(self, name: str) -> float:
        return float(self.mean[self.names.index(name)])

    def through(self, plain: Doubles) -> Doses:
        """The same with what was measured unsteered, [prompts], as every direction's value at strength 0."""
        place = int(np.searchsorted(self.strengths, 0.0))
        strengths = (*self.strengths[:place], 0.0, *self.strengths[place:])
        return replace(self, strengths=strengths, values=np.insert(self.values, place, plain, axis=1))

    def band(self) -> tuple[float, float]:
        """Where the middle 95 % of the mean slopes lie: what null directions reach."""
        low, high = np.quantile(self.mean, [0.025, 0.975])
        return float(low), float(high)

    def share_beyond(self, slopes: Doubles) -> Doubles:
        """For each slope the chance that one of these lies as far from their median, itself counted: its p."""
        middle = np.median(self.mean)
        far = np.abs(self.mean - middle)[None, :] >= np.abs(slopes - middle)[:, None]
        return np.asarray((1 + far.sum(axis=1)) / (1 + len(self.mean)))


def doses(
    model: Model,
    rows: Sequence[Row],
    measure: Measure,
    directions: Directions,
    *,
    strengths: Sequence[float] = STRENGTHS,
    tokens: Tokens | str = "all",
    progress: Callable[[int], None] = lambda done: None,
) -> Doses:
    """The measure on each row, under each direction at each strength."""
    selector = Tokens.parse(tokens) if isinstance(tokens, str) else tokens
    values = np.zeros((len(directions), len(strengths), len(rows)))
    for first in range(0, len(directions), DIRECTIONS_AT_ONCE):
        part = directions.part(slice(first, first + DIRECTIONS_AT_ONCE))
        found = measure(model, rows, part.steers(strengths, selector))
        values[first : first + len(part)] = found.reshape(len(part), len(strengths), len(rows))
        progress(first + len(part))
    return Doses(directions.names, tuple(strengths), values, directions.sites)


def dose_findings(
    name: str, found: Doses, nulls: Mapping[str, Doses], *, rate: float = 0.05, seed: int = 0
) -> Findings:
    """A score for the slope of every direction, `NAME.slope.DIRECTION`, with its place among null slopes.

    Prompts are resampled. Each null is the 95th percentile of the size of its slopes; p is a direction's place in the
    null where it stands worst, q after control of false discoveries over all directions; both are among the facts, with
    the names of those whose q is below `rate`. The curves are among the arrays.
    """
    slopes = found.slopes
    low, high = bootstrap_means(slopes.T, seed=seed)
    reached = {kind: float(np.quantile(np.abs(null.mean), 0.95)) for kind, null in nulls.items()}
    scores = tuple(
        Score(f"{name}.slope.{one}", float(value), float(a), float(b), slopes.shape[1], "prompts", 0.0, reached)
        for one, value, a, b in zip(found.names, slopes.mean(axis=1), low, high, strict=True)
    )
    facts = {"strengths": list(found.strengths), "directions": list(found.names), "sites": list(found.sites)}
    if nulls:
        p = np.max([null.share_beyond(found.mean) for null in nulls.values()], axis=0)
        q = false_discovery_control(p)
        moved = [one for one, value in zip(found.names, q, strict=True) if value < rate]
        facts |= {
            "p": p.tolist(),
            "q": q.tolist(),
            "moved": moved,
            "nulls": {k: len(v.names) for k, v in nulls.items()},
        }
    return Findings(scores, _curves(name, found, nulls, seed), {name: facts})


def _curves(name: str, found: Doses, nulls: Mapping[str, Doses], seed: int) -> dict[str, Doubles]:
    """Means over prompts with their intervals, and the band of each null, by strength."""
    directions, strengths, prompts = found.values.shape
    low, high = bootstrap_means(found.values.reshape(-1, prompts).T, seed=seed)
    curves = {
        f"{name}.mean": found.values.mean(axis=2),
        f"{name}.low": low.reshape(directions, strengths),
        f"{name}.high": high.reshape(directions, strengths),
    }
    for kind, null in nulls.items():
        curves[f"{name}.band.{kind}"] = np.quantile(null.values.mean(axis=2), [0.025, 0.975], axis=0)
    return curves


def slope_score(
    name: str,
    found: Doses,
    expected: Sequence[float],
    nulls: Doses,
    *,
    baselines: Mapping[str, Doubles] | None = None,
    seed: int = 0,
) -> Score:
    """The correlation over emotions of slopes with what was expected of them; emotions are resampled.

    The nulls are the 95th percentile of |r| with permuted names, and the share of emotions outside the band of the null
    directions' slopes. `baselines` are other numbers for the same emotions, in place of the slopes.
    """
    r = correlation(found.mean, expected, seed=seed)
    others = {key: float(pearson(np.stack([each, expected], 1))) for key, each in (baselines or {}).items()}
    low, high = nulls.band()
    outside = float(np.mean((found.mean < low) | (found.mean > high)))
    beside = {"permuted names": r.null, "emotions outside the null band": outside}
    return Score(name, *r.interval, "words", 0.0, beside, others, found.sites[0])


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
    exact = np.exp(choose_each(model, rows, list(steers.values()), choice)[..., 0].astype(np.float64)).mean(axis=1)
    scores = []
    for number, (name, steer) in enumerate(steers.items()):
        steered = [replace(row, steer=steer) for row in rows]
        drawn = [
            replace(row, sampling=Sampling(1, temperature=1.0, seed=seed + number * samples + place))
            for place, row in enumerate(islice(cycle(steered), samples))
        ]
        first = sum(reply.tokens[0] == choice[0] for reply in collect(model, drawn))
        found = proportion_interval(first, samples)
        scores.append(Score(f"sampled.{name}", *found, "samples", None, {}, {"exact": float(exact[number])}))
    return scores
