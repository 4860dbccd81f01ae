"""Maps show emotions where they lie, and axes where people's ratings put them; no name covers another or a point."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from affectlab.errors import InputError
from affectlab.report.figures import axes_figure, map_figure, narrow, norms_figure, screening_figure, shift_figure
from affectlab.report.figures.fit import NARROW, WIDE
from affectlab.report.figures.labels import BLANK, DOT, beside, overlap
from affectlab.report.figures.maps import NAME, frame, readable
from affectlab.report.figures.shifts import sorted_ends

NAMES = [f"emotion {place}" for place in range(171)]
RANDOM = np.random.default_rng(0)
PLACES = RANDOM.standard_normal((171, 2))
SHADES = np.where(np.arange(171) % 3, np.linspace(-1, 0.8, 171), np.nan)


def drawn() -> go.Figure:
    return map_figure(PLACES, NAMES, SHADES, title="A map", axes=("one", "two"), shade="pleasure")


def test_every_emotion_is_on_the_map_where_it_lies() -> None:
    grey, coloured = drawn().data
    assert len(grey.x) == np.isnan(SHADES).sum()
    assert len(grey.x) + len(coloured.x) == 171
    place = [text.split(":")[0] for text in coloured.hovertext].index("emotion 7")
    assert (coloured.x[place], coloured.y[place]) == tuple(PLACES[7])
    assert coloured.marker.color[place] == SHADES[7]
    assert coloured.marker.cmin == -coloured.marker.cmax == -np.nanmax(np.abs(SHADES))


@pytest.mark.parametrize(("width", "height", "least"), [(WIDE, 560, 30), (NARROW, 400, 10)])
def test_names_on_the_map_cover_neither_each_other_nor_a_point(width: int, height: int, least: int) -> None:
    sides = readable(PLACES, NAMES, width)
    assert least < len(sides) < 171
    points = frame(PLACES, width, height)(PLACES)
    boxes = {place: beside(points[place], NAMES[place], NAME)[side] for place, side in sides.items()}
    assert not any(overlap(one, other) for one, other in combinations(boxes.values(), 2))
    for place, (left, right, low, high) in boxes.items():
        assert left >= 0
        assert right <= width - 54
        others = np.delete(points, place, axis=0)
        across = (others[:, 0] > left - DOT + 1) & (others[:, 0] < right + DOT - 1)
        assert not (across & (others[:, 1] > low - DOT + 1) & (others[:, 1] < high + DOT - 1)).any()


def test_a_phone_shows_fewer_names_and_all_points() -> None:
    def names(figure: go.Figure) -> int:
        return sum(text != BLANK for trace in figure.data for text in trace.text)

    wide, phone = drawn(), narrow(drawn())
    assert names(phone) < names(wide)
    assert [len(trace.x) for trace in phone.data] == [len(trace.x) for trace in wide.data]


def test_the_scale_of_a_map_lies_at_its_foot_and_covers_nothing() -> None:
    for figure in (drawn(), narrow(drawn())):
        bar = figure.data[1].marker.colorbar
        assert (bar.orientation, bar.yref, bar.yanchor) == ("h", "container", "bottom")
        name = next(note for note in figure.layout.annotations if note.text == "pleasure")
        room = -name.yshift - 14  # between the axes and the top of the scale's name
        assert room > 40  # ticks and the title of the axis
        assert figure.layout.margin.b + name.yshift >= 30  # the scale itself


def test_a_map_says_who_stands_at_its_ends() -> None:
    alt = drawn().layout.meta["alt"]
    assert (
        f"from left to right it goes from {NAMES[PLACES[:, 0].argmin()]} to {NAMES[PLACES[:, 0].argmax()]}"
        in alt.lower()
    )
    assert f"highest {NAMES[int(np.nanargmax(SHADES))]}" in alt


def test_maps_of_little_are_drawn_and_of_nothing_or_nan_refused() -> None:
    looks: Any = {"title": "x", "axes": ("one", "two"), "shade": "s"}
    same = map_figure(np.zeros((2, 2)), ["a", "b"], np.full(2, np.nan), **looks)
    assert sum(len(trace.x) for trace in same.data) == 2
    assert map_figure(np.zeros((1, 2)), ["a"], np.zeros(1), **looks).data[1].marker.cmax == 1.0
    for places, names, shades in (
        (np.zeros((0, 2)), [], np.zeros(0)),
        (np.full((2, 2), np.nan), ["a", "b"], np.zeros(2)),
        (np.zeros((2, 2)), ["a", "b"], np.zeros(3)),
    ):
        with pytest.raises(InputError, match="cannot"):
            map_figure(places, names, shades, **looks)


def test_norms_have_their_line_and_name_who_is_furthest_from_it() -> None:
    ratings = np.linspace(-1, 1, 21)
    values = 2 * ratings
    values[3] += 5
    ratings[20] = np.nan
    names = NAMES[:21]
    figure = norms_figure(values, ratings, names, title="x", axis="first axis", rating="pleasure", r=0.81)
    line, points = figure.data
    assert len(points.x) == 20
    np.testing.assert_allclose(line.y, np.polyval(np.polyfit(ratings[:20], values[:20], 1), line.x))
    assert "emotion 3" in points.text
    assert "0.81" in figure.layout.title.subtitle.text
    assert "20 emotions" in figure.layout.meta["alt"]
    assert "Furthest from the line: emotion 3" in figure.layout.meta["alt"]


def test_norms_of_one_emotion_or_of_equal_ratings_have_no_line() -> None:
    looks: Any = {"title": "x", "axis": "a", "rating": "b", "r": np.nan}
    assert len(norms_figure([1.0], [0.5], ["a"], **looks).data) == 1
    assert len(norms_figure([1.0, 2.0], [0.5, 0.5], ["a", "b"], **looks).data) == 1
    with pytest.raises(InputError, match="both a rating and a value"):
        norms_figure([1.0], [np.nan], ["a"], **looks)


def test_axes_have_their_share_and_ratings_below() -> None:
    shares = [0.26, 0.15, 0.08]
    figure = axes_figure(shares, {"pleasure": [0.81, 0.1], "arousal": [0.2, -0.66, 0.3]}, title="x")
    bars, cells, numbers = figure.data
    assert list(bars.y) == shares
    np.testing.assert_array_equal(cells.z, [[0.81, 0.1, np.nan], [0.2, -0.66, 0.3]])
    assert (cells.zmin, cells.zmax) == (-0.81, 0.81)
    assert list(numbers.text) == [".81", ".10", BLANK, ".20", "\u2212.66", ".30"]
    alt = figure.layout.meta["alt"]
    assert "pleasure goes most with axis 1 (r = +0.81)" in alt
    assert "arousal goes most with axis 2 (r = \u22120.66)" in alt
    assert len(axes_figure([1.0], {}, title="x").data) == 1
    for wrong in ([], [np.nan]):
        with pytest.raises(InputError):
            axes_figure(wrong, {}, title="x")


def test_screening_counts_every_try() -> None:
    figure = screening_figure(90, {"a": 3, "b": 7}, 2, title="x")
    assert list(figure.data[0].x) == [90, 7, 3]
    assert figure.data[0].text[0] == "90 (90.0%)"
    assert "100 texts" in figure.layout.meta["alt"]
    assert "commonest reason to reject one was b (7)" in figure.layout.meta["alt"]
    assert list(screening_figure(0, {}, 0, title="x").data[0].text) == ["0 (0.0%)"]


def test_shifts_are_sorted_with_their_intervals_and_discoveries_are_filled() -> None:
    shifts = np.linspace(-0.4, 0.43, 171)
    figure = shift_figure(
        np.zeros(171), shifts, NAMES, shifts, shifts - 0.01, shifts + 0.02, ["emotion 170", "emotion 1"], title="x"
    )
    dots = figure.data[-1]
    assert len(dots.x) == 24
    assert list(dots.x) == sorted(dots.x, reverse=True)
    assert dots.x[0] == shifts[170]
    filled = [name for name, colour in zip(names_of(figure), dots.marker.color, strict=True) if colour.startswith("#")]
    assert filled == ["emotion 170", "emotion 1"]
    up = next(trace for trace in figure.data if trace.name == "intervals")
    assert list(up.x[:3]) == [shifts[170] - 0.01, shifts[170] + 0.02, None]
    low, high = figure.layout.xaxis2.range
    assert low < shifts[0] - 0.01
    assert high > shifts[170] + 0.02
    alt = figure.layout.meta["alt"]
    assert "Furthest up: emotion 170 +0.43" in alt
    assert "Furthest down: emotion 0 \u22120.40" in alt
    assert "2 shifts pass" in alt


def test_shifts_of_one_emotion_of_equal_ones_and_of_unknown_ones() -> None:
    one = np.zeros(1)
    assert len(shift_figure(one, one, ["a"], one, one, one, [], title="x").data[-1].x) == 1
    two = np.array([0.1, np.nan])
    assert names_of(shift_figure(two, two, ["a", "b"], two, two, two, [], title="x")) == ["a"]
    with pytest.raises(InputError, match="no emotion has a shift"):
        shift_figure(one, one, ["a"], [np.nan], one, one, [], title="x")
    with pytest.raises(InputError, match="found c"):
        shift_figure(one, one, ["a"], one, one, one, ["c"], title="x")
    assert sorted_ends(np.arange(5.0), most=1) == [4, 0]


def names_of(figure: go.Figure) -> list[str]:
    return list(figure.layout.yaxis2.ticktext)
