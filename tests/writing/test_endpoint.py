"""An endpoint writes: all requests are answered, none twice, in order, through every fault that may pass."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from random import Random
from typing import Any

import pytest

from affectlab.errors import AffectlabError
from affectlab.writing.writers.base import Answer, Request, Writer
from affectlab.writing.writers.endpoint import EndpointWriter
from tests.writing.faulty_server import (
    FAULTS,
    FaultyServer,
    Reply,
    always,
    complaint,
    completion,
    serve,
    ten_percent_of_each,
)

SETTINGS: dict[str, Any] = {"max_tokens": 50, "temperature": 0.7, "top_p": 0.9}


@pytest.fixture(autouse=True)
def no_key_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AFFECTLAB_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def requests_for(count: int) -> list[Request]:
    """Seeds that do not come in order, so that a place cannot be taken for a seed."""
    return [Request([{"role": "user", "content": f"topic {index}"}], seed=7 * index % 1009) for index in range(count)]


def expected(requests: list[Request]) -> list[Answer]:
    return [Answer(f"{request.seed}: {request.messages[0]['content']}", "stop") for request in requests]


def writer_for(server: FaultyServer, **options: Any) -> EndpointWriter:
    return EndpointWriter(server.url, "pocket", **{"pause": 0.01, "timeout": 10.0, **options})


def write(server: FaultyServer, count: int = 1, **options: Any) -> list[Answer]:
    return writer_for(server, **options).write(requests_for(count), **SETTINGS)


# Every request, once, in order.


def test_with_ten_percent_errors_of_each_sort_all_are_answered_and_none_twice() -> None:
    requests = requests_for(200)
    counted: list[int] = []
    with serve(ten_percent_of_each(seed=1), delay=lambda seed: Random(seed).random() * 0.01) as server:
        writer = writer_for(server, timeout=3.0)
        answers = writer.write(requests, **SETTINGS, progress=counted.append)
    assert answers == expected(requests)
    assert [server.answered(request.seed) for request in requests] == [1] * len(requests)
    assert counted == list(range(1, len(requests) + 1))
    met = [visit.reply for visit in server.asked]
    assert {name: met.count(fault) for name, fault in FAULTS.items() if met.count(fault) < 5} == {}, "all sorts struck"
    assert server.most_at_once <= 16


def test_answers_stand_in_order_whatever_order_they_arrive_in() -> None:
    requests = requests_for(40)
    with serve(delay=lambda seed: 0.02 if seed % 2 else 0.0) as server:
        answers = writer_for(server).write(requests, **SETTINGS)
    assert answers == expected(requests)
    assert server.served != [request.seed for request in requests], "the delays have mixed them"
    assert sorted(server.served) == sorted(request.seed for request in requests)


@pytest.mark.parametrize("concurrency", [1, 5])
def test_no_more_are_on_their_way_than_allowed(concurrency: int) -> None:
    requests = requests_for(30)
    with serve(delay=lambda seed: 0.01) as server:
        assert writer_for(server, concurrency=concurrency).write(requests, **SETTINGS) == expected(requests)
    assert server.most_at_once == concurrency


def test_what_is_asked_for_is_sent() -> None:
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "A lamp."}]
    with serve() as server:
        writer: Writer = writer_for(server)
        writer.write([Request(messages, seed=11)], max_tokens=33, temperature=0.25, top_p=0.5)
    sent = {"messages": messages, "seed": 11, "max_tokens": 33, "temperature": 0.25, "top_p": 0.5, "model": "pocket"}
    assert server.asked[0].body == {**sent, "stream": False}
    assert "authorization" not in server.asked[0].headers


def test_no_requests_need_no_server() -> None:
    assert EndpointWriter("http://127.0.0.1:9/v1", "pocket").write([], **SETTINGS) == []


def test_the_name_says_which_model_and_where() -> None:
    writer = EndpointWriter("http://127.0.0.1:8000", "org/model", key="sk-very-secret-key")
    assert writer.name == "org/model at http://127.0.0.1:8000/v1"


# How an answer ended.


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        (completion("  Rain.\n"), Answer("Rain.", "stop")),
        (completion("Rain", "length"), Answer("Rain", "length")),
        (completion("", "length"), Answer("", "length")),
        (completion(None, "content_filter"), Answer("", "refused")),
        (completion(None, refusal="I cannot."), Answer("I cannot.", "refused")),
        (complaint(400, "the prompt was filtered", "content_filter"), Answer("", "refused")),
        (completion("<think>Now,\nwell</think>\n\nRain."), Answer("Rain.", "stop")),
        (completion("Now, well</think>Rain."), Answer("Rain.", "stop")),
        (completion("<think>Now, well", "length"), Answer("", "length")),
        (completion("Rain.", reasoning_content="Now, well"), Answer("Rain.", "stop")),
        (
            completion([{"type": "thinking", "thinking": []}, {"type": "text", "text": "Rain."}]),
            Answer("Rain.", "stop"),
        ),
        (completion("Rain \ud83c\udf27 \ud800."), Answer("Rain 🌧 \ufffd.", "stop")),
    ],
)
def test_how_it_ended_and_what_was_written(reply: Reply, answer: Answer) -> None:
    with serve(always(reply)) as server:
        assert write(server) == [answer]
    assert len(server.asked) == 1


def test_a_blank_text_is_asked_for_once_more_and_then_taken() -> None:
    with serve(always(FAULTS["blank"])) as server:
        assert write(server) == [Answer("", "stop")]
    assert len(server.asked) == 2


def test_a_blank_text_is_an_answer_where_there_is_one_attempt() -> None:
    with serve(always(FAULTS["blank"])) as server:
        assert write(server, attempts=1) == [Answer("", "stop")]


def test_a_model_that_wants_another_name_for_the_most_tokens_gets_it() -> None:
    words = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
    refusal = complaint(400, words, "unsupported_parameter")
    with serve(lambda seed, attempt: None if seed or attempt else refusal) as server:
        assert write(server, 3, concurrency=1, attempts=1) == expected(requests_for(3))
    limits = [set(visit.body) & {"max_tokens", "max_completion_tokens"} for visit in server.asked]
    assert limits == [{"max_tokens"}, *[{"max_completion_tokens"}] * 3], "it is told once"


# Waiting.


def test_retry_after_is_waited_for() -> None:
    with serve(always(FAULTS["429 with Retry-After"], times=1)) as server:
        assert write(server) == expected(requests_for(1))
    first, second = (visit.at for visit in server.asked)
    assert 1.0 <= second - first < 3.0


@pytest.mark.parametrize("sort", sorted(FAULTS.keys() - {"blank", "429 with Retry-After"}))
def test_it_gives_up_after_so_many_attempts(sort: str) -> None:
    with serve(always(FAULTS[sort])) as server, pytest.raises(AffectlabError, match="though asked 3 times") as raised:
        write(server, attempts=3, timeout=0.3)
    assert len(server.asked) == 3
    assert all(raised.value.fields.values()), "what, where, expected, found, fix"


def test_the_last_attempt_counts() -> None:
    with serve(always(FAULTS["500"], times=2)) as server:
        assert write(server, attempts=3) == expected(requests_for(1))


# Stopping.


def test_an_error_of_whoever_watches_stops_the_writing_and_nothing_more_is_asked() -> None:
    def full(done: int) -> None:
        raise OSError(28, "No space left on device")

    with serve(delay=lambda seed: 0.01) as server:
        with pytest.raises(OSError, match="No space left"):
            writer_for(server, concurrency=2).write(requests_for(50), **SETTINGS, progress=full)
        assert len(server.asked) <= 4


def test_it_writes_where_a_loop_is_running_as_in_a_notebook() -> None:
    async def notebook(server: FaultyServer) -> list[Answer]:
        return write(server, 5)

    with serve() as server:
        before = threading.active_count()
        assert asyncio.run(notebook(server)) == expected(requests_for(5))
        assert threading.active_count() == before


INTERRUPTED = """
import asyncio, signal, sys, threading
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell that starts tests in the background has it ignored
from affectlab.writing.writers.base import Request
from affectlab.writing.writers.endpoint import EndpointWriter
writer = EndpointWriter(sys.argv[1], "pocket")
def write():
    writer.write([Request([{"role": "user", "content": "x"}], 0)] * 50, max_tokens=5, temperature=1.0, top_p=1.0)
async def notebook():
    write()
try:
    asyncio.run(notebook()) if sys.argv[2] == "notebook" else write()
except KeyboardInterrupt:
    print("interrupted", threading.active_count())
"""


@pytest.mark.parametrize("place", ["script", "notebook"])
def test_ctrl_c_stops_at_once_and_leaves_no_threads(place: str) -> None:
    with serve(always(FAULTS["hang"])) as server:
        command = [sys.executable, "-W", "error", "-c", INTERRUPTED, server.url, place]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            deadline = time.monotonic() + 30
            while len(server.asked) < 16 and time.monotonic() < deadline:
                time.sleep(0.01)
            began = time.monotonic()
            os.kill(process.pid, signal.SIGINT)
            try:
                out, err = process.communicate(timeout=30)
            finally:
                process.kill()
            assert (out, err) == ("interrupted 1\n", "")
            assert time.monotonic() - began < 5
