"""What a line of a reply can be besides text: the mark of a new text, a separator, a title, a remark by the writer."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from affectlab.models.chat import CLOSED_THOUGHT, OPEN_THOUGHT

Lines: TypeAlias = list[str]

LONGEST_TITLE, LONGEST_REMARK = 10, 40
"""Words."""

_COUNTED = "one two three four five six seven eight nine ten eleven twelve".split()
_ORDERED = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split()
_ROMAN = "i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx".split()
_NUMBERS = {name: place for names in (_COUNTED, _ORDERED, _ROMAN) for place, name in enumerate(names, start=1)}

_LABEL = "(?:story|text|tale|scene|vignette|piece|passage|sketch|version|example|entry|sample|card|paragraph|option)"
_DIGITS = r"\d{1,3}(?!\w)"
_ANY_ROMAN = rf"(?:{'|'.join(sorted(_ROMAN, key=len, reverse=True))})(?!\w)"
_NUMBER = rf"(?:{_DIGITS}|{_ANY_ROMAN}|(?:{'|'.join(_COUNTED)})(?!\w))"
_MARK = re.compile(
    rf"""[\s>]*(?P<heading>\#{{1,6}}\s*)?(?P<emphasis>[*_]*)\s*
    (?: (?P<label>{_LABEL})\s*(?:no\.|nr\.|number)?\s*[#№]?\s*(?P<labelled>{_NUMBER})
      | (?:the\s+)?(?P<ordinal>{"|".join(_ORDERED)})\s+{_LABEL}
      | [\[(<{{]\s*(?P<label_within>{_LABEL}\s*[#№]?)?\s*(?P<bracketed>{_NUMBER})\s*[\])>}}]
      | [#№]?(?P<bare>{_DIGITS}|{_ANY_ROMAN}) )
    (?:\s*(?:/|of)\s*\d+)?
    (?P<end>[*_]*\s*\\?(?P<point>[.:)\]–—-]*)[*_]*) (?=\s|$)""",
    re.IGNORECASE | re.VERBOSE,
)

_BULLET = re.compile(r"\s*[-•*]\s+(?=\S)")
_SEPARATOR = re.compile(r"\s*(?:([-*_=~#•·+⁂—–])(?:\s*\1)*|</?\w+(?:\s\w+)*\s*/?>)\s*")
_FENCE = re.compile(r"\s*(?:`{3,}|~{3,})\s*\w*\s*")
_COUNT_OF_WORDS = re.compile(
    r"[\W_]*(?:word ?count\W*\d+(?: words)?|(?:about |approximately |~)?\d+ words)[\W_]*", re.I
)

_ASIDE = re.compile(r"\s*[*_]*[(\[](?P<within>[^()\[\]]*[^()\[\].!?…])[)\]][*_]*\s*")

_HEADING = re.compile(r"\s*#{1,6}\s+\S.*")
_NAMED_TITLE = re.compile(r"[\s#*_]*title[*_]*\s*:.*", re.IGNORECASE)
_EMPHASISED = re.compile(r"\s*(\*\*\*|\*\*|__|\*|_)(?P<within>\S(?:(?:(?!\1).)*\S)?)\1\s*[:.]?\s*")
_BEGINS_WITH_TITLE = re.compile(r"\s*(\*\*|__)(?P<title>[^*_.!?,]+[.:]?)\1\s*[:–—-]*\s+(?=[A-Z\"“‘'«(\[])")
_SENTENCE_END = re.compile(r".*[.!?…][\"”'’»)\]*_]*\s*")
_PUNCTUATION_AT_END = re.compile(r".*[.!?…:;,\"”'’»)\]*_—–-]\s*")
_QUOTED = re.compile(r"\s*[\"“'‘«](?P<within>.+)[\"”'’»]\s*")

_WORK = (
    r"(?:stor(?:y|ies)|(?:text|tale|vignette|piece|passage|version|example|dialogue|conversation|script|scenario)s?)"
)
_PRODUCT = (
    rf"{_WORK}"
    r"(?:\s*(?:[,.:;!(–—]|$)|\s(?:about|on|in|featuring|for|that|where|set|showing|with|based|of|each|as|you|between)\b)"
)
_SERVICE = re.compile(
    r"(?:sure(?: thing)?|certainly|of course|absolutely|okay|ok|all ?right|great|gladly|got it|understood|no problem"
    r"|with pleasure|happy to help|thank you[^.!]*|thanks[^.!]*)\s*[!.,:–—-]\s*(?P<offer>.*)",
    re.IGNORECASE,
)
_OFFER = re.compile(rf"$|here\b|below\b|i(?:'ve|'ll| have| will|'d| would)\b|let me\b|.*\b{_PRODUCT}.*:$", re.I)
_ANNOUNCED = re.compile(
    rf"(?:(?:here(?:'s| is| are)|below (?:is|are)|these are|the following (?:is|are)?)\b.*\b{_PRODUCT}.*[:.!]"
    rf"|(?:here you go|here they are|here it is)[:.!]|(?:[\w-]+\s+){{0,4}}{_PRODUCT}.*:)$",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    rf"""(?:
      let\ me\ know\ (?:if|what|whether|how|which|when)\ (?:you|these|this|any|there)\b
    | (?:i\ )?hope\ (?:you|these|this|they)\b .* \b(?:{_PRODUCT}|like|enjoy|useful|helps?|helpful|needs|expectations)\b
    | (?:please\ )?feel\ free\ to\b | would\ you\ like\b | do\ you\ want\ me\b | shall\ i\b
    | i\ can\ (?:also\ )?(?:write|continue|add)\b
    | if\ you(?:'d|\ would)?\ (?:like|need|want|prefer)\b .* \b(?:{_PRODUCT}|me\ to|more|another|changes?)\b
    | (?:these|each|each\ of\ (?:the|these)|all|all\ (?:of\ )?(?:the|these))\ (?:\w+\ )?{_WORK}\b
    | (?:please\ )?note(?:\ that|\s*:) | the\ end\W*$ | end(?:\ of\ .*)?\W*$
    )""",
    re.IGNORECASE | re.VERBOSE,
)


class Mark(NamedTuple):
    """The beginning of a numbered text. Marks of one sort belong together; `rest` is what follows on the line."""

    sort: str
    number: int
    rest: str


def reply_lines(reply: str) -> Lines:
    """The lines of a reply without the writer's thoughts and without a fence around the whole."""
    said = reply.rpartition(CLOSED_THOUGHT)[2]
    if said.lstrip().startswith(OPEN_THOUGHT):
        return []
    # A keycap digit is a digit with two marks behind it.
    lines = [line.rstrip() for line in re.split(r"\r\n|\r|\n", re.sub("\ufe0f?\u20e3", ".", said))]
    lines = trimmed(lines)
    fences = [place for place, line in enumerate(lines) if is_fence(line)]
    if len(fences) == 2 and fences[1] == len(lines) - 1:
        before = lines[: fences[0]]
        if all(not line or is_preamble(line) for line in before):
            return trimmed(lines[fences[0] + 1 : -1])
    return lines


def trimmed(lines: Lines, unwanted: Callable[[str], bool] = lambda line: not line.strip()) -> Lines:
    """Without unwanted lines, blank ones if not told otherwise, at the beginning and the end."""
    kept = [place for place, line in enumerate(lines) if not unwanted(line)]
    return lines[kept[0] : kept[-1] + 1] if kept else []


def mark(line: str) -> Mark | None:
    """The mark at the beginning of a line, if there is one.

    >>> mark("**Story 2:** The kettle sang.")
    Mark(sort='label', number=2, rest='The kettle sang.')
    >>> mark("3 people sang.")
    """
    found = _MARK.match(line)
    if found is None:
        return None
    name = next(found[group] for group in ("labelled", "ordinal", "bracketed", "bare") if found[group])
    rest = line[found.end() :].strip()
    if not (found["bracketed"] or found["point"] or _stands_out(found, rest)):
        return None
    labelled = bool(found["label"] or found["ordinal"] or found["label_within"])
    sort = "label" if labelled else "digit" if name.isdigit() else "roman"
    if sort == "roman" and not (_is_one_case(name) and (found["point"] or " ")[0] in ".): ]"):
        return None
    # Emphasis that has not ended with the number goes on to the end of a title: **1. The Kettle**
    title = "" if set(found["end"]) & set("*_") or rest == "" else found["emphasis"]
    return Mark(sort, int(name) if name.isdigit() else _NUMBERS[name.lower()], title + rest)


def _stands_out(found: re.Match[str], rest: str) -> bool:
    """Whether a number without a point is still a mark: alone on its line, emphasised, or the beginning of a heading
    that is not about a number of things ("# 6 stories")."""
    if not rest.strip("*_"):
        return True
    if found["heading"]:
        return re.match(rf"(?:[\w-]+\s+){{0,3}}(?:{_LABEL}s|stories|entries)\b", rest, re.IGNORECASE) is None
    return bool(found["emphasis"]) and found["end"].strip().startswith(found["emphasis"])


def _is_one_case(name: str) -> bool:
    return name.isupper() or name.islower()


def is_separator(line: str) -> bool:
    """A line that only divides: `---`, `* * *`, a tag."""
    return _SEPARATOR.fullmatch(line) is not None


def is_fence(line: str) -> bool:
    return _FENCE.fullmatch(line) is not None


def is_edge(line: str) -> bool:
    """A line that is no part of a text where it stands before or after it: blank, a separator, an aside in brackets."""
    if not line.strip() or is_separator(line) or _COUNT_OF_WORDS.fullmatch(line):
        return True
    aside = _ASIDE.fullmatch(line)
    return aside is not None and _is_short(aside["within"]) and mark(line) is None


def is_title(line: str) -> bool:
    """A heading, a short line that is emphasised throughout, or one that says that it is a title."""
    if _HEADING.fullmatch(line) or _NAMED_TITLE.fullmatch(line):
        return True
    found = _EMPHASISED.fullmatch(line)
    return found is not None and _is_short(line) and not found["within"].endswith((".", "!", "?", "…", "”", '"'))


def may_be_title(line: str) -> bool:
    """A few words that are no sentence; whether they are a title depends on what follows."""
    quoted = _QUOTED.fullmatch(line)
    bare = quoted["within"] if quoted else line.strip()
    return _is_short(bare) and bare[:1].isupper() and _PUNCTUATION_AT_END.fullmatch(bare) is None


def without_leading_title(line: str) -> str:
    """The line without a bold title that it begins with: `**The Kettle** She filled it.`"""
    found = _BEGINS_WITH_TITLE.match(line)
    return line[found.end() :] if found and _is_short(found["title"]) else line


def without_bullet(line: str) -> str | None:
    """The line without the bullet that it begins with; None if there is no bullet."""
    found = _BULLET.match(line)
    return line[found.end() :] if found else None


def ends_sentence(line: str) -> bool:
    return _SENTENCE_END.fullmatch(line) is not None


def is_preamble(line: str) -> bool:
    """The writer announces what comes.

    >>> is_preamble("Sure! Here are six stories about bread:")
    True
    >>> is_preamble("Sure, said Mira, and put the bread down.")
    False
    """
    bare = _bare(line)
    if not bare or len(bare.split()) > LONGEST_REMARK or mark(line):
        return False
    service = _SERVICE.fullmatch(bare)
    return bool(service and _OFFER.match(service["offer"])) or _ANNOUNCED.match(bare) is not None


def is_closing(line: str) -> bool:
    """The writer speaks about what was written, or offers more."""
    bare = _bare(line)
    return len(bare.split()) <= LONGEST_REMARK and _CLOSING.match(bare) is not None


def _bare(line: str) -> str:
    return line.strip("*_#>()[]-–— \t").replace("’", "'")


def _is_short(text: str) -> bool:
    return 0 < len(text.split()) <= LONGEST_TITLE
