"""The callback logs what a reading of the saved weights would give, and training is the same with and without it."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from transformers import Trainer, TrainerCallback, TrainingArguments, default_data_collator

from affectlab import from_network
from affectlab.errors import InputError, ModelMismatchError, UnsupportedModelError
from affectlab.models.hf.training import undisturbed
from affectlab.temperament import Watch
from affectlab.temperament.callback import DriftCallback
from affectlab.testing.tiny import tiny_network, tiny_tokenizer
from affectlab.text import corpus_of
from affectlab.vectors.extract import Recipe, extract
from affectlab.vectors.vectorset import VectorSet

PROMPTS = ["They shouted at me.", "What is two plus two?", "My cat is lost."]
DROPOUT: dict[str, Any] = {"attention_dropout": 0.2}


@pytest.fixture(scope="module")
def vectors(labelled: Callable[..., list[dict[str, Any]]]) -> VectorSet:
    model = from_network(tiny_network("llama", **DROPOUT), tiny_tokenizer())
    return extract(model, corpus_of(labelled(neutral=8)), recipe=Recipe(start=8, minimum=3, rank=40)).vectors


class Tracker(TrainerCallback):
    """What a tracker is told, as those that Transformers knows are told it: before callbacks of users."""

    def __init__(self) -> None:
        self.told: list[dict[str, float]] = []

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **given: Any) -> None:
        self.told.append({**logs, "step": state.global_step})


def trainer(folder: Path, steps: int = 5) -> Any:
    torch.manual_seed(0)
    data = [{"input_ids": row, "labels": row} for row in torch.randint(0, 256, (16, 12), generator=_drawn())]
    settings = TrainingArguments(
        output_dir=str(folder),
        max_steps=steps,
        per_device_train_batch_size=4,
        learning_rate=5e-3,
        logging_steps=2,
        save_strategy="no",
        report_to=[],
        use_cpu=True,
        disable_tqdm=True,
        seed=3,
    )
    network = tiny_network("llama", **DROPOUT)
    return Trainer(
        network,
        settings,
        data_collator=default_data_collator,
        train_dataset=data,
        processing_class=tiny_tokenizer(),
        callbacks=[Tracker()],
    )


def _drawn() -> torch.Generator:
    return torch.Generator().manual_seed(1)


def bytes_of(network: Any) -> dict[str, bytes]:
    return {name: tensor.numpy().tobytes() for name, tensor in network.state_dict().items()}


@pytest.fixture(scope="module")
def trained(vectors: VectorSet, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, DriftCallback]:
    made = trainer(tmp_path_factory.mktemp("with"))
    drift = DriftCallback(vectors, PROMPTS, every=2, emotions=["calm", "sad"]).attach(made)
    made.train()
    return made, drift


def test_weights_are_byte_equal_with_and_without(trained: tuple[Any, DriftCallback], tmp_path: Path) -> None:
    plain = trainer(tmp_path)
    plain.train()
    assert bytes_of(trained[0].model) == bytes_of(plain.model)
    losses = [[line["loss"] for line in one.state.log_history if "loss" in line] for one in (trained[0], plain)]
    assert losses[0] == losses[1]


def test_drift_is_logged_to_every_tracker_and_to_the_history(trained: tuple[Any, DriftCallback]) -> None:
    history = [line for line in trained[0].state.log_history if "temperament/calm" in line]
    assert [line["step"] for line in history] == [0, 2, 4, 5]
    assert {"temperament/calm", "temperament/sad", "temperament/size", "temperament/since"} <= set(history[0])
    assert history[0]["temperament/size"] == 0
    assert all(line["temperament/since"] == 0 for line in history)
    assert history[-1]["temperament/size"] > 0
    [tracker] = [one for one in trained[0].callback_handler.callbacks if isinstance(one, Tracker)]
    told = [line for line in tracker.told if "temperament/calm" in line]
    assert [line["temperament/calm"] for line in told] == [line["temperament/calm"] for line in history]


def test_what_is_logged_is_what_the_final_weights_read(trained: tuple[Any, DriftCallback], vectors: VectorSet) -> None:
    watch = Watch(vectors, PROMPTS)
    start = watch.means(from_network(tiny_network("llama", **DROPOUT), tiny_tokenizer()))
    end = watch.means(from_network(trained[0].model, tiny_tokenizer()))
    last = [line for line in trained[0].state.log_history if "temperament/calm" in line][-1]
    assert last["temperament/calm"] == pytest.approx((end - start)[vectors.index("calm")], abs=1e-5)
    assert last["temperament/size"] == pytest.approx(np.sqrt(((end - start) ** 2).mean()), abs=1e-5)


def test_a_look_leaves_modes_gradients_and_random_numbers_as_they_were(vectors: VectorSet) -> None:
    network, tokenizer = tiny_network("llama", **DROPOUT).train(), tiny_tokenizer()
    network.model.layers[1].eval()  # as where a part is frozen
    network(input_ids=torch.arange(8)[None], labels=torch.arange(8)[None]).loss.backward()
    watch = Watch(vectors, PROMPTS)

    def everything() -> list[Any]:
        gradients = [parameter.grad.clone() for parameter in network.parameters() if parameter.grad is not None]
        modes = [module.training for module in network.modules()]
        drawn = torch.get_rng_state().numpy().tobytes()
        hooks = [len(module._forward_hooks) for module in network.modules()]
        return [[grad.numpy().tobytes() for grad in gradients], modes, drawn, hooks, bytes_of(network)]

    before = everything()
    first, second = watch.look(network, tokenizer, 7), watch.look(network, tokenizer, 9)
    assert everything() == before
    assert first == second
    assert set(first.values()) == {0.0, 7.0}
    # Training goes on from there: nothing that was made while reading is in its way.
    network(input_ids=torch.arange(8)[None], labels=torch.arange(8)[None]).loss.backward()


def test_generators_of_random_numbers_stand_where_they_stood() -> None:
    def drawn() -> list[float]:
        return [random.random(), float(np.random.rand()), float(torch.rand(()))]

    def start() -> None:
        random.seed(5)
        np.random.seed(5)
        torch.manual_seed(5)

    network = torch.nn.Linear(2, 2)
    start()
    expected = drawn()
    start()
    with undisturbed(network):
        drawn()
    assert drawn() == expected


def test_a_look_that_fails_restores_the_mode_too(vectors: VectorSet) -> None:
    network = tiny_network("llama", hidden_size=64, head_dim=16).train()
    with pytest.raises(ModelMismatchError, match="do not share their space"):
        Watch(vectors, PROMPTS).look(network, tiny_tokenizer(), 0)
    assert all(module.training for module in network.modules())


def test_a_run_that_goes_on_says_since_when_or_keeps_the_first_look(vectors: VectorSet) -> None:
    network, tokenizer = tiny_network("llama"), tiny_tokenizer()
    watch = Watch(vectors, PROMPTS, emotions=["calm"])
    assert watch.look(network, tokenizer, 40)["temperament/since"] == 40
    again = Watch(vectors, PROMPTS, emotions=["calm"])
    assert watch.start is not None
    again.start, again.since = watch.start - 0.25, 0
    seen = again.look(network, tokenizer, 50)
    assert seen["temperament/calm"] == pytest.approx(0.25)
    assert seen["temperament/since"] == 0


def test_what_cannot_work_is_said_before_training(vectors: VectorSet, tmp_path: Path) -> None:
    drift = DriftCallback(vectors, PROMPTS)
    arguments, state = SimpleNamespace(fsdp=[], deepspeed=None), SimpleNamespace(is_world_process_zero=True)
    with pytest.raises(InputError, match=r"call attach\(trainer\)"):
        drift.on_train_begin(arguments, state, None)
    held = SimpleNamespace(callback_handler=SimpleNamespace(callbacks=[drift]))
    drift.attach(held)
    with pytest.raises(UnsupportedModelError, match="spread over processes"):
        drift.on_train_begin(SimpleNamespace(fsdp=["full_shard"], deepspeed=None), state, None)
    with pytest.raises(InputError, match="no tokenizer"):
        drift.on_train_begin(arguments, state, None, model=None)
    with pytest.raises(InputError, match="not a number of steps"):
        DriftCallback(vectors, PROMPTS, every=0)
    with pytest.raises(InputError, match="nothing to read"):
        DriftCallback(vectors, [])
    with pytest.raises(InputError, match="unknown emotion"):
        DriftCallback(vectors, PROMPTS, emotions=["clam"])


def test_other_processes_read_nothing(vectors: VectorSet) -> None:
    drift = DriftCallback(vectors, PROMPTS, every=1)
    drift.attach(SimpleNamespace(callback_handler=SimpleNamespace(callbacks=[drift])))
    drift.on_step_end(None, SimpleNamespace(global_step=1, is_world_process_zero=False), None)
    assert drift.watch.start is None
