"""The files of this package."""

from __future__ import annotations

import tomllib
from hashlib import sha256
from importlib.resources import files
from string import Formatter
from typing import Any

from affectlab.errors import InputError


def read_text(*path: str) -> str:
    return files(__package__).joinpath(*path).read_text(encoding="utf-8")


def read_table(*path: str) -> dict[str, Any]:
    return tomllib.loads(read_text(*path))


def names_in(folder: str) -> list[str]:
    """The files of a folder, in the order of their names, without the `.toml`."""
    found = (entry.name for entry in files(__package__).joinpath(folder).iterdir())
    return sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml"))


def digest(*texts: str) -> str:
    """16 hexadecimal digits of a sha256: it changes with every letter."""
    return sha256("\0".join(texts).encode()).hexdigest()[:16]


def filled(template: str, slots: dict[str, str], where: str) -> str:
    """The template with its slots filled; what was filled in may have slots of its own.

    >>> filled("Dear {who}", {"who": "{title} Ito", "title": "Ms"}, "a letter")
    'Dear Ms Ito'
    """
    text = template
    while names := {name for _, name, _, _ in Formatter().parse(text) if name is not None}:
        if missing := names - slots.keys():
            raise InputError("a slot that nothing fills", where=where, found=", ".join(sorted(missing)))
        text = text.format_map(slots)
    return text
