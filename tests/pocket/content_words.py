"""The content words of a sentence, as stems: what the two banks may not share."""

from __future__ import annotations

import re

FUNCTION_WORDS = set(
    """
    a an the and or but nor so yet if then than as at by for from in into of off on onto out over under up down to
    toward towards with without within about above across after against along among around before behind below beneath
    beside besides between beyond during except inside near outside past since through throughout till until upon via
    i me my mine myself we us our ours ourselves you your yours yourself he him his himself she her hers herself it its
    itself they them their theirs themselves one ones oneself this that these those here there where when why how what
    which who whom whose whatever whichever whoever wherever whenever is am are was were be been being do does did done
    doing have has had having will would shall should can could may might must cannot not no never none nothing nobody
    nowhere neither either each every all any both few more most much many some such other others another own same only
    just even still also too very quite rather almost again ever once twice now soon later already always often
    sometimes away back together apart else instead perhaps maybe don doesn didn isn wasn weren couldn wouldn shouldn
    won hasn haven hadn aren ain ll re ve get gets got getting go goes went gone going come comes came coming make makes
    made making take takes took taken taking put puts let lets first second third last next two three four five six
    seven eight nine ten half because though although while unless whether like everything everyone everybody anything
    anyone anybody something someone somebody somewhere anywhere everywhere yes oh well ok okay
    """.split()
)
SUFFIXES = ("ingly", "edly", "ness", "ings", "ing", "ied", "ies", "ed", "es", "ers", "er", "est", "ly", "s", "y", "e")


def content_words(sentence: str) -> set[str]:
    """Stems of all words but function words; slots such as {S} do not count."""
    words = re.findall(r"[a-z]+", re.sub(r"\{[A-Z]\}", " ", sentence).lower())
    return {stem(word) for word in words if word not in FUNCTION_WORDS and len(word) > 1}


def stem(word: str) -> str:
    """A word without its ending, crudely: two words that differ by more than an ending keep different stems."""
    for suffix in SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            word = word[: -len(suffix)]
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiou":
        word = word[:-1]
    return word[:-1] if word.endswith("i") and len(word) > 3 else word
