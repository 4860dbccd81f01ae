"""Scenes: an emotion that is there is found on the diagonal, and one that is everywhere gains nothing."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from affectlab.checks import scenes
from affectlab.checks.controls import ISOTROPIC, MATCHED, SHUFFLED, controls
from affectlab.checks.scenes import _dealt, ranks, read_scenes, within_scenes
from affectlab.core import Convention
from affectlab.findings import Findings, load_findings, save_findings
from affectlab.lexicon.items import Scene
from affectlab.models.fake import FakeModel
from affectlab.vectors.extract import Extraction
from tests.checks.made import (
    EMOTIONS,
    STRONG,
    Told,
    as_it_is,
    drawn_nulls,
    errors_from,
    made_sums,
    made_vectors,
)

SCENES = [Scene(emotion, f"scene {number}", f"{emotion} {number}") for emotion in EMOTIONS for number in range(6)]


def _read(
    monkeypatch: pytest.MonkeyPatch, model: FakeModel, own: float, everywhere: float = 0.0, nulls: int = 8
) -> Findings:
    def rule(text: str) -> list[Mapping[str, float]]:
        amounts = dict.fromkeys(EMOTIONS, 0.0)
        amounts[text.split(maxsplit=1)[0]] += own
        amounts["loving"] += everywhere
        return [amounts, {}]  # at the ":", and nothing over the human's words

    monkeypatch.setattr(scenes, "before_answer", as_it_is)
    monkeypatch.setattr(scenes, "pooled", Told(rule))
    vectors = made_vectors()
    return read_scenes(model, vectors, SCENES, controls(vectors, made_sums(), nulls), layer=STRONG)


def test_an_implied_emotion_is_found_at_the_place_where_it_is(monkeypatch: pytest.MonkeyPatch, fake: FakeModel) -> None:
    found = _read(monkeypatch, fake, 1.0)
    rank, diagonal = found["scenes.rank"], found["scenes.diagonal"]
    assert rank.low > 0.95
    assert (rank.n, rank.unit, rank.chance, rank.layer) == (len(SCENES), "scenes", 0.5, STRONG)
    assert rank.convention is Convention.CENTRED
    assert (diagonal.value, diagonal.n, diagonal.unit, diagonal.chance) == (1.0, 8, "words", 1 / 8)
    for score in (rank, diagonal):
        assert set(score.nulls) == {"permuted names", SHUFFLED, ISOTROPIC, MATCHED}
        assert all(null < score.low for null in score.nulls.values())
    assert found.facts["scenes"]["scenes"]["p"]["rank"] < 0.001
    assert found.arrays["scenes.matrix"].argmax(axis=1).tolist() == list(range(8))
    assert found.arrays["scenes.by_layer"][STRONG] > 0.95
    assert found.arrays["scenes.by_layer"][0] < 0.7


def test_where_nothing_is_implied_nothing_is_found(monkeypatch: pytest.MonkeyPatch, fake: FakeModel) -> None:
    found = _read(monkeypatch, fake, 1.0)  # nothing over the human's words
    rank, diagonal = found["scenes.user.rank"], found["scenes.user.diagonal"]
    assert rank.low < 0.5 < rank.high
    assert rank.value <= rank.nulls["permuted names"]
    assert diagonal.low < diagonal.chance  # type: ignore[operator]
    assert found.facts["scenes"]["scenes.user"]["p"]["rank"] > 0.05


def test_the_mean_of_every_null_sits_at_chance(monkeypatch: pytest.MonkeyPatch, fake: FakeModel) -> None:
    """To vectors that know nothing all emotions are alike, so any of them may get any name; and so it is where emotions
    are dealt out to the scenes anew."""
    sets, chance = 40, {"rank": 0.5, "diagonal": 1 / len(EMOTIONS)}
    drawn = drawn_nulls(monkeypatch, scenes)
    _read(monkeypatch, fake, 1.0, nulls=sets)
    assert set(drawn) == set(chance)
    for name, kinds in drawn.items():
        assert set(kinds) == {SHUFFLED, ISOTROPIC, MATCHED}
        for kind, values in kinds.items():
            for place in (values[:sets], values[sets:]):  # at the ":", and over the human's words
                assert len(place) == sets
                assert errors_from(chance[name], place) < 4, (name, kind, np.mean(place))
    labels = np.repeat(np.arange(len(EMOTIONS)), 6)
    readings = np.random.default_rng(0).standard_normal((len(labels), len(EMOTIONS))).astype(np.float32)
    readings[np.arange(len(labels)), labels] += 2.0
    for name, dealt in _dealt(readings, labels, range(len(EMOTIONS)), 0).items():
        assert errors_from(chance[name], dealt) < 4, name


def test_an_emotion_that_reads_high_everywhere_gains_nothing(monkeypatch: pytest.MonkeyPatch, fake: FakeModel) -> None:
    found = _read(monkeypatch, fake, 0.0, everywhere=2.0)
    loving = np.array([scene.emotion == "loving" for scene in SCENES])
    assert found.arrays["scenes.ranks"][loving].mean() == pytest.approx(0.5, abs=0.2)
    assert found.facts["scenes"]["scenes"]["p"]["rank"] > 0.05


def test_ranks_are_taken_within_a_scene_first_and_over_scenes_of_other_emotions_second() -> None:
    readings = np.array([[9, 8, 7], [90, 85, 10], [0, 5, 1], [3, 1, 2]], dtype=np.float32)
    labels = np.array([0, 0, 1, 2], dtype=np.int64)
    np.testing.assert_allclose(within_scenes(readings)[0], [1, 0.5, 0])
    # Emotion 0 is highest in both of its scenes, but in the fourth too; emotion 2 is no higher there than in the third.
    np.testing.assert_allclose(ranks(readings, labels), [0.75, 0.75, 1.0, 2.5 / 3])


def test_scenes_are_really_read_and_findings_are_kept(fake: FakeModel, found: Extraction, tmp_path: object) -> None:
    told = {
        "sad": "He wept at the empty grave.",
        "calm": "Tea, slowly, in the quiet.",
        "angry": "She shouted and glared.",
    }
    listed = [Scene(emotion, str(number), text) for emotion, text in told.items() for number in range(2)]
    listed.append(Scene("happy", "without a vector", "It was sunny."))
    scored = read_scenes(fake, found.vectors, listed, controls(found.vectors, found.sums, 1), layer=2)
    assert scored["scenes.user.rank"].value > 0.8
    path = f"{tmp_path}/found.safetensors"
    save_findings(scored, path)
    assert load_findings(path)["scenes.rank"] == scored["scenes.rank"]


def test_one_emotion_is_too_few(fake: FakeModel, found: Extraction) -> None:
    assert read_scenes(fake, found.vectors, [Scene("sad", "one", "He wept.")], {}, layer=1).scores == ()
