"""How the first axes lie beside what people said of the words.

1. Axes of all words; signs are set by the ratings, since signs of axes mean nothing.
2. Values: r of the first axis with pleasure, of the second with arousal, the largest |r| of the first three with
   arousal and with dominance, and the shares of variance of the first two.
3. Intervals: words are drawn again, and where sums are given folds of topics too; the axes are found anew each time.
4. Nulls: ratings permuted among the rated words, and any sets of vectors given that know nothing of the labels.
5. The same of the baseline, in the same resamples, so that the margin over it has an interval.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from affectlab.core import Doubles, Floats, Ints, Score
from affectlab.errors import TooFewError
from affectlab.geometry.axes import FIRST, FirstAxes, Resampled, first_axes, oriented, resampled_axes, weighted_r
from affectlab.geometry.baseline import above
from affectlab.geometry.grams import FoldGram, GramsAt, fixed, gram, word_draws
from affectlab.geometry.norms import FEWEST, RATINGS, Norms

RESAMPLES, PERMUTATIONS = 1000, 2000
PLEASURE, AROUSAL, DOMINANCE = 0, 1, 2
"""Rows of a table of ratings."""
Measure = Callable[[Resampled], Doubles]

HUMAN: Mapping[str, Measure] = {
    "map.pc1.pleasure": lambda found: found.r[:, :, PLEASURE, 0],
    "map.pc2.arousal": lambda found: found.r[:, :, AROUSAL, 1],
    "map.axes.arousal": lambda found: np.abs(found.r[:, :, AROUSAL]).max(axis=2),
    "map.axes.dominance": lambda found: np.abs(found.r[:, :, DOMINANCE]).max(axis=2),
}
"""What depends on the ratings that each is named after, [resamples, sets]."""
SHARES: Mapping[str, Measure] = {
    "map.variance.pc1": lambda found: found.shares[:, :, 0],
    "map.variance.pc2": lambda found: found.shares[:, :, 1],
}


@dataclass(frozen=True, eq=False)
class Words:
    """What the axes are held against: Gram matrices of the vectors and, after them, of the baseline, [sets, words,
    words], and ratings [3, words], nan where there are none. With `folds` the vectors' own is drawn anew too."""

    products: Doubles = field(repr=False)
    ratings: Doubles = field(repr=False)
    layer: int | None = None
    folds: FoldGram | None = field(default=None, repr=False)
    nulls: Mapping[str, Doubles] = field(default_factory=dict, repr=False)
    """Gram matrices [sets, words, words] of each kind of null."""

    def rated(self, name: str) -> int:
        """How many words have the rating that this is the name of, or that a score is named after.

        Ratings that are all the same order no words, and count as none.
        """
        ratings = self.ratings[RATINGS.index(name.rpartition(".")[2])]
        known = ratings[np.isfinite(ratings)]
        return len(known) if known.size and np.ptp(known) > 0 else 0

    @property
    def unit(self) -> str:
        return "words" if self.folds is None else "words crossed with folds of topics"


