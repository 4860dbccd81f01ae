"""From a conversation to tokens, knowing for every token whose it is.

1. The template is rendered twice: with the real messages, and with a marker in place of every content. What stands
   between the markers is what the template adds; what remains of the real text is content, exactly.
2. The end of a turn (such as an end-of-turn token) belongs to that turn, the header to the turn it opens.
3. The generation prompt and any prefill belong to a turn of their own, the assistant's next one. Thinking is switched
   off; the empty block that some templates write for it is part of the generation prompt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from affectlab.core import Bools, Ints
from affectlab.errors import InputError, UnknownNameError
from affectlab.models.base import ChatText, Tokenizer

OPEN_THOUGHT, CLOSED_THOUGHT = "<think>", "</think>"
PLAIN_NAMES = {"user": "Human", "assistant": "Assistant", "system": "System"}


@dataclass(frozen=True, eq=False)
class ChatTokens:
    """A conversation as tokens. `turn` counts messages; the generation prompt with its prefill is one more.

    `colon` is the last token of the generation prompt (the ":" of the paper); `assistant` is where the assistant's
    last turn begins, its header included.
    """

    tokens: tuple[int, ...]
    turn: Ints
    roles: tuple[str, ...]
    content: Bools
    colon: int | None
    assistant: int | None

    def role(self, position: int) -> str:
        return self.roles[int(self.turn[position])]


def render_plain(messages: Sequence[Mapping[str, str]], *, generation: bool) -> str:
    """`Human: ...`, blank line, `Assistant: ...`: the format for models without a template."""
    for index, message in enumerate(messages):
        if message["role"] not in PLAIN_NAMES:
            raise UnknownNameError("role", message["role"], PLAIN_NAMES, where=f"message {index}")
    turns = [f"{PLAIN_NAMES[m['role']]}: {m['content'].strip()}" for m in messages]
    if generation:
        turns.append(f"{PLAIN_NAMES['assistant']}:")
    return "\n\n".join(turns)


def spaced(before: str, begun: str) -> str:
    """The beginning of an answer behind what a template wrote: one space in front of it, unless there is one.

    >>> spaced("Assistant:", "I feel"), spaced("<|assistant|>\\n", "I feel"), spaced("Assistant:", "")
    (' I feel', 'I feel', '')
    """
    return begun if not begun or begun[0].isspace() or before[-1:].isspace() else f" {begun}"


def check_messages(messages: Sequence[Mapping[str, str]]) -> None:
    """Raise unless every message has a role and some content."""
    if not messages:
        raise InputError("the conversation is empty", where="messages", expected="at least one message")
    for index, message in enumerate(messages):
        for key in ("role", "content"):
            if not isinstance(message.get(key), str) or not message[key].strip():
                raise InputError(
                    f"blank {key}", where=f"message {index}", expected=f"a {key}", found=repr(message.get(key))
                )


def chat_text(
    tokenizer: Tokenizer, messages: Sequence[Mapping[str, str]], *, generation: bool = True, prefill: str = ""
) -> ChatText:
    """Render a conversation and find the stretch of text of every turn and every content."""
    check_messages(messages)
    plain = [{"role": m["role"], "content": m["content"]} for m in messages]
    marks = [f"\u2045{index}\u2046" for index in range(len(plain))]
    marked = [{"role": m["role"], "content": mark} for m, mark in zip(plain, marks, strict=True)]
    text, frame = tokenizer.render(plain, generation=False), tokenizer.render(marked, generation=False)
    contents = _contents(text, frame, marks, plain)
    turns = _turns(tokenizer, marked, marks, text, frame, contents)
    if not generation:
        return ChatText(text, turns, contents, None, None)
    return answered(text, tokenizer.render(plain, generation=True), turns, contents, prefill)


def answered(
    text: str,
    whole: str,
    turns: tuple[tuple[int, int], ...],
    contents: tuple[tuple[int, int], ...] = (),
    prefill: str = "",
) -> ChatText:
    """A rendered conversation, opened for the assistant's answer: `whole` is its text with the generation prompt."""
    if not whole.startswith(text):
        raise InputError(
            "the template rewrites the conversation when the assistant is to answer",
            where="chat template",
            expected="the same text with a generation prompt behind it",
            fix="pass a template of your own",
        )
    whole = _closed_thought(whole, len(text))
    return ChatText(whole + prefill, turns, contents, (len(text), len(whole)), (len(whole), len(whole) + len(prefill)))


def _closed_thought(text: str, begin: int) -> str:
    """Some templates open a thought that cannot be switched off: close it at once, so that it stays empty."""
    if text[begin:].rstrip().endswith(OPEN_THOUGHT):
        return text.rstrip() + f"\n\n{CLOSED_THOUGHT}\n\n"
    return text


