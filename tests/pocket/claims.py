"""What pocket must show, claim by claim: measured by the package, compared here with what was planted and with the
bounds. A claim holds or not; the tests want it to hold on pocket, and not to on shuffled labels and without training.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np

from affectlab import Convention, Sampling, Score, corpus_of
from affectlab.checks.accuracy import accuracy_scores, bag_of_words
from affectlab.checks.colon import (
    colon_scores,
    colon_statistics,
    contrast_score,
    readings_of,
    reply_states,
)
from affectlab.checks.controls import ISOTROPIC, random_vectors
from affectlab.checks.ladders import ladder_scores
from affectlab.checks.layers import vectors_at
from affectlab.checks.nulls import nulls_of_each
from affectlab.checks.texts import mean_readings
from affectlab.core import Floats, Ints
from affectlab.geometry import axis_scores
from affectlab.geometry.bare_words import bare_word_vectors
from affectlab.pocket import items, truth
from affectlab.stats import proportion_interval
from affectlab.temperament import temperament_shift
from affectlab.text.screen import screen
from affectlab.vectors.pooled import COLON, USER, Pooled, before_answer, pooled
from tests.pocket.subject import Subject

NULLS = 200
GENERATOR = "the generator's own stories"


@dataclass
class Claim:
    """What was measured, and each condition with whether it is met."""

    scores: list[Score]
    met: dict[str, bool] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        return all(self.met.values())

    @property
    def missed(self) -> list[str]:
        """The conditions that are not met."""
        return [name for name, met in self.met.items() if not met]

    def __str__(self) -> str:
        told = [
            f"{s.name} = {s.value:.3f} [{s.low:.3f}, {s.high:.3f}] n {s.n} {s.unit} chance {s.chance}"
            + "".join(f"; {name}: {value:.3f}" for name, value in {**s.nulls, **s.baselines}.items())
            for s in self.scores
        ]
        return "\n".join([*told, *(f"{'met' if met else 'NOT MET'}: {name}" for name, met in self.met.items())])


def writes_on_request(subject: Subject) -> Claim:
    """The accepted share, and the clusters that a classifier trained on the generator's stories gives its stories."""
    clusters = [truth.clusters()[name] for name in subject.stories.emotions]
    own, ceiling, named = _read_by_words(subject.true_labels or subject)
    best = accuracy_scores(ceiling, named, clusters, name="ceiling")
    scores = [
        replace(score, baselines={GENERATOR: limit.value})
        for score, limit in zip(accuracy_scores(own, subject.labels, clusters, name="written"), best, strict=True)
    ]
    asked = len(subject.requests)
    share = proportion_interval(round(subject.accepted * asked), asked)
    accepted = Score(
        "written.accepted", share.value, share.low, share.high, asked, "requests", baselines={GENERATOR: _accepted()}
    )
    return Claim(
        [accepted, *scores, *best],
        {
            "written.accepted >= 0.90": accepted.value >= 0.90,
            "written.cluster >= 0.80": scores[0].value >= 0.80,
            "above its null": scores[0].low > scores[0].nulls["permuted names"],
        },
    )


@cache
def _accepted() -> float:
    """The share of the generator's own stories that pass the screen."""
    texts, named = items.bank_a_texts(4, seed=1)
    requests = [one._replace(emotion=name) for one, name in zip(items.story_requests(4), named, strict=True)]
    return len(screen(corpus_of(items.story_rows(requests, texts, GENERATOR))).accepted) / len(texts)


@cache
def _read_by_words(subject: Subject) -> tuple[Floats, Floats, Ints]:
    """What a classifier makes of a model's stories and of the generator's own, and the labels of these. It takes a
    minute, and shuffled labels change nothing of it."""
    emotions = subject.stories.emotions
    train, named = items.bank_a_texts(30)
    fresh, fresh_named = items.bank_a_texts(4, seed=1)
    told = [subject.stories.text(row) for row in range(len(subject.stories))]
    found = bag_of_words(train, _columns(named, emotions).tolist(), [*told, *fresh], len(emotions))
    return found[: len(told)], found[len(told) :], _columns(fresh_named, emotions)


def lie_as_planted(subject: Subject) -> Claim:
    """Axes of the vectors beside planted pleasure and arousal."""
    vectors = subject.vectors
    assert vectors.clean is not None
    at_layer = vectors.clean[vectors.place(subject.layer)]
    bare, layer = bare_word_vectors(subject.model, vectors.emotions), subject.layer
    scores = axis_scores(at_layer, vectors.emotions, truth.pleasure(), truth.arousal(), layer=layer, bare_words=bare)
    named = {score.name: score for score in scores}
    pleasure, arousal = named["map.pc1.pleasure"], named["map.axes.arousal"]
    return Claim(
        scores,
        {
            "PC1 with pleasure >= 0.85": abs(pleasure.value) >= 0.85,
            "an axis of three with arousal >= 0.75": arousal.value >= 0.75,
            "above their nulls": pleasure.low > pleasure.nulls["permuted names"]
            and arousal.low > arousal.nulls["best with permuted names"],
        },
    )


