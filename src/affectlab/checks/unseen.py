"""The highest passages of the very texts that were extracted, each text read with vectors that never saw it.

1. Each fold of topics is read with the vectors and the neutral mean of the other folds alone.
2. Of a large corpus a part is read: half of it stories of the words that are looked for, the rest drawn evenly from
   everything else, neutral texts too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from affectlab.checks.layers import sums_at
from affectlab.checks.snippets import Collection, Wanted
from affectlab.checks.topics import Learned, check_folds, convention_of, learn
from affectlab.core import Convention, Ints, Readout
from affectlab.errors import InputError, UnknownNameError
from affectlab.findings import Findings
from affectlab.models.base import Model
from affectlab.text import Corpus
from affectlab.text.sources import Numbered, Source
from affectlab.vectors.origin import check_model
from affectlab.vectors.sums import Sums

MOST = 600
"""Texts that are read."""


def unseen_snippets(
    model: Model,
    sums: Sums,
    corpus: Corpus,
    wanted: Wanted,
    *,
    most: int = MOST,
    progress: Callable[[int], None] = lambda done: None,
) -> Findings:
    """The top passages of a corpus at `wanted.layer`, as `snippets` gives them, by vectors of other topics."""
    check_model(sums.header, model)
    check_folds(sums)
    _check_corpus(sums, corpus)
    layer = sums.layers[-1] if wanted.layer is None else wanted.layer
    one, convention = sums_at(sums, [layer]), convention_of(sums)
    emotions = wanted.emotions or sums.emotions
    rows = [_place(sums.emotions, name) for name in emotions]
    chosen = chosen_texts(corpus, emotions, most)
    collection = Collection(model, emotions, wanted, progress)
    for fold in sums.folds:
        learned = learn(one, [other for other in sums.folds if other != fold])
        mine = chosen[corpus.folds[chosen] == fold]
        collection.read([_Rows.of(corpus, mine)], _readout(learned, rows, layer, convention))
    return collection.findings(layer, convention, "the corpus") + Findings(facts={"held_out": True})


def chosen_texts(corpus: Corpus, emotions: Sequence[str], most: int) -> Ints:
    """Which rows are read, in their order: half of the room for stories of these emotions, the rest for all others."""
    usable = np.isin(corpus.kinds, ["stories", "neutral"])
    places = [place for place, name in enumerate(corpus.emotions) if name in emotions]
    own = np.flatnonzero(usable & np.isin(corpus.labels, places))
    others = np.flatnonzero(usable & ~np.isin(corpus.labels, places))
    own = _evenly(own, max(most // 2, most - len(others)))
    return np.sort(np.concatenate([own, _evenly(others, most - len(own))]))


def _evenly(rows: Ints, count: int) -> Ints:
    return rows if len(rows) <= count else rows[np.linspace(0, len(rows) - 1, count).astype(np.int64)]


def _readout(learned: Learned, rows: Sequence[int], layer: int, convention: Convention) -> Readout:
    """Probes for tokens, as `Learned.readings` reads the means of stories."""
    center = learned.origin.astype(np.float32)[None]
    return Readout((layer,), learned.units[list(rows)][None], center, unit=convention is not Convention.PROJECTION)


@dataclass(frozen=True)
class _Rows(Source):
    """Rows of a corpus; a row's place is its id."""

    ids: tuple[str, ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, corpus: Corpus, rows: Ints) -> _Rows:
        def numbered() -> Numbered:
            for number, row in enumerate(rows.tolist()):
                yield number, corpus.row(row)

        return cls("", "text", numbered(), tuple(str(corpus.ids[row]) for row in rows.tolist()))

    def place(self, number: int) -> str:
        return self.ids[number]


def _place(emotions: Sequence[str], name: str) -> int:
    if name not in emotions:
        raise UnknownNameError("emotion", name, emotions, where="sums of the extraction")
    return list(emotions).index(name)


def _check_corpus(sums: Sums, corpus: Corpus) -> None:
    expected = sums.header["corpus"]["hash"]
    if corpus.hash != expected:
        raise InputError(
            "these are not the texts that were extracted",
            where="corpus",
            expected=f"texts {expected[:16]}",
            found=f"texts {corpus.hash[:16]}",
            fix="give the corpus that the vectors come from, all of it",
        )
