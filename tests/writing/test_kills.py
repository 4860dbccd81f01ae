"""Pocket writes, and is killed at twenty random moments: the finished corpus has the bytes of an uninterrupted one."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from affectlab.files import TEMPORARY
from affectlab.models.hf.folders import shipped_folder
from affectlab.text import read_corpus
from affectlab.writing.folder import CORPUS, PLAN, REJECTED, SHARDS

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not shipped_folder("pocket").is_dir(), reason="the weights are not in the package yet"),
]

KILLS, TEXTS = 20, 342
RUN = """
import sys
from affectlab.cli.entry import run
from affectlab.writing import plan

plan.REQUESTS_A_SHARD = 32
sys.exit(run(["write", "pocket", "--sample", sys.argv[2], "-o", sys.argv[1]]))
"""


def started(folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", RUN, str(folder), str(TEXTS)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def finished(folder: Path) -> float:
    """Run to the end, and say how long it took."""
    began = time.monotonic()
    assert started(folder).wait(timeout=500) == 0
    return time.monotonic() - began


def shards_in(folder: Path) -> int:
    return len(list((folder / SHARDS).glob("[0-9]*.parquet"))) if (folder / SHARDS).is_dir() else 0


def test_twenty_kills_change_no_byte(tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    took = finished(whole)
    moment, reached = random.Random(4), [0]
    for _ in range(KILLS):
        process = started(parts)
        # Short enough that twenty of them end before the last shard, long enough that most get something done.
        time.sleep(moment.uniform(0.2, 0.35) * took)
        process.send_signal(signal.SIGKILL)
        process.wait()
        reached.append(shards_in(parts))
    finished(parts)
    for name in (CORPUS, REJECTED, PLAN):
        assert (parts / name).read_bytes() == (whole / name).read_bytes(), name
    assert len(set(reached)) >= 3, f"the kills came at too few different places to say anything: {reached}"
    assert not list(parts.rglob(f"{TEMPORARY}*")), "what a killed run left half written is still there"
    corpus = read_corpus(parts / CORPUS)
    assert len(set(corpus.ids)) == len(corpus) > 0.9 * TEXTS
