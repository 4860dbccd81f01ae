"""Passages on which emotions read highest, with marks on the tokens that stand out: a page, and parts of a report."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from affectlab import lexicon
from affectlab.core import Score
from affectlab.findings import Findings
from affectlab.report.organism import organism_fact
from affectlab.report.template import facts_list, filled
from affectlab.report.tokens import shown, spaced

Passage: TypeAlias = Mapping[str, Any]
"""One of `facts["snippets"]`: score, where, label, cut, tokens, readings, marked."""
FAINTEST, STRONGEST = 0.14, 0.55
"""How much colour a marked token has; letters can be read on all of it, light or dark."""
OWN = "snippets.top"


class Word(NamedTuple):
    """An emotion with its highest passages, and the reading above which a token of theirs is marked."""

    name: str
    passages: Sequence[Passage]
    level: float

    @property
    def top(self) -> float:
        """The highest reading of a token in these passages."""
        return max((reading for one in self.passages for reading in one["readings"] if reading is not None), default=0)


def words_of(found: Findings) -> Iterator[Word]:
    """The emotions that passages were looked for, in their order."""
    for (name, passages), level in zip(
        found.facts["snippets"].items(), found.arrays["snippets.levels"].tolist(), strict=True
    ):
        yield Word(name, passages, level)


def passage_text(one: Passage, word: Word) -> str:
    """A passage as HTML: the further a marked token reads above the level, the stronger its colour."""
    marked, span = set(one["marked"]), (word.top - word.level) or 1.0
    pieces = spaced(one["tokens"])
    pieces[0] = pieces[0].lstrip(" ")
    parts = []
    for place, piece in enumerate(pieces):
        text = html.escape(piece)
        if place in marked:
            reading = one["readings"][place]
            strength = FAINTEST + (STRONGEST - FAINTEST) * min((reading - word.level) / span, 1.0)
            text = f'<mark style="--a:{strength:.2f}" title="{reading:+.3f}">{text}</mark>'
        parts.append(text)
    before, behind = ("\u2026" if cut else "" for cut in one["cut"])
    return f'<p class="passage">{before}{"".join(parts)}{behind}</p>'


def passage_head(one: Passage, word: Word) -> str:
    """Beside a passage: its mean reading, the emotion it was written for if that is known, and where it stands."""
    own = "\u2713 " if one["label"] == word.name else ""
    label = f"{own}written for {html.escape(shown(one['label']))}" if one["label"] else ""
    parts = [f"mean reading {one['score']:+.3f}", label, html.escape(shown(one["where"]))]
    return '<p class="source">' + "".join(f"<span>{part}</span>" for part in parts if part) + "</p>"


def labels_told(score: Score) -> str:
    """How many of the highest passages were written for their word, in a sentence."""
    return (
        f"Of the highest passages, {score.value:.0%} [{score.low:.0%}, {score.high:.0%}] come from texts written for "
        f"the word itself; of passages drawn blindly {score.chance or 0:.1%} would."
    )


def passages_page(found: Findings) -> str:
    """A page on which a reader chooses an emotion and sees its passages."""
    facts = found.facts
    told = {
        "model": facts["model"],
        "texts": f"{facts['texts']:,}{_files(facts.get('files', ()))}",
        "passages": f"{facts['passages']:,}",
        "layer": str(facts["layer"]),
        "convention": str(facts["convention"]),
        **organism_fact(str(facts["model"])),
    }
    focus = lexicon.focus_words()  # they have a button each, the others stand in a list
    sections = "".join(map(_section, sorted(words_of(found), key=lambda word: word.name not in focus)))
    note = " ".join([labels_told(score) for score in found.scores if score.name == OWN])
    parts = {"facts": facts_list(told), "sections": sections, "note": html.escape(note)}
    return filled("passages.html", {"title": "Passages that read highest", **parts})


def _files(names: Sequence[str]) -> str:
    if not names:
        return ""
    return f" in {names[0]}" + (f" and {len(names) - 1} more" if len(names) > 1 else "")


def _section(word: Word) -> str:
    name = html.escape(word.name)
    sheets = "".join(
        f'<article class="sheet">{passage_head(one, word)}{passage_text(one, word)}</article>' for one in word.passages
    )
    return f'<section data-name="{name}"><h2>{name}</h2>{sheets or "<p>No passage.</p>"}</section>'
