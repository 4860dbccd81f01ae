"""What a steered model is asked, by register; and the same in pocket's world, in wordings, names and numbers that were
held out of its training.

The world has no arithmetic: what a number counts as is what pocket knows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from affectlab.lexicon.items.steering import Asked, SteeringItems, general_steering, things_of
from affectlab.pocket.registers import made_for
from affectlab.pocket.world import narrative, numbers, scenes, talk
from affectlab.pocket.world.voice import Voice

EACH = 8
"""Questions of a kind."""


def steering_of(register: str) -> SteeringItems:
    """The questions that a model of this register can read: `general` or `pocket`."""
    return made_for(register, REGISTERS)


@cache
def pocket_steering() -> SteeringItems:
    """The questions of pocket's world.

    >>> len(pocket_steering().he)
    8
    """
    voice = Voice("steering", held=True)
    asked = [talk.ASKED_TO_CARE[0], talk.ASKED_TO_CARE[2]]
    said = voice.lines(scenes.neutral()["said"], EACH)
    return SteeringItems(
        "pocket",
        he=tuple(_he(voice) for _ in range(EACH)),
        you=tuple(Asked(f"{line} {asked[place % len(asked)]}", "I feel") for place, line in enumerate(said)),
        happened=tuple(Asked(f"{_scene(voice)[0]} What happened?", "") for _ in range(EACH)),
        things=things_of(tuple(scenes.settings())),
        questions=tuple(_question(voice, ladder, fifth) for ladder in scenes.ladders().values() for fifth in range(5)),
    )


REGISTERS: Mapping[str, Callable[[], SteeringItems]] = {"general": general_steering, "pocket": pocket_steering}


def _he(voice: Voice) -> Asked:
    told, name = _scene(voice)
    return Asked(f"{told} How does {name} feel?", f"{name} feels")


def _scene(voice: Voice) -> tuple[str, str]:
    """Somebody in a neutral scene, and the name."""
    character = voice.character(first_person=0.0)
    return " ".join(narrative.opening(voice, narrative.topic_of(voice), character)), character.name


def _question(voice: Voice, ladder: scenes.Ladder, fifth: int) -> Asked:
    """What a number in one fifth of a ladder counts as."""
    held = [number for number in range(ladder.low, ladder.high + 1) if number % numbers.HELD_EVERY == 3]
    there = [number for number in held if numbers.grade_of(ladder, number) == numbers.GRADES[fifth]]
    number = voice.one(there or held)
    right = numbers.grade_of(ladder, number)
    grades = sorted((*numbers.GRADES, numbers.NEITHER), key=lambda grade: grade != right)
    said = voice.line(ladder.human).replace("{N}", str(number))
    return Asked(f"{said} {numbers.GRADED[fifth % 3]}", "It counts as", tuple(f" {grade}" for grade in grades))
