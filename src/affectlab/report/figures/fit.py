"""One figure for a desk and for a phone, for a light page and for a dark one.

A figure is built twice, for a wide and for a narrow page. What is returned is the wide one; what differs on a narrow
page is kept in `figure.layout.meta["narrow"]`, so that the numbers are stored once. `narrow` applies it, and so does
the script of `affectlab.report.figures.saving`, in a browser, when the page is narrower than `WIDE`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import plotly.graph_objects as go

from affectlab.report.figures.palette import DARK

WIDE, NARROW = 700, 330
"""Pixels that a figure has at least, on a wide page and on a phone's."""


def fitted(build: Callable[[int], go.Figure], alt: str) -> go.Figure:
    """The figure that `build` draws for a page of `WIDE` pixels, with what differs at `NARROW`, and its text `alt`."""
    wide = build(WIDE)
    changes = _changes(_parts(wide), _parts(build(NARROW)))
    return wide.update_layout(meta={"alt": alt, "narrow": changes})


def narrow(figure: go.Figure) -> go.Figure:
    """The figure as a phone shows it."""
    whole = copy.deepcopy(_parts(figure))
    changes = (whole["layout"].get("meta") or {}).get("narrow", {})
    return go.Figure(_changed(whole, changes))


def dark(figure: go.Figure) -> go.Figure:
    """The same figure for a dark page: every colour of `DARK` replaced, wherever a colour is named.

    >>> dark(go.Figure().update_layout(font_color="#1d1f23")).layout.font.color
    '#e8e6e1'
    """
    return go.Figure(_swapped(_parts(figure), False))


def _parts(figure: go.Figure) -> dict[str, Any]:
    """What a figure is made of, its arrays as they are; `to_plotly_json` of a whole figure would encode them."""
    return {"data": [trace.to_plotly_json() for trace in figure.data], "layout": figure.layout.to_plotly_json()}


def _changes(old: Any, new: Any) -> Any:
    """What must be set in `old` to make it `new`: by key or by place, None where something goes; {} where nothing."""
    if isinstance(old, (list, tuple)):
        old, new = dict(enumerate(old)), dict(enumerate(new))
    found = {}
    for key in [*new, *(key for key in old if key not in new)]:
        if key in old and key in new and _nested(old[key], new[key]):
            if inner := _changes(old[key], new[key]):
                found[str(key)] = inner
        elif not (key in old and key in new and _same(old[key], new[key])):
            found[str(key)] = _plain(new.get(key))
    return found


def _nested(old: Any, new: Any) -> bool:
    """Whether two values are compared part by part: dicts, and lists of as many dicts."""
    if isinstance(old, dict) and isinstance(new, dict):
        return True
    both = isinstance(old, (list, tuple)) and isinstance(new, (list, tuple))
    return both and len(old) == len(new) > 0 and all(isinstance(part, dict) for part in (*old, *new))


def _same(old: Any, new: Any) -> bool:
    if isinstance(old, np.ndarray) and isinstance(new, np.ndarray) and old.dtype.kind == new.dtype.kind == "f":
        return bool(np.array_equal(old, new, equal_nan=True))
    return bool(_plain(old) == _plain(new))


def _plain(value: Any) -> Any:
    """As JSON has it: lists instead of arrays and tuples."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, (list, tuple)) else value


def _changed(old: Any, changes: Any) -> Any:
    if isinstance(old, tuple):
        old = list(old)
    for key, change in changes.items():
        place: Any = int(key) if isinstance(old, list) else key
        inner = old[place] if isinstance(old, list) else old.get(place)
        old[place] = (
            _changed(inner, change) if isinstance(change, dict) and isinstance(inner, (dict, list, tuple)) else change
        )
    return old


def _swapped(value: Any, is_colour: bool) -> Any:
    """`value` with colours replaced. Only what stands under a key that names a colour is one: texts are left alone."""
    if isinstance(value, dict):
        return {key: _swapped(part, is_colour or "color" in key) for key, part in value.items()}
    if isinstance(value, (list, tuple)) or (isinstance(value, np.ndarray) and value.dtype.kind in "OU"):
        return [_swapped(part, is_colour) for part in value]
    return DARK.get(value, value) if is_colour and isinstance(value, str) else value
