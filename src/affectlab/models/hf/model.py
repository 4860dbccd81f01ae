"""The reference backend: any causal language model of Transformers, run exactly.

Rows of which only hidden states are wanted are padded on the right without a mask: a causal model cannot see what
comes later, so the padding changes nothing, the fast attention kernels stay on, and the forward stops after the last
block wanted. Rows that need logits are padded on the left (`decode`).
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property, partial
from typing import Any, Literal

import numpy as np
import torch

from affectlab.core import Floats, Ints, Steer
from affectlab.errors import UnsupportedModelError
from affectlab.models.base import Event, Identity, Model, Reducer, Row, RowEnd, TokenEvent, check_rows
from affectlab.models.hf.batch import BatchReadings, BatchSteering, padded
from affectlab.models.hf.cache import roomy_cache
from affectlab.models.hf.decode import Decoding
from affectlab.models.hf.identity import memory_digest
from affectlab.models.hf.memory import default_budget, reported
from affectlab.models.hf.sweep import Shortcuts, Sweep, shortcuts
from affectlab.models.hf.tokenizer import HFTokenizer
from affectlab.models.network.blocks import find_structure
from affectlab.models.network.hooks import Read, forward
from affectlab.models.network.proof import proof_tokens, prove

Padding = Literal["right", "left"]

NARROW = 1024
"""Up to this width a batch on each core is faster than one batch on all (docs/log.md)."""


class HFModel(Model):
    """A Transformers network behind the seam. Build it with `models.load`, or around a network you hold.

    `padding` and `cached` choose between ways that give the same numbers; tests use the slow ones as oracles. A `live`
    network may change, as one in training does: its weights are named anew whenever its identity is asked for.
    """

    tokenizer: HFTokenizer

    def __init__(
        self,
        network: Any,
        tokenizer: Any,
        identity: Identity,
        *,
        padding: Padding = "right",
        cached: bool = True,
        live: bool = False,
    ) -> None:
        config = network.config.get_text_config(decoder=True)
        if getattr(network.config, "is_encoder_decoder", False):
            raise UnsupportedModelError(
                "an encoder-decoder is not a causal language model",
                where=identity.id,
                fix="choose a decoder-only model",
            )
        self.network, self._live = network.eval(), live
        self.identity = identity
        self.tokenizer = HFTokenizer(tokenizer)
        self.padding, self.cached = padding, cached
        self.blocks, self.width = int(config.num_hidden_layers), int(config.hidden_size)
        self.vocabulary = int(config.vocab_size)
        self.context = getattr(config, "max_position_embeddings", None) or None
        self.device = network.get_input_embeddings().weight.device
        self.accepts = set(inspect.signature(network.forward).parameters)
        tokens = proof_tokens(self.vocabulary).to(self.device)
        self.structure = find_structure(network, self.blocks, self.width, tokens)
        self.facts: Mapping[str, str] = {
            **prove(network, self.structure, tokens),
            "dtype": str(network.dtype).removeprefix("torch."),
            "attention": str(getattr(network.config, "_attn_implementation", "unknown")),
            "device": str(self.device),
            "register": _register(network.config),
        }
        self.budget = default_budget(self.device, self.width, self.blocks, network.dtype)
        self.ends = _ends(network, self.tokenizer)

    @property
    def identity(self) -> Identity:
        return replace(self._identity, weights=memory_digest(self.network)) if self._live else self._identity

    @identity.setter
    def identity(self, identity: Identity) -> None:
        self._identity = identity

    def run(self, rows: Sequence[Row], reducer: Reducer | None = None) -> Iterator[Event]:
        check_rows(rows, self, reducer)
        if not rows:
            return
        with reported(len(rows)):
            if any(row.needs_logits for row in rows):
                yield from Decoding(self, rows).events()
            else:
                yield from self._read(rows, reducer)

    def _read(self, rows: Sequence[Row], reducer: Reducer | None) -> Iterator[Event]:
        """Rows of which only hidden states are wanted: one truncated pass."""
        lengths = [len(row.tokens) for row in rows]
        ids, positions = padded([row.tokens for row in rows], self.padding)
        steering, readings = BatchSteering(rows), BatchReadings(rows)
        reads = readings.reads()
        if reducer is not None:
            reducer.begin(range(len(rows)), lengths)
            reads = _with_reducer(reads, reducer, positions)
        sites = {*steering.sites, *reads}
        if sites:
            edits = steering.edits(positions, np.arange(len(rows)), positions >= 0)
            inputs = self.inputs(ids, positions, seen=positions, cache=None)
            with torch.inference_mode():
                forward(self.network, self.structure, inputs, edits=edits, reads=reads, stop_after=max(sites))
        if reducer is not None:
            reducer.end()
        for index, row in enumerate(rows):
            scores = readings.scores(row, index, positions[index] >= 0)
            if scores is not None:
                for position, token in enumerate(row.tokens):
                    yield TokenEvent(index, position, token, False, None, scores[position])
            yield RowEnd(index, "given", steering.receipt(index), ())

    def inputs(self, ids: Ints, positions: Ints, *, seen: Ints, cache: Any, keep: int | None = None) -> dict[str, Any]:
        """The arguments of one forward pass. A mask is passed only where padding stands before real tokens."""
        found: dict[str, Any] = {"input_ids": torch.from_numpy(ids).to(self.device), "use_cache": cache is not None}
        if (seen[:, 0] < 0).any():
            found["attention_mask"] = torch.from_numpy((seen >= 0).astype(np.int64)).to(self.device)
            if "position_ids" in self.accepts:
                found["position_ids"] = torch.from_numpy(positions.clip(min=0)).to(self.device)
        if cache is not None:
            found["past_key_values"] = cache
        if keep is not None and "logits_to_keep" in self.accepts:
            found["logits_to_keep"] = keep
        return found

    def new_cache(self) -> Any:
        return roomy_cache(self.network.config) if self.cached else None

    @property
    def at_once(self) -> int:
        """On a processor one for each of torch's threads: a narrow network's products are too small to be shared
        between cores."""
        return torch.get_num_threads() if self.device.type == "cpu" and self.width <= NARROW else 1

    @contextmanager
    def lanes(self) -> Iterator[Sequence[Model]]:
        """One of torch's threads for each; the caller has no more either until the lanes are closed."""
        threads, lanes = torch.get_num_threads(), self._twins(self.at_once)
        if len(lanes) > 1:
            torch.set_num_threads(1)
        try:
            yield lanes
        finally:
            torch.set_num_threads(threads)

    def _twins(self, count: int) -> tuple[HFModel, ...]:
        try:
            return (self, *(self._twin() for _ in range(count - 1)))
        except Exception:  # a foreign network may hold what cannot be copied
            return (self,)

    def _twin(self) -> HFModel:
        """The same weights in modules of its own, so that hooks and their lock are not shared."""
        shared = {id(tensor): tensor for tensor in (*self.network.parameters(), *self.network.buffers())}
        found = copy.copy(self)
        found.network = copy.deepcopy(self.network, shared)
        blocks = list(found.network.get_submodule(self.structure.path))[: self.blocks]
        found.structure = replace(self.structure, blocks=tuple(blocks))
        return found

    def sweep(self, rows: Sequence[Row], steers: Sequence[Steer | None], candidates: Sequence[int]) -> Floats | None:
        if not any(self.shortcuts):
            return None
        return Sweep(self, rows, steers, candidates, self.shortcuts).run()

    @cached_property
    def shortcuts(self) -> Shortcuts:
        """What a sweep may run once; tried when it is first asked for."""
        return shortcuts(self)

    def unembed(self, directions: Floats) -> Floats:
        """Put the directions in place of the last block's stream, so that they leave by the model's own way out."""
        directions = np.asarray(directions, dtype=np.float32)
        norms = np.linalg.norm(directions, axis=1, keepdims=True)
        scaled = np.vstack([np.zeros((1, self.width)), directions / np.maximum(norms, 1e-30) * self.width**0.5])
        out = []
        step = max(1, min(self.budget, self.context or self.budget))
        with torch.inference_mode():
            for begin in range(0, len(scaled), step):
                part = torch.from_numpy(scaled[begin : begin + step].astype(np.float32))[None]
                out.append(self._leave(part))
        logits = np.concatenate(out)
        return np.asarray(logits[1:] - logits[:1], dtype=np.float32)

    def _leave(self, stream: torch.Tensor) -> Floats:
        ids = torch.zeros(stream.shape[:2], dtype=torch.int64, device=self.device)
        edits = {self.blocks - 1: lambda old: stream.to(old.device, old.dtype)}
        output = forward(self.network, self.structure, {"input_ids": ids, "use_cache": False}, edits=edits)
        logits: Floats = output.logits[0].float().cpu().numpy()
        return logits


def _with_reducer(reads: dict[int, Read], reducer: Reducer, positions: Ints) -> dict[int, Read]:
    """Hand the reducer the streams of real tokens, one row after another."""
    real = torch.from_numpy(positions >= 0)
    whole = bool(real.all())

    def both(site: int, stream: torch.Tensor) -> None:
        if site in reads:
            reads[site](stream)
        if site in reducer.sites:
            reducer.add(site, stream.flatten(0, 1) if whole else stream[real.to(stream.device)])

    return {site: partial(both, site) for site in sorted({*reads, *reducer.sites})}


def _ends(network: Any, tokenizer: HFTokenizer) -> frozenset[int]:
    """Every token that ends a text, by the generation settings and by the tokenizer."""
    named = getattr(getattr(network, "generation_config", None), "eos_token_id", None)
    ends = named if isinstance(named, list) else [named]
    return frozenset(int(end) for end in (*ends, tokenizer.end) if end is not None)


def _register(config: Any) -> str:
    """Which sets of items the model can read, as its configuration says: general English where it says nothing."""
    ours = getattr(config, "affectlab", None)
    return str(ours.get("register", "general")) if isinstance(ours, dict) else "general"
