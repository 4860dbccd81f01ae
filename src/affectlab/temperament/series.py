"""One pass of every model over the same tokens; what is kept are the residual streams of chosen tokens.

1. The prompts are written once, with the tokenizer and the template of the model that is read first.
2. Every other model must cut the same text into the same tokens; base models often have no template of their own.
3. A model that is given as a function is loaded, read and let go before the next.

Streams are kept as they are (not centred, not scaled), so that any vectors can read them by any convention.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from affectlab.core import Bools, Convention, Doubles, Floats
from affectlab.errors import InputError, ModelMismatchError
from affectlab.models.base import Identity, Model, Row
from affectlab.models.chat import ChatTokens, chat_text, encode_chat
from affectlab.temperament.prompts import PromptSets
from affectlab.temperament.rotation import Rotation
from affectlab.vectors.pooled import COLON, PoolRow, pooled
from affectlab.vectors.vectorset import VectorForm, VectorSet

Opener: TypeAlias = Model | Callable[[], Model]
"""A model, or what loads it when its turn has come."""
Asked: TypeAlias = PromptSets | Callable[[Model], PromptSets]
"""Prompts, or what chooses them when the first model is there: each model reads some registers."""

CLAIMED = ("challenging", "neutral")
WINDOWS = 8
"""Stretches of a neutral prompt whose means serve to align two spaces."""


@dataclass(frozen=True, eq=False)
class Told:
    """What one model holds at the ":" of every prompt, and over the windows of the prompts for alignment."""

    identity: Identity
    blocks: int
    width: int
    layers: tuple[int, ...]
    colon: Mapping[str, Floats] = field(repr=False)
    """By set of prompts, [prompts, layers, width]"""
    windows: Floats = field(repr=False)
    """[prompts, windows, layers, width]"""

    def readings(
        self,
        kind: str,
        vectors: VectorSet,
        layer: int,
        convention: Convention,
        form: VectorForm | None = None,
        turn: Rotation | None = None,
    ) -> Doubles:
        """Readings at the ":" of every prompt of a set, [prompts, emotions]; `turn` is a rotation to apply before."""
        hidden = self.colon[kind][:, self.layers.index(layer)].astype(np.float64)
        if turn is not None:
            hidden = turn(hidden)
        if convention is Convention.CENTRED:
            center = vectors.readout(layers=[layer], convention=convention, form=form).center
            assert center is not None
            hidden = hidden - center[0]
        if convention is not Convention.PROJECTION:
            hidden = hidden / np.maximum(np.linalg.norm(hidden, axis=1, keepdims=True), 1e-30)
        return np.asarray(hidden @ vectors.units(layer, form).T.astype(np.float64))


@dataclass(frozen=True)
class _Script:
    """The prompts as one tokenizer writes them."""

    prompts: PromptSets
    texts: tuple[str, ...]
    chats: tuple[ChatTokens, ...] = field(repr=False)
    writer: str

    @property
    def tokens(self) -> list[tuple[int, ...]]:
        return [chat.tokens for chat in self.chats]

    @property
    def claimed(self) -> dict[str, range]:
        first = len(self.prompts.challenging)
        return {"challenging": range(first), "neutral": range(first, first + len(self.prompts.neutral))}


def tell_all(
    openers: Sequence[Opener],
    prompts: Asked,
    vectors: Sequence[VectorSet],
    progress: Callable[[int, int], None] = lambda done, total: None,
    *,
    between: Sequence[int] = (),
) -> tuple[list[Told], PromptSets]:
    """Read every model, the last one first: it is the one whose template the prompts are written with.

    Of checkpoints between the first and the last model only the layers `between` are kept (all, where none are named),
    so that long series fit into memory.
    """
    found: dict[int, Told] = {}
    script: _Script | None = None
    for place in reversed(range(len(openers))):
        opener = openers[place]
        loaded = not isinstance(opener, Model)
        model = opener if isinstance(opener, Model) else opener()
        if script is None:
            script = _written(model, prompts if isinstance(prompts, PromptSets) else prompts(model))
        rows = len(script.chats)
        layers = () if place in (0, len(openers) - 1) else tuple(between)
        told = _behind(progress, len(found) * rows, len(openers) * rows)
        found[place] = _told(model, script, carrier_of(model, vectors), layers, told)
        del model, opener
        if loaded:
            gc.collect()  # networks hold themselves in circles, and the next one needs the room
    assert script is not None
    return [found[place] for place in range(len(openers))], script.prompts


def _behind(progress: Callable[[int, int], None], before: int, total: int) -> Callable[[int], None]:
    """Progress of one of several passes, `before` rows of `total` being done already."""
    return lambda done: progress(before + done, total)


def _written(model: Model, prompts: PromptSets) -> _Script:
    said = [*prompts.challenging, *prompts.neutral, *prompts.alignment]
    chats = [[{"role": "user", "content": text}] for text in said]
    texts = tuple(chat_text(model.tokenizer, chat).text for chat in chats)
    return _Script(prompts, texts, tuple(encode_chat(model.tokenizer, chat) for chat in chats), model.identity.id)


def _told(
    model: Model, script: _Script, carrier: VectorSet, asked: tuple[int, ...], progress: Callable[[int], None]
) -> Told:
    _check_tokens(model, script)
    layers = tuple(sorted(set(asked) & set(carrier.layers))) or carrier.layers
    claimed = len(script.prompts.challenging) + len(script.prompts.neutral)
    rows = [
        PoolRow(
            Row(chat.tokens, turn=chat.assistant),
            _windows(chat.content) if place >= claimed else (np.arange(len(chat.tokens)) == chat.colon)[None],
        )
        for place, chat in enumerate(script.chats)
    ]

    def states(these: Sequence[PoolRow], before: int) -> Floats:
        if not these:
            return np.zeros((0, WINDOWS, len(layers), model.width), dtype=np.float32)

        def reached(done: int) -> None:
            progress(before + done)

        found = pooled(model, carrier, these, layers=layers, convention=Convention.PROJECTION, progress=reached)
        return found.states

    colon, windows = states(rows[:claimed], 0)[:, COLON], states(rows[claimed:], claimed)
    by_set = {name: colon[places.start : places.stop] for name, places in script.claimed.items()}
    return Told(model.identity, model.blocks, model.width, layers, by_set, windows)


def _windows(said: Bools) -> Bools:
    """Stretches of what the human says, and of nothing else: a shift before the answer must not be aligned away."""
    places = np.flatnonzero(said)
    begins = [window * len(places) // WINDOWS for window in range(WINDOWS)]
    pools = np.zeros((WINDOWS, len(said)), dtype=np.bool_)
    for window, begin in enumerate(begins):
        pools[window, places[begin : max(begin + 1, (window + 1) * len(places) // WINDOWS)]] = True
    return pools


def carrier_of(model: Model, vectors: Sequence[VectorSet]) -> VectorSet:
    """The first of these vector sets that lies in a space like this model's, carried over to it."""
    for one in vectors:
        if (one.width, one.header["model"]["blocks"]) == (model.width, model.blocks):
            return one.carried_to(model)
    sizes = " or ".join(f"{one.header['model']['blocks']} blocks of width {one.width}" for one in vectors)
    raise ModelMismatchError(
        "this model is of another size than the vectors",
        where=model.identity.id,
        expected=sizes,
        found=f"{model.blocks} blocks of width {model.width}",
        fix="compare checkpoints of one model, or give vectors of both models for the same emotions",
    )


