"""What an endpoint does wrong for good is said once, clearly, with what to do, and never with the key."""

from __future__ import annotations

import logging
import pickle
import shutil
import socket
import ssl
import subprocess
import traceback
from pathlib import Path
from typing import Any

import pytest

from affectlab.errors import AffectlabError, ContextError, InputError, ModelError, UnknownNameError
from affectlab.writing.writers import endpoint
from affectlab.writing.writers.base import Request
from affectlab.writing.writers.endpoint import EndpointWriter
from tests.writing.faulty_server import FAULTS, Reply, Schedule, always, complaint, never, serve

KEY = "sk-proj-0123456789abcdefghij"
SHOWN_IN_PART = "sk-proj-01********ghij"


@pytest.fixture(autouse=True)
def no_key_and_no_proxy_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AFFECTLAB_API_KEY", "OPENAI_API_KEY", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def write(url: str, model: str = "pocket", **options: Any) -> Any:
    writer = EndpointWriter(url, model, **{"pause": 0.001, "timeout": 5.0, "attempts": 2, **options})
    asked = [Request([{"role": "user", "content": f"topic {seed}"}], seed) for seed in range(20)]
    return writer.write(asked, max_tokens=5, temperature=1.0, top_p=1.0)


def error_of(schedule: Schedule = never, url: str = "", **options: Any) -> AffectlabError:
    """The error that a server behaving so leads to; it is asked once for each request on its way, and no more."""
    options.setdefault("concurrency", 1)
    with serve(schedule, key=options.pop("wanted", "")) as server:
        with pytest.raises(AffectlabError) as raised:
            write(url or server.url, **options)
        assert len(server.asked) <= 1
    return raised.value


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


# The key.


def test_a_wrong_key_is_named_by_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    error = error_of(wanted="another")
    assert isinstance(error, ModelError)
    assert error.what == "the server does not take the key"
    assert error.found == "HTTP 401, with OPENAI_API_KEY"
    assert "AFFECTLAB_API_KEY" in error.fix


def test_a_missing_key_is_asked_for() -> None:
    error = error_of(wanted=KEY)
    assert (error.what, error.found) == ("the server wants a key", "HTTP 401, and no key was sent")


def test_the_right_key_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "another")
    monkeypatch.setenv("AFFECTLAB_API_KEY", f" {KEY}\n")
    with serve(key=KEY) as server:
        assert len(write(server.url)) == 20
        with pytest.raises(ModelError, match="no key was sent"):
            write(server.url, key="")


SAYING_THE_KEY: list[Reply] = [
    complaint(status, f"the key {words} is wrong, Bearer {KEY}", code)
    for words in (KEY, SHOWN_IN_PART)
    for status, code in [(400, None), (401, None), (402, None), (403, None), (404, None), (413, None), (429, None)]
]
SAYING_THE_KEY += [
    complaint(500, KEY),
    complaint(429, KEY, "insufficient_quota"),
    Reply(200, b'{"error": {"message": "' + KEY.encode() + b'"}}'),
    Reply(307, b"", {"Location": f"http://user:{KEY}@elsewhere.example/{KEY}?key={KEY}"}),
    Reply(502, f"<html>{KEY}</html>".encode()),
    *(FAULTS[name] for name in ("reset", "malformed", "cut")),
]


@pytest.mark.parametrize("reply", SAYING_THE_KEY)
def test_the_key_is_in_no_message_even_if_the_server_says_it(reply: Reply, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serve(always(reply), key=KEY) as server:
        writer = EndpointWriter(server.url, "pocket", key=KEY, pause=0.001, attempts=2)
        with pytest.raises(AffectlabError) as raised:
            writer.write([Request([{"role": "user", "content": "x"}], 0)], max_tokens=5, temperature=1.0, top_p=1.0)
    error = raised.value
    told = [*error.fields.values(), repr(error), "".join(traceback.format_exception(error))]
    # At the level of debugging, the library below tells the headers of replies.
    told += [] if reply.headers else [caplog.text]
    told += [repr(writer), writer.name, repr(vars(writer)), str(pickle.dumps(error))]
    for text in told:
        assert KEY not in text
        assert "sk-proj" not in text
        assert "ghij" not in text


# The model, the path, the text.


@pytest.mark.parametrize("status", [404, 400])
def test_a_model_that_is_not_served_is_answered_with_the_nearest_that_is(status: int) -> None:
    said = complaint(status, "pockte is not a valid model ID")
    error = error_of(always(said), model="pockte") if status == 400 else error_of(model="pockte")
    assert isinstance(error, UnknownNameError)
    assert error.fix == "did you mean 'pocket'?"
    assert "pocket" in error.expected
    assert error.where.startswith("http://127.0.0.1:")


def test_a_path_where_nobody_answers() -> None:
    with serve() as server, pytest.raises(ModelError, match="nobody answers conversations here") as raised:
        write(server.url.replace("/v1", "/other/v1"))
    assert raised.value.where.endswith("/other/v1/chat/completions")


def test_a_server_that_names_the_model_and_knows_nothing_of_it() -> None:
    error = error_of(always(complaint(404, "no such thing")))
    assert error.found == "HTTP 404: no such thing"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("Your input exceeds it.", "context_length_exceeded"),
        ("This model's maximum context length is 512 tokens. However, you requested 600 tokens.", None),
        ("'max_tokens' or 'max_completion_tokens' is too large: 600. The maximum context length is 512", None),
        ("the request exceeds the available context size, try increasing it", "exceed_context_size_error"),
        ("The decoder prompt (length 600) is longer than the maximum model length of 512.", None),
    ],
)
def test_a_text_that_is_too_long(words: str, code: str | None) -> None:
    error = error_of(always(complaint(400, words, code)))
    assert isinstance(error, ContextError)
    assert "max_tokens" in error.fix


