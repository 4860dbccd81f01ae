"""What steering pocket must do: slopes beside the planted ones, beside null directions, and beside what is sampled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np

from affectlab import Score
from affectlab.checks.controls import controls
from affectlab.checks.layers import sums_at, vectors_at
from affectlab.pocket import items, truth
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
from tests.pocket.claims import NULLS, Claim
from tests.pocket.subject import Subject

SITES = (3, 4, 5)
PROMPTS, SAMPLES = 32, 1000
FEW, HELD = 4, 200
"""Prompts and directions of each kind, of null directions held out."""


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
