"""Running rows that need logits: scoring what is given, and generating with a cache.

1. Given tokens are run once, padded on the left so that all rows end together.
2. A token is chosen per row; each row draws from a generator of its own, so the batch does not change its draws.
3. Only the new token is run, against the cache; its position is absolute, so steering by position goes on.
4. Rows that ended leave the batch.
Without a cache the whole sequence is run at every step: slow, and the oracle.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from affectlab.core import Bools, Ints
from affectlab.errors import ActivationError
from affectlab.models.base import Event, Reason, Row, RowEnd, Sampling, TokenEvent
from affectlab.models.hf.batch import BatchReadings, BatchSteering, padded
from affectlab.models.hf.sampling import choose
from affectlab.models.network.hooks import forward

if TYPE_CHECKING:
    from affectlab.models.hf.model import HFModel


class Decoding:
    """One batch on its way: the rows still active, what they have so far, and the cache."""

    def __init__(self, model: HFModel, rows: Sequence[Row]) -> None:
        self.model, self.rows = model, rows
        self.steering, self.readings = BatchSteering(rows), BatchReadings(rows)
        self.active: Ints = np.arange(len(rows))
        self.sequences = [list(row.tokens) for row in rows]
        self.samplings = [row.sampling or Sampling(1) for row in rows]
        self.draws = [np.random.default_rng(sampling.seed) for sampling in self.samplings]
        self.ids, self.positions = padded([row.tokens for row in rows], "left")
        self.new = self.ids.shape[1]
        self.candidates: list[tuple[float, ...]] = []
        self.waiting: dict[int, TokenEvent] = {}
        self.cache = model.new_cache() if any(row.sampling for row in rows) else None

    def events(self) -> Iterator[Event]:
        logits = self._run(keep=self.new if any(row.logprobs for row in self.rows) else 1)
        yield from self._given(logits)
        self.candidates = self._candidates(logits[:, -1])
        scored: dict[int, Reason] = {index: "given" for index, row in enumerate(self.rows) if row.sampling is None}
        yield from self._retire(scored)
        last = logits[:, -1][torch.from_numpy(self.active)]
        while len(self.active):
            yield from self._choose(last)
            if len(self.active):
                self._append()
                last = self._run(keep=1)[:, -1]
                yield from self._read_back()

    def _choose(self, last: Float[Tensor, "rows vocabulary"]) -> Iterator[Event]:
        """Choose a token for every active row. A token whose reading is wanted is told once it has been run."""
        chosen = choose(last, [self.samplings[i] for i in self.active], [self.draws[i] for i in self.active])
        ended: dict[int, Reason] = {}
        for index, (token, logprob) in zip(self.active.tolist(), chosen, strict=True):
            row, sequence = self.rows[index], self.sequences[index]
            event = TokenEvent(index, len(sequence), token, True, logprob, None)
            sequence.append(token)
            reason = self._reason(row, sequence, token)
            if reason:
                ended[index] = reason
            if reason or row.readout is None:
                yield event
            else:
                self.waiting[index] = event
        yield from self._retire(ended)

    def _run(self, keep: int) -> Float[Tensor, "rows kept vocabulary"]:
        """One forward pass over the tokens that are new (all of them, without a cache)."""
        fed = self.ids[:, -self.new :] if self.cache is not None else self.ids
        positions = self.positions[:, -self.new :] if self.cache is not None else self.positions
        fresh = np.zeros(positions.shape, dtype=np.bool_)
        fresh[:, -self.new :] = True
        edits = self.steering.edits(positions, self.active, fresh)
        inputs = self.model.inputs(fed, positions, seen=self.positions, cache=self.cache, keep=keep)
        with torch.inference_mode():
            output = forward(self.model.network, self.model.structure, inputs, edits=edits, reads=self.readings.reads())
        logits: Tensor = output.logits[:, -keep:].float()
        # One value that is not finite makes the sum such a one; looking at each takes far longer.
        if not bool(torch.isfinite(logits[:, -1].sum())):
            raise ActivationError("the model's logits are not finite", fix="load it in float32, or steer less")
        return logits

    def _append(self) -> None:
        """Make the token chosen last, of every active row, the one to be run next."""
        tokens = np.array([[self.sequences[i][-1]] for i in self.active], dtype=np.int64)
        places = np.array([[len(self.sequences[i]) - 1] for i in self.active], dtype=np.int64)
        self.ids, self.positions = np.hstack([self.ids, tokens]), np.hstack([self.positions, places])
        self.new = 1

    def _retire(self, ended: Mapping[int, Reason]) -> Iterator[RowEnd]:
        """Take rows that ended out of the batch and tell of their end."""
        if not ended:
            return
        keep = _closed_up(np.isin(self.active, list(ended)))
        self.active, self.ids, self.positions = self.active[keep], self.ids[keep], self.positions[keep]
        if self.cache is not None and len(keep):
            with torch.inference_mode():
                self.cache.batch_select_indices(torch.from_numpy(keep))
        for index, reason in ended.items():
            yield RowEnd(index, reason, self.steering.receipt(index), self.candidates[index])

    def _given(self, logits: Tensor) -> Iterator[TokenEvent]:
        """Events of the given tokens of rows that asked something of them."""
        longest = self.ids.shape[1]
        for index, row in enumerate(self.rows):
            if not row.logprobs and row.readout is None:
                continue
            begin = longest - len(row.tokens)
            logprobs: list[float | None] = [None] * len(row.tokens)
            if row.logprobs and len(row.tokens) > 1:
                table = torch.log_softmax(logits[index, begin - longest : -1], dim=-1)
                wanted = torch.tensor(row.tokens[1:], device=table.device)[:, None]
                logprobs[1:] = table.gather(1, wanted)[:, 0].tolist()
            scores = self.readings.scores(row, index, slice(begin, longest))
            for position, token in enumerate(row.tokens):
                read = None if scores is None else scores[position]
                yield TokenEvent(index, position, token, False, logprobs[position], read)

    def _read_back(self) -> Iterator[TokenEvent]:
        """Readings of generated tokens, known once they have been run."""
        for line, index in enumerate(self.active.tolist()):
            event = self.waiting.pop(index, None)
            if event is not None:
                scores = self.readings.scores(self.rows[index], line, slice(-1, None))
                yield event._replace(scores=None if scores is None else scores[0])

    def _candidates(self, last: Float[Tensor, "rows vocabulary"]) -> list[tuple[float, ...]]:
        table = [
            torch.log_softmax(line, dim=-1) if row.candidates else None
            for line, row in zip(last, self.rows, strict=True)
        ]
        return [
            () if line is None else tuple(float(line[token]) for token in row.candidates)
            for line, row in zip(table, self.rows, strict=True)
        ]

    def _reason(self, row: Row, sequence: list[int], token: int) -> Reason | None:
        """Why the row ends with this token, if it does."""
        assert row.sampling is not None
        if token in row.sampling.stop or (token in self.model.ends and not row.sampling.ignore_end):
            return "stop"
        return "length" if len(sequence) - len(row.tokens) >= row.sampling.max_tokens else None


def _closed_up(ended: Bools) -> Ints:
    """The lines that go on: those from the end take the places of lines that ended, so that few are moved."""
    left = len(ended) - int(ended.sum())
    lines = np.arange(left)
    lines[ended[:left]] = left + np.flatnonzero(~ended[left:])
    return lines
