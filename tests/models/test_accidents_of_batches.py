"""The accidents of batches and layers: each has a check, and each check is shown to fail once the bug is planted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from affectlab.errors import SteeringNotAppliedError
from affectlab.models import batches
from affectlab.models.base import Event, Model, Row, RowEnd
from affectlab.models.hf.model import HFModel
from affectlab.models.network import hooks
from affectlab.models.verbs import collect
from tests.models.plain_hooks import EVERY_LAYER, FOUR, by_hand, hidden, near, rows_of, steer

# Rows of a batch credited to the wrong request.


def every_row_gets_its_own(model: Model) -> None:
    rows = [
        replace(row, steer=steer(site), readout=EVERY_LAYER, sampling=replace(FOUR, max_tokens=most))
        for row, site, most in zip(rows_of(model), (0, 1, 2, 1), (1, 3, 5, 2), strict=True)
    ]
    for together, row in zip(collect(model, rows), rows, strict=True):
        alone = collect(model, [row])[0]
        assert together.tokens == alone.tokens
        np.testing.assert_allclose(together.logprobs, alone.logprobs, atol=1e-4)
        assert near(together.scores, alone.scores)
        assert together.receipt is not None
        assert alone.receipt is not None
        assert together.receipt.tokens == alone.receipt.tokens
        np.testing.assert_allclose(together.receipt.norm_change, alone.receipt.norm_change, rtol=1e-4)


def in_the_order_they_ran(model: Model, rows: Sequence[Row], budget: int | None = None) -> Iterator[Event]:
    plan = batches.plan_batches(np.array([row.longest for row in rows]), 10**6, padding=1.0)
    for batch in plan.batches:
        yield from model.run([rows[row] for row in batch])


def test_every_row_gets_its_own_although_rows_are_sorted_by_length(
    llama: HFModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    every_row_gets_its_own(llama)
    monkeypatch.setattr("affectlab.models.verbs.run_rows", in_the_order_they_ran)
    with pytest.raises(AssertionError):
        every_row_gets_its_own(llama)


def test_every_row_keeps_its_own_cache_when_others_end(llama: HFModel, monkeypatch: pytest.MonkeyPatch) -> None:
    def keep_the_first(self: Any, indices: Any) -> None:
        honest(self, torch.arange(len(indices)))

    honest = type(llama.new_cache()).batch_select_indices
    monkeypatch.setattr(type(llama.new_cache()), "batch_select_indices", keep_the_first)
    with pytest.raises(AssertionError):
        every_row_gets_its_own(llama)


# Left padding that shifts readings while the vectors look right.


def padding_shifts_nothing(model: HFModel) -> None:
    rows = [replace(row, readout=EVERY_LAYER) for row in rows_of(model)]
    for wanted in (rows, [replace(row, logprobs=True) for row in rows]):
        for reply, row in zip(collect(model, wanted), rows, strict=True):
            assert near(reply.scores, EVERY_LAYER.apply(by_hand(model, row.tokens)[0]))


@pytest.mark.parametrize(("architecture", "forgotten"), [("llama", "attention_mask"), ("gpt2", "position_ids")])
def test_padding_shifts_nothing(architecture: str, forgotten: str, tiny: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Learned positions tell when positions are forgotten; with relative ones only the mask can be."""
    for padding in ("left", "right"):
        padding_shifts_nothing(tiny(architecture, padding=padding))
    model, honest = tiny(architecture, padding="left"), HFModel.inputs

    def forgetful(self: Any, *args: Any, **options: Any) -> dict[str, Any]:
        found = honest(self, *args, **options)
        found.pop("position_ids", None)
        return {name: value for name, value in found.items() if name != forgotten}

    monkeypatch.setattr(HFModel, "inputs", forgetful)
    with pytest.raises(AssertionError):
        padding_shifts_nothing(model)


# The last of `hidden_states` is already normed.


def the_last_site_is_not_normed(model: HFModel) -> None:
    row = rows_of(model)[1]
    with torch.no_grad():
        theirs = model.network(input_ids=torch.tensor([list(row.tokens)]), output_hidden_states=True).hidden_states
    ours = hidden(model, [row])[0]
    assert not near(ours[-1], theirs[-1][0].numpy()), "normed, as Transformers has it"
    assert near(ours, by_hand(model, row.tokens)[0])
    assert near(ours[:-1], np.stack([stream[0].numpy() for stream in theirs[1:-1]]))


def test_the_last_site_is_not_normed(llama: HFModel, monkeypatch: pytest.MonkeyPatch) -> None:
    the_last_site_is_not_normed(llama)
    honest = hooks._Hook.__call__

    def normed(self: Any, module: Any, args: Any, output: Any) -> Any:
        read = self.read
        if read is not None and self.site == 3:
            self = replace(self, read=lambda stream: read(llama.network.model.norm(stream)))
        return honest(self, module, args, output)

    monkeypatch.setattr(hooks._Hook, "__call__", normed)
    with pytest.raises(AssertionError, match="normed, as Transformers has it"):
        the_last_site_is_not_normed(llama)


# An iterator of layers that is consumed once: nothing is wrapped the second time.


class ConsumedOnce:
    """Blocks that can be asked for once; whoever asks again gets something that no forward pass goes through."""

    def __init__(self, blocks: Sequence[Any]) -> None:
        self.left = dict(enumerate(blocks))

    def __getitem__(self, site: int) -> Any:
        return self.left.pop(site, torch.nn.Identity())


def test_blocks_are_wrapped_every_time_or_the_run_fails(tiny: Any) -> None:
    model = tiny()
    row = replace(rows_of(model)[0], steer=steer(), readout=EVERY_LAYER)
    first, second = collect(model, [row])[0], collect(model, [row])[0]
    assert np.array_equal(first.scores, second.scores)  # type: ignore[arg-type]
    assert isinstance(model.structure.blocks, tuple)
    object.__setattr__(model.structure, "blocks", ConsumedOnce(model.structure.blocks))
    assert np.array_equal(collect(model, [row])[0].scores, first.scores)  # type: ignore[arg-type]
    with pytest.raises(SteeringNotAppliedError, match="expected each of"):
        collect(model, [row])


def test_a_block_that_is_skipped_fails_the_run(tiny: Any) -> None:
    """The receipt is no promise: what was not reached was not steered."""
    model = tiny()
    model.network.model.layers[2].forward = lambda stream, *_, **__: stream
    model.network.model.layers = torch.nn.ModuleList([*model.network.model.layers[:1], *model.network.model.layers[2:]])
    with pytest.raises(SteeringNotAppliedError):
        list(model.run([replace(rows_of(model)[0], steer=steer(1), logprobs=True)]))


def test_the_checks_here_hold_for_rows_that_end(llama: HFModel) -> None:
    ends = [event for event in llama.run(rows_of(llama)) if isinstance(event, RowEnd)]
    assert [end.row for end in ends] == [0, 1, 2, 3]