def _contents(
    text: str, frame: str, marks: Sequence[str], messages: Sequence[Mapping[str, str]]
) -> tuple[tuple[int, int], ...]:
    """Where each content stands in the text, by taking away what the template adds."""
    found, rest, at = [], frame, 0
    for mark, message in zip(marks, messages, strict=True):
        if rest.count(mark) != 1:
            raise _unclear(message, "the template drops or repeats it")
        added, rest = rest.split(mark)
        for content in (message["content"], message["content"].strip()):
            if text.startswith(added + content, at) and text.startswith(_head(rest), at + len(added) + len(content)):
                at += len(added)
                found.append((at, at + len(content)))
                at += len(content)
                break
        else:
            raise _unclear(message, "the template rewrites it")
    if text[at:] != rest:
        raise _unclear(messages[-1], "the text after it depends on what it says")
    return tuple(found)


def _head(rest: str) -> str:
    return rest.split("\u2045", maxsplit=1)[0]


def _unclear(message: Mapping[str, str], why: str) -> InputError:
    return InputError(
        f"cannot tell where the {message['role']}'s words are: {why}",
        where="chat template",
        expected="content written once, as given or stripped",
        found=repr(message["content"][:60]),
        fix="change the message, or pass a template of your own",
    )


def _turns(
    tokenizer: Tokenizer,
    marked: Sequence[Mapping[str, str]],
    marks: Sequence[str],
    text: str,
    frame: str,
    contents: Sequence[tuple[int, int]],
) -> tuple[tuple[int, int], ...]:
    """A turn ends where the conversation would end had it been the last; what follows opens the next."""
    ends = []
    for index in range(len(marked) - 1):
        between = frame.split(marks[index])[1].split(marks[index + 1], maxsplit=1)[0]
        alone = _tail(tokenizer, marked[: index + 1], marks[index], frame.rpartition(marks[-1])[2])
        own = len(alone) if between.startswith(alone) else 0
        ends.append(contents[index][1] + own)
    ends.append(len(text))
    return tuple(zip([0, *ends[:-1]], ends, strict=True))


def _tail(tokenizer: Tokenizer, marked: Sequence[Mapping[str, str]], mark: str, otherwise: str) -> str:
    """What stands behind the last of these messages; `otherwise` where the template refuses so few."""
    try:
        _, found, behind = tokenizer.render(marked, generation=False).rpartition(mark)
    except InputError:
        return otherwise
    return behind if found else ""


def encode_chat(
    tokenizer: Tokenizer, messages: Sequence[Mapping[str, str]], *, generation: bool = True, prefill: str = ""
) -> ChatTokens:
    """Tokens of a conversation, with turn, role and content of every token, and the place of the ":"."""
    chat = chat_text(tokenizer, messages, generation=generation, prefill=prefill)
    return encode_text(tokenizer, chat, tuple(message["role"] for message in messages))


def encode_text(tokenizer: Tokenizer, chat: ChatText, roles: tuple[str, ...]) -> ChatTokens:
    """Tokens of a rendered conversation whose turns have these roles."""
    tokens, offsets = _encode(tokenizer, chat)
    begins = np.array([begin for begin, _ in offsets], dtype=np.int64)
    bounds = np.array([end for _, end in chat.turns], dtype=np.int64)
    turn = np.searchsorted(bounds, begins, side="right").astype(np.int64)
    content = np.zeros(len(tokens), dtype=np.bool_)
    for first, last in chat.contents:
        content |= (np.array([end for _, end in offsets]) > first) & (begins < last)
    if chat.generation is None:
        turn = np.minimum(turn, len(roles) - 1)
        answer = int(np.flatnonzero(turn == len(roles) - 1)[0]) if roles[-1] == "assistant" else None
        return ChatTokens(tokens, turn, roles, content, None, answer)
    colon = int(np.flatnonzero(begins < chat.generation[1])[-1])
    # Where a template adds no generation prompt, the last token of the prompt stands for it, prefill or not.
    assistant = min([colon, *np.flatnonzero(turn == len(roles)).tolist()[:1]])
    return ChatTokens(tokens, turn, (*roles, "assistant"), content, colon, assistant)


def _encode(tokenizer: Tokenizer, chat: ChatText) -> tuple[tuple[int, ...], tuple[tuple[int, int], ...]]:
    """Tokens and offsets; the prefill starts a token of its own, so that the ":" is the same with and without it."""
    if chat.prefill is None or chat.prefill[0] == chat.prefill[1]:
        return tokenizer.encode_marked(chat.text)
    cut = chat.prefill[0]
    head, head_offsets = tokenizer.encode_marked(chat.text[:cut])
    tokens, offsets = tokenizer.encode_marked(chat.text)
    if tokens[: len(head)] == head:
        return tokens, offsets
    tail = zip(*tokenizer.encode_marked(chat.text[cut:]), strict=True)
    # Without the special tokens that stand for no characters: the sequence has begun already.
    behind = [(token, begin + cut, end + cut) for token, (begin, end) in tail if end]
    tokens = head + tuple(token for token, _, _ in behind)
    return tokens, head_offsets + tuple((begin, end) for _, begin, end in behind)
