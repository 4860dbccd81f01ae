"""Held-out topics: what is planted is found at the layer where it lies, and no fold has a say in how it is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from affectlab.checks import topics
from affectlab.checks.baselines import EMBEDDINGS, WORDS
from affectlab.checks.controls import ISOTROPIC, MATCHED, SHUFFLED, shuffled_sums
from affectlab.checks.embeddings import mean_embeddings
from affectlab.checks.heldout import PERMUTATIONS, _nulls, chosen_layer, held_out
from affectlab.checks.layers import sums_at, vectors_at
from affectlab.checks.sampled import Stories, _evenly, chances, measured, placements, sample_of, stories_of
from affectlab.checks.topics import auc_of, best_layer, candidates_of, choose, inner_auc, learn
from affectlab.core import Convention
from affectlab.errors import InputError
from affectlab.findings import Findings
from affectlab.models.fake import FakeModel
from affectlab.text import corpus_of
from affectlab.vectors.extract import Extraction, vector_set
from affectlab.vectors.sums import Sums, make_vectors
from tests.checks.conftest import RECIPE
from tests.checks.made import EMOTIONS, FOLDS, LAYERS, STRONG, errors_from, made_sums, neutral_sums, summed

NAMES = ("auc", "top1", "top5", "cluster")
KINDS = {SHUFFLED, ISOTROPIC, MATCHED}
SETS = 60
"""Of each kind of null, where their mean is looked at."""


@pytest.fixture(scope="module")
def strong() -> Findings:
    return held_out(made_sums(), nulls=6)


def test_what_is_planted_is_found_where_it_lies(strong: Findings) -> None:
    assert strong.facts["heldout"]["layer"] == STRONG
    assert set(strong.facts["heldout"]["layer_of_fold"].values()) == {STRONG}
    for name in NAMES:
        score = strong[f"heldout.{name}"]
        assert score.chance is not None
        assert score.low > score.chance
        assert score.layer == STRONG
        assert score.convention is Convention.CENTRED
        assert score.value > 0.85
        assert score.low <= score.value <= score.high
        assert (score.n, score.unit) == (FOLDS, "folds of topics")


def test_every_null_lies_below_what_is_planted(strong: Findings) -> None:
    for name in NAMES:
        score = strong[f"heldout.{name}"]
        assert set(score.nulls) == {"permuted names", *KINDS}
        assert all(null < score.low for null in score.nulls.values()), score
        mean = strong.facts["heldout"]["mean_of_permuted_names"][name]
        assert mean == pytest.approx(score.chance, abs=0.06)


def test_the_mean_of_every_null_sits_at_chance() -> None:
    """All kinds do, exactly in the long run. Held-out labels that were dealt out anew, and names that were permuted,
    know nothing of readings. Random directions are drawn alike for every emotion, so any of them may get any name.

    What is rightly not at chance is their 95th percentile, which is the null that stands beside a score: stories of one
    emotion lie together, so a direction that was drawn by chance has all of them high, or none.
    """
    sums = made_sums()
    sample = sample_of(sums)
    choice = choose(sums, sample)
    found = _nulls(sums, sample, choice, choice.nested(sample), SETS, seed=0)
    assert set(found) == {"permuted names", *KINDS}
    for kind, values in found.items():
        assert set(values) == set(NAMES)
        for name, chance in chances(sample).items():
            assert len(values[name]) == (PERMUTATIONS if kind == "permuted names" else SETS)
            assert errors_from(chance, values[name]) < 4, (kind, name, values[name].mean())
            assert values[name].std() / np.sqrt(len(values[name])) < 0.03, (kind, name)


def test_without_a_signal_nothing_is_found() -> None:
    found = held_out(made_sums(0.0, seed=3), nulls=6)
    for name in NAMES:
        score = found[f"heldout.{name}"]
        assert score.chance is not None
        assert score.low < score.chance + 0.05
        assert score.value <= max(score.nulls.values()) + 0.05


def test_labels_that_were_shuffled_show_nothing() -> None:
    found = held_out(shuffled_sums(made_sums(), seed=7), nulls=6, seed=50)
    for name in NAMES:
        score = found[f"heldout.{name}"]
        assert score.low <= max(score.nulls.values()), score


def test_curves_and_maps_are_there_for_figures(strong: Findings) -> None:
    value, low, high = strong.arrays["heldout.by_layer"][0]
    assert value.argmax() == STRONG
    assert (low <= value).all()
    assert (value <= high).all()
    assert strong.arrays["heldout.inner"].shape == (FOLDS, LAYERS // 2)
    assert (strong.arrays["heldout.emotions"] > 0.9).all()
    np.testing.assert_allclose(strong.arrays["heldout.confusion"].sum(axis=1), 1)


def test_placements_average_to_the_area_under_the_curve() -> None:
    generator = np.random.default_rng(0)
    labels, folds = generator.integers(0, 4, 60), np.zeros(60, dtype=np.int64)
    readings = generator.standard_normal((60, 4)).astype(np.float32).round(1)  # with ties
    ours = placements(readings, labels, folds)
    for emotion in range(4):
        expected = roc_auc_score(labels == emotion, readings[:, emotion])
        assert ours[labels == emotion].mean() == pytest.approx(expected)


def test_the_interval_belongs_to_the_value_and_grows_with_what_is_resampled() -> None:
    sums = made_sums(1.0)
    many = tuple(f"topic {fold} {number % 6}" for number, fold in enumerate(sums.sample_folds))
    readings = choose(sums, sample_of(sums), nested=False).readings[STRONG]
    for stories, unit, units in ((Stories(), "folds of topics", FOLDS), (Stories(topics=many), "topics", 6 * FOLDS)):
        sample = sample_of(sums, stories)
        found = measured("auc", readings, sample).interval(resamples=200)
        assert (sample.unit, found.n) == (unit, units)
        right = placements(readings, sample.labels, sample.folds)
        assert found.value == pytest.approx(right.mean())
        assert found.low < found.value < found.high


def test_the_fold_that_is_held_out_has_no_say_in_its_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = choose(made_sums(), sample_of(made_sums()))
    tempting = _tempted(made_sums())
    found = choose(tempting, sample_of(tempting))
    assert found.of(0) == honest.of(0) == STRONG
    np.testing.assert_array_equal(found.inner[0], honest.inner[0])

    def leaking(one: Sums, learned: Any, folds: list[int], *rest: Any) -> float:
        return inner_auc(one, learned, [*folds, *(fold for fold in one.folds if fold not in folds)], *rest)

    monkeypatch.setattr(topics, "inner_auc", leaking)
    leaked = choose(tempting, sample_of(tempting))
    assert (leaked.inner[0] != choose(made_sums(), sample_of(made_sums())).inner[0]).any()


def _tempted(sums: Sums) -> Sums:
    """The same, but for the first fold: there emotions are plainest at another layer, and neutral tokens are others."""
    mine = sums.sample_folds == 0
    far = 50 * np.eye(len(EMOTIONS), sums.sample.shape[2])
    sums.sample[mine, STRONG - 1] += far[sums.sample_labels[mine]].astype(np.float32)
    sums.sample[mine, STRONG] = 0.1
    neutral = sums.neutral[0]
    assert neutral is not None
    neutral.merge(neutral_sums(np.random.default_rng(9), 500, axis=3))
    return summed(sums)


def test_a_fold_is_read_by_vectors_centre_and_neutral_components_of_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sums = made_sums()
    parts = make_vectors(sums, 0.5, [1, 2, 3, 4])
    assert parts.clean is not None
    assert parts.neutral_mean is not None
    learned = learn(sums_at(sums, [STRONG]), [1, 2, 3, 4])
    expected = parts.clean[STRONG] / np.linalg.norm(parts.clean[STRONG], axis=1, keepdims=True)
    np.testing.assert_allclose(learned.units, expected, atol=1e-5)
    np.testing.assert_allclose(learned.origin, parts.neutral_mean[STRONG])
    asked: list[list[int]] = []

    def noted(one: Sums, folds: list[int], like: Any = None) -> Any:
        asked.append(folds)
        return learn(one, folds, like)

    monkeypatch.setattr(topics, "learn", noted)
    choose(sums, sample_of(sums))
    early = LAYERS // 2 * FOLDS
    assert (
        len(asked) == early + LAYERS // 2 * FOLDS * FOLDS
    )  # a late layer is a candidate: it is tried without the fold
    assert all(0 not in folds for folds in asked[early : early + FOLDS])


def test_without_neutral_texts_stories_are_projected_about_the_centre() -> None:
    sums = made_sums(neutral=False)
    found = held_out(sums, nulls=2)
    assert found["heldout.auc"].convention is Convention.PROJECTION
    assert MATCHED not in found["heldout.auc"].nulls
    parts = make_vectors(sums, 0.5, [1, 2, 3, 4])
    states = sums.sample[sums.sample_folds == 0, STRONG]
    units = parts.raw[STRONG] / np.linalg.norm(parts.raw[STRONG], axis=1, keepdims=True)
    ours = learn(sums_at(sums, [STRONG]), [1, 2, 3, 4]).readings(states)
    np.testing.assert_allclose(ours, (states - parts.center[STRONG]) @ units.T, atol=1e-4)


def test_the_layer_for_other_claims_is_the_best_with_every_fold_held_out() -> None:
    assert chosen_layer(made_sums()) == STRONG


def test_early_layers_are_shown_and_not_chosen() -> None:
    sums = made_sums()
    sums.sample[:, 0] += 50 * np.eye(len(EMOTIONS), sums.sample.shape[2], dtype=np.float32)[sums.sample_labels]
    summed(sums)
    sample = sample_of(sums)
    choice = choose(sums, sample, nested=False)
    assert auc_of(choice.readings[0], sample) > auc_of(choice.readings[STRONG], sample)
    assert choice.candidates == (3, 4, 5)
    assert best_layer(choice, sample) == STRONG
    assert candidates_of(sums_at(sums, [0, 1])) == (0, 1)


def test_layers_alone_are_those_of_the_whole() -> None:
    sums = made_sums()
    vectors = vector_set(sums, 0.5)
    one = vector_set(sums_at(sums, [STRONG]), 0.5)
    np.testing.assert_array_equal(one.units(STRONG), vectors.units(STRONG))
    np.testing.assert_array_equal(one.resid_norm, vectors.resid_norm[[STRONG]])
    cut = vectors_at(vectors, [STRONG])
    np.testing.assert_array_equal(cut.units(STRONG), vectors.units(STRONG))
    assert cut.layers == (STRONG,)


def test_margins_over_baselines_have_intervals() -> None:
    sums = made_sums()
    words = tuple(f"the story said {EMOTIONS[label]} once" for label in sums.sample_labels)
    noise = np.random.default_rng(1).standard_normal((len(words), 8)).astype(np.float32)
    found = held_out(sums, Stories(texts=words, embeddings=noise), nulls=1)
    auc = found["heldout.auc"]
    assert auc.baselines["bag of words"] == 1.0
    assert auc.baselines["token embeddings (block 0)"] < 0.65
    assert found["heldout.auc above bag of words"].high <= 0
    margin = found["heldout.auc above token embeddings (block 0)"]
    assert margin.low > 0.2
    assert margin.value == pytest.approx(auc.value - auc.baselines["token embeddings (block 0)"])


def test_topics_texts_and_embeddings_come_from_the_corpus_and_the_model(
    fake: FakeModel, found: Extraction, labelled: Callable[..., list[dict[str, Any]]]
) -> None:
    rows = {row["id"]: row for row in labelled(neutral=8)}
    stories = stories_of(corpus_of(list(rows.values())), found.sums, fake)
    assert stories.topics == tuple(rows[name]["topic"] for name in found.sums.sample_ids)
    assert stories.texts == tuple(rows[name]["text"] for name in found.sums.sample_ids)
    assert stories.embeddings is not None
    one = rows[found.sums.sample_ids[3]]["text"]
    np.testing.assert_allclose(stories.embeddings[3], mean_embeddings(fake, [one], RECIPE.start)[0], atol=1e-6)
    scored = held_out(found.sums, stories, nulls=1)
    assert scored["heldout.auc"].unit == "topics"
    for name, key in product(NAMES, (WORDS, EMBEDDINGS)):
        margin = scored[f"heldout.{name} above {key}"]
        assert np.isfinite([margin.low, margin.value, margin.high]).all()
        assert margin.low <= margin.value <= margin.high
    with pytest.raises(InputError, match="not the texts that were extracted"):
        stories_of(corpus_of(list(rows.values())[4:]), found.sums, fake)


def test_an_emotion_with_few_sampled_stories_does_not_stop_the_nulls() -> None:
    sums = made_sums()
    kept = (sums.sample_labels != 0) | (sums.sample_folds == 0)  # sampled on the topics of one fold alone
    few = replace(
        sums,
        sample=sums.sample[kept],
        sample_labels=sums.sample_labels[kept],
        sample_folds=sums.sample_folds[kept],
        sample_ids=tuple(name for name, keep in zip(sums.sample_ids, kept, strict=True) if keep),
    )
    score = held_out(few, nulls=3)["heldout.auc"]
    assert score.low > max(score.nulls.values())


def test_a_large_sample_is_cut_evenly() -> None:
    labels, folds = np.tile(np.arange(4), 100), np.repeat(np.arange(5), 80)
    rows = _evenly(labels, folds, 60)
    assert len(rows) == 60
    assert {(int(labels[row]), int(folds[row])) for row in rows} == {(e, f) for e in range(4) for f in range(5)}
    assert len(_evenly(labels, folds, 400)) == 400


def test_two_folds_are_too_few() -> None:
    sums = made_sums()
    sums.counts[2:] = 0
    with pytest.raises(InputError, match="too few folds"):
        held_out(sums)
