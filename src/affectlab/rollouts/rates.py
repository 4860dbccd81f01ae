"""Rates by strength, their slopes, and where these stand among the slopes of null directions.

1. A run keeps its draws from one way of steering to the next, so runs are resampled whole, at all strengths together.
2. Runs that could not be judged are left out where they could not, and counted. A strength without any that could is
   left out of the line; what then has no slope is named as absent, and a null direction without one counts as steeper.
3. The null of a slope is the largest, by its size, of all null directions: there are few of them. p is the place among
   them, itself counted; q is p after control of false discoveries over the emotions.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from inspect_ai.log import EvalLog
from scipy.stats import false_discovery_control

from affectlab.core import Doubles, Score
from affectlab.errors import InputError
from affectlab.findings import ABSENT, Findings
from affectlab.rollouts.conditions import PLAIN, Condition
from affectlab.stats import Interval, proportion_interval

RESAMPLES = 2000
NULL = "null directions"
UNIT = "rollouts"

Run: TypeAlias = tuple[str, int]
"""A sample and its epoch."""


@dataclass(frozen=True, eq=False)
class Table:
    """A number for every run under every way of steering; not a number where it could not be judged."""

    name: str
    emotions: tuple[str, ...]
    strengths: tuple[float, ...]
    values: Mapping[Condition, Doubles] = field(repr=False)
    share: bool = False
    """Whether the numbers are 0 and 1."""

    def of(self, emotion: str, control: int = 0) -> Doubles:
        """[strengths, runs]"""
        conditions = [Condition(emotion, strength, control) if strength else PLAIN for strength in self.strengths]
        return np.stack([self.values[condition] for condition in conditions])

    def nulls(self) -> list[Doubles]:
        """The same of every null direction, whatever emotion it is named by."""
        named = sorted({(one.control, one.emotion) for one in self.values if one.control})
        return [self.of(emotion, control) for control, emotion in named]


def values_of(log: EvalLog, value: str) -> dict[Run, float]:
    """One value of every run of a log; not a number where it could not be judged."""
    found = {}
    for sample in log.samples or []:
        every = [score.value[value] for score in (sample.scores or {}).values() if isinstance(score.value, dict)]
        known = [number for number in every if isinstance(number, int | float)]
        found[str(sample.id), sample.epoch] = float(known[0]) if known else math.nan
    return found


def slope_findings(
    table: Table, *, scored: str = "slope", null: str = NULL, rate: float = 0.05, seed: int = 0
) -> Findings:
    """`behave.NAME.slope.EMOTION` of each emotion, and the curves. `scored` stands for slope in names, `null` for what
    the null directions are."""
    curves = {emotion: table.of(emotion) for emotion in table.emotions}
    nulls = table.nulls()
    reached = np.array([slope(values, table.strengths) for values in nulls])
    beside = {null: float(np.nanmax(np.abs(reached)))} if np.isfinite(reached).any() else {}
    scores, places, absent = [], {}, {}
    for emotion, values in curves.items():
        name = f"behave.{table.name}.{scored}.{emotion}"
        try:
            found = slope_interval(values, table.strengths, seed)
        except InputError as error:
            absent[name] = f"{error.line}."
            continue
        scores.append(Score(name, *found, UNIT, 0.0, beside))
        places[emotion] = (1 + int((~(np.abs(reached) < abs(found.value))).sum())) / (1 + len(reached))
    q = false_discovery_control(list(places.values())).tolist() if places else []
    name = f"{table.name}.{scored}"
    facts: dict[str, Any] = {"p": list(places.values()), "q": q, "emotions": list(table.emotions)}
    facts["moved"] = [emotion for emotion, value in zip(places, q, strict=True) if value < rate]
    facts |= {"judged": list(places), "nulls": len(reached), "nulls without a slope": int(np.isnan(reached).sum())}
    arrays = _curves(table, list(curves.values()), name, seed) | _curves(table, nulls, f"{name}.null", seed)
    arrays[f"{name}.null_slopes"] = reached
    return Findings(tuple(scores), arrays, {name: facts} | ({ABSENT: absent} if absent else {}))


def _curves(table: Table, curves: Sequence[Doubles], name: str, seed: int) -> dict[str, Doubles]:
    """Means with their intervals and how many runs each rests on, [curves, strengths]."""
    points = np.array([[_point(table, row, seed) for row in values] for values in curves])
    return {f"{name}.{part}": points[..., place] for place, part in enumerate(("mean", "low", "high", "n"))}


def rate_score(table: Table, seed: int = 0) -> Score:
    """`behave.NAME.rate`, without steering."""
    found = _interval(table, table.values[PLAIN], seed)
    return Score(f"behave.{table.name}.rate", *found, UNIT)


def slope(values: Doubles, strengths: Sequence[float]) -> float:
    """Of the line through the means of what could be judged, [strengths, runs], against strength."""
    return float(_slopes(np.ones((1, values.shape[1])), values, strengths)[0])


def slope_interval(values: Doubles, strengths: Sequence[float], seed: int = 0) -> Interval:
    """The same with its interval over resampled runs."""
    runs = values.shape[1]
    if runs < 2 or np.isfinite(values).any(axis=1).sum() < 2:
        expected, found = "some at two strengths, and two in all", f"{int(np.isfinite(values).sum())} of {values.size}"
        raise InputError("too few runs that could be judged", where="slope", expected=expected, found=found)
    drawn = np.random.default_rng(seed).multinomial(runs, np.full(runs, 1 / runs), size=RESAMPLES)
    low, high = np.nanquantile(_slopes(drawn.astype(np.float64), values, strengths), [0.025, 0.975])
    return Interval(slope(values, strengths), float(low), float(high), runs)


def _slopes(weights: Doubles, values: Doubles, strengths: Sequence[float]) -> Doubles:
    """For every row of weights on runs."""
    known = np.isfinite(values)
    total, count = weights @ np.where(known, values, 0.0).T, weights @ known.T.astype(np.float64)
    judged = count > 0
    means = np.divide(total, count, out=np.zeros_like(total), where=judged)
    middle = np.where(judged, strengths, 0.0).sum(axis=1) / np.maximum(judged.sum(axis=1), 1)
    centred = np.where(judged, np.array(strengths) - middle[:, None], 0.0)
    spread = (centred**2).sum(axis=1)
    rise = (means * centred).sum(axis=1)
    return np.asarray(np.divide(rise, spread, out=np.full(len(spread), np.nan), where=spread > 0))


def _interval(table: Table, values: Doubles, seed: int) -> Interval:
    known = values[np.isfinite(values)]
    if not len(known):
        raise InputError("no run could be judged", where=table.name, fix="look at the logs: what did the model write?")
    if table.share:
        return proportion_interval(int(known.sum()), len(known))
    drawn = np.random.default_rng(seed).multinomial(len(known), np.full(len(known), 1 / len(known)), size=RESAMPLES)
    low, high = np.quantile(drawn @ known / len(known), [0.025, 0.975])
    return Interval(float(known.mean()), float(low), float(high), len(known))


def _point(table: Table, values: Doubles, seed: int) -> tuple[float, float, float, int]:
    """A mean with its interval, and of how many; not a number where nothing could be judged."""
    return _interval(table, values, seed) if np.isfinite(values).any() else (math.nan, math.nan, math.nan, 0)
