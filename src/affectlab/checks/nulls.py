"""The nulls of several scores at once: every vector set of a kind is read once, and gives a value for each score."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from affectlab.checks.controls import Controls
from affectlab.vectors.vectorset import VectorSet


def nulls_of_each(
    statistics: Callable[[VectorSet], Mapping[str, float]], given: Controls, *, share: float = 0.95
) -> dict[str, dict[str, float]]:
    """For each statistic by its name, and each kind of null, the 95th percentile over the vector sets of that kind.

    >>> nulls_of_each(lambda vectors: {"score": 1.0}, {})
    {}
    """
    found: dict[str, dict[str, float]] = {}
    for kind, sets in given.items():
        values = [statistics(one) for one in sets]
        for name in values[0] if values else ():
            found.setdefault(name, {})[kind] = float(np.quantile([each[name] for each in values], share))
    return found
