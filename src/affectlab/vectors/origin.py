"""Whether vectors, or a batch plan, belong to the model and the texts they are used with. Hashes decide, not names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from affectlab.errors import InputError, ModelMismatchError
from affectlab.models.base import Identity, Model
from affectlab.vectors.header import IMPORTED


def check_model(
    header: Mapping[str, Any],
    model: Model,
    what: str = "these vectors come from another model",
    fix: str = "use the model they were extracted from, or extract anew",
) -> None:
    """Raise ModelMismatchError, saying what differs, unless this is the header of something made with this model."""
    source, given = header["model"], model.identity
    if source.get("source") == IMPORTED:
        raise ModelMismatchError(
            "imported vectors do not prove which model they come from",
            where=given.id,
            expected="vectors extracted from this model",
            found=f"vectors said to be of {source['id']!r}, from {header['recipe'].get('imported', 'a file')}",
            fix="map them or compare them with others; to read or steer, extract vectors from this model",
        )
    mine = Identity(**{name: source[name] for name in Identity.__dataclass_fields__})
    if differing := mine.differences(given):
        pairs = (f"{name} {getattr(mine, name)} and {getattr(given, name)}" for name in differing)
        raise ModelMismatchError(
            what,
            where=given.id,
            expected=f"{mine.id}" + (f" at revision {mine.revision}" if mine.revision else ""),
            found=f"a model that differs in {'; '.join(pairs)}",
            fix=fix,
        )


def check_plan(header: Mapping[str, Any], *, texts: str | None = None, model: Model | None = None) -> None:
    """Raise unless the batch plan in sums with this header was made for texts of this hash, and for this model."""
    fix = "leave the plan away, or name the vectors of this model and these texts"
    found = header["corpus"]["hash"]
    if texts is not None and texts != found:
        expected = f"a plan for the texts {texts[:16]}"
        what = "the batch plan belongs to other texts"
        raise InputError(what, where="--plan", expected=expected, found=f"one for {found[:16]}", fix=fix)
    if model is not None:
        check_model(header, model, "the batch plan belongs to another model", fix)
