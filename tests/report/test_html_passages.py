"""The report shows passages after the question of meaning, with what was counted, and is the same page without them."""

from __future__ import annotations

import re
from dataclasses import replace

from affectlab.report.html import FigureBlock, Study, render
from affectlab.report.html.passages import KEY, MOST, TITLE
from tests.report.a_study import lines, study
from tests.report.test_html import Seen
from tests.report.test_passages import TOKENS, found, passage


def with_passages(register: str = "pocket") -> Study:
    given = study(register)
    told = found(("sad", "calm"))
    several = [passage([*TOKENS, f" {n}"], [None, *[0.5 - 0.1 * n] * 5], 0.2) for n in range(5)]
    told = replace(told, facts={**told.facts, "snippets": {**told.facts["snippets"], "calm": several}})
    figures = {**given.figures, "snippets": [FigureBlock("strip-sad", lines("A strip"), "Token by token.")]}
    return replace(given, stages={**given.stages, "snippets": told}, figures=figures)


def section(page: str) -> str:
    match = re.search(rf'<section id="{KEY}">(.*?)</section>', page, re.DOTALL)
    assert match is not None
    return match[1]


def test_the_passages_follow_the_question_of_meaning_and_are_in_the_contents() -> None:
    page = render(with_passages())
    places = re.findall(r'<section id="([\w-]+)">', page)
    assert places[places.index(KEY) - 1] == "meaning"
    assert f'<a href="#{KEY}">{TITLE}</a>' in page
    assert '<figure id="figure-strip-sad">' in section(page)
    assert "1 score<" in page


def test_of_each_word_one_passage_is_shown_and_some_more_are_folded_away() -> None:
    words = re.findall(r'<article class="sheet word">(.*?)</article>', section(render(with_passages())), re.DOTALL)
    assert [Seen(word).text.split()[0] for word in words] == ["sad", "calm"]
    assert words[0].count('class="passage"') == 1
    assert "<details>" not in words[0]
    before, _, folded = words[1].partition("<details>")
    assert before.count('class="passage"') == 1
    assert folded.count('class="passage"') == MOST - 1
    assert f"{MOST - 1} more" in folded


def test_what_was_counted_stands_above_the_passages() -> None:
    told = " ".join(Seen(section(render(with_passages()))).text.split())
    assert "3,400 passages of 1,200 texts were read at layer 4." in told
    assert "50% [30%, 70%] come from texts written for the word itself" in told
    assert "by design" in told
    assert "by design" not in section(render(with_passages("general")))


def test_a_study_without_passages_has_no_such_section() -> None:
    page = render(study())
    assert f'id="{KEY}"' not in page
    assert TITLE not in page
