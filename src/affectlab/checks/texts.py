"""Mean readings of whole texts, the form in which most checks want them."""

from __future__ import annotations

from collections.abc import Sequence

from affectlab.core import Convention, Floats
from affectlab.models.base import Model
from affectlab.models.verbs import Prompt
from affectlab.vectors.pooled import pooled, whole
from affectlab.vectors.vectorset import VectorForm, VectorSet


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
    rows = [whole(model, text, start=start) for text in texts]
    return pooled(model, vectors, rows, layers=[layer], convention=convention).readings(vectors, layer, form=form)
