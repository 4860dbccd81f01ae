"""The passages that read highest, as a section of the report: of each word the first in full, the others folded."""

from __future__ import annotations

import html

from affectlab.findings import Findings
from affectlab.report.claims.verdicts import POCKET
from affectlab.report.html.study import Study
from affectlab.report.passages import OWN, Word, labels_told, passage_head, passage_text, words_of

STAGE, KEY, TITLE = "snippets", "passages", "Where do they read highest?"
LEAD = (
    "Numbers can hide what a direction answers to, so here are the passages themselves: those of the study's own texts "
    "that have the highest mean reading for a word, each read with vectors made from other topics alone. Marked are "
    "tokens that read above nine of ten tokens for the word; the stronger the colour, the further above. A tick: the "
    "text was written for that very word."
)
MOST = 3
"""Passages of a word."""


def passages_section(study: Study, figures: str) -> str:
    """The section, with figures of the stage below it; nothing where no passage was found."""
    found = study.stages.get(STAGE)
    if found is None or not found.facts.get("snippets"):
        return ""
    words = "".join(_word(word) for word in words_of(found) if word.passages)
    more = f'<div class="sheet more">{figures}</div>' if figures else ""
    return (
        f'<section id="{KEY}"><h2>{TITLE}</h2><p class="lead">{LEAD}</p>{_told(found, study.register)}'
        f'<div class="words">{words}</div>{more}</section>'
    )


def _told(found: Findings, register: str) -> str:
    facts = found.facts
    read = f"{facts['passages']:,} passages of {facts['texts']:,} texts were read at layer {facts['layer']}."
    labels = [labels_told(score) for score in found.scores if score.name == OWN]
    planted = ["Its words share sentences with their neighbours by design."] if labels and register == POCKET else []
    return f'<p class="lead">{html.escape(" ".join([read, *labels, *planted]))}</p>'


def _word(word: Word) -> str:
    first, *others = (f"{passage_head(one, word)}{passage_text(one, word)}" for one in word.passages[:MOST])
    more = "".join(f"<div>{one}</div>" for one in others)
    folded = f"<details><summary>{len(others)} more</summary>{more}</details>" if others else ""
    return f'<article class="sheet word"><h3>{html.escape(word.name)}</h3>{first}{folded}</article>'
