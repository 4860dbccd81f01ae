"""The words in a plane: the first principal axes, and UMAP."""

from __future__ import annotations

import warnings

import numpy as np

from affectlab.core import Doubles

NEIGHBOURS = 15
"""How many neighbours of each word UMAP tries to keep."""


def umap_places(points: Doubles, *, seed: int = 0) -> Doubles:
    """Places [words, 2] by UMAP of points [words, axes], the same for the same seed; it starts from the first two axes.

    Near words stay near; distances between far groups mean little. It compiles itself on first use, for some seconds.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it tells of TensorFlow, which a part that is not used would need
        from umap import UMAP  # noqa: PLC0415 - it takes seconds to load

    spread = np.abs(points[:, :2]).max()
    start = np.ascontiguousarray(points[:, :2] / (spread if spread > 0 else 1.0) * 10, dtype=np.float32)
    neighbours = min(NEIGHBOURS, len(points) - 1)
    flat = UMAP(n_neighbors=neighbours, init=start, random_state=seed, n_jobs=1).fit_transform(points)
    return np.asarray(flat, dtype=np.float64)
