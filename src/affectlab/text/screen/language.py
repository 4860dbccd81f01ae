"""Another language than English: by its letters, or by the small words that no text of a language goes without.

Only what speaks for another language counts. A text without any small words, such as code or a table, is not taken for
a foreign one, and neither are names and a few words of another language in an English text.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from typing import NamedTuple

FOREIGN_LETTERS = 0.25
"""The largest share of letters that are not Latin."""

FOREIGN_WORDS = 0.08
"""From this share on, small words of another language speak for it, if they are more than those of English."""

MARKED_LETTERS = 0.04
"""From this share of letters with accents on, a text with hardly a small word of English is not English. English has
fewer than 0.5 %, Czech, Polish, Hungarian, Turkish and Vietnamese 5 to 25 %."""

PLAINLY_ENGLISH = 0.25
"""With more small words of English than this, a text is not looked at further. English stories have 0.3 to 0.5."""

FEWEST_WORDS = 8
"""With fewer words than this, small words say nothing."""

_ENGLISH = frozenset(
    """
    the and of to in was that it he she her his they you with for on at as had were is not but by from him their my
    when there what which would could into up out then them been have this one no so if we its be are an or who said
    down over back before after only just about all me do did come can us will your has more some
    """.split()
)

# A word that is English too counts for neither side: without Polish "to" and "do", Polish would seem half English.
_SMALL_WORDS = {
    "Czech": "se že na je jako ale když jsem byl byla jeho její do za tak co už po si pro která který to a v s",
    "Danish or Norwegian": "og det som på er et ikke med hun jeg seg sig til av af var fra over efter hans for at de",
    "Dutch": "het een en van niet dat ik zij met op voor te zijn maar ook haar hij naar deze werd aan bij is in was we",
    "Finnish": "ja ei se että hän oli mutta kun niin hänen joka ovat sitä kuin sen on",
    "French": "le la les et est une dans pas qui elle il avec ses des du un était mais sur je que au ce de en on me",
    "German": "der und nicht das ein eine ich sie mit auf für dem es sich auch aber wurde ihr ist zu den die in was so",
    "Hungarian": "az és nem hogy egy volt meg ez csak mint de még már is a",
    "Indonesian": "yang dan di itu dengan untuk dari tidak ini dia ke pada adalah saya",
    "Italian": "il la che di è una per con gli era nel della un sono come si lo le del non in a i",
    "Polish": "nie się na że jest jak ale jego jej był była z w przez tak co już od czy ma być mnie to do i on po "
    "sie ze dla tym tylko jeszcze bo gdy",
    "Portuguese": "o os e uma não para que em com seu sua um mas ele ela da na era de do a as no se",
    "Romanian": "și nu de la în cu pe care este din să mai fost era ei lui o a",
    "Spanish": "el la los las y es una para que en de con por su se un pero había lo del no a me",
    "Swahili": "na ya wa kwa ni katika alikuwa yake hakuna lakini huo kama",
    "Swedish": "och att det som på är ett inte med hon han var från till sig hans jag om en i den de for",
    "Tagalog": "ang ng sa na ay mga siya niya kanyang hindi ito at",
    "Turkish": "ve bir bu da için ile çok ama değil gibi sonra kadar olarak o",
    "Vietnamese": "và của là một không có cho người những trong được anh cô",
}


class _Small(NamedTuple):
    """Small words that tell a language from English, and those that tell English from it."""

    own: frozenset[str]
    english: frozenset[str]


def _small(listed: frozenset[str]) -> _Small:
    # A plain letter alone may also stand for a number or a point of a list.
    letters = {word for word in listed if word.isascii() and len(word) == 1}
    return _Small(listed - _ENGLISH - letters, _ENGLISH - listed)


_FOREIGN = {language: _small(frozenset(listed.split())) for language, listed in _SMALL_WORDS.items()}


def foreign(words: list[str]) -> str:
    """What speaks for another language, for a reader; blank if nothing does.

    >>> foreign("the lamp in the kitchen of Łukasz and Jürgen had been out for a week".split())
    ''
    >>> foreign("sie ging in die küche und wusste nicht mehr was das alles sollte".split())
    'German'
    """
    joined = "".join(words)
    total = max(sum(map(str.isalpha, joined)), 1)
    letters = Counter() if joined.isascii() else Counter(map(_sort, filter(str.isalpha, joined)))
    if letters["foreign"] > FOREIGN_LETTERS * total:
        return f"{letters['foreign'] / total:.0%} of the letters are not Latin"
    english = sum(word in _ENGLISH for word in words)
    if len(words) < FEWEST_WORDS or english > PLAINLY_ENGLISH * len(words):
        return ""
    told = {language: sum(word in small.own for word in words) for language, small in _FOREIGN.items()}
    language = max(told, key=lambda name: told[name])
    against = sum(word in _FOREIGN[language].english for word in words)
    if told[language] > max(against, FOREIGN_WORDS * len(words)):
        return language
    if letters["marked"] > MARKED_LETTERS * total and english < FOREIGN_WORDS * len(words):
        return f"{letters['marked'] / total:.0%} of the letters have accents"
    return ""


def _sort(letter: str) -> str:
    if letter.isascii():
        return "plain"
    return "marked" if unicodedata.name(letter, "").startswith("LATIN") else "foreign"
