"""What a reader types to get the numbers of a study again, all at once or stage by stage."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from affectlab.study.settings import FULL, QUICK, Settings
from affectlab.study.stages import PASSAGES, Subject, focus_of, sizes
from affectlab.vectors.vectorset import VectorSet


def commands(
    subject: Subject, settings: Settings, folder: Path, vectors: tuple[Path, VectorSet], own_texts: Sequence[Path]
) -> dict[str, str]:
    """Command lines by stage, in the order of the path. Texts of the user's own were not written."""
    model, base = subject.model.identity.id, None if subject.base is None else subject.base().identity.id
    path, given = vectors
    corpora = list(own_texts) or [folder / "stories", folder / "neutral"]
    nulls = ["--nulls", settings.nulls, "--seed", settings.seed]
    texts = ["--held-out", "--most", settings.passages, "--top", PASSAGES, "--seed", settings.seed]
    lines: dict[str, list[object]] = {
        "study": ["study", model, *_size(settings), *_from(own_texts), *_named("--base", base), "-o", folder],
    }
    for kind in () if own_texts else ("stories", "neutral"):
        lines[f"write {kind}"] = ["write", model, *_written(kind, settings), "-o", folder / kind]
    lines |= {
        "extract": ["extract", model, *corpora, "-o", path],
        "validate": ["validate", path, *_from(corpora), *nulls],
        "snippets": ["snippets", path, *corpora, *texts, "--emotions", ",".join(focus_of(given))],
        "map": ["map", path, "--model", model, *nulls],
    }
    if base is not None:
        lines["compare"] = ["compare", path, "--base", base, "--post", model, *nulls]
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
    return [] if value is None else [option, value]


def _written(kind: str, settings: Settings) -> list[object]:
    _, count, each = sizes(settings, kind)
    return ["--kind", kind, "--sample", count, "--each", each, "--seed", settings.seed]
