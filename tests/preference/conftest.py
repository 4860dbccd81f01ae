"""The study of a model with planted liking, made once."""

from __future__ import annotations

import pytest

from affectlab.findings import Findings
from affectlab.preference import How, prefer
from tests.preference.planted import Planted, items, vectors_of

HOW = How(every=False, directions=30, opponents=3, emotions=20, resamples=60)


@pytest.fixture(scope="session")
def found() -> Findings:
    model = Planted()
    return prefer(model, vectors_of(model), items(), how=HOW)
