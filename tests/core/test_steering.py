"""An expression means a sum of strength x emotion, and what is given to a model is finite and in order."""

import math
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from affectlab import lexicon
from affectlab.core import Mix, Steer, Tokens, parse_mix
from affectlab.errors import ExpressionError

NAMES = st.sampled_from(lexicon.names())
STRENGTHS = st.floats(-4, 4)


@st.composite
def mixes(draw: st.DrawFn) -> Mix:
    names = draw(st.lists(NAMES, min_size=1, max_size=5, unique=True))
    return Mix(tuple((name, draw(STRENGTHS)) for name in names))


def test_the_expression_of_the_readme_means_what_it_says() -> None:
    assert parse_mix("0.05*calm - 0.02*desperate").terms == (("calm", 0.05), ("desperate", -0.02))


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("calm", {"calm": 1.0}),
        ("-calm", {"calm": -1.0}),
        ("+ calm", {"calm": 1.0}),
        ("  .5 * calm  ", {"calm": 0.5}),
        ("1e-2*calm", {"calm": 0.01}),
        ("2.*calm", {"calm": 2.0}),
        ("0*calm + 0.1*sad", {"calm": 0.0, "sad": 0.1}),
        ('0.05*"9 to 5 joy"', {"9 to 5 joy": 0.05}),
        ("0.05*'love/hate, mixed' - 0.1 * calm", {"love/hate, mixed": 0.05, "calm": -0.1}),
        ('0.1*"so-called ""rage""" -"a - b"', {'so-called "rage"': 0.1, "a - b": -1.0}),
        ("0.1*'it''s'", {"it's": 0.1}),
        ("0.05*at ease - worn out", {"at ease": 0.05, "worn out": -1.0}),
        ("0.1*self-critical + grief-stricken", {"self-critical": 0.1, "grief-stricken": 1.0}),
        ("0.1*calm-0.2*sad", {"calm": 0.1, "sad": -0.2}),
        ("0.1*calm + 0.2*calm", {"calm": 0.1 + 0.2}),
        ("0.5*Gelassenheit - 0.5*épuisé", {"Gelassenheit": 0.5, "épuisé": -0.5}),
    ],
)
def test_an_expression_is_read(text: str, terms: dict[str, float]) -> None:
    assert dict(parse_mix(text).terms) == terms


@pytest.mark.parametrize("name", lexicon.names())
def test_every_word_of_the_lexicon_can_stand_in_an_expression(name: str) -> None:
    assert dict(parse_mix(f"0.05*{name} - 0.02*{name}").terms) == {name: pytest.approx(0.03)}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "0.05",
        "0.05*",
        "*calm",
        "calm +",
        "+",
        "0.05 calm",
        "calm*0.05",
        "calm 0.02*sad",
        "0.05**calm",
        "0.05*calm + + 0.02*sad",
        "--calm",
        "0.05*calm & sad",
        "(calm + sad)*2",
        "0,05*calm",
        "0.05*0.05*calm",
        "5",
        "0.05*calm;",
    ],
)
def test_a_broken_expression_is_refused_where_it_breaks(text: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse_mix(text)
    assert caught.value.where == "steering expression"
    assert "character" in caught.value.what


@pytest.mark.parametrize(("text", "character"), [("calm & sad", 1), ("0.1*calm + 5", 10), ("0.1*calm -- sad", 10)])
def test_the_error_says_from_which_character_it_cannot_read(text: str, character: int) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse_mix(text)
    assert caught.value.what.endswith(f"from character {character}")
    assert caught.value.found == repr(text[character - 1 :])


@pytest.mark.parametrize("text", ["inf*calm", "-Infinity*calm", "nan*calm", "1e400*calm", "1e308*calm + 1e308*calm"])
def test_a_strength_that_is_not_finite_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError, match="finite"):
        parse_mix(text)


