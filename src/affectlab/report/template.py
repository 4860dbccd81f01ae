"""Pages that need nothing but themselves: a template, the style and script that all share, data that no text breaks."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

SHARED = {"style": "page.css", "tools": "page.js"}
"""Parts that every page has, by the names of their places."""


def filled(template: str, parts: Mapping[str, str]) -> str:
    """A template with its {{places}} filled, in one go: what is filled in is not looked at again.

    {{head}} is the beginning that pages share, up to their own style.
    """
    known = {**{place: _text(file) for place, file in SHARED.items()}, **parts}
    return _filled(_text(template), {**known, "head": _filled(_text("head.html"), known)})


def _filled(text: str, known: Mapping[str, str]) -> str:
    return re.sub(r"\{\{(\w+)\}\}", lambda place: known[place[1]], text)


def _text(name: str) -> str:
    return files("affectlab.report").joinpath(name).read_text(encoding="utf-8")


def facts_list(facts: Mapping[str, str]) -> str:
    """Facts as the parts of a description list. Their names are ours."""
    return "".join(f"<div><dt>{name}</dt><dd>{html.escape(fact)}</dd></div>" for name, fact in facts.items())


def embedded(value: Any) -> str:
    """JSON for a script element, which it cannot end."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("&", "\\u0026")
