"""The neutral components are those of exact PCA, or close to them where the covariance is only sketched."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest

from affectlab.errors import InputError
from affectlab.vectors.moments import NeutralMoments
from affectlab.vectors.neutral import NeutralSums, leading, without
from affectlab.vectors.norms import NormSums


class Exact(NamedTuple):
    """Exact PCA of tokens in float64."""

    mean: Any
    basis: Any
    """[components, width]: the fewest that explain the share."""


def exact_pca(tokens: Any, share: float = 0.5) -> Exact:
    wide = tokens.astype(np.float64)
    values, vectors = np.linalg.eigh(np.cov(wide.T))
    reached = np.cumsum(values[::-1]) / values.sum()
    count = int((reached < share).sum()) + 1
    return Exact(wide.mean(axis=0), vectors[:, ::-1][:, :count].T)


def gathered(sums: NeutralSums, tokens: Any, batches: int = 5) -> NeutralSums:
    for part in np.array_split(tokens, batches):
        reducer = NeutralMoments((0,), 0, sums, NormSums(1))
        reducer.begin([0], [len(part)])
        reducer.add(0, part)
        reducer.end()
        reducer.commit()
    return sums


def sketched(tokens: Any, rank: int, *, look: int = 4000) -> NeutralSums:
    """As an extraction does it: a first look at some tokens gives the test matrix for all."""
    first = gathered(NeutralSums(1, tokens.shape[1], rank), tokens[:look])
    return gathered(NeutralSums(1, tokens.shape[1], rank, first.shift, first.range()), tokens)


def power_law(count: int, width: int, power: float, *, seed: int = 0, offset: float = 0.0) -> Any:
    """Tokens whose variance falls off as a power of the component's number, turned at random."""
    random = np.random.default_rng(seed)
    turn = np.linalg.qr(random.standard_normal((width, width)))[0]
    scale = np.arange(1, width + 1.0) ** (-power / 2)
    tokens = (random.standard_normal((count, width)) * scale) @ turn.T
    tokens[:, :3] += offset
    return tokens.astype(np.float32)


def projector_error(found: Any, expected: Any) -> float:
    return float(np.linalg.norm(found.T @ found - expected.T @ expected, 2))


def cleaned_cosine(found: Any, expected: Any, vectors: Any) -> float:
    """The lowest cosine between vectors cleaned with one basis and with the other."""
    ours, theirs = (without(vectors.astype(np.float64)[None], basis[None])[0] for basis in (found, expected))
    cosines = (ours * theirs).sum(axis=1) / np.linalg.norm(ours, axis=1) / np.linalg.norm(theirs, axis=1)
    return float(cosines.min())


