"""A receipt says what was done: to how many tokens, how far the stream moved, and that nothing was if nothing was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch

from affectlab.core import Steer, Tokens
from affectlab.errors import SteeringNotAppliedError
from affectlab.models.base import Event, Model, Reducer, Row, RowEnd, Sampling
from affectlab.models.fake import FakeModel
from affectlab.models.hf.load import from_network
from affectlab.models.verbs import generate
from affectlab.testing.tiny import tiny_network, tiny_tokenizer
from affectlab.testing.trial import Collector


def steer(model: Model, norm: float, *, tokens: str = "all", sites: tuple[int, ...] = (1, 2)) -> Steer:
    drawn = np.random.default_rng(0).standard_normal((len(sites), model.width))
    deltas = norm * drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    return Steer(sites, np.asarray(deltas, dtype=np.float32), Tokens(tokens), "a test")  # type: ignore[arg-type]


@pytest.fixture(params=["fake", "llama"])
def model(request: pytest.FixtureRequest) -> Model:
    return FakeModel() if request.param == "fake" else from_network(tiny_network("llama"), tiny_tokenizer())


def test_a_reply_that_ends_at_once_says_that_it_was_not_steered(model: Model) -> None:
    steering = steer(model, 1.0, tokens="reply")
    [longer] = generate(model, ["She wept"], Sampling(5, ignore_end=True), steer=steering)
    assert longer.steered
    [at_once] = generate(model, ["She wept"], Sampling(5, stop=longer.tokens[:1]), steer=steering)
    assert (at_once.reason, at_once.steered) == ("stop", False)
    assert at_once.receipt is not None
    assert at_once.receipt.empty
    assert (at_once.receipt.moved_norm, at_once.receipt.norm_change) == ((0.0, 0.0), (0.0, 0.0))
    [plain] = generate(model, ["She wept"], Sampling(2))
    assert not plain.steered


def test_a_reply_that_ran_its_length_and_was_not_steered_is_an_error() -> None:
    class Forgets(FakeModel):
        def run(self, rows: Sequence[Row], reducer: Reducer | None = None) -> Iterator[Event]:
            for event in super().run(rows, reducer):
                if isinstance(event, RowEnd) and event.receipt is not None:
                    yield event._replace(receipt=replace(event.receipt, tokens=0))
                else:
                    yield event

    model = Forgets()
    with pytest.raises(SteeringNotAppliedError, match="the steering touched no token"):
        generate(model, ["She wept"], Sampling(3, ignore_end=True), steer=steer(model, 1.0))


def moved(model: Model, steering: Steer) -> float:
    """How far the stream of one text moves at the first site steered."""
    row, streams = Row(model.tokenizer.encode("She wept in the rain")), []
    for one in (row, replace(row, steer=steering)):
        collector = Collector(steering.sites[:1])
        for _ in model.run([one], collector):
            pass
        streams.append(collector.streams()[0][0].astype(np.float64))
    return float(np.linalg.norm(streams[1] - streams[0], axis=-1).mean())


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("norm", [3.0, 0.004])
def test_what_was_asked_and_what_was_done_are_told_apart(dtype: torch.dtype, norm: float) -> None:
    model = from_network(tiny_network("llama").to(dtype), tiny_tokenizer())
    steering = steer(model, norm, sites=(2,))
    [reply] = generate(model, ["She wept in the rain"], Sampling(1), steer=steering)
    receipt = reply.receipt
    assert receipt is not None
    assert receipt.added_norm == pytest.approx([norm], rel=1e-5)
    assert receipt.moved_norm == pytest.approx([moved(model, steering)], rel=1e-3 if dtype == torch.float32 else 0.02)
    if dtype == torch.bfloat16 and norm < 1:
        assert abs(receipt.moved_norm[0] / norm - 1) > 0.02, "bfloat16 rounds, and the receipt says so"
    else:
        assert receipt.moved_norm == pytest.approx([norm], rel=0.02)


def test_what_rounding_swallows_is_told() -> None:
    model = from_network(tiny_network("llama").to(torch.bfloat16), tiny_tokenizer())
    [reply] = generate(model, ["She wept"], Sampling(1), steer=steer(model, 1e-12))
    assert reply.receipt is not None
    assert reply.receipt.lost
    [nothing] = generate(model, ["She wept"], Sampling(1), steer=steer(model, 0.0))
    assert nothing.receipt is not None
    assert not nothing.receipt.lost, "strength 0 is what a sweep asks for"
