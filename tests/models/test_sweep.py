"""A sweep gives what every row gives under every steering, run one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from affectlab.core import Floats, Steer, Tokens
from affectlab.errors import InputError, SteeringError
from affectlab.models.base import Row
from affectlab.models.fake import FakeModel
from affectlab.models.hf import sweep as sweeps
from affectlab.models.hf.model import HFModel
from affectlab.models.hf.sweep import Shortcuts, Sweep
from affectlab.models.verbs import choose, choose_each
from affectlab.testing.tiny import ARCHITECTURES
from tests.models.conftest import MakeModel

CANDIDATES = (5, 90, 200)
SHARED = tuple(range(40, 70))
ROWS = [
    *(Row((*SHARED, *tail), spans=((3, 9),)) for tail in ((1, 2, 3), (1, 2, 4, 5), (7,), (8, 9))),
    Row((*SHARED, 1, 2, 3), spans=((4, 9), (31, 33))),
    Row(tuple(range(100, 108)), spans=((0, 2),)),
]
BRANCHES_NOT = {"bloom"}
"""Its attention is biased by the distance along the sequence, whatever the positions are said to be."""


def steers(model: Any, sites: Sequence[int] = (1, 2)) -> list[Steer | None]:
    """Under several vectors, selectors and sites."""
    drawn = np.random.default_rng(3).standard_normal((5, len(sites), model.width)).astype(np.float32)
    asked = ("all", "spans", "from 5", "all", "all")
    found = [Steer(tuple(sites), delta, Tokens.parse(text)) for delta, text in zip(drawn, asked, strict=True)]
    return [None, *found[:4], Steer((sites[-1],), drawn[4][-1:])]


def one_by_one(model: Any, rows: Sequence[Row], given: Sequence[Steer | None]) -> Floats:
    return np.stack([choose(model, [replace(row, steer=steer) for row in rows], CANDIDATES) for steer in given])


FEW = ("llama", "gemma2", "gpt2", "bloom")
"""A plain one, one with windows and caps, one with learned positions, one without branches; the others take longer."""


@pytest.mark.parametrize(
    "architecture", [pytest.param(name, marks=[] if name in FEW else [pytest.mark.slow]) for name in ARCHITECTURES]
)
def test_every_architecture_gives_the_same_one_by_one(tiny: MakeModel, architecture: str) -> None:
    model = tiny(architecture)
    assert model.shortcuts == Shortcuts(True, architecture not in BRANCHES_NOT)
    given = steers(model)
    plain, found = one_by_one(model, ROWS, given), choose_each(model, ROWS, given, CANDIDATES)
    assert np.ptp(plain, axis=0).max() > 0.1, "the steerings differ"
    np.testing.assert_allclose(found, plain, atol=2e-4)


def test_a_model_without_shortcuts_gives_the_same(tiny: MakeModel, monkeypatch: pytest.MonkeyPatch) -> None:
    model = tiny()
    monkeypatch.setattr(sweeps, "_holds", lambda *_: False)
    assert model.shortcuts == Shortcuts(False, False)
    assert model.sweep(ROWS, steers(model), CANDIDATES) is None
    np.testing.assert_allclose(
        choose_each(model, ROWS, steers(model), CANDIDATES), one_by_one(model, ROWS, steers(model)), atol=2e-4
    )


@pytest.mark.parametrize("budget", [1, 200])
def test_the_size_of_batches_changes_nothing(tiny: MakeModel, budget: int) -> None:
    model = tiny()
    model.budget = budget
    np.testing.assert_allclose(
        choose_each(model, ROWS, steers(model), CANDIDATES), one_by_one(model, ROWS, steers(model)), atol=2e-4
    )


@pytest.mark.parametrize("tried", [Shortcuts(True, True), Shortcuts(True, False), Shortcuts(False, True)])
def test_each_shortcut_alone_gives_the_same(llama: HFModel, tried: Shortcuts) -> None:
    found = Sweep(llama, ROWS, steers(llama), CANDIDATES, tried).run()
    np.testing.assert_allclose(found, one_by_one(llama, ROWS, steers(llama)), atol=2e-4)


def test_blocks_below_the_first_steered_site_run_once(llama: HFModel) -> None:
    assert llama.shortcuts.resume
    rows_run = [0] * llama.blocks

    def count(index: int, output: Any) -> None:
        rows_run[index] += len(output)

    hooks = [
        block.get_submodule("mlp").register_forward_hook(lambda _, __, out, index=index: count(index, out))
        for index, block in enumerate(llama.structure.blocks)
    ]
    given = [steer for steer in steers(llama) if steer is None or steer.tokens.kind == "all"]
    choose_each(llama, ROWS[-1:], given, CANDIDATES)
    for hook in hooks:
        hook.remove()
    assert rows_run == [1, 1, len(given), len(given)]


def test_a_row_that_differs_in_what_is_steered_is_not_shared(llama: HFModel) -> None:
    """Two rows of the same tokens, of which other spans are steered."""
    rows = [Row(SHARED, spans=((0, 3),)), Row(SHARED, spans=((20, 23),))]
    given = [Steer((1,), np.full((1, llama.width), 1.0, np.float32), Tokens("spans"))]
    found = choose_each(llama, rows, given, CANDIDATES)
    np.testing.assert_allclose(found, one_by_one(llama, rows, given), atol=2e-4)
    assert np.abs(found[0, 0] - found[0, 1]).max() > 0.01


def test_steering_that_touches_nothing_is_refused(llama: HFModel) -> None:
    given = [None, Steer((1,), np.ones((1, llama.width), np.float32), Tokens("from", 500))]
    with pytest.raises(SteeringError, match="touch no token"):
        choose_each(llama, ROWS, given, CANDIDATES)


@pytest.mark.parametrize("given", [[None], [None, Steer((1,), np.ones((1, 48), np.float32))]])
def test_what_cannot_be_run_is_refused_whether_steered_or_not(llama: HFModel, given: list[Steer | None]) -> None:
    with pytest.raises(InputError, match="no such token"):
        choose_each(llama, [Row((1, 10**6))], given, CANDIDATES)
    with pytest.raises(InputError, match="no such token"):
        choose_each(llama, ROWS, given, (10**6,))


def test_every_steering_is_looked_at_and_not_the_first_alone(llama: HFModel) -> None:
    good = Steer((1,), np.ones((1, llama.width), np.float32))
    for bad in (Steer((99,), np.ones((1, llama.width), np.float32)), Steer((1,), np.ones((1, 7), np.float32))):
        with pytest.raises(InputError):
            choose_each(llama, ROWS, [good, bad], CANDIDATES)


def test_without_rows_there_is_nothing(llama: HFModel) -> None:
    assert choose_each(llama, [], steers(llama), CANDIDATES).shape == (6, 0, 3)


def test_a_network_that_looks_along_the_sequence_is_not_packed(tiny: MakeModel) -> None:
    """The proof sees it: a block that adds what stands just before it, whatever the mask says."""
    model = tiny()
    block = model.structure.blocks[2]
    hook = block.register_forward_hook(lambda _, __, out: out + 0.5 * out.roll(1, dims=1))
    try:
        assert not model.shortcuts.branches
    finally:
        hook.remove()


def test_a_network_that_looks_back_below_is_not_resumed(tiny: MakeModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """A later block that takes something from an earlier one of the same pass, which did not run."""
    monkeypatch.setattr(HFModel, "at_once", 1)  # what hooks keep here is shared by all lanes
    model = tiny()
    kept: list[Any] = []
    model.network.register_forward_pre_hook(lambda *_: kept.clear())
    model.structure.blocks[0].get_submodule("mlp").register_forward_hook(lambda _, __, out: kept.append(out))
    model.structure.blocks[3].register_forward_hook(lambda _, __, out: out + 0.5 * kept[0])
    assert model.shortcuts == Shortcuts(False, True)


@pytest.mark.parametrize("width", [None, 3])
def test_other_backends_run_each_row_under_each_steering(width: int | None) -> None:
    model = FakeModel()
    rows = [Row(model.tokenizer.encode(text)) for text in ("He slammed the door", "She sat and")][:width]
    delta = np.random.default_rng(0).standard_normal((1, model.width)).astype(np.float32)
    given = [None, Steer((1,), delta)]
    np.testing.assert_allclose(
        choose_each(model, rows, given, CANDIDATES[:2]),
        np.stack([choose(model, [replace(row, steer=steer) for row in rows], CANDIDATES[:2]) for steer in given]),
        atol=1e-6,
    )
