"""Pages that need nothing but themselves: a template, the style that all share, and data that no text can break."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Any


def filled(template: str, parts: Mapping[str, str]) -> str:
    """A template with its {{places}} filled, in one go: what is filled in is not looked at again."""
    folder = files("affectlab.report")
    known = {"style": folder.joinpath("page.css").read_text(encoding="utf-8"), **parts}
    text = folder.joinpath(template).read_text(encoding="utf-8")
    return re.sub(r"\{\{(\w+)\}\}", lambda place: known[place[1]], text)


def facts_list(facts: Mapping[str, str]) -> str:
    """Facts as the parts of a description list. Their names are ours."""
    return "".join(f"<div><dt>{name}</dt><dd>{html.escape(fact)}</dd></div>" for name, fact in facts.items())


def embedded(value: Any) -> str:
    """JSON for a script element, which it cannot end."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("&", "\\u0026")
