"""The paper's table gives the paper's correlations."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from affectlab.preference import published


def column(name: str) -> list[float]:
    return [getattr(one, name) for one in published()]


@pytest.mark.parametrize(
    ("reading", "expected"), [("blissful_post", 0.714), ("hostile_post", -0.738)], ids=["blissful", "hostile"]
)
def test_recomputed_correlations_are_the_published_ones(reading: str, expected: float) -> None:
    r = np.corrcoef(column("elo_post"), column(reading))[0, 1]
    assert round(float(r), 3) == expected


def test_there_are_eight_activities_of_eight_kinds_with_mean_1500() -> None:
    assert set(Counter(one.category for one in published()).values()) == {8}
    assert len(published()) == 64
    assert np.mean(column("elo_post")) == pytest.approx(1500, abs=5)
    assert max(column("elo_post")) == 2885
    assert min(column("elo_post")) == 521
