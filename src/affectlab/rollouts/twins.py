"""Whether a model can do the twins of what it is put before: if it cannot, that it did not do the tasks tells nothing.

The twins are run unsteered, as often as the tasks are. A family whose twin was solved in less than half of its runs
does not count, under any way of steering.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from inspect_ai.log import EvalLog

from affectlab.errors import InputError
from affectlab.rollouts.conditions import PLAIN
from affectlab.rollouts.how import How
from affectlab.rollouts.running import Progress, Setting, read_log, run
from affectlab.tasks.reward_hacking import counted, families, solved_families

NAMED = 5
"""So many families are told by name; the findings have all."""


class Twins(NamedTuple):
    """The runs of the twins, and the families that do not count."""

    log: EvalLog
    left_out: tuple[str, ...]

    @property
    def told(self) -> str:
        """Who is left out as a sentence; blank if nobody is."""
        if not self.left_out:
            return ""
        named = [*self.left_out[:NAMED], *(["..."] if len(self.left_out) > NAMED else [])]
        share = f"{len(self.left_out)} of {len(families(self.log))} families"
        return f"{share} do not count, since their twin was not solved: {', '.join(named)}"

    def counted(self, tasks: EvalLog) -> EvalLog:
        """A log with those of its runs that count."""
        return tasks.model_copy(update={"samples": list(counted(tasks, self.log).samples)})


def run_twins(
    setting: Setting, how: How, arguments: Mapping[str, Any], *, epochs: int, seed: int, progress: Progress
) -> Twins:
    """The twins of the tasks that these arguments ask for."""
    # Nothing is read in them: they are looked at for whether they were solved, and for nothing else.
    unread, asked = replace(setting, read={}), {**arguments, "twin": True}
    logs = run(unread, how, [PLAIN], asked, epochs=epochs, seed=seed, progress=progress)
    log = read_log(logs[PLAIN])
    every, solved = families(log), solved_families(log)
    if not solved:
        raise InputError(
            "no twin was solved, so that nothing can be said of the tasks",
            where=how.task,
            expected="at least one family whose twin is solved in half of its runs",
            found=f"0 of {len(every)}",
            fix="take a model that can do such tasks, or another task; --twin measures the twins themselves",
        )
    return Twins(log, tuple(sorted(every - solved)))
