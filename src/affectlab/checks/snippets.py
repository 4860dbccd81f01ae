"""The passages of any collection of texts on which each emotion reads highest, with the tokens that stand out.

1. The file is read as a stream and cut into passages of so many tokens, each run by itself.
2. A passage's score is the mean reading over its tokens; for each emotion the highest few are kept, and no text twice.
3. A token stands out where its reading is above the 90th percentile of that emotion's readings over all tokens seen,
   told from a sample of them that is drawn evenly.

Memory does not grow with the file. Where rows carry the label of an emotion, the share of an emotion's top passages
that carry its own label is a score.
"""

from __future__ import annotations

import heapq
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from affectlab.core import Convention, Doubles, Floats, Score
from affectlab.errors import CorpusError, InputError
from affectlab.findings import Findings
from affectlab.models.base import Model, Row, TokenEvent
from affectlab.models.batches import run_rows
from affectlab.stats import bootstrap
from affectlab.text.passages import open_passages
from affectlab.text.sources import Source
from affectlab.vectors.read import text_row
from affectlab.vectors.vectorset import VectorForm, VectorSet

QUANTILE = 0.9
SAMPLED = 20_000
"""Tokens that are kept to tell the percentile from."""
BATCH = 64
"""Passages that are run together."""
LONGEST_TEXT = 20_000
"""Characters that are cut into tokens at once."""
FIRST = 1
"""The first token of a passage is a sink of attention in many models; it is not counted."""
DEALS = 1000


@dataclass(frozen=True)
class Wanted:
    """What is looked for: the `top` passages of `tokens` tokens each; `fewest` are not too short to have a mean."""

    top: int = 10
    tokens: int = 64
    fewest: int = 8
    layer: int | None = None
    convention: Convention = Convention.CENTRED
    form: VectorForm | None = None
    column: str = "text"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.top < 1 or not 1 <= self.fewest <= self.tokens:
            found = f"top {self.top}, tokens {self.tokens}, fewest {self.fewest}"
            raise InputError(
                "no passages can be looked for", expected="1 or more of each, fewest <= tokens", found=found
            )


class Passage(NamedTuple):
    """A stretch of a text: where it stands, its tokens, and the emotion its row is labelled with, if it is."""

    where: str
    tokens: tuple[int, ...]
    label: str | None


class _Kept(NamedTuple):
    """An entry of a heap; `order` is later for later passages, negative, so that of equals the first stays."""

    score: float
    order: int
    passage: Passage
    readings: Floats


class Best:
    """The highest passages of every emotion, so many and no more."""

    def __init__(self, emotions: int, top: int) -> None:
        self.top = top
        self.heaps: list[list[_Kept]] = [[] for _ in range(emotions)]
        self._seen = 0

    def add(self, passage: Passage, readings: Floats) -> None:
        """`readings` [tokens, emotions] of the tokens that count."""
        self._seen += 1
        for place, score in enumerate(readings.mean(axis=0, dtype=np.float64).tolist()):
            heap = self.heaps[place]
            if len(heap) == self.top and score <= heap[0].score:
                continue
            if any(entry.passage.tokens == passage.tokens for entry in heap):
                continue
            entry = _Kept(score, -self._seen, passage, readings[:, place].copy())
            if len(heap) < self.top:
                heapq.heappush(heap, entry)
            else:
                heapq.heapreplace(heap, entry)

    def sorted(self, place: int) -> list[_Kept]:
        """The passages of one emotion, the highest first."""
        return sorted(self.heaps[place], reverse=True)


class Sample:
    """Readings of tokens drawn evenly from a stream of unknown length: those with the lowest of keys drawn for each."""

    def __init__(self, size: int, emotions: int, seed: int) -> None:
        self.size = size
        self._generator = np.random.default_rng(seed)
        self._keys = np.zeros(0)
        self.readings: Floats = np.zeros((0, emotions), dtype=np.float32)

    def add(self, readings: Floats) -> None:
        keys = np.concatenate([self._keys, self._generator.random(len(readings))])
        both = np.concatenate([self.readings, readings])
        if len(keys) > self.size:
            kept = np.sort(np.argpartition(keys, self.size)[: self.size])
            keys, both = keys[kept], both[kept]
        self._keys, self.readings = keys, both

    def quantile(self, share: float) -> Doubles:
        return np.asarray(np.quantile(self.readings.astype(np.float64), share, axis=0))


