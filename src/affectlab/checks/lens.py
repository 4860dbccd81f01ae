"""Logit lens: which next words does a vector stand for?

1. The unit vectors of a layer leave the model by its own final norm and unembedding (`Model.unembed`).
2. The highest and the lowest tokens of each emotion make a table.
3. Each emotion's own tokens (the word and those of its forms that are one token) have a place among all tokens: the
   share of tokens that score lower, ties half. The score is its mean over an emotion's tokens, then over emotions; 0.5
   by chance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from affectlab import lexicon
from affectlab.checks.controls import Controls
from affectlab.checks.nulls import nulls_of_each
from affectlab.core import Doubles, Floats, Score
from affectlab.errors import InputError
from affectlab.findings import Findings
from affectlab.models.base import Model, Tokenizer
from affectlab.stats import bootstrap
from affectlab.vectors.vectorset import VectorForm, VectorSet

TOP = 10
"""How many tokens of each end are listed."""
PERMUTATIONS = 1000

Own = Sequence[tuple[int, ...]]
"""The tokens of every emotion's own word and forms."""


def logit_lens(
    model: Model,
    vectors: VectorSet,
    given: Controls,
    *,
    layer: int,
    form: VectorForm | None = None,
    seed: int = 0,
) -> Findings:
    """How high each emotion's own word stands among all tokens, and which tokens stand highest and lowest.

    Words are resampled. One null gives each emotion the word of another; the others read vectors that know no labels.
    """
    vectors.check_model(model)
    own = [own_tokens(model.tokenizer, name) for name in vectors.emotions]
    logits = model.unembed(vectors.units(layer, form))
    places = _places(logits, own)
    mine = np.diagonal(places)
    curve = [places_of_own(model.unembed(vectors.units(each, form)), own).mean() for each in vectors.layers]
    nulls = {
        "permuted names": _by_other_names(places, seed),
        **nulls_of_each(
            lambda one: {"lens": float(places_of_own(model.unembed(one.units(layer, form)), own).mean())}, given
        ).get("lens", {}),
    }
    score = Score("lens.rank", *bootstrap(mine, seed=seed), "words", 0.5, nulls, {}, layer)
    arrays = {"lens.places": mine.copy(), "lens.by_layer": np.array(curve), "lens.layers": np.array(vectors.layers)}
    return Findings((score,), arrays, {"lens": {"tokens": _table(model.tokenizer, vectors.emotions, logits, own)}})


def own_tokens(tokenizer: Tokenizer, emotion: str) -> tuple[int, ...]:
    """The tokens with which an emotion's word begins in running text, and its forms where one token is the whole form.

    >>> from affectlab.models.fake import FakeTokenizer
    >>> len(own_tokens(FakeTokenizer(64), "calm")) >= 1
    True
    """
    known = lexicon.forms().get(emotion)
    found = [_tokens(tokenizer, emotion)[0]]
    for form in known.forms if known else ():
        tokens = _tokens(tokenizer, form)
        found += tokens if len(tokens) == 1 else []
    return tuple(dict.fromkeys(found))


def _tokens(tokenizer: Tokenizer, word: str) -> list[int]:
    """The tokens of a word behind a space, from the one that holds its first letter on."""
    tokens, spans = tokenizer.encode_marked(f" {word}")
    found = [token for token, (_, end) in zip(tokens, spans, strict=True) if end > 1]
    if not found:
        raise InputError("this tokenizer has no tokens for a word", where="logit lens", found=repr(word))
    return found


def places_of_own(logits: Floats, own: Own) -> Doubles:
    """The share of all tokens that score lower than an emotion's own, by its own vector, [emotions]."""
    found = np.zeros(len(own))
    for emotion, tokens in enumerate(own):
        line = logits[emotion]
        found[emotion] = np.mean([((line < line[t]).sum() + ((line == line[t]).sum() - 1) / 2) for t in tokens])
    return np.asarray(found / (logits.shape[1] - 1))


def _places(logits: Floats, own: Own) -> Doubles:
    """The same for every word by every vector, [vectors, words]."""
    flat = np.concatenate([np.array(tokens) for tokens in own])
    starts = np.cumsum([0, *(len(tokens) for tokens in own)])[:-1]
    found = np.zeros((len(logits), len(own)))
    for row, line in enumerate(logits):
        ordered = np.sort(line)
        below, upto = (np.searchsorted(ordered, line[flat], side) for side in ("left", "right"))
        shares = (below + (upto - below - 1) / 2) / (len(line) - 1)
        found[row] = np.add.reduceat(shares, starts) / [len(tokens) for tokens in own]
    return found


def _by_other_names(places: Doubles, seed: int) -> float:
    generator = np.random.default_rng(seed)
    every = np.arange(len(places))
    found = [places[every, generator.permutation(len(places))].mean() for _ in range(PERMUTATIONS)]
    return float(np.quantile(found, 0.95))


def _table(tokenizer: Tokenizer, emotions: Sequence[str], logits: Floats, own: Own) -> Mapping[str, object]:
    found = {}
    for emotion, line, tokens in zip(emotions, logits, own, strict=True):
        order = np.argsort(line, kind="stable")
        top, bottom = order[::-1][:TOP].tolist(), order[:TOP].tolist()
        found[emotion] = {
            "top": _scored(tokenizer, top, line),
            "bottom": _scored(tokenizer, bottom, line),
            "own": list(tokenizer.pieces(tokens)),
        }
    return found


def _scored(tokenizer: Tokenizer, tokens: Sequence[int], line: Floats) -> list[list[object]]:
    """[token as it is written, its score], of each."""
    pieces = tokenizer.pieces(tokens)
    return [[piece, round(float(line[token]), 4)] for piece, token in zip(pieces, tokens, strict=True)]
