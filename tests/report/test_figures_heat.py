"""Cells hold the numbers they are given, on a scale with zero in its middle; marks stand where they belong."""

from __future__ import annotations

import numpy as np
import pytest

from affectlab.errors import InputError
from affectlab.report.figures import arousal_layers_figure, cosines_figure, narrow, rsa_figure, scenes_figure
from affectlab.report.figures.cells import layer_ticks
from affectlab.report.figures.labels import BLANK, TALL
from affectlab.report.figures.palette import SIGNED

WORDS = ["happy", "sad", "calm"]
MATRIX = np.array([[0.3, -0.1, 0.0], [0.1, -0.2, 0.05], [0.0, -0.4, 0.2]])
RANDOM = np.random.default_rng(0)


def test_scenes_outline_their_own_emotion_and_mark_the_highest_of_each_row() -> None:
    figure = scenes_figure(MATRIX, WORDS, WORDS, title="x")
    heat, numbers = figure.data
    np.testing.assert_array_equal(heat.z, MATRIX)
    assert (heat.zmin, heat.zmax) == (-0.4, 0.4)
    assert [tuple(stop) for stop in heat.colorscale] == list(SIGNED)
    assert [(shape.x0, shape.y0) for shape in figure.layout.shapes] == [(-0.5, -0.5), (0.5, 0.5), (1.5, 1.5)]
    assert [text for text in numbers.text if "<b>" in text] == ["<b>.30</b>", "<b>.10</b>", "<b>.20</b>"]
    assert "highest of its row in 2 of 3 scenes. It is not for sad (happy is)." in figure.layout.meta["alt"]


def test_scenes_of_other_names_find_their_probe_by_name_and_else_on_the_diagonal() -> None:
    found = scenes_figure(MATRIX[:, ::-1], WORDS, WORDS[::-1], title="x").layout.shapes
    assert [(shape.x0 + 0.5, shape.y0 + 0.5) for shape in found] == [(2, 0), (1, 1), (0, 2)]
    assert len(scenes_figure(MATRIX, ["a", "b", "c"], WORDS, title="x").layout.shapes) == 3
    assert len(scenes_figure(MATRIX[:2], ["a", "b"], WORDS, title="x").layout.shapes) == 0


def test_twelve_scenes_fit_a_phone_with_dots_instead_of_numbers() -> None:
    names = [f"a scene of some length, the {place}th" for place in range(12)]
    phone = narrow(scenes_figure(RANDOM.standard_normal((12, 12)), names, WORDS * 4, title="x"))
    assert sum(text == "\u25cf" for text in phone.data[1].text) == 12
    rows = (phone.layout.height - phone.layout.margin.t - phone.layout.margin.b) / 12
    assert all((text.count("<br>") + 1) * TALL * 11 <= rows for text in phone.layout.yaxis.ticktext)


def test_one_row_equal_readings_and_nan_are_drawn_and_nothing_is_refused() -> None:
    scenes_figure([[0.1]], ["a"], ["a"], title="x")
    assert scenes_figure(np.zeros((2, 2)), ["a", "b"], ["a", "b"], title="x").data[0].zmax == 1.0
    figure = scenes_figure(np.full((2, 2), np.nan), ["a", "b"], ["a", "b"], title="x")
    assert set(figure.data[1].text) == {BLANK}
    assert "in 0 of 2 scenes" in figure.layout.meta["alt"]
    with pytest.raises(InputError, match="expected an array of at least 1 x at least 1; found nothing"):
        scenes_figure(np.zeros((0, 0)), [], [], title="x")
    with pytest.raises(InputError, match="expected an array of 2 x 3; found 3 x 3"):
        scenes_figure(MATRIX, WORDS[:2], WORDS, title="x")


