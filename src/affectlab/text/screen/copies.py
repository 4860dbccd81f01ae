"""Near-duplicates: texts that share most of their pairs of neighbouring words.

1. A text is the set of its pairs of neighbouring words. How alike two texts are is the share of pairs they have in
   common (Jaccard).
2. MinHash estimates that share from 128 numbers per text, with a standard error of at most 0.044.
3. An index of bands (MinHashLSH) finds the earlier texts that may be alike, and the estimate decides.

At 0.5 stands the border between two sorts of likeness. A copy with every tenth word changed at random shares 0.68 of
its pairs (0.63 to 0.72), with every twentieth 0.82. Pocket's stories, put together from one bank of sentences, share
whole sentences: of 2,052, 99 % have no other beyond 0.28, and the most alike pair has 0.54. So 99 % of such copies are
found, and of pocket's own stories 1 in 2,052 at most, 2 of 20,520 and 103 of 205,200 are rejected. Single words would
leave less room (0.80 against 0.42), runs of three words lose copies sooner (0.57 against 0.23).
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
from datasketch import MinHash, MinHashLSH

ALIKE = 0.5
"""From this share of common pairs on, a text is a copy."""

NUMBERS = 128
"""Numbers in a sketch."""

BANDS, BAND = 8, 2
"""Bands of the index, and numbers in each. A copy with a tenth of its words changed is among the candidates with a
probability of 0.99; more bands would cost 0.3 KB of memory per text each."""

SEED = 1
_FIRST_ROOM = 1024


class Alike(NamedTuple):
    """The earlier text that is most alike, and the estimated share of common pairs."""

    id: str
    share: float


class Copies:
    """Sketches of the texts seen so far, about 2 KB each."""

    def __init__(self) -> None:
        self._index = MinHashLSH(num_perm=NUMBERS, params=(BANDS, BAND))
        self._empty = MinHash(num_perm=NUMBERS, seed=SEED, hashfunc=crc32, scheme="affine32")
        self._sketches = np.empty((_FIRST_ROOM, NUMBERS), dtype=np.uint32)
        self._ids: list[str] = []

    def sketch(self, words: list[str]) -> Any:
        """The sketch of a text that has these words."""
        pairs = {" ".join(pair).encode() for pair in pairwise(words)}
        sketch = self._empty.copy()
        sketch.update_batch(pairs or {" ".join(words).encode()})
        return sketch

    def like(self, sketch: Any) -> Alike | None:
        """The earlier text that this one is a copy of, None if it is none. Of equals the first id of the alphabet."""
        found = np.array(self._index.query(sketch), dtype=np.int64)
        if not found.size:
            return None
        shares = (self._sketches[found] == sketch.hashvalues).mean(axis=1)
        share = shares.max()
        if share < ALIKE:
            return None
        return Alike(min(self._ids[place] for place in found[shares == share]), float(share))

    def add(self, id: str, sketch: Any) -> None:
        place = len(self._ids)
        if place == len(self._sketches):
            self._sketches = np.concatenate([self._sketches, np.empty_like(self._sketches)])
        self._sketches[place] = sketch.hashvalues
        self._index.insert(place, sketch, check_duplication=False)
        self._ids.append(id)