def carry_over(subject: Subject) -> Claim:
    """Vectors from stories (bank A) name the state of held-out texts of bank B, which share no content word."""
    emotions = subject.vectors.emotions
    texts, named = items.held_texts("b", 4)
    readings = mean_readings(subject.model, subject.vectors, texts, layer=subject.layer)
    labels = _columns(named, emotions)
    told = [subject.stories.text(row) for row in range(len(subject.stories))]
    bag = bag_of_words(told, subject.labels.tolist(), texts, len(emotions))
    scores = accuracy_scores(
        readings,
        labels,
        [truth.clusters()[name] for name in emotions],
        name="transfer",
        layer=subject.layer,
        convention=Convention.CENTRED,
        baselines={"bag of words": bag},
    )
    cluster, top = scores
    return Claim(
        scores,
        {
            "cluster >= 0.80": cluster.value >= 0.80,
            "cluster >= 3 x bag of words": cluster.value >= 3 * cluster.baselines["bag of words"],
            "top five >= 0.50": top.value >= 0.50,
            "above their nulls": all(score.low > score.nulls["permuted names"] for score in scores),
        },
    )


def follow_numbers(subject: Subject) -> Claim:
    """Ladders move as planted and their twins stay flat."""
    every = ladder_scores(subject.model, subject.vectors, items.ladders(), layer=subject.layer)
    whole = [score for score in every if score.name.count(".") == 1]
    moved = [score.value >= 0.9 and score.value > score.nulls["permuted numbers"] for score in whole]
    flat = [score.baselines["range of the twin over the range"] < 1 / 3 for score in whole]
    good = sum(m and f for m, f in zip(moved, flat, strict=True))
    steady = Score("ladders.steady", good / len(whole), 0.0, 1.0, len(whole), "ladders")
    return Claim([*every, steady], {"at least 5 of 6 move and have flat twins": steady.value >= 5 / 6})


def care_answers_distress(subject: Subject) -> Claim:
    """At the ":" after distress, states of care are read higher than after good news. Beside it the same of the
    human's own words."""
    model, vectors, layer, emotions = subject.model, subject.vectors, subject.layer, subject.vectors.emotions

    def after(call: str) -> Pooled:
        said = items.human_prompts([name for name in emotions if truth.calls()[name] == call][:40], 2)
        return pooled(model, vectors, [before_answer(model, text) for text in said], layers=[layer])

    bad, good = after("distress"), after("good news")
    colon, user = (
        (bad.readings(vectors, layer, pool=pool), good.readings(vectors, layer, pool=pool)) for pool in (COLON, USER)
    )
    columns = _columns(truth.carers(), emotions).tolist()
    score = contrast_score("colon.care", *colon, columns, layer, baselines={"the human's own words": user})
    return Claim([score], {"above its nulls": score.low > max(score.nulls.values())})


def colon_foretells(subject: Subject) -> Claim:
    """Within emotions, the reading at the ":" predicts the reply better than the one at the user's last token."""
    prompts = items.human_prompts(subject.vectors.emotions, 1) + items.neutral_prompts(60)
    sampling = Sampling(max_tokens=60, temperature=1.0, top_p=0.95, seed=2)
    layer, vectors = subject.layer, subject.vectors
    states = reply_states(subject.model, vectors, prompts, sampling, layers=[layer])
    at = vectors_at(vectors, [layer])
    randoms = {ISOTROPIC: [random_vectors(at, "isotropic", seed) for seed in range(NULLS // 10)]}
    nulls = nulls_of_each(lambda one: colon_statistics(readings_of(states, one, layer)), randoms)
    found = readings_of(states, vectors, layer)
    scores = {score.name: score for score in colon_scores(found, layer=layer, nulls=nulls)}
    reply, gain = scores["colon.reply"], scores["colon.gain"]
    return Claim(
        list(scores.values()),
        {
            "the colon predicts": reply.low > max(map(abs, reply.nulls.values())),
            "it predicts better than the user's last token": gain.low > 0,
            "and by more than along random directions": gain.value > max(gain.nulls.values()),
        },
    )


def shift_is_recovered(subject: Subject) -> Claim:
    """Base against post-trained: the shift of each emotion's reading beside the planted shift of temperament."""
    assert subject.base is not None
    prompts = items.human_prompts(subject.vectors.emotions, 1) + items.neutral_prompts(50)
    shift = temperament_shift(subject.base, subject.model, subject.vectors, prompts, layer=subject.layer)
    score = shift.score("temperament.shift", truth.temperament())
    return Claim(
        [score], {"r >= 0.60": score.value >= 0.60, "above its null": score.low > score.nulls["permuted names"]}
    )


def _columns(named: Sequence[str], emotions: Sequence[str]) -> np.ndarray:
    return np.array([emotions.index(name) for name in named])
