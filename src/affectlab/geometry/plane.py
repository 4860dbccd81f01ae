"""The words in a plane: the first principal axes, and UMAP.

UMAP compiles itself for about as long as the rest of a map takes, so it can do so in a process of its own:
`python plane.py FOLDER SEED` puts the places of FOLDER/points.npy into FOLDER/places.npy.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from affectlab.core import Doubles

NEIGHBOURS = 15
"""How many neighbours of each word UMAP tries to keep."""
POINTS, PLACES = "points.npy", "places.npy"
NONE = subprocess.DEVNULL


def umap_places(points: Doubles, *, seed: int = 0) -> Doubles:
    """Places [words, 2] by UMAP of points [words, axes], the same for the same seed; it starts from the first two axes.

    Near words stay near; distances between far groups mean little. It compiles itself on first use, for some seconds.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it tells of TensorFlow, which a part that is not used would need
        from sklearn.metrics import pairwise_distances  # noqa: PLC0415 - they take seconds to load
        from umap import UMAP  # noqa: PLC0415

    spread = np.abs(points[:, :2]).max()
    start = np.ascontiguousarray(points[:, :2] / (spread if spread > 0 else 1.0) * 10, dtype=np.float32)
    neighbours = min(NEIGHBOURS, len(points) - 1)
    # Given the nearest, it need not compile its own search for them, which is a third of its time.
    distances = pairwise_distances(points)
    nearest = distances.argsort(axis=1, kind="stable")[:, :neighbours]
    known = (nearest, np.take_along_axis(distances, nearest, axis=1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it tells that other points cannot be added later
        reducer = UMAP(n_neighbors=neighbours, init=start, random_state=seed, n_jobs=1, precomputed_knn=known)
        return np.asarray(reducer.fit_transform(points), dtype=np.float64)


@contextmanager
def placing(points: Doubles, *, seed: int = 0) -> Iterator[Callable[[], Doubles]]:
    """The same, begun at once in a process of its own; call what is given for the places."""
    with tempfile.TemporaryDirectory(prefix="affectlab-") as name:
        folder = Path(name)
        np.save(folder / POINTS, points)
        # As a file, and not as a part of this package, which would load torch; -P keeps its neighbours out of the path.
        program = [sys.executable, "-P", __file__, name, str(seed)]
        process = subprocess.Popen(program, stdin=NONE, stdout=NONE, stderr=NONE)

        def places() -> Doubles:
            # Where it fails, this one tells why.
            done = process.wait() == 0
            return np.asarray(np.load(folder / PLACES)) if done else umap_places(points, seed=seed)

        try:
            yield places
        finally:
            process.kill()
            process.wait()


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    np.save(folder / PLACES, umap_places(np.load(folder / POINTS), seed=int(sys.argv[2])))
