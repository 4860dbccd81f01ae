"""A reading is one of three conventions, and the arithmetic of a readout is that of its formula."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectlab.core import Convention, Floats, Reading, Readout, Score
from affectlab.errors import InputError, UnknownNameError

SITES, PROBES, TOKENS, WIDTH = 2, 3, 5, 8


def drawn(seed: int, *shape: int) -> Floats:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def unit_probes(seed: int) -> Floats:
    probes = drawn(seed, SITES, PROBES, WIDTH)
    return np.asarray(probes / np.linalg.norm(probes, axis=-1, keepdims=True), dtype=np.float32)


def cosine(first: Floats, second: Floats) -> float:
    return float(first @ second / (np.linalg.norm(first) * np.linalg.norm(second)))


@given(seed=st.integers(0, 10_000))
def test_a_plain_readout_is_the_projection_on_each_probe(seed: int) -> None:
    probes, hidden = unit_probes(seed), drawn(seed + 1, SITES, TOKENS, WIDTH)
    scores = Readout((3, 7), probes).apply(hidden)
    assert scores.shape == (TOKENS, SITES, PROBES)
    for token, site, probe in np.ndindex(*scores.shape):
        assert scores[token, site, probe] == pytest.approx(hidden[site, token] @ probes[site, probe], abs=1e-5)


@given(seed=st.integers(0, 10_000), centred=st.booleans())
def test_a_unit_readout_is_the_cosine_with_each_probe(seed: int, centred: bool) -> None:
    probes, hidden = unit_probes(seed), drawn(seed + 1, SITES, TOKENS, WIDTH)
    center = drawn(seed + 2, SITES, WIDTH) if centred else None
    scores = Readout((3, 7), probes, center, unit=True).apply(hidden)
    for token, site, probe in np.ndindex(*scores.shape):
        state = hidden[site, token] - center[site] if center is not None else hidden[site, token]
        assert scores[token, site, probe] == pytest.approx(cosine(state, probes[site, probe]), abs=1e-5)


def test_centring_moves_a_projection_by_the_projection_of_the_centre() -> None:
    probes, hidden, center = unit_probes(0), drawn(1, SITES, TOKENS, WIDTH), drawn(2, SITES, WIDTH)
    moved = Readout((0, 1), probes).apply(hidden) - Readout((0, 1), probes, center).apply(hidden)
    expected = np.einsum("sd,spd->sp", center, probes)
    assert np.allclose(moved, expected[None], atol=1e-5)


@pytest.mark.parametrize("shape", [(1, PROBES, WIDTH), (SITES, WIDTH), (SITES + 1, PROBES, WIDTH)])
def test_probes_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="sites, probes, width"):
        Readout((3, 7), np.zeros(shape, dtype=np.float32))


@pytest.mark.parametrize("shape", [(SITES, WIDTH + 1), (SITES + 1, WIDTH), (WIDTH,)])
def test_a_centre_of_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="sites, width"):
        Readout((3, 7), unit_probes(0), np.zeros(shape, dtype=np.float32))


def a_reading(scores: Floats) -> Reading:
    return Reading(("one", "two"), ("calm", "sad"), 4, Convention.CENTRED, scores)


def test_a_reading_is_asked_by_emotion() -> None:
    reading = a_reading(np.array([[1, 2], [3, 4]], dtype=np.float32))
    assert reading["sad"].tolist() == [2, 4]


def test_an_emotion_that_was_not_read_is_an_error_with_a_near_name() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'calm'"):
        a_reading(np.zeros((2, 2), dtype=np.float32))["clam"]


@given(seed=st.integers(0, 1000), size=st.floats(0.01, 1000))
def test_scaled_scores_lie_in_minus_one_to_one_and_ignore_the_unit(seed: int, size: float) -> None:
    scores = drawn(seed, 2, 2)
    scaled = a_reading(scores).scaled()
    assert np.abs(scaled).max() == 1
    assert np.array_equal(np.sign(scaled), np.sign(scores))
    assert np.allclose(a_reading(scores * np.float32(size)).scaled(), scaled, atol=1e-4)


def test_scores_that_are_all_zero_stay_zero() -> None:
    assert not a_reading(np.zeros((2, 2), dtype=np.float32)).scaled().any()


def test_a_score_is_written_with_every_field_scripts_rely_on() -> None:
    score = Score("map.pc1.pleasure", 0.8, 0.7, 0.9, 45, "words", layer=4, convention=Convention.COSINE)
    written = json.loads(json.dumps(score.as_dict()))
    fields = "name value low high n unit chance nulls baselines layer convention".split()
    assert list(written) == fields
    assert written["convention"] == "cosine"
