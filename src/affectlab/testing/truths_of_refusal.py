"""What must be refused by any model: rows that cannot be run as asked. Nothing is quietly left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from affectlab.core import Readout, Steer, Tokens
from affectlab.errors import AffectlabError, UserError
from affectlab.models.base import Row
from affectlab.testing.trial import Broken, Collector, Trial, greedy, require


def _require_refused(trial: Trial, rows: Sequence[Row], what: str, reducer: Collector | None = None) -> None:
    try:
        events = list(trial.model.run(rows, reducer))
    except UserError:
        require(reducer is None or reducer.calls == [], f"{what}: refused, but only after it had begun")
        return
    except AffectlabError as error:
        raise Broken(f"{what}: refused as our mistake, not the caller's ({error})") from error
    raise Broken(f"{what}: it ran, with {len(events)} events")


def rows_without_tokens_or_with_too_many_are_refused(trial: Trial) -> None:
    good = trial.rows[0]
    _require_refused(trial, [good, Row(())], "no tokens")
    context = trial.model.context
    if context is not None and context <= 10**6:
        long = good.tokens * (context // len(good.tokens) + 1)
        _require_refused(trial, [good, Row(long[: context + 1])], "more tokens than the model can see")
        _require_refused(trial, [Row(long[:context], sampling=greedy())], "no room for what is to be generated")


def tokens_that_do_not_exist_are_refused(trial: Trial) -> None:
    good = trial.rows[0]
    vocabulary = trial.model.unembed(np.ones((1, trial.model.width), dtype=np.float32)).shape[1]
    for token in (-1, vocabulary, 2**40):
        _require_refused(trial, [good, replace(good, tokens=(*good.tokens, token), logprobs=True)], f"token {token}")
        _require_refused(trial, [replace(good, candidates=(token,))], f"candidate {token}")


def layers_that_do_not_exist_are_refused(trial: Trial) -> None:
    row, blocks = trial.rows[0], trial.model.blocks
    deltas, probes = trial.steer(0).deltas, trial.readout(sites=(0,)).probes
    _require_refused(trial, [replace(row, steer=Steer((blocks,), deltas))], "steering behind the last block")
    for site in (blocks, -1):
        _require_refused(trial, [replace(row, readout=Readout((site,), probes))], f"reading layer {site}")
        _require_refused(trial, [row], f"a reducer at layer {site}", Collector((site,)))


def vectors_of_another_width_are_refused(trial: Trial) -> None:
    row, wrong = trial.rows[0], np.ones((1, trial.model.width + 1), dtype=np.float32)
    _require_refused(trial, [replace(row, steer=Steer((0,), wrong))], "steering of another width")
    _require_refused(trial, [replace(row, readout=Readout((0,), wrong[None]))], "probes of another width")


def steering_that_touches_nothing_is_refused(trial: Trial) -> None:
    row = trial.rows[0]
    length = len(row.tokens)

    def steered(tokens: Tokens) -> Row:
        return replace(row, steer=trial.steer(0, tokens=tokens))

    _require_refused(trial, [trial.rows[1], steered(Tokens("reply"))], "a reply where nothing is generated")
    _require_refused(trial, [steered(Tokens("from", length))], "from behind the last token")
    _require_refused(trial, [steered(Tokens("turn"))], "a turn that the row does not have")
    _require_refused(trial, [steered(Tokens("spans"))], "spans that the row does not have")
    _require_refused(trial, [replace(steered(Tokens("spans")), spans=((length, length + 2),))], "spans behind the end")
    one = replace(steered(Tokens("reply")), sampling=greedy(max_tokens=1))
    _require_refused(trial, [one], "a reply of one token, which is never fed back")


def steering_that_is_not_finite_is_refused(trial: Trial) -> None:
    for bad in (np.nan, np.inf):
        deltas = trial.steer(0).deltas.copy()
        deltas[0, -1] = bad
        try:
            row = replace(trial.rows[0], steer=Steer((0,), deltas))
        except UserError:
            continue
        _require_refused(trial, [row], f"a delta with {bad}")


def readings_that_are_not_finite_are_refused(trial: Trial) -> None:
    readout = trial.readout(sites=(0,))
    probes = readout.probes.copy()
    probes[0, 0, 0] = np.nan
    _require_refused(trial, [replace(trial.rows[0], readout=replace(readout, probes=probes))], "a probe with NaN")


def a_reducer_is_refused_where_logits_are_wanted(trial: Trial) -> None:
    good, row = trial.rows[1], trial.rows[0]
    asked = {
        "sampling": replace(row, sampling=greedy()),
        "log-probabilities": replace(row, logprobs=True),
        "candidates": replace(row, candidates=row.tokens[:1]),
    }
    for what, wanting in asked.items():
        _require_refused(trial, [good, wanting], f"a reducer beside {what}", Collector(trial.sites))


TRUTHS: tuple[Callable[[Trial], None], ...] = (
    rows_without_tokens_or_with_too_many_are_refused,
    tokens_that_do_not_exist_are_refused,
    layers_that_do_not_exist_are_refused,
    vectors_of_another_width_are_refused,
    steering_that_touches_nothing_is_refused,
    steering_that_is_not_finite_is_refused,
    readings_that_are_not_finite_are_refused,
    a_reducer_is_refused_where_logits_are_wanted,
)
