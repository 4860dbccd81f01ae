"""Mean readings of whole texts, the form in which most checks want them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from affectlab.core import Convention, Floats
from affectlab.models.base import Model
from affectlab.models.verbs import Prompt
from affectlab.vectors.read import read
from affectlab.vectors.vectorset import VectorForm, VectorSet

AT_ONCE = 64


def mean_readings(
    model: Model,
    vectors: VectorSet,
    texts: Sequence[Prompt],
    *,
    layer: int,
    start: int = 1,
    convention: Convention = Convention.CENTRED,
    form: VectorForm | None = None,
) -> Floats:
    """The reading of every emotion, averaged over each text's tokens from `start` on, [texts, emotions]."""
    found = []
    for first in range(0, len(texts), AT_ONCE):
        for (reading,) in read(
            model, vectors, texts[first : first + AT_ONCE], layers=[layer], convention=convention, form=form
        ):
            found.append(reading.scores[min(start, len(reading.tokens) - 1) :].mean(axis=0))
    return np.stack(found)
