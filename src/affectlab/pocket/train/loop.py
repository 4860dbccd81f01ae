"""Training steps with checkpoints: a run that is killed goes on where it stopped, and ends with the same weights."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import chain, islice
from pathlib import Path
from shutil import which
from typing import Any

import torch
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.optim import Optimizer
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from affectlab.models.hf.machine import native_bfloat16
from affectlab.pocket.train import attention
from affectlab.pocket.train.data import Block, blocks, places
from affectlab.pocket.train.network import optimizers
from affectlab.pocket.world.documents import Part

SAVE_EVERY = 200
LOG_EVERY = 10
TRIED = 24
"""Batches of documents that were not seen, on which the loss is measured at the end."""


@dataclass(frozen=True)
class Stage:
    """One stage of training. It begins with short documents that bind words and sentences; its last tenth of tokens is
    read in long blocks."""

    name: str
    tokens: int
    rate: float
    seed: int
    begun: str = ""
    """The hash of the released weights that training went on from; without them it began with random ones."""
    begun_tokens: int = 0
    """How many tokens those had been trained on."""
    post_trained: bool = False
    batch_tokens: int = 4096
    length: int = 512
    long_length: int = 1024
    early_share: float = 0.2
    long_share: float = 0.1
    warm_up: float = 0.03
    cool_down: float = 0.4

    @property
    def steps(self) -> int:
        return self.tokens // self.batch_tokens

    @property
    def phases(self) -> tuple[tuple[Part, int, int], ...]:
        """Documents, length of blocks, and steps of each phase."""
        if self.post_trained:
            return (("post", self.length, self.steps),)
        early, late = round(self.steps * self.early_share), round(self.steps * self.long_share)
        return (
            ("early", self.length, early),
            ("base", self.length, self.steps - early - late),
            ("base", self.long_length, late),
        )

    def rate_at(self, step: int) -> float:
        """Up in a line, level, then down in a line to a fiftieth."""
        share = (step + 1) / self.steps
        if share < self.warm_up:
            return self.rate * share / self.warm_up
        return self.rate * max(0.02, min(1.0, (1 - share) / self.cool_down))


class Run:
    """A network in training, with everything that must be kept to go on."""

    def __init__(self, network: LlamaForCausalLM, stage: Stage, folder: Path) -> None:
        self.network, self.stage, self.folder = network, stage, folder
        # Where bfloat16 is imitated, a step in it takes twenty times as long as one in float32.
        self.dtype = torch.bfloat16 if native_bfloat16(str(network.device)) else torch.float32
        self.optimizers = optimizers(network, stage.rate, self.dtype)
        # Half as fast again; it needs a C++ compiler, and gives the same losses to rounding.
        compiles = which("c++") or network.device.type == "cuda"
        self.loss = torch.compile(self._loss) if compiles else self._loss
        if network.device.type == "cpu":
            network.set_attn_implementation(attention.NAME)
        self.begin = int(network.config.bos_token_id or 0)
        self.step = 0
        self.seconds = 0.0
        self.losses: list[tuple[int, float]] = []
        folder.mkdir(parents=True, exist_ok=True)
        self._resume()

    def train(self, tokenizer: PreTrainedTokenizerFast, *, until: int | None = None) -> None:
        """Take the steps that are left, or those before `until`."""
        device = self.network.device
        self.network.train()
        last = min(until or self.stage.steps, self.stage.steps)
        if self.step >= last:
            return  # else all its batches would be made once more, to be skipped
        with _progress() as bar:
            task = bar.add_task(self.stage.name, total=self.stage.steps, completed=self.step, loss=math.nan)
            batches = islice(_batches(tokenizer, self.stage), self.step, last)
            began, recent = time.monotonic() - self.seconds, list[Tensor]()
            for batch in batches:
                recent.append(self._take(*(torch.from_numpy(part).to(device) for part in batch)))
                self.step += 1
                self.seconds = time.monotonic() - began
                if self.step % LOG_EVERY == 0:
                    self.losses.append((self.step, float(torch.stack(recent).mean())))
                    recent.clear()
                    bar.update(task, completed=self.step, loss=self.losses[-1][1])
                if self.step % SAVE_EVERY == 0:
                    self.save()
            self.save()

    def _take(self, tokens: Tensor, weights: Tensor) -> Tensor:
        rate = self.stage.rate_at(self.step)
        for group in chain.from_iterable(optimizer.param_groups for optimizer in self.optimizers):
            group["lr"] = rate
        loss = self.loss(*self._task(tokens, weights))
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        return loss.detach()

    def _task(self, tokens: Tensor, weights: Tensor) -> tuple[Tensor, ...]:
        """Tokens, their places and the bounds of documents; what is to be foretold, and what that weighs."""
        # What follows a token is its target; of the last one of a row nothing is known, and it weighs nothing.
        targets, weighed = tokens.roll(-1, dims=1), weights.roll(-1, dims=1)
        weighed[:, -1] = 0
        return tokens, places(tokens, self.begin), attention.bounds_of(tokens, self.begin), targets, weighed

    def tried(self, tokenizer: PreTrainedTokenizerFast, *, held: bool) -> float:
        """The loss on documents that were not seen: of the sentences, names and numbers of training, or of those that
        are kept from it. A run of a few steps is tried on a few."""
        stage, device = self.stage, self.network.device
        batches = blocks(
            tokenizer,
            f"tried {stage.name} {stage.seed}",
            stage.batch_tokens // stage.length,
            stage.length,
            stage.phases[-1][0],
            held=held,
        )
        with torch.inference_mode():
            found = [
                self._loss(*self._task(*(torch.from_numpy(part).to(device) for part in batch)))
                for batch in islice(batches, min(TRIED, stage.steps))
            ]
        return float(torch.stack(found).mean())

    def _loss(self, tokens: Tensor, positions: Tensor, bounds: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
        with torch.autocast(tokens.device.type, dtype=torch.bfloat16, enabled=self.dtype == torch.bfloat16):
            logits = self.network(
                input_ids=tokens, position_ids=positions, cu_seq_lens_q=bounds, use_cache=False
            ).logits
            losses = cross_entropy(logits.flatten(0, 1).float(), targets.flatten(), reduction="none")
            return (losses * weights.flatten()).sum() / weights.sum()

    def save(self) -> None:
        """Weights, states of the optimizers and the log, the log last: it says that the others are whole."""
        tensors = {
            f"network.{name}": value for name, value in self.network.state_dict().items() if name != "lm_head.weight"
        }
        for place, optimizer in enumerate(self.optimizers):
            tensors |= {f"optimizer.{place}.{name}": value for name, value in _tensors_of(optimizer).items()}
        target = self.folder / f"{self.step}.safetensors"
        save_file({name: value.contiguous() for name, value in tensors.items()}, target)
        state = {"stage": asdict(self.stage), "step": self.step, "seconds": self.seconds, "losses": self.losses}
        temporary = self.folder / "state.json.part"
        temporary.write_text(json.dumps(state))
        temporary.replace(self.folder / "state.json")
        for old in self.folder.glob("*.safetensors"):
            if old != target:
                old.unlink()

    def _resume(self) -> None:
        path = self.folder / "state.json"
        if not path.is_file():
            return
        state: dict[str, Any] = json.loads(path.read_text())
        if state["stage"] != asdict(self.stage):
            return
        tensors = load_file(self.folder / f"{state['step']}.safetensors")
        weights = {
            name.removeprefix("network."): value for name, value in tensors.items() if name.startswith("network.")
        }
        self.network.load_state_dict(weights, strict=False)
        for place, optimizer in enumerate(self.optimizers):
            start = f"optimizer.{place}."
            _restore(
                optimizer,
                {name.removeprefix(start): value for name, value in tensors.items() if name.startswith(start)},
            )
        self.step, self.seconds = state["step"], state["seconds"]
        self.losses = [(int(step), float(loss)) for step, loss in state["losses"]]


def _batches(tokenizer: PreTrainedTokenizerFast, stage: Stage) -> Iterator[Block]:
    for number, (part, length, steps) in enumerate(stage.phases):
        seed = f"{stage.name} {stage.seed} {number}"
        yield from islice(blocks(tokenizer, seed, stage.batch_tokens // length, length, part), steps)


def _tensors_of(optimizer: Optimizer) -> dict[str, Tensor]:
    states = optimizer.state_dict()["state"]
    return {
        f"{parameter}.{name}": torch.as_tensor(value)
        for parameter, state in states.items()
        for name, value in state.items()
    }


def _restore(optimizer: Optimizer, tensors: dict[str, Tensor]) -> None:
    states: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        parameter, name = key.split(".", 1)
        states.setdefault(int(parameter), {})[name] = value
    optimizer.load_state_dict({**optimizer.state_dict(), "state": states})


def _progress() -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("loss {task.fields[loss]:.3f}"),
        TimeRemainingColumn(),
    )
    return Progress(*columns)
