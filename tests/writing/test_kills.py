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
from affectlab.text import read_corpus
from affectlab.writing.folder import CORPUS, LOCK, PLAN, REJECTED, SHARDS

pytestmark = pytest.mark.slow

KILLS, TEXTS = 20, 60
PATIENCE = 600.0
RUN = """
import sys
from affectlab.cli.entry import run
from affectlab.writing import plan

plan.REQUESTS_A_SHARD = 6
sys.exit(run(["write", "pocket", "--sample", sys.argv[2], "-o", sys.argv[1]]))
"""


def begun(folder: Path) -> subprocess.Popen[bytes]:
    """A run that has loaded the model and holds the folder. What comes before cannot harm it."""
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, str(folder), str(TEXTS)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    lock, until = folder / LOCK, time.monotonic() + PATIENCE
    while not (lock.is_file() and lock.read_text() == str(process.pid)):
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.01)
    return process


def finished(folder: Path) -> float:
    """Write to the end, and say how long it took."""
    process, began = begun(folder), time.monotonic()
    assert process.wait(timeout=PATIENCE) == 0
    return time.monotonic() - began


def shards_in(folder: Path) -> int:
    return len(list((folder / SHARDS).glob("[0-9]*.parquet")))


def test_twenty_kills_change_no_byte(tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    took = finished(whole)
    shards = shards_in(whole)
    moment, reached, killed = random.Random(4), list[int](), 0
    for kill in range(KILLS):
        process = begun(parts)
        # The kills are spread over the shards, so that they strike everywhere however fast the machine is just now.
        while shards_in(parts) < kill * (shards - 1) // KILLS and process.poll() is None:
            time.sleep(0.01)
        time.sleep(moment.uniform(0.0, 0.9) * took / shards)
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
        reached.append(shards_in(parts))
    finished(parts)
    for name in (CORPUS, REJECTED, PLAN):
        assert (parts / name).read_bytes() == (whole / name).read_bytes(), name
    assert killed >= KILLS - 2, f"{KILLS - killed} runs ended before they were killed"
    assert len(set(reached)) >= 5, f"the kills came at too few different places to say anything: {reached}"
    assert not list(parts.rglob(f"{TEMPORARY}*")), "what a killed run left half written is still there"
    corpus = read_corpus(parts / CORPUS)
    assert len(set(corpus.ids)) == len(corpus) > 0.9 * TEXTS
