"""What is planned is written, once, whatever happens on the way."""

from __future__ import annotations

import fcntl
import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow.parquet as pq
import pytest

from affectlab.errors import CorpusError, InputError, OutputError
from affectlab.files import TEMPORARY
from affectlab.text import read_corpus
from affectlab.writing import plan as plans
from affectlab.writing.folder import CORPUS, LOCK, PLAN, REJECTED, SHARDS, CorpusFolder
from affectlab.writing.plan import Plan, Settings, lay
from affectlab.writing.prompts import Prompts
from affectlab.writing.work import How, Outcome, outcome_of, write
from affectlab.writing.writers.base import Answer, Request

WORDS, TOPICS = ("calm", "sad", "proud"), tuple(f"topic {n}" for n in range(10))
PROMPTS = Prompts("stories", "1", "general", 1, (), ("Write about {topic} for {emotion}.",))
SEVERAL = Prompts("stories", "1", "general", 3, (), ("Write {count} texts about {topic} for {emotion}.",))
HOW = How(max_tokens=100, attempts=3)


class Stopped(Exception):
    """What ends a run in the middle."""


class Pen:
    """A writer whose texts are a function of request and seed; it can fail, and write what is to be rejected."""

    name = "a pen"
    settings: Mapping[str, Any] = MappingProxyType({})
    few = 0

    def __init__(self, *, bad: Callable[[Request, int], str | None] = lambda request, call: None, calls: int = 10**9):
        self.bad, self.calls, self.asked = bad, calls, list[Request]()

    def write(
        self,
        requests: Sequence[Request],
        *,
        max_tokens: int,
        temperature: float,
        top_p: float,
        progress: Callable[[int], None] = lambda done: None,
    ) -> list[Answer]:
        assert (max_tokens, temperature, top_p) == (100, 1.0, 0.95)
        if self.calls == 0:
            raise Stopped
        self.calls -= 1
        found = []
        for place, request in enumerate(requests):
            self.asked.append(request)
            found.append(Answer(self.bad(request, len(self.asked)) or self.text(request), "stop"))
            progress(place + 1)
        return found

    def text(self, request: Request) -> str:
        asked = request.messages[-1]["content"]
        count = int(asked.split()[1]) if asked.split()[1].isdigit() else 1
        texts = [f"{' '.join(f'w{request.seed + n}x{k}' for k in range(20))}." for n in range(count)]
        return "\n\n".join(f"{n + 1}. {text}" for n, text in enumerate(texts)) if count > 1 else texts[0]


@pytest.fixture(autouse=True)
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "REQUESTS_A_SHARD", 7)


def a_plan(each: int = 2, **settings: Any) -> Plan:
    return lay(Settings("stories", WORDS, TOPICS, each, **settings))


def run(path: Path, pen: Pen, plan: Plan | None = None, prompts: Prompts = PROMPTS) -> Outcome:
    return write(plan or a_plan(), prompts, pen, path, HOW, screen={"shortest": 5, "english": False})


def test_every_planned_text_is_written_with_what_it_must_carry(tmp_path: Path) -> None:
    outcome = run(tmp_path / "c", Pen())
    assert (outcome.planned, outcome.accepted, outcome.given_up) == (60, 60, 0)
    assert outcome.share == 1
    corpus = read_corpus(outcome.corpus)
    assert len(corpus) == 60
    row = corpus.row(0)
    assert row["writer"] == "a pen"
    assert row["prompt_hash"] == PROMPTS.hash
    assert (row["kind"], row["emotion"]) == ("stories", "calm")
    assert row["seed"] == a_plan().seed(0, 0)
    assert not list((tmp_path / "c" / SHARDS).glob(".*"))


def test_several_texts_of_one_reply_are_rows_of_their_own(tmp_path: Path) -> None:
    pen = Pen()
    outcome = run(tmp_path / "c", pen, a_plan(6, texts_per_request=3), SEVERAL)
    assert outcome.accepted == 180
    assert len(pen.asked) == 60


