"""Which stages of a study are done, and with what: a stage whose inputs have not changed is not run again.

A stage is named by a key, a hash of everything that decides its result: the stage, its settings, the hashes of what it
reads, and the version of affectlab. It is done when its key is the same and its files are what they were.

Of the code the version alone counts. A hash of the source would also change with every comment and every figure, and a
study that takes days on an accelerator would extract anew for one; a release says in the changelog what moves a number.
Who changes affectlab itself removes `study.json`, or the stages in question from it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from affectlab._version import __version__
from affectlab.files import atomic_write

FILE = "study.json"


class Ledger:
    """The stages done in a folder. Each is written down as soon as it is done."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._stages = _read(folder / FILE)

    def fresh(self, stage: str, key: str) -> bool:
        """Whether a stage is done, from these very inputs, and its files are as it left them."""
        kept = self._stages.get(stage)
        if kept is None or kept["key"] != key:
            return False
        return all(digest(self.folder / name) == found for name, found in kept["outputs"].items())

    def keep(self, stage: str, key: str, outputs: Sequence[Path], seconds: float) -> None:
        """Write down that a stage is done."""
        named = {str(path.relative_to(self.folder)): digest(path) for path in outputs}
        self._stages[stage] = {"key": key, "outputs": named, "seconds": round(seconds, 1)}
        with atomic_write(self.folder / FILE) as temporary:
            temporary.write_text(json.dumps(self._stages, indent=1) + "\n", encoding="utf-8")

    @property
    def seconds(self) -> dict[str, float]:
        """How long each stage took when it was run."""
        return {stage: float(kept["seconds"]) for stage, kept in self._stages.items()}


def key_of(stage: str, inputs: Mapping[str, Any]) -> str:
    """The key of a stage with these inputs.

    >>> key_of("map", {"vectors": "1f"}) == key_of("map", {"vectors": "1f"}) != key_of("map", {"vectors": "2f"})
    True
    """
    told = json.dumps([stage, __version__, inputs], sort_keys=True, default=str)
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def digest(path: Path) -> str | None:
    """A hash of a file's bytes; None where there is no file."""
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:32]


def _read(path: Path) -> dict[str, Any]:
    """What was kept; nothing where the file is missing or damaged, since every stage can be run again."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {stage: kept for stage, kept in found.items() if isinstance(kept, dict) and _whole(kept)}


def _whole(kept: Mapping[str, Any]) -> bool:
    return isinstance(kept.get("key"), str) and isinstance(kept.get("outputs"), dict) and "seconds" in kept
