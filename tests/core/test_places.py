"""Layers count from 0, ranges are inclusive, fractions are floored; positions are absolute."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from affectlab.core import START, Ints, Marks, Tokens, check_sites, default_layer, parse_layers
from affectlab.errors import InputError

CHAT = Marks(given=8, prompt=6, turn=5, spans=((1, 3), (7, 9)))
"""Twelve tokens: six of prompt, two of a choice that is scored, four generated; the assistant's turn begins at 5."""

POSITIONS: Ints = np.arange(12, dtype=np.int64)


@pytest.mark.parametrize(
    ("text", "blocks", "layers"),
    [
        ("all", 3, (0, 1, 2)),
        ("0", 12, (0,)),
        ("4", 12, (4,)),
        ("11", 12, (11,)),
        ("2-5", 12, (2, 3, 4, 5)),
        ("3-3", 12, (3,)),
        ("0.66", 12, (7,)),
        (".5", 12, (6,)),
        ("0.0", 12, (0,)),
        ("0.999", 12, (11,)),
        ("2-4,0.5", 12, (2, 3, 4, 6)),
        (" 5 , 1 ,5", 12, (1, 5)),
        ("all,3", 4, (0, 1, 2, 3)),
    ],
)
def test_layers_are_read_as_written(text: str, blocks: int, layers: tuple[int, ...]) -> None:
    assert parse_layers(text, blocks) == layers


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "12",
        "-1",
        "5-2",
        "2-12",
        "1.0",
        "1.5",
        "last",
        "2-",
        "-",
        "1,,2",
        "1,",
        "1e1",
        "0x1",
        "nan",
        "inf",
        "2:5",
    ],
)
def test_a_layer_that_does_not_exist_or_is_nonsense_is_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_layers(text, 12)
    assert caught.value.where == "layers"
    assert "0 to 11" in caught.value.expected


@given(blocks=st.integers(1, 200), data=st.data())
def test_a_range_is_inclusive_at_both_ends(blocks: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, blocks - 1))
    last = data.draw(st.integers(first, blocks - 1))
    assert parse_layers(f"{first}-{last}", blocks) == tuple(range(first, last + 1))


@example(hundredths=29, blocks=100)
@given(hundredths=st.integers(0, 99), blocks=st.integers(1, 200))
def test_a_fraction_is_floored_exactly(hundredths: int, blocks: int) -> None:
    assert parse_layers(f"0.{hundredths:02}", blocks) == (hundredths * blocks // 100,)


@given(blocks=st.integers(1, 500))
def test_the_default_layer_is_the_floor_of_two_thirds_of_the_blocks(blocks: int) -> None:
    assert default_layer(blocks) == 2 * blocks // 3


def test_sites_that_exist_pass_and_others_are_named() -> None:
    check_sites((0, 3, 11), 12)
    with pytest.raises(InputError, match="layer 12 does not exist"):
        check_sites((0, 12), 12)
    with pytest.raises(InputError, match="layer -1 does not exist"):
        check_sites((-1,), 12)


@pytest.mark.parametrize("text", ["all", "prompt", "reply", "turn", "spans", "from 0", f"from {START}"])
def test_a_selector_reads_back_as_it_was_written(text: str) -> None:
    assert str(Tokens.parse(text)) == text


@pytest.mark.parametrize(
    "text", ["", "none", "from", "from -1", "from x", "from 1.5", "from 1 2", "from ²", "All", "reply 3"]
)
def test_a_selector_that_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        Tokens.parse(text)
    assert caught.value.where == "--tokens"


@pytest.mark.parametrize(
    ("selector", "covered"),
    [
        ("all", range(12)),
        ("prompt", range(6)),
        ("reply", range(8, 12)),
        ("turn", range(5, 12)),
        ("spans", (1, 2, 7, 8)),
        ("from 4", range(4, 12)),
        ("from 99", ()),
    ],
)
def test_a_selector_covers_the_tokens_it_names(selector: str, covered: range | tuple[int, ...]) -> None:
    assert np.flatnonzero(Tokens.parse(selector).cover(POSITIONS, CHAT)).tolist() == list(covered)


def test_neither_prompt_nor_reply_touches_a_choice_that_is_only_scored() -> None:
    either = Tokens("prompt").cover(POSITIONS, CHAT) | Tokens("reply").cover(POSITIONS, CHAT)
    assert np.flatnonzero(~either).tolist() == [6, 7]


@given(
    selector=st.sampled_from(["all", "prompt", "reply", "turn", "spans", "from 4"]),
    cuts=st.lists(st.integers(0, 12), max_size=4),
)
def test_positions_are_absolute_however_the_row_is_cut_into_passes(selector: str, cuts: list[int]) -> None:
    tokens = Tokens.parse(selector)
    passes = np.split(POSITIONS, sorted(cuts))
    together = np.concatenate([tokens.cover(part, CHAT) for part in passes])
    assert np.array_equal(together, tokens.cover(POSITIONS, CHAT))


@pytest.mark.parametrize("selector", ["turn", "spans"])
def test_a_row_without_a_turn_or_spans_cannot_be_asked_for_them(selector: str) -> None:
    with pytest.raises(InputError, match=selector):
        Tokens.parse(selector).cover(POSITIONS, Marks(given=8, prompt=6))