def test_cosines_keep_their_order_with_clusters_side_by_side_framed_and_named() -> None:
    names = list("abcdef")
    cosines = np.asarray(np.corrcoef(RANDOM.standard_normal((6, 9))))
    figure = cosines_figure(cosines, names, [1, 2, 1, 2, 3, 3], title="x")
    heat = figure.data[0]
    order = [0, 2, 1, 3, 4, 5]
    assert list(heat.x) == list(heat.y) == [names[place] for place in order]
    np.testing.assert_allclose(heat.z, cosines[np.ix_(order, order)], atol=1e-6)
    assert heat.zmax == -heat.zmin == np.abs(cosines - np.eye(6)).max()
    frames = [(shape.x0, shape.x1) for shape in figure.layout.shapes if shape.type == "rect"]
    assert frames == [(-0.5, 1.5), (1.5, 3.5), (3.5, 5.5)]
    assert {"1", "2", "3"} <= {note.text for note in figure.layout.annotations}
    apart = cosines - 2 * np.eye(6)
    high = np.unravel_index(apart.argmax(), apart.shape)
    pair = {names[high[0]], names[high[1]]}
    told = figure.layout.meta["alt"].split("Most alike: ")[1].split(",")[0]
    assert set(told.split(" and ")) == pair


@pytest.mark.parametrize("count", [10, 24])
def test_names_of_small_clusters_do_not_touch_and_a_phone_lists_them(count: int) -> None:
    clusters = [f"cluster {place}" for place in range(count)] + ["the rest"] * (171 - count)
    figure = cosines_figure(np.eye(171), [f"e{place}" for place in range(171)], clusters, title="x")
    phone = narrow(figure)
    for shown in (figure, phone):
        whole = shown.layout.height - shown.layout.margin.t - shown.layout.margin.b
        names = [note for note in shown.layout.annotations if note.xanchor == "right"]
        assert len(names) == count + 1
        heights = sorted(note.y * whole / 171 for note in names)
        if shown is figure or count == 10:
            assert np.diff(heights).min() >= TALL * 11 - 0.5
        assert shown.layout.yaxis.ticktext is None
    listed = next(note.text for note in phone.layout.annotations if "cluster 0" in note.text)
    assert listed.count("<br>") == count


def test_cosines_of_one_emotion_and_of_nan_are_drawn_and_clusters_must_be_known() -> None:
    assert cosines_figure([[1.0]], ["a"], ["c"], title="x").data[0].zmax == 1.0
    cosines_figure(np.full((2, 2), np.nan), ["a", "b"], ["c", "c"], title="x")
    with pytest.raises(InputError, match="every emotion needs a cluster"):
        cosines_figure(np.eye(2), ["a", "b"], ["c"], title="x")
    with pytest.raises(InputError, match="expected an array of 2 x 2"):
        cosines_figure(np.eye(3), ["a", "b"], ["c", "c"], title="x")


def test_arousal_runs_over_layers_and_names_the_axis_that_carries_it() -> None:
    found = np.zeros((60, 3))
    found[41, 1] = -0.66
    figure = arousal_layers_figure(found, list(range(60)), title="x")
    np.testing.assert_array_equal(figure.data[0].z, found.T)
    assert (figure.data[0].zmin, figure.data[0].zmax) == (-0.66, 0.66)
    assert "axis 2 at layer 41, \u22120.66" in figure.layout.meta["alt"]
    assert len(figure.layout.xaxis.tickvals) <= 30
    assert arousal_layers_figure(np.zeros((1, 1)), [7], title="x").layout.xaxis.ticktext == ("7",)
    assert "No value" in arousal_layers_figure(np.full((2, 1), np.nan), [0, 1], title="x").layout.meta["alt"]


def test_layers_against_layers_name_the_least_alike() -> None:
    layers = [3, 7, 11]
    found = np.array([[1.0, 0.9, 0.2], [0.9, 1.0, 0.7], [0.2, 0.7, 1.0]])
    figure = rsa_figure(found, layers, title="x")
    np.testing.assert_array_equal(figure.data[0].z, found)
    assert (figure.data[0].zmin, figure.data[0].zmax) == (-1.0, 1.0)
    assert "Neighbouring layers: +0.80 on average. Least alike: layers 3 and 11, +0.20." in figure.layout.meta["alt"]
    assert list(figure.layout.xaxis.ticktext) == ["3", "7", "11"]
    rsa_figure([[1.0]], [4], title="x")
    with pytest.raises(InputError):
        rsa_figure(found, layers[:2], title="x")


def test_ticks_of_many_layers_stand_at_even_distances_and_apart() -> None:
    ticks = layer_ticks(list(range(60)), 260)
    assert set(np.diff(ticks["tickvals"])) == {5}
    assert layer_ticks([5], 260) == {"tickvals": [0], "ticktext": ["5"]}
