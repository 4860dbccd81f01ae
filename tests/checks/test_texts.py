"""The mean reading of a text is that of its tokens from `start` on."""

from __future__ import annotations

import numpy as np

from affectlab.checks.texts import mean_readings
from affectlab.core import Convention
from affectlab.models.fake import FakeModel
from affectlab.vectors.extract import Extraction
from affectlab.vectors.read import read

TEXTS = ["She laughed and ran to the door.", "He wept.", "They waited for the train in the rain."]


def test_it_is_the_mean_over_tokens_from_start_on(fake: FakeModel, found: Extraction) -> None:
    for start in (1, 4):
        means = mean_readings(fake, found.vectors, TEXTS, layer=1, start=start)
        for text, mean in zip(TEXTS, means, strict=True):
            (reading,) = read(fake, found.vectors, [text], layers=[1], convention=Convention.CENTRED)[0]
            kept = reading.scores[min(start, len(reading.tokens) - 1) :]
            np.testing.assert_allclose(mean, kept.mean(axis=0), atol=1e-5)