@pytest.mark.parametrize("offset", [0.0, 100.0])
@pytest.mark.parametrize("batches", [1, 7])
def test_with_full_rank_the_components_are_exact(offset: float, batches: int) -> None:
    tokens = power_law(1500, 48, 0.7, offset=offset)
    sums, truth = gathered(NeutralSums(1, 48), tokens, batches), exact_pca(tokens)
    basis, (count,) = sums.components()
    assert sums.exact
    assert count == len(truth.basis)
    assert projector_error(basis[0], truth.basis) < 1e-5
    np.testing.assert_allclose(sums.mean()[0], truth.mean, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(basis[0] @ basis[0].T, np.eye(count), atol=1e-10)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_components_are_the_fewest_that_explain_the_share(share: float) -> None:
    tokens = power_law(1500, 48, 1.0)
    basis, (count,) = gathered(NeutralSums(1, 48), tokens).components(share)
    centred = tokens - tokens.mean(axis=0)
    explained = ((centred @ basis[0].T) ** 2).sum(axis=0) / (centred**2).sum()
    assert explained.sum() >= share
    assert explained[:-1].sum() < share
    assert count == len(exact_pca(tokens, share).basis)


@pytest.mark.parametrize(
    ("width", "rank", "power"), [(256, 64, 1.2), (576, 256, 1.0), (576, 256, 1.5), (576, 128, 1.2)]
)
@pytest.mark.parametrize("offset", [0.0, 5.0])
def test_a_sketch_is_close_where_variance_falls_off_as_a_power(
    width: int, rank: int, power: float, offset: float
) -> None:
    tokens = power_law(6000, width, power, offset=offset)
    truth, sums = exact_pca(tokens), sketched(tokens, rank)
    basis, (count,) = sums.components()
    assert not sums.exact
    assert count == len(truth.basis)
    assert projector_error(basis[0], truth.basis) < 0.02
    vectors = np.vstack([np.random.default_rng(1).standard_normal((40, width)), power_law(40, width, power, seed=0)])
    assert cleaned_cosine(basis[0], truth.basis, vectors) > 0.9999


def test_without_the_first_look_a_sketch_takes_too_many_components() -> None:
    """What a random test matrix does where variance falls off slowly: the reason for the first look."""
    tokens = power_law(6000, 576, 1.0)
    truth = exact_pca(tokens)
    blind, seeing = (sums.components() for sums in (gathered(NeutralSums(1, 576, 256), tokens), sketched(tokens, 256)))
    vectors = power_law(40, 576, 1.0)
    assert blind[1][0] > len(truth.basis) == seeing[1][0]
    assert cleaned_cosine(blind[0][0], truth.basis, vectors) < 0.97
    assert cleaned_cosine(seeing[0][0], truth.basis, vectors) > 0.9999


def test_a_large_constant_dimension_hurts_neither_way() -> None:
    """Residual streams have dimensions a hundred times as long as the others, and nearly constant."""
    plain, shifted = power_law(4000, 256, 1.2), power_law(4000, 256, 1.2)
    shifted[:, [5, 99]] += np.float32(100 * plain.std())
    for rank in (256, 64):
        make = gathered if rank == 256 else lambda _, tokens: sketched(tokens, 64)
        ours = make(NeutralSums(1, 256), shifted).components()
        theirs = make(NeutralSums(1, 256), plain).components()
        assert ours[1] == theirs[1]
        assert projector_error(ours[0][0], theirs[0][0]) < 1e-3


@pytest.mark.parametrize("rank", [48, 16])
def test_folds_add_up_to_the_whole(rank: int) -> None:
    tokens = power_law(3000, 48, 1.2, offset=3.0)
    first = gathered(NeutralSums(1, 48, rank), tokens[:500])
    test = None if rank == 48 else first.range()
    folds = [NeutralSums(1, 48, rank, first.shift, test) for _ in range(4)]
    for number, part in enumerate(np.array_split(tokens, 8)):
        gathered(folds[number % 4], part, 1)
    whole = gathered(NeutralSums(1, 48, rank, first.shift, test), tokens, 8)
    total = NeutralSums(1, 48, rank, first.shift, test)
    for fold in folds:
        total.merge(fold)
    assert total.count == whole.count
    for name in ("first", "square", "sketch"):
        np.testing.assert_allclose(getattr(total, name), getattr(whole, name), rtol=1e-12, atol=1e-9)
    assert total.components()[1] == whole.components()[1]
    np.testing.assert_allclose(total.mean(), whole.mean(), rtol=1e-12)


def test_sites_have_components_of_their_own_padded_with_zeros() -> None:
    sums = NeutralSums(2, 48)
    few, many = power_law(1500, 48, 3.0), power_law(1500, 48, 0.2, seed=1)
    reducer = NeutralMoments((3, 7), 0, sums, NormSums(2))
    reducer.begin([0], [1500])
    reducer.add(3, few)
    reducer.add(7, many)
    reducer.end()
    reducer.commit()
    basis, counts = sums.components()
    assert counts == (len(exact_pca(few).basis), len(exact_pca(many).basis))
    assert counts[0] < counts[1] == basis.shape[1]
    assert not basis[0, counts[0] :].any()
    assert projector_error(basis[0], exact_pca(few).basis) < 1e-5
    assert projector_error(basis[1], exact_pca(many).basis) < 1e-5


def test_a_sketch_too_small_for_flat_variance_is_an_error_and_not_a_guess() -> None:
    with pytest.raises(InputError, match="the sketch of the neutral texts is too small"):
        sketched(power_law(3000, 256, 0.0), 32).components()


@pytest.mark.parametrize("count", [3, 40])
def test_fewer_tokens_than_the_sketch_is_wide_are_enough(count: int) -> None:
    tokens = power_law(count, 256, 1.0)
    truth = exact_pca(tokens)
    basis, (found,) = sketched(tokens, 64, look=count).components()
    assert found == len(truth.basis)
    assert projector_error(basis[0], truth.basis) < 1e-3


def without_by_hand(vectors: Any, basis: Any) -> Any:
    return [vector - sum((vector @ row) * row for row in basis) for vector in vectors]


def test_without_takes_off_the_span_and_nothing_else() -> None:
    random = np.random.default_rng(0)
    basis = np.linalg.qr(random.standard_normal((9, 3)))[0].T
    vectors = random.standard_normal((5, 9))
    padded = np.vstack([basis, np.zeros((2, 9))])
    found = without(vectors[None], padded[None])[0]
    np.testing.assert_allclose(found, without_by_hand(vectors, basis), atol=1e-12)
    assert np.abs(found @ basis.T).max() < 1e-12
    np.testing.assert_allclose(without(found[None], padded[None])[0], found, atol=1e-12)


def test_leading_eigenvalues_fall_and_are_never_negative() -> None:
    tokens = power_law(500, 48, 1.0).astype(np.float64)
    covariance = tokens.T @ tokens
    values, vectors = leading(covariance, np.eye(48, dtype=np.float32), True)
    assert (np.diff(values) <= 0).all()
    assert (values >= 0).all()
    np.testing.assert_allclose(covariance @ vectors, vectors * values, atol=1e-6 * values[0])
