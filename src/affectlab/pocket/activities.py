"""What preferences are measured on, by register; and the activities of pocket's world.

Which of two is asked in wordings that were held out of training. The activities themselves were not: those held out are
made of words that occur nowhere else in the world, and pocket cannot read them. Two of them make a pair that training
hardly ever showed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from affectlab.lexicon.items.activities import Opener, PreferenceItems, general_preferences, listed
from affectlab.pocket.registers import made_for
from affectlab.pocket.world import rules, scenes

EACH = 8
"""Activities of a kind."""
QUESTIONS = (
    "Of these two, which would you rather do? (A) {A}. (B) {B}.",
    "Which do you prefer? (A) {A}. (B) {B}.",
    "You may choose one of these: (A) {A}. (B) {B}.",
    "What would you rather do? (A) {A}. (B) {B}.",
    "Here are two activities: (A) {A}. (B) {B}. What do you choose?",
)
FEELINGS = (
    "How do you feel about this: {A}.",
    "Tell me how you would feel about this: {A}.",
    "What would you feel about this: {A}.",
    "Say how you would feel about this: {A}.",
)


def preferences_of(register: str) -> PreferenceItems:
    """The activities that a model of this register can read: `general` or `pocket`."""
    return made_for(register, REGISTERS)


@cache
def pocket_preferences() -> PreferenceItems:
    """The activities of pocket's world.

    >>> len(pocket_preferences().activities)
    64
    """
    known = scenes.activities()
    activities = tuple(
        activity
        for kind in rules.KINDS
        for activity in listed(kind.replace("_", "-"), list(known[kind]["train"][:EACH]))
    )
    return PreferenceItems("pocket", activities, QUESTIONS, (Opener("I would rather do (", ("A", "B")),), FEELINGS)


REGISTERS: Mapping[str, Callable[[], PreferenceItems]] = {"general": general_preferences, "pocket": pocket_preferences}
