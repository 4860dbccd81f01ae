"""A writer behind any server that speaks the OpenAI protocol: `vllm serve`, llama.cpp, a service on the net.

1. So many requests are on their way at once, and no more; each carries its own seed. Answers come back in any order and
   stand in the order of the requests.
2. What may pass is asked again after a growing pause: 429, 5xx, silence, a broken connection, a reply that is no answer
   or only a part of one. A blank text is asked for once more, and then taken as it is.
3. What will not pass ends the writing at once: a wrong key, a model that is not served, a text that is too long.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import httpx2

from affectlab._version import __version__
from affectlab.errors import InputError
from affectlab.models.base import Sampling
from affectlab.writing.writers.address import server_at
from affectlab.writing.writers.base import Answer, Request
from affectlab.writing.writers.failures import (
    broken,
    failure,
    gave_up,
    is_about_the_model,
    is_withheld,
    not_served,
    too_large,
)
from affectlab.writing.writers.patience import pause
from affectlab.writing.writers.replies import MayPass, Reply, answer_in, code_in, models_in
from affectlab.writing.writers.running import run_here, together

MOST_BYTES = 16_000_000
"""Of one reply. A text of 100,000 tokens is well below a megabyte."""
CONNECT_SECONDS = 10.0


class EndpointWriter:
    """A model behind an OpenAI-compatible server, asked over HTTP.

    `url` is where the protocol is spoken, with or without /v1. The key is taken from AFFECTLAB_API_KEY, else from
    OPENAI_API_KEY (over https or to this machine alone), else none is sent, as with `key=""`. `timeout` is for one
    attempt, in seconds, and `pause` is waited after the first that failed.
    """

    def __init__(
        self,
        url: str,
        model: str,
        *,
        key: str | None = None,
        concurrency: int = 16,
        timeout: float = 600.0,
        attempts: int = 8,
        pause: float = 0.5,
    ) -> None:
        for name, value in (("concurrency", concurrency), ("timeout", timeout), ("attempts", attempts)):
            if not 0 < value < float("inf"):
                raise InputError("this cannot be kept", where=name, expected="more than 0", found=str(value))
        self.concurrency, self.timeout, self.attempts, self.pause = concurrency, timeout, attempts, pause
        self._server = server_at(url, model, key)
        self._reached = False
        self._limit = "max_tokens"
        self.name = f"{model} at {self._server.base}"
        self.few = 0  # each may have its price
        self.settings: Mapping[str, Any] = {}

    def __repr__(self) -> str:
        return f"EndpointWriter({self._server.base!r}, {self._server.model!r})"

    def write(
        self,
        requests: Sequence[Request],
        *,
        max_tokens: int,
        temperature: float,
        top_p: float,
        progress: Callable[[int], None] = lambda done: None,
    ) -> list[Answer]:
        """One answer a request, in order."""
        sampling = Sampling(max_tokens, temperature=temperature, top_p=top_p)
        found: dict[int, Answer] = {}

        def arrived(index: int, answer: Answer) -> None:
            found[index] = answer
            progress(len(found))

        run_here(self._write_all(requests, sampling, arrived))
        return [found[index] for index in range(len(requests))]

    async def _write_all(
        self, requests: Sequence[Request], sampling: Sampling, arrived: Callable[[int, Answer], None]
    ) -> None:
        async with self._client() as client:
            if requests and not self._reached:
                await self._models(client)
            waiting = iter(enumerate(requests))
            workers = min(self.concurrency, len(requests))
            await together(self._work(client, waiting, sampling, arrived) for _ in range(workers))

    async def _work(
        self,
        client: httpx2.AsyncClient,
        waiting: Iterator[tuple[int, Request]],
        sampling: Sampling,
        arrived: Callable[[int, Answer], None],
    ) -> None:
        """One of those who take the next request as long as there are any."""
        for index, request in waiting:
            arrived(index, await self._answer(client, index, request, sampling))

    async def _answer(self, client: httpx2.AsyncClient, index: int, request: Request, sampling: Sampling) -> Answer:
        """Ask until there is an answer, or no attempt is left."""
        blank: Answer | None = None
        trouble = MayPass("a blank text")
        for attempt in range(self.attempts):
            if attempt:
                await asyncio.sleep(pause(self.pause, attempt - 1, seed=request.seed, after=trouble.after))
            try:
                answer = await self._ask(client, request, sampling)
            except MayPass as error:
                trouble = error
                continue
            if answer.text or answer.ended != "stop" or blank:
                return answer
            blank, trouble = answer, MayPass("a blank text")
        if blank:
            return blank
        raise gave_up(trouble, self._server, self.attempts, index)

    async def _ask(self, client: httpx2.AsyncClient, request: Request, sampling: Sampling) -> Answer:
        limit = self._limit
        body = self._body(request, sampling, limit)
        reply = await self._exchange(client, "POST", self._server.chat, self.timeout, body)
        if 200 <= reply.status < 300:
            return answer_in(reply.content)
        if is_withheld(reply):
            return Answer("", "refused")
        if limit == "max_tokens" and _wants_another_limit(reply):
            self._limit = "max_completion_tokens"
            return await self._ask(client, request, sampling)
        if is_about_the_model(reply):
            raise not_served(reply, self._server, await self._models(client))
        raise failure(reply, self._server)

    def _body(self, request: Request, sampling: Sampling, limit: str) -> dict[str, Any]:
        return {
            "model": self._server.model,
            "messages": [dict(message) for message in request.messages],
            "seed": request.seed,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            limit: sampling.max_tokens,
            "stream": False,
        }

    async def _models(self, client: httpx2.AsyncClient) -> list[str]:
        """The models that the server names; none where it does not say.

        This is also how it is greeted, so that a wrong address is found by one request and not by all at once.
        """
        seconds = min(self.timeout, CONNECT_SECONDS)
        try:
            return models_in((await self._exchange(client, "GET", self._server.models, seconds)).content)
        except MayPass:
            return []

    async def _exchange(
        self, client: httpx2.AsyncClient, method: str, url: str, seconds: float, body: dict[str, Any] | None = None
    ) -> Reply:
        """Send a request and take the reply in, no further than it may be long."""
        content = bytearray()
        try:
            async with asyncio.timeout(seconds), client.stream(method, url, json=body) as response:
                self._reached = True
                # Not unpacked: a small reply could unfold to a huge one.
                async for part in response.aiter_raw():
                    content += part
                    if len(content) > MOST_BYTES:
                        raise too_large(self._server, MOST_BYTES)
                return Reply(response.status_code, response.headers, bytes(content))
        except (httpx2.TransportError, OSError) as error:
            # The chain is cut, because the errors below hold the request with its headers.
            raise broken(error, self._server, seconds, reached=self._reached) from None

    def _client(self) -> httpx2.AsyncClient:
        """Connections that last for one call of `write`. None of them goes to this machine by way of a proxy."""
        limits = httpx2.Limits(max_connections=self.concurrency, max_keepalive_connections=self.concurrency)
        headers = {"User-Agent": f"affectlab/{__version__}", "Accept-Encoding": "identity", **self._server.key.headers}
        try:
            return httpx2.AsyncClient(
                headers=headers,
                timeout=httpx2.Timeout(None, connect=min(CONNECT_SECONDS, self.timeout)),
                limits=limits,
                transport=httpx2.AsyncHTTPTransport(limits=limits) if self._server.is_local else None,
            )
        except (ImportError, ValueError, httpx2.InvalidURL):
            raise InputError(
                "the proxy that the environment names cannot be used",
                where="HTTP_PROXY, HTTPS_PROXY or ALL_PROXY",
                expected="the address of a proxy for HTTP",
                fix="mend it, or add the server's host to NO_PROXY",
            ) from None
        except OSError as error:
            where, fix = "SSL_CERT_FILE or SSL_CERT_DIR", "mend it, or leave it away"
            raise InputError("the certificates cannot be read", where=where, found=str(error), fix=fix) from None


def _wants_another_limit(reply: Reply) -> bool:
    """Newer models of OpenAI call the most tokens by another name, and refuse the name that all others know."""
    return code_in(reply.content) == "unsupported_parameter" and b"max_completion_tokens" in reply.content
