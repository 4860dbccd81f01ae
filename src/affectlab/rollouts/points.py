"""The curves of a measurement as points, for scripts: one for each measure, way of steering and strength."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from affectlab.findings import Findings


def points(found: Findings) -> list[dict[str, Any]]:
    """What `affectlab behave --json` prints beside the scores. Null directions are named by number."""
    return [point for measure in found.facts["behave"].get("measures", []) for point in _points(found, measure)]


def _points(found: Findings, measure: str) -> Iterator[dict[str, Any]]:
    facts, name = found.facts["behave"], f"{measure}.slope"
    if f"{name}.mean" not in found.arrays:
        return
    # [vectors, strengths, parts]
    emotions, nulls = (
        np.stack([found.arrays[f"{kind}.{part}"] for part in ("mean", "low", "high", "n")], axis=-1)
        for kind in (name, f"{name}.null")
    )
    names = [*facts["emotions"], *(f"null {number}" for number in range(1, 1 + len(nulls)))]
    for vector, curve in zip(names, np.concatenate([emotions, nulls]), strict=True):
        for strength, (mean, low, high, count) in zip(facts["strengths"], curve, strict=True):
            yield {
                "vector": vector,
                "strength": strength,
                "measure": measure,
                "arm": facts["arm"],
                "sites": facts["sites"],
                "rate": _known(mean),
                "low": _known(low),
                "high": _known(high),
                "n": int(count),
            }


def _known(number: float) -> float | None:
    return float(number) if math.isfinite(number) else None
