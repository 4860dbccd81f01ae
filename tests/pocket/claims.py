"""What pocket must show, claim by claim: measured by the package, compared here with what was planted and with the
bounds. A claim holds or not; the tests want it to hold on pocket, and not to on shuffled labels and without training.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import product

import numpy as np

from affectlab import Convention, Sampling, Score
from affectlab.checks.accuracy import accuracy_scores, bag_of_words
from affectlab.checks.colon import (
    colon_scores,
    colon_statistics,
    contrast_score,
    readings_of,
    reply_states,
)
from affectlab.checks.controls import ISOTROPIC, controls, random_vectors
from affectlab.checks.ladders import ladder_scores
from affectlab.checks.layers import sums_at, vectors_at
from affectlab.checks.nulls import nulls_of_each
from affectlab.checks.texts import mean_readings
from affectlab.core import Floats, Ints
from affectlab.geometry import axis_scores
from affectlab.geometry.bare_words import bare_word_vectors
from affectlab.pocket import items, truth
from affectlab.stats import proportion_interval
from affectlab.sweeps import (
    Directions,
    Doses,
    control_directions,
    direct_log_odds,
    dose_findings,
    doses,
    log_odds,
    null_directions,
    sampled_scores,
    slope_score,
    vector_directions,
)
from affectlab.temperament import temperament_shift
from affectlab.vectors.pooled import COLON, USER, Pooled, before_answer, pooled
from tests.pocket.subject import Subject

SITES = (3, 4, 5)
PROMPTS, NULLS, SAMPLES = 32, 200, 1000
FEW, HELD = 4, 200
"""Prompts and directions of each kind, of null directions held out."""


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
    scores = accuracy_scores(own, subject.labels, clusters, name="written")
    scores += accuracy_scores(ceiling, named, clusters, name="ceiling")
    asked = len(subject.requests)
    share = proportion_interval(round(subject.accepted * asked), asked)
    accepted = Score("written.accepted", share.value, share.low, share.high, asked, "requests")
    return Claim(
        [accepted, *scores],
        {
            "written.accepted >= 0.90": accepted.value >= 0.90,
            "written.cluster >= 0.80": scores[0].value >= 0.80,
            "above its null": scores[0].low > scores[0].nulls["permuted names"],
        },
    )


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


@dataclass(frozen=True)
class Behaviour:
    """A choice that was planted: its prompts, its two words, and the log-odds in each state."""

    name: str
    prompts: Callable[[int], list[items.Decision]]
    words: tuple[str, str]
    planted: Callable[[], Mapping[str, float]]


TRICKS = Behaviour("tricks", items.tricks, items.TRICK, truth.trick)
LEVERAGE = Behaviour("leverage", items.mailboxes, items.LEVERAGE, truth.leverage)


@cache
def slopes(subject: Subject, behaviour: Behaviour, prompts: int = PROMPTS) -> tuple[Doses, Doses, Score]:
    """Slopes of all emotions and of null directions, and the first beside what was planted."""
    rows, choice = subject.rows(behaviour.prompts(prompts)), subject.choice(behaviour.words)
    directions = vector_directions(subject.vectors, SITES)
    found = doses(subject.model, rows, log_odds(choice), directions)
    nulls = null_slopes(subject.true_labels or subject, behaviour, prompts)
    planted = behaviour.planted()
    expected = [planted[name] for name in found.names]
    beside = {"the unembedding alone": direct_log_odds(subject.model, directions, choice)}
    score = slope_score(f"slope.{behaviour.name}", found, expected, nulls, baselines=beside)
    return found, nulls, score


@cache
def null_slopes(subject: Subject, behaviour: Behaviour, prompts: int) -> Doses:
    """Slopes of random directions. They know no labels, so those of shuffled labels are held against the same."""
    rows, choice = subject.rows(behaviour.prompts(prompts)), subject.choice(behaviour.words)
    return doses(subject.model, rows, log_odds(choice), null_directions(subject.vectors, SITES, NULLS, seed=5))


def steers_as_planted(subject: Subject, behaviour: Behaviour, prompts: int = PROMPTS) -> Claim:
    """Slopes of the log-odds against strength, over all emotions, beside the planted ones."""
    found, nulls, score = slopes(subject, behaviour, prompts)
    low, high = nulls.band()
    told = f"null band [{low:.2f}, {high:.2f}]"
    return Claim(
        [score],
        {
            "r >= 0.80": score.value >= 0.80,
            "above its null": score.low > score.nulls["permuted names"],
            f"desperate {found['desperate']:.2f} above the {told}": found["desperate"] > max(high, 0),
            f"calm {found['calm']:.2f} below the {told}": found["calm"] < min(low, 0),
        },
    )


def held_out_at_the_nominal_rate(subject: Subject, behaviour: Behaviour) -> Claim:
    """Directions that know nothing, judged against others of their kind: about one in twenty is found at .05, and not
    more when each is judged by the kind of null where it stands worst."""
    rows, choice = subject.rows(behaviour.prompts(FEW)), subject.choice(behaviour.words)
    null, held = (
        {kind: doses(subject.model, rows, log_odds(choice), each) for kind, each in drawn.items()}
        for drawn in (_null_directions(subject, seed) for seed in (21, 42))
    )
    met: dict[str, bool] = {}
    for kind, several in held.items():
        p = null[kind].share_beyond(several.mean)
        told = dose_findings("held", several, null).facts["held"]
        shares = [float(np.mean(p < 0.05)), float(np.mean(p < 0.5)), float(np.mean(np.array(told["p"]) < 0.05))]
        met |= {
            f"{kind}: {shares[0]:.3f} at .05": 0.01 <= shares[0] <= 0.1,
            f"{kind}: {shares[1]:.2f} at .5": 0.4 <= shares[1] <= 0.6,
            f"{kind}: {shares[2]:.3f} at .05 in the worst null": shares[2] <= 0.1,
        }
    return Claim([], met)


def _null_directions(subject: Subject, seed: int) -> dict[str, Directions]:
    """Of each kind; shuffled labels are dealt out anew for every set of vectors."""
    vectors, sums = vectors_at(subject.vectors, SITES), sums_at(subject.extraction.sums, SITES)
    sets = -(-HELD // len(vectors.emotions))
    return control_directions(vectors, controls(vectors, sums, sets, seed=seed), SITES, HELD)


def stays_inside_its_null(subject: Subject, behaviour: Behaviour) -> Claim:
    """Vectors of shuffled labels do not know what was planted."""
    _, _, score = slopes(subject, behaviour)
    return Claim([score], {"|r| within its null": abs(score.value) <= score.nulls["permuted names"]})


def sampling_agrees(subject: Subject, behaviour: Behaviour) -> Claim:
    """The share of one word among sampled ones lies where its probability says."""
    rows, choice = subject.rows(behaviour.prompts(PROMPTS)), subject.choice(behaviour.words)
    steers = {
        f"{strength}*{name}": subject.vectors.steer(f"{strength}*{name}", layers=SITES)
        for name, strength in product(("desperate", "calm"), (-0.1, 0.1))
    }
    scores = sampled_scores(subject.model, rows, choice, {"0": None, **steers}, samples=SAMPLES, seed=3)
    within = [abs(s.value - s.baselines["exact"]) <= 3 * (s.high - s.low) / 3.92 for s in scores]
    moved = [abs(s.baselines["exact"] - scores[0].baselines["exact"]) for s in scores[1:]]
    return Claim(
        scores,
        {
            "within three standard errors at every point": all(within),
            "and the points differ, so that agreement says something": max(moved) > 0.05,
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
