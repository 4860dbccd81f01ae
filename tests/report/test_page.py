"""The page of a reading needs nothing but itself, holds the exact numbers, and shows every text as text."""

import json
import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

from affectlab.core import Convention, Reading, Receipt
from affectlab.report.organism import ORGANISM
from affectlab.report.page import reading_page

EVIL = ("</script>", "<script>alert(1)</script>", '" onload="x', "&amp;", "{{data}}", "\u2028", "<!--", "'", "\x00")
EMOTIONS = ("calm", "</script><b>", "at ease")


class Seen(HTMLParser):
    """What a browser finds: tags with their attributes, and the text of scripts and spans."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.inside: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "link", "img", "br"):
            self.inside.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in self.inside:
            while self.inside.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.texts[self.inside[-1]][-1] += data


def make(
    tokens: tuple[str, ...] = EVIL, layers: tuple[int, ...] = (3,), receipt: Receipt | None = None
) -> list[Reading]:
    draw = np.random.default_rng(0)
    return [
        Reading(
            tokens,
            EMOTIONS,
            layer,
            Convention.CENTRED,
            draw.standard_normal((len(tokens), 3)).astype(np.float32),
            receipt,
        )
        for layer in layers
    ]


def data_of(page: str) -> Any:
    return json.loads(Seen(page).texts["script"][0])


def test_nothing_is_fetched() -> None:
    page = Seen(reading_page(make(), "org/model"))
    assert {tag for tag, _ in page.tags} & {"link", "img", "iframe", "object", "base", "form"} == set()
    assert not [attributes for _, attributes in page.tags if {"src", "href", "action"} & set(attributes)]
    [policy] = [a["content"] for _, a in page.tags if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    assert "url(" not in "".join(page.texts["style"])


def test_a_model_organism_is_called_one() -> None:
    assert ORGANISM in reading_page(make(), "pocket")
    assert ORGANISM not in reading_page(make(), "org/model")


def test_every_text_is_shown_as_text() -> None:
    page = Seen(reading_page(make(), '<img src=x onerror="alert(1)">'))
    spans = [
        text
        for (_, attributes), text in zip(
            [tag for tag in page.tags if tag[0] == "span"], page.texts["span"], strict=True
        )
        if attributes.get("class") == "token"
    ]
    expected = [
        token if token not in ("\u2028", "\x00") else {"\u2028": "\ufffd", "\x00": "␀"}[token] for token in EVIL
    ]
    assert spans == expected
    assert [tag for tag, _ in page.tags].count("script") == 2
    assert [tag for tag, _ in page.tags].count("b") == 0
    assert "<img src=x" in page.texts["title"][0]


def test_the_numbers_are_exact() -> None:
    [reading] = make()
    [layer] = data_of(reading_page([reading], "m"))["layers"]
    for place, emotion in enumerate(EMOTIONS):
        assert np.array_equal(np.array(layer["scores"][place], dtype=np.float32), reading[emotion])
    assert np.abs(np.array(layer["shades"]).T - reading.scaled() * 100).max() <= 0.5
    assert sorted(layer["order"]) == [0, 1, 2]


def test_the_head_names_model_layers_convention_and_receipt() -> None:
    receipt = Receipt("0.5*calm", "ab12", (3,), 7, (1.5,), (0.25,), (1.5,))
    page = Seen(reading_page(make(("a", " b"), (3, 5), receipt), "org/model"))
    named = dict(zip(page.texts["dt"], page.texts["dd"], strict=True))
    assert named["model"] == "org/model"
    assert (named["layers"], named["convention"], named["tokens"]) == ("3, 5", "centred", "2")
    assert named["steered"].startswith("0.5*calm at 7 tokens; layer 3 added 1.5")
    assert [layer["layer"] for layer in data_of(reading_page(make(("a",), (3, 5)), "m"))["layers"]] == [3, 5]


def test_it_says_what_these_readings_are_not() -> None:
    text = " ".join(" ".join(Seen(reading_page(make(), "m")).texts["footer"]).split())
    assert "readings of functional emotion concepts" in text
    assert "They do not say that a model feels" in text


@pytest.mark.parametrize("scheme", ["prefers-color-scheme: dark", 'content="light dark"'])
def test_it_is_made_for_light_and_dark(scheme: str) -> None:
    assert scheme in reading_page(make(), "m")


def test_no_place_of_the_template_is_left_open() -> None:
    assert set(re.findall(r"\{\{(\w+)\}\}", reading_page(make(("a",)), "m"))) == set()
