"""What a writer is asked: several wordings of one request for each kind of text, with slots for words and topics.

A file of prompts holds a version and a table for each kind that it covers:

    version = "1"

    [stories]
    texts_per_request = 6            # 1 if left out
    form = "texts"                   # or "dialogue", or "scene": a scenario and then a dialogue
    system = "..."                   # or a list; may be left out
    rules = "..."                    # stands in every wording where that says {rules}; may be left out
    templates = ["... {emotion} ... {topic} ... {count} ...", ...]

Ours lie in `wordings`, one file for each family of kinds. A brace that is meant as a brace is written twice.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from string import Formatter
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

from affectlab.errors import InputError, UnknownNameError
from affectlab.text.rows import KINDS

Form: TypeAlias = Literal["texts", "dialogue", "scene"]
"""What a reply holds, and so how it is parsed: texts, one dialogue, or one scenario and its dialogue."""
FORMS: tuple[str, ...] = get_args(Form)


class _Frame(NamedTuple):
    """What the requests for a kind of text may be made of. The first form is the one meant where none is named."""

    family: str
    forms: tuple[str, ...]
    needed: frozenset[str]
    """Placeholders without which a request would not ask for what its row says."""
    optional: frozenset[str] = frozenset()


def _hidden(*needed: str) -> _Frame:
    optional = frozenset({"displayed", "speaker", "listener"})
    return _Frame("hidden", ("scene", "dialogue", "texts"), frozenset({"topic", "real", *needed}), optional)


_FRAMES: Mapping[str, _Frame] = {
    "stories": _Frame("stories", ("texts",), frozenset({"topic", "emotion"})),
    "neutral": _Frame("neutral", ("dialogue", "texts"), frozenset({"topic"})),
    "dialogues": _Frame("dialogues", ("dialogue",), frozenset({"topic", "person_emotion", "ai_emotion"})),
    "hidden": _hidden("displayed"),
    "shown": _hidden(),
    "neutral-topic": _hidden(),
    "story-writing": _hidden("displayed"),
    "others": _hidden("displayed"),
}

_KEYS = ("form", "rules", "system", "templates", "texts_per_request")
_DOUBLED = "write {{ and }} for braces that are meant as such"


@dataclass(frozen=True)
class Prompts:
    """The wordings of a request for one kind of text, all checked: each can be filled, and asks for what it must.

    `register` is the language of whom is asked: `general` English, or `pocket`'s world.

    >>> tea = Prompts("neutral", "1", "general", 1, (), ("Describe {topic}.",), form="texts")
    >>> tea.messages(0, topic="a pot of tea")
    [{'role': 'user', 'content': 'Describe a pot of tea.'}]
    """

    kind: str
    version: str
    register: str
    texts_per_request: int
    system: tuple[str, ...]
    templates: tuple[str, ...]
    form: Form = "texts"

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UnknownNameError("kind", self.kind, KINDS)
        _check_form(self.kind, self.form, self.texts_per_request)
        if not self.templates:
            raise InputError("no template", where="templates", expected="at least one wording of the request")
        known = self.placeholders
        always = frozenset[str]()
        for name, wordings in (("system", self.system), ("templates", self.templates)):
            used = [_checked(wording, known, f"{name}[{place}]") for place, wording in enumerate(wordings)]
            if name == "system" and used:
                always = frozenset.intersection(*used)
            elif name == "templates":
                self._check_needed([always | found for found in used])

    @property
    def family(self) -> str:
        """The name of the file that the kind shares with its sisters."""
        return _FRAMES[self.kind].family

    @property
    def placeholders(self) -> frozenset[str]:
        """What may stand in braces."""
        request = _FRAMES[self.kind]
        return request.needed | request.optional | (frozenset({"count"}) if self.form == "texts" else frozenset())

    @cached_property
    def hash(self) -> str:
        """Names what is asked: the kind, every wording, and how many texts are wanted in which form."""
        asked = {
            part.name: getattr(self, part.name) for part in fields(self) if part.name not in ("version", "register")
        }
        return sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]

    def messages(self, number: int, **slots: str | int) -> list[dict[str, str]]:
        """The request of this number, its slots filled.

        Of as many numbers in a row as there are wordings (counted from 0), each gets another one. Their order changes
        from one such run to the next, so that no wording goes with one topic or one emotion.
        """
        for name in slots.keys() - self.placeholders:
            raise UnknownNameError("slot", name, self.placeholders, where=f"a request for {self.kind}")
        wording = _turn(self.templates, number, "template")
        asked = [("user", wording)]
        if self.system:
            asked.insert(0, ("system", _turn(self.system, number, "system")))
        return [{"role": role, "content": self._filled(text, slots)} for role, text in asked]

    def _filled(self, wording: str, slots: Mapping[str, str | int]) -> str:
        for name in sorted(_placeholders(wording) - slots.keys()):
            raise InputError(f"nothing to put in for {{{name}}}", where=f"a request for {self.kind}")
        return wording.format_map(slots)

    def _check_needed(self, used: Sequence[frozenset[str]]) -> None:
        needed = _FRAMES[self.kind].needed | (frozenset({"count"}) if self.texts_per_request > 1 else frozenset())
        for place, found in enumerate(used):
            for name in sorted(needed - found):
                asked = ", ".join(f"{{{other}}}" for other in sorted(needed))
                raise InputError(f"missing placeholder {{{name}}}", where=f"templates[{place}]", expected=asked)


def load_prompts(kind: str, file: str | Path | None = None) -> Prompts:
    """The prompts for a kind of text: ours in general English, or those in the user's file.

    >>> load_prompts("stories").texts_per_request
    6
    """
    if kind not in KINDS:
        raise UnknownNameError("kind", kind, KINDS)
    family = _FRAMES[kind].family
    where = f"{family}.toml" if file is None else os.fspath(file)
    tables = _tables(files(__package__).joinpath("wordings", f"{family}.toml") if file is None else Path(file), where)
    for name in tables.keys() - {"version", *KINDS}:
        raise UnknownNameError("table", name, ("version", *KINDS), where=where)
    version = tables.get("version")
    if not isinstance(version, str) or not version.strip():
        raise InputError("no version", where=where, expected='version = "1"', found=_found(tables, "version"))
    if not isinstance(tables.get(kind), dict):
        raise InputError(f"no prompts for {kind}", where=where, expected=f"[{kind}]", found=_found(tables, kind))
    try:
        return _prompts(kind, version, tables[kind])
    except InputError as error:
        error.move(f"{where}, [{kind}]" + (f" {error.where}" if error.where else ""))
        raise


def _tables(file: Any, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        raise InputError("no such file", where=where, fix="check the path") from None
    except OSError as error:
        raise InputError("cannot read prompts", where=where, found=error.strerror or str(error)) from error
    except ValueError as error:
        # TOML is UTF-8, so what is not UTF-8 is not TOML either.
        raise InputError("not TOML", where=where, found=str(error)) from None


def _prompts(kind: str, version: str, table: Mapping[str, Any]) -> Prompts:
    for name in table.keys() - set(_KEYS):
        raise UnknownNameError("key", name, _KEYS)
    if "templates" not in table:
        raise InputError("missing key 'templates'", expected='templates = ["..."]')
    texts, form = table.get("texts_per_request", 1), table.get("form", _FRAMES[kind].forms[0])
    if isinstance(texts, bool) or not isinstance(texts, int):
        raise InputError("not a whole number", where="texts_per_request", expected="1 or more", found=repr(texts))
    if form not in FORMS:
        raise UnknownNameError("form", str(form), FORMS, where="form")
    templates, rules = _wordings(table, "templates"), _wordings(table, "rules")
    if len(rules) > 1:
        raise InputError("several rules", where="rules", expected="one text", found=f"{len(rules)} of them")
    if rules:
        templates = tuple(_with_rules(wording, rules[0], place) for place, wording in enumerate(templates))
    return Prompts(kind, version, "general", texts, _wordings(table, "system"), templates, form)


def _wordings(table: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """One text or a list of them, without the white space around them."""
    given = table.get(key, [])
    listed = [given] if isinstance(given, str) else given
    if not isinstance(listed, list):
        raise InputError("neither a text nor a list of texts", where=key, found=repr(given)[:60])
    for place, wording in enumerate(listed):
        if not isinstance(wording, str) or not wording.strip():
            raise InputError("not a text", where=f"{key}[{place}]", found=repr(wording)[:60])
    return tuple(wording.strip() for wording in listed)


def _with_rules(wording: str, rules: str, place: int) -> str:
    if "{rules}" not in wording:
        fix = "put it where the rules belong, or take the rules away: they would be lost"
        raise InputError("missing placeholder {rules}", where=f"templates[{place}]", fix=fix)
    return wording.replace("{rules}", rules)


def _check_form(kind: str, form: str, texts: int) -> None:
    forms = _FRAMES[kind].forms
    if form not in forms:
        raise InputError(f"{kind} in this form", where="form", expected=" or ".join(forms), found=form)
    if texts < 1:
        raise InputError("nothing is asked for", where="texts_per_request", expected="1 or more", found=str(texts))
    if texts > 1 and form != "texts":
        raise InputError(
            f"several of form {form} in one reply", where="texts_per_request", expected="1", found=str(texts)
        )


def _checked(wording: str, known: frozenset[str], where: str) -> frozenset[str]:
    """The placeholders of a wording, all of which are known."""
    try:
        used = _placeholders(wording)
    except ValueError as error:
        raise InputError("a brace on its own", where=where, found=str(error), fix=_DOUBLED) from None
    for name in sorted(used - known):
        unknown = UnknownNameError("placeholder", name, known, where=where)
        unknown.fix = unknown.fix or _DOUBLED
        unknown.move(where)
        raise unknown
    return used


def _placeholders(wording: str) -> frozenset[str]:
    """What stands in single braces, with any conversion or format: `{topic!r}` is no placeholder of ours."""
    found = set()
    for _, name, form, conversion in Formatter().parse(wording):
        if name is not None:
            found.add(name + (f"!{conversion}" if conversion else "") + (f":{form}" if form else ""))
    return frozenset(found)


def _turn(wordings: Sequence[str], number: int, salt: str) -> str:
    run, place = divmod(number, len(wordings))
    shuffled = sorted(wordings, key=lambda wording: sha256(f"{salt} {run} {wording}".encode()).digest())
    return shuffled[place]


def _found(tables: Mapping[str, Any], key: str) -> str:
    return repr(tables[key])[:60] if key in tables else "none"
