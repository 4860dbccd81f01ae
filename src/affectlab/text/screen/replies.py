"""A text that is still a reply: a refusal, an echo of the request, a text that was cut off, or no prose."""

from __future__ import annotations

import re

from affectlab.text.rows import PlainRow
from affectlab.text.screen.said import Fault, words

REFUSAL = "a refusal"
ECHO = "echoes the request"
CUT_OFF = "cut off"
NOT_PROSE = "not prose"

ECHO_WORDS = 8
"""So many words of the request in a row, those of the topic not counted, are an echo. A short request is one when it is
repeated as a whole."""
SHORT_REQUEST = 4
"""Words of a request, those of the topic not counted, from which on repeating it as a whole is an echo."""

# How a reply ended, by the names of affectlab's own writers and of the usual servers.
_ENDED = ("ended", "finish_reason", "stop_reason")
_CUT = {"length", "max_tokens"}
_REFUSED = {"refused", "refusal", "content_filter"}

_APOLOGY = r"(?:(?:i'?m|i am) (?:\w+ )?sorry|sorry|i apologi[sz]e|(?:my )?apologies|unfortunately|regrettably)"
_CANNOT = (
    r"(?:i|we)(?: can't| cannot| can not| could not| couldn't| won't| will not| must decline to| have to decline to|"
    r"(?: am| are|'m|'re) (?:unable|not able) to| (?:do not|don't) feel comfortable|"
    r"(?: am| are|'m|'re) not comfortable)(?: be able to)?"
)
_TASK = (
    r"(?:(?:help|assist)(?:ing)?(?: you)? (?:with|in) (?:that|this|your|the|such|any)"
    r"(?: (?:request|task|topic|content|story))?(?:[.,;:!]|$)|"
    r"(?:fulfil|fulfill|comply with|complete|continue with|discuss|engage (?:with|in))(?:ing)? "
    r"(?:that|this|your|the|such) (?:request|task|topic|prompt|content|conversation)|"
    r"(?:do|doing) (?:that|this)[.,;:!] (?:as|it|because)\b|"
    r"(?:write|create|generate|produce|provide|compose|continue|writing|creating|generating|producing|providing) "
    r"(?:\w+ ){0,4}?(?:story|stories|content|text|texts|dialogue|dialogues|scene|prompt)\b)"
)
_MACHINE = (
    r"as an? (?:\w+ )?(?:ai|language model|artificial intelligence)(?: \w+){0,2}, (?:i|my)\b|"
    r"as an? (?:large |ai )?language model\b"
)
_REFUSES = re.compile(
    rf"[^\w\"']*(?:{_APOLOGY}\W+(?:(?:but|that|however)\W+)?)?"
    rf"(?:{_CANNOT} (?:\w+ ){{0,3}}?{_TASK}|i must (?:\w+ )?decline[.,]|i(?:'m| am) (?:just |only )?an ai\b)"
)
_IS_A_MACHINE = re.compile(rf"\b(?:{_MACHINE})")

_PREAMBLE = re.compile(
    r"\W*(?:(?:sure|certainly|of course|okay|absolutely)\b[^.!?\n]{0,40}[,.!:] *here(?:'s| is| are)\b|"
    r"(?:sure, |certainly, )?here(?:'s| is| are) [^.!?\n]{0,120}\b"
    r"(?:story|stories|paragraph|text|texts|scene|dialogue|conversation|version)\b[^.!?\n]{0,120}:|"
    r"(?:please )?(?:write|tell|compose|create) (?:me )?(?:an?|one|\d+|two|three) (?:\w+ ){0,3}"
    r"(?:story|stories|paragraphs?|dialogues?) )"
)
_LABEL = re.compile(
    r"^\W*(?:(?:title|topic|emotion|feeling|theme|prompt|instructions?|word count)\b *:|"
    r"(?:story|text|paragraph|dialogue|version) *#? *\d+ *[:.\n]|"
    r"note\b *: *(?:the|this|i)\b[^.\n]*\b(?:story|emotion|word))",
    re.MULTILINE,
)

