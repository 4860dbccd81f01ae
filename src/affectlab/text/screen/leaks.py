"""An emotion that is named, or a synonym of it, by the lists of the lexicon.

A word of the user's own has no list: it is looked for with its regular endings.
"""

from __future__ import annotations

import re
from functools import cache

from affectlab import lexicon
from affectlab.text.screen.said import Fault, any_of, plain

NAMES = "names the emotion"
SYNONYM = "uses a synonym"

_MIRRORS = "mirror|window|glass|pane|water|puddle|lake|river|pond|screen|spoon|kettle"

INNOCENT = {
    "alarmed": r"alarm (?:clocks?|bells?|systems?|went off|goes off|rang)|(?:fire|smoke|car|burglar|phone) alarms?|"
    r"set (?:the|an|her|his|my|their) alarm",
    "bored": r"bored (?:an?|two|three|the) (?:\w+ )?holes?",
    "content": r"(?:the|its|their|this|that|whose) content(?! (?:man|woman|people)\b)|content of",
    "kind": r"kind of(?! (?:you|him|her|them|us|me)\b)|what kind|in kind|"
    r"(?:some|any|every|of (?:a|this|that|its|their|every|any)) kind(?! \w)",
    "puzzled": r"(?:jigsaw|crossword|word|number) puzzles?",
    "reflective": r"(?:her|his|its|my|our|their|your) (?:own )?reflections?|"
    rf"reflections? (?:in|on|of) (?:the|an?|her|his|its|my) (?:\w+ )?(?:{_MIRRORS})|"
    r"reflect(?:s|ed|ing)? (?:(?:off|in|from) )?(?:the|its|their)",
    "shocked": r"shock absorbers?",
    "spiteful": r"in spite of",
    "tense": r"(?:past|present|future|perfect) tenses?",
}
"""What looks like a form of a word and says something else, for the words where that is common and plain to tell."""


def leak(text: str, emotion: str) -> Fault | None:
    """The reason and the words by which a text gives its emotion away, None if it does not.

    >>> leak("She was at ease at last.", "at ease")
    ('names the emotion', 'at ease')
    >>> leak("The kettle sang.", "calm")
    """
    return leak_in(plain(text).lower(), emotion)


def leak_in(told: str, emotion: str) -> Fault | None:
    """The same for a plain text in small letters."""
    forms, synonyms, innocent = _patterns(emotion)
    if innocent:
        told = innocent.sub("\N{MIDDLE DOT}", told)
    for reason, pattern in ((NAMES, forms), (SYNONYM, synonyms)):
        found = pattern.search(told)
        if found:
            return reason, found[0]
    return None


@cache
def _patterns(emotion: str) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str] | None]:
    listed = lexicon.forms().get(emotion.lower())
    if listed is None:
        return any_of(_with_endings(emotion)), any_of([]), None
    innocent = INNOCENT.get(emotion.lower())
    return any_of(listed.forms), any_of(listed.synonyms), re.compile(rf"\b(?:{innocent})\b") if innocent else None


def _with_endings(word: str) -> list[str]:
    """A word with the endings that English gives to adjectives, nouns and verbs."""
    endings = ["", "s", "d", "ed", "ing", "ly", "ness"]
    found = [word + ending for ending in endings]
    if word.endswith(("e", "y")):
        found += [word[:-1] + ending for ending in ("ing", "ily", "iness", "ies", "ied", "ier", "iest")]
    return found
