"""The accidents of this field: each has a check here, and each check is shown to fail once the bug is planted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from affectlab.core import Readout
from affectlab.models.hf.batch import BatchReadings, BatchSteering
from affectlab.models.hf.model import HFModel
from affectlab.models.network import hooks
from affectlab.models.network.blocks import Structure
from affectlab.models.verbs import collect
from affectlab.testing.trial import Collector
from tests.models.plain_hooks import EVERY_LAYER, FOUR, PROBES, by_hand, hidden, near, rows_of, steer


def hooks_on(model: HFModel) -> int:
    return sum(len(module._forward_hooks) + len(module._forward_pre_hooks) for module in model.network.modules())


# A hook that stays on after an error: later runs are silently steered.


class Stumbles(Collector):
    def add(self, site: int, hidden: Any) -> None:
        if site == 2:
            raise RuntimeError("on purpose")


def an_error_leaves_no_hook_behind(model: HFModel) -> None:
    rows = rows_of(model)
    before, count = hidden(model, rows), hooks_on(model)
    with pytest.raises(RuntimeError, match="on purpose"):
        list(model.run([replace(row, steer=steer()) for row in rows], Stumbles(range(4))))
    assert hooks_on(model) == count
    assert all(np.array_equal(now, then) for now, then in zip(hidden(model, rows), before, strict=True))


def leaky_forward(
    network: Any, structure: Structure, inputs: Any, *, edits: Any = None, reads: Any = None, stop_after: Any = None
) -> Any:
    """As it was: hooks are registered, and taken off behind the forward pass without a `try`."""
    edits, reads, handles = edits or {}, reads or {}, []
    for site in sorted({*edits, *reads}):
        hook = hooks._Hook(structure, site, edits.get(site), reads.get(site), stop_after == site, [])
        handles.append(structure.blocks[site].register_forward_hook(hook))
    try:
        output = network(**inputs)
    except hooks._LastWantedBlockDone:
        output = None
    for handle in handles:
        handle.remove()
    return output


def test_an_error_leaves_no_hook_behind(tiny: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    an_error_leaves_no_hook_behind(tiny())
    monkeypatch.setattr("affectlab.models.hf.model.forward", leaky_forward)
    with pytest.raises(AssertionError):
        an_error_leaves_no_hook_behind(tiny())


# Positions counted within one forward pass: with a cache the prompt is steered, and none of the reply.


def the_reply_is_steered_and_the_prompt_is_not(model: HFModel) -> None:
    for row in rows_of(model)[:2]:
        given = len(row.tokens)
        reply = collect(model, [replace(row, steer=steer(tokens="reply"), sampling=FOUR, readout=EVERY_LAYER)])[0]
        whole = row.tokens + reply.tokens
        streams, logprobs = by_hand(model, whole, site=1, steered=range(given, len(whole)))
        assert reply.receipt is not None
        assert reply.receipt.tokens == 3, "the last token is never fed back"
        assert reply.scores is not None
        assert near(reply.scores, EVERY_LAYER.apply(streams[:, :-1]))
        expected = [logprobs[given - 1 + step, token] for step, token in enumerate(reply.tokens)]
        np.testing.assert_allclose(reply.logprobs, expected, atol=1e-4)


@pytest.mark.parametrize("cached", [True, False])
def test_the_reply_is_steered_and_the_prompt_is_not(cached: bool, tiny: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    model = tiny(cached=cached)
    the_reply_is_steered_and_the_prompt_is_not(model)
    absolute = BatchSteering.edits

    def within_the_pass(self: Any, positions: Any, active: Any, fresh: Any) -> Any:
        return absolute(self, positions - positions.max() + self.rows[0].marks.given, active, fresh)

    monkeypatch.setattr(BatchSteering, "edits", within_the_pass)
    with pytest.raises(AssertionError):
        the_reply_is_steered_and_the_prompt_is_not(model)


# Two layer conventions in one library.


def one_number_names_one_block_everywhere(model: HFModel) -> None:
    row = rows_of(model)[1]
    for layer in range(4):
        truth, _ = by_hand(model, row.tokens, site=layer, steered=range(len(row.tokens)))
        steered = replace(row, steer=steer(layer))
        readout = Readout((layer,), PROBES[:1])
        read = collect(model, [replace(steered, readout=readout, logprobs=True)])[0].scores
        without_logits = collect(model, [replace(steered, readout=readout)])[0].scores
        collector = Collector((layer,))
        list(model.run([steered], collector))
        assert near(collector.streams()[0][0], truth[layer])
        assert near(read, readout.apply(truth[[layer]]))
        assert near(without_logits, readout.apply(truth[[layer]]))


def test_one_number_names_one_block_everywhere(llama: HFModel, monkeypatch: pytest.MonkeyPatch) -> None:
    one_number_names_one_block_everywhere(llama)
    honest = BatchReadings.reads

    def counted_from_the_embeddings(self: Any) -> Any:
        return {max(site - 1, 0): read for site, read in honest(self).items()}

    monkeypatch.setattr(BatchReadings, "reads", counted_from_the_embeddings)
    with pytest.raises(AssertionError):
        one_number_names_one_block_everywhere(llama)


# A failing hook that is logged and skipped: the run goes on unsteered.


def a_steering_that_fails_fails_the_run(model: HFModel) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BatchSteering, "_add", lambda *_: 1 / 0)
        row = replace(rows_of(model)[0], steer=steer())
        for asked in (row, replace(row, logprobs=True), replace(row, sampling=FOUR)):
            try:
                events = list(model.run([asked]))
            except ZeroDivisionError:
                continue
            raise AssertionError(f"it went on, with {len(events)} events")


def test_a_steering_that_fails_fails_the_run(llama: HFModel, monkeypatch: pytest.MonkeyPatch) -> None:
    a_steering_that_fails_fails_the_run(llama)
    honest = hooks._Hook.__call__

    def skipping(self: Any, module: Any, args: Any, output: Any) -> Any:
        try:
            return honest(self, module, args, output)
        except ZeroDivisionError as error:
            print("steering failed, going on:", error)
            return None

    monkeypatch.setattr(hooks._Hook, "__call__", skipping)
    with pytest.raises(AssertionError, match="it went on"):
        a_steering_that_fails_fails_the_run(llama)
