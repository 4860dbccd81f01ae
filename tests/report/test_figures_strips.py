"""Texts are shown whole, token by token, in lines that fit; tables hold the tokens they are given."""

from __future__ import annotations

from itertools import combinations, pairwise
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from affectlab.errors import InputError
from affectlab.report.figures import lens_figure, narrow, strip_figure, token_maps_figure
from affectlab.report.figures.fit import NARROW, WIDE
from affectlab.report.figures.labels import TALL, Box, overlap, wide
from affectlab.report.figures.strips import LETTER, laid_out, letters
from affectlab.report.figures.tables import Ranked
from affectlab.report.figures.token_maps import differing

RANDOM = np.random.default_rng(0)
TOKENS = ["The", *(f" w{'o' * (place % 9)}rd" for place in range(170))]


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_a_strip_shows_every_token_in_order_and_no_two_overlap(width: int) -> None:
    columns = int((width - 8) / LETTER)
    pieces = laid_out(TOKENS, columns)
    assert "".join(piece.text.strip() for piece in pieces) == "".join(token.strip() for token in TOKENS)
    assert sorted({piece.token for piece in pieces}) == list(range(171))
    for one, other in pairwise(pieces):
        assert (other.line, other.start) >= (one.line, one.start + (one.letters if other.line == one.line else 0))
    assert max(piece.start + piece.letters for piece in pieces) <= columns


def test_words_of_several_tokens_stay_on_one_line_and_long_ones_break() -> None:
    assert [piece.line for piece in laid_out(["one", " tw", "o", "."], 6)] == [0, 1, 1, 1]
    assert [(piece.line, piece.text) for piece in laid_out(["incomprehensible"], 6)] == [
        (0, "incomp"),
        (1, "rehens"),
        (2, "ible"),
    ]
    lines = [(piece.line, piece.text) for piece in laid_out(["a\n", "\n", "b"], 6)]
    assert lines == [(0, "a\u21b5"), (1, "\u21b5"), (2, "b")]
    assert letters("\u65e5a") == 3
    assert [piece.text for piece in laid_out(["\u65e5\u672c\u8a9e"], 4)] == ["\u65e5\u672c", "\u8a9e"]


def test_a_strip_is_coloured_by_sign_and_strength() -> None:
    scores = np.array([0.2, -0.1, 0.0, np.nan])
    figure = strip_figure([" up", " down", " none", " unknown"], scores, title="x")
    colours = {note.text.strip(): note.bgcolor for note in figure.layout.annotations if note.bgcolor}
    assert colours["up"].startswith("rgba(190,30,46,1")
    assert colours["down"].startswith("rgba(33,102,172,0.5")
    assert colours["none"].endswith(",0.00)")
    assert colours["unknown"].endswith(",0.00)")
    marker = figure.data[0].marker
    np.testing.assert_array_equal(marker.color, scores)
    assert marker.cmin == -marker.cmax
    alt = figure.layout.meta["alt"]
    assert "Highest at \u201c up\u201d, token 0 (+0.20); lowest at \u201c down\u201d, token 1 (\u22120.10)" in alt


def test_strips_of_171_words_of_one_and_of_nothing() -> None:
    figure = strip_figure(TOKENS, RANDOM.standard_normal(171), title="x")
    for shown, width in ((figure, WIDE), (narrow(figure), NARROW)):
        boxes = [box for note in shown.layout.annotations if note.hovertext for box in [_strip_box(note)]]
        assert len(boxes) == 171
        assert max(box[1] for box in boxes) <= width - 4
        rows: dict[float, list[Box]] = {}
        for box in boxes:
            rows.setdefault(box[3], []).append(box)
        for row in rows.values():
            assert not any(overlap(one, other) for one, other in combinations(row, 2))
    strip_figure(["a"], [np.nan], title="x")
    assert strip_figure(["a", "b"], [0.0, 0.0], title="x").data[0].marker.cmax == 1.0
    with pytest.raises(InputError):
        strip_figure([], [], title="x")
    with pytest.raises(InputError, match="expected an array of 1"):
        strip_figure(["a"], [0.1, 0.2], title="x")


