"""What a model chooses without steering: ratings of all activities, and how good they are.

prefer.mass      p(A) + p(B) in the mean; below .5 the model answers something else, and nothing is rated
prefer.order     what being named first is worth, in Elo points
prefer.misfit    how far the choices lie from what the ratings expect, root mean square
prefer.spread    the standard deviation of Elo
prefer.wordings  r of Elo in one half of the wordings with Elo in the other
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from affectlab.core import Doubles, Score
from affectlab.errors import InputError
from affectlab.findings import Findings
from affectlab.preference.elo import Bounds, Choices, Ratings, intervals, misfit
from affectlab.preference.steering import Asked
from affectlab.stats import correlation

LEAST_MASS = 0.5
UNIT = "activities x wordings"


@dataclass(frozen=True, eq=False)
class Rated:
    """What was chosen, p(A) + p(B) of every question, and the ratings with their intervals."""

    choices: Choices = field(repr=False)
    mass: Doubles = field(repr=False)
    ratings: Ratings = field(repr=False)
    elo: Bounds = field(repr=False)
    order: Bounds = field(repr=False)

    def findings(self, seed: int) -> Findings:
        """Scores and arrays."""
        many = self.choices.activities
        off, equal = misfit(self.choices, self.ratings)
        mass, spread = self._over_activities(self.mass), self._spread(seed)
        order = (float(self.ratings.order), float(self.order.low), float(self.order.high))
        apart = Score("prefer.misfit", off, *self._misfits(), many, "activities", None, {}, {"equal ratings": equal})
        scores = [
            Score("prefer.mass", *mass, many, "activities", None, {}, {"lowest": float(np.nanmin(self.mass))}),
            Score("prefer.order", *order, many, UNIT, 0.0),
            apart,
            Score("prefer.spread", *spread, many, "activities"),
            *self._between_wordings(seed),
        ]
        arrays = {"elo": self.ratings.elo, "elo.low": self.elo.low, "elo.high": self.elo.high}
        return Findings(tuple(scores), arrays)

    def _over_activities(self, values: Doubles) -> tuple[float, float, float]:
        """A mean over questions; what an activity has in its own is resampled."""
        own = np.nanmean(np.concatenate([values, values.swapaxes(1, 2)]), axis=(0, 2))
        drawn = np.random.default_rng(0).multinomial(len(own), np.full(len(own), 1 / len(own)), size=1000) @ own
        low, high = np.quantile(drawn / len(own), [0.025, 0.975])
        return float(np.nanmean(values)), float(low), float(high)

    def _misfits(self) -> tuple[float, float]:
        shares, weights = self.choices.tables()
        _, low, high = self._over_activities(np.where(weights > 0, (shares - self.ratings.shares()) ** 2, np.nan)[None])
        return float(np.sqrt(low)), float(np.sqrt(high))

    def _spread(self, seed: int) -> tuple[float, float, float]:
        elo = self.ratings.elo
        drawn = np.random.default_rng(seed).choice(elo, size=(1000, len(elo))).std(axis=1)
        low, high = np.quantile(drawn, [0.025, 0.975])
        return float(elo.std()), float(low), float(high)

    def _between_wordings(self, seed: int) -> list[Score]:
        odd = (np.arange(self.choices.wordings) % 2 == 1)[:, None, None]
        one, other = (self.choices.where(self.choices.asked & part).fit().elo for part in (odd, ~odd))
        r = correlation(one, other, seed=seed)
        return [Score("prefer.wordings", *r.interval, "activities", 0.0, {"permuted activities": r.null})]


def check_mass(mass: Doubles, model: str) -> None:
    """Raise unless the model answers with A or B, in the mean over these questions."""
    if (mean := float(np.nanmean(mass))) < LEAST_MASS:
        raise InputError(
            "the model answers with neither A nor B",
            where=model,
            expected=f"p(A) + p(B) of at least {LEAST_MASS} in the mean over pairs",
            found=f"{mean:.2g}",
            fix="ask a model that follows such questions, or in a register that it can read",
        )


def rated(asked: Asked, model: str, resamples: int, seed: int) -> Rated:
    """Fit the ratings, unless the model answers with neither A nor B."""
    mass = asked.mass[0]
    check_mass(mass, model)
    choices = Choices(asked.shares[0])
    ratings = choices.fit()
    elo, order = intervals(choices, ratings, resamples, seed)
    return Rated(choices, mass, ratings, elo, order)