def axis_scores(
    vectors: Floats,
    emotions: Sequence[str],
    pleasure: Mapping[str, float],
    arousal: Mapping[str, float],
    *,
    layer: int,
    bare_words: Floats | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> list[Score]:
    """How the first axes of vectors [emotions, width] lie beside ratings of pleasure and arousal.

    The axis of arousal is the best of the first three: its null is the 95th percentile of the same best when the names
    are permuted. With vectors of the `bare_words` the scores stand beside theirs, each with its margin.
    """
    products = np.stack([gram(each) for each in (vectors, bare_words) if each is not None])
    words = Words(products, Norms(pleasure, arousal, {}).table(emotions), layer)
    rated = min(words.rated(rating) for rating in RATINGS[:2])
    if rated < FEWEST:
        expected = f"at least {FEWEST}"
        raise TooFewError("too few emotions are rated", where="norms", expected=expected, found=str(rated))
    return scores_of(words, rated_measures(words), resamples=resamples, seed=seed)


def rated_measures(words: Words) -> dict[str, Measure]:
    """What depends on ratings, of those that enough words have."""
    return {name: measure for name, measure in HUMAN.items() if words.rated(name) >= FEWEST}


def scores_of(
    words: Words, measures: Mapping[str, Measure], *, resamples: int = RESAMPLES, seed: int = 0
) -> list[Score]:
    """The scores of these measures and, where there is a baseline, of their margins over it."""
    generator = np.random.default_rng(seed)
    axes, whole = measured(words.products, words.ratings)
    draws = word_draws(words.products.shape[1], resamples, generator)
    found = resampled_axes(_grams_at(words, resamples, generator), draws, words.ratings, axes.places)
    permuted = _permuted(axes.places[:1], words.ratings, generator)
    controls = {kind: measured(products, words.ratings)[1] for kind, products in words.nulls.items()}
    scores: list[Score] = []
    for name, measure in measures.items():
        value, drawn = measure(whole)[0], measure(found)
        if name in SHARES:  # words that are drawn twice make the rest look narrower than it is
            drawn = drawn - np.median(drawn, axis=0) + value
        nulls = {kind: float(np.quantile(np.abs(measure(one)), 0.95)) for kind, one in controls.items()}
        if name in HUMAN:
            label = "best with permuted names" if name.startswith("map.axes.") else "permuted names"
            nulls = {label: float(np.quantile(np.abs(measure(permuted)), 0.95)), **nulls}
        n = words.rated(name) if name in HUMAN else len(draws[0])
        chance = 0.0 if name in HUMAN else None
        low, high = (float(end) for end in np.quantile(drawn[:, 0], [0.025, 0.975]))
        score = Score(name, float(value[0]), low, high, n, words.unit, chance, nulls, {}, words.layer)
        scores += above(score, float(value[1]), drawn[:, 0] - drawn[:, 1]) if len(value) > 1 else [score]
    return scores


def measured(products: Doubles, ratings: Doubles) -> tuple[FirstAxes, Resampled]:
    """The axes of all words in Gram matrices [sets, words, words], turned to the ratings, and their correlations."""
    every = np.ones(products.shape[1], dtype=np.int64)
    axes = first_axes(products, every)
    axes = axes._replace(places=oriented(axes.places, ratings))
    r = np.stack([weighted_r(axes.places, rating, every) for rating in ratings], axis=1)
    return axes, Resampled(r[None], axes.shares[None])


def _grams_at(words: Words, resamples: int, generator: np.random.Generator) -> GramsAt:
    still = fixed(words.products)
    if words.folds is None:
        return still
    folds, times = words.folds, words.folds.draws(resamples, generator)

    def at(number: int, drawn: Ints) -> Doubles:
        found = still(number, drawn)
        found[0] = folds(times[number], drawn)
        return found

    return at


def _permuted(places: Doubles, ratings: Doubles, generator: np.random.Generator) -> Resampled:
    """Correlations with ratings that are dealt out anew among the words that have them."""
    r = np.zeros((PERMUTATIONS, 1, len(ratings), FIRST))
    for place, rating in enumerate(ratings):
        known = np.flatnonzero(np.isfinite(rating))
        if len(known) < 2:
            continue
        points = places[0, known] - places[0, known].mean(axis=0)
        dealt = generator.permuted(np.tile(rating[known] - rating[known].mean(), (PERMUTATIONS, 1)), axis=1)
        scales = np.linalg.norm(dealt, axis=1)[:, None] * np.linalg.norm(points, axis=0)
        products = dealt @ points
        r[:, 0, place] = np.divide(products, scales, out=np.zeros_like(products), where=scales > 0)
    return Resampled(r, np.zeros((PERMUTATIONS, 1, FIRST)))


class ByLayer:
    """The axes of every layer beside the ratings: r [layers, ratings, axes] and shares of variance [layers, axes]. Of
    ratings that few words have, r is nan.

    Intervals are over words; all layers see the same words drawn, so that they can be compared.
    """

    def __init__(self, products: Doubles, ratings: Doubles, *, resamples: int = RESAMPLES, seed: int = 0) -> None:
        axes, whole = measured(products, ratings)
        draws = word_draws(products.shape[1], resamples, np.random.default_rng(seed))
        found = resampled_axes(fixed(products), draws, ratings, axes.places)
        self.places, self.r, self.shares = axes.places, whole.r[0], whole.shares[0]
        self.r_low, self.r_high = np.quantile(found.r, [0.025, 0.975], axis=0)
        few = np.isfinite(ratings).sum(axis=1) < FEWEST  # which go with any axis
        for r in (self.r, self.r_low, self.r_high):
            r[:, few] = np.nan
        moved = found.shares - np.median(found.shares, axis=0) + self.shares
        self.shares_low, self.shares_high = np.quantile(moved, [0.025, 0.975], axis=0)

    def carrier(self, rating: int) -> Ints:
        """Which of the first axes goes best with a rating at each layer, counted from 0."""
        return np.asarray(np.abs(self.r[:, rating]).argmax(axis=1))
