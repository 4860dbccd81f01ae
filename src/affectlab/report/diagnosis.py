"""What `doctor` found, for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from affectlab.report.terminal import facts_table

PROVED = ("blocks", "reads", "edits", "causal")
"""The facts that were shown by running the model; the others were found by looking."""


def diagnosis_text(found: Mapping[str, Any]) -> RenderableType:
    """Sections: what was proved, what was found, how large it is, which model it is, which software."""
    facts, size = found["facts"], found["size"]
    context = "no limit" if size["context"] is None else f"{size['context']:,} tokens"
    sizes = {"width": str(size["width"]), "context": context, "batches of": f"{size['budget']:,} tokens"}
    if "bfloat16" in found:
        sizes["bfloat16"] = found["bfloat16"]
    sections = {
        "proved by running it": {name: facts[name] for name in PROVED if name in facts},
        "found": {name: fact for name, fact in facts.items() if name not in PROVED},
        "on this machine": sizes,
        "which model": {name: value or "none" for name, value in found["model"].items()},
        "versions": found["versions"],
    }
    if "checks" in found:
        sections["conformance"] = {
            c["name"]: f"{'holds' if c['ok'] else 'FAILS'} {c['detail']}" for c in found["checks"]
        }
    return Group(*(part for name, facts in sections.items() for part in _section(name, facts)))


def _section(name: str, facts: Mapping[str, str]) -> list[RenderableType]:
    return [Text(name, style="bold"), Padding(facts_table(facts), (0, 0, 1, 2), expand=False)]
