"""The stages of a study that find something, by their names, and what decides what they find."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from affectlab.behaviour import inspect_installed
from affectlab.findings import Findings
from affectlab.pocket.activities import preferences_of
from affectlab.pocket.steering import steering_of
from affectlab.study.causes import ask_preferences, look_at_behaviour, situations_hash
from affectlab.study.settings import Settings
from affectlab.study.stages import (
    Extracted,
    Show,
    Subject,
    check,
    compare_checkpoints,
    draw_map,
    find_passages,
)
from affectlab.temperament import prompt_sets

FINDERS: dict[str, Callable[[Subject, Settings, Extracted, Show], Findings]] = {
    "validate": check,
    "snippets": find_passages,
    "map": draw_map,
    "compare": compare_checkpoints,
    "prefer": ask_preferences,
    "behave": look_at_behaviour,
}
CAUSES = ("prefer", "behave")


def stages_of(subject: Subject, settings: Settings) -> Sequence[str]:
    """The stages that are run: without a base there is nothing to compare, and a first look has no time for causes."""
    left_out = {*(() if subject.base else ("compare",)), *(() if settings.runs else CAUSES)}
    return [name for name in FINDERS if name not in left_out]


def inputs_of(name: str, subject: Subject, settings: Settings) -> Mapping[str, Any]:
    """What decides the findings of a stage beside the vectors, which know their model, their texts and their recipe:
    hashes of what the model is asked, and how much is drawn."""
    register = subject.items.register
    if name == "validate":
        return {"items": subject.items.hash, "steering": steering_of(register).hash, "nulls": settings.nulls}
    if name == "snippets":
        return {"passages": settings.passages}
    if name == "map":
        return {"nulls": settings.nulls}
    if name == "compare":
        base = None if subject.base is None else asdict(subject.base().identity)
        return {"prompts": prompt_sets(subject.items).hash, "base": base, "nulls": settings.nulls}
    if name == "prefer":
        return {"activities": preferences_of(register).hash}
    # Without Inspect nothing is found but how to install it. The questions settle which strengths can be used.
    asked = {"questions": steering_of(register).hash, "situations": situations_hash(register)}
    return {**asked, "runs": settings.runs, "inspect": inspect_installed()}
