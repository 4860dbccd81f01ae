"""Drift of readings as a callback of the Transformers Trainer, logged by the Trainer to whatever tracks the run.

    drift = DriftCallback(vectors, prompts, every=50, emotions=["calm", "desperate"])
    drift.attach(trainer)
    trainer.train()

The Trainer puts callbacks of its users behind those of the trackers, so that what such a callback adds to `logs` comes
too late for them. So this one logs by the Trainer's own `log`, which tells every tracker, `state.log_history` too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from transformers import TrainerCallback

from affectlab.core import Convention
from affectlab.errors import InputError, UnsupportedModelError
from affectlab.temperament.watch import Watch
from affectlab.vectors.vectorset import VectorSet


class DriftCallback(TrainerCallback):  # type: ignore[misc, unused-ignore]
    """Reads a fixed set of prompts before training, every so many steps, and at the end; training is unchanged by it.

    It logs `temperament/NAME` for each chosen emotion (its mean reading at the ":" minus that of the first look),
    `temperament/size` (root mean square over all emotions) and `temperament/since` (the step of the first look: 0, or
    where a run was resumed). `watch.start` may be set to the first look of an earlier run.
    """

    def __init__(
        self,
        vectors: VectorSet,
        prompts: Sequence[str],
        *,
        every: int = 100,
        emotions: Sequence[str] | None = None,
        layer: int | None = None,
        convention: Convention = Convention.CENTRED,
        tokenizer: Any = None,
    ) -> None:
        if every < 1:
            raise InputError("not a number of steps", where="every", expected="1 or more", found=str(every))
        self.every, self.tokenizer = every, tokenizer
        self.watch = Watch(vectors, prompts, emotions=emotions, layer=layer, convention=convention)
        self._trainer: Any = None
        self._last: int | None = None

    def attach(self, trainer: Any) -> DriftCallback:
        """Add it to a Trainer, by whose `log` it will speak."""
        self._trainer = trainer
        if self not in trainer.callback_handler.callbacks:
            trainer.add_callback(self)
        return self

    def on_train_begin(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        if self._trainer is None:
            fix = "call attach(trainer) before training, instead of passing it as callbacks=[...]"
            raise InputError("this callback knows no Trainer to log by", where="DriftCallback", fix=fix)
        _check_whole(args)
        self._look(state, control, given)

    def on_step_end(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        if state.global_step % self.every == 0:
            self._look(state, control, given)

    def on_train_end(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        if state.global_step != self._last:
            self._look(state, control, given)

    def _look(self, state: Any, control: Any, given: dict[str, Any]) -> None:
        if not state.is_world_process_zero:
            return
        tokenizer = self.tokenizer or given.get("processing_class")
        if tokenizer is None:
            fix = "give the Trainer a processing_class, or DriftCallback a tokenizer"
            raise InputError("there is no tokenizer to read the prompts with", where="DriftCallback", fix=fix)
        self._last = int(state.global_step)
        seen = self.watch.look(given["model"], tokenizer, self._last)
        # Whoever logs takes back the wish to log, and with it the Trainer's own line about this step's loss.
        wished = control.should_log
        self._trainer.log(seen)
        control.should_log = wished


def _check_whole(args: Any) -> None:
    """One process must hold the whole network, since one of them reads."""
    sharded = [name for name in ("fsdp", "deepspeed") if getattr(args, name, None)]
    if sharded:
        raise UnsupportedModelError(
            "weights that are spread over processes cannot be read in training",
            where="DriftCallback",
            expected="one process, or a whole copy in each",
            found=" and ".join(sharded),
            fix="compare the checkpoints that are saved, with affectlab compare",
        )
