"""A run of `write` is killed at twenty random moments: the finished corpus has the bytes of an uninterrupted one."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from affectlab.text import read_corpus
from affectlab.writing.folder import CORPUS, PLAN, REJECTED, SHARDS

pytestmark = pytest.mark.slow

KILLS, TEXTS = 20, 1200
RUN = f"""
import sys
from affectlab.models.fake import FakeModel
from affectlab.writing import plan as plans
from affectlab.writing.plan import Settings, lay
from affectlab.writing.prompts import Prompts
from affectlab.writing.work import How, write
from affectlab.writing.writers.subject import SubjectWriter

plans.REQUESTS_A_SHARD = 24
prompts = Prompts("stories", "1", "general", 1, (), ("Tell of {{topic}}, {{emotion}}.", "{{emotion}} and {{topic}}:"))
settings = Settings("stories", ("calm", "sad", "proud"), tuple(f"topic {{n}}" for n in range(40)), {TEXTS} // 120)
writer = SubjectWriter(FakeModel())
# Texts of fewer than 14 words are asked for again, so that a kill may come in any attempt.
write(lay(settings), prompts, writer, sys.argv[1], How(max_tokens=24, temperature=1.0, attempts=4),
      screen={{"shortest": 14, "english": False}})
"""


def started(folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", RUN, str(folder)], stderr=subprocess.PIPE)


def finished(folder: Path) -> float:
    """Run to the end, and say how long it took."""
    began = time.monotonic()
    process = started(folder)
    _, errors = process.communicate(timeout=400)
    assert process.returncode == 0, errors.decode()
    return time.monotonic() - began


def test_twenty_kills_change_no_byte(tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    took = finished(whole)
    moment = random.Random(4)
    shards_seen = set()
    for _ in range(KILLS):
        process = started(parts)
        time.sleep(moment.uniform(0.1, max(took * 0.6, 2.0)))
        process.send_signal(signal.SIGKILL)
        process.wait()
        shards_seen.add(len(list((parts / SHARDS).glob("*.parquet"))) if (parts / SHARDS).is_dir() else 0)
    finished(parts)
    for name in (CORPUS, REJECTED, PLAN):
        assert (parts / name).read_bytes() == (whole / name).read_bytes(), name
    assert len(shards_seen) >= 3, "the kills came at too few different places to say anything"
    corpus = read_corpus(parts / CORPUS)
    assert len(set(corpus.ids)) == len(corpus) > 0.9 * TEXTS
