"""Addresses, keys, pauses and replies, without a server."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectlab.errors import InputError
from affectlab.writing.writers.address import Server, complete_url, server_at
from affectlab.writing.writers.base import Answer
from affectlab.writing.writers.endpoint import EndpointWriter
from affectlab.writing.writers.patience import LONGEST_ASKED, LONGEST_PAUSE, asked_for, pause
from affectlab.writing.writers.replies import MayPass, answer_in, code_in, models_in, without_thought, words_in

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "completed"),
    [
        ("http://localhost:8000", "http://localhost:8000/v1"),
        ("http://localhost:8000/", "http://localhost:8000/v1"),
        ("http://localhost:8000/v1/", "http://localhost:8000/v1"),
        (" HTTPS://API.OpenAI.com/v1/chat/completions ", "https://api.openai.com/v1"),
        ("https://openrouter.ai/api", "https://openrouter.ai/api/v1"),
        ("https://api.groq.com/openai/v1", "https://api.groq.com/openai/v1"),
        ("https://generativelanguage.googleapis.com/v1beta/openai/", None),
        ("http://[::1]:8080", "http://[::1]:8080/v1"),
        ("https://host/Some/Path", "https://host/Some/Path/v1"),
    ],
)
def test_an_address_is_completed(given: str, completed: str | None) -> None:
    assert complete_url(given) == (completed or given.rstrip("/"))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:8000",
        "localhost",
        "/v1",
        "ftp://host/v1",
        "file:///etc/passwd",
        "http://",
        "http://host:port/v1",
        "http://[::1/v1",
        "http://host:99999",
        "http://ho st/v1",
        "http://host\x00/v1",
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(InputError, match="no address of a server") as raised:
        complete_url(url)
    assert "http://localhost:8000/v1" in raised.value.expected


def test_a_forgotten_scheme_is_offered() -> None:
    with pytest.raises(InputError, match="did you mean 'http://localhost:8000'"):
        complete_url("localhost:8000")


@pytest.mark.parametrize(
    "url",
    [
        "https://me:secret@host/v1",
        "https://secret@host/v1",
        "me:secret@host/v1",
        "https://host/v1?key=secret",
        "https://host/v1#secret",
        "https://host:port/v1?api-key=secret",
    ],
)
def test_an_address_with_a_secret_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(InputError) as raised:
        EndpointWriter(url, "pocket")
    assert "secret" not in raised.value.line
    assert "AFFECTLAB_API_KEY" in raised.value.fix


def found(monkeypatch: pytest.MonkeyPatch, url: str, key: str | None = None, **environment: str) -> Server:
    for name in ("AFFECTLAB_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return server_at(url, "pocket", key)


def test_where_the_key_comes_from(monkeypatch: pytest.MonkeyPatch) -> None:
    both = {"AFFECTLAB_API_KEY": "own", "OPENAI_API_KEY": "common"}
    assert found(monkeypatch, "https://host").key.headers == {}
    assert found(monkeypatch, "https://host", "given", **both).key.headers == {"Authorization": "Bearer given"}
    assert found(monkeypatch, "https://host", "", **both).key.headers == {}
    assert found(monkeypatch, "https://host", **both).key.source == "AFFECTLAB_API_KEY"
    assert found(monkeypatch, "https://host", **(both | {"AFFECTLAB_API_KEY": " "})).key.source == "OPENAI_API_KEY"


def test_the_key_of_another_service_is_not_sent_in_the_open(monkeypatch: pytest.MonkeyPatch) -> None:
    for url in ("http://localhost:1", "http://127.8.9.1", "http://[::1]", "http://0.0.0.0:8000", "https://host"):
        assert found(monkeypatch, url, OPENAI_API_KEY="common").key.secret == "common"
    for url in ("http://host", "http://10.0.0.5:8000", "http://localhost.example"):
        assert found(monkeypatch, url, OPENAI_API_KEY="common").key.secret == ""
        assert found(monkeypatch, url, AFFECTLAB_API_KEY="own").key.secret == "own"


@pytest.mark.parametrize("key", ["sec ret", "sec\nret", "sécret", "sec\x00ret"])
def test_what_cannot_be_a_key_is_not_shown(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="this is no key") as raised:
        found(monkeypatch, "https://host", key)
    assert "ret" not in raised.value.line.replace("letter", "")


@pytest.mark.parametrize(
    "options", [{"concurrency": 0}, {"attempts": 0}, {"timeout": 0.0}, {"timeout": float("nan")}, {"model": " "}]
)
def test_settings_that_cannot_be_kept(options: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        EndpointWriter("http://host", **{"model": "pocket", **options})


# Pauses.


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 0.0),
        ("", 0.0),
        ("7", 7.0),
        ("0.25", 0.25),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30.0),
        ("Sun, 01 Mar 2026 12:00:30 -0000", 30.0),
        ("Sun, 01 Mar 2026 13:00:30 +0100", 30.0),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0.0),
        ("-3", 0.0),
        ("inf", 0.0),
        ("soon", 0.0),
        ("²", 0.0),
    ],
)
def test_what_retry_after_asks_for(header: str | None, seconds: float) -> None:
    assert asked_for(header, NOW) == seconds


def test_pauses_grow_and_are_the_same_each_time() -> None:
    waited = [pause(0.5, attempt, seed=3) for attempt in range(20)]
    assert waited == [pause(0.5, attempt, seed=3) for attempt in range(20)]
    for attempt, seconds in enumerate(waited):
        assert min(0.5 * 2**attempt, LONGEST_PAUSE) / 2 <= seconds <= min(0.5 * 2**attempt, LONGEST_PAUSE)
    assert len({pause(0.5, 0, seed=seed) for seed in range(50)}) == 50, "not all at once"


def test_the_server_may_ask_for_more_time_but_not_for_ever() -> None:
    assert pause(0.5, 0, seed=1, after=9.0) == 9.0 + pause(0.5, 0, seed=1)
    assert pause(0.5, 0, seed=1, after=1e9) == LONGEST_ASKED + pause(0.5, 0, seed=1)


# Replies.


NAMES = st.sampled_from("choices message content error data id finish_reason text refusal type".split())
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner),
)


def read(content: bytes) -> Answer | MayPass:
    try:
        return answer_in(content)
    except MayPass as error:
        return error


@given(ANYTHING)
def test_whatever_a_server_says_is_an_answer_or_may_pass(said: Any) -> None:
    content = json.dumps(said).encode()
    assert isinstance(words_in(content), str)
    assert isinstance(code_in(content), str)
    assert all(isinstance(name, str) for name in models_in(content))
    assert isinstance(read(content), Answer | MayPass)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[" * 100_000, b'{"choices": [{"message": {"con', b"null"])
def test_what_is_no_reply_may_pass(content: bytes) -> None:
    with pytest.raises(MayPass, match="no JSON object"):
        answer_in(content)


@pytest.mark.parametrize("reason", ["error", "abort"])
def test_a_text_that_the_server_broke_off_is_asked_for_again(reason: str) -> None:
    choice = {"message": {"content": "Once upon"}, "finish_reason": reason}
    with pytest.raises(MayPass, match="broke off"):
        answer_in(json.dumps({"choices": [choice]}).encode())


@pytest.mark.parametrize(
    "text",
    [
        "Rain.",
        "<think>a</think>Rain.",
        "<think>a</think>\n<think>b\n</think> Rain.",
        "a</think>Rain.",
        "a</think><think>b</think>Rain.",
        "<think>a</think>b</think>Rain.",
        "Rain.<think>and then",
    ],
)
def test_thoughts_are_taken_out(text: str) -> None:
    assert without_thought(text) == "Rain."
