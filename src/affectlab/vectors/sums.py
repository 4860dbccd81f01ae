"""What one pass over the texts leaves behind, and how vectors are made of it.

Everything is a sum per fold, so vectors of any choice of folds (all; all but one) are made without another pass:
    emotion mean = sum over texts of the text's mean / number of texts
    center = mean of the emotion means;  raw = emotion mean - center
    clean = raw without the leading components of the neutral tokens
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from affectlab.core import Doubles, Floats, Ints
from affectlab.errors import CorpusError
from affectlab.models.batches import BatchPlan
from affectlab.vectors.neutral import NeutralSums, without
from affectlab.vectors.norms import NormSums

Keys: TypeAlias = NDArray[np.uint64]
"""A hash of each row's id."""


@dataclass
class Sums:
    """Sums of an extraction, by fold. The sample holds means of single stories, equally many per emotion and fold."""

    emotions: tuple[str, ...]
    layers: tuple[int, ...]
    stories: Doubles = field(repr=False)
    """[folds, emotions, layers, width]: sum over stories of the story's mean"""
    counts: Ints = field(repr=False)
    """[folds, emotions]"""
    neutral: list[NeutralSums | None] = field(repr=False)
    """One per fold; None where a fold has no neutral text."""
    norms: NormSums = field(repr=False)
    sample: Floats = field(repr=False)
    """[sampled stories, layers, width]"""
    sample_ids: tuple[str, ...] = field(repr=False)
    sample_labels: Ints = field(repr=False)
    sample_folds: Ints = field(repr=False)
    plan: BatchPlan = field(repr=False)
    header: dict[str, Any] = field(repr=False)
    belongs_to: str = ""
    """The hash of the vectors that were made of these sums."""

    @property
    def folds(self) -> tuple[int, ...]:
        """Folds that have stories."""
        return tuple(int(fold) for fold in np.flatnonzero(self.counts.sum(axis=1)))

    def neutral_of(self, folds: Sequence[int]) -> NeutralSums | None:
        """The neutral sums of these folds together, or None where there is no neutral text."""
        parts = [part for fold in folds if (part := self.neutral[fold]) is not None]
        if not parts:
            return None
        sites, width = parts[0].first.shape
        total = NeutralSums(sites, width, parts[0].rank, shift=parts[0].shift, test=parts[0].test)
        for part in parts:
            total.merge(part)
        return total


class Parts(NamedTuple):
    """The arrays of a vector set, in float64."""

    raw: Doubles
    clean: Doubles | None
    center: Doubles
    neutral_mean: Doubles | None
    neutral_basis: Doubles | None
    neutral_k: tuple[int, ...] | None


Components: TypeAlias = tuple[Doubles, tuple[int, ...]]
"""The leading neutral components of every site, and how many each has."""


def make_vectors(
    sums: Sums, share: float, folds: Sequence[int] | None = None, *, components: Components | None = None
) -> Parts:
    """Vectors from these folds alone (all by default): for a held-out claim, all but one. `components` are those of
    the neutral texts of these folds, where they are known."""
    chosen = list(range(len(sums.counts))) if folds is None else list(folds)
    counts = sums.counts[chosen].sum(axis=0)
    if not counts.all():
        raise CorpusError(
            "an emotion has no story in these folds",
            where=f"folds {chosen}",
            expected="at least one of each",
            found=f"none of {sums.emotions[int(counts.argmin())]!r}",
            fix="give stories of every emotion on more topics",
        )
    means = sums.stories[chosen].sum(axis=0) / counts[:, None, None]
    center = means.mean(axis=0)
    raw = (means - center).transpose(1, 0, 2)
    neutral = sums.neutral_of(chosen)
    if neutral is None:
        return Parts(raw, None, center, None, None, None)
    basis, ks = components or neutral.components(share)
    return Parts(raw, without(raw, basis), center, neutral.mean(), basis, ks)


def stratified(keys: Keys, labels: Ints, folds: Ints, bytes_each: int, limit: int) -> Ints:
    """Which stories to keep: equally many per emotion and fold, as many as fit into `limit` bytes.

    Where not even one per emotion and fold fits, equally many per emotion. Chosen by `keys` (hashes of the ids), so the
    choice depends on the stories alone.
    """
    stories = np.flatnonzero(labels >= 0)
    stories = stories[np.argsort(keys[stories], kind="stable")]
    room = limit // bytes_each
    strata = labels[stories] * (int(folds.max(initial=0)) + 1) + folds[stories]
    if room < len(np.unique(strata)):
        strata = labels[stories]
    quota = room // max(1, len(np.unique(strata)))
    by_stratum = np.argsort(strata, kind="stable")
    ordered = strata[by_stratum]
    places = np.arange(len(ordered)) - np.searchsorted(ordered, ordered)
    return np.sort(stories[by_stratum[places < quota]])
