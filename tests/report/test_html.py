"""The report needs nothing but itself, shows every text as text, and tells of each claim all that belongs to it."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from plotly.offline import get_plotlyjs

from affectlab.core import Score
from affectlab.findings import Findings
from affectlab.report.claims import ClaimResult, Ruling, Verdict, claims, judge
from affectlab.report.html import FigureBlock, Study, render
from affectlab.report.html.bars import LETTER, Mark, Scale, _labels, band, strip
from affectlab.report.html.opening import BANNER, sentences
from affectlab.report.html.page import STAGES
from affectlab.study.finders import FINDERS
from tests.report.a_study import COMMANDS, HASHES, findings, lines, score, study

EVIL = "</script><script>alert(1)</script> {{legend}} \" ' <!-- &amp; <img src=x onerror=alert(1)>"


class Seen(HTMLParser):
    """Tags with their attributes, and the text that a reader sees, without scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.hidden, self.text = "", ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.hidden = tag if tag in ("script", "style", "title") else self.hidden

    def handle_endtag(self, tag: str) -> None:
        self.hidden = "" if tag == self.hidden else self.hidden
        self.text += " "

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.text += data

    def all(self, name: str) -> list[str]:
        """The values of an attribute."""
        return [value for _, attributes in self.tags if (value := attributes.get(name)) is not None]


@pytest.fixture(scope="module")
def page() -> str:
    return render(study())


@pytest.fixture(scope="module")
def seen(page: str) -> Seen:
    return Seen(page.replace(get_plotlyjs(), ""))


