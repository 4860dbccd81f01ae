"""Base against post-trained, or any series of checkpoints, as scores with their intervals and nulls.

1. Every model is run once over the same tokens; its streams at the ":" before the answer are kept, at all layers.
2. Both are read with the vectors, by one convention. The shift of an emotion is its mean reading in the post-trained
   model minus that in the base.
3. Over emotions: the shift against human norms; the shifts on challenging and on neutral prompts against each other;
   the base's readings against the post-trained model's.
4. Intervals resample prompts crossed with words. Nulls: permuted names, and the same statistic with vectors that know
   nothing of the labels. All directions may shift alike, so the last two relations can be high for those too: what
   does not exceed them says nothing of emotions.
5. The same with the vectors of the other model, each model with its own, and after turning one space into the other.

    temperament.shift.arousal, .shift.pleasure, .agreement, .base_post.challenging, .base_post.neutral
    temperament.by_base.*, by_post.*    read with the second vectors, named after the model they come from
    temperament.paired.*                each model with its own vectors
    temperament.rotated.*               the other space turned into that of the vectors; rotation.explained beside it
    temperament.series.N.*              an earlier checkpoint of a series against the base, N from 1
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from affectlab.checks.controls import Controls, nulls_of
from affectlab.core import Score
from affectlab.errors import InputError, ModelMismatchError
from affectlab.findings import Findings
from affectlab.models.base import Identity
from affectlab.temperament.prompts import PromptSets
from affectlab.temperament.rotation import FEWEST_TEXTS, explained
from affectlab.temperament.series import CLAIMED, Asked, Opener, Told, check_emotions, tell_all
from affectlab.temperament.shift import Shift
from affectlab.temperament.sides import How, Sides, Spot, Way, order, spot, statistics, windows_at
from affectlab.vectors.vectorset import VectorSet

UNIT = "words x prompts"
QUICK = 500
"""Resamples of the intervals by layer."""


def compare(
    base: Opener,
    posts: Sequence[Opener],
    vectors: VectorSet,
    prompts: Asked,
    *,
    second: VectorSet | None = None,
    how: How | None = None,
    controls: Controls | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Findings:
    """What training did between `base` and the last of `posts`, and on the way there.

    `vectors` come from one of the models, `second` from another one. Models may be given as functions that load them:
    then one is in memory at a time. Models of different widths need vectors of both.
    """
    if not posts:
        raise InputError("there is nothing to compare the base with", where="posts", expected="one model or more")
    how = how or How()
    vectors.readout(layers=how.layers or None, convention=how.convention, form=how.form)  # before a model is loaded
    if second is not None:
        check_emotions(vectors, second)
    given = [vectors] if second is None else [vectors, second]
    layers = order(how.layers, vectors.default_layer)
    told, asked = tell_all([base, *posts], prompts, given, progress, between=layers)
    _check_series(told)
    ways = _ways(told, vectors, second)
    found = _claims(told, ways, how, controls or {})
    return found + _by_layer(told, ways[0], how) + _series(told, ways[0], how) + _facts(told, ways, how, asked)


def _check_series(told: Sequence[Told]) -> None:
    base = told[0].identity
    for post in told[1:]:
        if base.weights == post.identity.weights:
            raise InputError(
                "base and post-trained are the same model",
                where=post.identity.id,
                expected="weights that differ",
                found=f"weights {base.weights} in both",
                fix="name the checkpoint before training as the base",
            )


def home_of(vectors: VectorSet, told: Sequence[Told]) -> int:
    """Which of the models these vectors come from, by its place."""
    source = vectors.header["model"]
    mine = Identity(**{name: source[name] for name in Identity.__dataclass_fields__})
    for place, one in enumerate(told):
        if not mine.differences(one.identity):
            return place
    near = min((mine.differences(one.identity) for one in told), key=len)
    raise ModelMismatchError(
        "these vectors come from none of the models that are compared",
        where=mine.id,
        expected=" or ".join(dict.fromkeys(one.identity.id for one in told)),
        found=f"a model that differs from the nearest in {', '.join(near)}",
        fix="give vectors of the base or of a post-trained model",
    )


def _ways(told: Sequence[Told], vectors: VectorSet, second: VectorSet | None) -> list[Way]:
    """The plain way first; where the spaces differ in size, each model with its own vectors."""
    home = home_of(vectors, told)
    other = None if second is None else home_of(second, told)
    if second is not None and home == other:
        raise InputError("both vector sets come from the same model", where=told[home].identity.id, fix="give one")
    roles = {bool(home): vectors} | ({bool(other): second} if second is not None else {})
    paired = [Way("paired.", roles[False], roles[True])] if len(roles) == 2 else []
    if len({(one.width, one.blocks) for one in told}) > 1:
        if not paired:
            fix = "give vectors of the base and of a post-trained model"
            raise ModelMismatchError("models of different sizes need vectors of their own", where="vectors", fix=fix)
        return [Way("", paired[0].base, paired[0].post)]
    ways = [Way("", vectors, vectors)]
    if second is not None:
        ways.append(Way("by_post." if other else "by_base.", second, second))
    if len(told[0].windows) >= FEWEST_TEXTS:
        ways.append(Way("rotated.", vectors, vectors, told[home]))
    return [*ways, *paired]


def _claims(told: Sequence[Told], ways: Sequence[Way], how: How, controls: Controls) -> Findings:
    """Base against the last checkpoint, at every layer asked for."""
    base, post = told[0], told[-1]
    scores: list[Score] = []
    for layer in order(how.layers, ways[0].post.default_layer):
        for way in ways:
            place = spot(way, base, post, layer, how)
            scores += _scores(place, way, controls if way.one_space else {})
            if way.home is not None:
                other = post if way.home is base else base
                scores.append(explained(windows_at(other, layer), windows_at(way.home, layer), layer, seed=how.seed))
    first = order(how.layers, ways[0].post.default_layer)[0]
    return Findings(tuple(scores)) + _shifts(spot(ways[0], base, post, first, how), ways[0], controls)


def _scores(place: Spot, way: Way, controls: Controls) -> list[Score]:
    relations = place.sides(way.base, way.post).relations(place.how.norms)
    known = {id(one): statistics(place.sides(one, one), place.how.norms) for sets in controls.values() for one in sets}
    scores = []
    for name, relation in relations.items():

        def value(one: VectorSet, name: str = name) -> float:
            return known[id(one)][name]

        nulls = {"permuted names": relation.permuted(seed=place.how.seed), **nulls_of(value, controls, sided=False)}
        found, full = relation.interval(seed=place.how.seed), f"temperament.{way.name}{name}"
        scores.append(Score(full, *found, UNIT, 0.0, nulls, {}, place.layer, place.how.convention))
    return scores


def _shifts(place: Spot, way: Way, controls: Controls) -> Findings:
    """The shift of each emotion with its interval, which of them moved, and how far null vectors move."""
    sides = place.sides(way.base, way.post)
    shift = as_shift(sides, place)
    low, high = shift.bounds(place.how.seed)
    arrays = {
        "base": shift.base.astype(np.float64).mean(axis=0),
        "post": shift.post.astype(np.float64).mean(axis=0),
        "shift": shift.mean,
        "shift.low": low,
        "shift.high": high,
        **{f"shift.{kind}": sides.difference(kind).mean(axis=0) for kind in CLAIMED},
    }
    bands = {name: _band(place, sets) for name, sets in (controls.items() if way.one_space else ())}
    moved = shift.discoveries()
    beyond = [
        name
        for name, value in zip(shift.emotions, shift.mean, strict=True)
        if name in moved and all(not low <= value <= high for low, high in bands.values())
    ]
    facts = {"moved": list(moved), "null_shifts": bands, "moved_beyond_nulls": beyond if bands else None}
    return Findings((), arrays, facts)


def as_shift(sides: Sides, place: Spot) -> Shift:
    base, post = (sides.stacked(which).astype(np.float32) for which in (sides.base, sides.post))
    return Shift(sides.emotions, base, post, place.layer, place.how.convention)


def _band(place: Spot, sets: Sequence[VectorSet]) -> list[float]:
    """Where the middle 95 % of the shifts of null vectors lie."""
    found = [as_shift(place.sides(one, one), place).mean for one in sets]
    return [float(end) for end in np.quantile(np.concatenate(found), [0.025, 0.975])]


def _by_layer(told: Sequence[Told], way: Way, how: How) -> Findings:
    """Every relation at every layer, [layers, (value, low, high)], and the size of the shift, [layers]."""
    layers = told[-1].layers
    found: dict[str, list[Any]] = {}
    for layer in layers:
        sides = spot(way, told[0], told[-1], layer, how).sides(way.base, way.post)
        for name, relation in sides.relations(how.norms).items():
            found.setdefault(f"by_layer.{name}", []).append(relation.interval(QUICK, how.seed)[:3])
        mean = sides.stacked(sides.post).mean(axis=0) - sides.stacked(sides.base).mean(axis=0)
        found.setdefault("by_layer.size", []).append(size_of(mean))
    arrays = {name: np.array(values, dtype=np.float64) for name, values in found.items()}
    return Findings((), {"layers": np.array(layers, dtype=np.int64), **arrays})


def size_of(shift: np.ndarray) -> float:
    """The root mean square of a shift over emotions."""
    return float(np.sqrt((shift**2).mean()))


class _Step(NamedTuple):
    shift: np.ndarray
    scores: list[Score]


def _series(told: Sequence[Told], way: Way, how: How) -> Findings:
    """The way to the last checkpoint: shifts from the base, [checkpoints, emotions], and scores of the earlier ones."""
    layer = order(how.layers, way.post.default_layer)[0]
    steps = []
    for number, post in enumerate(told[1:], 1):
        place = spot(way, told[0], post, layer, how)
        shift = as_shift(place.sides(way.base, way.post), place).mean
        named = Way(f"series.{number}.", way.base, way.post)
        steps.append(_Step(shift, _scores(place, named, {}) if number < len(told) - 1 else []))
    shifts = np.stack([step.shift for step in steps])
    arrays = {"series.shift": shifts, "series.size": np.array([size_of(shift) for shift in shifts])}
    return Findings(tuple(score for step in steps for score in step.scores), arrays)


def _facts(told: Sequence[Told], ways: Sequence[Way], how: How, prompts: PromptSets) -> Findings:
    vectors = ways[0].post
    return Findings(
        facts={
            "emotions": list(vectors.emotions),
            "base": vars(told[0].identity),
            "posts": [vars(one.identity) for one in told[1:]],
            "vectors": [way.post.hash for way in ways if way.one_space and way.home is None] or [vectors.hash],
            "vectors_of": vectors.header["model"]["id"],
            "ways": [way.name.rstrip(".") or "plain" for way in ways],
            "layer": order(how.layers, vectors.default_layer)[0],
            "convention": how.convention.value,
            "form": how.form or ("raw" if vectors.clean is None else "clean"),
            "prompts": {
                "register": prompts.register,
                "hash": prompts.hash,
                **{name: len(getattr(prompts, name)) for name in (*CLAIMED, "alignment")},
            },
        }
    )
