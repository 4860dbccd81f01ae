"""The tensors of a vectors file and of the sums beside it, and whether they are what the header promises.

A letter stands for a size: E emotions, L layers, D width, C components, F folds, G folds with neutral texts, K columns
of the sketch, N sampled stories, B bins of norms, R rows, P batches.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

VECTORS = {
    "raw": "L E D",
    "clean": "L E D",
    "center": "L D",
    "neutral_mean": "L D",
    "neutral_basis": "L C D",
    "neutral_k": "L",
    "resid_norm": "L",
    "resid_norm_median": "L",
}
SUMS = {
    "fold_sums": "F E L D",
    "fold_counts": "F E",
    "sample": "N L D",
    "sample_labels": "N",
    "sample_folds": "N",
    "norm_bins": "L B",
    "norm_total": "L",
    "plan_rows": "R",
    "plan_sizes": "P",
}
NEUTRAL_SUMS = {
    "neutral_shift": "L D",
    "neutral_count": "G L",
    "neutral_first": "G L D",
    "neutral_square": "G L",
    "neutral_sketch": "G L D K",
}
NEUTRAL_TEST = {"neutral_test": "L D K"}
"""There where K < D."""

WHOLE = {"neutral_k", "fold_counts", "sample_labels", "sample_folds", "plan_rows", "plan_sizes", "neutral_count"}
"""Tensors of whole numbers."""


def tensor_fault(
    tensors: Mapping[str, Any], shapes: Mapping[str, str], sizes: Mapping[str, int], floats: tuple[str, ...]
) -> str | None:
    """What is wrong with these tensors, in a few words; None if nothing is. Sizes not given follow from the tensors."""
    lacking = [name for name in shapes if name not in tensors]
    if lacking:
        return f"no {', '.join(lacking)}"
    known = dict(sizes)
    for name, letters in shapes.items():
        array = tensors[name]
        names = letters.split()
        if array.ndim == len(names):
            known = {**dict(zip(names, array.shape, strict=True)), **known}
        expected = tuple(known.get(letter, letter) for letter in names)
        if array.shape != expected:
            return f"{name} of shape {array.shape} where ({', '.join(map(str, expected))}) belongs"
        if array.dtype.name not in (("int64",) if name in WHOLE else floats):
            return f"{name} as {array.dtype}"
        if not np.isfinite(array).all():
            return f"{name} with numbers that are not finite"
    return None
