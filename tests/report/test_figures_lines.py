"""Lines are drawn through what was measured, and are named where they end, in their order and apart."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import plotly.graph_objects as go
import pytest

from affectlab.errors import InputError
from affectlab.report.figures import depth_figure, heldout_figure, ladder_figure, ladders_figure, loss_figure, narrow
from affectlab.report.figures.labels import TALL
from affectlab.report.figures.lines import NAME

VALUES = [500.0, 1000.0, 16000.0]
LINES = {"afraid": np.array([0.0, 0.1, 0.2]), "sad": np.array([0.0, 0.05, 0.199]), "calm": np.array([0.1, 0.0, -0.1])}
LAYERS = [2, 4, 6]


def apart(figure: go.Figure, names: list[str], axis: str = "yaxis") -> float:
    """The least distance in pixels between names at the ends of lines."""
    axes = figure.layout[axis]
    whole = figure.layout.height - figure.layout.margin.t - figure.layout.margin.b
    domain = axes.domain or (0, 1)
    pixels = (domain[1] - domain[0]) * whole / (axes.range[1] - axes.range[0])
    heights = sorted(note.y for note in figure.layout.annotations if note.text in names and note.yref == axes_ref(axis))
    assert len(heights) == len(names)
    return float(np.diff(heights).min() * pixels)


def axes_ref(axis: str) -> str:
    return axis.replace("axis", "")


def test_names_at_the_ends_of_lines_stand_apart_in_the_order_of_the_lines() -> None:
    figure = ladder_figure(VALUES, LINES, {"sad": np.zeros(3)}, title="A ladder")
    for shown in (figure, narrow(figure)):
        assert apart(shown, list(LINES)) >= TALL * NAME - 0.5
        heights = {note.text: note.y for note in shown.layout.annotations}
        assert heights["calm"] < heights["sad"] < heights["afraid"]
    assert {trace.name for trace in figure.data} == {*LINES, "sad, harmless twin"}
    assert list(figure.data[0].y) == list(LINES["afraid"])
    assert list(figure.layout.xaxis.ticktext) == ["500", "1k", "16k"]
    assert "afraid goes from +0.00 to +0.20" in figure.layout.meta["alt"]
    assert "from 500 to 16,000" in figure.layout.meta["alt"]


def test_ladders_share_their_scale_and_stand_below_one_another_on_a_phone() -> None:
    curves = {f"ladder {place}": (VALUES, LINES, {"sad": np.zeros(3)}) for place in range(6)}
    figure = ladders_figure(curves, title="x")
    phone = narrow(figure)
    assert len(figure.data) == 6 * 4
    assert len({tuple(figure.layout[f"yaxis{place or ''}"].range) for place in ("", *range(2, 7))}) == 1
    assert figure.layout.xaxis3.domain[0] > figure.layout.xaxis2.domain[1]
    domains = [phone.layout[f"yaxis{place}"].domain for place in ("", *range(2, 7))]
    assert all(below[1] < above[0] for above, below in pairwise(domains))
    assert apart(phone, list(LINES), "yaxis6") >= TALL * NAME - 0.5
    assert "ladder 5: from 500 to 16,000" in figure.layout.meta["alt"]


def test_ladders_of_one_number_of_equal_readings_and_of_nan_are_drawn() -> None:
    ladder_figure([3.0], {"a": [0.1]}, {}, title="x")
    ladder_figure([1.0, 2.0], {"a": [0.1, 0.1], "b": [0.1, 0.1]}, {}, title="x")
    figure = ladder_figure([1.0, 2.0], {"a": [0.1, np.nan]}, {}, title="x")
    assert "to none" in figure.layout.meta["alt"]
    for values, lines in (([], {"a": []}), ([1.0], {}), ([1.0, 2.0], {"a": [0.1]})):
        with pytest.raises(InputError):
            ladder_figure(values, lines, {}, title="x")
    with pytest.raises(InputError, match="no ladder"):
        ladders_figure({}, title="x")


def test_many_numbers_get_fewer_ticks_but_always_the_last() -> None:
    values = [10.0 * place for place in range(60)]
    ticks = narrow(ladder_figure(values, {"a": values}, {}, title="x")).layout.xaxis.ticktext
    assert ticks[-1] == "590"
    assert len(ticks) < 20


def test_stages_of_training_stand_one_after_another() -> None:
    figure = loss_figure({"base": [(1e6, 2.0), (2e6, 1.0)], "post": [(1e6, 0.9)]}, title="x")
    first, second = figure.data
    assert list(first.x) == [1.0, 2.0]
    assert list(second.x) == [3.0]
    assert list(second.y) == [0.9]
    assert "base at 1.00, post at 0.90" in figure.layout.meta["alt"]
    with pytest.raises(InputError):
        loss_figure({}, title="x")


def test_depth_names_where_a_line_is_furthest_from_zero() -> None:
    figure = depth_figure(LAYERS, {"sad": [0.0, -0.3, 0.1], "calm": [0.0, 0.1, 0.1]}, title="x")
    assert [trace.name for trace in figure.data] == ["sad", "calm"]
    assert apart(figure, ["sad", "calm"]) >= TALL * NAME - 0.5
    assert "sad \u22120.30 at layer 4" in figure.layout.meta["alt"]
    assert figure.layout.xaxis.range[1] < 8  # names do not stretch the axis
    with pytest.raises(InputError):
        depth_figure(LAYERS, {}, title="x")


def test_held_out_scores_show_chance_null_and_the_layer_chosen() -> None:
    lines = {"AUC": [0.6, 0.9, 0.8], "top-5": [0.1, 0.3, 0.4]}
    chance, nulls = {"AUC": 0.5, "top-5": 0.03}, {"AUC": 0.505}
    figure = heldout_figure(LAYERS, lines, chosen=6, chance=chance, nulls=nulls, title="x")
    by_name = {(trace.name, trace.yaxis): trace for trace in figure.data}
    assert list(by_name["AUC", "y"].y) == lines["AUC"]
    assert list(by_name["chance", "y2"].y) == [0.03, 0.03]
    assert list(by_name["shuffled", "y"].y) == [0.505, 0.505]
    ring = by_name["AUC: chosen", "y"]
    assert (ring.x[0], ring.y[0]) == (6, 0.8)
    notes = [note.text for note in figure.layout.annotations]
    assert "<b>AUC: 0.80</b>" in notes
    assert apart(figure, ["chance 0.50", "shuffled 0.51"]) >= TALL * NAME - 0.5
    alt = figure.layout.meta["alt"]
    assert "At the chosen layer 6: AUC 0.80 (chance 0.50, shuffled labels 0.51)" in alt
    assert "Highest: AUC at layer 4, top-5 at layer 6" in alt
    assert heldout_figure([3], {"AUC": [0.5]}, chosen=3, chance={}, nulls={}, title="x").data


def test_the_layers_that_single_folds_were_read_at_are_marked_at_the_foot_of_every_panel() -> None:
    lines, told = {"AUC": [0.6, 0.9, 0.8], "top-5": [0.1, 0.3, 0.4]}, "2 at layer 4, 1 at layer 6"
    figure = heldout_figure(LAYERS, lines, chosen=4, of_folds=[4, 6, 4], chance={}, nulls={}, title="x")
    marks = [trace for trace in figure.data if trace.name == "folds"]
    assert [list(trace.x) for trace in marks] == [[4, 6], [4, 6]]
    for trace, axis in zip(marks, (figure.layout.yaxis, figure.layout.yaxis2), strict=True):
        assert set(trace.y) == {axis.range[0]}
    assert list(marks[0].hovertext) == ["2 of 3 folds were read at layer 4", "1 of 3 folds were read at layer 6"]
    assert told in figure.layout.title.subtitle.text.replace("<br>", " ")
    assert told in figure.layout.meta["alt"]
    same = heldout_figure(LAYERS, lines, chosen=4, of_folds=[6] * 5, chance={}, nulls={}, title="x")
    assert "all 5 at layer 6" in same.layout.meta["alt"]
    none = heldout_figure(LAYERS, lines, chosen=4, chance={}, nulls={}, title="x")
    assert "folds" not in none.to_json()


def test_held_out_scores_that_do_not_fit_are_refused() -> None:
    for lines, chosen, chance in (({}, 2, {}), ({"a": [0.1] * 3}, 9, {}), ({"a": [0.1] * 3}, 2, {"b": 0.5})):
        with pytest.raises(InputError):
            heldout_figure(LAYERS, lines, chosen=chosen, chance=chance, nulls={}, title="x")
    with pytest.raises(InputError, match="found 1 lines, layers 2, 9"):
        heldout_figure(LAYERS, {"a": [0.1] * 3}, chosen=2, of_folds=[9], chance={}, nulls={}, title="x")
