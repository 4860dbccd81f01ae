"""Every argument and every setting is followed, or refused in a line that names it; none is passed over."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest
from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageUser,
    ContentImage,
    ContentText,
    GenerateConfig,
    get_model,
)

from affectlab.behaviour.provider.asked import asked
from affectlab.behaviour.provider.messages import HONOURED, INSPECTS_OWN, check_config
from affectlab.core import Convention
from affectlab.errors import AffectlabError, ContextError, InputError
from affectlab.models.base import Sampling
from affectlab.models.verbs import generate
from tests.behaviour.provider.conftest import Subject, ask


def user(text: str) -> ChatMessage:
    return ChatMessageUser(content=text)


def assistant(text: str) -> ChatMessage:
    return ChatMessageAssistant(content=text)


# Arguments.


def test_arguments_are_what_they_are_on_a_command_line(tiny: Subject) -> None:
    vectors = tiny.vector_set
    found = asked(
        {"vectors": tiny.vectors, "steer": "0.2*angry - 0.1*calm", "tokens": "from 3", "layers": "2-3", "form": "raw"}
    )
    expected = vectors.steer("0.2*angry - 0.1*calm", layers=(2, 3), tokens="from 3", form="raw")
    assert found.steer is not None
    assert (found.steer.sites, str(found.steer.tokens), found.steer.label) == ((2, 3), "from 3", expected.label)
    np.testing.assert_array_equal(found.steer.deltas, expected.deltas)
    assert found.loading == {"dtype": "float32"}


def test_numbers_and_lists_are_taken_as_inspect_reads_them(tiny: Subject) -> None:
    """Inspect makes a number of 4, and a list of calm,sad."""
    given = {
        "vectors": tiny.vectors,
        "read": ["calm", "sad"],
        "read_layers": 3,
        "steer": "0.1*sad",
        "layers": [3, "2"],
    }
    found = asked({**given, "convention": "projection"})
    assert found.steer is not None
    assert found.readout is not None
    assert (found.emotions, found.readout.sites, found.steer.sites) == (("calm", "sad"), (3,), (2, 3))
    assert found.convention is Convention.PROJECTION
    assert asked({**given, "layers": 0.5}).steer.sites == (2,)  # type: ignore[union-attr]
    assert asked({**given, "read": "all"}).emotions == tiny.vector_set.emotions


def test_no_steering_may_be_written_down(tiny: Subject) -> None:
    for nothing in ("", None, False):
        found = asked({"vectors": tiny.vectors, "read": "calm", "steer": nothing})
        assert found.steer is None
    assert asked({}).vectors is None
    assert asked({}).loading == {"dtype": "float32"}


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"stear": "0.1*calm"}, r"-M: unknown argument 'stear'.*did you mean 'steer'"),
    ({"steer": "0.1*calm", "vectors": None}, r"-M steer: this has no meaning alone; expected -M vectors"),
    ({"vectors": "nowhere.safetensors", "read": "calm"}, "nowhere.safetensors"),
    ({"steer": "0.1*clam"}, r"-M steer: unknown emotion 'clam'.*did you mean 'calm'"),
    ({"steer": "calm"}, r"-M steer: a strength is missing"),
    ({"steer": "0.1*calm - 0.1*calm"}, r"-M steer: this adds nothing"),
    ({"steer": "1e-60*calm"}, r"-M steer: this adds nothing"),
    ({"steer": "0.1*calm", "layers": "9"}, r"-M layers: layer 9 does not exist"),
    ({"steer": "0.1*calm", "layers": "0"}, r"-M layers: there are no vectors for layer 0"),
    ({"steer": "0.1*calm", "tokens": "most"}, r"-M tokens: 'most' names no tokens"),
    ({"steer": "0.1*calm", "tokens": "spans"}, r"-M tokens: a conversation has no spans"),
    ({"read": "calm,clam"}, r"-M read: unknown emotion 'clam'.*did you mean 'calm'"),
    ({"read": "calm", "layers": "3"}, r"-M layers: this has no meaning alone; expected -M steer"),
    ({"steer": "0.1*calm", "read_layers": "3"}, r"-M read_layers: this has no meaning alone; expected -M read"),
    (
        {"read": "calm", "convention": "angle"},
        r"-M convention: unknown convention 'angle'.*centred, cosine, projection",
    ),
    ({"read": "calm", "form": "cooked"}, r"-M form: unknown form 'cooked'"),
    ({}, r"-M vectors: nothing is done with them"),
    ({"steer": object()}, r"-M steer: an argument is a text.*found object"),
]


@pytest.mark.parametrize(("given", "line"), WRONG, ids=lambda value: value if isinstance(value, str) else "")
def test_an_argument_that_cannot_be_followed_is_refused(tiny: Subject, given: dict[str, Any], line: str) -> None:
    with pytest.raises(AffectlabError, match=line):
        asked({"vectors": tiny.vectors, **given})


def test_loading_is_asked_for_by_the_same_names(tiny: Subject) -> None:
    assert asked({"device": "cpu", "dtype": "bfloat16", "trust_remote_code": True}).loading == {
        "device": "cpu",
        "dtype": "bfloat16",
        "trust_remote_code": True,
    }
    model = get_model(tiny.name, memoize=False, dtype="bfloat16")
    assert model.api.model.facts["dtype"] == "bfloat16"  # type: ignore[attr-defined]
    model.api.close()
    with pytest.raises(InputError, match="models run in this process"):
        get_model(tiny.name, memoize=False, base_url="http://127.0.0.1:1")


# Settings.


def a_value(name: str) -> Any:
    """Some value of this setting that asks for something."""
    kind = str(GenerateConfig.model_fields[name].annotation)
    if "BatchConfig" in kind or "bool" in kind.split("|", maxsplit=1)[0]:
        return True
    for words, value in (
        ("Literal['none', 'minimal'", "low"),
        ("Literal['low'", "low"),
        ("Literal['standard'", "pro"),
        ("Literal['none', 'concise'", "concise"),
        ("Literal['none', 'all'", "all"),
        ("ResponseSchema", {"name": "x", "json_schema": {"type": "object"}}),
        ("dict[int", {3: 1.0}),
        ("dict[str", {"a": "b"}),
        ("list[", ["image"]),
        ("str", "words"),
        ("float", 0.5),
        ("int", 3),
    ):
        if words in kind:
            return value
    return True


@pytest.mark.parametrize("name", sorted(GenerateConfig.model_fields))
def test_every_setting_of_inspect_is_followed_or_refused(name: str) -> None:
    config = GenerateConfig.model_construct(**{name: a_value(name)})
    if name in (*HONOURED, *INSPECTS_OWN):
        check_config(config)
    else:
        with pytest.raises(
            InputError, match=rf"GenerateConfig\.{name}: this setting cannot be followed.*leave {name} away"
        ):
            check_config(config)


def test_a_setting_that_asks_for_nothing_is_no_reason_to_refuse() -> None:
    check_config(GenerateConfig(frequency_penalty=0, presence_penalty=0.0, top_logprobs=0, best_of=1))
    check_config(GenerateConfig(reasoning_effort="none", logit_bias={}))


def test_a_setting_that_cannot_be_followed_fails_the_call(tiny: Subject) -> None:
    with pytest.raises(InputError, match=r"GenerateConfig\.top_k"):
        ask(tiny, "Hello.", top_k=3)


def test_sampling_is_as_asked(tiny: Subject) -> None:
    [greedy] = generate(tiny.model, [[{"role": "user", "content": "Hello."}]], Sampling(9))
    assert ask(tiny, "Hello.", temperature=0.0, max_tokens=9).completion == greedy.text.strip()
    nearly = [ask(tiny, "Hello.", top_p=1e-9, max_tokens=9, seed=seed).completion for seed in (0, 1)]
    assert nearly == [greedy.text.strip()] * 2, "at temperature 1 by default, and of the likeliest tokens alone"
    drawn = [ask(tiny, "Hello.", max_tokens=9, seed=seed).completion for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_why_a_reply_ended_is_told(tiny: Subject) -> None:
    assert ask(tiny, "Hello.", temperature=0.0, max_tokens=3).stop_reason == "max_tokens"
    long = "word " * 90
    output = ask(tiny, long, temperature=0.0, max_tokens=400)
    assert output.stop_reason == "model_length", "the model sees 512 tokens"
    assert output.usage.total_tokens == 512
    whole = ask(tiny, "Hello.", temperature=0.0, max_tokens=40).completion
    assert ask(tiny, "Hello.", temperature=0.0, max_tokens=40, stop_seqs=[whole[3]]).stop_reason == "stop"


@pytest.mark.parametrize("length", [1, 3])
def test_a_reply_ends_before_a_stop_sequence(tiny: Subject, length: int) -> None:
    """At once where a token holds it whole; tokens are bytes here."""
    read = {"vectors": tiny.vectors, "read": "calm", "temperature": 0.0, "max_tokens": 24}
    whole = ask(tiny, "Hello.", **read)
    stop = whole.completion[6 : 6 + length]
    cut = ask(tiny, "Hello.", **read, stop_seqs=["not to be found", stop], logprobs=True)
    assert cut.completion == whole.completion[: whole.completion.index(stop)].strip()
    assert cut.stop_reason == "stop"
    ours, kept = cut.metadata["affectlab"], cut.choices[0].logprobs.content
    assert len(ours["readings"]["tokens"]) == ours["readings"]["reply"] + len(kept)
    assert cut.usage.output_tokens == len(kept) + ours["cut"]
    assert (cut.usage.output_tokens < 24) is (length == 1)


def test_several_choices_are_drawn_apart(tiny: Subject) -> None:
    output = ask(tiny, "Hello.", num_choices=3, max_tokens=9, vectors=tiny.vectors, steer="0.1*calm")
    assert len({choice.message.text for choice in output.choices}) == 3
    receipts = [choice["receipt"] for choice in output.metadata["affectlab"]["choices"]]
    assert [receipt["label"] for receipt in receipts] == ["0.1*calm"] * 3
    assert output.usage.output_tokens <= 27


def test_log_probabilities_are_those_of_the_steered_model(tiny: Subject) -> None:
    steer = tiny.vector_set.steer("0.5*calm")
    [reply] = generate(tiny.model, [[{"role": "user", "content": "Hello."}]], Sampling(6), steer=steer)
    output = ask(tiny, "Hello.", temperature=0.0, max_tokens=6, logprobs=True, vectors=tiny.vectors, steer="0.5*calm")
    found = output.choices[0].logprobs.content
    np.testing.assert_allclose([part.logprob for part in found], reply.logprobs, atol=1e-4)
    assert tuple(part.token for part in found) == tiny.model.tokenizer.pieces(reply.tokens)
    assert ask(tiny, "Hello.", max_tokens=2).choices[0].logprobs is None


# Conversations.


def test_the_assistants_last_words_are_gone_on_with(tiny: Subject) -> None:
    chat = [{"role": "user", "content": "Hello."}]
    [reply] = generate(tiny.model, [chat], Sampling(6), prefill="I am")
    output = ask(tiny, [user("Hello."), assistant("I am")], temperature=0.0, max_tokens=6)
    assert output.completion == reply.text
    assert output.usage.input_tokens == len(reply.prompt)


def test_an_earlier_reply_without_words_is_shown_as_such(tiny: Subject) -> None:
    said = [user("Hello."), assistant(""), user("Well?")]
    output = ask(tiny, said, max_tokens=2, vectors=tiny.vectors, read="calm")
    shown = "".join(output.metadata["affectlab"]["readings"]["tokens"])
    assert "Well?" in shown
    assert output.usage.input_tokens == len("s[user] Hello./\n[assistant] (no content)/\n[user] Well?/\n[assistant]:")


def test_text_in_parts_is_text_and_pictures_are_refused(tiny: Subject) -> None:
    parts = [ContentText(text="Hello"), ContentText(text="there.")]
    assert ask(tiny, [ChatMessageUser(content=[*parts])], max_tokens=2).usage.input_tokens > 20
    with pytest.raises(InputError, match=r"a message of the user: this model reads text alone.*found image"):
        ask(tiny, [ChatMessageUser(content=[*parts, ContentImage(image="data:image/png;base64,AAAA")])])


def test_a_conversation_that_begins_too_long_is_an_error_and_one_that_has_grown_ends(tiny: Subject) -> None:
    long = "word " * 200
    with pytest.raises(ContextError, match=r"longer than the model can see; expected fewer than 512 tokens"):
        ask(tiny, long)
    output = ask(tiny, [user("Hello."), assistant("Yes."), user(long)])
    assert (output.stop_reason, output.completion) == ("model_length", "")
    assert "longer than the model can see" in output.error


def test_tokens_are_counted_by_the_models_own_tokenizer(tiny: Subject) -> None:
    model = get_model(tiny.name, memoize=False)
    assert asyncio.run(model.api.count_text_tokens("abc")) == 4, "with the beginning of the text"
    assert asyncio.run(model.api.tokenize("abc")) == list(tiny.model.tokenizer.encode("abc"))
    model.api.close()
