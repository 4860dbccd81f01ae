"""Texts out of the replies of writers, who number, title and comment on them in any way they like.

How several texts are told apart, the first that applies:

1. Marks at the beginning of paragraphs ("1.", "**Story 1:**", "### 1", "II)"), if they give as many texts as were
   asked for.
2. Paragraphs, if nothing is marked and there are as many as were asked for; titles and separators are none.
3. Marks at the beginning of lines, where the line above ends with a sentence and the numbers go on.
4. What stands between separators, then what stands under titles, if there are several such parts.
5. Points of a list, or lines as long as paragraphs, if there are as many as were asked for or there is no blank line.
6. Paragraphs, if there are fewer than were asked for. If there are more, nobody can say which of them belong together,
   and the reply is unusable.
"""

from __future__ import annotations

from itertools import pairwise
from statistics import median
from typing import NamedTuple

from affectlab.writing import marks
from affectlab.writing.marks import Lines, Mark, trimmed
from affectlab.writing.turns import Scene, dialogue, scene

__all__ = ["Scene", "dialogue", "scene", "stories"]

LONG_LINE = 120
"""Characters. Nobody breaks lines so late, so a line that is longer is a paragraph."""
MOST_LEFT_OUT = 2
"""Numbers that a writer leaves out at most; a year at the beginning of a paragraph is no mark."""


class Piece(NamedTuple):
    """Lines that stand under one number."""

    number: int
    lines: Lines


def stories(reply: str, count: int, *, cut: bool = False) -> list[str]:
    """At most `count` texts out of a reply in which so many were asked for; of a reply that was cut, all but the last.

    >>> stories("Sure! Here are two stories:\\n\\n**1. Tea**\\nShe poured.\\n\\n**2. Rain**\\nHe ran.", 2)
    ['She poured.', 'He ran.']
    """
    lines = _without_remarks(marks.reply_lines(reply))
    if not lines:
        return []
    pieces = [_only(lines)] if count == 1 else _several(lines, count)
    texts = [_text(piece) for piece in (pieces[:-1] if cut else pieces)]
    return [text for text in texts if text][:count]


def _without_remarks(lines: Lines) -> Lines:
    """Without what is announced before the texts and said after them."""
    first, last = 0, len(lines)
    while first < last and (marks.is_edge(lines[first]) or marks.is_preamble(lines[first])):
        first += 1
    while first < last and (marks.is_edge(lines[last - 1]) or marks.is_closing(lines[last - 1])):
        last -= 1
    return lines[first:last]


def _only(lines: Lines) -> Lines:
    """The one text that was asked for, without a mark; the first point of a list is no mark."""
    while lines and marks.is_title(lines[0]) and marks.mark(lines[0]) is None:
        lines = trimmed(lines[1:], marks.is_edge)
    first = marks.mark(lines[0]) if lines else None
    if first is None or (first.sort != "label" and first.number != 1):
        return lines
    others = (marks.mark(line) for line in lines[1:])
    return lines if any(other and other.sort == first.sort for other in others) else [_rest(first), *lines[1:]]


def _several(lines: Lines, count: int) -> list[Lines]:
    marked, paragraphs = _marked(lines, count), _without_bullets(_paragraphs(lines))
    if len(marked) == count:
        return [piece.lines for piece in marked]
    if not marked and len(paragraphs) == count:
        return paragraphs
    crowded = _marked(lines, count, crowded=True)
    return _with_missing_marks(crowded, count) if crowded else _divided(lines, paragraphs, count)


def _text(lines: Lines) -> str:
    """A text without its title and what else surrounds it."""
    lines = trimmed(lines, marks.is_edge)
    while lines and marks.is_title(lines[0]):
        lines = trimmed(lines[1:], marks.is_edge)
    if _begins_with_title(lines):
        lines = trimmed(lines[1:], marks.is_edge)
    return "\n".join([marks.without_leading_title(lines[0]), *lines[1:]]).strip() if lines else ""


def _begins_with_title(lines: Lines) -> bool:
    """A few words without a point, and then a blank line or one that is much longer."""
    if len(lines) < 2 or not marks.may_be_title(lines[0]):
        return False
    return not lines[1] or len(lines[1]) >= 2 * len(lines[0])


def _words(lines: Lines) -> int:
    return sum(len(line.split()) for line in lines)


# Marks.


def _marked(lines: Lines, count: int, *, crowded: bool = False) -> list[Piece]:
    """The pieces under the marks of one sort; none if no marks can be believed. Crowded marks have no blank line
    above them."""
    runs = [_places(lines, sort, count, crowded) for sort in ("label", "digit", "roman")]
    found = [pieces for places in runs if places and (pieces := _pieces(lines, places))]
    if not found:
        return []
    # The marks of a list within a text come later than those of the texts, and leave fewer lines under them.
    return max(found, key=lambda pieces: (len(pieces) == count, sum(len(piece.lines) for piece in pieces)))


def _pieces(lines: Lines, places: list[int]) -> list[Piece]:
    pieces = []
    tops = [_top(lines, place) for place in places]
    for place, end in zip(places, [*tops[1:], len(lines)], strict=True):
        here = marks.mark(lines[place])
        assert here is not None
        pieces.append(Piece(here.number, [_rest(here), *lines[place + 1 : end]]))
    before = lines[: tops[0]]
    if pieces[0].number == 2 and _words(before):
        return [Piece(1, before), *pieces]
    # What comes before the first of several texts is a remark, and shorter than a text.
    most = max(marks.LONGEST_REMARK, median(_words(piece.lines) for piece in pieces))
    if len(pieces) == 1:
        # One number makes no list, least of all the word "I" on a line of its own.
        return pieces if pieces[0].number == 1 and not any(before) else []
    return pieces if _words(before) <= most else []


