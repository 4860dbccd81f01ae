"""A conversation out of a reply: who speaks is written before each turn, in bold or not, and under several names.

1. The labels asked for are looked for first, then other names for the same two sides, then letters. The first set in
   which the sides take turns is right; a line such as "User: admin" within a turn then is none.
2. What stands before the first turn is the scenario, or a remark.
3. A conversation is usable if the person begins and both have something to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import NamedTuple, TypeAlias

from affectlab.writing import marks
from affectlab.writing.marks import Lines, trimmed

Turns: TypeAlias = list[dict[str, str]]
"""Messages with `role` (`system`, `user` or `assistant`) and `content`."""

_WORDS = {"human": "user", "person": "user", "user": "user", "ai": "assistant", "assistant": "assistant"}
_LETTERS = {"a": "user", "b": "assistant"}
_SYSTEM = {"system": "system", "system prompt": "system", "system message": "system"}

_SCENARIO = re.compile(r"[\s#*_\[(]*(?:the )?scenario[*_\])]*\s*(?:[:.–—-]|$)[*_]*\s*", re.IGNORECASE)
_HEADING = re.compile(
    r"[\W_]*(?:(?:the )?(?:conversation|dialogue|script)|(?:exchange|turn|round) \d+)[\W_]*", re.IGNORECASE
)
_ABOUT_REPLY = re.compile(r"\b(?:dialogues?|conversations?|exchanges?|scripts?|scenarios?)\b|\bend\W*$", re.IGNORECASE)
_QUOTED = re.compile(r"[\"“][^\"“”]*[\"”]")


class Scene(NamedTuple):
    """What is said to be the case, and the conversation that follows. A reply that cannot be used has no turns."""

    scenario: str
    turns: Turns


class _Said(NamedTuple):
    role: str
    lines: Lines


def dialogue(reply: str, names: tuple[str, str] = ("Person", "AI"), *, cut: bool = False) -> Turns:
    """The turns of a conversation between these two, the one who begins first; of a reply that was cut, all but the
    last. None if the reply cannot be used.

    >>> dialogue("**Person:** How hot?\\n\\n**AI:** At 93 degrees.")
    [{'role': 'user', 'content': 'How hot?'}, {'role': 'assistant', 'content': 'At 93 degrees.'}]
    """
    return _read(reply, names, cut)[1]


def scene(reply: str, names: tuple[str, str] = ("Person", "AI"), *, cut: bool = False) -> Scene:
    """A scenario and the turns that follow it; without a scenario the reply cannot be used.

    >>> scene("Scenario: The AI feels sad.\\n\\nPerson: Hello.\\nAI: What a day!").scenario
    'The AI feels sad.'
    """
    before, turns = _read(reply, names, cut)
    scenario = _scenario(before)
    return Scene(scenario, turns if scenario else [])


def _read(reply: str, names: tuple[str, str], cut: bool) -> tuple[Lines, Turns]:
    lines = marks.reply_lines(reply)
    asked = {names[0].lower(): "user", names[1].lower(): "assistant"}
    readings = [_said(lines, labels) for labels in (asked, _WORDS | asked, _LETTERS)]
    complete = [said for _, said in readings if {"user", "assistant"} <= {turn.role for turn in said}]
    if not complete:
        return [], []
    said = next((said for said in complete if _in_turns(said)), complete[0])
    before = next(lines for lines, found in readings if found is said)
    return before, _usable(_messages(said[:-1] if cut else _without_remarks(said)))


def _said(lines: Lines, labels: Mapping[str, str]) -> tuple[Lines, list[_Said]]:
    """What stands before the first turn, and the turns. A line of code is no turn."""
    pattern = _pattern(labels.keys() | _SYSTEM.keys())
    before: Lines = []
    said: list[_Said] = []
    fenced = False
    for line in lines:
        fenced ^= marks.is_fence(line)
        role, rest = (None, "") if fenced else _label(line, pattern, labels, first=not said)
        if role:
            said.append(_Said(role, [rest]))
        else:
            (said[-1].lines if said else before).append(line)
    return before, said


def _pattern(labels: Iterable[str]) -> re.Pattern[str]:
    """A label at the beginning of a line, with what may stand around it and a stage direction after it."""
    anyone = "|".join(re.escape(label) for label in sorted(labels, key=len, reverse=True))
    return re.compile(
        rf"""[\s>]*(?P<heading>\#{{1,6}}\s*)?(?:\d+[.)]\s+|[-•]\s+)?(?P<emphasis>[*_]*)(?P<open>\[?)
        (?:speaker\s+)?(?P<who>{anyone})(?:\s*\#?\d+)?\s*(?:\([^()]*\)|\[[^\[\]]*\])?
        (?P<end>[*_]*\]?[*_]*\s*(?P<colon>[:：])?\s*[*_]*)\s*(?:[*_]?\([^()]*\)[*_]?:\s*)?(?P<rest>.*)""",
        re.IGNORECASE | re.VERBOSE,
    )


def _label(line: str, pattern: re.Pattern[str], labels: Mapping[str, str], *, first: bool) -> tuple[str | None, str]:
    """Who begins to speak on this line, and what follows the label; a system prompt comes first of all."""
    found = pattern.fullmatch(line)
    if found is None or not (found["colon"] or not found["rest"]):
        return None, ""
    who = found["who"].lower()
    role = labels.get(who) or (_SYSTEM[who] if first else None)
    emphasis = found["emphasis"]
    # **Person: all of it in bold**
    whole = emphasis and not set(found["end"]) & set("*_") and found["rest"].endswith(emphasis)
    return role, found["rest"].removesuffix(emphasis) if whole else found["rest"]


def _in_turns(said: list[_Said]) -> bool:
    return all(one.role != other.role for one, other in pairwise(said))


def _without_remarks(said: list[_Said]) -> list[_Said]:
    """What is said about the conversation after its end belongs to nobody."""
    *others, last = said
    lines = list(last.lines)
    while len(lines) > 1 and (
        marks.is_edge(lines[-1]) or (marks.is_closing(lines[-1]) and _ABOUT_REPLY.search(lines[-1]))
    ):
        lines.pop()
    return [*others, _Said(last.role, lines)]


def _messages(said: list[_Said]) -> Turns:
    """One message for each time that the word passes to another side."""
    turns: Turns = []
    for role, lines in said:
        content = "\n".join(trimmed(lines, _divides))
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"] += f"\n\n{content}"
        else:
            turns.append({"role": role, "content": content})
    if turns and not turns[-1]["content"]:
        turns.pop()
    if all(_QUOTED.fullmatch(turn["content"]) for turn in turns):
        return [{**turn, "content": turn["content"][1:-1]} for turn in turns]
    return turns


def _divides(line: str) -> bool:
    return not line.strip() or marks.is_separator(line) or _HEADING.fullmatch(line) is not None


def _usable(turns: Turns) -> Turns:
    sides = [turn["role"] for turn in turns if turn["role"] != "system"]
    begins = sides[:1] == ["user"] and "assistant" in sides
    return turns if begins and all(turn["content"].strip() for turn in turns) else []


def _scenario(before: Lines) -> str:
    """The scenario among what stands before the first turn, its label taken away."""
    labelled = [place for place, line in enumerate(before) if _SCENARIO.match(line)]
    lines = before[labelled[0] :] if labelled else [line for line in before if not marks.is_preamble(line)]
    if labelled:
        lines[0] = _SCENARIO.sub("", lines[0], count=1)
    kept = [line for line in lines if not (_divides(line) or marks.is_title(line))]
    return "\n".join(kept).strip()
