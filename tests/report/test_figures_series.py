"""Series of checkpoints begin at the base, name what ends furthest, and can be read whatever checkpoints are called."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from affectlab.errors import InputError
from affectlab.report.figures import narrow, places_of, save_together, series_figure, series_scores_figure
from affectlab.report.figures.series import BASE, NAMED

EMOTIONS = [f"word{place}" for place in range(12)]
ENDS = np.linspace(-0.05, 0.06, 12)
SHIFTS = np.stack([ENDS * share for share in (0.2, 0.5, 1.0)])
NAMES = ["a/very/long/path/of/a/run/checkpoint-500", "a/very/long/path/of/a/run/checkpoint-1000", "final"]


def test_a_series_begins_at_the_base_where_nothing_has_moved() -> None:
    figure = series_figure(NAMES, SHIFTS, EMOTIONS, title="x")
    lines = {trace.name: np.asarray(trace.y, dtype=float) for trace in figure.data if trace.name != "zero"}
    assert set(lines) == {"others", "all emotions", *EMOTIONS[:NAMED], *EMOTIONS[-NAMED:]}
    for name in EMOTIONS[-NAMED:]:
        assert lines[name].tolist() == [0.0, *SHIFTS[:, EMOTIONS.index(name)]]
    assert lines["all emotions"] == pytest.approx([0.0, *np.sqrt((SHIFTS**2).mean(axis=1))])
    assert figure.layout.xaxis.ticktext[0] == BASE


def test_the_other_emotions_are_one_trace_whose_lines_do_not_run_into_each_other() -> None:
    figure = series_figure(NAMES, SHIFTS, EMOTIONS, title="x")
    [others] = [trace for trace in figure.data if trace.name == "others"]
    rows = np.asarray(others.y, dtype=float).reshape(len(EMOTIONS) - 2 * NAMED, -1)
    assert np.isnan(rows[:, -1]).all()
    assert rows[:, :-1] == pytest.approx(np.column_stack([np.zeros(6), SHIFTS[:, NAMED:-NAMED].T]))


def test_names_of_checkpoints_keep_their_ends_and_the_last_one_is_always_named() -> None:
    few = series_figure(NAMES, SHIFTS, EMOTIONS, title="x")
    assert few.layout.xaxis.ticktext[1].endswith("int-500")
    assert few.layout.xaxis.ticktext[2].endswith("t-1000")
    many = series_figure([str(step) for step in range(60)], np.linspace(0, 1, 60)[:, None] * ENDS, EMOTIONS, title="x")
    for figure in (many, narrow(many)):
        ticks = figure.layout.xaxis.ticktext
        assert ticks[-1] == "59"
        assert len(ticks) < 30
    assert narrow(many).layout.yaxis2.domain[1] < narrow(many).layout.yaxis.domain[0]


def test_the_description_says_what_ended_furthest() -> None:
    alt = series_figure(NAMES, SHIFTS, EMOTIONS, title="x").layout.meta["alt"]
    assert "12 emotions from the base over 3 checkpoints. At the last, final: word11 +0.060" in alt


def test_scores_carry_their_intervals() -> None:
    line = np.array([[-0.1, -0.2, 0.0], [-0.5, -0.6, -0.4], [-0.8, -0.9, -0.7]])
    figure = series_scores_figure(NAMES, {"shift and arousal": line, "agreement": -line[:, [0, 2, 1]]}, title="x")
    spans = [trace for trace in figure.data if trace.name == "intervals"]
    assert list(spans[0].y) == [-0.2, 0.0, None, -0.6, -0.4, None, -0.9, -0.7, None]
    [values] = [trace for trace in figure.data if trace.name == "shift and arousal"]
    assert list(values.y) == line[:, 0].tolist()
    assert "shift and arousal from \u22120.10 to \u22120.80" in figure.layout.meta["alt"]
    low, high = figure.layout.yaxis.range
    assert low < -0.9 < 0.9 < high


def test_several_figures_share_a_page_and_images_stand_beside_each_other(tmp_path: Path) -> None:
    figures = {title: series_figure(NAMES, SHIFTS, EMOTIONS, title=f"Title {title}") for title in ("one", "two")}
    save_together(figures, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert page.count("affectlab.draw(document") == 2
    assert "<title>Title one</title>" in page
    assert "Title two" in page
    assert [place.name for place in places_of("a/shift.svg", ["shift", "series"])] == ["shift.svg", "shift-series.svg"]
    assert [place.name for place in places_of("shift.html", ["shift", "series"])] == ["shift.html"]


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(InputError, match=r"expected an array of 3 x 12; found 2 x 12"):
        series_figure(NAMES, SHIFTS[:2], EMOTIONS, title="x")
    with pytest.raises(InputError, match="a shift that is no number"):
        series_figure(NAMES, SHIFTS * np.nan, EMOTIONS, title="x")
    with pytest.raises(InputError, match="no score to draw"):
        series_scores_figure(NAMES, {}, title="x")