def test_a_setting_that_the_server_does_not_know() -> None:
    error = error_of(always(complaint(400, "Unrecognized request argument supplied: seed")))
    assert error.found == "HTTP 400: Unrecognized request argument supplied: seed"
    assert "seed" in error.fix


@pytest.mark.parametrize("reply", [complaint(429, "exceeded", "insufficient_quota"), complaint(402, "no credits")])
def test_an_empty_account_is_not_asked_again(reply: Reply) -> None:
    assert error_of(always(reply)).what == "the account of the key has nothing left"


# The place.


def test_a_port_where_nobody_listens_is_said_at_once() -> None:
    error = error_of(url=f"http://127.0.0.1:{closed_port()}/v1", attempts=50, concurrency=16)
    assert error.what == "the server cannot be reached"
    assert "refused" in error.found
    assert "port" in error.fix


def test_a_server_that_went_away_may_come_back() -> None:
    with serve() as server:
        writer = EndpointWriter(server.url, "pocket", pause=0.001, attempts=3)
        asked = [Request([{"role": "user", "content": "x"}], 0)]
        writer.write(asked, max_tokens=5, temperature=1.0, top_p=1.0)
    with pytest.raises(ModelError, match="though asked 3 times"):
        writer.write(asked, max_tokens=5, temperature=1.0, top_p=1.0)


def test_tls_to_a_server_that_does_not_speak_it() -> None:
    with serve() as server, pytest.raises(ModelError, match="no encrypted connection") as raised:
        write(server.url.replace("http:", "https:"))
    assert "http://" in raised.value.fix


def test_a_certificate_of_nobody_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificate")
    made = f"req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {tmp_path}/key -out {tmp_path}/cert"
    named = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(["openssl", *made.split(), *named], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert", tmp_path / "key")
    with serve(tls=context) as server:
        with pytest.raises(ModelError, match="certificate is not trusted") as raised:
            write(server.url)
        assert "SSL_CERT_FILE" in raised.value.fix
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert"))
        assert len(write(server.url)) == 20
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "not there"))
    with pytest.raises(InputError, match="SSL_CERT_FILE"):
        write(server.url)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    with serve() as other:
        target = f"{other.url.replace('//', '//user:secret@')}/chat/completions?token=secret"
        error = error_of(always(Reply(status, b"", {"Location": target})), key=KEY)
        assert other.visits == []
    assert error.found == f"HTTP {status} to {other.url}/chat/completions"


def test_a_huge_reply_is_refused_on_its_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "MOST_BYTES", 100_000)
    with serve(always(Reply(body=b" " * 200_000_000))) as server:
        with pytest.raises(ModelError, match="the reply is too large"):
            write(server.url, concurrency=1)
        assert len(server.asked) == 1
    assert server.asked[0].bytes_sent < 20_000_000, "what the operating system holds on the way"


# Proxies.


@pytest.mark.parametrize("proxy", ["http://127.0.0.1:9", "socks5://127.0.0.1:9", "no proxy at all"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_no_proxy_stands_before_this_machine(proxy: str, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy)
    with serve() as server:
        assert len(write(server.url.replace("127.0.0.1", host))) == 20


def test_a_proxy_is_used_for_other_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url.removesuffix("/v1"))
        assert len(write("http://writer.example/v1")) == 20
        assert {visit.headers["host"] for visit in proxy.asked} == {"writer.example"}


@pytest.mark.parametrize("proxy", ["socks5://me:secret@127.0.0.1:9", "gopher://me:secret@127.0.0.1:9"])
def test_a_proxy_that_cannot_be_used(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(InputError, match="NO_PROXY") as raised:
        write("http://writer.example/v1")
    assert "secret" not in raised.value.line
