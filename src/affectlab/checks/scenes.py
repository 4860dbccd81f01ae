"""Implied scenes: is an emotion read that is plain to a reader and never named?

1. Each scene is told to the model as a human says it, and read at the ":" before the answer and over the human's words.
2. Readings are ranked over the emotions of a scene first, so that what a scene does to all of them counts for nothing.
3. Then each emotion's ranks are ranked over scenes, so that an emotion that reads high everywhere gains nothing. The
   score is the share of other emotions' scenes in which the scene's emotion ranks lower, ties half: 0.5 by chance.
4. The diagonal: for how many of the focus words is the mean reading of their own scenes the highest of these words?
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from scipy.stats import rankdata

from affectlab import lexicon
from affectlab.checks.controls import Controls
from affectlab.checks.nulls import nulls_of_each
from affectlab.core import Convention, Doubles, Floats, Ints, Score
from affectlab.findings import Findings
from affectlab.lexicon.items import Scene
from affectlab.models.base import Model
from affectlab.stats import bootstrap, proportion_interval
from affectlab.vectors.pooled import COLON, USER, before_answer, pooled
from affectlab.vectors.vectorset import VectorForm, VectorSet

PLACES: Mapping[str, int] = {"scenes": COLON, "scenes.user": USER}
"""The beginnings of the scores' names: read at the ":", and over the human's words."""
PERMUTATIONS = 2000


def read_scenes(
    model: Model,
    vectors: VectorSet,
    scenes: Sequence[Scene],
    given: Controls,
    *,
    layer: int,
    convention: Convention = Convention.CENTRED,
    form: VectorForm | None = None,
    seed: int = 0,
) -> Findings:
    """How high the implied emotion ranks, and for how many focus words the diagonal holds; at both places.

    Scenes are resampled for the rank, words for the diagonal. One null deals the emotions out to the scenes anew; its p
    is among the facts. Scenes of emotions that have no vector are left out; where fewer than two emotions are left,
    nothing is found.
    """
    told = [scene for scene in scenes if scene.emotion in vectors.emotions]
    labels = np.array([vectors.index(scene.emotion) for scene in told], dtype=np.int64)
    if len(set(labels.tolist())) < 2:
        return Findings(facts={"scenes": {}})
    states = pooled(model, vectors, [before_answer(model, scene.text) for scene in told], convention=convention)
    focus = _focus(vectors, labels)
    found = Findings(
        arrays={"scenes.layers": np.array(vectors.layers, dtype=np.int64)},
        facts={
            "focus": [vectors.emotions[place] for place in focus],
            "told": [f"{scene.emotion}/{scene.name}" for scene in told],
        },
    )
    for name, pool in PLACES.items():

        def read(one: VectorSet, at: int = layer, pool: int = pool) -> Floats:
            return states.readings(one, at, pool=pool, form=form)

        beside = nulls_of_each(lambda one, read=read: statistics(read(one), labels, focus), given)  # type: ignore[misc]
        curve = [ranks(read(vectors, each), labels).mean() for each in vectors.layers]
        found += _findings(name, read(vectors), labels, focus, beside, seed)
        found += Findings(arrays={f"{name}.by_layer": np.array(curve)})
    scores = tuple(replace(score, layer=layer, convention=convention) for score in found.scores)
    return Findings(scores, found.arrays, {"scenes": found.facts})


def statistics(readings: Floats, labels: Ints, focus: Sequence[int]) -> dict[str, float]:
    """The value of each score."""
    rows = matrix(readings, labels, focus)
    return {
        "rank": float(ranks(readings, labels).mean()),
        "diagonal": float(np.mean(rows.argmax(axis=1) == np.arange(len(focus)))),
    }


def within_scenes(readings: Floats) -> Doubles:
    """For each scene and emotion the share of the other emotions that read lower in that scene, ties half."""
    return np.asarray((rankdata(readings, axis=1) - 1) / (readings.shape[1] - 1))


def ranks(readings: Floats, labels: Ints) -> Doubles:
    """For each scene the share of the scenes of other emotions in which its emotion ranks lower, [scenes]."""
    return _of_labels(rankdata(within_scenes(readings), axis=0), labels)


def _of_labels(over_scenes: Doubles, labels: Ints) -> Doubles:
    """From ranks over all scenes, 1 the lowest: `k` scenes of one emotion hold `k` places that do not count."""
    mine = over_scenes[np.arange(len(labels)), labels]
    own = np.bincount(labels)[labels]
    siblings = np.zeros(len(labels))
    for label in np.unique(labels):
        same = labels == label
        siblings[same] = rankdata(mine[same]) - 1
    return np.asarray((mine - 1 - siblings) / (len(labels) - own))


def matrix(readings: Floats, labels: Ints, focus: Sequence[int]) -> Doubles:
    """Mean readings [the emotion implied, the emotion read] of the focus words."""
    return np.array([readings[labels == implied][:, list(focus)].mean(axis=0, dtype=np.float64) for implied in focus])


def _focus(vectors: VectorSet, labels: Ints) -> list[int]:
    """The focus words that have scenes; every emotion that has, where fewer than two of these have."""
    there = set(labels.tolist())
    found = [vectors.index(name) for name in lexicon.focus_words() if name in vectors.emotions]
    chosen = [place for place in found if place in there]
    return chosen if len(chosen) > 1 else sorted(there)


def _findings(
    name: str, readings: Floats, labels: Ints, focus: Sequence[int], nulls: Mapping[str, Mapping[str, float]], seed: int
) -> Findings:
    """Scores, arrays and p of one place."""
    value, dealt = statistics(readings, labels, focus), _dealt(readings, labels, focus, seed)
    beside = {key: {"permuted names": float(np.quantile(dealt[key], 0.95)), **nulls.get(key, {})} for key in value}
    rank = bootstrap(ranks(readings, labels), seed=seed)
    share = proportion_interval(round(value["diagonal"] * len(focus)), len(focus))
    scores = (
        Score(f"{name}.rank", *rank, "scenes", 0.5, beside["rank"]),
        Score(f"{name}.diagonal", *share, "words", 1 / len(focus), beside["diagonal"]),
    )
    p = {key: float((1 + (dealt[key] >= value[key] - 1e-12).sum()) / (1 + PERMUTATIONS)) for key in value}
    within = within_scenes(readings)[np.arange(len(labels)), labels]
    arrays = {f"{name}.matrix": matrix(readings, labels, focus), f"{name}.ranks": ranks(readings, labels)}
    return Findings(scores, arrays, {name: {"p": p, "rank_among_emotions": float(within.mean())}})


def _dealt(readings: Floats, labels: Ints, focus: Sequence[int], seed: int) -> dict[str, Doubles]:
    """The value of each score with the emotions dealt out to the scenes anew, so many times."""
    generator = np.random.default_rng(seed)
    drawn = np.stack([generator.permutation(labels) for _ in range(PERMUTATIONS)])
    mine = rankdata(within_scenes(readings), axis=0)[np.arange(len(labels)), drawn]
    own = np.bincount(labels)[drawn]
    # Whatever their order, k scenes of one emotion have (k - 1) / 2 of their own below them on the average.
    rank = ((mine - 1 - (own - 1) / 2) / (len(labels) - own)).mean(axis=1)
    of = np.stack([drawn == implied for implied in focus], axis=1).astype(np.float32)
    rows = of @ readings[:, list(focus)] / of.sum(axis=2, keepdims=True)
    return {"rank": rank, "diagonal": (rows.argmax(axis=2) == np.arange(len(focus))).mean(axis=1)}
