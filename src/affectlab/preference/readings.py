"""The emotion readings of an activity, taken on its own tokens in "How would you feel about ...?".

The states are kept once, so that the readings of any vectors can be set beside the ratings: of the emotions, of
shuffled labels, of random directions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from affectlab.core import Convention, Doubles
from affectlab.lexicon.items.activities import PreferenceItems
from affectlab.models.base import Model, Row
from affectlab.preference.questions import Frame, asked_about, filled
from affectlab.vectors.pooled import PoolRow, pooled
from affectlab.vectors.vectorset import VectorForm, VectorSet

AT_ONCE = 500
"""Resamples taken together, so that memory does not grow with them."""


@dataclass(frozen=True, eq=False)
class ActivityStates:
    """States as a convention has them, means over an activity's tokens and wordings, [activities, layers, width]."""

    states: Doubles = field(repr=False)
    layers: tuple[int, ...]
    convention: Convention

    def readings(self, vectors: VectorSet, layer: int, form: VectorForm | None = None) -> Doubles:
        """The reading of every emotion, [activities, emotions]."""
        return np.asarray(self.states[:, self.layers.index(layer)] @ vectors.units(layer, form).T.astype(np.float64))


def activity_states(
    model: Model,
    vectors: VectorSet,
    items: PreferenceItems,
    *,
    layers: Sequence[int] | None = None,
    convention: Convention = Convention.CENTRED,
    progress: Callable[[int], None] = lambda done: None,
) -> ActivityStates:
    """Ask how the model would feel about every activity, in every wording, and keep what stands on its tokens."""
    rows, frame = [], Frame.of(model.tokenizer, filled(items.feelings[0], items.activities[0].text)[0])
    for activity in items.activities:
        for wording in items.feelings:
            tokens, (span,) = asked_about(model, frame, wording, activity.text)
            place = np.arange(len(tokens))
            rows.append(PoolRow(Row(tokens), ((place >= span[0]) & (place < span[1]))[None]))
    found = pooled(model, vectors, rows, layers=layers, convention=convention, progress=progress)
    shape = (len(items.activities), len(items.feelings), *found.states.shape[2:])
    means = found.states[:, 0].astype(np.float64).reshape(shape).mean(axis=1)
    return ActivityStates(means, found.layers, convention)


def correlations(readings: Doubles, elo: Doubles) -> Doubles:
    """Pearson's r over activities of each column of readings with the ratings; 0 where one of them does not vary.

    >>> correlations(np.array([[1.0, 3.0], [2.0, 2.0], [3.0, 1.0]]), np.array([5.0, 6.0, 7.0]))
    array([ 1., -1.])
    """
    return np.asarray(weighted(readings, elo, np.ones((1, len(elo))))[0])


def weighted(readings: Doubles, elo: Doubles, times: Doubles) -> Doubles:
    """The same of resamples, [resamples, columns]; `times` says how often each activity was drawn."""
    total = times.sum(axis=1, keepdims=True)
    left, right = (times @ side / total for side in (readings, elo[:, None]))
    both = times @ (readings * elo[:, None]) / total - left * right
    varying = [times @ side**2 / total - mean**2 for side, mean in ((readings, left), (elo[:, None], right))]
    # What does not vary is left with the rounding of its squares.
    scale = [np.maximum(times @ side**2 / total, 1e-300) for side in (readings, elo[:, None])]
    known = (varying[0] > 1e-12 * scale[0]) & (varying[1] > 1e-12 * scale[1])
    norm = np.sqrt(np.where(known, varying[0] * varying[1], 1.0))
    return np.asarray(np.where(known, both / norm, 0.0))


def resampled(readings: Doubles, elo: Doubles, resamples: int, seed: int) -> Doubles:
    """Correlations of resampled activities, [resamples, columns]."""
    many = len(elo)
    times = np.random.default_rng(seed).multinomial(many, np.full(many, 1 / many), size=resamples).astype(np.float64)
    blocks = [weighted(readings, elo, times[first : first + AT_ONCE]) for first in range(0, resamples, AT_ONCE)]
    return np.concatenate(blocks)


def permuted(readings: Doubles, elo: Doubles, resamples: int, seed: int) -> Doubles:
    """Correlations with the ratings dealt out to the activities anew, [resamples, columns]."""
    dealt = np.random.default_rng(seed).permuted(np.broadcast_to(elo, (resamples, len(elo))), axis=1)
    centred = dealt - dealt.mean(axis=1, keepdims=True)
    columns = readings - readings.mean(axis=0)
    norms = np.linalg.norm(centred, axis=1)[:, None] * np.linalg.norm(columns, axis=0)
    return np.asarray(np.divide(centred @ columns, norms, out=np.zeros_like(norms), where=norms > 0))