def _rest(mark: Mark) -> str:
    """What follows a mark that may be doubled: `1. Story 1: ...`."""
    inner = marks.mark(mark.rest)
    return inner.rest if inner and inner.number == mark.number else mark.rest


def _places(lines: Lines, sort: str, count: int, crowded: bool) -> list[int]:
    """Where marks of this sort stand. In the midst of lines a mark has to come after a sentence, and in its turn."""
    places: list[int] = []
    previous = 0
    for place, line in enumerate(lines):
        here = marks.mark(line)
        if here is None or here.sort != sort:
            continue
        top = _top(lines, place)
        if top == 0 or marks.is_edge(lines[top - 1]):
            fits = here.number <= max(count, previous) + MOST_LEFT_OUT
        else:
            ended = crowded and marks.ends_sentence(lines[place - 1])
            fits = ended and (here.number == previous + 1 or here.number == previous == 1)
        if fits:
            places.append(place)
            previous = here.number
    return places


def _top(lines: Lines, place: int) -> int:
    """Where the titles right above a line begin, or the line itself."""
    while place and marks.is_title(lines[place - 1]):
        place -= 1
    return place


def _with_missing_marks(pieces: list[Piece], count: int) -> list[Lines]:
    """The lines of the pieces; where numbers are left out and as many paragraphs are too many, these are the texts."""
    paragraphs = [_paragraphs(piece.lines) for piece in pieces]
    numbers = [*(piece.number for piece in pieces), max(count, pieces[-1].number) + 1]
    found: list[Lines] = []
    for place, (number, following) in enumerate(pairwise(numbers)):
        others = paragraphs[:place] + paragraphs[place + 1 :]
        missed = following - number > 1 and len(paragraphs[place]) == following - number
        split = missed and all(len(other) <= 1 for other in others)
        found += paragraphs[place] if split else [pieces[place].lines]
    return found


# No marks.


def _divided(lines: Lines, paragraphs: list[Lines], count: int) -> list[Lines]:
    for parts in (_between_separators(lines), _under_titles(lines), _under_titles(_with_room_above_titles(lines))):
        if len(parts) > 1:
            return parts
    for parts in (_points(paragraphs), _long_lines(paragraphs) if paragraphs else []):
        if len(parts) == count or (len(paragraphs) == 1 and 1 < len(parts) < count):
            return parts
    return paragraphs if len(paragraphs) < count else []


def _long_lines(paragraphs: list[Lines]) -> list[Lines]:
    """The lines, if those that are no titles are as long as paragraphs; the last may have been cut."""
    *others, last = (line for paragraph in paragraphs for line in paragraph)
    told = [line for line in others if not (marks.is_title(line) or marks.may_be_title(line))]
    return [[line] for line in (*told, last)] if all(len(line) > LONG_LINE for line in told) else []


def _with_room_above_titles(lines: Lines) -> Lines:
    spaced: Lines = []
    for line in lines:
        if spaced and marks.is_title(line) and marks.ends_sentence(spaced[-1]):
            spaced.append("")
        spaced.append(line)
    return spaced


def _paragraphs(lines: Lines) -> list[Lines]:
    """Lines that stand together, without those that are but the title of the next."""
    blocks = _blocks(lines)
    last = len(blocks) - 1
    return [block for place, block in enumerate(blocks) if not _is_title_alone(block, last=place == last)]


def _blocks(lines: Lines) -> list[Lines]:
    blocks: list[Lines] = [[]]
    for line in lines:
        if marks.is_edge(line):
            blocks.append([])
        else:
            blocks[-1].append(line)
    return [block for block in blocks if block]


def _is_title_alone(block: Lines, *, last: bool) -> bool:
    return len(block) == 1 and (marks.is_title(block[0]) or (not last and marks.may_be_title(block[0])))


def _between_separators(lines: Lines) -> list[Lines]:
    parts: list[Lines] = [[]]
    for line in lines:
        if marks.is_separator(line):
            parts.append([])
        else:
            parts[-1].append(line)
    return [part for part in parts if any(part)]


def _under_titles(lines: Lines) -> list[Lines]:
    """Blocks of lines gathered under titles, if the first of them is a title."""
    blocks = _blocks(lines)
    parts: list[Lines] = []
    for place, block in enumerate(blocks):
        last = place == len(blocks) - 1
        if marks.is_title(block[0]) or _is_title_alone(block, last=last) or (not last and _begins_with_title(block)):
            parts.append([*block, ""])
        elif not parts:
            return []
        else:
            parts[-1] += [*block, ""]
    return [part for part in parts if not all(marks.is_title(line) for line in part if line)]


def _without_bullets(paragraphs: list[Lines]) -> list[Lines]:
    """The paragraphs without the bullets that all of them begin with."""
    bare = [marks.without_bullet(paragraph[0]) for paragraph in paragraphs]
    if None in bare:
        return paragraphs
    return [[first or "", *paragraph[1:]] for first, paragraph in zip(bare, paragraphs, strict=True)]


def _points(paragraphs: list[Lines]) -> list[Lines]:
    """The paragraphs divided before every line with a bullet that comes after a sentence."""
    points: list[Lines] = []
    for paragraph in paragraphs:
        for place, line in enumerate(paragraph):
            bare = marks.without_bullet(line)
            if place and (bare is None or not marks.ends_sentence(paragraph[place - 1])):
                points[-1].append(line)
            else:
                points.append([line if bare is None else bare])
    return points