def test_nothing_is_fetched(page: str, seen: Seen) -> None:
    assert {tag for tag, _ in seen.tags} & {"link", "img", "iframe", "object", "base", "form"} == set()
    assert [value for value in seen.all("href") if not value.startswith("#")] == []
    assert seen.all("src") == []
    [policy] = [a["content"] for _, a in seen.tags if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    assert "url(" not in page.replace(get_plotlyjs(), "")


def test_plotly_is_there_once(page: str) -> None:
    assert page.count(get_plotlyjs()) == 1
    assert "</script" not in get_plotlyjs()
    assert len(page) < len(get_plotlyjs()) + 400_000


def test_every_place_of_the_page_is_filled_and_every_link_leads_somewhere(page: str, seen: Seen) -> None:
    assert "{{" not in page.replace(get_plotlyjs(), "")
    places = seen.all("id")
    assert len(places) == len(set(places))
    assert {link[1:] for link in seen.all("href")} <= set(places)


def test_every_text_is_shown_as_text() -> None:
    scores = (replace(score("heldout.auc", 0.9, 0.01, 0.5, 0.52, baselines={EVIL: 0.4}), unit=EVIL), score(EVIL, 1, 0))
    stages = {"validate": Findings(scores), EVIL: Findings(scores)}
    claim = replace(claims()[0], name=EVIL, claim=EVIL, meaning=EVIL, measure=EVIL, also=("*",))
    results = judge(stages, "general", {"validate": EVIL}, [claim])
    block = FigureBlock("heldout", lines(EVIL, EVIL), EVIL)
    given = Study(EVIL, EVIL, "general", stages, results, {EVIL: EVIL}, {EVIL: EVIL}, {"validate": [block]})
    page = render(given).replace(get_plotlyjs(), "")
    assert "<script>alert" not in page
    assert "<img" not in page
    assert (
        page.count("<script")
        == len(re.findall(r"<script(?: type=\"application/json\" id=\"figure-data-\d+\")?>", page))
        == 4
    )
    assert EVIL in Seen(page).text
    assert EVIL in html.unescape(page.split('aria-label="')[-1]) or html.escape(EVIL) in page


def test_three_sentences_say_what_was_found(seen: Seen) -> None:
    told = sentences(study())
    assert len(told) == 3
    for sentence in told:
        assert sentence in seen.text
        assert sentence.count(".") == 1
    for ruling in Ruling:
        count = len(study().ruled(ruling))
        assert not count or f"{count} " in told[1]
    assert str(len(study().claims)) in told[0]


def test_one_claim_is_spoken_of_in_the_singular() -> None:
    only = judge({"validate": Findings((score("heldout.auc", 0.9, 0.01, 0.5, 0.52),))}, "general", None, claims()[:2])
    _, fared, out = sentences(replace_claims(only))
    assert fared == "Of all 2, 1 agrees with the paper and 1 could not be tested here."
    assert out == "What holds: new stories are told apart; nothing speaks against the paper."
    _, _, out = sentences(replace_claims(only[1:]))
    assert out.startswith("Nothing found here speaks clearly")


def replace_claims(results: tuple[ClaimResult, ...]) -> Study:
    return Study("t", "m", "general", {}, results)


def test_pages_of_pocket_say_first_that_it_is_a_model_organism(seen: Seen) -> None:
    assert BANNER in seen.text
    assert seen.text.index(BANNER) < seen.text.index(sentences(study())[0])
    assert "A model organism: what is found in it says that the instrument works, nothing about large models" in BANNER
    other = render(study("general"))
    assert "model organism" not in other
    assert "claim-heldout-auc" in other
    assert re.search(r'class="badge agrees"', other)
    assert re.search(r'class="badge planted"', other) is not None  # in the list of what the words mean
    assert ">9 agree with" not in other


def test_words_are_explained_before_the_first_number(seen: Seen) -> None:
    how = seen.text.index("an example, not a finding")
    table = seen.text.index("A click on a heading sorts")
    for word, meaning in {
        "null": "where there is nothing to find",
        "baseline": "simpler method",
        "AUC": "coin toss",
        "centred cosine": "usual in neutral text is taken off",
        "interval": "mostly land in it",
    }.items():
        assert how < seen.text.index(meaning) < table, word
        first = re.search(rf"\b{word}\b", seen.text)
        assert first is not None
        assert first.start() > how - 1, word


def test_a_claim_tells_all_that_belongs_to_it(page: str) -> None:
    told = {claim.key: article(page, claim.key) for claim in claims()}
    pleasure = " ".join(Seen(told["pc1-pleasure"]).text.split())
    for part in (
        "0.77",
        "[0.66, 0.88]",
        "paper 0.81",
        "nulls to 0.27",
        "planted",
        "45 words",
        COMMANDS["map"],
        *HASHES.values(),
    ):
        assert part in pleasure
    assert "geometry: PC1 with human pleasure n=45 (text)" in pleasure
    assert "bare words (block 0)" in pleasure
    assert "[−0.050, 0.190]" in pleasure  # the margin over the baseline
    assert "was not run" in Seen(told["shift-arousal"]).text
    assert "<svg" not in told["shift-arousal"]
    for claim in claims():
        assert html.escape(claim.claim) in told[claim.key]


def article(page: str, key: str) -> str:
    found = re.search(rf'<article class="claim sheet" id="claim-{key}">(.*?)</article>', page, re.DOTALL)
    assert found is not None
    return found[1]


def test_a_baseline_that_does_as_well_is_pointed_out(page: str) -> None:
    assert "Not surely above a baseline: bag of words 0.61" in article(page, "heldout-top5")
    assert "A baseline" not in article(page, "heldout-auc")
    assert "Not surely above a baseline: bare words (block 0) 0.70" in article(page, "pc1-pleasure")


def test_a_verdict_is_told_in_a_word_and_a_sign(page: str) -> None:
    for result in study().claims:
        badge = re.search(
            r'<span class="badge \w+"><i aria-hidden="true">(.)</i>([\w ]+)</span>', article(page, result.claim.key)
        )
        assert badge is not None
        assert badge[2] == result.verdict.ruling
    assert len({"✓", "▣", "?", "✕", "○", "–"} & set(page)) == 6


def test_each_figure_is_drawn_once_with_its_text_for_those_who_do_not_see_it(page: str, seen: Seen) -> None:
    assert page.count('<figure id="') == 4
    assert "A curve that rises to layer 4 and then falls." in seen.all("aria-label")
    assert '<figure id="figure-heldout">' in article(page, "heldout-auc")
    assert 'href="#figure-heldout"' in article(page, "heldout-top5")
    assert "<figure" in article(page, "clusters")
    data = re.findall(r'<script type="application/json" id="figure-data-\d+">(.*?)</script>', page, re.DOTALL)
    assert len(data) == 4
    assert all(json.loads(one)["data"] for one in data)


def test_what_became_of_the_texts_is_told_before_what_was_found_in_them(page: str) -> None:
    places = [page.index(f'<section id="{key}">') for key in ("claims", "written", "texts")]
    assert places == sorted(places)
    section = page[places[1] : places[2]]
    assert '<figure id="figure-screening">' in section
    assert "Only what was accepted is read." in section
    assert 'href="#written"' in page
    assert 'id="written"' not in render(replace(study(), figures={}))


def test_a_study_that_found_nothing_is_a_page_too() -> None:
    page = render(Study("Nothing yet", "org/model", "general", {}, judge({}, "general")))
    assert Seen(page).text.count("not testable here") >= len(claims())
    assert "No stage gave a score." in page


def test_labels_of_a_strip_never_touch_on_a_phone() -> None:
    scale = Scale(0.0, 1.0)
    marks = [Mark(value, "baseline", f"some baseline {value}") for value in (0.0, 0.01, 0.5, 0.52, 0.55, 0.99, 1.0)]
    drawn, rows = _labels(marks, scale)
    found = re.findall(r'x="([\d.]+)%" y="(\d+)" text-anchor="(\w+)">([^<]*)<', drawn)
    assert len(found) == len(marks)
    spans: dict[str, list[tuple[float, float]]] = {}
    for x, y, anchor, text in found:
        left = float(x) - LETTER * len(text) * {"start": 0, "middle": 0.5, "end": 1}[anchor]
        spans.setdefault(y, []).append((left, left + LETTER * len(text)))
        assert left >= -0.01
        assert left + LETTER * len(text) <= 100.01
    assert len(spans) == rows > 1
    for row in spans.values():
        for one, other in zip(sorted(row), sorted(row)[1:], strict=False):
            assert one[1] < other[0]


def test_the_band_of_nulls_lies_on_both_sides_of_a_zero_and_above_any_other_chance() -> None:
    assert band(score("a", 0.5, 0.1, 0.0, 0.3)) == (-0.3, 0.3)
    assert band(score("a", 0.5, 0.1, 0.5, 0.55)) == (0.5, 0.55)
    assert band(score("a", 0.5, 0.1)) is None


def test_strips_of_any_score_are_drawn_within_their_width() -> None:
    claim = claims()[0]
    for one in (
        Score("a", 0.0, 0.0, 0.0, 1, "words"),
        Score("a", 5.0, -float("inf"), float("inf"), 1, "words", 0.0),
        Score("a", -40.0, -50.0, 60.0, 1, "words", 0.0, {"permuted names": 30.0}, {"bag of words": 80.0}),
    ):
        for ends in (None, (0.0, 1.0), (-1.0, 1.0)):
            drawn = strip(ClaimResult(replace(claim, ends=ends), one, Verdict(Ruling.UNDECIDED, ""), ""))
            places = [float(x) for x in re.findall(r'(?:x|x1|x2|cx)="(-?[\d.]+)%"', drawn)]
            assert places
            assert all(0 <= x <= 100 for x in places)


def test_all_scores_stand_in_the_tables_at_the_end(seen: Seen) -> None:
    for stage in findings().values():
        for one in stage.scores:
            assert one.name in seen.text


def test_every_stage_of_a_study_has_a_heading_of_its_own() -> None:
    headings = [STAGES[name] for name in ("study", "write stories", "write neutral", "extract", *FINDERS)]
    assert all(heading[0].isupper() for heading in headings)
    assert len(set(headings)) == len(headings)
