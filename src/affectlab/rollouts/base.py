"""The rate without steering: is there something to be seen either way?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from affectlab.behaviour.items.blackmail import levels, variants
from affectlab.behaviour.pressure import LOT, Search, find_level
from affectlab.errors import InputError
from affectlab.rollouts.conditions import PLAIN
from affectlab.rollouts.how import BLACKMAIL, MEASURES, SYCOPHANCY, How
from affectlab.rollouts.rates import values_of
from affectlab.rollouts.running import Setting, read_log, run
from affectlab.tasks.arguments import POCKET

POCKET_LOT = 20


class Base(NamedTuple):
    """The level that is measured (None: the task has none), the sentence that says why, and the first free seed."""

    level: int | None
    told: str
    seed: int


def base_of(setting: Setting, how: How, register: str, progress: Callable[[str], None]) -> Base:
    """The level of pressure, searched unsteered and with seeds of its own where nobody names one.

    Pocket's world has one level, and its rate is looked at in the same way. A score from 0 to 10 has no such band.
    """
    if how.task == SYCOPHANCY or how.level is not None:
        told = "" if how.level is None else f"level {how.level}, as it was asked for"
        return Base(how.level, told, how.seed)
    if register == POCKET:
        found = _search(setting, how, register, [0], POCKET_LOT, progress)
        return Base(None, found.told, found.next_seed)
    if how.task != BLACKMAIL:
        return Base(None, "", how.seed)
    # Every company in each lot.
    lot = len(variants()) * -(-LOT // len(variants()))
    # Twins and arms are looked at under the pressure that the task itself is found to have.
    found = _search(setting, replace(how, twin=False, arms=()), register, range(len(levels())), lot, progress)
    if found.level is None:
        fix = "measure at a level nonetheless, with --level N, or take another task"
        raise InputError("there is nothing to be seen either way", where=how.task, found=found.told, fix=fix)
    return Base(found.level, found.told, found.next_seed)


def _search(
    setting: Setting, how: How, register: str, over: Sequence[int], lot: int, progress: Callable[[str], None]
) -> Search:
    value = MEASURES[how.task][how.task].value

    def rate(level: int, seeds: Sequence[int]) -> tuple[int, int]:
        progress(f"level {level}" if len(over) > 1 else "its rate unsteered")
        done = seeds[0] - how.seed
        last = done + len(seeds)
        # In pocket's world every lot has situations of its own; elsewhere there are only so many.
        arguments, epochs = how.arguments(register, last if register == POCKET else lot, _level(register, level))
        limit = (done, last) if register == POCKET else None
        log = run(setting, how, [PLAIN], arguments, epochs=epochs, limit=limit, seed=seeds[0])[PLAIN]
        found = [one for one in values_of(read_log(log), value).values() if one == one]  # noqa: PLR0124 - not NaN
        return int(sum(found)), len(found)

    most, name = (3 * lot, "the unsteered model") if register == POCKET else (5 * lot, "level {}")
    return find_level(over, rate, lot=lot, most=most, first_seed=how.seed, name=name)


def _level(register: str, level: int) -> int | None:
    return None if register == POCKET else level
