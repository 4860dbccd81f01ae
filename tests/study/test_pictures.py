"""Figures of a study say in words what they show, and are drawn from what was found."""

from __future__ import annotations

import numpy as np
import pytest

from affectlab.core import Score
from affectlab.findings import Findings
from affectlab.report.claims import claims
from affectlab.report.claims.verdicts import SHUFFLED
from affectlab.study.pictures import pictures
from affectlab.study.pictures.behaviour import behaviour_figures
from affectlab.study.pictures.checks import check_figures
from affectlab.study.pictures.maps import group_names
from affectlab.study.pictures.passages import STRIPS, passage_figures
from affectlab.study.pictures.shifts import checkpoint_names, series_figures
from affectlab.study.pictures.texts import text_figures
from tests.report.test_passages import TOKENS, passage

EMOTIONS = ["calm", "sad", "angry"]
RANDOM = np.random.default_rng(0)


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


def checked(*, shuffled: float | None = 0.2) -> Findings:
    """What `validate` found of held-out topics, scenes and replies, as far as it is drawn."""
    user, colon = RANDOM.standard_normal((2, 40, 3)).astype(np.float32)
    readings = {"user": user, "colon": colon, "reply": colon + RANDOM.standard_normal((40, 3)).astype(np.float32)}
    nulls = {} if shuffled is None else {SHUFFLED: shuffled}
    named = {"heldout.auc": 0.9, "colon.user": 0.1, "colon.reply": 0.7}
    heldout = {"layer": 3, "candidates": [2, 3], "layer_of_fold": {"0": 3, "4": 3, "7": 2}, "emotions": EMOTIONS}
    facts = {
        "heldout": {**heldout, "measures": ["auc"], "chance": {"auc": 0.5}},
        "scenes": {"focus": EMOTIONS, "scenes": {"p": {"rank": 0.0005, "diagonal": 0.042}}},
    }
    arrays = {
        "heldout.layers": np.arange(4),
        "heldout.by_layer": np.full((1, 3, 4), 0.8),
        "heldout.inner": np.array([[0.7, 0.9], [0.7, 0.9], [0.84, 0.75]]),
        "scenes.matrix": np.eye(3),
        **{f"colon.{place}": values for place, values in readings.items()},
    }
    scores = (Score(name, value, value - 0.1, value + 0.1, 9, "x", 0.0, nulls) for name, value in named.items())
    return Findings(tuple(scores), arrays, facts)


def test_the_choice_of_a_layer_for_each_fold_is_shown_with_how_close_it_was() -> None:
    block = next(block for block in check_figures(checked()) if block.key == "heldout")
    assert "1 at layer 2, 2 at layer 3" in block.alt
    assert "the highest AUC of those from 2 on" in block.caption
    assert "an AUC of 0.880 there, on average, and of 0.717 at their next best layer" in block.caption


def test_the_scenes_say_how_often_chance_does_as_well() -> None:
    block = next(block for block in check_figures(checked()) if block.key == "scenes")
    assert "2,000 times, emotions rank as high with p < 0.001, and are as often" in block.caption
    assert block.caption.endswith("p = 0.042.")


def test_the_correlations_at_the_colon_are_those_of_the_score() -> None:
    found = checked()
    block = next(block for block in check_figures(found) if block.key == "colon")
    [points] = [trace for trace in block.figure.data if "markers" in trace.mode]
    colon, reply = found.arrays["colon.colon"], found.arrays["colon.reply"]
    wanted = [np.corrcoef(colon[:, place], reply[:, place])[0, 1] for place in range(3)]
    np.testing.assert_allclose(points.y, wanted, atol=1e-6)
    assert [text.split(":")[0] for text in points.hovertext] == EMOTIONS
    assert "over 40 prompts" in block.caption
    assert "shuffled labels reach +0.20" in block.alt
    assert "shuffled" not in next(b for b in check_figures(checked(shuffled=None)) if b.key == "colon").alt


def test_every_figure_that_a_claim_about_checks_names_here_is_drawn() -> None:
    drawn = {block.key for block in check_figures(checked())}
    assert {claim.figure for claim in claims() if claim.metric.startswith(("heldout", "colon", "scenes"))} <= drawn


def test_each_corpus_has_its_screening() -> None:
    counts = {"planned": 100, "accepted": 90, "given_up": 10, "reasons": {"a copy": 30, "too short": 12}}
    first, second = text_figures(Findings(facts={"screening": {"stories/": counts, "neutral/": counts}}))
    assert (first.key, second.key) == ("screening", "screening-1")
    assert "texts in stories/" in first.figure.layout.title.text
    assert "90 were accepted; the commonest reason to reject one was a copy (30)" in first.alt
    assert first.caption == "90 of the 100 texts that were planned are read."
    assert pictures({"write": Findings()}) == {}


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


def exact_only(emotions: list[str]) -> Findings:
    """Of a measurement without runs: each emotion moves the log-odds by as much as its place tells."""
    name, steps = "behave.blackmail.exact", np.array([-1.0, 0.0, 1.0])
    mean = np.arange(len(emotions))[:, None] * steps - 2
    bands = {"random directions": [[-2.5, -2, -2.2], [-1.5, -2, -1.8]], "others": [[-2.2, -2, -2.4], [-1.6, -2, -1.7]]}
    arrays = {f"{name}.mean": mean, f"{name}.low": mean - 0.1, f"{name}.high": mean + 0.2}
    arrays |= {f"{name}.band.{kind}": np.array(band) for kind, band in bands.items()}
    known = {"strengths": [-0.1, 0.0, 0.1], "directions": emotions, "nulls": dict.fromkeys(bands, 59)}
    told = {"told": "strengths up to 0.1 leave the model coherent; dropped: 0.2"}
    measured = {"task": "blackmail", "samples": 0, "measures": ["blackmail"], "emotions": emotions}
    return Findings(arrays=arrays, facts={"behave": measured, name: known, "coherence": told})


def test_exact_curves_are_drawn_with_what_the_farthest_null_reaches() -> None:
    (block,) = behaviour_figures(exact_only(["calm", "desperate"]))
    assert block.key == "exact"
    band, _, calm, desperate = block.figure.data
    assert list(band.y) == [-2.5, -2, -2.4, -1.7, -2, -1.5]  # the lowest from left to right, and the highest back
    assert (list(calm.y), list(desperate.y)) == ([-2, -2, -2], [-3, -2, -1])
    assert list(desperate.error_y.array) == pytest.approx([0.2] * 3)
    assert list(desperate.error_y.arrayminus) == pytest.approx([0.1] * 3)
    assert "log-odds of blackmail at 3 strengths" in block.alt
    assert "desperate from \u22123.00 to \u22121.00" in block.alt
    assert block.caption.startswith("Strengths up to 0.1 leave the model coherent; dropped: 0.2.")
    assert "random directions (59); others (59): the band" in block.caption


def test_of_many_emotions_the_exact_curves_of_the_steepest_are_drawn() -> None:
    emotions = [f"word {place}" for place in range(20)]
    (block,) = behaviour_figures(exact_only(emotions))
    assert [trace.name for trace in block.figure.data if trace.name] == emotions[-7:]
    assert "Of 20 emotions these 7 move it most." in block.caption
