"""A score of the vectors beside the same of the bare words, with the margin between the two."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from affectlab.core import Doubles, Score

BARE = "bare words (block 0)"
"""The baseline's name. They are no token embeddings: a model shows its stream after blocks alone (see `bare_words`)."""


def above(score: Score, baseline: float, margins: Doubles) -> list[Score]:
    """The score with what the bare words give, and its margin over that; `margins` are those of the resamples."""
    beside = {BARE: baseline}
    low, high = (float(end) for end in np.quantile(margins, [0.025, 0.975]))
    value, name = score.value - baseline, f"{score.name}.margin"
    margin = Score(name, value, low, high, score.n, score.unit, 0.0, {}, beside, score.layer)
    return [replace(score, baselines=beside), margin]
