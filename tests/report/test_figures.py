"""Figures show what they are given, their names can be read, and a saved page needs nothing else."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest

from affectlab.errors import InputError
from affectlab.report.figures import ladder_figure, loss_figure, map_figure, save
from affectlab.report.figures.maps import HEIGHT, LABEL_HEIGHT, LETTER, WIDTH, readable

NAMES = [f"emotion {place}" for place in range(120)]
PLACES = np.random.default_rng(0).standard_normal((120, 2))
SHADES = np.where(np.arange(120) % 3, np.linspace(-1, 1, 120), np.nan)
VALUES = (3.0, 10.0, 17.0)
LINES = {"afraid": np.array([0.0, 0.1, 0.2]), "sad": np.array([0.0, 0.05, 0.199]), "calm": np.array([0.1, 0.0, -0.1])}


def drawn_map() -> go.Figure:
    return map_figure(PLACES, NAMES, SHADES, title="A map", axes=("one", "two"), shade="pleasure")


def test_every_emotion_is_on_the_map_where_it_lies() -> None:
    grey, coloured = drawn_map().data
    assert len(grey.x) == np.isnan(SHADES).sum()
    assert len(grey.x) + len(coloured.x) == 120
    place = list(coloured.hovertext).index("emotion 7")
    assert (coloured.x[place], coloured.y[place]) == tuple(PLACES[7])
    assert coloured.marker.color[place] == SHADES[7]
    assert coloured.marker.cmin == -coloured.marker.cmax


def test_names_on_the_map_cover_neither_each_other_nor_a_point() -> None:
    shown = readable(PLACES, NAMES)
    assert 20 < len(shown) < 120
    scale = np.array([WIDTH - 160, HEIGHT - 110]) / np.ptp(PLACES, axis=0)
    points = PLACES * scale
    for one, other in combinations(shown, 2):
        apart = np.abs(points[one] - points[other])
        widths = LETTER * (len(NAMES[one]) + len(NAMES[other])) / 2
        assert apart[0] >= widths - 1e-6 or apart[1] >= LABEL_HEIGHT - 1e-6
    for place in shown:
        above = points - points[place]
        covered = (np.abs(above[:, 0]) < LETTER * len(NAMES[place]) / 2) & (above[:, 1] > 7) & (above[:, 1] < 18)
        assert not covered.any()


def test_a_map_without_shades_or_of_one_place_is_drawn_too() -> None:
    empty = np.full(2, np.nan)
    figure = map_figure(np.zeros((2, 2)), ["a", "b"], empty, title="x", axes=("one", "two"), shade="s")
    assert sum(len(trace.x) for trace in figure.data) == 2


def test_names_at_the_ends_of_lines_stand_apart_in_the_order_of_the_lines() -> None:
    figure = ladder_figure(VALUES, LINES, {"sad": np.zeros(3)}, title="A ladder")
    heights = {note.text: note.y for note in figure.layout.annotations}
    assert list(heights) == ["calm", "sad", "afraid"]
    assert heights["afraid"] - heights["sad"] >= 0.05 * 0.3
    assert {trace.name for trace in figure.data} == {*LINES, "sad, harmless twin"}


def test_stages_of_training_stand_one_after_another() -> None:
    first, second = loss_figure({"base": [(1e6, 2.0), (2e6, 1.0)], "post": [(1e6, 0.9)]}, title="x").data
    assert list(first.x) == [1.0, 2.0]
    assert list(second.x) == [3.0]
    assert list(second.y) == [0.9]


def test_a_saved_page_needs_no_network(tmp_path: Path) -> None:
    path = tmp_path / "map.html"
    save(drawn_map(), path)
    page = path.read_text(encoding="utf-8")
    assert "emotion 7" in page
    assert re.findall(r"<(?:script|link|img)[^>]+(?:src|href)=", page) == []


def test_another_ending_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a kind of file"):
        save(drawn_map(), tmp_path / "map.docx")
    assert list(tmp_path.iterdir()) == []


def test_what_is_missing_for_images_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def without(*args: object, **options: object) -> bytes:
        raise ValueError("\nImage export requires the kaleido package")

    monkeypatch.setattr(go.Figure, "to_image", without)
    with pytest.raises(InputError, match=r"affectlab\[plots\].*save the figure as .html"):
        save(drawn_map(), tmp_path / "map.png")
    assert list(tmp_path.iterdir()) == []
