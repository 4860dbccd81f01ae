"""A stage is done when nothing that decides it has changed, and its files are as it left them."""

from __future__ import annotations

from pathlib import Path

import pytest

from affectlab.study.ledger import FILE, Ledger, key_of


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    (tmp_path / "map.txt").write_text("found")
    ledger = Ledger(tmp_path)
    ledger.keep("map", "k1", [tmp_path / "map.txt"], 2.0)
    return ledger


def test_a_stage_that_is_done_is_known_to_the_next_run(ledger: Ledger) -> None:
    again = Ledger(ledger.folder)
    assert again.fresh("map", "k1")
    assert again.seconds == {"map": 2.0}


def test_another_key_another_stage_or_another_file_is_not_done(ledger: Ledger) -> None:
    assert not ledger.fresh("map", "k2")
    assert not ledger.fresh("validate", "k1")
    (ledger.folder / "map.txt").write_text("changed")
    assert not ledger.fresh("map", "k1")
    (ledger.folder / "map.txt").unlink()
    assert not ledger.fresh("map", "k1")


@pytest.mark.parametrize("content", ["", "[1]", '{"map": 3}', '{"map": {"key": "k1"}}', '{"map": '])
def test_a_damaged_ledger_means_that_nothing_is_done(ledger: Ledger, content: str) -> None:
    (ledger.folder / FILE).write_text(content)
    assert not Ledger(ledger.folder).fresh("map", "k1")


def test_the_key_follows_every_input() -> None:
    keys = {key_of(stage, {"a": a, "b": b}) for stage in ("map", "validate") for a in (1, 2) for b in ("x", "y")}
    assert len(keys) == 8
    assert key_of("map", {"a": 1, "b": 2}) == key_of("map", {"b": 2, "a": 1})
