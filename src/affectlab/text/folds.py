"""Which texts are held out together: ten folds by topic, so that no topic is both learned from and judged on.

1. If every row names its fold, that is the fold.
2. Topics are sorted by their hash and dealt in turn over min(10, topics) folds. The topics of stories are dealt first,
   so that neutral rows added beside them change no story's fold.
3. With fewer than three topics, folds go by the hash of the text.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from affectlab.core import Bools, Ints

FOLDS = 10
"""How many folds there are at most."""

FEWEST_TOPICS = 3
"""With fewer topics than this, folds cannot go by topic."""

GIVEN = "given"
BY_TOPIC = "topic"
BY_EACH_TOPIC = "topics (fewer than ten)"
BY_TEXT = "text hash (fewer than three topics)"


class Folds(NamedTuple):
    """The fold of every row, and by which rule it was chosen."""

    folds: Ints
    rule: str


def folds_by_topic(topics: Ints, names: list[str], stories: Bools, texts: NDArray[np.uint64]) -> Folds:
    """The fold of every row from its topic (an index into `names`), or from its text's hash where topics are too few.

    >>> folds_by_topic(np.arange(4), ["tea", "rain", "keys", "bread"], np.ones(4, bool), np.zeros(4, np.uint64)).rule
    'topics (fewer than ten)'
    """
    leading = set(np.unique(topics[stories] if stories.any() else topics).tolist())
    if len(leading) < FEWEST_TOPICS:
        return Folds((texts % np.uint64(FOLDS)).astype(np.int64), BY_TEXT)
    dealt = sorted(dealing_order(names), key=lambda topic: topic not in leading)
    count = min(FOLDS, len(leading))
    fold_of = np.empty(len(names), dtype=np.int64)
    fold_of[dealt] = np.arange(len(names)) % count
    return Folds(fold_of[topics], BY_TOPIC if count == FOLDS else BY_EACH_TOPIC)


def dealing_order(names: Sequence[str]) -> list[int]:
    """Topics by their hash: neighbours in this order are dealt to different folds."""
    return sorted(range(len(names)), key=lambda topic: sha256(names[topic].encode()).digest())
