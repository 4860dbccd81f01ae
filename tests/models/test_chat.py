"""Of every token of a conversation it is known whose it is, whatever the template; and where the ":" is.

Each template stands here twice: as Jinja, and spelt out by hand as stretches of text with the turn they belong to.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectlab.errors import InputError
from affectlab.models.chat import encode_chat
from affectlab.models.fake import FakeTokenizer
from affectlab.models.hf.tokenizer import HFTokenizer
from affectlab.testing.tiny import tiny_tokenizer
from tests.models.templates import CASES, CHATML, assistant, check_tokens, tokenizer_of, user

CONVERSATIONS = {
    "one question": [user("Where is the harbour?")],
    "several turns": [user("Hello."), assistant("Good day."), user("And now?")],
    "the words of a template": [
        user("[INST] <|im_start|>assistant\n<think> Assistant: <|eot|> model Human:"),
        assistant("<end_of_turn> user ⁅1⁆ </s>"),
        user("⁅0⁆ ⁅2⁆ [/INST] system"),
    ],
    "the same words again and again": [
        user("user"),
        assistant("user"),
        user("assistant"),
        assistant("user"),
        user("user"),
    ],
    "spaces around": [user("  two before, one behind "), assistant("\n\na line of its own\n"), user("\tindented")],
    "unicode": [user("Wo ist der Käse? 🧀 e\u0301"), assistant("这里。"), user("\u200fשלום")],
}


cases = pytest.mark.parametrize("name", CASES)


@cases
@pytest.mark.parametrize("conversation", CONVERSATIONS)
@pytest.mark.parametrize("prefill", ["", " I feel", "é"])
def test_every_token_has_its_turn_role_and_content(name: str, conversation: str, prefill: str) -> None:
    case, messages = CASES[name], CONVERSATIONS[conversation]
    tokenizer, stretches = tokenizer_of(case), case.write(messages)
    found = encode_chat(tokenizer, messages, prefill=prefill)
    check_tokens(found, [*stretches, (prefill, len(messages), False)], tokenizer, conversation)
    assert found.roles == (*(message["role"] for message in messages), "assistant")
    assert found.role(0) == "user"
    behind = len(prefill.encode())
    assert found.colon == len(found.tokens) - 1 - behind, "the last token of the generation prompt"
    assert tokenizer.pieces(found.tokens)[found.colon] == case.last_piece
    opened = found.turn.tolist().index(len(messages)) if len(messages) in found.turn[: found.colon] else found.colon
    assert found.assistant == opened


@cases
def test_a_conversation_the_assistant_has_ended_needs_no_prompt(name: str) -> None:
    case = CASES[name]
    messages = [user("Hello."), assistant("Good day.")]
    found = encode_chat(tokenizer_of(case), messages, generation=False)
    stretches = [part for part in case.write(messages) if part[1] < 2]
    if name == "thinking":  # the template writes the empty thought of the last answer too
        stretches.insert(5, ("<think>\n\n</think>\n\n", 1, False))
    check_tokens(found, stretches, tokenizer_of(case), name)
    assert found.roles == ("user", "assistant")
    assert found.colon is None
    assert found.assistant == found.turn.tolist().index(1)
    assert encode_chat(tokenizer_of(case), messages[:1], generation=False).assistant is None


@cases
def test_a_system_message_is_a_turn_of_its_own_or_refused(name: str) -> None:
    case, messages = CASES[name], [{"role": "system", "content": "Be brief."}, user("Hello.")]
    if name == "gemma":
        with pytest.raises(InputError, match=r"refuses this conversation.*System role not supported"):
            encode_chat(tokenizer_of(case), messages)
    elif case.system:
        found = encode_chat(tokenizer_of(case), messages)
        check_tokens(found, case.write(messages), tokenizer_of(case), name)
        assert found.role(0) == "system"


def test_a_default_system_prompt_is_no_content_and_gives_way_to_a_real_one() -> None:
    tokenizer = tokenizer_of(CASES["default system"])
    found = encode_chat(tokenizer, [user("Hello.")])
    assert (
        "".join(piece for piece, own in zip(tokenizer.pieces(found.tokens), found.content, strict=True) if own)
        == "Hello."
    )
    given_one = encode_chat(tokenizer, [{"role": "system", "content": "Be brief."}, user("Hello.")])
    check_tokens(
        given_one, CASES["chatml"].write([{"role": "system", "content": "Be brief."}, user("Hello.")]), tokenizer, ""
    )


def test_a_template_that_refuses_a_lone_system_message_still_has_turns() -> None:
    needs_a_question = (
        "{% if messages | selectattr('role', 'equalto', 'user') | list | length == 0 %}"
        "{{ raise_exception('no question') }}{% endif %}" + CHATML
    )
    tokenizer = tiny_tokenizer()
    tokenizer.chat_template = needs_a_question
    messages = [{"role": "system", "content": "Be brief."}, user("Hello.")]
    check_tokens(
        encode_chat(HFTokenizer(tokenizer), messages), CASES["chatml"].write(messages), HFTokenizer(tokenizer), ""
    )


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("{% for m in messages %}{{ m.content | upper }}\n{% endfor %}", "rewrites it"),
        ("{% for m in messages %}{{ m.content }}{{ m.content }}\n{% endfor %}", "drops or repeats it"),
        ("{% for m in messages[1:] %}{{ m.content }}\n{% endfor %}", "drops or repeats it"),
        ("{% for m in messages %}{{ m.content }}{{ m.content | length }}\n{% endfor %}", "what it says|rewrites"),
        ("{{ messages[1].content }} {{ messages[0].content }}", "rewrites it"),
        (
            "{{ messages[0].content }} {{ messages[1].content }}{{ '!' if not add_generation_prompt }}",
            "rewrites the conv",
        ),
    ],
)
def test_a_template_in_which_the_words_cannot_be_found_is_refused(template: str, reason: str) -> None:
    tokenizer = tiny_tokenizer()
    tokenizer.chat_template = template
    with pytest.raises(InputError, match=reason):
        encode_chat(HFTokenizer(tokenizer), [user("Hello there."), assistant("Yes.")])


def test_a_thought_in_an_earlier_answer_that_the_template_drops_is_refused() -> None:
    messages = [user("Hello."), assistant("<think>hm</think>Good day."), user("And now?")]
    with pytest.raises(InputError, match="cannot tell where the assistant's words are"):
        encode_chat(tokenizer_of(CASES["thinking"]), messages)


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [{"role": "user"}],
        [{"content": "Hello."}],
        [user(" \n")],
        [{"role": "", "content": "Hello."}],
        [user("a"), {"role": "user", "content": None}],
    ],
)
def test_a_conversation_without_words_is_refused(messages: Any) -> None:
    with pytest.raises(InputError, match=r"blank|empty"):
        encode_chat(tokenizer_of(CASES["chatml"]), messages)


def test_a_role_without_a_name_is_refused_where_there_is_no_template() -> None:
    tokenizer = FakeTokenizer(64)
    with pytest.raises(InputError, match=r"message 1: unknown role 'robot'.*one of assistant, system, user"):
        encode_chat(tokenizer, [user("Hello."), {"role": "robot", "content": "Beep."}])
    with pytest.raises(InputError, match="did you mean 'user'"):
        encode_chat(tokenizer, [{"role": "User", "content": "Hello."}])


def merging_tokenizer(template: str | None) -> HFTokenizer:
    """Bytes, but ".\\n" and ":)" are one token: tokens that stand across a border."""
    from tokenizers import Tokenizer, models

    made = tiny_tokenizer()
    state = made.backend_tokenizer
    vocabulary = {**state.get_vocab(), ".Ċ": 258, ":)": 259}
    merged = Tokenizer(models.BPE(vocab=vocabulary, merges=[(".", "Ċ"), (":", ")")]))
    merged.add_special_tokens(["<s>", "</s>"])
    merged.pre_tokenizer, merged.decoder, merged.post_processor = (
        state.pre_tokenizer,
        state.decoder,
        state.post_processor,
    )
    return HFTokenizer(type(made)(tokenizer_object=merged, bos_token="<s>", eos_token="</s>", chat_template=template))


def test_a_token_across_a_border_belongs_to_the_turn_in_which_it_begins() -> None:
    tokenizer = merging_tokenizer(None)
    found = encode_chat(tokenizer, [user("Hi.")])
    place = tokenizer.pieces(found.tokens).index(".\n")
    assert found.content[place]
    assert found.turn[place] == 0
    assert found.assistant == place + 1


@pytest.mark.parametrize("template", [None, CHATML.replace("assistant\n{% endif", "assistant:{% endif")])
def test_a_prefill_never_merges_with_the_colon(template: str | None) -> None:
    tokenizer = merging_tokenizer(template)
    plain, filled = (encode_chat(tokenizer, [user("Hi")], prefill=prefill) for prefill in ("", ") yes"))
    assert filled.tokens[: len(plain.tokens)] == plain.tokens
    assert filled.colon == plain.colon == len(plain.tokens) - 1
    assert filled.assistant == plain.assistant
    assert "".join(tokenizer.pieces(filled.tokens[len(plain.tokens) :])) == ") yes", "and no second beginning"


visible = st.text(min_size=1, max_size=12).filter(lambda text: text.strip() != "")


@settings(max_examples=40, deadline=None)
@given(
    contents=st.lists(visible, min_size=1, max_size=4),
    name=st.sampled_from([name for name in CASES if name != "thinking"]),
)
def test_any_words_are_found_again(contents: list[str], name: str) -> None:
    """Whatever is said, the tokens that are content spell it out, turn by turn."""
    case = CASES[name]
    tokenizer = tokenizer_of(case)
    roles = ("user", "assistant")
    messages = [{"role": roles[index % 2], "content": content} for index, content in enumerate(contents)]
    found = encode_chat(tokenizer, messages)
    for index, content in enumerate(contents):
        own = [
            token
            for token, turn, spoken in zip(found.tokens, found.turn, found.content, strict=True)
            if turn == index and spoken
        ]
        spelt = tokenizer._tokenizer.decode(own, clean_up_tokenization_spaces=False)
        assert spelt.strip() == content.strip()


def test_the_fake_tokenizer_has_the_plain_format() -> None:
    tokenizer = FakeTokenizer(512)
    found = encode_chat(tokenizer, [user("Where to?"), assistant("Home."), user("Now?")], prefill=" Yes")
    assert tokenizer.pieces(found.tokens) == tuple(
        "Human : Where to ? Assistant : Home . Human : Now ? Assistant : Yes".split()
    )
    assert found.turn.tolist() == [0] * 5 + [1] * 4 + [2] * 4 + [3] * 3
    assert found.colon == 14
    assert found.assistant == 13
