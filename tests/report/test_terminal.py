"""What a person sees in a terminal: colours where there are any, numbers always, and nothing that moves the cursor."""

import io
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console, RenderableType

from affectlab.core import Convention, Reading, Receipt
from affectlab.report.colours import paint
from affectlab.report.summary import as_dict, furthest, plain, summary
from affectlab.report.terminal import Output, curve, facts_table, readings_text, receipt_line, replies_text
from affectlab.report.tokens import inline, shown, spaced

RECEIPT = Receipt("0.5*calm", "ab12", (3, 4), 7, (1.5, 2.0), (0.25, -0.125), (1.25, 2.0))


def reading(scores: list[list[float]], tokens: tuple[str, ...] = ("a", " b", " c"), **more: Receipt) -> Reading:
    table = np.array(scores, dtype=np.float32)
    return Reading(tokens, ("calm", "sad")[: table.shape[1]], 3, Convention.COSINE, table, **more)


def rendered(what: RenderableType, **console: object) -> str:
    file = io.StringIO()
    Console(file=file, width=100, markup=False, highlight=False, emoji=False, **console).print(what)  # type: ignore[arg-type]
    return file.getvalue()


SIGNS = reading([[1.0, 0.0], [-1.0, 0.01], [0.0, 0.2]])


def test_tokens_are_coloured_by_their_readings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    strip = rendered(readings_text([(SIGNS, ["calm"])]), force_terminal=True, color_system="truecolor")
    above, below = ("{};{};{}".format(*bytes.fromhex(paint(sign).background[1:])) for sign in (1, -1))  # type: ignore[union-attr, index]
    assert f"48;2;{above}ma\x1b[0m" in strip
    assert f"48;2;{below}m b\x1b[0m c" in strip


@pytest.mark.parametrize("how", ["no terminal", "NO_COLOR"])
def test_without_colours_there_is_the_table(monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    if how == "NO_COLOR":
        monkeypatch.setenv("NO_COLOR", "1")
    text = rendered(readings_text([(SIGNS, ["calm", "sad"])]), force_terminal=how == "NO_COLOR")
    assert "38;" not in text
    assert "48;" not in text
    assert "0 “a”" in text
    assert "2 “ c”" in text
    assert "█▁▅" in text


def test_a_steered_reading_shows_its_receipt() -> None:
    text = rendered(readings_text([(reading([[1.0, 0.0]], ("a",), receipt=RECEIPT), ["calm"])]))
    assert "steered by 0.5*calm at 7 tokens; layer 3 added 1.5, moved 1.25, mean change of norm +0.25;" in text
    assert receipt_line(RECEIPT).endswith("mean change of norm -0.125; vectors ab12")


def test_both_replies_are_shown_as_they_are() -> None:
    text = rendered(replies_text("[bold]so[/bold] :smile:", "\x1b[2Jand", RECEIPT))
    assert "[bold]so[/bold] :smile:" in text
    assert "␛[2Jand" in text
    assert "\x1b" not in text


def test_facts_stand_in_two_columns() -> None:
    assert rendered(facts_table({"layers": "4", "emotions": "2"})).split() == ["layers", "4", "emotions", "2"]


def test_a_reader_who_goes_away_is_told_of() -> None:
    class Closed(io.StringIO):
        def write(self, _: str) -> int:
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        Output(file=Closed()).print("anything")


def test_a_curve_has_a_bar_for_each_part_of_the_text() -> None:
    assert curve(np.array([-1.0, 0.0, 1.0], dtype=np.float32)) == "▁▅█"
    assert len(curve(np.zeros(1000, dtype=np.float32))) == 24


@pytest.mark.parametrize("shade", np.linspace(-1, 1, 41))
def test_letters_can_be_read_on_every_background(shade: float) -> None:
    def luminance(colour: str) -> float:
        parts = [part / 255 for part in bytes.fromhex(colour[1:])]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return float(np.dot([0.2126, 0.7152, 0.0722], linear))

    def contrast(one: float, other: float) -> float:
        return (max(one, other) + 0.05) / (min(one, other) + 0.05)

    colours = paint(float(shade))
    if colours is None:
        assert abs(shade) < 0.1
    elif colours.background is None:
        assert min(contrast(luminance(colours.letters), ground) for ground in (0.0, 1.0)) > 3
    else:
        assert contrast(luminance(colours.letters), luminance(colours.background)) > 4.5


def test_a_summary_says_where_a_reading_is_highest() -> None:
    calm, sad = summary(SIGNS, ["calm", "sad"])
    assert (calm.mean, calm.low, calm.high, calm.peak) == (0.0, -1.0, 1.0, 0)
    assert sad.peak == 2
    assert sad.high == pytest.approx(0.2)
    assert furthest(SIGNS, 1) == ("calm",)
    assert furthest(SIGNS, 9) == ("calm", "sad")


def test_what_moves_furthest_from_its_usual_level_comes_first() -> None:
    peak = [[0.9, 0.0], [0.9, 0.0], [0.9, 0.3]]
    assert furthest(reading(peak), 2) == ("sad", "calm"), "a constant offset says nothing about the text"
    swings = [[0.0, 0.0], [0.2, 0.0], [0.0, 0.0], [0.2, 0.3], [0.0, 0.0], [0.2, 0.0]]
    assert furthest(reading(swings, tuple("abcdef")), 1) == ("sad",), "one high token, not many small changes"


def test_where_nothing_moves_size_decides() -> None:
    assert furthest(reading([[0.1, -0.4]], ("a",)), 2) == ("sad", "calm")
    assert furthest(reading([[0.1, 0.2], [0.3, 0.4]], ("a", "b")), 1) == ("sad",)


def test_a_receipt_of_nothing_says_so() -> None:
    line = receipt_line(replace(RECEIPT, tokens=0, norm_change=(0.0, 0.0), moved_norm=(0.0, 0.0)))
    assert line == "nothing: 0.5*calm met no token, because the reply ended at once; vectors ab12"


@pytest.mark.parametrize("scores", [[[0.5, -2.0], [0.1, 0.0]], [[0.0, 0.0]], [[-3.0, -3.0]], [[1e-9, 0.0], [5.0, 4.0]]])
def test_full_colour_is_where_the_scale_ends(scores: list[list[float]]) -> None:
    given = reading(scores, tuple("ab"[: len(scores)]))
    top = given.scale
    np.testing.assert_allclose(np.clip(given.scores / top, -1, 1), given.scaled(), atol=1e-6)


def test_json_reads_back_as_the_same_numbers() -> None:
    values = np.random.default_rng(0).standard_normal(100).astype(np.float32)
    assert np.array_equal(np.array(plain(values), dtype=np.float32), values)
    assert all(len(str(value)) < 16 for value in plain(values))
    found = as_dict(reading([[1.0, 0.5]], ("a",), receipt=RECEIPT))
    assert list(found) == ["tokens", "layer", "convention", "scores", "receipt"]


def test_control_characters_become_pictures() -> None:
    assert shown("a\nb\t\x00\x7f\u202e\u200b") == "a↵\nb␉␀\ufffd\ufffd\ufffd"
    assert shown("👩\u200d🚀 é 待") == "👩\u200d🚀 é 待"
    assert inline("\n") == "“↵”"


def test_tokens_without_spaces_get_some() -> None:
    assert spaced(["She", "wept", "."]) == ["She ", "wept ", "."]
    assert spaced(["She", " wept", "."]) == ["She", " wept", "."]
