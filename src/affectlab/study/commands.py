"""What a reader types to get the numbers of a study again, all at once or stage by stage."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from affectlab.checks.validate import convention_for
from affectlab.models.base import Model
from affectlab.study.causes import DIRECTIONS, EMOTIONS, EXACT_NULLS, SETS
from affectlab.study.settings import FULL, QUICK, Settings
from affectlab.study.stages import PASSAGES, Subject, fewest_stories, focus_of, sizes
from affectlab.vectors.vectorset import VectorSet


class Files(NamedTuple):
    """Where a study lies, its vectors, texts of the user's own, and findings of behaviour that it was given."""

    folder: Path
    vectors: Path
    own_texts: Sequence[Path]
    behaviour: Sequence[Path] = ()


def commands(subject: Subject, settings: Settings, files: Files, given: VectorSet) -> dict[str, str]:
    """Command lines by stage, in the order of the path. Texts of the user's own were not written.

    They carry whatever moves a number. On which device a model ran is its reader's own matter, and so is whether code
    that comes with a model is trusted.
    """
    model, loaded = subject.model.identity.id, _loaded(subject.model)
    base = None if subject.base is None else _at_revision(subject.base())
    folder, path, own_texts, behaviour = files
    corpora = list(own_texts) or [folder / "stories", folder / "neutral"]
    nulls = ["--nulls", settings.nulls, "--seed", settings.seed]
    texts = ["--held-out", "--most", settings.passages, "--top", PASSAGES, "--seed", settings.seed]
    lines: dict[str, list[object]] = {
        "study": ["study", model, *_size(settings), *_from(own_texts), *_named("--base", base), *loaded],
    }
    lines["study"] += [*(word for file in behaviour for word in ("--behaviour", file)), "-o", folder]
    for kind in () if own_texts else ("stories", "neutral"):
        lines[f"write {kind}"] = ["write", model, *_written(kind, settings), *loaded, "-o", folder / kind]
    lines |= {
        "extract": ["extract", model, *corpora, "--minimum", fewest_stories(settings), *loaded, "-o", path],
        "validate": ["validate", path, *_from(corpora), *nulls],
        "snippets": ["snippets", path, *corpora, *texts, "--emotions", ",".join(focus_of(given))],
        "map": ["map", path, "--model", model, *nulls],
    }
    if base is not None:
        read = ["--register", subject.items.register, "--convention", convention_for(given)]
        lines["compare"] = ["compare", path, "--base", base, "--post", _at_revision(subject.model), *read, *nulls]
    if settings.runs:
        seed = ["--seed", settings.seed]
        sizes = ["--emotions", EMOTIONS, "--directions", DIRECTIONS, "--nulls", SETS]
        lines["prefer"] = ["prefer", path, "--quick", *sizes, *seed]
        lines["behave"] = ["behave", path, "--samples", settings.runs, "--exact-nulls", EXACT_NULLS, *seed]
    return {stage: shlex.join(["affectlab", *map(str, words)]) for stage, words in lines.items()}


def _size(settings: Settings) -> list[object]:
    quick = (settings.neutral, settings.passages) == (QUICK.neutral, QUICK.passages)
    usual = QUICK if quick else FULL
    asked: list[object] = ["--quick"] if quick else []
    for name in ("stories", "nulls", "seed"):
        if getattr(settings, name) != getattr(usual, name):
            asked += [f"--{name}", getattr(settings, name)]
    return asked


def _from(corpora: Sequence[Path]) -> list[object]:
    return [word for path in corpora for word in ("--corpus", path)]


def _named(option: str, value: str | None) -> list[object]:
    return [option, value] if value else []


def _loaded(model: Model) -> list[object]:
    """How a model was loaded. Vectors know it; what comes before them has to be told."""
    dtype = model.facts.get("dtype", "")
    return [*_named("--dtype", "" if dtype == "float32" else dtype), *_named("--revision", model.identity.revision)]


def _at_revision(model: Model) -> str:
    revision = model.identity.revision
    return f"{model.identity.id}@{revision}" if revision else model.identity.id


def _written(kind: str, settings: Settings) -> list[object]:
    _, count, each = sizes(settings, kind)
    return ["--kind", kind, "--sample", count, "--each", each, "--seed", settings.seed]
