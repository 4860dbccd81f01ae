"""Chat templates, each twice: as Jinja, and spelt out by hand as stretches of text with the turn they belong to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from affectlab.models.chat import ChatTokens
from affectlab.models.hf.tokenizer import HFTokenizer
from affectlab.testing.tiny import tiny_tokenizer

Message = dict[str, str]
Stretch = tuple[str, int, bool]
"""Text, the turn it belongs to, whether it is content."""

LLAMA = (
    "{{ bos_token }}{% for m in messages %}<|start|>{{ m.role }}<|end|>\n\n{{ m.content | trim }}<|eot|>{% endfor %}"
    "{% if add_generation_prompt %}<|start|>assistant<|end|>\n\n{% endif %}"
)
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
DEFAULT_SYSTEM = (
    "{% if messages[0].role != 'system' %}<|im_start|>system\nYou are helpful.<|im_end|>\n{% endif %}" + CHATML
)
THINKING = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{% if m.role == 'assistant' and loop.last %}"
    "<think>\n\n</think>\n\n{% endif %}{{ m.content.split('</think>')[-1] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n"
    "{% if enable_thinking is defined and enable_thinking is false %}<think>\n\n</think>\n\n{% endif %}{% endif %}"
)
ALWAYS_THINKING = CHATML.replace("assistant\n{% endif", "assistant\n<think>\n{% endif")
GEMMA = (
    "{{ bos_token }}{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    "{% for m in messages %}<start_of_turn>{{ 'model' if m.role == 'assistant' else m.role }}\n{{ m.content | trim }}"
    "<end_of_turn>\n{% endfor %}{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)
MISTRAL = (
    "{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}[INST] {{ m.content }} [/INST]"
    "{% else %} {{ m.content }}{{ eos_token }}{% endif %}{% endfor %}"
)


def by_hand(
    open_turn: Callable[[str], str], close_turn: str, generation: str, *, begin: str = "", trims: bool = False
) -> Callable[[Sequence[Message]], list[Stretch]]:
    """The stretches of templates in which every message has a header and an end."""

    def write(messages: Sequence[Message]) -> list[Stretch]:
        found = [(begin, 0, False)]
        for turn, message in enumerate(messages):
            content = message["content"].strip() if trims else message["content"]
            found += [(open_turn(message["role"]), turn, False), (content, turn, True), (close_turn, turn, False)]
        return [*found, (generation, len(messages), False)]

    return write


def mistral_by_hand(messages: Sequence[Message]) -> list[Stretch]:
    found = [("<s>", 0, False)]
    for turn, message in enumerate(messages):
        before, behind = ("[INST] ", " [/INST]") if message["role"] == "user" else (" ", "</s>")
        found += [(before, turn, False), (message["content"], turn, True), (behind, turn, False)]
    return found


def plain_by_hand(messages: Sequence[Message]) -> list[Stretch]:
    found: list[Stretch] = [("<s>", 0, False)]
    for turn, message in enumerate(messages):
        name = {"user": "Human", "assistant": "Assistant", "system": "System"}[message["role"]]
        found += [
            ("\n\n" if turn else "", turn, False),
            (f"{name}: ", turn, False),
            (message["content"].strip(), turn, True),
        ]
    return [*found, ("\n\nAssistant:", len(messages), False)]


@dataclass(frozen=True)
class Case:
    template: str | None
    write: Callable[[Sequence[Message]], list[Stretch]]
    last_piece: str
    """The last token of the generation prompt, as text."""
    system: bool = True


CHATML_TURNS: dict[str, Any] = {"open_turn": "<|im_start|>{}\n".format, "close_turn": "<|im_end|>\n"}
CASES = {
    "llama": Case(
        LLAMA,
        by_hand("<|start|>{}<|end|>\n\n".format, "<|eot|>", "<|start|>assistant<|end|>\n\n", begin="<s>", trims=True),
        "\n",
    ),
    "chatml": Case(CHATML, by_hand(**CHATML_TURNS, generation="<|im_start|>assistant\n"), "\n"),
    "thinking": Case(
        THINKING, by_hand(**CHATML_TURNS, generation="<|im_start|>assistant\n<think>\n\n</think>\n\n"), "\n"
    ),
    "always thinking": Case(
        ALWAYS_THINKING, by_hand(**CHATML_TURNS, generation="<|im_start|>assistant\n<think>\n\n</think>\n\n"), "\n"
    ),
    "default system": Case(
        DEFAULT_SYSTEM,
        by_hand(
            **CHATML_TURNS,
            generation="<|im_start|>assistant\n",
            begin="<|im_start|>system\nYou are helpful.<|im_end|>\n",
        ),
        "\n",
        system=False,
    ),
    "gemma": Case(
        GEMMA,
        by_hand(
            lambda role: f"<start_of_turn>{'model' if role == 'assistant' else role}\n",
            "<end_of_turn>\n",
            "<start_of_turn>model\n",
            begin="<s>",
            trims=True,
        ),
        "\n",
        system=False,
    ),
    "mistral": Case(MISTRAL, mistral_by_hand, "]", system=False),
    "no template": Case(None, plain_by_hand, ":"),
}


def tokenizer_of(case: Case) -> HFTokenizer:
    made = tiny_tokenizer()
    made.chat_template = case.template
    return HFTokenizer(made)


def user(content: str) -> Message:
    return {"role": "user", "content": content}


def assistant(content: str) -> Message:
    return {"role": "assistant", "content": content}


def check_tokens(found: ChatTokens, stretches: Sequence[Stretch], tokenizer: HFTokenizer, text: str) -> None:
    """Bytes are tokens here, but for <s> and </s>, so every stretch has tokens of its own."""
    turns: list[int] = []
    contents: list[bool] = []
    tokens: list[int] = []
    for stretch, turn, content in stretches:
        made = tokenizer._tokenizer(stretch, add_special_tokens=False)["input_ids"]
        tokens += made
        turns += [turn] * len(made)
        contents += [content] * len(made)
    assert tokenizer.pieces(found.tokens) == tokenizer.pieces(tuple(tokens)), text
    assert found.turn.tolist() == turns
    assert found.content.tolist() == contents