@pytest.mark.parametrize("calls", [0, 1, 2, 5, 8])
def test_a_run_that_stops_goes_on_to_the_same_bytes(tmp_path: Path, calls: int) -> None:
    def bad(request: Request, call: int) -> str | None:
        return "too short" if request.seed % 5 == 0 else None

    run(tmp_path / "whole", Pen(bad=bad))
    with pytest.raises(Stopped):
        run(tmp_path / "parts", Pen(bad=bad, calls=calls))
    assert not (tmp_path / "parts" / CORPUS).exists()
    run(tmp_path / "parts", Pen(bad=bad))
    for name in (CORPUS, REJECTED, PLAN):
        assert (tmp_path / "parts" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name


def test_a_finished_run_asks_for_nothing_again(tmp_path: Path) -> None:
    run(tmp_path / "c", Pen())
    pen = Pen(calls=0)
    assert run(tmp_path / "c", pen).accepted == 60
    assert pen.asked == []


def test_what_is_rejected_is_asked_again_with_another_seed_and_kept_with_its_reason(tmp_path: Path) -> None:
    pen = Pen(bad=lambda request, call: "I was calm and calm again for a while." if call == 1 else None)
    outcome = run(tmp_path / "c", pen)
    assert outcome.accepted == 60
    assert outcome.reasons == {"names the emotion": 1}
    seeds = [
        request.seed for request in pen.asked if request.messages[-1]["content"] == "Write about topic 0 for calm."
    ]
    assert len(seeds) == len(set(seeds)) == 3
    (rejected,) = pq.read_table(tmp_path / "c" / REJECTED).to_pylist()
    assert rejected["id"] == "stories/calm/000/000"
    assert rejected["text"].startswith("I was calm")
    assert (rejected["attempt"], rejected["reason"]) == (0, "names the emotion")


def test_what_is_rejected_is_asked_again_together_and_after_all_others(tmp_path: Path) -> None:
    """One text of each shard: a small model takes for one text nearly as long as for a few hundred."""
    pen, plan = Pen(bad=lambda request, call: "No." if call % 7 == 0 and call <= 60 else None), a_plan()
    assert run(tmp_path / "c", pen, plan).accepted == 60
    first = {plan.seed(number, 0) for number in range(60)}
    assert {request.seed for request in pen.asked[:60]} == first
    again = pen.asked[60:]
    assert [request.seed for request in again] == [plan.seed(number, 1) for number in range(6, 60, 7)]
    assert not CorpusFolder(tmp_path / "c").done(plan.shards + 2)
    texts = CorpusFolder(tmp_path / "c").texts(plan.shards)
    assert [(text.attempt, text.reason) for text in texts] == [(1, None)] * 7


def test_where_a_few_requests_cost_nothing_all_their_tries_are_made_at_once(tmp_path: Path) -> None:
    """Three texts are bad at first; of these the first is bad in the second try too, and the second in every one."""
    plan = a_plan()
    bad = {plan.seed(number, 0) for number in (4, 9, 33)} | {plan.seed(4, 1)} | {plan.seed(9, 1), plan.seed(9, 2)}

    def some(request: Request, call: int) -> str | None:
        return "No." if request.seed in bad else None

    def pen() -> Pen:
        found = Pen(bad=some)
        found.few = 5
        return found

    one_by_one, at_once = Pen(bad=some), pen()
    slow, quick = run(tmp_path / "a", one_by_one, plan), run(tmp_path / "b", at_once, plan)
    again = [plan.seed(number, attempt) for attempt in (1, 2) for number in (4, 9, 33)]
    assert [request.seed for request in at_once.asked[60:]] == again
    assert len(one_by_one.asked) == 60 + 3 + 2
    assert (quick.accepted, quick.given_up, quick.reasons) == (59, 1, {"too short": 6})
    assert slow.reasons == quick.reasons
    assert (tmp_path / "a" / CORPUS).read_bytes() == (tmp_path / "b" / CORPUS).read_bytes()
    assert (tmp_path / "a" / REJECTED).read_bytes() == (tmp_path / "b" / REJECTED).read_bytes()
    kept = CorpusFolder(tmp_path / "b").texts(plan.shards)
    tries = [(text.attempt, text.reason is None) for text in kept]
    assert tries == [(1, False), (1, False), (1, True), (2, True), (2, False)]
    # Nothing is asked once more, unless it is gone.
    assert run(tmp_path / "b", done := pen(), plan) == quick
    assert not done.asked
    CorpusFolder(tmp_path / "b").shard(plan.shards).unlink()
    assert run(tmp_path / "b", anew := pen(), plan) == quick
    assert [request.seed for request in anew.asked] == again


def test_a_removed_shard_of_which_others_are_rejected_now_changes_what_is_asked_again(tmp_path: Path) -> None:
    """Such as by a server that answers otherwise the second time: no text is lost, and none is there twice."""
    number = [3]
    bad = {plan_seed: place for place, plan_seed in enumerate(a_plan().seed(number, 0) for number in range(60))}

    def one(request: Request, call: int) -> str | None:
        return "No." if bad.get(request.seed) == number[0] else None

    run(tmp_path / "c", Pen(bad=one))
    CorpusFolder(tmp_path / "c").shard(0).unlink()
    number[0] = 5
    pen = Pen(bad=one)
    outcome = run(tmp_path / "c", pen)
    assert (outcome.accepted, outcome.reasons) == (60, {"too short": 1})
    assert len(set(read_corpus(outcome.corpus).ids)) == 60
    assert len(pen.asked) == 7 + 1


def test_what_stays_bad_is_given_up_after_so_many_attempts(tmp_path: Path) -> None:
    def bad(request: Request, call: int) -> str | None:
        return "" if "for sad" in request.messages[-1]["content"] else None

    outcome = run(tmp_path / "c", Pen(bad=lambda request, call: " " if bad(request, call) is not None else None))
    assert (outcome.accepted, outcome.given_up) == (40, 20)
    assert outcome.reasons == {"missing": 60}
    assert outcome_of(tmp_path / "c") == outcome


def test_only_what_is_missing_of_a_reply_is_asked_again(tmp_path: Path) -> None:
    pen = Pen(bad=lambda request, call: "1. " + " ".join(f"a{k}" for k in range(9)) + "." if call == 1 else None)
    outcome = run(tmp_path / "c", pen, a_plan(3, texts_per_request=3), SEVERAL)
    assert outcome.accepted == 90
    again = [r for r in pen.asked if r.messages[-1]["content"] == "Write 2 texts about topic 0 for calm."]
    assert len(again) == 1


def test_a_text_is_a_copy_also_of_one_in_a_shard_of_an_earlier_run(tmp_path: Path) -> None:
    same = " ".join(f"word{k}" for k in range(30)) + "."

    def copies(request: Request, call: int) -> str | None:
        return same if request.seed in {a_plan().seed(0, 0), a_plan().seed(20, 0)} else None

    with pytest.raises(Stopped):
        run(tmp_path / "c", Pen(bad=copies, calls=1))
    assert run(tmp_path / "c", Pen(bad=copies)).reasons == {"a copy": 1}


def test_nothing_usable_is_an_error_that_says_why(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"no text was accepted.*too short: 180"):
        run(tmp_path / "c", Pen(bad=lambda request, call: "No."))
    assert len(pq.read_table(tmp_path / "c" / REJECTED)) == 180


def test_another_plan_or_writer_does_not_go_on_with_this_folder(tmp_path: Path) -> None:
    run(tmp_path / "c", Pen())
    with pytest.raises(InputError, match=r"begun with other settings.*settings.each 2.*settings.each 3"):
        run(tmp_path / "c", Pen(), a_plan(3))
    other = Pen()
    other.name = "another pen"
    with pytest.raises(InputError, match=r"a pen.*another pen"):
        run(tmp_path / "c", other)


def test_two_runs_do_not_write_to_one_folder(tmp_path: Path) -> None:
    folder = tmp_path / "c"
    folder.mkdir()
    with open(folder / LOCK, "w", encoding="utf-8") as file:
        file.write("4242")
        file.flush()
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(OutputError, match=r"somebody else is writing.*4242"):
            run(folder, Pen())
    assert run(folder, Pen()).accepted == 60


def test_a_damaged_shard_is_named(tmp_path: Path) -> None:
    run(tmp_path / "c", Pen())
    shard = CorpusFolder(tmp_path / "c").shard(3)
    shard.write_bytes(shard.read_bytes()[:-40])
    with pytest.raises(InputError, match=r"00003.parquet: a shard cannot be read.*remove this file"):
        run(tmp_path / "c", Pen())
    shard.unlink()
    assert run(tmp_path / "c", Pen()).accepted == 60


def test_a_damaged_plan_and_a_strange_folder_are_refused(tmp_path: Path) -> None:
    run(tmp_path / "c", Pen())
    (tmp_path / "c" / PLAN).write_text("{")
    with pytest.raises(InputError, match="the plan cannot be read"):
        run(tmp_path / "c", Pen())
    (tmp_path / "c" / PLAN).unlink()
    with pytest.raises(InputError, match="a folder with shards and no plan"):
        run(tmp_path / "c", Pen())
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="this folder cannot be made"):
        run(tmp_path / "file", Pen())


