"""Texts of a corpus as a page on which people read a sample of them by hand, accepted and rejected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from affectlab.report.template import embedded, facts_list, filled

LABELS = ("emotion", "person_emotion", "ai_emotion", "real", "displayed")
NOTE = (
    "A sample of the corpus, chosen by the hashes of ids. Read for this: is the emotion plain without its name, is it "
    "the one that was asked for, do texts on one topic differ? A text says what was written, and nothing about what a "
    "model feels."
)


def shown(row: Mapping[str, Any], reason: str | None = None, found: str | None = None) -> dict[str, Any]:
    """A row of a corpus as the page wants it, with the reason for which it was rejected, if it was."""
    parts = [["scenario", str(row["scenario"])]] if row.get("scenario") else []
    if "turns" in row:
        parts += [[str(turn["role"]), str(turn["content"])] for turn in row["turns"]]
    else:
        parts.append(["", str(row.get("text") or "")])
    return {
        "id": str(row["id"]),
        "topic": str(row["topic"]),
        "labels": [str(row[name]) for name in LABELS if row.get(name)],
        "parts": parts,
        "reason": reason or "",
        "found": found or "",
    }


def texts_page(texts: Sequence[Mapping[str, Any]], facts: Mapping[str, str]) -> str:
    """The page for these texts, as `shown` gives them."""
    parts = {"facts": facts_list(facts), "note": NOTE, "data": embedded(list(texts))}
    return filled("texts.html", {"title": "Texts to read by hand", **parts})


def sampled(texts: Iterable[Mapping[str, Any]], *, emotions: int = 30, each: int = 10) -> list[Mapping[str, Any]]:
    """So many texts of so many emotions, accepted and rejected ones each, chosen by the hashes of their names."""

    def order(name: str) -> bytes:
        return sha256(name.encode()).digest()

    groups: dict[tuple[str, bool], list[Mapping[str, Any]]] = {}
    for text in texts:
        groups.setdefault((" to ".join(text["labels"]), bool(text["reason"])), []).append(text)
    names = sorted({name for name, _ in groups}, key=order)[:emotions]
    chosen = [
        sorted(groups[name, rejected], key=lambda text: order(text["id"]))[:each]
        for name in sorted(names)
        for rejected in (False, True)
        if (name, rejected) in groups
    ]
    return [text for group in chosen for text in group]
