"""The passages of any collection of texts on which each emotion reads highest, with the tokens that stand out.

1. Files are read as a stream and cut into passages of so many tokens, each run by itself.
2. A passage's score is the mean reading over its tokens; for each emotion the highest few are kept, and no text twice.
3. A token stands out where its reading is above the 90th percentile of that emotion's readings over all tokens seen,
   told from a sample of them that is drawn evenly.

Memory does not grow with the files. Where rows carry the label of an emotion, the share of an emotion's top passages
that carry its own label is a score.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeAlias

import numpy as np

from affectlab.checks.highest import Best, Kept, Passage, Sample
from affectlab.core import Convention, Floats, Readout, Score
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

File: TypeAlias = str | os.PathLike[str]


@dataclass(frozen=True)
class Wanted:
    """What is looked for: the `top` passages of `length` tokens each, of these emotions (all of them where none are
    named); `fewest` tokens are not too few to have a mean."""

    top: int = 10
    length: int = 64
    fewest: int = 8
    layer: int | None = None
    convention: Convention = Convention.CENTRED
    form: VectorForm | None = None
    column: str = "text"
    seed: int = 0
    emotions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.top < 1 or not 1 <= self.fewest <= self.length:
            found = f"top {self.top}, length {self.length}, fewest {self.fewest}"
            raise InputError(
                "no passages can be looked for", expected="1 or more of each, fewest <= length", found=found
            )


def snippets(
    model: Model,
    vectors: VectorSet,
    files: File | Sequence[File],
    wanted: Wanted | None = None,
    *,
    progress: Callable[[int], None] = lambda done: None,
) -> Findings:
    """The top passages of every emotion in files of plain text, JSON lines or Parquet.

    `facts["snippets"]` has for each emotion a list of `{"score", "where", "label", "cut", "tokens", "readings",
    "marked"}`, the highest first; `cut` says whether the text goes on before and behind, `marked` are the places of
    tokens that stand out. `progress` hears how many passages are read.
    """
    wanted = wanted or Wanted()
    names = [files] if isinstance(files, str | os.PathLike) else list(files)
    layer = vectors.default_layer if wanted.layer is None else wanted.layer
    emotions = wanted.emotions or vectors.emotions
    readout = vectors.readout(layers=[layer], convention=wanted.convention, emotions=emotions, form=wanted.form)
    vectors.check_model(model)
    collection = Collection(model, emotions, wanted, progress)
    collection.read((open_passages(name, column=wanted.column) for name in names), readout)
    where = ", ".join(os.fspath(name) for name in names)
    facts = {"files": [os.path.basename(os.path.normpath(name)) for name in names]}
    return collection.findings(layer, wanted.convention, where) + Findings(facts=facts)


class Collection:
    """The passages that are kept while texts go by, with what was counted on the way."""

    def __init__(
        self, model: Model, emotions: Sequence[str], wanted: Wanted, progress: Callable[[int], None] = lambda done: None
    ) -> None:
        self.model, self.emotions, self.wanted, self.progress = model, tuple(emotions), wanted, progress
        self.best = Best(len(self.emotions), wanted.top)
        self.sample = Sample(SAMPLED, len(self.emotions), wanted.seed)
        self.counts = {"texts": 0, "passages": 0, "tokens": 0, "left_out": 0}
        self.labels: dict[str, int] = {}

    def read(self, sources: Iterable[Source], readout: Readout) -> None:
        """Read all of these texts, each source opened when its turn has come."""
        for source in sources:
            with closing(source.rows):
                stream = _passages(self.model, source, self.wanted, self.counts)
                while batch := list(islice(stream, BATCH)):
                    self._add(batch, readout)

    def _add(self, batch: Sequence[Passage], readout: Readout) -> None:
        rows = [Row(passage.tokens, readout=readout) for passage in batch]
        for passage, readings in zip(batch, _readings(self.model, rows), strict=True):
            counted = readings[_uncounted(passage) :]
            self.best.add(passage, counted)
            self.sample.add(counted)
            self.counts["tokens"] += len(readings)
            if passage.label is not None:
                self.labels[passage.label] = self.labels.get(passage.label, 0) + 1
        self.counts["passages"] += len(batch)
        self.progress(self.counts["passages"])

    def findings(self, layer: int, convention: Convention, where: str) -> Findings:
        """What was kept, with the score of labels where there are any."""
        if not self.counts["passages"]:
            found, fix = f"{self.counts['texts']} texts", f"give texts of {self.wanted.fewest} tokens or more"
            raise CorpusError("no passage to read", where=where, found=found, fix=fix)
        levels = self.sample.quantile(QUANTILE)
        shown = {
            name: _shown(self.model, self.best.sorted(place), float(levels[place]))
            for place, name in enumerate(self.emotions)
        }
        facts: dict[str, Any] = {**self.counts, "emotions": list(self.emotions), "layer": layer}
        facts |= {"convention": convention.value, "model": self.model.identity.id, "quantile": QUANTILE}
        facts["snippets"] = shown
        return Findings(self._scores(shown, layer, convention), {"snippets.levels": levels}, facts)

    def _scores(
        self, shown: Mapping[str, Sequence[Mapping[str, Any]]], layer: int, convention: Convention
    ) -> tuple[Score, ...]:
        """Whose label the top passages carry: the share that carry the emotion's own, averaged; emotions are resampled.

        Chance is what passages drawn blindly give; the null gives every emotion the passages of another.
        """
        known = [name for name in shown if name in self.labels]
        if len(known) < 2:
            return ()
        shares = np.array(
            [[sum(one["label"] == own for one in shown[name]) / len(shown[name]) for own in known] for name in known]
        )
        generator = np.random.default_rng(self.wanted.seed)
        dealt = [float(shares[generator.permutation(len(known)), np.arange(len(known))].mean()) for _ in range(DEALS)]
        chance = float(np.mean([self.labels[name] for name in known]) / self.counts["passages"])
        found = bootstrap(np.diagonal(shares), seed=self.wanted.seed)
        nulls = {"permuted names": float(np.quantile(dealt, 0.95))}
        return (Score("snippets.top", *found, "words", chance, nulls, {}, layer, convention),)


def _uncounted(passage: Passage) -> int:
    """How many tokens at its beginning have no part in its score."""
    return max(FIRST, passage.front)


def _readings(model: Model, rows: Sequence[Row]) -> list[Floats]:
    """Readings of every token of every row, [tokens, emotions]."""
    found: list[list[Floats]] = [[] for _ in rows]
    for event in run_rows(model, rows):
        if isinstance(event, TokenEvent) and event.scores is not None:
            found[event.row].append(event.scores[0])
    return [np.stack(scores) for scores in found]


def _passages(model: Model, source: Source, wanted: Wanted, counts: dict[str, int]) -> Iterator[Passage]:
    """Stretches of the texts of a source; each begins with what the model expects in front of a text."""
    front = tuple(model.tokenizer.encode(""))
    room = wanted.length if model.context is None else min(wanted.length, model.context - len(front))
    for number, row in source.rows:
        if not isinstance(row, Mapping):
            expected = 'an object with "text" or "turns"'
            raise CorpusError("not a row", where=source.place(number), expected=expected, found=repr(row)[:60])
        counts["texts"] += 1
        label = row.get("emotion") if isinstance(row.get("emotion"), str) else None
        taken = 0
        for tokens in _tokens(model, row, wanted.column, source.place(number)):
            body = tokens[len(front) :] if tokens[: len(front)] == front else tokens
            for begin in range(0, len(body), room):
                part = body[begin : begin + room]
                if len(part) >= wanted.fewest:
                    taken += 1
                    cut = (begin > 0, begin + room < len(body))
                    yield Passage(source.place(number), (*front, *part), label, len(front), cut)
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


def _shown(model: Model, entries: Sequence[Kept], level: float) -> list[dict[str, Any]]:
    """Passages as facts hold them: tokens of the text alone, from its first on; those that do not count read None."""
    found = []
    for score, _, passage, readings in entries:
        silent = _uncounted(passage) - passage.front
        found.append(
            {
                "score": score,
                "where": passage.where,
                "label": passage.label,
                "cut": list(passage.cut),
                "tokens": list(model.tokenizer.pieces(passage.tokens)[passage.front :]),
                "readings": [None] * silent + [round(float(reading), 6) for reading in readings],
                "marked": (np.flatnonzero(readings > level) + silent).tolist(),
            }
        )
    return found
