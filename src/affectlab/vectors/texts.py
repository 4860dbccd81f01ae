"""The texts of a corpus as a model will see them: which are usable, how long they are, in which order they stand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from affectlab.core import Ints
from affectlab.errors import CorpusError
from affectlab.models.base import Model, Row
from affectlab.models.chat import encode_chat
from affectlab.text import Corpus

ENCODED_AT_ONCE = 256


class UsableTexts:
    """The usable rows of a corpus, by id, with their lengths in tokens as the model will see them."""

    def __init__(self, model: Model, corpus: Corpus, start: int) -> None:
        used = np.flatnonzero((corpus.kinds == "stories") | (corpus.kinds == "neutral"))
        self.ignored = len(corpus) - len(used)
        self.model, self.start = model, start
        ordered = corpus.subset(used[np.argsort(corpus.ids[used].astype(str), kind="stable")])
        lengths = _lengths(model, ordered)
        longest = model.context or int(lengths.max(initial=0))
        usable = lengths > start
        self.short, self.cut = int((~usable).sum()), int((lengths > longest).sum())
        self.corpus = ordered.subset(usable)
        self.lengths = np.minimum(lengths[usable], longest)
        self.emotions, self.labels, self.folds = ordered.emotions, self.corpus.labels, self.corpus.folds
        if len(self.emotions) != len(self.corpus.emotions):
            places = {emotion: place for place, emotion in enumerate(self.emotions)}
            names = self.corpus.emotions
            placed = [places[names[label]] if label >= 0 else -1 for label in self.corpus.labels]
            self.labels = np.array(placed, dtype=np.int64)

    def tokens(self, row: int) -> tuple[int, ...]:
        return _encode(self.model, self.corpus, [row])[0][: int(self.lengths[row])]

    def rows(self, batch: Sequence[int]) -> list[Row]:
        encoded = _encode(self.model, self.corpus, batch)
        return [Row(tokens[: int(self.lengths[row])]) for row, tokens in zip(batch, encoded, strict=True)]


def _encode(model: Model, corpus: Corpus, rows: Sequence[int]) -> list[tuple[int, ...]]:
    plain = [row for row in rows if not corpus.chats[row]]
    found = (
        dict(zip(plain, model.tokenizer.encode_many([corpus.text(row) for row in plain]), strict=True)) if plain else {}
    )
    for row in rows:
        if corpus.chats[row]:
            found[row] = encode_chat(model.tokenizer, corpus.turns(row), generation=False).tokens
    return [found[row] for row in rows]


def _lengths(model: Model, corpus: Corpus) -> Ints:
    """Token counts alone are kept: the tokens of a large corpus would grow with it."""
    lengths = np.zeros(len(corpus), dtype=np.int64)
    for begin in range(0, len(corpus), ENCODED_AT_ONCE):
        rows = range(begin, min(begin + ENCODED_AT_ONCE, len(corpus)))
        lengths[begin : rows.stop] = [len(tokens) for tokens in _encode(model, corpus, rows)]
    return lengths


def check_texts(texts: UsableTexts, minimum: int) -> None:
    if not texts.emotions:
        raise CorpusError("no stories", where="corpus", expected="rows of kind stories", found="none", fix="write some")
    if len(texts.emotions) < 2:
        raise CorpusError(
            "a vector is a difference from other emotions",
            where="corpus",
            expected="stories of at least two emotions",
            found=f"only {texts.emotions[0]!r}",
            fix="add stories of other emotions",
        )
    counts = np.bincount(texts.labels[texts.labels >= 0], minlength=len(texts.emotions))
    if not counts.any():
        raise CorpusError(
            "every story ends before the start position",
            where="corpus",
            expected=f"more than {texts.start} tokens",
            found=f"{texts.short} shorter texts",
            fix="give longer stories, or a smaller --start",
        )
    fewest = int(counts.argmin())
    if counts[fewest] < minimum:
        raise CorpusError(
            f"too few stories of {texts.emotions[fewest]!r}",
            where="corpus",
            expected=f"at least {minimum} with more than {texts.start} tokens, per emotion",
            found=f"{counts[fewest]} ({int((counts < minimum).sum())} emotions have too few)",
            fix="add stories, leave the emotion out, or lower --minimum",
        )
