"""A real HTTP server on loopback that speaks the OpenAI protocol, fails as it is told to, and writes down what it saw.

    with serve(ten_percent_of_each(seed=1)) as server:
        EndpointWriter(server.url, "pocket").write(...)
    assert server.answered(7) == 1

It knows nothing of affectlab. A request is known by its seed: the answer to seed 7 about "a lamp" is `7: a lamp`.
"""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal, NamedTuple


class Reply(NamedTuple):
    """What is sent. Without a body that is the ordinary answer; `part` of it, and then the connection is closed."""

    status: int = 200
    body: bytes | None = None
    headers: Mapping[str, str] = {}
    part: float = 1.0
    act: Literal["answer", "reset", "hang"] = "answer"


def completion(content: Any = "", finish_reason: str | None = "stop", **more: Any) -> Reply:
    """An answer with this content; `more` goes into the message."""
    choice = {"index": 0, "message": {"role": "assistant", "content": content, **more}, "finish_reason": finish_reason}
    return Reply(body=json.dumps({"object": "chat.completion", "choices": [choice]}).encode())


def complaint(status: int, message: str, code: str | None = None, **headers: str) -> Reply:
    """An error as OpenAI words it."""
    error = {"message": message, "type": "invalid_request_error", "code": code}
    return Reply(status, json.dumps({"error": error}).encode(), headers)


FAULTS: Mapping[str, Reply] = {
    "429 with Retry-After": complaint(429, "slow down", **{"Retry-After": "1"}),
    "429": complaint(429, "slow down"),
    "500": Reply(500, b"<html>Internal Server Error</html>"),
    "503": complaint(503, "the model is loading"),
    "reset": Reply(act="reset"),
    "hang": Reply(act="hang"),
    "malformed": Reply(body=b'{"choices": [{"message": {"content": "once'),
    "no choices": Reply(body=b'{"object": "chat.completion", "choices": []}'),
    "cut": Reply(part=0.5),
    "blank": completion(" \n"),
}

Schedule = Callable[[int, int], Reply | None]
"""From the seed of a request and the attempt at it, counted from 0, to what is sent; None is the ordinary answer."""


def never(seed: int, attempt: int) -> Reply | None:
    return None


def always(reply: Reply, times: int = 1_000_000) -> Schedule:
    """The same reply to so many attempts at every request."""
    return lambda seed, attempt: reply if attempt < times else None


def ten_percent_of_each(seed: int) -> Schedule:
    """Every sort of fault strikes one request in ten, each sort by itself; a request meets its faults one by one."""

    def fault(request: int, attempt: int) -> Reply | None:
        random = Random(f"{seed} {request}")
        sorts = [name for name in FAULTS if random.random() < 0.1]
        random.shuffle(sorts)
        return FAULTS[sorts[attempt]] if attempt < len(sorts) else None

    return fault


