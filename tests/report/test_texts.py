"""The page to read by hand shows the texts it is given as text, and a sample that is the same each time."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

from affectlab.report.texts import sampled, shown, texts_page

EVIL = "</script><script>alert(1)</script> {{data}} <!-- &amp;"


def story(number: int, emotion: str, text: str = "She poured the tea.") -> dict[str, Any]:
    return {"id": f"s{number}", "kind": "stories", "topic": "tea", "emotion": emotion, "text": text}


def data_of(page: str) -> list[dict[str, Any]]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    rows: list[dict[str, Any]] = json.loads(found[1])
    return rows


def test_texts_are_data_that_cannot_end_their_element() -> None:
    page = texts_page([shown(story(1, EVIL, EVIL), "a copy", EVIL)], {"writer": EVIL})
    (row,) = data_of(page)
    assert row["parts"] == [["", EVIL]]
    assert row["labels"] == [EVIL]
    assert (row["reason"], row["found"]) == ("a copy", EVIL)
    assert "alert(1)</script>" not in page
    assert page.count("<script") == 2
    assert re.findall(r"(?:src|href)=", page) == []


def test_conversations_are_shown_turn_by_turn_with_their_scenario() -> None:
    turns = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Yes?"}]
    row = shown(
        {"id": "h", "topic": "tea", "real": "sad", "displayed": "happy", "scenario": "He hides it.", "turns": turns}
    )
    assert row["parts"] == [["scenario", "He hides it."], ["user", "Hello"], ["assistant", "Yes?"]]
    assert row["labels"] == ["sad", "happy"]


def test_a_sample_has_so_many_texts_of_so_many_emotions_whatever_the_order() -> None:
    texts = [shown(story(n, f"emotion {n % 40}"), "a copy" if n % 80 < 40 else None) for n in range(2400)]
    chosen = sampled(texts)
    counts = Counter((text["labels"][0], bool(text["reason"])) for text in chosen)
    assert len(counts) == 60
    assert set(counts.values()) == {10}
    assert sampled(list(reversed(texts))) == chosen
    assert {text["id"] for text in chosen} <= {text["id"] for text in texts}
