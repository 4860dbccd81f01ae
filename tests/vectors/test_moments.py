"""What a reducer adds up is what numpy says of the same tokens, however they are dealt into batches."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from affectlab.vectors.moments import NeutralMoments, TextMeans
from affectlab.vectors.neutral import NeutralSums
from affectlab.vectors.norms import NormSums

SITES, WIDTH = (2, 5), 7
Texts = list[np.ndarray]
"""Per text the hidden states [sites, tokens, width]."""


def texts_of(lengths: Sequence[int], *, seed: int = 0, scale: float = 1.0) -> Texts:
    random = np.random.default_rng(seed)
    return [(random.standard_normal((len(SITES), n, WIDTH)) * scale + 3).astype(np.float32) for n in lengths]


def reduced(reducer: Any, texts: Texts, batches: Sequence[Sequence[int]], kind: Any = np.asarray) -> list[Any]:
    """Run batches of texts through a reducer, as a model would; returns what `means` was after each."""
    after = []
    for batch in batches:
        reducer.begin(list(batch), [texts[row].shape[1] for row in batch])
        for place, site in enumerate(SITES):
            reducer.add(site, kind(np.concatenate([texts[row][place] for row in batch])))
        reducer.end()
        reducer.commit()
        after.append(getattr(reducer, "means", None))
    return after


@st.composite
def cases(draw: st.DrawFn) -> tuple[Texts, int, list[list[int]]]:
    start = draw(st.integers(0, 6))
    lengths = draw(st.lists(st.integers(start + 1, start + 12), min_size=1, max_size=9))
    rows = list(range(len(lengths)))
    cuts = sorted(draw(st.sets(st.integers(1, len(rows)), max_size=3)) | {0, len(rows)})
    batches = [rows[a:b] for a, b in pairwise(cuts)]
    return texts_of(lengths, seed=draw(st.integers(0, 99))), start, batches


@given(cases())
def test_the_mean_of_a_text_is_over_its_tokens_from_start_on(case: tuple[Texts, int, list[list[int]]]) -> None:
    texts, start, batches = case
    norms = NormSums(len(SITES))
    found = np.concatenate(reduced(TextMeans(SITES, start, norms), texts, batches))
    expected = np.stack([text[:, start:].astype(np.float64).mean(axis=1) for text in texts])
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    tokens = np.concatenate([text[:, start:] for text in texts], axis=1).astype(np.float64)
    np.testing.assert_allclose(norms.mean(), np.linalg.norm(tokens, axis=-1).mean(axis=1), rtol=1e-6)


@given(cases(), st.sampled_from([WIDTH, 3]))
def test_neutral_sums_are_those_of_all_tokens_from_start_on(
    case: tuple[Texts, int, list[list[int]]], rank: int
) -> None:
    texts, start, batches = case
    sums, norms = NeutralSums(len(SITES), WIDTH, rank), NormSums(len(SITES))
    reduced(NeutralMoments(SITES, start, sums, norms), texts, batches)
    tokens = np.concatenate([text[:, start:] for text in texts], axis=1).astype(np.float64)
    assert (sums.count == tokens.shape[1]).all()
    np.testing.assert_allclose(sums.mean(), tokens.mean(axis=1), rtol=1e-6)
    for site, shift in enumerate(sums.shift):
        assert shift is not None
        centred = tokens[site] - shift
        np.testing.assert_allclose(sums.first[site], centred.sum(axis=0), atol=1e-4)
        np.testing.assert_allclose(sums.square[site], (centred**2).sum(), rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(sums.sketch[site], centred.T @ centred @ sums.test[site], rtol=1e-4, atol=1e-4)
    assert norms.bins.sum(axis=1).tolist() == [tokens.shape[1]] * len(SITES)


def test_arrays_and_tensors_of_any_dtype_are_taken() -> None:
    texts = texts_of([9, 14])
    expected = reduced(TextMeans(SITES, 2), texts, [[0, 1]])[0]
    np.testing.assert_array_equal(reduced(TextMeans(SITES, 2), texts, [[0, 1]], torch.from_numpy)[0], expected)
    coarse = reduced(TextMeans(SITES, 2), texts, [[0, 1]], lambda hidden: torch.from_numpy(hidden).bfloat16())[0]
    np.testing.assert_allclose(coarse, expected, rtol=0.01, atol=0.01)


def test_a_mean_in_float32_of_large_numbers_keeps_the_small_ones() -> None:
    """Sums are taken in float64: a massive dimension, and many tokens, cost nothing."""
    texts = texts_of([5000])
    texts[0][..., 0] += 30_000
    found = reduced(TextMeans(SITES, 0), texts, [[0]])[0]
    np.testing.assert_allclose(found[0], texts[0].astype(np.float64).mean(axis=1), rtol=1e-12)


@pytest.mark.parametrize("kind", [TextMeans, NeutralMoments])
def test_a_batch_that_was_not_committed_leaves_no_trace(kind: type) -> None:
    texts = texts_of([9, 14])
    sums, norms = NeutralSums(len(SITES), WIDTH), NormSums(len(SITES))
    reducer = TextMeans(SITES, 2, norms) if kind is TextMeans else NeutralMoments(SITES, 2, sums, norms)
    for row in (0, 1):
        reducer.begin([row], [texts[row].shape[1]])
        for place, site in enumerate(SITES):
            reducer.add(site, texts[row][place])
        reducer.end()
        assert not sums.count.any()
        assert not norms.bins.any()
    reducer.commit()
    assert (norms.bins.sum(axis=1) == 12).all()
    assert (sums.count == (0 if kind is TextMeans else 12)).all()


@pytest.mark.parametrize("start", [0, 5])
def test_tokens_before_start_do_not_matter(start: int) -> None:
    texts = texts_of([20, 30])
    changed = [text.copy() for text in texts]
    for text in changed:
        text[:, :start] = 1e6
    ours, theirs = (
        reduced(TextMeans(SITES, start), texts, [[0, 1]]),
        reduced(TextMeans(SITES, start), changed, [[0, 1]]),
    )
    np.testing.assert_array_equal(ours[0], theirs[0])
