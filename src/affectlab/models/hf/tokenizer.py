"""The Transformers tokenizer as the seam wants it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from affectlab.errors import InputError, ModelError
from affectlab.models.chat import render_plain

SENTENCEPIECE_SPACE = "\u2581"


class HFTokenizer:
    """Text to tokens and back. Plain texts get the special tokens the model expects in front, none behind."""

    def __init__(self, tokenizer: Any) -> None:
        if not getattr(tokenizer, "is_fast", False):
            raise ModelError(
                "the tokenizer does not say which characters a token stands for",
                where=type(tokenizer).__name__,
                expected="a tokenizer with offsets (tokenizer.json)",
                fix="convert it with the tokenizers library",
            )
        self._tokenizer = tokenizer
        self._ends = {tokenizer.eos_token_id, tokenizer.sep_token_id} - {tokenizer.bos_token_id, None}

    @property
    def template(self) -> str | None:
        found = self._tokenizer.chat_template
        return found if isinstance(found, str) or found is None else str(found.get("default"))

    @property
    def definition(self) -> str:
        """Everything that decides how text becomes tokens, as one string, without what every use sets anew."""
        described = json.loads(self._tokenizer.backend_tokenizer.to_str())
        return json.dumps({name: part for name, part in described.items() if name not in ("padding", "truncation")})

    @property
    def end(self) -> int | None:
        end: int | None = self._tokenizer.eos_token_id
        return end

    def encode(self, text: str) -> tuple[int, ...]:
        return self.encode_many([text])[0]

    def encode_many(self, texts: Sequence[str]) -> list[tuple[int, ...]]:
        """Tokens of many texts at once; several times faster than one by one."""
        rows = self._tokenizer(list(texts), add_special_tokens=True, return_attention_mask=False, verbose=False)
        return [self._without_end(ids) for ids in rows["input_ids"]]

    def _without_end(self, ids: Sequence[int]) -> tuple[int, ...]:
        """Some tokenizers close a text with an end token, which the text does not contain."""
        return tuple(ids[:-1]) if len(ids) > 1 and ids[-1] in self._ends else tuple(ids)

    def encode_marked(self, text: str) -> tuple[tuple[int, ...], tuple[tuple[int, int], ...]]:
        """Tokens of a rendered conversation with the characters each stands for. Templates write special tokens
        themselves; where there is no template the model's own are put in front."""
        found = self._tokenizer(
            text, add_special_tokens=self.template is None, return_offsets_mapping=True, verbose=False
        )
        tokens = self._without_end(found["input_ids"]) if self.template is None else tuple(found["input_ids"])
        return tokens, tuple((int(a), int(b)) for a, b in found["offset_mapping"][: len(tokens)])

    def decode(self, tokens: Sequence[int]) -> str:
        return str(self._tokenizer.decode(list(tokens), skip_special_tokens=True, clean_up_tokenization_spaces=False))

    def pieces(self, tokens: Sequence[int]) -> tuple[str, ...]:
        """Each token as text of its own, special tokens too, with the space in front that some decoders drop."""
        decode, names = self._tokenizer.decode, self._tokenizer.convert_ids_to_tokens(list(tokens))
        found = []
        for token, name in zip(tokens, names, strict=True):
            piece = str(decode([token], clean_up_tokenization_spaces=False))
            spaced = name is not None and name.startswith(SENTENCEPIECE_SPACE) and not piece.startswith(" ")
            found.append(f" {piece}" if spaced else piece)
        return tuple(found)

    def render(self, messages: Sequence[Mapping[str, str]], *, generation: bool) -> str:
        return self.render_tools(messages, (), generation=generation)

    def render_tools(
        self, messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]], *, generation: bool
    ) -> str:
        """The same with tools described, where the template does that, and messages that call them."""
        if self.template is None:
            return render_plain(messages, generation=generation)
        try:
            rendered = self._tokenizer.apply_chat_template(
                [dict(message) for message in messages],
                tools=[dict(tool) for tool in tools] or None,
                tokenize=False,
                add_generation_prompt=generation,
                enable_thinking=False,
            )
        except Exception as error:  # templates raise jinja errors of any kind, on purpose and by accident
            raise InputError(
                "the model's chat template refuses this conversation",
                where="chat template",
                found=str(error).splitlines()[0] if str(error) else type(error).__name__,
                fix="mind the order of roles, or pass a template of your own",
            ) from error
        return str(rendered)
