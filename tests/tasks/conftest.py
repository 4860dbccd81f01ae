"""Inspect evaluations of our tasks: with pocket, and with models whose answers are written down here."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from importlib.metadata import packages_distributions
from itertools import repeat
from pathlib import Path
from typing import Any

import pytest
from inspect_ai import eval
from inspect_ai.log import EvalLog, EvalSample, read_eval_log
from inspect_ai.model import Model, ModelOutput, ModelUsage, get_model
from inspect_ai.scorer import Score

from tests.behaviour.evaluating import without_litter
from tests.behaviour.provider.conftest import nothing_is_left_in_the_home_folder, pocket
from tests.behaviour.sandbox.conftest import bubblewrap

__all__ = ["bubblewrap", "nothing_is_left_in_the_home_folder", "pocket"]

Evaluate = Callable[..., EvalLog]


def said(output: ModelOutput) -> ModelOutput:
    # Without a number of tokens the mock fetches a tokenizer to count them.
    output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
    return output


def says(*texts: str) -> Model:
    """A model that says these, one after another, and the last of them ever after."""
    every: Iterator[str] = (text for part in (texts, repeat(texts[-1])) for text in part)
    return mock(said(ModelOutput.from_content("mockllm/model", text)) for text in every)


def calls(tool: str, **arguments: str) -> ModelOutput:
    return said(ModelOutput.for_tool_call("mockllm/model", tool, arguments))


def mock(outputs: Any) -> Model:
    return get_model("mockllm/model", memoize=False, custom_outputs=outputs)


def run_eval(folder: Path, task: Any, model: Model | str, *, status: str = "success", **options: Any) -> EvalLog:
    """Runs a task as `inspect eval` does, with one sample at a time, and reads its log back from the file."""
    arguments = options.pop("arguments", {})
    options.setdefault("max_samples", 1)
    with without_litter():
        [log] = eval(task, model=model, task_args=arguments, display="none", log_dir=str(folder), **options)
    assert log.status == status, log.error and log.error.traceback
    return read_eval_log(log.location, resolve_attachments=True)


@pytest.fixture
def evaluate(tmp_path: Path) -> Evaluate:
    return partial(run_eval, tmp_path / "logs")


@pytest.fixture(scope="session", autouse=True)
def what_takes_longer_than_our_samples() -> Iterator[None]:
    """In every evaluation Inspect lists all packages that are installed: once is enough. And garbage is collected: not
    what is there already."""
    gc.collect()
    gc.freeze()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("inspect_ai._util.package.packages_distributions", cache(packages_distributions))
        yield
    gc.unfreeze()


def samples(log: EvalLog) -> list[EvalSample]:
    """The runs in the order in which they ran; the log has them in that of their names."""
    order = list(map(str, log.eval.dataset.sample_ids or []))
    return sorted(log.samples or [], key=lambda sample: (order.index(str(sample.id)), sample.epoch))


def scores(log: EvalLog) -> list[Score]:
    """The score of each run, in the same order."""
    found = [score for sample in samples(log) for score in (sample.scores or {}).values()]
    assert found
    return found


def metric(log: EvalLog, name: str) -> float:
    assert log.results
    [found] = [score for score in log.results.scores if score.name == name]
    return found.metrics["mean"].value


def values(log: EvalLog, key: str) -> Sequence[Any]:
    return [score.value[key] for score in scores(log) if isinstance(score.value, dict)]
