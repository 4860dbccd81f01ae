"""A corpus is asked of a server that fails in every way: all planned texts are there, once, and no answer is lost."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from affectlab.errors import AffectlabError
from affectlab.text import read_corpus
from affectlab.writing import plan as plans
from affectlab.writing.folder import SHARDS, CorpusFolder
from affectlab.writing.plan import Settings, lay
from affectlab.writing.prompts import Prompts
from affectlab.writing.work import How, Outcome, write
from affectlab.writing.writers.endpoint import EndpointWriter
from tests.writing.faulty_server import FAULTS, FaultyServer, Reply, complaint, serve, ten_percent_of_each

pytestmark = pytest.mark.slow

PLAN = lay(Settings("stories", ("calm", "sad", "proud"), tuple(f"topic {n}" for n in range(10)), 2))
PLANNED = sorted(PLAN.planned(place).id for place in range(60))
PROMPTS = Prompts("stories", "1", "general", 1, (), ("Write about {topic} for {emotion}.",))


@pytest.fixture(autouse=True)
def small_shards_and_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "REQUESTS_A_SHARD", 20)
    for name in ("AFFECTLAB_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def a_story(seed: int, asked: str) -> str:
    """Of words that no other has; the first answer to every tenth request is too short to be taken."""
    return " ".join(f"w{seed}x{k}" for k in range(20 if seed % 10 else 2)) + "."


def run(folder: Path, server: FaultyServer) -> Outcome:
    # The address stands in the name of the writer, so a run goes on where the same server is asked.
    writer = EndpointWriter(server.url, "pocket", pause=0.01, timeout=0.5)
    return write(PLAN, PROMPTS, writer, folder, How(100), screen={"shortest": 5, "english": False})


def test_every_planned_text_is_in_the_corpus_once(tmp_path: Path) -> None:
    with serve(ten_percent_of_each(seed=4), says=a_story) as server:
        outcome = run(tmp_path, server)
    met = Counter(name for visit in server.asked for name, fault in FAULTS.items() if visit.reply == fault)
    assert set(met) == set(FAULTS), "all sorts struck"
    assert (outcome.planned, outcome.accepted, outcome.given_up) == (60, 60, 0)
    assert sorted(read_corpus(outcome.corpus).ids) == PLANNED
    assert set(Counter(server.served).values()) == {1}, "no answer was asked for twice"
    shards = len(list((tmp_path / SHARDS).iterdir()))
    kept = [text.row["seed"] for text in CorpusFolder(tmp_path).all_texts(shards)]
    assert sorted(kept) == sorted(server.served), "accepted or not, every answer is kept"


def test_a_run_that_a_fault_ended_goes_on_and_asks_nothing_of_finished_shards_again(tmp_path: Path) -> None:
    account: list[Reply] = []

    def runs_dry(seed: int, attempt: int) -> Reply | None:
        account.append(Reply())
        if len(account) == 65:
            return complaint(401, "the key has been withdrawn")
        return ten_percent_of_each(seed=4)(seed, attempt) if len(account) < 65 else None

    with serve(runs_dry, says=a_story) as server:
        with pytest.raises(AffectlabError, match="key"):
            run(tmp_path, server)
        finished = sum(CorpusFolder(tmp_path).done(shard) for shard in range(PLAN.shards))
        before = list(server.served)
        outcome = run(tmp_path, server)
    assert 0 < finished < PLAN.shards
    assert sorted(read_corpus(outcome.corpus).ids) == PLANNED
    again = {seed for seed, times in Counter(server.served).items() if times > 1}
    assert len(again) < 20 * 2, "the shard in hand alone"
    assert not again & set(before[: 20 * finished])
