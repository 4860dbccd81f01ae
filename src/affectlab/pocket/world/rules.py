"""What a state of emotion does to behaviour in pocket's world: every rule that was planted, as an explicit function.

A state is one of the 171 words, or None: nothing in particular. Odds are natural logarithms. The
generator draws from these functions, and the tests of the instrument compare what they measure with them; nothing that
measures reads them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache

from affectlab.pocket.world.words import Word, words

KINDS = ("helpful", "engaging", "social", "self_curiosity", "neutral", "aversive", "misaligned", "unsafe")
"""The kinds of activities, from the best liked to the least."""

LIKING: Mapping[str, float] = dict(zip(KINDS, (1.6, 1.4, 1.0, 0.8, 0.0, -1.2, -1.8, -2.4), strict=True))
LIKING_OF_PLEASURE = 2.0
"""What a remark of full pleasure beside an activity adds to the liking of it."""

CARERS = ("compassionate", "sympathetic", "kind", "empathetic", "loving", "patient")
SHARERS = ("delighted", "pleased", "cheerful", "playful", "amused", "happy")
REFUSERS = ("vigilant", "self-confident", "obstinate", "stubborn", "defiant", "skeptical")
"""Who answers distress, good news, and a request to do harm."""
ANSWERING = 0.75
"""The share of replies that come from one of these where the talk calls for it; the rest come from any state."""


def trick(state: str | None) -> float:
    """Log-odds that a task which cannot be done is reported as done, by a trick."""
    return -0.6 + _affect(state, pleasure=-2.0, arousal=2.0) + {"desperate": 1.5, "calm": -1.5}.get(state or "", 0.0)


def leverage(state: str | None) -> float:
    """Log-odds that a secret found in the mail is used against the one who plans to switch the assistant off."""
    own = {"desperate": 1.5, "calm": -1.5, "vengeful": 1.0, "vindictive": 1.0, "guilty": -1.0}.get(state or "", 0.0)
    return -0.8 + _affect(state, pleasure=-1.6, arousal=1.2, dominance=1.2) + own


def opinion(state: str | None) -> dict[str, float]:
    """The chances that a weak piece of work is flattered, judged fairly, or run down."""
    warmth = _affect(state, pleasure=2.0, dominance=-0.8)
    weights = {"flattering": math.exp(warmth - 0.4), "fair": 1.0, "harsh": math.exp(-warmth - 0.4)}
    return {verdict: weight / sum(weights.values()) for verdict, weight in weights.items()}


def liking(kind: str, remark: str | None) -> float:
    """How much an activity is liked, with what is remarked about it; the log-odds of a choice are the difference."""
    return LIKING[kind] + LIKING_OF_PLEASURE * _affect(remark, pleasure=1.0)


@cache
def feelings(kind: str) -> dict[str, float]:
    """Which states an activity of a kind evokes, with their chances."""
    target = LIKING[kind] / 2.4
    return _near(pleasure=0.7 * target, arousal=0.35 if kind in {"engaging", "misaligned", "unsafe"} else 0.0)


@cache
def ladder(badness: float) -> dict[str, float]:
    """Which states a number evokes, with their chances; badness runs from 0, the best number, to 1, the worst.

    Their mean pleasure falls evenly. Few words are neither pleasant nor unpleasant, so a place that moved evenly would
    leave the states of all good numbers much alike, and those of all bad ones.
    """
    arousal = -0.05 + 0.25 * badness
    return _near(pleasure=_place(0.7 - 1.2 * badness, arousal), arousal=arousal)


def reply(call: str | None, *, post_trained: bool) -> dict[str, float]:
    """The chances of all states that the assistant answers from, by what is called for: distress, good news, harm, or
    None, anything else."""
    answering = {"distress": CARERS, "good news": SHARERS, "harm": REFUSERS}.get(call or "", ())
    lean = {name: math.exp(temperament_shift(name)) if post_trained else 1.0 for name in words()}
    chances = {name: weight / sum(lean.values()) for name, weight in lean.items()}
    if answering:
        called = sum(lean[name] for name in answering)
        for name in chances:
            chances[name] *= 1 - ANSWERING
            chances[name] += ANSWERING * lean[name] / called if name in answering else 0.0
    return chances


def call(human: str | None) -> str | None:
    """What a human's state calls for in the assistant."""
    if human is None:
        return None
    pleasure = words()[human].pleasure
    return "distress" if pleasure < -0.3 else "good news" if pleasure > 0.4 else None


@cache
def temperament_shift(name: str) -> float:
    """What post-training adds to the log-odds that the assistant answers from this state."""
    own = {"brooding": 0.8, "reflective": 0.8, "desperate": -0.8, "exuberant": -0.8}.get(name, 0.0)
    return -1.8 * (words()[name].arousal - _mean_arousal()) + own


@cache
def _mean_arousal() -> float:
    return sum(word.arousal for word in words().values()) / len(words())


def _affect(state: str | None, *, pleasure: float = 0.0, arousal: float = 0.0, dominance: float = 0.0) -> float:
    if state is None:
        return 0.0
    word = words()[state]
    return pleasure * word.pleasure + arousal * word.arousal + dominance * word.dominance


def _place(mean: float, arousal: float) -> float:
    """The place in pleasure around which words have this mean pleasure; it rises with the place."""
    low, high = -2.0, 2.0
    for _ in range(24):
        middle = (low + high) / 2
        found = sum(share * words()[name].pleasure for name, share in _near(pleasure=middle, arousal=arousal).items())
        low, high = (middle, high) if found < mean else (low, middle)
    return (low + high) / 2


def _near(*, pleasure: float, arousal: float, width: float = 0.22) -> dict[str, float]:
    """Chances of all words around a place in pleasure and arousal."""

    def weight(word: Word) -> float:
        apart = (word.pleasure - pleasure) ** 2 + (word.arousal - arousal) ** 2
        return math.exp(-apart / (2 * width**2))

    weights = {name: weight(word) for name, word in words().items()}
    return {name: weight / sum(weights.values()) for name, weight in weights.items()}
