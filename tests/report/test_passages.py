"""Passages are shown as text whatever they hold, their tokens marked as strongly as they read, on a page that needs
nothing but itself."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from affectlab.core import Convention, Score
from affectlab.findings import Findings
from affectlab.report.passages import FAINTEST, STRONGEST, passage_text, passages_page, words_of
from affectlab.report.terminal import Marked, passages_text
from tests.report.test_page import EVIL, Seen

TOKENS = ["The", " rain", " wept", " and", " wept"]


def passage(tokens: list[str], readings: list[float | None], level: float, **more: Any) -> dict[str, Any]:
    marked = [place for place, reading in enumerate(readings) if reading is not None and reading > level]
    score = float(np.mean([reading for reading in readings if reading is not None]))
    return {
        "score": score,
        "where": "t.txt, 1",
        "label": None,
        "cut": [True, False],
        "tokens": tokens,
        "readings": readings,
        "marked": marked,
    } | more


def found(names: tuple[str, ...] = ("sad", "calm"), **more: Any) -> Findings:
    one = passage(TOKENS, [None, 0.1, 0.3, 0.0, 0.5], 0.2, label="sad")
    facts = {"texts": 1200, "passages": 3400, "layer": 4, "convention": "centred", "model": "m", "quantile": 0.9}
    facts |= {"files": ["t.txt", "u.txt"], "snippets": {name: [{**one, **more}] for name in names}}
    score = Score("snippets.top", 0.5, 0.3, 0.7, 2, "words", 0.01, {}, {}, 4, Convention.CENTRED)
    return Findings((score,), {"snippets.levels": np.full(len(names), 0.2)}, facts)


def test_marked_tokens_are_coloured_as_strongly_as_they_read_above_the_level() -> None:
    [word, _] = words_of(found())
    text = passage_text(word.passages[0], word)
    marks = re.findall(r'<mark style="--a:([\d.]+)" title="([^"]+)">([^<]*)</mark>', text)
    assert [(title, piece) for _, title, piece in marks] == [("+0.300", " wept"), ("+0.500", " wept")]
    first, last = (float(alpha) for alpha, _, _ in marks)
    assert last == pytest.approx(STRONGEST, abs=0.01)
    assert first == pytest.approx(FAINTEST + (STRONGEST - FAINTEST) / 3, abs=0.01)
    assert re.sub(r"<[^>]*>", "", text) == "\u2026The rain wept and wept"


def test_the_page_tells_of_every_word_and_says_where_a_passage_stands() -> None:
    page = Seen(passages_page(found(("sad", "at ease"))))
    assert page.texts["h2"] == ["sad", "at ease"]
    facts = dict(zip(page.texts["dt"], page.texts["dd"], strict=True))
    assert facts == {
        "model": "m",
        "texts": "1,200 in t.txt and 1 more",
        "passages": "3,400",
        "layer": "4",
        "convention": "centred",
    }
    said = " ".join(" ".join(page.texts["span"]).split())
    assert "\u2713 written for sad" in said  # on the page of sad, and not on that of another word
    assert said.count("\u2713") == 1
    note = " ".join(page.texts["p"][0].split())
    assert "50% [30%, 70%] come from texts written for the word itself; of passages drawn blindly 1.0% would" in note
    assert "They do not say that a model feels" in " ".join(page.texts["footer"][0].split())


def test_words_of_small_panels_come_first() -> None:
    page = Seen(passages_page(found(("tense", "sad", "upset", "angry"))))
    assert page.texts["h2"] == ["sad", "angry", "tense", "upset"]


def test_every_text_is_shown_as_text_and_nothing_is_fetched() -> None:
    evil = list(EVIL)
    held = passage(evil, [0.1 * place for place in range(len(evil))], 0.35, where=evil[0], label=evil[1])
    page = Seen(passages_page(found((evil[1], "calm"), **held)))
    assert [tag for tag, _ in page.tags].count("script") == 1
    assert {tag for tag, _ in page.tags} & {"link", "img", "iframe", "object", "base", "form", "b"} == set()
    assert page.texts["h2"][1] == evil[1]
    assert page.texts["mark"][0] == evil[4]
    assert "{{" not in passages_page(found())


def test_without_colours_marks_are_brackets_and_with_them_none() -> None:
    plain = Console(no_color=True, width=80)
    with plain.capture() as capture:
        plain.print(Marked(TOKENS, [1, 2, 4]))
    assert capture.get().strip() == "The [rain wept] and [wept]"
    bright = Console(force_terminal=True, color_system="truecolor", width=80)
    with bright.capture() as capture:
        bright.print(Marked(TOKENS, [1, 2, 4]))
    assert re.sub(r"\x1b\[[\d;]*m", "", capture.get()).strip() == "The rain wept and wept"
    assert "\x1b[" in capture.get()


def test_a_terminal_shows_passages_of_words_that_were_named_and_else_one_line_each() -> None:
    console = Console(no_color=True, width=60)
    with console.capture() as capture:
        console.print(passages_text(found().facts, named=True))
    assert "+0.225  t.txt, 1, written for sad" in capture.get()
    assert "[wept]" in capture.get()
    with console.capture() as capture:
        console.print(passages_text(found().facts, named=False))
    lines = capture.get().splitlines()
    assert lines[0].startswith("3,400 passages of 1,200 texts, layer 4, centred")
    assert [line.split()[0] for line in lines[2:]] == ["sad", "calm"]
    assert "The rain wept and wept" in lines[2]
