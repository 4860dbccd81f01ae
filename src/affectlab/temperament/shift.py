"""What post-training did: the same vectors, read at the ":" in the base model and in the post-trained one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.stats import false_discovery_control, ttest_1samp

from affectlab.checks.colon import colon_readings
from affectlab.core import Convention, Doubles, Floats, Score
from affectlab.errors import ModelMismatchError
from affectlab.models.base import Model
from affectlab.stats import Bounds, Interval, bootstrap_means, correlation, pearson
from affectlab.vectors.vectorset import VectorSet


@dataclass(frozen=True, eq=False)
class Shift:
    """Readings of the same prompts in two models, [prompts, emotions]."""

    emotions: tuple[str, ...]
    base: Floats = field(repr=False)
    post: Floats = field(repr=False)
    layer: int
    convention: Convention

    @property
    def mean(self) -> Doubles:
        """Post-trained minus base, over prompts, [emotions]."""
        return np.asarray((self.post - self.base).astype(np.float64).mean(axis=0))

    def bounds(self, seed: int = 0) -> Bounds:
        """The ends of the interval of each emotion's shift; prompts are resampled, for all emotions together."""
        return bootstrap_means((self.post - self.base).astype(np.float64), seed=seed)

    def intervals(self, seed: int = 0) -> dict[str, Interval]:
        """The shift of each emotion; prompts are resampled."""
        ends = zip(self.mean, *self.bounds(seed), strict=True)
        return {
            name: Interval(float(value), float(low), float(high), len(self.base))
            for name, (value, low, high) in zip(self.emotions, ends, strict=True)
        }

    def discoveries(self, rate: float = 0.05) -> tuple[str, ...]:
        """The emotions whose shift is not zero, with this share of false ones among them at most."""
        differences = (self.post - self.base).astype(np.float64)
        varies = np.ptp(differences, axis=0) > 0
        p = np.where(np.abs(differences).max(axis=0) > 0, 0.0, 1.0)  # one same change in every prompt, or none at all
        if varies.any():
            p[varies] = ttest_1samp(differences[:, varies], 0.0, axis=0).pvalue
        return tuple(name for name, q in zip(self.emotions, false_discovery_control(p), strict=True) if q < rate)

    def score(self, name: str, expected: Mapping[str, float], seed: int = 0) -> Score:
        """The correlation over emotions of the shift with what is given for them; emotions are resampled.

        The baseline is the same of what the base reads, which knows nothing of any shift.
        """
        known = [place for place, emotion in enumerate(self.emotions) if emotion in expected]
        given = np.array([expected[self.emotions[place]] for place in known])
        r = correlation(self.mean[known], given, seed=seed)
        before = self.base.astype(np.float64).mean(axis=0)[known]
        nulls, baselines = {"permuted names": r.null}, {"the base alone": float(pearson(np.stack([before, given], 1)))}
        return Score(name, *r.interval, "words", 0.0, nulls, baselines, self.layer, self.convention)


def temperament_shift(
    base: Model,
    post: Model,
    vectors: VectorSet,
    prompts: Sequence[str],
    *,
    layer: int,
    convention: Convention = Convention.CENTRED,
) -> Shift:
    """Read the ":" after each prompt in both models with the same vectors, which may come from either."""
    if base.tokenizer.encode(prompts[0]) != post.tokenizer.encode(prompts[0]):
        raise ModelMismatchError(
            "these models do not share a tokenizer",
            where=f"{base.identity.id} and {post.identity.id}",
            expected="the same tokens for the same text",
            fix="compare a checkpoint with the one it was trained from",
        )
    readings = [
        colon_readings(model, vectors.carried_to(model), prompts, layer=layer, convention=convention)
        for model in (base, post)
    ]
    return Shift(vectors.emotions, readings[0], readings[1], layer, convention)
