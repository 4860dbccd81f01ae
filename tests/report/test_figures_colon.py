"""What is read before an answer is set beside the answer: each emotion where it lies, and the means with intervals."""

from __future__ import annotations

import numpy as np
import pytest

from affectlab.errors import InputError
from affectlab.report.figures import colon_figure, narrow
from affectlab.report.figures.labels import BLANK, TALL, wide
from affectlab.report.figures.maps import NAME
from affectlab.report.figures.palette import ABOVE, BELOW

USER, COLON, NAMES = [0.1, 0.5, 0.3], [0.6, 0.4, 0.8], ["calm", "sad", "proud"]
MEANS = (0.3, 0.2, 0.35), (0.6, 0.5, 0.75)
RANDOM = np.random.default_rng(3)


def test_each_emotion_stands_where_it_lies_red_where_the_colon_foretells_more() -> None:
    figure = colon_figure(USER, COLON, NAMES, means=MEANS, nulls={"shuffled labels": 0.25}, title="x")
    [points] = [trace for trace in figure.data if "markers" in trace.mode]
    assert (list(points.x), list(points.y)) == (USER, COLON)
    assert list(points.marker.color) == [ABOVE, BELOW, ABOVE]
    lines = [(*trace.x, *trace.y) for trace in figure.data if trace.mode == "lines"]
    assert (0.2, 0.35, 0.6, 0.6) in lines
    assert (0.3, 0.3, 0.5, 0.75) in lines
    (low, high), (bottom, top) = figure.layout.xaxis.range, figure.layout.yaxis.range
    assert (low, high) == (bottom, top)
    assert (low, high, low, high) in lines
    assert (low, high, 0.25, 0.25) in lines
    alt = figure.layout.meta["alt"]
    assert "+0.60 [+0.50, +0.75] at the colon, where shuffled labels reach +0.25" in alt
    assert "more for 2 emotions, most for calm (+0.50), least for sad (\u22120.10)" in alt


def test_a_null_that_is_not_known_is_not_drawn() -> None:
    known = colon_figure(USER, COLON, NAMES, means=MEANS, nulls={"shuffled labels": 0.25}, title="x")
    unknown = colon_figure(USER, COLON, NAMES, means=MEANS, nulls={}, title="x")
    assert len(known.data) == len(unknown.data) + 1
    assert "shuffled" not in unknown.to_json()


def test_names_cover_neither_the_cross_nor_the_level_of_the_null() -> None:
    names = [f"emotion {place}" for place in range(60)]
    user, colon = RANDOM.normal(0.3, 0.02, size=(2, 60))
    means = (0.3, 0.26, 0.34), (0.3, 0.26, 0.34)
    figure = colon_figure(user, colon, names, means=means, nulls={"shuffled labels": 0.31}, title="x")
    for shown, width in ((figure, 700), (narrow(figure), 330)):
        [points] = [trace for trace in shown.data if "markers" in trace.mode]
        margin = shown.layout.margin
        size = np.array([width - margin.l - margin.r, shown.layout.height - margin.t - margin.b])
        low, high = shown.layout.xaxis.range
        named = [place for place, text in enumerate(points.text) if text != BLANK]
        assert named
        for place in named:
            x, y = (np.array([points.x[place], points.y[place]]) - low) / (high - low) * size
            across, tall = wide(points.text[place], NAME), TALL * NAME
            side = points.textposition[place]
            left = {"middle right": x + 5, "middle left": x - 5 - across}.get(side, x - across / 2)
            foot = {"top center": y + 5, "bottom center": y - 5 - tall}.get(side, y - tall / 2)
            level = (0.31 - low) / (high - low) * size[1]
            cross = (0.3 - low) / (high - low) * size
            assert not foot < level < foot + tall
            assert not (left < cross[0] < left + across and foot < cross[1] < foot + tall)


def test_correlations_that_are_no_numbers_are_refused() -> None:
    for user, names in (([0.1, np.nan, 0.3], NAMES), (USER[:2], NAMES), ([], [])):
        with pytest.raises(InputError):
            colon_figure(user, COLON, names, means=MEANS, nulls={}, title="x")
