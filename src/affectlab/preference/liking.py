"""Which readings go with liking: the correlation of every emotion's reading of an activity with its Elo.

prefer.correlation.NAME      for blissful and hostile, which the paper names; all others stand in the arrays
prefer.correlation.pleasure  over emotions, of that correlation with the pleasure that people rated; .arousal too
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from affectlab import lexicon
from affectlab.checks.controls import ISOTROPIC, Controls, nulls_of
from affectlab.core import Doubles, Floats, Score
from affectlab.findings import Findings
from affectlab.preference.readings import ActivityStates, correlations, permuted, resampled
from affectlab.preference.selection import NAMED
from affectlab.stats import pearson
from affectlab.vectors.vectorset import VectorSet

RESAMPLES, RANDOM = 2000, 1000
FEWEST_RATED = 5
AXES = ("pleasure", "arousal")


@dataclass(frozen=True, eq=False)
class Liking:
    """What stands on the tokens of every activity, and its Elo."""

    states: ActivityStates = field(repr=False)
    vectors: VectorSet = field(repr=False)
    elo: Doubles = field(repr=False)
    layer: int
    seed: int = 0

    @cached_property
    def readings(self) -> Doubles:
        """[activities, emotions]"""
        return self.states.readings(self.vectors, self.layer)

    @cached_property
    def r(self) -> Doubles:
        """The correlation of each emotion's reading with Elo."""
        return correlations(self.readings, self.elo)

    @cached_property
    def _drawn(self) -> Doubles:
        return resampled(self.readings, self.elo, RESAMPLES, self.seed)

    def of(self, units: Floats | Doubles) -> Doubles:
        """The correlations of other directions at the same layer, [directions]."""
        return correlations(self.at(self.layer) @ np.asarray(units, dtype=np.float64).T, self.elo)

    def at(self, layer: int) -> Doubles:
        """The states at a layer, [activities, width]."""
        return np.asarray(self.states.states[:, self.states.layers.index(layer)])

    def findings(self, given: Controls) -> Findings:
        """Scores, and the correlations of all emotions with their intervals; at every layer, without."""
        low, high = np.quantile(self._drawn, [0.025, 0.975], axis=0)
        null = np.quantile(np.abs(permuted(self.readings, self.elo, RESAMPLES, self.seed)), 0.95, axis=0)
        arrays = {
            "readings": self.readings,
            "correlation": self.r,
            "correlation.low": low,
            "correlation.high": high,
            "correlation.null": null,
            "layers": np.array(self.states.layers, dtype=np.int64),
            "by_layer.correlation": np.stack([self._at(layer) for layer in self.states.layers]),
        }
        scores = [self._named(name, low, high, null, given) for name in NAMED if name in self.vectors.emotions]
        return Findings((*scores, *self._rated(given)), arrays)

    def _at(self, layer: int) -> Doubles:
        return correlations(self.states.readings(self.vectors, layer), self.elo)

    def _named(self, name: str, low: Doubles, high: Doubles, null: Doubles, given: Controls) -> Score:
        place = self.vectors.index(name)

        def statistic(one: VectorSet) -> float:
            return float(self.of(one.units(self.layer)[[one.index(name)]])[0])

        drawn = np.random.default_rng(self.seed).standard_normal((RANDOM, self.vectors.width))
        nulls = {
            "permuted activities": float(null[place]),
            **nulls_of(statistic, given, sided=False),
            ISOTROPIC: float(np.quantile(np.abs(self.of(drawn)), 0.95)),
        }
        ends = (float(self.r[place]), float(low[place]), float(high[place]))
        how = (self.layer, self.states.convention)
        return Score(f"prefer.correlation.{name}", *ends, len(self.elo), "activities", 0.0, nulls, {}, *how)

    def _rated(self, given: Controls) -> list[Score]:
        """The correlations beside what people rated; words and activities are resampled, crossed."""
        rated = {emotion.name: emotion for emotion in lexicon.emotions() if emotion.pleasure is not None}
        known = [place for place, name in enumerate(self.vectors.emotions) if name in rated]
        if len(known) < FEWEST_RATED:
            return []
        scores = []
        for axis in AXES:
            expected = np.array([getattr(rated[self.vectors.emotions[place]], axis) for place in known])
            scores.append(self._with(axis, known, expected, given))
        return scores

    def _with(self, axis: str, known: list[int], expected: Doubles, given: Controls) -> Score:
        generator = np.random.default_rng(self.seed)
        words = generator.integers(len(known), size=(RESAMPLES, len(known)))
        drawn = np.take_along_axis(self._drawn[:, known], words, axis=1)
        low, high = np.quantile(pearson(np.stack([drawn, expected[words]], axis=2), axis=1), [0.025, 0.975])
        dealt = generator.permuted(np.broadcast_to(expected, (RESAMPLES, len(known))), axis=1)
        own = np.broadcast_to(self.r[known], dealt.shape)

        def statistic(one: VectorSet) -> float:
            return float(pearson(np.stack([self.of(one.units(self.layer)[known]), expected], axis=1)))

        by_name = float(np.quantile(np.abs(pearson(np.stack([own, dealt], axis=2), axis=1)), 0.95))
        nulls = {"permuted names": by_name, **nulls_of(statistic, given, sided=False)}
        ends = (float(pearson(np.stack([self.r[known], expected], axis=1))), float(low), float(high))
        how = (self.layer, self.states.convention)
        name, unit = f"prefer.correlation.{axis}", "words x activities"
        return Score(name, *ends, len(known), unit, 0.0, nulls, {}, *how)
