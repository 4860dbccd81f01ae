"""What a stage of a study found: scores, the arrays its figures are drawn from, and facts; kept as one file.

The file is safetensors with one JSON header, so that a report is drawn anew without running anything.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from affectlab.core import Convention, Score
from affectlab.errors import InputError
from affectlab.files import KEY, atomic_write

FORMAT = "findings 1"
ABSENT = "absent"
"""The fact under which a stage says why it gave no such score: {name: reason}."""


@dataclass(frozen=True, eq=False)
class Findings:
    """What one stage found. `facts` is plain JSON: names, labels, choices made on the way."""

    scores: tuple[Score, ...] = ()
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict, repr=False)
    facts: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Score:
        """The score of that name."""
        for score in self.scores:
            if score.name == name:
                return score
        raise KeyError(name)

    def __contains__(self, name: str) -> bool:
        return any(score.name == name for score in self.scores)

    def __add__(self, other: Findings) -> Findings:
        """Both together; what both name must be the same thing, and the later holds. What is absent adds up."""
        facts = {**self.facts, **other.facts}
        if absent := {**self.facts.get(ABSENT, {}), **other.facts.get(ABSENT, {})}:
            facts[ABSENT] = absent
        return Findings((*self.scores, *other.scores), {**self.arrays, **other.arrays}, facts)


def save_findings(findings: Findings, path: str | Path) -> None:
    """Write findings as one file, whole or not at all."""
    header = {
        "format": FORMAT,
        "scores": [score.as_dict() for score in findings.scores],
        "facts": dict(findings.facts),
    }
    tensors = {name: np.ascontiguousarray(array) for name, array in findings.arrays.items()}
    tensors = tensors or {"none": np.zeros(1, dtype=np.float32)}  # an empty file would hold no header
    with atomic_write(path) as temporary:
        # Its own `save_file` would leave a file that others may not read.
        temporary.write_bytes(save(tensors, {KEY: json.dumps(header, sort_keys=True, allow_nan=False)}))


def load_findings(path: str | Path) -> Findings:
    """Read findings."""
    try:
        with safe_open(str(path), framework="numpy") as file:
            header = json.loads((file.metadata() or {}).get(KEY, "{}"))
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, json.JSONDecodeError) as error:
        raise _foreign(path, str(error).splitlines()[0]) from error
    if header.get("format") != FORMAT:
        raise _foreign(path, f"format {header.get('format')!r}")
    return Findings(tuple(map(_score, header["scores"])), arrays, header["facts"])


def _score(fields: Mapping[str, Any]) -> Score:
    convention = None if fields["convention"] is None else Convention(fields["convention"])
    return Score(**{**fields, "convention": convention})


def _foreign(path: str | Path, found: str) -> InputError:
    fix = "remove it, and run the stage again"
    return InputError("cannot be read as findings", where=str(path), expected=FORMAT, found=found, fix=fix)
