"""The provider itself: one call of Inspect is one row of a queue, so that concurrent samples share batches.

1. Messages go through the model's own chat template. A conversation that ends with the assistant's words is gone on
   with. Tools are told to the model as `models.tools` says, and calls read back in that form.
2. Settings are followed (`messages.HONOURED`) or refused. Where none is given, a reply is drawn at temperature 1.
3. Draws depend on the seed (0 if none is given), the sample, its epoch and the conversation: a run repeats itself,
   epochs differ, and a steered run and an unsteered one have the same draws.
4. A stop sequence ends a reply at once where one token holds it whole; else the text is cut when the reply has ended.
5. The receipt and the readings of each reply go into its output's metadata under `affectlab` (`record`).
6. `chances` tells the exact chance of next words, without a draw.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any, Literal, NamedTuple

import numpy as np
from inspect_ai.log._samples import sample_active
from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessage,
    ChatMessageAssistant,
    GenerateConfig,
    Logprob,
    Logprobs,
    ModelAPI,
    ModelInfo,
    ModelOutput,
    ModelUsage,
    StopReason,
    set_model_info,
)
from inspect_ai.tool import ToolChoice, ToolInfo

from affectlab.behaviour.provider.asked import asked
from affectlab.behaviour.provider.messages import called, check_config, conversation, described, opening
from affectlab.behaviour.provider.record import record
from affectlab.behaviour.provider.shared import close_queue, open_queue
from affectlab.core import Steer, Tokens
from affectlab.errors import ContextError, InputError
from affectlab.models.base import Row, RowEnd, Sampling
from affectlab.models.chat import ChatTokens, encode_chat
from affectlab.models.tools import Message, encode_tools, parse_calls, uses_tools
from affectlab.models.verbs import Reply

LONGEST = 2048
"""Tokens of a reply where nobody says how many: what Inspect allows its own local models."""
AT_ONCE = 64
"""Samples that are answered at a time, where Inspect leaves that to us."""


class Told(NamedTuple):
    """What Inspect is told of a reply: its words, the tokens they come from, and why it ended."""

    reply: Reply
    text: str
    tokens: tuple[int, ...]
    reason: StopReason


class AffectlabAPI(ModelAPI):
    """A model that is steered and read as its `-M` arguments say (`asked`), in every call."""

    def __init__(
        self,
        model_name: str,
        base_url: str | None = None,
        api_key: str | None = None,
        config: GenerateConfig | None = None,
        **model_args: Any,
    ) -> None:
        super().__init__(model_name, base_url, api_key, [], config or GenerateConfig())
        self.asked = asked(model_args)
        self._key, self.queue = open_queue(model_name, self.asked.loading)
        self.model = self.queue.model
        if self.asked.vectors is not None:
            try:
                self.asked.vectors.check_model(self.model)
            except Exception:
                self.close()
                raise
        self.base_url = self._named(model_args)
        if base_url not in (None, self.base_url):
            self.close()
            raise InputError("models run in this process", where="--model-base-url", found=base_url)
        # Inspect asks again and again what a model can see, and would load it anew to find out.
        set_model_info(f"affectlab/{model_name}", ModelInfo(model=model_name, context_length=self.model.context))
        self._endings: dict[str, frozenset[int]] = {}
        self._asked_before: Counter[bytes] = Counter()

    def _named(self, arguments: Mapping[str, Any]) -> str:
        """An address of its own for everything that decides what is said and recorded: Inspect's cache tells models
        apart by name and address alone, and would give a steered run what an unsteered one has said."""
        vectors = "" if self.asked.vectors is None else self.asked.vectors.hash
        facts = (sorted((name, str(value)) for name, value in arguments.items()), vectors, self.model.identity)
        return f"affectlab:{hashlib.sha256(repr(facts).encode()).hexdigest()[:16]}"

    def close(self) -> None:
        close_queue(self._key)

    async def generate(
        self, input: list[ChatMessage], tools: list[ToolInfo], tool_choice: ToolChoice, config: GenerateConfig
    ) -> ModelOutput:
        check_config(config)
        forced = opening(tool_choice) if tools else ""
        messages, begun = conversation(input)
        chat = self._encode(messages, tools, begun + forced)
        limit = config.max_tokens or LONGEST
        room = limit if self.model.context is None else self.model.context - len(chat.tokens)
        if room < 1:
            return self._overflow(input, chat)
        rows = [self._row(chat, config, min(limit, room)) for _ in range(config.num_choices or 1)]
        replies = await asyncio.gather(*(self.queue.reply(row) for row in rows))
        told = [self._told(row, reply, config) for row, reply in zip(rows, replies, strict=True)]
        records = [record(self.model, self.asked, chat, one.reply, len(one.tokens)) for one in told]
        given, made = len(chat.tokens), sum(len(reply.tokens) for reply in replies)
        return ModelOutput(
            model=self.model_name,
            choices=[self._choice(one, bool(tools), begun, forced, config) for one in told],
            usage=ModelUsage(input_tokens=given, output_tokens=made, total_tokens=given + made),
            metadata={"affectlab": records[0] if len(records) == 1 else {"choices": records}},
        )

    async def chances(
        self, input: Sequence[ChatMessage], words: Sequence[str], said: Sequence[int] = ()
    ) -> tuple[float, ...]:
        """The chance of each of these words directly behind a conversation and the tokens said in reply to it.

        The model is steered as it was while it said them; temperature does not count. A word is one token, with the
        space before it if there is one.
        """
        messages, begun = conversation(input)
        chat = self._encode(messages, [], begun)
        tokens = (*chat.tokens, *said)
        row = Row(
            tokens,
            prompt=len(chat.tokens),
            turn=chat.assistant,
            candidates=tuple(self._token(word) for word in words),
        )
        row = replace(row, steer=self._steered(row))
        with closing(self.queue.submit(row)) as stream:
            ends = [event async for event in stream if isinstance(event, RowEnd)]
        return tuple(math.exp(logprob) for logprob in ends[0].candidates)

    def _token(self, word: str) -> int:
        encode = self.model.tokenizer.encode
        begin, found = encode(""), encode(word)
        rest = found[len(begin) :] if found[: len(begin)] == begin else found
        if len(rest) != 1:
            expected, pieces = "one token", " | ".join(self.model.tokenizer.pieces(rest))
            raise InputError("this word has no chance of its own", where=repr(word), expected=expected, found=pieces)
        return rest[0]

    def _steered(self, row: Row) -> Steer | None:
        """What was added to these tokens when those behind the prompt were generated; None if none was touched."""
        steer, prompt = self.asked.steer, row.marks.prompt
        if steer is not None and steer.tokens.kind == "reply":
            steer = replace(steer, tokens=Tokens("from", prompt))
        touched = steer is not None and steer.tokens.cover(np.arange(len(row.tokens)), row.marks).any()
        return steer if touched else None

    def _encode(self, messages: list[Message], tools: list[ToolInfo], prefill: str) -> ChatTokens:
        if tools or uses_tools(messages):
            return encode_tools(self.model.tokenizer, messages, described(tools), prefill=prefill)
        return encode_chat(self.model.tokenizer, messages, prefill=prefill)

    def _overflow(self, messages: list[ChatMessage], chat: ChatTokens) -> ModelOutput:
        """A conversation that has grown too long ends, as Inspect has it; one that begins too long is an error."""
        error = ContextError(
            "the conversation is longer than the model can see",
            where=f"affectlab/{self.model_name}",
            expected=f"fewer than {self.model.context} tokens",
            found=str(len(chat.tokens)),
            fix="shorten the sample",
        )
        if not any(isinstance(message, ChatMessageAssistant) for message in messages):
            raise error
        output = ModelOutput.from_content(self.model_name, "", stop_reason="model_length")
        output.error = error.line
        return output

    def _row(self, chat: ChatTokens, config: GenerateConfig, max_tokens: int) -> Row:
        stop = {token for text in config.stop_seqs or () for token in self._ending(text)}
        sampling = Sampling(
            max_tokens,
            1.0 if config.temperature is None else config.temperature,
            1.0 if config.top_p is None else config.top_p,
            self._draws(config.seed or 0, chat.tokens),
            tuple(sorted(stop)),
        )
        turn = chat.assistant
        return Row(chat.tokens, turn=turn, steer=self.asked.steer, sampling=sampling, readout=self.asked.readout)

    def _ending(self, text: str) -> frozenset[int]:
        """Tokens that hold a stop sequence whole, so that a reply can end there and then."""
        if text not in self._endings:
            pieces = self.model.tokenizer.pieces(range(self.model.vocabulary))
            self._endings[text] = frozenset(token for token, piece in enumerate(pieces) if text in piece)
        return self._endings[text]

    def _draws(self, seed: int, tokens: tuple[int, ...]) -> int:
        """The seed of one reply: another for every sample and epoch, and for every time the same is asked in one."""
        active = sample_active()
        run, sample = (active.sample_uuid, f"{active.sample.id} {active.epoch}") if active else ("", "")
        asked = hashlib.sha256(f"{run} {tokens}".encode()).digest()
        named = f"{seed} {sample} {self._asked_before[asked]} {tokens}".encode()
        self._asked_before[asked] += 1
        return int.from_bytes(hashlib.sha256(named).digest()[:6], "big")

    def _told(self, row: Row, reply: Reply, config: GenerateConfig) -> Told:
        """What is told of a reply: all of it, or what stands before a stop sequence."""
        decode = self.model.tokenizer.decode
        assert row.sampling is not None
        # The token that ended it may hold words before the stop sequence.
        text = decode(reply.tokens) if reply.tokens[-1] in row.sampling.stop else reply.text
        places = [text.index(stop) for stop in config.stop_seqs or () if stop in text]
        if places:
            text = text[: min(places)]
            kept = bisect_left(range(len(reply.tokens)), len(text), key=lambda count: len(decode(reply.tokens[:count])))
            return Told(reply, text, reply.tokens[:kept], "stop")
        cut_short = row.sampling.max_tokens < (config.max_tokens or LONGEST)
        reason: StopReason = "stop" if reply.reason == "stop" else "model_length" if cut_short else "max_tokens"
        return Told(reply, reply.text, reply.tokens, reason)

    def _choice(self, told: Told, tools: bool, begun: str, forced: str, config: GenerateConfig) -> ChatCompletionChoice:
        # Words that go on with others keep the space before them.
        text, calls = parse_calls(forced + told.text) if tools else (told.text if begun else told.text.strip(), [])
        calls = calls[:1] if config.parallel_tool_calls is False else calls
        return ChatCompletionChoice(
            message=ChatMessageAssistant(
                content=text, tool_calls=called(calls) or None, model=self.model_name, source="generate"
            ),
            stop_reason="tool_calls" if calls else told.reason,
            logprobs=self._logprobs(told) if config.logprobs else None,
        )

    def _logprobs(self, told: Told) -> Logprobs:
        """Of each token under the model as it was steered, before temperature."""
        pieces, numbers = self.model.tokenizer.pieces(told.tokens), told.reply.logprobs
        return Logprobs(
            content=[Logprob(token=piece, logprob=n) for piece, n in zip(pieces, numbers[: len(pieces)], strict=True)]
        )

    def max_connections(self) -> int:
        return AT_ONCE

    def connection_key(self) -> str:
        return self.model_name

    def collapse_user_messages(self) -> bool:
        return True

    def collapse_assistant_messages(self) -> bool:
        return True

    def collapse_system_messages(self) -> bool:
        return True

    def auto_reasoning_history(self) -> Literal["none"]:
        return "none"

    async def count_text_tokens(self, text: str) -> int:
        return len(self.model.tokenizer.encode(text))

    async def tokenize(self, text: str) -> list[int]:
        return list(self.model.tokenizer.encode(text))
