"""Prompts are dealt so that what aligns two spaces serves no claim, and files are read in any of three formats."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from affectlab.errors import InputError
from affectlab.lexicon.items import Items, Prompt
from affectlab.temperament import PromptSets, own_prompts, prompt_sets

NEUTRAL = tuple(Prompt(f"n-{n}", "neutral", f"What is {n}?") for n in range(9))
ITEMS = Items("ours", (), (), (), tuple(Prompt(f"c-{n}", "challenging", f"Help {n}!") for n in range(5)), NEUTRAL)


def test_every_third_neutral_prompt_is_kept_for_the_alignment() -> None:
    found = prompt_sets(ITEMS)
    assert (len(found.challenging), len(found.neutral), found.register) == (5, 6, "ours")
    assert found.alignment == ("What is 2?", "What is 5?", "What is 8?")
    assert sorted((*found.neutral, *found.alignment)) == sorted(prompt.text for prompt in NEUTRAL)
    assert found.hash == prompt_sets(ITEMS).hash
    assert found.hash != replace(found, neutral=found.neutral[:-1]).hash


def test_what_aligns_must_not_serve_a_claim() -> None:
    with pytest.raises(InputError, match="also serves a claim"):
        PromptSets(("a", "b", "c"), ("d", "e", "f"), ("c",))


def test_too_few_prompts_are_refused() -> None:
    with pytest.raises(InputError, match="too few neutral prompts; expected at least 3; found 2"):
        PromptSets(("a", "b", "c"), ("d", "e"))


def test_own_prompts_may_be_lines_json_or_parquet(tmp_path: Path) -> None:
    rows = [{"kind": kind, "text": f"{kind} {n}"} for n in range(6) for kind in ("challenging", "neutral")]
    (tmp_path / "p.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "p.parquet")
    lines = own_prompts(tmp_path / "p.jsonl")
    assert lines == own_prompts(tmp_path / "p.parquet")
    assert (len(lines.challenging), len(lines.neutral), len(lines.alignment)) == (6, 4, 2)
    # A prompt that is given twice counts once; without neutral ones those of a register are taken.
    (tmp_path / "p.txt").write_text("One.\nTwo.\n\nThree.\nOne.\n", encoding="utf-8")
    assert own_prompts(tmp_path / "p.txt", ITEMS).challenging == ("One.", "Two.", "Three.")
    assert own_prompts(tmp_path / "p.txt", ITEMS).neutral == prompt_sets(ITEMS).neutral
    with pytest.raises(InputError, match="too few neutral prompts") as error:
        own_prompts(tmp_path / "p.txt")
    assert error.value.where.endswith("p.txt")
