"""The schema of one labelled text, and what is said about a row that breaks it.

A row is a story (`emotion`, `text`), a neutral text (`text` or `turns`, no emotion), a dialogue (`turns`), or one of
the hidden-emotion kinds (`text` or `turns`). Any other field is an error, a null counts as absent, and a string with
nothing visible in it is blank.
"""

from __future__ import annotations

import difflib
import json
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, TypeAlias, get_args

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from affectlab.errors import CorpusError

Kind = Literal["stories", "neutral", "dialogues", "hidden", "shown", "neutral-topic", "story-writing", "others"]
KINDS: tuple[str, ...] = get_args(Kind)

PlainRow: TypeAlias = dict[str, Any]
"""A row as plain Python values, without the fields that are null: what `TextRow` has let through."""

Visible = Annotated[str, StringConstraints(pattern=r"[^\s\p{Cc}\p{Cf}\p{Z}]")]
"""A string in which something can be seen."""

Label = Annotated[Visible, StringConstraints(pattern=r"^[^\s](?s:.*[^\s])?$")]
"""A visible string without white space around it: `"calm "` would be an emotion beside `"calm"`."""

_INVISIBLE = {"Cc", "Cf", "Zl", "Zp", "Zs"}
_BROKEN_RULE = "rule_of_kind"
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Turn(_Strict):
    """One turn of a conversation; `emotion` is the emotion label of the turn."""

    role: Label
    content: Visible
    emotion: Label | None = None


class TextRow(_Strict):
    """One labelled text.

    >>> TextRow(id="s1", kind="stories", topic="a late train", emotion="calm", text="She waited.").emotion
    'calm'
    """

    id: Label
    kind: Kind
    topic: Label
    emotion: Label | None = None
    text: Visible | None = None
    turns: Annotated[list[Turn], Field(min_length=1)] | None = None
    writer: Visible | None = None
    seed: Annotated[int, Field(ge=-(2**63), lt=2**63)] | None = None
    prompt_hash: Visible | None = None
    fold: Annotated[int, Field(ge=0, le=9)] | None = None
    person_emotion: Label | None = None
    ai_emotion: Label | None = None
    real: Label | None = None
    displayed: Label | None = None
    condition: Visible | None = None
    scenario: Visible | None = None
    meta: dict[str, JsonValue] | None = None

    @model_validator(mode="after")
    def _rules_of_its_kind(self) -> TextRow:
        if self.kind == "stories" and self.emotion is None:
            raise _rule("missing field 'emotion'", "an emotion in every row of kind 'stories'")
        if self.kind == "neutral" and self.emotion is not None:
            raise _rule("a neutral row with an emotion", "no field 'emotion' in a row of kind 'neutral'")
        carried = [name for name in ("text", "turns") if getattr(self, name) is not None]
        allowed = {"stories": ["text"], "dialogues": ["turns"]}.get(self.kind, ["text", "turns"])
        if not carried:
            wanted = " or ".join(f"{name!r}" for name in allowed)
            raise _rule(f"missing field {wanted}", f"{wanted} in a row of kind {self.kind!r}")
        if len(carried) == 2:
            raise _rule("both 'text' and 'turns' in one row", "one of them")
        if carried[0] not in allowed:
            raise _rule(f"{carried[0]!r} in a row of kind {self.kind!r}", f"{allowed[0]!r} instead")
        return self


FIELDS = tuple(TextRow.model_fields)


def check_row(raw: object, where: str) -> PlainRow:
    """The row as plain values without nulls, or a CorpusError that says where it is and what is wrong with it."""
    if not isinstance(raw, Mapping):
        raise CorpusError("a row that is not an object", where=where, expected="{...}", found=_shown(raw))
    try:
        TextRow.model_validate(raw if isinstance(raw, dict) else dict(raw))
    except ValidationError as error:
        # An unknown field is often the misspelt name of the one that is missing.
        details = sorted(error.errors(include_url=False), key=lambda detail: detail["type"] != "extra_forbidden")
        raise _explain(details[0], where) from None
    row = _without_nulls(raw)
    if "turns" in row:
        row["turns"] = [_without_nulls(turn) for turn in row["turns"]]
    return row


def canonical(row: Mapping[str, Any], where: str = "") -> bytes:
    """The one JSON text of a row: sorted keys, no spaces, UTF-8."""
    try:
        return _CANONICAL.encode(row).encode()
    except UnicodeEncodeError:
        raise CorpusError("text that is not valid Unicode", where=where, found="a lone surrogate") from None
    except (ValueError, TypeError, RecursionError) as error:
        raise CorpusError("a value that JSON cannot hold", where=where, found=str(error)) from None


def _without_nulls(values: Mapping[str, Any]) -> PlainRow:
    return {name: value for name, value in values.items() if value is not None}


def _rule(what: str, expected: str) -> PydanticCustomError:
    return PydanticCustomError(_BROKEN_RULE, "{what}", {"what": what, "expected": expected})


def _explain(detail: ErrorDetails, where: str) -> CorpusError:
    name, given, context = _name(detail["loc"]), detail["input"], detail.get("ctx", {})
    match detail["type"]:
        case "extra_forbidden":
            known = FIELDS if len(detail["loc"]) == 1 else tuple(Turn.model_fields)
            return _unknown(f"unknown field {name!r}", str(detail["loc"][-1]), known, where)
        case "literal_error":
            return _unknown(f"unknown kind {given!r}", str(given), KINDS, where)
        case "missing":
            return CorpusError(f"missing field {name!r}", where=where)
        case "string_pattern_mismatch":
            what = "white space around" if _visible(given) else "blank"
            return CorpusError(f"{what} {name!r}", where=where, found=_shown(given))
        case "too_short":
            return CorpusError(f"{name!r} is empty", where=where, expected="at least one turn", found="[]")
        case "string_unicode":
            what = f"{name!r}" if name else "the name of a field"
            return CorpusError(f"{what} is not valid Unicode", where=where, found="a lone surrogate")
        case "invalid-json-value":
            return CorpusError(f"{name!r} is not a JSON value", where=where, found=_shown(given))
        case "rule_of_kind":
            return CorpusError(context["what"], where=where, expected=context["expected"])
    return CorpusError(f"{name!r} cannot be used", where=where, expected=_expected(detail["msg"]), found=_shown(given))


def _unknown(what: str, name: str, known: Iterable[str], where: str) -> CorpusError:
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    fix = f"did you mean {near[0]!r}?" if near else ""
    return CorpusError(what, where=where, expected=f"one of {', '.join(known)}", fix=fix)


def _name(places: tuple[int | str, ...]) -> str:
    """turns[0].content for ("turns", 0, "content")."""
    joined = "".join(f"[{place}]" if isinstance(place, int) else f".{place}" for place in places)
    return joined.removeprefix(".")


def _visible(text: str) -> bool:
    return any(not letter.isspace() and unicodedata.category(letter) not in _INVISIBLE for letter in text)


def _expected(message: str) -> str:
    return message.removeprefix("Input should be ")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
