"""Figures of preferences show every activity and emotion, and say what is seen."""

from __future__ import annotations

import numpy as np
import pytest

from affectlab.errors import InputError
from affectlab.findings import Findings
from affectlab.preference import How, prefer
from affectlab.report.figures import dark, narrow
from affectlab.report.figures.palette import ABOVE, BELOW, DARK
from affectlab.report.figures.preferences import change_figure, elo_figure
from affectlab.study.pictures.preferences import preference_figures
from tests.preference.planted import Planted, items, vectors_of

KINDS = ["neutral", "unsafe", "helpful"] * 4
NAMES = [f"activity {place}" for place in range(12)]
BEFORE = np.array([1500.0, 1200.0, 1800.0] * 4)
EMOTIONS = ["calm", "hostile", "blissful", "proud"]
R = np.array([0.1, -0.8, 0.7, 0.3])
CHANGES = np.array([5.0, -90.0, 80.0, 20.0])


def drawn_elo():
    return elo_figure(BEFORE, {"blissful": BEFORE + 50, "hostile": BEFORE - 50}, KINDS, NAMES, title="Elo")


def test_kinds_stand_in_the_order_of_their_liking_and_every_activity_is_drawn_twice() -> None:
    figure = drawn_elo()
    assert list(figure.layout.yaxis.ticktext) == ["helpful", "neutral", "unsafe"]
    rings, dots = [trace for trace in figure.data if trace.mode == "markers" and trace.xaxis == "x"]
    np.testing.assert_array_equal(rings.x, BEFORE)
    np.testing.assert_array_equal(dots.x, BEFORE + 50)
    assert [round(place) for place in rings.y] == [1, 2, 0] * 4
    assert dots.hovertext[1] == "activity 1: 1200, blissful 1250"


def test_colours_say_which_way_liking_went() -> None:
    dots = [trace for trace in drawn_elo().data if trace.mode == "markers"]
    assert [trace.marker.color for trace in dots[1::2]] == [ABOVE, BELOW]


def test_means_of_kinds_are_joined_from_before_to_after() -> None:
    (line, *_) = [trace for trace in drawn_elo().data if trace.name == "means"]
    assert list(line.x[:3]) == [1800.0, 1850.0, None]


def test_what_is_seen_is_told() -> None:
    alt = drawn_elo().layout.meta["alt"]
    assert "helpful 1800, neutral 1500, unsafe 1200" in alt
    assert "blissful +50.00, hostile −50.00" in alt


def test_changes_stand_against_correlations_with_nulls_beneath() -> None:
    nulls = {"random directions": (R / 2, CHANGES / 9), "shuffled story labels": (R, CHANGES)}
    figure = change_figure(R, CHANGES, EMOTIONS, nulls, r=0.95, title="Change")
    *_, one, other, points = figure.data
    assert (one.name, other.name) == ("random directions", "shuffled story labels")
    np.testing.assert_array_equal(points.x, R)
    np.testing.assert_array_equal(points.y, CHANGES)
    assert list(points.marker.color) == [ABOVE, BELOW, ABOVE, ABOVE]
    assert set(points.text) == set(EMOTIONS)
    alt = figure.layout.meta["alt"]
    assert "Highest change: blissful, lowest: hostile." in alt
    assert "+0.95" in alt
    assert "4 random directions" in alt


@pytest.mark.parametrize("build", [drawn_elo, lambda: change_figure(R, CHANGES, EMOTIONS, {}, r=0.9, title="Change")])
def test_figures_fit_a_phone_and_a_dark_page(build) -> None:
    figure = build()
    phone = narrow(figure)
    assert phone.layout.margin.l + phone.layout.margin.r < 0.8 * 330
    colours = str(dark(figure).to_plotly_json())
    assert not any(light in colours for light, other in DARK.items() if light not in DARK.values() and light != other)


def test_what_does_not_fit_together_is_refused() -> None:
    with pytest.raises(InputError, match="activities that cannot be drawn"):
        elo_figure(BEFORE, {"calm": BEFORE}, KINDS, NAMES[1:], title="Elo")
    with pytest.raises(InputError, match="activities that cannot be drawn"):
        elo_figure(BEFORE, {}, KINDS, NAMES, title="Elo")
    with pytest.raises(InputError, match="cannot draw"):
        elo_figure(BEFORE, {"calm": BEFORE[1:]}, KINDS, NAMES, title="Elo")
    with pytest.raises(InputError, match="cannot draw"):
        change_figure(R, CHANGES[1:], EMOTIONS, {}, r=0.9, title="Change")


def test_figures_are_drawn_from_findings() -> None:
    model = Planted()
    found = prefer(model, vectors_of(model), items(2), how=How(every=False, directions=4, emotions=8, resamples=20))
    blocks = {block.key: block for block in preference_figures(found)}
    assert list(blocks) == ["elo", "change"]
    assert "random directions" in blocks["change"].figure.layout.meta["alt"]
    assert (
        "hostile" in str(blocks["elo"].figure.layout.annotations) or len(blocks["elo"].figure.layout.annotations) == 2
    )
    assert list(preference_figures(Findings())) == []
