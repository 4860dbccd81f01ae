"""What the bare words know: the same geometry, of words that have seen no story.

Much of how emotion vectors lie is there in the bare words already, so scores of the map stand beside theirs.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from affectlab.core import Floats
from affectlab.errors import InputError
from affectlab.models.base import Model, Row
from affectlab.models.batches import run_batches
from affectlab.vectors.moments import PooledTokens

BATCH = 32


def bare_word_vectors(model: Model, emotions: Sequence[str]) -> Floats:
    """A vector [emotions, width] of each bare word, less the mean of all: the mean over its tokens after block 0.

    A model shows its residual stream after blocks and not its embeddings: block 0 of a bare word is the nearest to
    them, and is named as what it is. Tokens that stand for no text of the word, such as the one that opens a sequence,
    are left out.
    """
    rows, pools = [], []
    for word in emotions:
        tokens = model.tokenizer.encode(word)
        own = sum(end > first for first, end in model.tokenizer.encode_marked(word)[1])
        if not own:
            raise InputError("the model has no token for this word", where=repr(word), found=f"{len(tokens)} tokens")
        rows.append(Row(tokens))
        pools.append((np.arange(len(tokens)) >= len(tokens) - own)[None])
    reducer = PooledTokens((0,), pools, None, unit=False)
    found = np.zeros((len(rows), model.width), dtype=np.float32)

    def run(batch: tuple[int, ...]) -> None:
        reducer.pools = [pools[row] for row in batch]
        for _ in model.run([rows[row] for row in batch], reducer):
            pass
        for row, means in zip(batch, reducer.means, strict=True):
            found[row] = means[0, 0]

    places = tuple(range(len(rows)))
    run_batches([places[first : first + BATCH] for first in range(0, len(rows), BATCH)], run, lambda batch: None)
    return np.asarray(found - found.mean(axis=0), dtype=np.float32)