def _check_tokens(model: Model, script: _Script) -> None:
    """The same text must be the same tokens, or the readings are not of the same thing."""
    for place, (text, tokens) in enumerate(zip(script.texts, script.tokens, strict=True)):
        ours = model.tokenizer.encode_marked(text)[0]
        # Without a template the special tokens in front are the tokenizer's own, with one the template's.
        if ours == tokens or ours[-len(tokens) :] == tokens or tokens[-len(ours) :] == ours:
            continue
        same = [a == b for a, b in zip(ours, tokens, strict=False)]
        at = same.index(False) if False in same else len(same)
        raise ModelMismatchError(
            "these models do not share a tokenizer",
            where=f"{script.writer} and {model.identity.id}",
            expected="the same tokens for the same text",
            found=f"prompt {place + 1} differs from token {at} on",
            fix="compare checkpoints of one model",
        )


def check_emotions(one: VectorSet, other: VectorSet) -> None:
    """Two vector sets that are read side by side must name the same emotions in the same order."""
    if one.emotions != other.emotions:
        missing = sorted(set(one.emotions) ^ set(other.emotions))
        raise InputError(
            "the two vector sets do not name the same emotions",
            where="vectors",
            expected=f"{len(one.emotions)} emotions in the same order",
            found=f"only in one of them: {', '.join(missing[:5])}" if missing else "another order",
            fix="extract both from texts of the same emotions",
        )
