"""The header of a vectors file, checked: whatever stands in a file is somebody else's until it has been looked at."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

FORMAT = 1
"""Of the vectors file and of the sums beside it."""

UNKNOWN = "unknown"
"""A hash that nobody can tell, or the origin of residual norms that there are none of."""
IMPORTED = "imported"
"""The `source` of a model that vectors from elsewhere are said to belong to: their hashes are unknown."""

Whole = Annotated[int, Field(ge=0)]
Name = Annotated[str, Field(pattern=r"\S")]


class _Open(BaseModel):
    """Readers ignore keys that they do not know."""

    model_config = ConfigDict(strict=True, extra="ignore")


class ModelHeader(_Open):
    """Which model: names for people, hashes that decide, sizes. `source` says what kind of name `id` is."""

    id: str
    revision: str
    config: str
    weights: str
    tokenizer: str
    template: str
    blocks: Annotated[int, Field(gt=0)]
    width: Annotated[int, Field(gt=0)]
    dtype: str
    source: str = ""


class CorpusHeader(_Open):
    """Which texts."""

    hash: str


class Header(_Open):
    """What must be there, and `layer`, which may."""

    format: int
    emotions: Annotated[list[Name], Field(min_length=2)]
    layers: Annotated[list[Whole], Field(min_length=1)]
    model: ModelHeader
    corpus: CorpusHeader
    recipe: dict[str, Any]
    code: dict[str, Any]
    layer: Whole | None = None


REQUIRED = tuple(name for name, key in Header.model_fields.items() if key.is_required())


class SumsHeader(Header):
    """What must be there besides, in the sums."""

    vectors: str
    sample_ids: list[str]
    neutral_folds: list[Whole]
    plan_budget: Whole


def header_fault(header: dict[str, Any], kind: type[Header] = Header) -> str | None:
    """What is wrong with a header, in a few words; None if nothing is."""
    try:
        read = kind.model_validate(header)
    except ValidationError as error:
        found = error.errors(include_url=False)
        missing = [".".join(map(str, fault["loc"])) for fault in found if fault["type"] == "missing"]
        if missing:
            return f"no {', '.join(missing)}"
        return f"{'.'.join(map(str, found[0]['loc']))} = {found[0]['input']!r}"[:80]
    if len(set(read.emotions)) < len(read.emotions):
        return "an emotion that is named twice"
    if read.layers != sorted(set(read.layers)) or read.layers[-1] >= read.model.blocks:
        return f"layers {read.layers} of {read.model.blocks} blocks"
    if read.layer is not None and read.layer not in read.layers:
        return f"layer = {read.layer}, which has no vectors"
    return None
