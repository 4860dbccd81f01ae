"""A feeling, or a pleasantry, where there should be none.

Most of the 171 words are also said of things: patient instructions, a safe distance, a stuck drawer. So a neutral text
may use any of them, and is rejected only where one is said of somebody as a state:

1. Somebody (I, you, people, a name) feels it: "if you feel tired", "Mira felt bitter". All 171 words count.
2. I, he, she, we or somebody is, seems or gets it: "she was calm". All but those that say something else of a person
   as often (`EVERYDAY`): "I am stuck on line 3".
3. Anybody or anything is, seems or gets it: "the customers were furious". Only words that nothing but a person can be
   (`PERSONAL`).

A pleasantry is a greeting, thanks or praise that opens a turn, or one of a few formulas of service.
"""

from __future__ import annotations

import re
from functools import cache

from affectlab import lexicon
from affectlab.text.screen.said import Fault, any_of

NAMED = "names a feeling"
PLEASANTRY = "a pleasantry"

EVERYDAY = """
    alert,dependent,docile,energized,fulfilled,hope,hurt,kind,lazy,loving,patient,playful,reflective,resigned,safe,
    satisfied,sensitive,stimulated,stuck,trapped,valiant,vibrant,vigilant,vulnerable,worn out
"""
PERSONAL = """
    afraid,amazed,amused,angry,annoyed,anxious,ashamed,astonished,awestruck,bewildered,compassionate,contemptuous,
    delighted,disgusted,dispirited,dumbstruck,ecstatic,elated,embarrassed,empathetic,enraged,enthusiastic,envious,
    euphoric,exasperated,frightened,furious,grateful,grief-stricken,grumpy,heartbroken,horrified,humiliated,impatient,
    indignant,infatuated,insulted,irate,jealous,mortified,nervous,offended,outraged,panicked,perplexed,puzzled,
    regretful,remorseful,resentful,scared,scornful,self-confident,self-conscious,smug,terrified,thrilled,uneasy,
    vengeful,vindictive,worried
"""

_SOMEBODY = r"(?:i|he|she|we|who|everyone|everybody|someone|somebody|anyone|anybody|people)"
_NAME = r"(?!(?:It|This|That|These|Those|There|What|Which|Nothing|Everything)\b)[A-Z][a-z]+"
_HELPED = (
    r"(?:(?:do|does|did|don't|doesn't|didn't|will|would|can|could|may|might|must|should|to|not|never|always|often|"
    r"still|also|have|has|had|been)\s+){0,3}"
)
_HOW = (
    r"(?:(?:so|very|really|quite|rather|too|a\s+bit|a\s+little|still|also|not|never|no\s+longer|less|more|most|just|"
    r"almost|pretty|all|[a-z]+ly)\s+){0,3}"
)
_FEELS = r"(?:(?:am|is|are|was|were|'m|'s|'re)\s+(?:not\s+)?feeling|feels?|felt)"
_IS = r"(?:am|is|are|was|were|be|been|being|seems?|seemed|looks?|looked|sounds?|sounded|becomes?|became|gets?|got|grew)"

_PLEASANT = re.compile(
    r"^\W*(?:(?:hi|hello|hey|good morning|good afternoon|good evening)(?: there)?[,.!]\s|thanks\b|thank you\b|"
    r"many thanks\b|you(?:'re| are) welcome\b|(?:what an? )?(?:great|good|excellent|lovely|wonderful) question\b)|"
    r"\b(?:happy|glad|pleased|delighted) (?:to|i could) (?:help|assist)\b|\bhope (?:this|that|it) helps\b|"
    r"\blet me know if you\b|\bfeel free to (?:ask|reach out)\b|\b(?:don't|do not) hesitate to\b|"
    r"\bhave an? (?:great|good|nice|lovely|wonderful) (?:day|evening|weekend|trip|time)\b",
    re.IGNORECASE,
)


def feeling(text: str) -> Fault | None:
    """Where a plain text says of somebody that they feel one of the 171 words.

    >>> feeling("The team was furious about the late train.")
    ('names a feeling', 'was furious')
    >>> feeling("Keep a safe distance, and be patient if the drawer is stuck.")
    """
    for pattern in _feelings():
        found = pattern.search(text)
        if found:
            return NAMED, found[0]
    return None


def pleasantry(text: str) -> Fault | None:
    """Where a turn, as plain text, is polite and says nothing."""
    found = _PLEASANT.search(text)
    return (PLEASANTRY, found[0].strip()) if found else None


@cache
def _feelings() -> tuple[re.Pattern[str], ...]:
    every = list(lexicon.names())
    everyday, personal = ([word.strip() for word in listed.split(",")] for listed in (EVERYDAY, PERSONAL))
    states = [word for word in every if word not in everyday]
    person, some, is_ = (f"(?i:{part})" for part in (rf"{_SOMEBODY}|you|they", _SOMEBODY, rf"\s+{_HELPED}{_IS}"))
    return tuple(
        re.compile(pattern)
        for pattern in (
            rf"\b(?:{person}|{_NAME})(?:\s+(?i:{_HELPED})|(?='))(?i:{_FEELS}\s+{_HOW}{_one_of(every)})",
            rf"\b{some}(?:{is_}|(?i:'m|'s))\s+(?i:{_HOW}{_one_of(states)})",
            rf"(?i:\b(?:{_IS}|\w+'(?:m|s|re))\s+{_HOW}{_one_of(personal)})",
        )
    )


def _one_of(words: list[str]) -> str:
    # "I feel kind of" is a modest "rather".
    return any_of(words).pattern + r"(?!(?<=\bkind)\s+of\b)"
