"""Vectors do arithmetic, know their names and layers, and become exactly what is added and read."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectlab.core import Convention, Mix, Tokens, parse_mix
from affectlab.errors import ExpressionError, InputError, UnknownNameError
from affectlab.vectors.vectorset import VectorSet

EMOTIONS = ("afraid", "at ease", "calm", "desperate")
LAYERS = (1, 2, 5)
WIDTH = 6


def made(**changes: Any) -> VectorSet:
    random = np.random.default_rng(0)

    def drawn(*shape: int) -> Any:
        return random.standard_normal(shape).astype(np.float32)

    parts: dict[str, Any] = {
        "emotions": EMOTIONS,
        "layers": LAYERS,
        "raw": drawn(3, 4, WIDTH),
        "clean": drawn(3, 4, WIDTH),
        "center": drawn(3, WIDTH),
        "neutral_mean": drawn(3, WIDTH),
        "neutral_basis": drawn(3, 2, WIDTH),
        "neutral_k": np.array([2, 1, 2]),
        "resid_norm": np.array([10.0, 20.0, 50.0], dtype=np.float32),
        "resid_norm_median": np.array([9.0, 18.0, 45.0], dtype=np.float32),
        "header": {"model": {"id": "m", "blocks": 8}},
    }
    return VectorSet(**{**parts, **changes})


VECTORS = made()
RAW_ONLY = made(clean=None, neutral_mean=None, neutral_basis=None, neutral_k=None)


def unit(vector: Any) -> Any:
    return vector.astype(np.float64) / np.linalg.norm(vector.astype(np.float64))


def test_vectors_add_up_to_the_expression_of_the_readme() -> None:
    mix = 0.05 * VECTORS["calm"] - 0.02 * VECTORS["desperate"]
    assert mix == parse_mix("0.05*calm - 0.02*desperate")
    assert mix == VECTORS["calm"] * 0.05 + VECTORS["desperate"] * -0.02
    assert dict((-mix).terms) == {"calm": -0.05, "desperate": 0.02}


@given(st.floats(-2, 2), st.floats(-2, 2), st.floats(-2, 2))
def test_what_is_added_is_linear_in_strengths(a: float, b: float, factor: float) -> None:
    calm, afraid = VECTORS["calm"], VECTORS["afraid"]
    whole = VECTORS.steer(factor * (a * calm + b * afraid), layers=LAYERS).deltas
    parts = factor * (a * VECTORS.steer(calm, layers=LAYERS).deltas + b * VECTORS.steer(afraid, layers=LAYERS).deltas)
    np.testing.assert_allclose(whole, parts, rtol=1e-5, atol=1e-5)


def test_steering_adds_strength_times_norm_times_unit_vector_at_every_site() -> None:
    steer = VECTORS.steer("0.05*calm - 0.02*desperate", layers=[5, 1], tokens="reply")
    assert steer.sites == (1, 5)
    assert steer.tokens == Tokens("reply")
    for place, layer in enumerate((1, 5)):
        line = LAYERS.index(layer)
        assert VECTORS.clean is not None
        calm, desperate = unit(VECTORS.clean[line, 2]), unit(VECTORS.clean[line, 3])
        expected = VECTORS.resid_norm[line] * (0.05 * calm - 0.02 * desperate)
        np.testing.assert_allclose(steer.deltas[place], expected, rtol=1e-5)
    assert steer.deltas.dtype == np.float32
    assert (steer.label, steer.vectors) == ("0.05*calm - 0.02*desperate", VECTORS.hash)


def test_a_strength_of_one_adds_one_residual_norm() -> None:
    for layer, norm in zip(LAYERS, VECTORS.resid_norm, strict=True):
        for name in EMOTIONS:
            assert np.linalg.norm(VECTORS.steer(name, layers=[layer]).deltas) == pytest.approx(norm, rel=1e-5)


def test_raw_on_request_and_where_nothing_is_cleaned() -> None:
    raw = unit(VECTORS.raw[0, 2]) * 10
    np.testing.assert_allclose(VECTORS.steer("calm", layers=[1], form="raw").deltas[0], raw, rtol=1e-5)
    np.testing.assert_allclose(RAW_ONLY.steer("calm", layers=[1]).deltas[0], raw, rtol=1e-5)
    with pytest.raises(InputError, match="these vectors have no cleaned form"):
        RAW_ONLY.steer("calm", layers=[1], form="clean")


@pytest.mark.parametrize(
    ("name", "near"), [("clam", "'calm'"), ("Calm", "'calm'"), ("at  ease", "'at ease'"), ("desparate", "'desperate'")]
)
def test_an_unknown_emotion_is_met_with_a_near_name(name: str, near: str) -> None:
    for use in (
        lambda: VECTORS[name],
        lambda: VECTORS.steer(Mix(((name, 0.1),))),
        lambda: VECTORS.readout(emotions=[name]),
    ):
        with pytest.raises(UnknownNameError) as caught:
            use()
        assert f"did you mean {near}" in caught.value.fix
        assert caught.value.where == "vectors of m"


def test_an_emotion_like_no_other_is_refused_without_a_guess() -> None:
    with pytest.raises(
        UnknownNameError, match=r"unknown emotion 'xyzzy'.*expected one of afraid, at ease, calm"
    ) as caught:
        VECTORS["xyzzy"]
    assert caught.value.fix == ""


@pytest.mark.parametrize("layer", [0, 3, 6, 99, -1])
def test_a_layer_without_vectors_is_refused(layer: int) -> None:
    with pytest.raises(InputError, match=f"there are no vectors for layer {layer}; expected layers among 1, 2, 5"):
        VECTORS.steer("calm", layers=[layer])
    with pytest.raises(InputError, match="there are no vectors"):
        VECTORS.readout(layers=[layer])


@pytest.mark.parametrize(
    ("text", "layers"), [(None, (5,)), ("all", LAYERS), ("1-2", (1, 2)), ("0.66", (5,)), ("2,5", (2, 5))]
)
def test_layers_are_chosen_as_they_are_written(text: str | None, layers: tuple[int, ...]) -> None:
    assert VECTORS.choose_layers(text) == layers


def test_the_default_layer_is_the_one_found_best_or_the_nearest_to_two_thirds() -> None:
    assert VECTORS.default_layer == 5
    assert made(header={"model": {"blocks": 8}, "layer": 2}).default_layer == 2
    assert made(header={"model": {"blocks": 5}}).default_layer == 2
    assert VECTORS.steer("calm").sites == (5,)
    assert VECTORS.readout().sites == (5,)


@pytest.mark.parametrize("strength", [float("nan"), float("inf")])
def test_a_strength_that_is_not_finite_is_refused(strength: float) -> None:
    with pytest.raises(ExpressionError, match="a strength must be finite"):
        strength * VECTORS["calm"]


def test_a_sweep_may_pass_strength_0_and_a_text_may_not() -> None:
    assert not VECTORS.steer(0.0 * VECTORS["calm"]).deltas.any()
    with pytest.raises(ExpressionError, match="this adds nothing"):
        VECTORS.steer("0*calm")


def test_what_would_overflow_is_refused() -> None:
    with pytest.raises(ExpressionError, match="not finite"):
        VECTORS.steer("1e38*calm", layers=[5])


@pytest.mark.parametrize("convention", list(Convention))
def test_readouts_follow_their_convention_by_hand(convention: Convention) -> None:
    hidden = np.random.default_rng(1).standard_normal((2, 7, WIDTH)).astype(np.float32)
    readout = VECTORS.readout(layers=[1, 5], convention=convention, emotions=["desperate", "calm"])
    scores = readout.apply(hidden)
    assert scores.shape == (7, 2, 2)
    for place, line in enumerate((0, 2)):
        for token in range(7):
            for column, emotion in enumerate((3, 2)):
                h = hidden[place, token].astype(np.float64)
                assert VECTORS.neutral_mean is not None
                assert VECTORS.clean is not None
                h = h - VECTORS.neutral_mean[line] if convention is Convention.CENTRED else h
                expected = h @ unit(VECTORS.clean[line, emotion])
                if convention is not Convention.PROJECTION:
                    expected /= np.linalg.norm(h)
                assert scores[token, place, column] == pytest.approx(expected, rel=1e-4, abs=1e-6)


def test_centring_needs_a_neutral_mean() -> None:
    with pytest.raises(InputError, match="there is no neutral mean to centre on"):
        RAW_ONLY.readout(convention=Convention.CENTRED)


def test_units_have_length_one_and_a_vector_of_nothing_stays_nothing() -> None:
    clean = VECTORS.clean.copy()  # type: ignore[union-attr]
    clean[0, 1] = 0
    units = made(clean=clean).units(1)
    assert np.linalg.norm(units, axis=1) == pytest.approx([1, 0, 1, 1])


def test_one_emotion_is_a_slice_of_all() -> None:
    calm = VECTORS["calm"]
    np.testing.assert_array_equal(calm.raw, VECTORS.raw[:, 2])
    np.testing.assert_array_equal(calm.clean, VECTORS.clean[:, 2])  # type: ignore[index]
    assert RAW_ONLY["calm"].clean is None
