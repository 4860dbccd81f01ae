"""What the tokens of a text are to a model before any of them has seen another: the mean of their embeddings.

A model shows its residual stream after blocks and not its embeddings, so an embedding is here what block 0 gives for a
token that is run alone. It depends on the token and on nothing else, which the stream of a text at block 0 does not.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csc_array

from affectlab.core import Doubles, Floats, Ints
from affectlab.errors import InputError
from affectlab.models.base import Model, Row
from affectlab.models.batches import plan_batches, run_batches
from affectlab.vectors.moments import TextMeans
from affectlab.vectors.texts import ENCODED_AT_ONCE


def mean_embeddings(model: Model, texts: Sequence[str], start: int) -> Floats:
    """The mean embedding [texts, width] over the tokens that an extraction counts: those from position `start` on.

    Every token is run once, however many texts have it, and what comes back is added up at once: of the states of all
    tokens no more than a batch is ever held.
    """
    if not texts:
        return np.zeros((0, model.width), dtype=np.float32)
    used = _counted(model, texts, start)
    lengths = np.array([len(tokens) for tokens in used], dtype=np.int64)
    tokens, places = np.unique(np.concatenate(used), return_inverse=True)
    rows = np.repeat(np.arange(len(used)), lengths)
    shares = csc_array((1 / lengths[rows], (rows, places)), shape=(len(used), len(tokens)))
    found: Doubles = np.zeros((len(used), model.width))
    reducer = TextMeans((0,), 0)

    def run(batch: tuple[int, ...]) -> None:
        for _ in model.run([Row((int(tokens[place]),)) for place in batch], reducer):
            pass
        found[:] += np.asarray(shares[:, list(batch)] @ reducer.means[:, 0])

    run_batches(plan_batches(np.ones_like(tokens), model.budget).batches, run)
    return found.astype(np.float32)


def _counted(model: Model, texts: Sequence[str], start: int) -> list[Ints]:
    """The tokens of each text from a position on, up to what the model can see."""
    found = []
    for begin in range(0, len(texts), ENCODED_AT_ONCE):
        for tokens in model.tokenizer.encode_many(texts[begin : begin + ENCODED_AT_ONCE]):
            found.append(np.array(tokens[start : model.context], dtype=np.int64))
    if short := [place for place, tokens in enumerate(found) if not len(tokens)]:
        raise InputError(
            "these are not the texts that were extracted",
            where=f"sampled story {short[0]}",
            expected=f"more than {start} tokens, of which those from position {start} on count",
            found=f"{len(short)} shorter texts",
            fix="give the corpus that the vectors come from",
        )
    return found
