"""Figures of a study say in words what they show, and are drawn from what was found."""

from __future__ import annotations

import numpy as np
import pytest

from affectlab.core import Score
from affectlab.findings import Findings
from affectlab.study.pictures.maps import group_names
from affectlab.study.pictures.passages import STRIPS, passage_figures
from affectlab.study.pictures.shifts import checkpoint_names, series_figures
from tests.report.test_passages import TOKENS, passage

EMOTIONS = ["calm", "sad", "angry"]


def test_a_group_is_named_by_its_two_most_central_words() -> None:
    cosines = np.array([[1, 0.9, 0.8, 0], [0.9, 1, 0.2, 0], [0.8, 0.2, 1, 0], [0, 0, 0, 1.0]])
    named = group_names(cosines, ["glad", "happy", "merry", "grim"], [7, 7, 7, 2])
    assert named == ["glad, happy"] * 3 + ["grim"]


def passages(scores: dict[str, float]) -> Findings:
    """One passage for each word, that reads so far above the level of its word."""
    held = {name: [passage(TOKENS, [None] + [0.1 + above] * 4, 0.1)] for name, above in scores.items()}
    facts = {"snippets": held, "convention": "centred"}
    return Findings((), {"snippets.levels": np.full(len(scores), 0.1)}, facts)


def test_the_passages_that_read_furthest_above_their_level_are_drawn_token_by_token() -> None:
    blocks = list(passage_figures(passages({"calm": 0.1, "sad": 0.4, "at ease": 0.3, "angry": 0.2, "glad": 0.0})))
    assert [block.key for block in blocks] == ["strip-sad", "strip-at-ease", "strip-angry"][:STRIPS]
    assert "reads highest for sad" in blocks[0].figure.layout.title.text
    assert "5 tokens coloured by reading of sad (centred cosine)" in blocks[0].alt
    assert "red where sad is read" in blocks[0].caption


def series(posts: int, **left_out: str) -> Findings:
    shifts = np.linspace(0.1, 1, posts)[:, None] * np.array([[0.1, -0.2, 0.3]])
    names = [*(f"temperament.series.{number}." for number in range(1, posts)), "temperament."]
    scores = tuple(
        Score(f"{name}{key}", value, value - 0.1, value + 0.1, 9, "words x prompts", 0.0)
        for value, name in zip(np.linspace(-0.2, -0.8, posts).tolist(), names, strict=True)
        for key in ("shift.arousal", "agreement")
    )
    facts = {
        "emotions": EMOTIONS,
        "base": {"id": "before"},
        "posts": [{"id": f"step-{n}", "revision": ""} for n in range(1, posts + 1)],
    }
    return Findings(scores, {"series.shift": shifts}, facts)


def test_a_series_of_checkpoints_has_its_way_and_its_scores() -> None:
    way, scores = series_figures(series(3))
    assert (way.key, scores.key) == ("series", "series-scores")
    assert "before" in way.caption
    lines = {trace.name: list(trace.y) for trace in way.figure.data}
    assert lines["angry"] == pytest.approx([0, 0.03, 0.165, 0.3])
    lines = {trace.name: list(trace.y) for trace in scores.figure.data}
    assert lines["shift and arousal"] == pytest.approx([-0.2, -0.5, -0.8])
    assert "shift and pleasure" not in lines  # what was not measured at every checkpoint


def test_one_checkpoint_is_no_series() -> None:
    assert list(series_figures(series(1))) == []


def test_checkpoints_of_one_name_are_told_apart_by_their_revisions() -> None:
    posts = [{"id": "m", "revision": "abcdefghij"}, {"id": "m", "revision": "1234567890"}, {"id": "n", "revision": "x"}]
    assert checkpoint_names(posts) == ["m@abcdefgh", "m@12345678", "n"]