def test_two_texts_share_one_scale_and_where_they_differ_is_framed() -> None:
    one, other = "it goes well today".split(), "it goes very badly today".split()
    first, second = RANDOM.standard_normal((6, 4)), 3 * RANDOM.standard_normal((6, 5))
    figure = token_maps_figure((one, first), (other, second), probe="happy", title="x")
    upper, lower = figure.data
    np.testing.assert_array_equal(upper.z, first)
    np.testing.assert_array_equal(lower.z, second)
    assert upper.zmax == lower.zmax == -lower.zmin == np.abs(second).max()
    frames = [(shape.x0, shape.x1, shape.xref) for shape in figure.layout.shapes]
    assert frames == [(1.5, 2.5, "x"), (1.5, 3.5, "x2")]
    assert figure.layout.yaxis.domain[0] > figure.layout.yaxis2.domain[1]
    assert "<b>badly</b>" in figure.layout.xaxis2.ticktext
    alt = figure.layout.meta["alt"]
    assert "\u201cwell\u201d against \u201cvery badly\u201d" in alt
    assert f"{first[-1].mean():+.2f}".replace("-", "\u2212") in alt


def test_long_texts_name_the_tokens_that_differ_and_what_fits_between() -> None:
    other = list(TOKENS)
    other[80] = " different"
    scores = RANDOM.standard_normal((3, 171))
    figure = token_maps_figure((TOKENS, scores), (other, scores), probe="happy", title="x")
    for shown, width in ((figure, WIDE), (narrow(figure), NARROW)):
        axis = shown.layout.xaxis2
        assert "<b>different</b>" in axis.ticktext
        assert np.diff(axis.tickvals).min() * (width - 54) / 171 >= 12 - 1e-6
    same = token_maps_figure((TOKENS, scores), (TOKENS, scores), probe="happy", title="x")
    assert not same.layout.shapes
    assert "differ in nothing against nothing" in same.layout.meta["alt"]


def test_token_maps_of_one_token_and_of_nan_are_drawn_and_of_other_layers_refused() -> None:
    token_maps_figure((["a"], [[0.0]]), (["b"], [[np.nan]]), probe="p", title="x")
    with pytest.raises(InputError, match="the second text"):
        token_maps_figure((["a"], [[0.0]]), (["b"], [[0.0], [1.0]]), probe="p", title="x")
    with pytest.raises(InputError):
        token_maps_figure(([], np.zeros((2, 0))), (["b"], [[0.0]]), probe="p", title="x")
    assert differing([], ["a"]) == ([], [(0, 0)])


def test_a_lens_table_holds_the_tokens_of_both_ends_and_nothing_overlaps() -> None:
    up = {name: [(f" token{place}", 0.9 - place / 10) for place in range(9)] for name in ("desperate", "sad")}
    down = {name: [(" ", -0.5), ("<|end|>", -0.4)] for name in up}
    figure = lens_figure(up, down, title="x")
    for shown, width in ((figure, WIDE), (narrow(figure), NARROW)):
        notes = shown.layout.annotations
        text = " ".join(note.text for note in notes)
        assert all(f"token{place}" in text for place in range(9))
        assert "\u2423" in text
        assert "&lt;|end|&gt;" in text
        boxes = [_cell_box(note) for note in notes]
        assert not any(overlap(one, other) for one, other in combinations(boxes, 2))
        assert max(box[1] for box in boxes) <= width
        whole = shown.layout.height - shown.layout.margin.t - shown.layout.margin.b
        assert min(box[2] for box in boxes) >= -whole - 1
    assert "desperate: up token0, token1, token2; down \u2423, <|end|>." in figure.layout.meta["alt"]


def test_lens_tables_need_both_ends() -> None:
    assert lens_figure({"a": []}, {"a": []}, title="x").layout.annotations
    cases: list[tuple[Ranked, Ranked]] = [({}, {}), ({"a": []}, {"b": []}), ({"a": []}, {"a": [], "b": []})]
    for top, bottom in cases:
        with pytest.raises(InputError, match="same emotions"):
            lens_figure(top, bottom, title="x")


def _strip_box(note: Any) -> Box:
    return (note.xshift, note.xshift + note.width, note.yshift - note.height, note.yshift)


def _cell_box(note: go.layout.Annotation) -> Box:
    text = note.text.replace("<b>", "").replace("</b>", "").replace("&lt;", "<").replace("&gt;", ">")
    tall = (text.count("<br>") + 1) * TALL * note.font.size
    return (note.xshift, note.xshift + wide(text, note.font.size), note.yshift - tall, note.yshift)
