"""Measuring code knows no emotion: no word of the lexicon stands in it, so nothing can be measured by its name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import affectlab
from affectlab import lexicon

MEASURING = ("checks", "core", "geometry", "models", "rollouts", "stats.py", "sweeps", "temperament", "vectors")
"""All but the screen of texts, which looks for the words themselves."""
ORDINARY = {"content", "eager", "kind"}
"""Words that mean something else where they stand."""
NAMED = {
    "rollouts/how.py": {"calm", "desperate"},
    "models/fake.py": {"afraid", "angry", "calm", "happy", "sad"},
}
"""Where emotions are named on purpose: whom rollouts steer unless others are asked for, and what was planted in the
fake model."""


def literals(path: Path) -> Iterator[str]:
    """Every string of a file but its documentation."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.value


def named_in(path: Path) -> set[str]:
    names = set(lexicon.names())
    return {text for text in literals(path) if text in names} - ORDINARY


@pytest.mark.parametrize("part", MEASURING)
def test_no_emotion_is_named(part: str) -> None:
    root = Path(affectlab.__file__).parent
    files = sorted((root / part).rglob("*.py")) if (root / part).is_dir() else [root / part]
    assert files
    found = {str(path.relative_to(root)): named_in(path) for path in files}
    assert {name: words for name, words in found.items() if words - NAMED.get(name, set())} == {}


def test_a_name_would_be_found(tmp_path: Path) -> None:
    path = tmp_path / "code.py"
    path.write_text('"""Of calm."""\nx = {"calm": 1, "kind": 2}\ny = f"{x}afraid"\n')
    assert named_in(path) == {"calm", "afraid"}