def snippets(
    model: Model,
    vectors: VectorSet,
    path: str | os.PathLike[str],
    wanted: Wanted | None = None,
    *,
    progress: Callable[[int], None] = lambda done: None,
) -> Findings:
    """The top passages of every emotion in a file: plain text, JSON lines or Parquet.

    `facts["snippets"]` has for each emotion a list of `{"score", "where", "label", "tokens", "readings", "marked"}`,
    the highest first; `marked` are the places of tokens that stand out.
    """
    wanted = wanted or Wanted()
    layer = vectors.default_layer if wanted.layer is None else wanted.layer
    readout = vectors.readout(layers=[layer], convention=wanted.convention, form=wanted.form)
    vectors.check_model(model)
    best, sample = Best(len(vectors.emotions), wanted.top), Sample(SAMPLED, len(vectors.emotions), wanted.seed)
    counts = {"texts": 0, "passages": 0, "tokens": 0, "left_out": 0}
    labels: dict[str, int] = {}
    source = open_passages(path, column=wanted.column)
    with closing(source.rows):
        stream = _passages(model, source, wanted, counts)
        while batch := list(islice(stream, BATCH)):
            rows = [Row(passage.tokens, readout=readout) for passage in batch]
            for passage, readings in zip(batch, _readings(model, rows), strict=True):
                best.add(passage, readings[FIRST:])
                sample.add(readings[FIRST:])
                counts["tokens"] += len(readings)
                if passage.label is not None:
                    labels[passage.label] = labels.get(passage.label, 0) + 1
            counts["passages"] += len(batch)
            progress(counts["passages"])
    if not counts["passages"]:
        fix = f"give texts of {wanted.fewest} tokens or more"
        raise CorpusError("no passage to read", where=os.fspath(path), found=f"{counts['texts']} texts", fix=fix)
    levels = sample.quantile(QUANTILE)
    shown = {name: _shown(model, best.sorted(place), levels[place]) for place, name in enumerate(vectors.emotions)}
    facts = {**counts, "file": os.path.basename(path), "layer": layer, "convention": wanted.convention.value}
    scores = _scores(shown, labels, layer, wanted)
    return Findings(scores, {"snippets.levels": levels}, {**facts, "quantile": QUANTILE, "snippets": shown})


def _readings(model: Model, rows: Sequence[Row]) -> list[Floats]:
    """Readings of every token of every row, [tokens, emotions]."""
    found: list[list[Floats]] = [[] for _ in rows]
    for event in run_rows(model, rows):
        if isinstance(event, TokenEvent) and event.scores is not None:
            found[event.row].append(event.scores[0])
    return [np.stack(scores) for scores in found]


def _passages(model: Model, source: Source, wanted: Wanted, counts: dict[str, int]) -> Iterator[Passage]:
    """Stretches of the texts of a file; each begins with what the model expects in front of a text."""
    front = tuple(model.tokenizer.encode(""))
    room = wanted.tokens if model.context is None else min(wanted.tokens, model.context - len(front))
    for number, row in source.rows:
        if not isinstance(row, Mapping):
            expected = 'an object with "text" or "turns"'
            raise CorpusError("not a row", where=source.place(number), expected=expected, found=repr(row)[:60])
        counts["texts"] += 1
        label = row.get("emotion")
        taken = 0
        for tokens in _tokens(model, row, wanted.column, source.place(number)):
            body = tokens[len(front) :] if tokens[: len(front)] == front else tokens
            for begin in range(0, len(body), room):
                part = body[begin : begin + room]
                if len(part) >= wanted.fewest:
                    taken += 1
                    yield Passage(source.place(number), (*front, *part), label if isinstance(label, str) else None)
        counts["left_out"] += not taken


def _tokens(model: Model, row: Mapping[str, Any], column: str, where: str) -> Iterator[tuple[int, ...]]:
    """The tokens of a row's text, piece by piece, or of its conversation; of a row without either, none."""
    text, turns = row.get(column), row.get("turns")
    if isinstance(text, str):
        for piece in _pieces(text):
            yield tuple(model.tokenizer.encode(piece))
    elif isinstance(turns, list) and turns:
        try:
            yield text_row(model, turns).tokens
        except InputError as error:
            error.move(where)
            raise


def _pieces(text: str) -> Iterator[str]:
    """A text in pieces, cut at spaces where there are any."""
    while len(text) > LONGEST_TEXT:
        cut = text.rfind(" ", 1, LONGEST_TEXT)
        cut = LONGEST_TEXT if cut < 1 else cut
        yield text[:cut]
        text = text[cut:]
    if text.strip():
        yield text


def _shown(model: Model, entries: Sequence[_Kept], level: float) -> list[dict[str, Any]]:
    return [
        {
            "score": entry.score,
            "where": entry.passage.where,
            "label": entry.passage.label,
            "tokens": list(model.tokenizer.pieces(entry.passage.tokens)),
            "readings": [None] * FIRST + [round(float(reading), 6) for reading in entry.readings],
            "marked": (np.flatnonzero(entry.readings > level) + FIRST).tolist(),
        }
        for entry in entries
    ]


def _scores(
    shown: Mapping[str, Sequence[Mapping[str, Any]]], labels: Mapping[str, int], layer: int, wanted: Wanted
) -> tuple[Score, ...]:
    """Whose label the top passages carry: the share that carry the emotion's own, averaged; emotions are resampled.

    Chance is what passages drawn blindly give; the null gives every emotion the passages of another.
    """
    known = [name for name in shown if name in labels]
    if len(known) < 2:
        return ()
    shares = np.array(
        [[sum(one["label"] == own for one in shown[name]) / len(shown[name]) for own in known] for name in known]
    )
    generator = np.random.default_rng(wanted.seed)
    dealt = [float(shares[generator.permutation(len(known)), np.arange(len(known))].mean()) for _ in range(DEALS)]
    chance = float(np.mean([labels[name] for name in known]) / sum(labels.values()))
    found = bootstrap(np.diagonal(shares), seed=wanted.seed)
    nulls = {"permuted names": float(np.quantile(dealt, 0.95))}
    return (Score("snippets.top", *found, "words", chance, nulls, {}, layer, wanted.convention),)
