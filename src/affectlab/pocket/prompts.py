"""What pocket can be asked to write: the requests of its own world, and no others. It answers each with one text."""

from __future__ import annotations

from collections.abc import Mapping

from affectlab.errors import InputError, UnknownNameError
from affectlab.pocket.world import narrative
from affectlab.text.rows import KINDS
from affectlab.writing.prompts import Prompts, load_prompts

VERSION = "1"
WORDINGS: Mapping[str, tuple[str, ...]] = {
    "stories": narrative.REQUESTS,
    "neutral": narrative.NEUTRAL_REQUESTS,
}
"""Requests for diaries are left out: a diary is of the other bank of sentences, and no story."""


def prompts(kind: str) -> Prompts:
    """The requests for a kind of text in pocket's world.

    >>> prompts("stories").messages(0, topic="a wet dog", emotion="calm")[0]["content"]
    'I need a story. Topic: a wet dog. Emotion: calm.'
    """
    if kind not in KINDS:
        raise UnknownNameError("kind", kind, KINDS)
    if kind not in WORDINGS:
        raise InputError(
            "pocket cannot write this kind of text",
            where=f"kind {kind}",
            expected=" or ".join(WORDINGS),
            fix="name another model as the writer",
        )
    templates = tuple(wording.format(T="{topic}", E="{emotion}") for wording in WORDINGS[kind])
    return Prompts(kind, VERSION, "pocket", 1, (), templates)


def prompts_of(register: str, kind: str) -> Prompts:
    """The requests that a model of this register understands."""
    return prompts(kind) if register == "pocket" else load_prompts(kind)


def longest_reply(asked: Prompts) -> int:
    """Tokens that a reply may take: stories of pocket have 220, others about 250 each, a scene up to twelve turns."""
    if asked.register == "pocket":
        return 260
    return 400 * asked.texts_per_request if asked.form == "texts" else 1600
