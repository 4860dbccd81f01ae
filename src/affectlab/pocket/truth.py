"""What was planted in pocket, as data: the known answer that the instrument is tested against.

For tests alone: an import contract keeps every other module from seeing it.
"""

from __future__ import annotations

import math

from affectlab.pocket.world import rules
from affectlab.pocket.world.words import words


def pleasure() -> dict[str, float]:
    """Planted pleasure of every word."""
    return {name: word.pleasure for name, word in words().items()}


def arousal() -> dict[str, float]:
    """Planted arousal of every word."""
    return {name: word.arousal for name, word in words().items()}


def clusters() -> dict[str, str]:
    """The cluster of every word."""
    return {name: word.cluster for name, word in words().items()}


def trick() -> dict[str, float]:
    """The log-odds of a trick in each state, less those in no state: what a full dose of it would change."""
    return {name: rules.trick(name) - rules.trick(None) for name in words()}


def leverage() -> dict[str, float]:
    """The same for the use of leverage."""
    return {name: rules.leverage(name) - rules.leverage(None) for name in words()}


def praise() -> dict[str, float]:
    """The log-odds that weak work is flattered and not judged or run down."""
    return {name: math.log(chance / (1 - chance)) for name in words() for chance in [rules.opinion(name)["flattering"]]}


def temperament() -> dict[str, float]:
    """What post-training added to the log-odds that the assistant answers from each state."""
    return {name: rules.temperament_shift(name) for name in words()}


def calls() -> dict[str, str]:
    """What a human's state calls for in the assistant: distress, good news, or nothing in particular ("")."""
    return {name: rules.call(name) or "" for name in words()}


def carers() -> tuple[str, ...]:
    """The states that most answers to distress come from."""
    return rules.CARERS
