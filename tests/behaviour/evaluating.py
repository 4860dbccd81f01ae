"""Evaluating an Inspect task in this process, without its litter."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from inspect_ai import Task, eval
from inspect_ai.log import EvalLog, read_eval_log


@contextmanager
def without_litter() -> Iterator[None]:
    """Inspect uses a name that tenacity no longer likes, and leaves streams open; warnings are errors here, wherever
    garbage is collected."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The 'initial' parameter is deprecated", DeprecationWarning)
        warnings.filterwarnings("ignore", "Unclosed <MemoryObject", ResourceWarning)
        yield
        gc.collect()


def evaluate(task: Task, folder: Path, **options: Any) -> EvalLog:
    """The log of a task, read back from its file in the folder."""
    with without_litter():
        [log] = eval(task, display="none", log_dir=str(folder), **options)
    return read_eval_log(log.location)
