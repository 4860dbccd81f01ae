"""An extraction that is killed goes on where it stopped, to the same bytes."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from affectlab.models.fake import FakeModel
from affectlab.text import Corpus, corpus_of
from affectlab.vectors import gather
from affectlab.vectors.extract import Recipe, extract
from affectlab.vectors.gather import Progress

RECIPE = Recipe(start=5, minimum=2)


class Killed(Exception):
    pass


def _killed_after(batches: int) -> Callable[[Progress], None]:
    seen = 0

    def progress(_: Progress) -> None:
        nonlocal seen
        seen += 1
        if seen > batches:
            raise Killed

    return progress


@pytest.fixture
def corpus(labelled: Callable[..., list[dict[str, Any]]]) -> Corpus:
    return corpus_of(labelled(6, 4))


def test_a_run_stopped_again_and_again_ends_in_the_same_bytes(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gather, "SAVE_EVERY", 0.0)
    monkeypatch.setattr(gather, "SAVING_SHARE", 0.0)
    whole = extract(FakeModel(), corpus, recipe=RECIPE, budget=100)
    checkpoint, stops = tmp_path / "partial.safetensors", 0
    while True:
        try:
            found = extract(
                FakeModel(), corpus, recipe=RECIPE, budget=100, checkpoint=checkpoint, progress=_killed_after(3)
            )
            break
        except Killed:
            stops += 1
    assert stops > 2
    assert found.vectors.hash == whole.vectors.hash
    assert found.sums.plan == whole.sums.plan
    assert (found.sums.sample == whole.sums.sample).all()


def test_the_speed_of_a_run_that_goes_on_is_that_of_its_own_tokens(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gather, "SAVE_EVERY", 0.0)
    monkeypatch.setattr(gather, "SAVING_SHARE", 0.0)
    checkpoint = tmp_path / "partial.safetensors"
    told: list[Progress] = []
    with pytest.raises(Killed):
        extract(FakeModel(), corpus, recipe=RECIPE, budget=100, checkpoint=checkpoint, progress=_killed_after(4))
    found = extract(FakeModel(), corpus, recipe=RECIPE, budget=100, checkpoint=checkpoint, progress=told.append)
    whole = extract(FakeModel(), corpus, recipe=RECIPE, budget=100)
    assert found.tokens == whole.tokens
    assert (whole.resumed, whole.speed) == (0, whole.tokens / whole.seconds)
    assert 0 < found.resumed < told[0].done
    assert found.speed == (found.tokens - found.resumed) / found.seconds


def test_what_another_run_left_behind_is_not_taken(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gather, "SAVE_EVERY", 0.0)
    checkpoint = tmp_path / "partial.safetensors"
    with pytest.raises(Killed):
        extract(FakeModel(), corpus, recipe=RECIPE, budget=100, checkpoint=checkpoint, progress=_killed_after(4))
    assert checkpoint.exists()
    other = Recipe(start=6, minimum=2)
    found = extract(FakeModel(), corpus, recipe=other, budget=100, checkpoint=checkpoint)
    assert found.vectors.hash == extract(FakeModel(), corpus, recipe=other, budget=100).vectors.hash


def test_a_checkpoint_cut_short_is_not_taken(corpus: Corpus, tmp_path: Path) -> None:
    checkpoint = tmp_path / "partial.safetensors"
    checkpoint.write_bytes(b"\x10\x00\x00\x00\x00\x00\x00\x00{")
    found = extract(FakeModel(), corpus, recipe=RECIPE, checkpoint=checkpoint)
    assert found.vectors.hash == extract(FakeModel(), corpus, recipe=RECIPE).vectors.hash


SCRIPT = """
import sys
from affectlab import read_corpus, save_sums, save_vectors
from affectlab.models.fake import FakeModel
from affectlab.vectors import gather
from affectlab.vectors.extract import Recipe, extract
gather.SAVE_EVERY = 0.02
corpus, out = sys.argv[1:]
recipe = Recipe(start=5, minimum=2)
found = extract(FakeModel(), read_corpus(corpus), recipe=recipe, budget=60, checkpoint=out + ".partial")
save_sums(found.sums, out + ".sums", found.vectors.hash)
save_vectors(found.vectors, out)
"""


@pytest.mark.slow
def test_kills_at_random_moments_lose_nothing(labelled: Callable[..., list[dict[str, Any]]], tmp_path: Path) -> None:
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text("".join(json.dumps(row) + "\n" for row in labelled(150, 60)))

    def run(name: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", SCRIPT, str(corpus), str(tmp_path / name)])

    assert run("whole").wait() == 0
    draw, kills, partial = random.Random(0), 0, tmp_path / "killed.partial"
    for _ in range(20):
        process, before = run("killed"), _written(partial)
        while process.poll() is None and _written(partial) == before:
            time.sleep(0.01)
        time.sleep(draw.uniform(0.0, 0.2))
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            kills += 1
        process.wait()
    assert run("killed").wait() == 0
    assert kills >= 5
    for suffix in ("", ".sums"):
        assert (tmp_path / f"killed{suffix}").read_bytes() == (tmp_path / f"whole{suffix}").read_bytes()


def _written(path: Path) -> int:
    return path.stat().st_mtime_ns if path.exists() else 0
