"""Many evaluations of one task as one: every way of steering is a model of its own to Inspect, and all of them share
one network and its batches."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inspect_ai import eval
from inspect_ai.hooks import Hooks, SampleEnd, hooks
from inspect_ai.log import EvalLog, read_eval_log
from inspect_ai.model import Model, get_model

from affectlab.behaviour.provider import AffectlabAPI
from affectlab.errors import InputError
from affectlab.rollouts.conditions import PLAIN, Condition
from affectlab.rollouts.how import How

AT_ONCE = 512
"""Samples of one evaluation that are under way at a time: the queue makes batches of what there is."""
KEPT = 2**29
"""Bytes of keys and values that a batch may hold where the model's own budget is smaller than that."""

Progress = Callable[[int, int], None]

_listeners: list[Callable[[], None]] = []


@hooks("affectlab_progress", "tells how many samples are done")
class _Done(Hooks):
    """Hears of every sample that ends, for as long as somebody listens."""

    def enabled(self) -> bool:
        return bool(_listeners)

    async def on_sample_end(self, data: SampleEnd) -> None:
        for listener in _listeners:
            listener()


@dataclass
class Setting:
    """Where runs take place: the model by its name, its arguments, and the files of what it is steered with.

    `files` has the vectors first and then the null directions.
    """

    name: str
    files: Sequence[str]
    sites: Sequence[int]
    loading: Mapping[str, Any]
    logs: Path
    read: Mapping[str, str] = field(default_factory=dict)
    """What is read in unsteered runs, as the provider's arguments have it."""

    def model(self, condition: Condition = PLAIN) -> Model:
        """One way of steering, as a model of Inspect's. Close its `api` when it is done."""
        if condition.strength:
            sites = ",".join(map(str, self.sites))
            given: dict[str, Any] = {
                "vectors": self.files[condition.control],
                "steer": condition.steer,
                "layers": sites,
            }
        else:
            given = {"vectors": self.files[0], **self.read} if self.read else {}
        with _unheard():
            return get_model(self.name, memoize=False, **given, **self.loading)


@contextmanager
def _unheard() -> Iterator[None]:
    """Inspect greets whoever has hooks, on standard output, which belongs to the command's own findings."""
    with redirect_stdout(io.StringIO()):
        yield


@contextmanager
def opened(setting: Setting) -> Iterator[AffectlabAPI]:
    """The model itself, kept in memory from one evaluation to the next."""
    api = setting.model().api
    assert isinstance(api, AffectlabAPI)
    model = api.model
    # Keys and values in float32 of so many tokens.
    api.queue.budget = max(api.queue.budget, KEPT // (8 * model.blocks * model.width))
    try:
        yield api
    finally:
        api.close()


def run(
    setting: Setting,
    how: How,
    asked: Sequence[Condition],
    arguments: Mapping[str, Any],
    *,
    epochs: int = 1,
    limit: tuple[int, int] | None = None,
    seed: int = 0,
    progress: Progress = lambda done, total: None,
) -> dict[Condition, EvalLog]:
    """The log of every way of steering, all run at once. The logs' samples lie in their files."""
    runs = len(asked) * epochs * (limit[1] - limit[0] if limit else int(arguments["samples"]))
    options: dict[str, Any] = {} if how.max_tokens is None else {"max_tokens": how.max_tokens}
    with ExitStack() as stack:
        models = [setting.model(condition) for condition in asked]
        for model in models:
            stack.callback(model.api.close)
        stack.enter_context(_counted(runs, progress))
        stack.enter_context(_unheard())
        logs = eval(
            f"affectlab/{how.task}",
            model=models,
            task_args=dict(arguments),
            epochs=epochs,
            limit=limit,
            seed=seed,
            display="none",
            log_dir=str(setting.logs),
            log_realtime=False,
            log_header_only=True,
            score_display=False,
            max_tasks=len(models),
            max_samples=AT_ONCE,
            max_connections=AT_ONCE,
            ctl_server=False,
            acp_server=False,
            **options,
        )
    # They come in whatever order.
    found = {(log.eval.model_args.get("vectors"), log.eval.model_args.get("steer")): _whole(log) for log in logs}
    return {one: found[_arguments(setting, one)] for one in asked}


def _arguments(setting: Setting, condition: Condition) -> tuple[str | None, str | None]:
    """What tells one way of steering from the others in a log."""
    if condition.strength:
        return setting.files[condition.control], condition.steer
    return (setting.files[0] if setting.read else None), None


def read_log(log: EvalLog) -> EvalLog:
    """A log with its samples, and their events."""
    return read_eval_log(log.location, resolve_attachments=True)


@contextmanager
def _counted(total: int, progress: Progress) -> Iterator[None]:
    done = 0

    def one_more() -> None:
        nonlocal done
        done += 1
        progress(done, total)

    _listeners.append(one_more)
    try:
        yield
    finally:
        _listeners.remove(one_more)


def _whole(log: EvalLog) -> EvalLog:
    """A log that ran to its end."""
    if log.status == "cancelled":
        raise KeyboardInterrupt
    if log.status != "success":
        found = log.error.message if log.error else log.status
        raise InputError("an evaluation failed", where=log.location, expected="every sample", found=found)
    return log
