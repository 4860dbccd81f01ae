"""Hidden states of chosen tokens, kept once, so that any number of vector sets can be read from them afterwards.

A check reads the same texts with the vectors, with those of shuffled labels and with random directions, at every
layer. The model runs once for all of it; a reading is then one product of a pooled state and a unit vector.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from affectlab.core import Bools, Convention, Floats
from affectlab.errors import InputError
from affectlab.models.base import Model, Row
from affectlab.models.batches import on_batches, plan_batches, reading_budget
from affectlab.models.chat import encode_chat
from affectlab.models.verbs import Prompt
from affectlab.vectors.moments import PooledTokens
from affectlab.vectors.read import text_row
from affectlab.vectors.vectorset import VectorForm, VectorSet


@dataclass(frozen=True, eq=False)
class Pooled:
    """Means of chosen tokens of each text as a convention sees them, [texts, pools, layers, width]."""

    states: Floats = field(repr=False)
    layers: tuple[int, ...]
    convention: Convention

    def readings(self, vectors: VectorSet, layer: int, *, pool: int = 0, form: VectorForm | None = None) -> Floats:
        """The mean reading of every emotion over a pool of each text, [texts, emotions]."""
        if layer not in self.layers:
            raise InputError("this layer was not kept", expected=f"one of {self.layers}", found=str(layer))
        found: Floats = self.states[:, pool, self.layers.index(layer)] @ vectors.units(layer, form).T
        return found


class PoolRow:
    """A row to run, and which of its tokens are pooled: boolean masks [pools, tokens], none of them empty."""

    def __init__(self, row: Row, pools: Sequence[Bools] | Bools) -> None:
        self.row, self.pools = row, np.asarray(pools, dtype=np.bool_)
        if self.pools.shape[1:] != (len(row.tokens),) or not self.pools.any(axis=1).all():
            raise InputError("a pool is a mask over the tokens of its row, and not empty", found=str(self.pools.shape))


def pooled(
    model: Model,
    vectors: VectorSet,
    rows: Sequence[PoolRow],
    *,
    layers: Sequence[int] | None = None,
    convention: Convention = Convention.CENTRED,
    progress: Callable[[int], None] = lambda done: None,
) -> Pooled:
    """Run the rows once and keep their pools at these layers (all that have vectors by default).

    `vectors` say which model it must be, and where the centre lies.
    """
    vectors.check_model(model)
    sites = tuple(sorted(set(layers))) if layers is not None else vectors.layers
    readout = vectors.readout(layers=sites, convention=convention)
    found: list[Floats] = [np.zeros(0, dtype=np.float32)] * len(rows)
    done = 0

    def run(lane: Model, batch: tuple[int, ...]) -> list[Floats]:
        reducer = PooledTokens(sites, [rows[row].pools for row in batch], readout.center, readout.unit)
        for _ in lane.run([rows[row].row for row in batch], reducer):
            pass
        return reducer.means

    lengths = np.array([len(one.row.tokens) for one in rows], dtype=np.int64)
    for batch, means in on_batches(model, plan_batches(lengths, reading_budget(model)).batches, run):
        for row, mean in zip(batch, means, strict=True):
            found[row] = mean
        done += len(batch)
        progress(done)
    return Pooled(np.stack(found), sites, convention)


def whole(model: Model, text: Prompt, *, start: int = 1) -> PoolRow:
    """A text with one pool: its tokens from `start` on (the last one, if it is shorter)."""
    row = text_row(model, text)
    return PoolRow(row, (np.arange(len(row.tokens)) >= min(start, len(row.tokens) - 1))[None])


def before_answer(model: Model, said: str) -> PoolRow:
    """What a human says, with two pools: the ":" before the answer, and the human's own words."""
    chat = encode_chat(model.tokenizer, [{"role": "user", "content": said}], generation=True)
    colon = np.arange(len(chat.tokens)) == chat.colon
    return PoolRow(Row(chat.tokens, turn=chat.assistant), np.stack([colon, chat.content]))


COLON, USER = 0, 1
"""The pools of `before_answer`."""