ANY_NAME = st.text(min_size=1, max_size=12).filter(lambda name: name == name.strip())
WRITTEN = st.lists(st.tuples(NAMES | ANY_NAME, STRENGTHS), min_size=1, max_size=5, unique_by=lambda term: term[0])


@given(mix=WRITTEN.filter(lambda terms: any(strength for _, strength in terms)).map(lambda terms: Mix(tuple(terms))))
@example(mix=Mix((('it\'s "odd"', 0.1), ("love/hate, mixed", -0.2), ("calm -", 0.3), ("'", 1.0), ('"', 1.0))))
def test_what_is_printed_is_read_back_and_printed_the_same(mix: Mix) -> None:
    again = parse_mix(str(mix))
    assert str(again) == str(mix)
    assert [name for name, _ in again.terms] == [name for name, _ in mix.terms]
    assert [strength for _, strength in again.terms] == pytest.approx([strength for _, strength in mix.terms], rel=1e-5)


@pytest.mark.parametrize("text", ["0*calm", "-0*calm + 0*sad", "0.1*calm - 0.1*calm", "0.3*sad - 0.1*sad - 0.2*sad"])
def test_what_adds_nothing_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError, match="this adds nothing"):
        parse_mix(text)


def test_a_strength_can_be_demanded_and_the_place_be_named() -> None:
    assert parse_mix("0.1*calm", bare=False) == parse_mix("0.1*calm")
    for text in ("calm", "-calm", "0.1*sad + 'at ease'"):
        with pytest.raises(ExpressionError, match=r"EXPR: a strength is missing.*write 0\.05\*"):
            parse_mix(text, where="EXPR", bare=False)


@given(first=mixes(), second=mixes(), factor=STRENGTHS)
def test_mixes_add_and_scale_as_vectors_do(first: Mix, second: Mix, factor: float) -> None:
    left, right, total = dict(first.terms), dict(second.terms), dict((factor * (first + second)).terms)
    assert total.keys() == left.keys() | right.keys()
    for name, strength in total.items():
        assert strength == pytest.approx(factor * (left.get(name, 0.0) + right.get(name, 0.0)), abs=1e-12)


@given(mix=mixes())
def test_a_mix_less_itself_is_nothing(mix: Mix) -> None:
    assert all(strength == 0 for _, strength in (mix - mix).terms)
    assert -1 * -mix == mix


@given(text=st.text(max_size=30))
def test_any_text_is_read_or_refused_with_a_clear_error(text: str) -> None:
    try:
        mix = parse_mix(text)
    except ExpressionError:
        return
    assert mix.terms
    assert all(name == name.strip() and math.isfinite(strength) for name, strength in mix.terms)


def test_a_mix_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        parse_mix("calm").terms = ()  # type: ignore[misc]


@pytest.mark.parametrize("bad", [math.inf, -math.inf, math.nan])
def test_a_steer_refuses_what_is_not_finite(bad: float) -> None:
    deltas = np.zeros((2, 3), dtype=np.float32)
    deltas[1, 2] = bad
    with pytest.raises(ExpressionError, match="not finite"):
        Steer((1, 4), deltas)


@pytest.mark.parametrize("shape", [(1, 3), (3, 3), (2,), (2, 1, 3), ()])
def test_a_steer_has_one_vector_for_each_site(shape: tuple[int, ...]) -> None:
    with pytest.raises(ExpressionError, match="one vector per site"):
        Steer((1, 4), np.zeros(shape, dtype=np.float32))


@pytest.mark.parametrize("sites", [(4, 1), (1, 1)])
def test_the_sites_of_a_steer_ascend(sites: tuple[int, int]) -> None:
    with pytest.raises(ExpressionError, match="ascending and distinct"):
        Steer(sites, np.zeros((2, 3), dtype=np.float32))


def test_a_steer_touches_all_tokens_unless_it_is_told_which() -> None:
    deltas = np.ones((1, 3), dtype=np.float32)
    assert Steer((0,), deltas).tokens == Tokens("all")
    assert Steer((0,), deltas, Tokens("reply")).tokens == Tokens("reply")