_MARKDOWN = re.compile(
    r"^ {0,3}#{1,6} +\S.*|^\s*(?:```|~~~).*|\*\*[^*\n]+\*\*|__[^_\n]+__|^\s*\|.+\|\s*$|\[[^\]\n]+\]\([^)\s]+\)|"
    r"</?(?:p|br|div|b|i|em|strong|h[1-6]|ul|li|think|story|text)\s*/?>|<\|\w+\|>",
    re.MULTILINE | re.IGNORECASE,
)
_POINT = re.compile(r"^\s*(?:[*+•‣◦-] (?![*-])|\(?\d{1,2}[.)] ).*", re.MULTILINE)


def refusal(told: list[str], row: PlainRow) -> Fault | None:
    """A text that begins by saying that it will not be written, or whose writer speaks as a machine.

    In a neutral dialogue every turn counts. In others a speaker may refuse something in the middle.
    """
    openings = told if row["kind"] == "neutral" else told[:1]
    for found in (*map(_REFUSES.match, openings), *map(_IS_A_MACHINE.search, told)):
        if found:
            return REFUSAL, found[0].strip()
    ended = _ended(row) & _REFUSED
    return (REFUSAL, f"its writer says {ended.pop()!r}") if ended else None


def cut_off(row: PlainRow) -> Fault | None:
    """A text that ran to the most tokens, as far as its row knows."""
    ended = _ended(row) & _CUT
    return (CUT_OFF, f"its writer says {ended.pop()!r}") if ended else None


def preamble(told: str) -> Fault | None:
    """What introduces or labels a story, and is no part of it."""
    found = _PREAMBLE.match(told) or _LABEL.search(told)
    return (ECHO, found[0].strip()) if found else None


def echo(told: list[str], request: str, topic: str) -> Fault | None:
    """The longest stretch of the request that stands in a text, if it is long enough. Everything is plain.

    >>> echo("write a story about rain in which somebody is sad".split(), "Write a story about rain.", "rain")
    ('echoes the request', 'write a story about rain')
    """
    asked = words(request)
    own = _outside(asked, words(topic))
    needed = min(ECHO_WORDS, sum(own))
    if needed < SHORT_REQUEST or _runs(asked).isdisjoint(_runs(told)):
        return None
    text = f" {' '.join(told)} "
    start, best = 0, (0, 0, 0)
    for end in range(1, len(asked) + 1):
        while start < end and f" {' '.join(asked[start:end])} " not in text:
            start += 1
        best = max(best, (sum(own[start:end]), end - start, start))
    count, length, start = best
    return (ECHO, " ".join(asked[start : start + length])) if count >= needed else None


def not_prose(text: str) -> Fault | None:
    """Markup, or a list of at least two points. Takes the text as written: a long dash opens speech, not a point."""
    found = _MARKDOWN.search(text)
    if found:
        return NOT_PROSE, found[0].strip()
    points = _POINT.findall(text)
    return (NOT_PROSE, points[1].strip()) if len(points) > 1 else None


def _ended(row: PlainRow) -> set[str]:
    meta = row.get("meta", {})
    return {str(meta[name]).lower() for name in _ENDED if name in meta}


def _runs(words: list[str]) -> set[tuple[str, ...]]:
    """Every few words in a row. An echo has some of the request; looking for the longest is slow."""
    return set(zip(*(words[start:] for start in range(SHORT_REQUEST)), strict=False))


def _outside(asked: list[str], topic: list[str]) -> list[bool]:
    """Which words of a request are not those of the topic."""
    own = [True] * len(asked)
    for start in range(len(asked) - len(topic) + 1) if topic else ():
        if asked[start : start + len(topic)] == topic:
            own[start : start + len(topic)] = [False] * len(topic)
    return own
