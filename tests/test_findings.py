"""Findings are read back as they were written, and nothing else is taken for them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from affectlab.core import Convention, Score
from affectlab.errors import InputError
from affectlab.findings import Findings, load_findings, save_findings

SCORE = Score("map.pc1.pleasure", 0.8, 0.7, 0.9, 45, "words", 0.0, {"permuted names": 0.3}, {"x": 0.5}, 5, None)
CENTRED = Score("scenes.rank", 0.1, 0.0, 0.2, 60, "scenes", 0.5, convention=Convention.CENTRED)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    findings = Findings((SCORE, CENTRED), {"cosines": np.eye(3, dtype=np.float32)}, {"names": ["calm", "afraid"]})
    save_findings(findings, tmp_path / "f.safetensors")
    back = load_findings(tmp_path / "f.safetensors")
    assert back.scores == findings.scores
    assert back["scenes.rank"].convention is Convention.CENTRED
    np.testing.assert_array_equal(back.arrays["cosines"], np.eye(3))
    assert back.facts == {"names": ["calm", "afraid"]}
    assert "map.pc1.pleasure" in back
    assert "map.pc2" not in back


def test_findings_without_arrays_are_kept_too(tmp_path: Path) -> None:
    save_findings(Findings((SCORE,)), tmp_path / "f.safetensors")
    assert load_findings(tmp_path / "f.safetensors").scores == (SCORE,)


def test_the_later_of_two_findings_holds() -> None:
    both = Findings(facts={"a": 1, "b": 1}) + Findings((SCORE,), facts={"b": 2})
    assert both.facts == {"a": 1, "b": 2}
    assert both.scores == (SCORE,)


@pytest.mark.parametrize("content", [b"", b"not safetensors", b"\x08\x00\x00\x00\x00\x00\x00\x00{}      "])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "f.safetensors"
    path.write_bytes(content)
    with pytest.raises(InputError, match="cannot be read as findings"):
        load_findings(path)
