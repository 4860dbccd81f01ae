"""What went wrong with a server, as the error that its reader needs. None of them holds the key.

What may be gone when asked again is a `MayPass`; everything else ends the writing.
"""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Sequence

import httpx2

from affectlab.errors import AffectlabError, ContextError, InputError, ModelError, UnknownNameError
from affectlab.writing.writers.address import COMMON_KEY, OWN_KEY, Server
from affectlab.writing.writers.patience import asked_for
from affectlab.writing.writers.replies import MayPass, Reply, code_in, words_in

NO_ANSWER_YET = (408, 409, 425, 429)
"""What is answered to a request that may be sent again as it is; so is every code from 500."""
_TOO_LONG = re.compile(r"context.?(length|size|window)|maximum model length|max_model_len|too many tokens", re.I)
_NO_MODEL = re.compile(r"model.*(not found|not exist|not a valid|unknown|no such)|unknown model|no such model", re.I)


def is_about_the_model(reply: Reply) -> bool:
    """Whether the server may not know the model, or the path: both are 404, and some servers say it with 400."""
    words = f"{code_in(reply.content)} {words_in(reply.content)}".replace("_", " ")
    return reply.status == 404 or (reply.status == 400 and bool(_NO_MODEL.search(words)))


def is_withheld(reply: Reply) -> bool:
    """Whether the server will not have this conversation, and says so with an error where others answer."""
    return reply.status == 400 and code_in(reply.content) in ("content_filter", "content_policy_violation")


def failure(reply: Reply, server: Server) -> Exception:
    """The error for a reply that is no answer."""
    status, words = reply.status, server.key.hide(words_in(reply.content))
    found = f"HTTP {status}" + (f": {words}" if words else "")
    if 300 <= status < 400:
        return _redirected(reply, server)
    if status == 402 or code_in(reply.content) == "insufficient_quota":
        return ModelError("the account of the key has nothing left", where=server.base, found=found, fix="fill it up")
    if status in NO_ANSWER_YET or status >= 500:
        fix = "ask for fewer at once (concurrency), or later" if status == 429 else "look what the server's log says"
        return MayPass(found, fix=fix, after=asked_for(reply.headers.get("Retry-After")))
    if status in (401, 403):
        return _locked_out(server, found if status == 403 else "HTTP 401")
    if status == 413 or _TOO_LONG.search(f"{code_in(reply.content)} {words}"):
        fix = "ask for fewer tokens (max_tokens) or fewer texts at once, or serve the model with a longer context"
        return ContextError("the text is longer than the model can see", where=server.base, found=found, fix=fix)
    fix = "see what the server says, and whether it takes a seed, temperature, top_p and max_tokens"
    return InputError("the server refuses the request", where=server.chat, found=found, fix=fix)


def _redirected(reply: Reply, server: Server) -> AffectlabError:
    """A redirect is not followed: it would take the key and the texts to a place that nobody named."""
    # The place alone: what stands before an @ or behind a ? may open it.
    target = re.sub(r"//[^/?#]*@", "//", re.split(r"[?#]", reply.headers.get("Location", ""), maxsplit=1)[0])
    return ModelError(
        "the server sends us elsewhere, and we do not go",
        where=server.chat,
        expected="an answer",
        found=f"HTTP {reply.status} to {server.key.hide(target)[:200] or 'nowhere'}",
        fix="if you trust that place, give its address",
    )


def _locked_out(server: Server, found: str) -> AffectlabError:
    key = server.key
    fix = f"set {OWN_KEY} to a key of this server" + ("" if key.source else f"; {COMMON_KEY} goes over https alone")
    return ModelError(
        "the server does not take the key" if key.secret else "the server wants a key",
        where=server.base,
        expected=f"a key that opens {server.model!r}",
        found=f"{found}, with {key.source}" if key.secret else f"{found}, and no key was sent",
        fix=fix,
    )


def not_served(reply: Reply, server: Server, models: Sequence[str]) -> Exception:
    """The error where the model or the path seems not to be known, given the models that the server names."""
    names = [server.key.hide(name) for name in models]
    if names and server.model not in models:
        return UnknownNameError("model", server.model, names, where=server.base)
    if reply.status != 404:
        return failure(reply, server)
    words = server.key.hide(words_in(reply.content))
    return ModelError(
        "nobody answers conversations here",
        where=server.chat,
        expected="a server that speaks the OpenAI protocol, and serves this model",
        found=f"HTTP {reply.status}" + (f": {words}" if words else ""),
        fix="mind the path, which mostly ends in /v1, and the model's name",
    )


def too_large(server: Server, most: int) -> AffectlabError:
    """The error for a reply that does not end."""
    expected = f"at most {most:,} bytes for one reply"
    return ModelError("the reply is too large", where=server.chat, expected=expected, found="more", fix="ask for less")


def broken(error: Exception, server: Server, seconds: float, *, reached: bool) -> Exception:
    """The error for a connection that failed. A server that was `reached` before may come back."""
    causes = list(_causes(error))
    words = server.key.hide(_words(causes, seconds))
    if not reached and any(isinstance(cause, ssl.SSLError) for cause in causes):
        return _no_tls(causes, server, words)
    if not reached and _is_before_sending(error):
        return ModelError(
            "the server cannot be reached",
            where=server.base,
            expected="a server that listens there",
            found=words,
            fix="start it, or mind the host and the port" + ("" if server.is_local else ", and the proxy if any"),
        )
    fix = "allow more time (timeout), or ask for fewer at once (concurrency)" if isinstance(error, TimeoutError) else ""
    return MayPass(words, fix=fix or "look what the server's log says")


def _no_tls(causes: Sequence[BaseException], server: Server, words: str) -> AffectlabError:
    unknown = any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes)
    return ModelError(
        "the server's certificate is not trusted" if unknown else "no encrypted connection to the server",
        where=server.base,
        expected="a certificate for this host from a known authority" if unknown else "a server that speaks TLS",
        found=words,
        fix="name the file of your authority in SSL_CERT_FILE" if unknown else "does it listen at http:// instead?",
    )


def _is_before_sending(error: Exception) -> bool:
    return isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.ProxyError)


def _causes(error: BaseException | None) -> list[BaseException]:
    """An error and what led to it, the first cause last."""
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        inner = error.exceptions[0] if isinstance(error, BaseExceptionGroup) else None
        error = inner or error.__cause__ or error.__context__
    return found


def _words(causes: Sequence[BaseException], seconds: float) -> str:
    """The most telling words: those of the operating system if it had any."""
    if isinstance(causes[0], TimeoutError):
        return f"no reply within {seconds:g} s"
    system = [cause for cause in causes if isinstance(cause, OSError) and cause.strerror]
    told = next((str(cause) for cause in causes if str(cause)), "")
    if system:
        # asyncio puts words of its own into the error; those for the number are known to everybody.
        number = system[-1].errno or 0
        known = number > 0 and not isinstance(system[-1], ssl.SSLError)
        told = os.strerror(number) if known else str(system[-1].strerror)
    return " ".join((told or type(causes[0]).__name__).split())[:200]


def gave_up(trouble: MayPass, server: Server, attempts: int, index: int) -> AffectlabError:
    """The error when asking again did not help."""
    times = "once" if attempts == 1 else f"{attempts} times"
    return ModelError(
        f"no answer, though asked {times}",
        where=f"{server.chat}, request {index}",
        expected="a chat completion",
        found=server.key.hide(trouble.why),
        fix=trouble.fix or "look what the server's log says",
    )
