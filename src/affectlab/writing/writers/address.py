"""Which server writes, and the key it is shown.

1. The address is completed to the folder of the protocol: `http://localhost:8000` becomes `http://localhost:8000/v1`.
2. The key comes from the caller, else from AFFECTLAB_API_KEY, else from OPENAI_API_KEY. It goes into one header of each
   request and nowhere else: what a server says is cleared of it before it is shown.
"""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

import httpx2

from affectlab.errors import InputError

OWN_KEY, COMMON_KEY = "AFFECTLAB_API_KEY", "OPENAI_API_KEY"
_EXAMPLE = "such as http://localhost:8000/v1 or https://openrouter.ai/api/v1"
_VERSION = re.compile(r"/v\d+\w*(/|$)")
_PLACE_OF_CHAT = "/chat/completions"


@dataclass(frozen=True)
class Key:
    """What opens the server, and where it was found. Blank where there is none."""

    secret: str = field(repr=False)
    source: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}"} if self.secret else {}

    def hide(self, text: str) -> str:
        """The text without the key, and without what a server shows of a key in part, as in `sk-ab***yz`."""
        if not self.secret:
            return text
        text = text.replace(self.secret, "***")
        begin = re.escape(self.secret[:6])
        return re.sub(rf"\S*\*\*\S*|{begin}\S*", "***", text) if len(self.secret) > 12 else text


@dataclass(frozen=True)
class Server:
    """A model, the address under which its server speaks the protocol, and the key."""

    base: str
    model: str
    key: Key

    @property
    def chat(self) -> str:
        return self.base + _PLACE_OF_CHAT

    @property
    def models(self) -> str:
        return f"{self.base}/models"

    @property
    def is_local(self) -> bool:
        """Whether it runs on this machine, where no proxy belongs in between."""
        return _is_local(urlsplit(self.base).hostname or "")


def server_at(url: str, model: str, key: str | None) -> Server:
    """The server of this address. A blank key is none; without one the environment is asked."""
    if not model.strip():
        raise InputError("the writer has no model", where="model", expected="a name that the server knows")
    base = complete_url(url)
    return Server(base, model, _find_key(key, base))


def complete_url(url: str) -> str:
    """The address as far as the folder of the protocol, without a slash behind it.

    >>> complete_url("http://localhost:8000/")
    'http://localhost:8000/v1'
    >>> complete_url("https://openrouter.ai/api/v1/chat/completions")
    'https://openrouter.ai/api/v1'
    """
    parts = _split(url.strip())
    path = parts.path.rstrip("/").removesuffix(_PLACE_OF_CHAT)
    if not _VERSION.search(path):
        path += "/v1"
    return f"{parts.scheme}://{parts.netloc.lower()}{path}"


def _split(url: str) -> SplitResult:
    """The parts of an address that can be used. One with secrets in it is not repeated in the error."""
    if "@" in re.split(r"[/?#]", url.partition("://")[2] or url, maxsplit=1)[0]:
        raise InputError(
            "the address holds a name or a password",
            where="url",
            expected=f"an address alone, {_EXAMPLE}",
            fix=f"take it out of the address, and put a key into {OWN_KEY}",
        )
    plain = re.split(r"[?#]", url, maxsplit=1)[0]
    if plain != url:
        raise InputError(
            "the address holds more than a place",
            where="url",
            expected=f"nothing behind a ? or #, {_EXAMPLE}",
            found=plain + url[len(plain)] + "...",
            fix=f"leave it away, and put a key into {OWN_KEY}",
        )
    try:
        parts = urlsplit(plain)
        httpx2.URL(plain)  # refuses more: hosts that are no names, letters that are not seen
        if not re.search(r"\s", plain) and parts.scheme in ("http", "https") and parts.hostname and parts.port != 0:
            return parts
    except (ValueError, httpx2.InvalidURL):
        pass
    fix = f"did you mean 'http://{plain}'?" if re.match(r"\w[^:/]*(:\d+)?(/|$)", plain) else ""
    raise InputError(
        "this is no address of a server", where="url", expected=f"one {_EXAMPLE}", found=repr(plain), fix=fix
    )


def _find_key(given: str | None, base: str) -> Key:
    if given is not None:
        return _checked(Key(given.strip(), "the key given" if given.strip() else ""))
    for source in (OWN_KEY, COMMON_KEY):
        secret = os.environ.get(source, "").strip()
        if secret and (source == OWN_KEY or _is_private(base)):
            return _checked(Key(secret, source))
    return Key("", "")


def _checked(key: Key) -> Key:
    """A header holds visible ASCII; anything else would be refused further down, with the key in the message."""
    if all("!" <= letter <= "~" for letter in key.secret):
        return key
    fix = "copy it once more: it holds a space, a line break or a letter outside ASCII"
    raise InputError("this is no key", where=key.source, expected="visible ASCII letters", fix=fix)


def _is_private(base: str) -> bool:
    """Whether others on the way cannot read along. A key that was set for another service is not sent in the open."""
    parts = urlsplit(base)
    return parts.scheme == "https" or _is_local(parts.hostname or "")


def _is_local(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return address.is_loopback or address.is_unspecified
