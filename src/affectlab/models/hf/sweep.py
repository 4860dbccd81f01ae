"""Many rows under many vectors, with what they share run once.

1. Rows that begin alike, and are steered alike there, are packed into one sequence (`models.packs`).
2. A pack goes up to the first steered site once; what stands there serves every vector.
3. From there on a batch is one pack under many vectors.
Both shortcuts are proved on the network before they are used, and one that does not hold is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from affectlab.core import Bools, Floats, Steer, Tokens, default_layer
from affectlab.errors import ActivationError
from affectlab.models.base import Row, check_rows
from affectlab.models.batches import run_batches
from affectlab.models.hf.memory import reported
from affectlab.models.lanes import on_lanes
from affectlab.models.network.hooks import Edit, Resume, forward
from affectlab.models.network.proof import proof_tokens, tolerance
from affectlab.models.packs import TOKENS_A_PACK, Pack, pack
from affectlab.models.verbs import choose

if TYPE_CHECKING:
    from affectlab.models.hf.model import HFModel

LOGITS_AT_ONCE = 1 << 26
"""Numbers; a large vocabulary would fill the memory otherwise."""


class Shortcuts(NamedTuple):
    """What a network was shown to allow."""

    resume: bool
    """To go on from a known stream, without the blocks below it."""
    branches: bool
    """To have several continuations in one sequence, each seeing what is shared and itself."""

    def __str__(self) -> str:
        told = {"blocks below the first steered one": self.resume, "common beginnings": self.branches}
        return " and ".join(name for name, holds in told.items() if holds) + " run once" if any(self) else "none"


def shortcuts(model: HFModel) -> Shortcuts:
    """Try them on a few tokens, beside the plain way. A network may also raise when it is asked for something it
    cannot do; then the shortcut is not for it."""
    for tried in (Shortcuts(True, True), Shortcuts(True, False), Shortcuts(False, True)):
        try:
            if _holds(model, tried):
                return tried
        except Exception:  # whatever a foreign network raises, it says that this is not the way to run it
            continue
    return Shortcuts(False, False)


def _holds(model: HFModel, tried: Shortcuts) -> bool:
    """Whether rows that part, under vectors that differ, get the log-probabilities that they get one by one."""
    a = proof_tokens(model.vocabulary)[0].tolist()
    rows = [Row(tuple(tokens)) for tokens in (a, [*a[:4], a[1], a[0]], [*a[:4], a[1]], a[::-1])]
    site = default_layer(model.blocks)
    drawn = np.random.default_rng(0).standard_normal((2, 1, model.width)).astype(np.float32)
    norm = _stream_norm(model, rows[0], site) / np.linalg.norm(drawn[0])
    steers = [None, *(Steer((site,), norm * delta, Tokens("from", 2)) for delta in drawn)]
    candidates = np.linspace(0, model.vocabulary - 1, 64).astype(int).tolist()
    plain = np.stack([choose(model, [replace(row, steer=steer) for row in rows], candidates) for steer in steers])
    found = Sweep(model, rows, steers, candidates, tried).run()
    allowed = 30 * tolerance(model.network.dtype) * max(1.0, float(np.abs(plain).max()))
    told_apart = min(float(np.abs(plain[0] - one).max()) for one in plain[1:]) > 4 * allowed
    return told_apart and float(np.abs(found - plain).max()) <= allowed


def _stream_norm(model: HFModel, row: Row, site: int) -> float:
    norms: list[float] = []
    ids = torch.tensor([row.tokens], device=model.device)
    reads = {site: lambda stream: norms.append(float(stream.float().norm(dim=-1).mean()))}
    with torch.inference_mode():
        forward(model.network, model.structure, {"input_ids": ids, "use_cache": False}, reads=reads, stop_after=site)
    return norms[0]


@dataclass(frozen=True, eq=False)
class Sweep:
    """Every row under every steering, and of which tokens the log-probabilities are wanted."""

    model: HFModel
    rows: Sequence[Row]
    steers: Sequence[Steer | None]
    candidates: Sequence[int]
    shortcuts: Shortcuts
    selectors: tuple[Tokens, ...] = field(init=False)
    sites: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        given = [steer for steer in self.steers if steer is not None]
        selectors = tuple(dict.fromkeys(steer.tokens for steer in given))
        object.__setattr__(self, "selectors", selectors)
        object.__setattr__(self, "sites", tuple(sorted({site for steer in given for site in steer.sites})))
        asked = [replace(row, steer=None, sampling=None, candidates=tuple(self.candidates)) for row in self.rows]
        check_rows(asked, self.model)
        for selector in selectors:
            one = next(steer for steer in given if steer.tokens == selector)
            check_rows([replace(row, steer=one) for row in asked], self.model)
        check_rows([replace(asked[0], steer=steer) for steer in given] if asked else [], self.model)

    def run(self) -> Floats:
        """Log-probabilities [steers, rows, candidates]."""
        found = np.zeros((len(self.steers), len(self.rows), len(self.candidates)), dtype=np.float32)
        packs = pack(self._keys, room=self._room, branches=self.shortcuts.branches)
        for _ in on_lanes(self.model, packs, lambda lane, packed: OnePack(self, lane, packed, found).run()):
            pass
        return found

    @property
    def _room(self) -> int:
        """A mask of our own takes the place of a window, so what is packed must fit into the window anyway."""
        config = self.model.network.config.get_text_config(decoder=True)
        windows = [getattr(config, name, None) for name in ("sliding_window", "attention_chunk_size")]
        return min([TOKENS_A_PACK, *(int(window) for window in windows if window)])

    @cached_property
    def _keys(self) -> list[list[tuple[int, ...]]]:
        """Each token with which selectors cover it: what rows must have in common to be run as one."""
        return [
            [(token, *map(int, covered)) for token, covered in zip(row.tokens, covers.T, strict=True)]
            for row, covers in zip(self.rows, self.covers, strict=True)
        ]

    @cached_property
    def covers(self) -> list[Bools]:
        """Per row, which tokens each selector covers, [selectors, tokens]."""
        found = []
        for row in self.rows:
            places = np.arange(len(row.tokens))
            covered = [selector.cover(places, row.marks) for selector in self.selectors]
            found.append(np.array(covered, dtype=np.bool_).reshape(len(covered), len(places)))
        return found

    @cached_property
    def tables(self) -> Mapping[int, Tensor]:
        """By site, what each steering adds there, [steers, width]."""
        return {site: self._table(site) for site in self.sites}

    def _table(self, site: int) -> Tensor:
        table = np.zeros((len(self.steers), self.model.width), dtype=np.float32)
        for line, steer in zip(table, self.steers, strict=True):
            if steer is not None and site in steer.sites:
                line[:] = steer.deltas[steer.sites.index(site)]
        return torch.from_numpy(table).to(self.model.device, self.model.network.dtype)


class OnePack:
    """One pack under all vectors, as many at a time as fit."""

    def __init__(self, sweep: Sweep, model: Any, packed: Pack, found: Floats) -> None:
        self.sweep, self.model, self.packed, self.found = sweep, model, packed, found
        device = self.model.device
        rows = [sweep.rows[row].tokens for row in packed.rows]
        tokens = list(zip(packed.owners.tolist(), packed.places.tolist(), strict=True))
        self.ids = torch.tensor([[rows[owner][place] for owner, place in tokens]], device=device)
        covers = [sweep.covers[row] for row in packed.rows]
        covered = np.stack([covers[owner][:, place] for owner, place in tokens], axis=1)
        self.covered = torch.from_numpy(covered).to(device)
        self.kept = sorted(set(packed.ends))

    def run(self) -> Iterator[None]:
        many = len(self.sweep.steers)
        with torch.inference_mode(), reported(many):
            resume = self._lower() if self.sweep.shortcuts.resume and self.sweep.sites else None
        logits = (len(self.kept) if self._keeps else len(self.packed)) * self.model.vocabulary
        step = max(1, min(self.model.budget // len(self.packed), LOGITS_AT_ONCE // logits))
        chunks = [tuple(range(first, min(first + step, many))) for first in range(0, many, step)]
        run_batches(chunks, lambda chunk: self._upper(chunk, resume))
        yield None

    @property
    def _keeps(self) -> bool:
        return "logits_to_keep" in self.model.accepts

    def _lower(self) -> Resume:
        """Once up to the first steered site."""
        site, streams = self.sweep.sites[0], list[Tensor]()
        forward(
            self.model.network, self.model.structure, self._inputs(1), reads={site: streams.append}, stop_after=site
        )
        return Resume(site, streams[0])

    def _upper(self, chunk: tuple[int, ...], resume: Resume | None) -> None:
        """These steerings, from there on."""
        if resume is not None:
            resume = Resume(resume.site, resume.stream.expand(len(chunk), -1, -1))
        inputs = self._inputs(len(chunk))
        if self._keeps:
            inputs["logits_to_keep"] = torch.tensor(self.kept, device=self.model.device)
        with torch.inference_mode(), reported(len(chunk)):
            output = forward(
                self.model.network, self.model.structure, inputs, edits=dict(self._edits(chunk)), resume=resume
            )
            logits = (output.logits if self._keeps else output.logits[:, self.kept]).float()
            if not bool(torch.isfinite(logits).all()):
                raise ActivationError("the model's logits are not finite", fix="load it in float32, or steer less")
            wanted = torch.log_softmax(logits, dim=-1)[..., list(self.sweep.candidates)].cpu().numpy()
        ends = [self.kept.index(end) for end in self.packed.ends]
        self.found[np.ix_(chunk, self.packed.rows)] = wanted[:, ends]

    def _inputs(self, count: int) -> dict[str, object]:
        found: dict[str, object] = {"input_ids": self.ids.expand(count, -1), "use_cache": False}
        if self.packed.branched:
            places = torch.from_numpy(self.packed.places).to(self.model.device)
            found["position_ids"] = places[None].expand(count, -1)
            found["attention_mask"] = self._mask.expand(count, -1, -1, -1)
        return found

    @cached_property
    def _mask(self) -> Tensor:
        sees = torch.from_numpy(self.packed.sees()).to(self.model.device)
        dtype = self.model.network.dtype
        unseen = torch.full((), torch.finfo(dtype).min, dtype=dtype, device=self.model.device)
        return torch.where(sees, unseen.new_zeros(()), unseen)[None, None]

    def _edits(self, chunk: tuple[int, ...]) -> Iterator[tuple[int, Edit]]:
        """At every site, each steering's vector on the tokens that its selector covers."""
        given = [self.sweep.steers[line] for line in chunk]
        if all(steer is None for steer in given) or not self.covered.any():
            return
        selectors = [0 if steer is None else self.sweep.selectors.index(steer.tokens) for steer in given]
        covered = self.covered[selectors][..., None]
        for site, table in self.sweep.tables.items():
            added = table[list(chunk)][:, None]

            def edit(stream: Tensor, added: Tensor = added) -> Tensor:
                return stream + torch.where(covered.to(stream.device), added.to(stream.device), 0.0)

            yield site, edit
