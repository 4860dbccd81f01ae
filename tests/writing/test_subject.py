"""The subject writes for itself: each request with its own seed, in batches that the requests alone decide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from affectlab.errors import ContextError, DeviceMemoryError, InputError
from affectlab.models.base import Event, Model, Reducer, Row
from affectlab.models.fake import END, FakeModel
from affectlab.models.hf.load import from_network
from affectlab.models.hf.model import HFModel
from affectlab.models.verbs import generate
from affectlab.testing.tiny import tiny_network, tiny_tokenizer
from affectlab.writing.writers.base import Answer, Request, Writer
from affectlab.writing.writers.subject import MOST, SubjectWriter

SETTINGS: dict[str, Any] = {"max_tokens": 6, "temperature": 1.0, "top_p": 0.9}


@pytest.fixture(scope="module")
def tiny() -> HFModel:
    return from_network(tiny_network("llama"), tiny_tokenizer(), "somebody/tiny")


def requests_for(count: int) -> list[Request]:
    """Of different lengths, in no order, each with a seed of its own."""
    return [
        Request([{"role": "user", "content": "lamp " * (1 + 7 * index % 11)}], 1000 + index) for index in range(count)
    ]


class Small(FakeModel):
    """Quickly made, and quick to write."""

    def __init__(self) -> None:
        super().__init__(blocks=2, width=16, vocabulary=600)


class Watched(Small):
    """Writes down the tokens of every batch it runs; with little memory it takes only small ones."""

    def __init__(self, largest: int = 1000) -> None:
        super().__init__()
        self.batches: list[list[tuple[int, ...]]] = []
        self.largest = largest

    def run(self, rows: Sequence[Row], reducer: Reducer | None = None) -> Iterator[Event]:
        if len(rows) > self.largest:
            raise DeviceMemoryError("the device has too little memory")
        self.batches.append([row.tokens for row in rows])
        yield from super().run(rows, reducer)


def test_it_writes_what_the_model_generates_with_the_seed_of_each_request(tiny: HFModel) -> None:
    from affectlab import Sampling

    requests = requests_for(5)
    writer: Writer = SubjectWriter(tiny)
    for request, answer in zip(requests, writer.write(requests, **SETTINGS), strict=True):
        reply = generate(tiny, [request.messages], Sampling(seed=request.seed, **SETTINGS))[0]
        assert answer == Answer(reply.text.strip(), "stop" if reply.reason == "stop" else "length")


@pytest.mark.parametrize("model", ["tiny", "fake"])
def test_the_same_requests_give_the_same_answers(model: str, tiny: HFModel) -> None:
    requests = requests_for(12)
    subject: Model = tiny if model == "tiny" else Small()
    first = SubjectWriter(subject, budget=200).write(requests, **SETTINGS)
    assert first == SubjectWriter(subject, budget=200).write(requests, **SETTINGS)
    assert len({answer.text for answer in first}) > 9, "the seeds differ"


def test_requests_and_budget_alone_decide_what_runs_together() -> None:
    planned = []
    for free_memory in (300, 4096):
        model = Watched()
        model.budget = free_memory
        SubjectWriter(model, budget=40).write(requests_for(20), **SETTINGS)
        planned.append(model.batches)
    assert planned[0] == planned[1]
    assert len(planned[0]) > 3
    lengths = [len(tokens) for batch in planned[0] for tokens in batch]
    assert lengths == sorted(lengths, reverse=True)


def test_batches_do_not_change_what_is_written() -> None:
    requests = requests_for(12)
    whole = SubjectWriter(Small()).write(requests, **SETTINGS)
    assert whole == SubjectWriter(Small(), budget=1).write(requests, **SETTINGS)
    assert whole[::-1] == SubjectWriter(Small()).write(requests[::-1], **SETTINGS)


def test_a_batch_that_does_not_fit_is_halved() -> None:
    model = Watched(largest=3)
    answers = SubjectWriter(model).write(requests_for(12), **SETTINGS)
    assert answers == SubjectWriter(Small()).write(requests_for(12), **SETTINGS)
    assert max(map(len, model.batches)) == 3


def test_progress_is_told_of_every_answer() -> None:
    counted: list[int] = []
    SubjectWriter(Watched(), budget=40).write(requests_for(12), **SETTINGS, progress=counted.append)
    assert counted == list(range(1, 13))


@pytest.mark.parametrize(
    ("device", "blocks", "width", "budget"),
    [("cpu", 8, 256, MOST), ("cpu", 12, 512, 2730), ("cpu", 28, 1024, 2048), ("cuda:0", 8, 256, 2048)],
)
def test_a_small_model_on_a_processor_writes_many_texts_together(
    device: str, blocks: int, width: int, budget: int
) -> None:
    """As many as two gigabytes of keys and values allow; elsewhere the model knows what there is room for."""
    model = Small()
    vars(model).update(facts={"device": device}, blocks=blocks, width=width, budget=2048)
    assert SubjectWriter(model).budget == budget
    assert SubjectWriter(model, budget=7).budget == 7


class Saying(Small):
    """Decodes whatever it generates to the same text."""

    def __init__(self, text: str, template: str | None) -> None:
        super().__init__()
        vars(self.tokenizer).update(template=template, decode=lambda tokens: text)


@pytest.mark.parametrize(
    ("text", "template", "answer"),
    [
        (" \n The rain came.\n", None, Answer("The rain came.", "length")),
        (" The rain came.\n\nHuman: And", None, Answer("The rain came.", "stop")),
        ("Then:\n\nHuman: And", "a template", Answer("Then:\n\nHuman: And", "length")),
        ("<think>Well</think> The rain came.", None, Answer("The rain came.", "length")),
        (" \n", None, Answer("", "length")),
    ],
)
def test_an_answer_is_the_turn_of_the_model_and_no_more(text: str, template: str | None, answer: Answer) -> None:
    assert SubjectWriter(Saying(text, template)).write(requests_for(1), **SETTINGS) == [answer]


def test_how_it_ended(tiny: HFModel) -> None:
    settings = {**SETTINGS, "max_tokens": 100, "temperature": 2.0}
    answers = SubjectWriter(tiny).write(requests_for(12), **settings)
    assert {answer.ended for answer in answers} == {"stop", "length"}


def test_the_token_that_ended_a_text_is_no_part_of_it() -> None:
    """As with a stop token that the tokenizer does not count among the special ones, and shows."""
    answers = SubjectWriter(Small()).write(requests_for(30), **{**SETTINGS, "max_tokens": 60, "temperature": 5.0})
    assert {answer.ended for answer in answers} == {"stop", "length"}
    assert not any(END in answer.text for answer in answers)


def test_the_name_says_which_model_and_which_weights(tiny: HFModel) -> None:
    short = tiny.identity.weights[:8]
    assert SubjectWriter(tiny).name == f"somebody/tiny (weights {short})"
    assert SubjectWriter(tiny, "./tiny").name == f"./tiny (weights {short})"


def test_no_requests_no_answers() -> None:
    assert SubjectWriter(Small()).write([], **SETTINGS) == []


def test_what_cannot_be_written_says_so(tiny: HFModel) -> None:
    with pytest.raises(ContextError, match="longer than the model can see"):
        SubjectWriter(tiny).write(requests_for(1), **{**SETTINGS, "max_tokens": 600})
    with pytest.raises(InputError, match="temperature"):
        SubjectWriter(tiny).write(requests_for(1), **{**SETTINGS, "temperature": -1.0})
    with pytest.raises(InputError, match="seed"):
        SubjectWriter(tiny).write([Request([{"role": "user", "content": "x"}], -1)], **SETTINGS)
