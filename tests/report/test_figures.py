"""What holds for every figure: it is described, fits a phone, turns dark, keeps texts as texts, and is saved whole."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from affectlab.errors import InputError
from affectlab.report import figures
from affectlab.report.figures import dark, narrow, page_json, page_script, save
from affectlab.report.figures.fit import NARROW, WIDE, fitted
from affectlab.report.figures.labels import shared_order, spread, wrapped
from affectlab.report.figures.palette import DARK, INK, LETTERS, SIGNED, SOFT, STRONG, letters_on
from affectlab.report.figures.style import open_figure

RANDOM = np.random.default_rng(0)
NAMES = [f"emotion {place}" for place in range(40)]
LAYERS = [0, 1, 2, 3]
EVIL = "<b>&lt;script>"


def drawn(names: list[str] = NAMES, title: str = "A title") -> Mapping[str, Callable[[], go.Figure]]:
    """Every figure, of numbers that are not special."""
    count = len(names)
    places, values = RANDOM.standard_normal((count, 2)), RANDOM.standard_normal(count)
    square = np.asarray(np.corrcoef(RANDOM.standard_normal((count, 40))))
    lines = {name: RANDOM.standard_normal(4) for name in names[:3]}
    tokens, scores = [f" {name}" for name in names], RANDOM.standard_normal((4, count))
    ranked = {name: [(f" {other}", 0.5) for other in names[:5]] for name in names[:3]}
    level = dict.fromkeys(lines, 0.1)
    return {
        "map": lambda: figures.map_figure(places, names, values, title=title, axes=("one", "two"), shade="pleasure"),
        "norms": lambda: figures.norms_figure(values, values, names, title=title, axis="one", rating="arousal", r=0.5),
        "axes": lambda: figures.axes_figure([0.3, 0.2], {names[0]: [0.5, -0.2]}, title=title),
        "cosines": lambda: figures.cosines_figure(square, names, [name[-1] for name in names], title=title),
        "steered words": lambda: figures.steered_words_figure(square[:12, :12], names[:12], title=title),
        "scenes": lambda: figures.scenes_figure(square[:12, :12], names[:12], names[:12], title=title),
        "ladder": lambda: figures.ladder_figure(LAYERS, lines, lines, title=title),
        "ladders": lambda: figures.ladders_figure(dict.fromkeys(names[:4], (LAYERS, lines, {})), title=title),
        "depth": lambda: figures.depth_figure(LAYERS, lines, title=title),
        "loss": lambda: figures.loss_figure({names[0]: [(1e6, 2.0), (2e6, 1.0)]}, title=title),
        "heldout": lambda: figures.heldout_figure(
            LAYERS, lines, chosen=2, of_folds=[2, 3, 2], chance=level, nulls=level, title=title
        ),
        "colon": lambda: figures.colon_figure(
            values, values[::-1], names, means=((0.1, 0.0, 0.2), (0.3, 0.2, 0.4)), nulls={names[0]: 0.2}, title=title
        ),
        "arousal": lambda: figures.arousal_layers_figure(scores[:, :3], LAYERS, title=title),
        "rsa": lambda: figures.rsa_figure(square[:4, :4], LAYERS, title=title),
        "strip": lambda: figures.strip_figure(tokens, values, title=title),
        "maps": lambda: figures.token_maps_figure((tokens, scores), (tokens, scores), probe=names[0], title=title),
        "lens": lambda: figures.lens_figure(ranked, ranked, title=title),
        "screening": lambda: figures.screening_figure(9, {names[0]: 2}, 1, title=title),
        "shift": lambda: figures.shift_figure(
            values, values + 1, names, values, values - 1, values + 1, names[:2], title=title
        ),
        "series": lambda: figures.series_figure(names[:4], scores, names, title=title),
        "series scores": lambda: figures.series_scores_figure(
            names[:4], {name: np.column_stack([line, line - 1, line + 1]) for name, line in lines.items()}, title=title
        ),
    }


EACH = pytest.mark.parametrize("kind", list(drawn()))


@cache
def one_of(kind: str) -> go.Figure:
    """A figure that several tests look at."""
    return drawn()[kind]()


@EACH
def test_every_figure_says_what_is_drawn_and_fits_a_desk_and_a_phone(kind: str) -> None:
    figure = one_of(kind)
    phone = narrow(figure)
    assert len(figure.layout.meta["alt"]) > 30
    assert figure.layout.width is None
    assert phone.layout.width is None
    assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0,0,0,0)"
    for one, width in ((figure, WIDE), (phone, NARROW)):
        margin = one.layout.margin
        assert margin.l + margin.r < 0.8 * width
        assert one.layout.height - margin.t - margin.b >= 20
        lines = one.layout.title.text.split("<br>")
        assert max(len(line) for line in lines) * 0.6 * 15 <= width


@EACH
def test_no_colour_of_a_light_page_is_left_on_a_dark_one(kind: str) -> None:
    found = colours(dark(one_of(kind)).to_plotly_json())
    kept = {colour for colour in found if re.fullmatch(r"#[0-9a-fA-F]{6}", colour)}
    assert kept <= {*DARK.values(), "#fafafa"}, kept - set(DARK.values())


@EACH
def test_numbers_are_kept_once_for_both_widths_and_for_dark(kind: str) -> None:
    figure = one_of(kind)
    narrowed = json.dumps(figure.layout.meta["narrow"].get("data", {}))
    assert '"z":' not in narrowed
    for one, other in zip(figure.data, dark(figure).data, strict=True):
        if one.x is not None and np.asarray(one.x).dtype.kind in "fi":
            np.testing.assert_array_equal(np.asarray(one.x, dtype=float), np.asarray(other.x, dtype=float))


@EACH
def test_no_text_is_empty_since_plotly_would_lose_others_when_it_draws_again(kind: str) -> None:
    for shown in (one_of(kind), narrow(one_of(kind))):
        for trace in shown.data:
            if trace.type == "scatter" and "text" in (trace.mode or ""):
                assert all(trace.text)


@EACH
def test_names_that_look_like_tags_are_shown_as_they_are(kind: str) -> None:
    names = [f"{EVIL}{place}" for place in range(12)]
    found = [text for text in texts(drawn(names)[kind]().to_plotly_json()) if "script" in text]
    for text in found:
        assert "<b>&lt;script" not in text
        assert "<script" not in text


def test_text_can_be_read_on_light_and_on_dark_pages() -> None:
    for colour in (INK, SOFT, *LETTERS):
        assert contrast(colour, "#f6f5f2") >= 4.5
        assert contrast(DARK[colour], "#1a1d21") >= 4.5


def test_numbers_can_be_read_in_cells_of_any_colour() -> None:
    for shade in np.linspace(-1, 1, 81):
        letters = letters_on([shade])[0]
        assert letters in (INK, STRONG)
        for page in (lambda colour: colour, DARK.__getitem__):
            assert contrast(page(letters), between([page(colour) for _, colour in SIGNED], shade)) >= 3.4


def test_texts_are_not_recoloured_though_they_spell_a_colour() -> None:
    figure = go.Figure(go.Scatter(x=[1], y=[1], text=[INK], marker={"color": [INK]}))
    shown = dark(figure).data[0]
    assert shown.text == (INK,) or list(shown.text) == [INK]
    assert list(shown.marker.color) == [DARK[INK]]


def test_what_differs_on_a_phone_is_applied_to_the_letter() -> None:
    def build(width: int) -> go.Figure:
        figure = open_figure("A title that is long enough for two lines on a phone", width=width, plot=100)
        figure.add_scatter(x=np.arange(3.0), y=np.arange(3.0) * width, text=["a"] * (3 if width == WIDE else 1))
        if width == WIDE:
            figure.add_scatter(x=[1], y=[2])
        return figure.add_annotation(text="b", x=width)

    figure = fitted(build, "alt")
    wanted, found = build(NARROW), narrow(figure)
    found.layout.meta = None
    assert json.loads(found.to_json()) == json.loads(wanted.update_layout(meta=None).to_json()) or (
        len(found.data) == 1 and list(found.data[0].y) == list(wanted.data[0].y)
    )
    assert narrow(go.Figure()).data == ()


def test_labels_along_an_edge_keep_their_order_and_do_not_touch() -> None:
    wanted = [50.0, 51.0, 10.0, 52.0, 99.0]
    found = spread(wanted, [12.0] * 5, 0.0, 100.0)
    assert np.argsort(found).tolist() == np.argsort(wanted).tolist()
    assert np.diff(sorted(found)).min() >= 12 - 1e-9
    assert found[2] == 10.0
    assert max(found) <= 94.0
    assert spread([], [], 0.0, 1.0) == []


def test_long_words_keep_their_line_and_breaks_are_kept() -> None:
    assert wrapped("one two three", 45, 10) == "one two<br>three"
    assert wrapped("incomprehensible", 20, 10) == "incomprehensible"
    assert wrapped("a<br>b", 400, 10) == "a<br>b"


def test_members_of_a_cluster_are_put_side_by_side_in_the_order_given() -> None:
    assert shared_order(["a", "a", "b", "b"]) == [0, 1, 2, 3]
    assert shared_order(["a", "b", "a", "b"]) == [0, 2, 1, 3]


def test_a_saved_page_needs_no_network_and_carries_phone_dark_and_description(tmp_path: Path) -> None:
    path = tmp_path / "map.html"
    figure = drawn(title="Map of <i>all</i>")["map"]()
    save(figure, path)
    page = path.read_text(encoding="utf-8")
    assert "emotion 7" in page
    assert "<title>Map of  all </title>" in page
    assert json.dumps(DARK) in page
    assert re.findall(r"<(?:script|link|img)[^>]+(?:src|href)=", page) == []


def test_a_figure_cannot_end_the_script_it_stands_in() -> None:
    figure = figures.strip_figure(["</script>", "\u2028"], [0.1, 0.2], title="</script>")
    assert "<" not in page_json(figure)
    assert json.loads(page_json(figure))["layout"]["meta"]["alt"] == figure.layout.meta["alt"]
    assert "{{" not in page_script()


def test_another_ending_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a kind of file"):
        save(go.Figure(), tmp_path / "map.docx")
    assert list(tmp_path.iterdir()) == []


def test_what_is_missing_for_images_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kaleido", None)  # as if it were not installed
    with pytest.raises(InputError, match=r"affectlab\[plots\].*found import of kaleido.*save the figure as .html"):
        save(go.Figure(), tmp_path / "map.png")
    monkeypatch.undo()
    monkeypatch.setenv("BROWSER_PATH", str(tmp_path / "no browser"))
    with pytest.raises(InputError, match=r"and Chrome or Chromium; found No browser found"):
        save(go.Figure(), tmp_path / "map.png")
    assert list(tmp_path.iterdir()) == []


def colours(value: Any, named: bool = False) -> set[str]:
    """All that stands under a key that names a colour."""
    if isinstance(value, dict):
        parts = [colours(part, named or "color" in key) for key, part in value.items() if key != "meta"]
    elif isinstance(value, (list, tuple)):
        parts = [colours(part, named) for part in value]
    else:
        return {value} if named and isinstance(value, str) else set()
    return set().union(*parts)


def texts(value: Any) -> list[str]:
    """All texts that are drawn."""
    if isinstance(value, dict):
        return [text for key, part in value.items() if key not in ("meta", "name", "title") for text in texts(part)]
    if isinstance(value, (list, tuple)):
        return [text for part in value for text in texts(part)]
    if isinstance(value, np.ndarray) and value.dtype.kind in "OU":
        return [str(text) for text in value.ravel()]
    return [value] if isinstance(value, str) else []


def contrast(one: str, other: str) -> float:
    """WCAG's ratio of two colours."""
    high, low = sorted((_light(one), _light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def between(stops: list[str], shade: float) -> str:
    """The colour of a shade, -1 to 1, on an even scale."""
    place = (shade + 1) / 2 * (len(stops) - 1)
    first = min(int(place), len(stops) - 2)
    one, other = (np.array([int(stops[i][j : j + 2], 16) for j in (1, 3, 5)]) for i in (first, first + 1))
    return "#" + "".join(f"{round(part):02x}" for part in one + (other - one) * (place - first))


def _light(colour: str) -> float:
    parts = np.array([int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)])
    linear = np.where(parts <= 0.03928, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])