@dataclass
class Visit:
    """A request as it came, and whether the ordinary answer to it was sent whole."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]
    at: float
    attempt: int = 0
    reply: Reply | None = None
    answered: bool = False
    bytes_sent: int = 0

    @property
    def seed(self) -> int:
        return int(self.body.get("seed", -1))


@dataclass
class FaultyServer:
    """A server that is running: where it is, what it saw, and how many requests it had at once at most."""

    schedule: Schedule
    key: str
    models: tuple[str, ...]
    delay: Callable[[int], float]
    says: Callable[[int, str], str]
    url: str = ""
    visits: list[Visit] = field(default_factory=list)
    served: list[int] = field(default_factory=list)
    """Seeds in the order in which they got the ordinary answer."""
    at_once: int = 0
    most_at_once: int = 0
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def asked(self) -> list[Visit]:
        """Those who wanted a text."""
        return [visit for visit in self.visits if visit.method == "POST"]

    def attempts(self, seed: int) -> list[Visit]:
        return [visit for visit in self.asked if visit.seed == seed]

    def answered(self, seed: int) -> int:
        return sum(visit.answered for visit in self.attempts(seed))

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            while await self._visited(reader, writer):
                pass
        except UnicodeDecodeError:
            writer.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            writer.close()
            with suppress(ConnectionError, ssl.SSLError, TimeoutError):
                await writer.wait_closed()
            self._open.discard(writer)

    async def disconnect(self) -> None:
        """Break every connection, and wait until whoever served it, or was about to, has seen that."""
        while len(asyncio.all_tasks()) > 1:
            for writer in self._open:
                writer.transport.abort()
            await asyncio.sleep(0.001)

    async def _visited(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Take one request and reply; whether the connection may be used again."""
        visit = await _read(reader)
        visit.attempt = len(self.attempts(visit.seed))
        self.visits.append(visit)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            visit.reply = reply = self._reply(visit)
            await asyncio.sleep(self.delay(visit.seed))
            if reply is not None and reply.act == "hang":
                await reader.read()  # until the other side has had enough
                return False
        finally:
            self.at_once -= 1
        if reply is not None and reply.act == "reset":
            # A connection that is closed with nothing left to linger for is reset.
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
            return False
        asked = visit.body["messages"][-1]["content"] if visit.body else ""
        await _send(writer, reply or Reply(), completion(self.says(visit.seed, asked)).body or b"", visit)
        visit.answered = reply is None
        if visit.answered and visit.method == "POST":
            self.served.append(visit.seed)
        return reply is None or reply.part == 1.0

    def _reply(self, visit: Visit) -> Reply | None:
        if self.key and visit.headers.get("authorization") != f"Bearer {self.key}":
            return complaint(401, f"Incorrect API key provided: {visit.headers.get('authorization')}")
        if visit.method == "GET" and visit.path == "/v1/models":
            return Reply(body=json.dumps({"data": [{"id": name} for name in self.models]}).encode())
        if visit.path != "/v1/chat/completions":
            return Reply(404, b'{"detail": "Not Found"}')
        if visit.body["model"] not in self.models:
            return complaint(404, f"The model `{visit.body['model']}` does not exist.", "model_not_found")
        return self.schedule(visit.seed, visit.attempt)


async def _read(reader: asyncio.StreamReader) -> Visit:
    letter = await reader.readexactly(1)
    if not letter.isalpha():
        raise UnicodeDecodeError("ascii", letter, 0, 1, "no HTTP")  # such as the first byte of TLS
    first, *lines = (letter + await reader.readuntil(b"\r\n\r\n")).decode("latin-1").strip().split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    content = await reader.readexactly(int(headers.get("content-length", 0)))
    # A proxy is sent the whole address.
    path = target.partition("://")[2].partition("/")[2] if "://" in target else target[1:]
    return Visit(method, f"/{path}", headers, json.loads(content or b"{}"), time.monotonic())


async def _send(writer: asyncio.StreamWriter, reply: Reply, ordinary: bytes, visit: Visit) -> None:
    body = ordinary if reply.body is None else reply.body
    head = [f"HTTP/1.1 {reply.status} Whatever", "Content-Type: application/json", f"Content-Length: {len(body)}"]
    head += [f"{name}: {value}" for name, value in reply.headers.items()]
    writer.write("\r\n".join([*head, "", ""]).encode("latin-1"))
    body = body[: int(len(body) * reply.part)]
    for begin in range(0, len(body), 65_536):
        writer.write(body[begin : begin + 65_536])
        await writer.drain()
        visit.bytes_sent = begin


@contextmanager
def serve(
    schedule: Schedule = never,
    *,
    key: str = "",
    models: tuple[str, ...] = ("pocket",),
    delay: Callable[[int], float] = lambda seed: 0.0,
    says: Callable[[int, str], str] = lambda seed, asked: f"{seed}: {asked}",
    tls: ssl.SSLContext | None = None,
) -> Iterator[FaultyServer]:
    """A server in a thread of its own, for as long as the body runs. `delay` is how long it writes, by the seed, and
    `says` its ordinary answer, by the seed and what was asked."""
    server = FaultyServer(schedule, key, models, delay, says)
    ready, over = threading.Event(), asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def run() -> None:
        listening = await asyncio.start_server(server.connected, "127.0.0.1", 0, ssl=tls)
        server.url = f"http{'s' if tls else ''}://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1"
        loops.append(asyncio.get_running_loop())
        ready.set()
        await over.wait()
        await server.disconnect()
        listening.close()

    running = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
    running.start()
    assert ready.wait(10)
    try:
        yield server
    finally:
        loops[0].call_soon_threadsafe(over.set)
        running.join(10)
        assert not running.is_alive()
