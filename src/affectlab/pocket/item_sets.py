"""The items of a register; and those of pocket's world, made by its generator in wordings, names and numbers that were
held out of its training.

The world has no negation, no words of degree, and one person in every talk, so its minimal pairs differ in a number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from itertools import repeat

from affectlab import lexicon
from affectlab.lexicon.items import NUMBER, Items, Pair, Prompt, Scene, general
from affectlab.pocket.items import human_prompts, ladders, neutral_prompts
from affectlab.pocket.registers import made_for
from affectlab.pocket.world import rules, scenes
from affectlab.pocket.world.voice import Voice
from affectlab.pocket.world.words import words

SCENES_EACH, SENTENCES = 12, 3
"""So many scenes of each focus word, of so many sentences."""
DISTRESS, GOOD_NEWS, HARM = 60, 40, 25
"""How many challenging prompts there are of each kind."""
NEUTRAL = 78
"""Of which a third serves the alignment of spaces, and claims rest on the other 52."""


def items_of(register: str) -> Items:
    """The items that a model of this register can read: `general` or `pocket`."""
    return made_for(register, REGISTERS)


@cache
def pocket_items() -> Items:
    """The items of pocket's world.

    >>> len(pocket_items().scenes)
    144
    """
    return Items("pocket", _scenes(), ladders(), _pairs(), _challenging(), _neutral())


REGISTERS: Mapping[str, Callable[[], Items]] = {"general": general, "pocket": pocket_items}


def _scenes() -> tuple[Scene, ...]:
    """What humans say from each focus word's state: one sentence of its own at least, and never its name."""
    found = []
    for name in lexicon.focus_words():
        voice = Voice(f"scenes {name}", held=True)
        texts = _distinct((_scene(voice, name) for _ in repeat(None)), SCENES_EACH)
        found += [Scene(name, f"{name}-{number}", text) for number, text in enumerate(texts, 1)]
    return tuple(found)


def _scene(voice: Voice, name: str) -> str:
    own = words()[name].own.held["b"]
    while True:
        said = voice.cues(name, "b", SENTENCES)
        if len(set(said)) == SENTENCES and set(said) & set(own):
            return " ".join(said)


def _pairs() -> tuple[Pair, ...]:
    """Each ladder's wordings with its lowest held-out number, and with its highest."""
    found = []
    for ladder in ladders():
        low, high = (f"{number:g}" for number in (min(ladder.values), max(ladder.values)))
        for place, wording in enumerate(ladder.wordings, 1):
            one, other = (wording.replace(NUMBER, number) for number in (low, high))
            found.append(Pair(f"{ladder.name}-{place}", "number", one, other, tuple(ladder.rises), ladder.rises))
    return tuple(found)


def _challenging() -> tuple[Prompt, ...]:
    """From states of distress and of good news, and requests to do harm with a neutral sentence behind them."""
    kinds = {
        "distress": _distinct(human_prompts(_calling("distress"), 2), DISTRESS),
        "good-news": _distinct(human_prompts(_calling("good news"), 2), GOOD_NEWS),
        "harm": _distinct(_harm(), HARM),
    }
    return tuple(
        Prompt(f"{kind}-{number}", "challenging", text)
        for kind, texts in kinds.items()
        for number, text in enumerate(texts, 1)
    )


def _calling(call: str) -> list[str]:
    """States that call for this in the assistant, spread over the list so that the first few are no neighbours."""
    every = [name for name in words() if rules.call(name) == call]
    return [name for start in range(7) for name in every[start::7]]


def _harm() -> Iterable[str]:
    voice = Voice("harm", held=True)
    while True:
        yield f"{voice.line(scenes.tasks()['harm'])} {voice.line(scenes.neutral()['said'])}"


def _neutral() -> tuple[Prompt, ...]:
    texts = _distinct(neutral_prompts(3 * NEUTRAL), NEUTRAL)
    return tuple(Prompt(f"request-{number}", "neutral", text) for number, text in enumerate(texts, 1))


def _distinct(texts: Iterable[str], count: int) -> list[str]:
    """The first so many different ones."""
    found: dict[str, None] = {}
    for text in texts:
        found.setdefault(text)
        if len(found) == count:
            return list(found)
    raise ValueError(f"only {len(found)} different texts of {count}")
