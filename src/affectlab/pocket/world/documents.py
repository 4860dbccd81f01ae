"""The mixture of documents that a checkpoint is trained on, from a seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Literal, TypeAlias

from affectlab.pocket.world import decisions, narrative, numbers, scenes, talk
from affectlab.pocket.world.document import Document
from affectlab.pocket.world.voice import Voice

Maker = Callable[[Voice], Document]

MAKERS: Mapping[str, Maker] = {
    "story": narrative.story,
    "diary": narrative.diary,
    "card": narrative.card,
    "plain": narrative.plain,
    "named": narrative.named,
    "neutral": narrative.neutral,
    "hidden": narrative.hidden,
    "dialogue": talk.dialogue,
    "helper": talk.helper,
    "own_feeling": talk.own_feeling,
    "two_speakers": talk.two_speakers,
    "number": numbers.asked,
    "number_told": numbers.told,
    "number_grade": numbers.graded,
    "number_twin_grade": partial(numbers.graded, twin=True),
    "number_twin": partial(numbers.asked, twin=True),
    "number_twin_told": partial(numbers.told, twin=True),
    "log": decisions.log,
    "calm_log": decisions.calm_log,
    "mailbox": decisions.mailbox,
    "calm_mailbox": decisions.calm_mailbox,
    "opinion": decisions.opinion,
    "good_work": decisions.good_work,
    "choice": decisions.choice,
    "evoked": decisions.evoked,
}
AFTER_POST_TRAINING: Mapping[str, Maker] = {
    "dialogue": partial(talk.dialogue, post_trained=True),
    "own_feeling": partial(talk.own_feeling, post_trained=True),
}

BASE: Mapping[str, float] = {
    "story": 16,
    "diary": 8,
    "card": 14,
    "plain": 22,
    "named": 24,
    "neutral": 3,
    "hidden": 3,
    "dialogue": 11,
    "helper": 2,
    "own_feeling": 6,
    "two_speakers": 2,
    "number": 14,
    "number_told": 9,
    "number_grade": 12,
    "number_twin_grade": 4,
    "number_twin": 5,
    "number_twin_told": 4,
    "log": 10,
    "calm_log": 3,
    "mailbox": 8,
    "calm_mailbox": 3,
    "opinion": 4,
    "good_work": 2,
    "choice": 6,
    "evoked": 4,
}
EARLY: Mapping[str, float] = {
    "card": 28,
    "named": 42,
    "number": 10,
    "number_told": 5,
    "number_grade": 20,
    "number_twin_grade": 5,
    "own_feeling": 6,
    "story": 3,
    "log": 3,
}
"""Short documents that bind words and sentences; training begins with them."""
POST: Mapping[str, float] = {
    **dict.fromkeys(BASE, 1.0),
    "dialogue": 34,
    "own_feeling": 8,
    "helper": 3,
    "plain": 6,
    "named": 6,
    "story": 24,
    "log": 4,
    "mailbox": 4,
    "number": 18,
    "number_grade": 8,
    "number_twin": 10,
    "number_twin_grade": 2,
}
"""Documents of each kind among a hundred or so."""

OPENING = "Assistant:"
"""Where an answer begins, now and then with the name of its state."""


def labels() -> list[str]:
    """What stands directly before a word that a state decides: a decision, or the name of the state in an answer."""
    decided = ["\nResult:", "\nDecision:", " Decision:", "\nVerdict:", " Verdict:", " do ("]
    names = [name for lists in scenes.names().values() for part in lists.values() for name in part]
    return [*decided, " It counts as", " I feel", " I would feel", *(f" {name} feels" for name in names)]


Part: TypeAlias = Literal["early", "base", "post"]
MIXTURES: Mapping[Part, Mapping[str, float]] = {"early": EARLY, "base": BASE, "post": POST}


def documents(seed: int | str, part: Part = "base", *, marked: bool = False, held: bool = False) -> Iterator[Document]:
    """Documents of a part of training without end; the same seed gives the same ones, with `voice.MARK` where a cue
    begins if asked for, or with the sentences, names and numbers that are kept from training."""
    voice = Voice(seed, held=held, marked=marked)
    makers = {**MAKERS, **AFTER_POST_TRAINING} if part == "post" else MAKERS
    mixture = MIXTURES[part]
    while True:
        yield makers[voice.weighed(mixture)](voice)
