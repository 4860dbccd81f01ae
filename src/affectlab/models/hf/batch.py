"""One batch of rows on a device: which vector goes to which token, what was touched, what is read.

Steering is an index, not a branch: per steered site a table of vectors whose row 0 is zero, and one slot per token.
Rows with different vectors and strengths share a batch at the cost of one gather and one addition.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from affectlab.core import Bools, Floats, Ints, Readout, Receipt
from affectlab.errors import ActivationError
from affectlab.models.base import Row, Tally
from affectlab.models.network.hooks import Edit, Read


def padded(rows: Sequence[tuple[int, ...]], side: str) -> tuple[Ints, Ints]:
    """Token ids and absolute positions [rows, longest]; padding has position -1."""
    longest = max(len(tokens) for tokens in rows)
    ids = np.zeros((len(rows), longest), dtype=np.int64)
    positions = np.full((len(rows), longest), -1, dtype=np.int64)
    for index, tokens in enumerate(rows):
        place = slice(0, len(tokens)) if side == "right" else slice(longest - len(tokens), longest)
        ids[index, place] = tokens
        positions[index, place] = np.arange(len(tokens))
    return ids, positions


class BatchSteering:
    """Tables, slots and counts of the steered rows of one batch."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows
        self.tallies: list[Tally | None] = [None if row.steer is None else Tally(row.steer) for row in rows]
        self.sites = tuple(sorted({site for row in rows if row.steer for site in row.steer.sites}))
        slots: dict[tuple[tuple[int, ...], bytes], int] = {}
        self._slot_of_row = np.zeros(len(rows), dtype=np.int64)
        distinct = []
        for index, row in enumerate(rows):
            if row.steer is None:
                continue
            key = (row.steer.sites, row.steer.deltas.tobytes())
            if key not in slots:
                slots[key] = len(slots) + 1
                distinct.append(row.steer)
            self._slot_of_row[index] = slots[key]
        self._host = {}
        for site in self.sites:
            table = np.zeros((len(distinct) + 1, distinct[0].deltas.shape[1]), dtype=np.float32)
            for slot, steer in enumerate(distinct, start=1):
                if site in steer.sites:
                    table[slot] = steer.deltas[steer.sites.index(site)]
            self._host[site] = torch.from_numpy(table)
        self._tables: dict[int, Tensor] = {}
        self._sums: dict[int, Tensor] = {}

    def slots(self, positions: Ints, active: Ints) -> Ints:
        """The slot of every token: that of its row where the selector covers it, else 0."""
        found = np.zeros(positions.shape, dtype=np.int64)
        for line, index in enumerate(active):
            row = self.rows[index]
            if row.steer is not None:
                covered = row.steer.tokens.cover(positions[line], row.marks) & (positions[line] >= 0)
                found[line, covered] = self._slot_of_row[index]
        return found

    def edits(self, positions: Ints, active: Ints, fresh: Bools) -> Mapping[int, Edit]:
        """The edits of one forward pass. Tokens that are not `fresh` are run again, and counted once."""
        slots = self.slots(positions, active)
        if not slots.any():
            return {}
        for line, index in enumerate(active):
            tally = self.tallies[index]
            if tally is not None:
                tally.tokens += int(((slots[line] > 0) & fresh[line]).sum())
        arrays = torch.from_numpy(slots), torch.from_numpy((slots > 0) & fresh), torch.from_numpy(active)
        return {site: partial(self._add, site, *arrays) for site in self.sites}

    def _add(
        self, site: int, slots: Tensor, counted: Tensor, active: Tensor, stream: Float[Tensor, "batch tokens width"]
    ) -> Float[Tensor, "batch tokens width"]:
        """The stream with every token's vector added; what that did to it and to its norm is counted."""
        if site not in self._tables:
            self._tables[site] = self._host[site].to(stream.device, stream.dtype)
            self._sums[site] = torch.zeros(2, len(self.rows), device=stream.device)
        steered: Tensor = stream + self._tables[site][slots.to(stream.device)]
        done = torch.stack([_norms(steered) - _norms(stream), _norms(steered - stream)])
        done = torch.where(counted.to(stream.device), done, 0.0).sum(dim=2)
        self._sums[site].index_add_(1, active.to(stream.device), done)
        return steered

    def receipt(self, index: int) -> Receipt | None:
        tally = self.tallies[index]
        if tally is None:
            return None
        for place, site in enumerate(tally.steer.sites):
            if site in self._sums:
                tally.change[place], tally.moved[place] = self._sums[site][:, index].tolist()
        return tally.receipt()


def _norms(stream: Float[Tensor, "batch tokens width"]) -> Float[Tensor, "batch tokens"]:
    found: Tensor = torch.linalg.vector_norm(stream, dim=-1, dtype=torch.float32)
    return found


class BatchReadings:
    """The readouts of one batch, applied where the stream is."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.readouts: dict[int, Readout] = {id(row.readout): row.readout for row in rows if row.readout is not None}
        self.sites = tuple(sorted({site for readout in self.readouts.values() for site in readout.sites}))
        self._probes: dict[tuple[int, int], tuple[Tensor, Tensor | None]] = {}
        self._scores: dict[tuple[int, int], Tensor] = {}

    def reads(self) -> dict[int, Read]:
        return {site: partial(self._read, site) for site in self.sites}

    def _read(self, site: int, stream: Float[Tensor, "batch tokens width"]) -> None:
        for key, readout in self.readouts.items():
            if site in readout.sites:
                self._scores[key, site] = self._apply(key, readout, site, stream.float())

    def _apply(self, key: int, readout: Readout, site: int, stream: Tensor) -> Tensor:
        if (key, site) not in self._probes:
            index = readout.sites.index(site)
            center = None if readout.center is None else torch.from_numpy(readout.center[index]).to(stream.device)
            self._probes[key, site] = torch.from_numpy(readout.probes[index]).to(stream.device), center
        probes, center = self._probes[key, site]
        shifted = stream if center is None else stream - center
        scores = shifted @ probes.T
        return scores / _norms(shifted)[..., None] if readout.unit else scores

    def scores(self, row: Row, line: int, where: Any) -> Floats | None:
        """Scores of the tokens `where` of line `line` of the last pass, [tokens, sites, probes]."""
        if row.readout is None:
            return None
        sites = [self._scores[id(row.readout), site][line, where].cpu() for site in row.readout.sites]
        found: Floats = torch.stack(sites, dim=1).numpy()
        if not np.isfinite(found).all():
            raise ActivationError(
                "a reading is not finite",
                where=f"layers {row.readout.sites}",
                fix="load the model in float32 or bfloat16",
            )
        return found