def test_progress_grows_to_the_number_planned(tmp_path: Path) -> None:
    seen: list[int] = []
    pen = Pen(bad=lambda request, call: "No." if call % 9 == 0 else None)
    write(a_plan(), PROMPTS, pen, tmp_path / "c", HOW, screen={"shortest": 5, "english": False},
          progress=lambda reached: seen.append(reached.done))  # fmt: skip
    assert seen[-1] == 60
    assert max(seen) == 60
    assert all(later - earlier > -8 for earlier, later in pairwise(seen))


def test_the_plan_says_everything_that_decides_the_texts(tmp_path: Path) -> None:
    run(tmp_path / "c", Pen())
    facts = json.loads((tmp_path / "c" / PLAN).read_text())
    assert facts["writer"] == "a pen"
    assert facts["prompts"]["hash"] == PROMPTS.hash
    assert facts["how"]["attempts"] == 3
    assert facts["settings"]["words"] == list(WORDS)
    assert len(pq.read_table(tmp_path / "c" / "plan.parquet")) == 60


def test_what_a_killed_run_left_half_written_is_removed(tmp_path: Path) -> None:
    for place in (tmp_path / "c", tmp_path / "c" / SHARDS):
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{TEMPORARY}0123.parquet").write_bytes(b"half")
    run(tmp_path / "c", Pen())
    assert not list((tmp_path / "c").rglob(f"{TEMPORARY}*"))


FULL = """
import resource, signal, sys
from pathlib import Path
from tests.writing.test_work import Pen, plans, run

plans.REQUESTS_A_SHARD = 7
if sys.argv[2] != "0":
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
run(Path(sys.argv[1]), Pen())
"""


@pytest.mark.parametrize("room", [0, 1, 3000, 6000])
def test_a_full_disk_is_named_and_costs_nothing_that_was_written(tmp_path: Path, room: int) -> None:
    """A limit on the size of files stands for the disk: plan, a shard or the corpus cannot be written."""
    run(tmp_path / "whole", Pen())
    command = [sys.executable, "-c", FULL, str(tmp_path / "parts")]
    stopped = subprocess.run([*command, str(room)], capture_output=True, text=True, check=False)
    if room:
        assert stopped.returncode != 0
        assert "cannot write here" in stopped.stderr.splitlines()[-1]
    subprocess.run([*command, "0"], check=True)
    for name in (CORPUS, REJECTED, PLAN):
        assert (tmp_path / "parts" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
