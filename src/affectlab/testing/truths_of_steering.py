"""What must be true of any model that is steered: which tokens, which layers, how much, and nothing left behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from affectlab.core import Bools, Floats, Marks, Steer, Tokens
from affectlab.models.base import Row
from affectlab.testing.trial import Broken, Collector, Trial, greedy, require


def a_zero_steering_changes_nothing(trial: Trial) -> None:
    asked = [replace(row, readout=trial.readout(), logprobs=True) for row in trial.rows]
    steer = trial.steer(*trial.sites)
    nothing = replace(steer, deltas=np.zeros_like(steer.deltas))
    plain, steered = trial.run(asked), trial.run([replace(row, steer=nothing) for row in asked])
    for index, (before, after) in enumerate(zip(plain, steered, strict=True)):
        require(np.array_equal(after.scores, before.scores), f"row {index}: readings differ")
        require(after.logprobs == before.logprobs, f"row {index}: log-probabilities differ")
        receipt = after.end.receipt
        require(receipt is not None and not any(receipt.added_norm + receipt.moved_norm), f"row {index}: the receipt")


def an_edit_leaves_earlier_layers_and_other_tokens_as_they_were(trial: Trial) -> None:
    start = 3
    for site in trial.sites:
        steer = trial.steer(site, tokens=Tokens("from", start))
        streams = trial.hidden([replace(row, steer=steer) for row in trial.rows])
        for index, (plain, steered) in enumerate(zip(trial.plain, streams, strict=True)):
            where = f"row {index}, edited after layer {site}"
            require(np.array_equal(steered[:site], plain[:site]), f"{where}: an earlier layer changed")
            found, expected = steered[site:, :start], plain[site:, :start]
            require(np.array_equal(found[0], expected[0]), f"{where}: an earlier token changed")
            # Above the edit to rounding alone: experts take their tokens together, so sums follow who else is there.
            trial.require_near(found, expected, f"{where}: an earlier token changed in a later layer")
            _require_added(trial, steered[site, start:] - plain[site, start:], steer.deltas[0], where)
            if site + 1 < trial.model.blocks:
                moved = np.linalg.norm(steered[site + 1, start:] - plain[site + 1, start:], axis=-1)
                require(bool((moved > 0).all()), f"{where}: the next block does not see it")


def _require_added(trial: Trial, change: Floats, delta: Floats, where: str) -> None:
    # The difference of two streams has the rounding of the streams, which may be longer than what was added.
    slack = trial.tolerance * max(1.0, float(np.abs(trial.plain[1]).max() / np.abs(delta).max()))
    error = float(np.abs(change - delta).max() / np.abs(delta).max())
    require(error <= slack, f"{where}: what was added differs by {error:.1e}, allowed {slack:.0e}")


def a_selector_covers_exactly_the_tokens_it_says(trial: Trial) -> None:
    for index, row in enumerate(trial.rows):
        length = len(row.tokens)
        marked = replace(row, prompt=length - 2, turn=length - 3, spans=((1, 2), (3, length - 1)))
        for selector in SELECTORS:
            steered = trial.hidden([replace(marked, steer=trial.steer(trial.middle, tokens=selector))])[0]
            changed = np.abs(steered[trial.middle] - trial.hidden([row])[0][trial.middle]).max(axis=-1) > 0
            expected = _covered(selector, length)
            require(bool((changed == expected).all()), f"row {index}, '{selector}': {np.flatnonzero(changed).tolist()}")


SELECTORS = (Tokens("all"), Tokens("prompt"), Tokens("turn"), Tokens("spans"), Tokens("from", 2))


def _covered(selector: Tokens, length: int) -> Bools:
    """Spelt out once more, for rows with two tokens that are no prompt and three that are the turn."""
    position = np.arange(length)
    covered: dict[str, Bools] = {
        "all": position >= 0,
        "prompt": position < length - 2,
        "turn": position >= length - 3,
        "spans": (position == 1) | ((position >= 3) & (position < length - 1)),
        "from 2": position >= 2,
    }
    return covered[str(selector)]


def rows_steered_differently_in_one_batch_are_as_they_are_alone(trial: Trial) -> None:
    first, second, third, fourth = trial.rows
    rows = [
        replace(first, steer=trial.steer(0, seed=1)),
        second,
        replace(third, steer=trial.steer(*trial.sites, seed=2, tokens=Tokens("from", 4))),
        replace(fourth, steer=trial.steer(trial.middle, seed=3, tokens=Tokens("spans")), spans=((2, 6),)),
    ]
    together, backwards = trial.hidden(rows), trial.hidden(rows[::-1])[::-1]
    for index, row in enumerate(rows):
        alone = trial.hidden([row])[0]
        for site in trial.sites:
            trial.require_near(together[index][site], alone[site], f"row {index}, layer {site}, with others")
            trial.require_near(backwards[index][site], alone[site], f"row {index}, layer {site}, order reversed")


def a_steered_token_is_read_after_the_edit(trial: Trial) -> None:
    readout = trial.readout()
    rows = [replace(row, steer=trial.steer(*trial.sites)) for row in trial.rows]
    streams = trial.hidden(rows)
    for index, outcome in enumerate(trial.run([replace(row, readout=readout) for row in rows])):
        trial.require_near(outcome.scores, readout.apply(streams[index]), f"row {index}")


def receipts_say_what_was_done(trial: Trial) -> None:
    steer = trial.steer(*trial.sites[-2:], tokens=Tokens("from", 2))
    rows = [replace(trial.rows[0], steer=steer), trial.rows[1], replace(trial.rows[2], steer=steer)]
    streams = trial.hidden(rows)
    for index, outcome in enumerate(trial.run(rows)):
        receipt = outcome.end.receipt
        if rows[index].steer is None:
            require(receipt is None, f"row {index} was not steered and has a receipt")
            continue
        if receipt is None:
            raise Broken(f"row {index} was steered and has no receipt")
        named = (receipt.label, receipt.vectors, receipt.sites)
        require(named == (steer.label, steer.vectors, steer.sites), f"row {index}: it names {named}")
        require(receipt.tokens == len(rows[index].tokens) - 2, f"row {index}: {receipt.tokens} tokens")
        norms = np.linalg.norm(steer.deltas, axis=1)
        trial.require_near(receipt.added_norm, norms, f"row {index}: the norm of what was added")
        trial.require_near(receipt.moved_norm, norms, f"row {index}: how far the stream was moved")
        after = streams[index][list(steer.sites), 2:]
        change = np.linalg.norm(after, axis=-1) - np.linalg.norm(after - steer.deltas[:, None], axis=-1)
        error = np.abs(receipt.norm_change - change.mean(axis=1)) / np.linalg.norm(after, axis=-1).mean(axis=1)
        require(float(error.max()) <= trial.tolerance, f"row {index}: the change of norm is off by {error.max():.1e}")


def a_reply_is_steered_at_its_absolute_positions(trial: Trial) -> None:
    """What is generated, with a cache or without, is as if all of it had been given and steered at those positions."""
    for row in trial.rows[1:3]:
        length = len(row.tokens)
        marked = replace(row, turn=length - 2, spans=((1, 3), (length + 1, length + 3)), readout=trial.readout())
        for selector in (*SELECTORS, Tokens("reply"), Tokens("from", length + 1)):
            steer = trial.steer(0, trial.middle, tokens=selector) if trial.middle else trial.steer(0, tokens=selector)
            _require_reply_steered(trial, replace(marked, steer=steer, sampling=greedy()), steer)


def _require_reply_steered(trial: Trial, row: Row, steer: Steer) -> None:
    what = f"'{steer.tokens}' behind {len(row.tokens)} tokens"
    beside = [replace(other, sampling=greedy(max_tokens=2)) for other in trial.rows[:2]]
    outcome = trial.run([row, *beside])[0]
    fed = row.tokens + outcome.tokens[:-1]
    marks = Marks(len(row.tokens), len(row.tokens), row.turn, row.spans)
    covered = np.flatnonzero(steer.tokens.cover(np.arange(len(fed)), marks))
    receipt = outcome.end.receipt
    require(receipt is not None and receipt.tokens == len(covered), f"{what}: {receipt} for {len(covered)} tokens")
    spans = tuple((int(position), int(position) + 1) for position in covered)
    whole = replace(row, tokens=fed, spans=spans, steer=replace(steer, tokens=Tokens("spans")), sampling=None)
    trial.require_near(outcome.scores, trial.run([whole])[0].scores, f"{what}: readings")
    scored = trial.scored(whole, outcome.tokens[-1:])
    error = abs(outcome.logprobs[-1] - scored[-1])
    require(error <= 10 * trial.tolerance, f"{what}: the last log-probability differs by {error:.1e}")


def a_scored_choice_is_not_steered_as_a_reply(trial: Trial) -> None:
    row = trial.rows[2]
    choice = replace(row, prompt=len(row.tokens) - 4, logprobs=True)
    on_prompt = trial.run([replace(choice, steer=trial.steer(0, tokens=Tokens("prompt")))])[0].end.receipt
    require(
        on_prompt is not None and on_prompt.tokens == len(row.tokens) - 4, "the prompt ends where the choice begins"
    )


def nothing_of_a_steered_run_is_left_behind(trial: Trial) -> None:
    steered = [replace(row, steer=trial.steer(*trial.sites)) for row in trial.rows]
    generating = [replace(row, sampling=greedy(), readout=trial.readout()) for row in steered]
    trial.run(steered)
    _require_unharmed(trial, "a steered run")
    trial.run(generating)
    _require_unharmed(trial, "a steered reply")
    suspended = iter(trial.model.run(generating))
    next(suspended)
    _require_unharmed(trial, "a reply that is still being generated")
    del suspended
    _require_unharmed(trial, "a reply that was abandoned")
    for moment in ("begin", "add", "end"):
        _run_into_error(trial, steered, moment)
        _require_unharmed(trial, f"an error of the reducer in `{moment}`")


def _require_unharmed(trial: Trial, cause: str) -> None:
    for index, (now, before) in enumerate(zip(trial.hidden(trial.rows), trial.plain, strict=True)):
        require(np.array_equal(now, before), f"row {index} is not what it was, after {cause}")


class _Stumble(Exception):
    """Raised by a reducer on purpose."""


def _run_into_error(trial: Trial, rows: list[Row], moment: str) -> None:
    reducer = Collector(trial.sites)

    def stumble(*_: object) -> None:
        raise _Stumble

    setattr(reducer, moment, stumble)
    try:
        for _ in trial.model.run(rows, reducer):
            pass
    except _Stumble:
        return
    raise Broken(f"an error of the reducer in `{moment}` was swallowed")


TRUTHS: tuple[Callable[[Trial], None], ...] = (
    a_zero_steering_changes_nothing,
    an_edit_leaves_earlier_layers_and_other_tokens_as_they_were,
    a_selector_covers_exactly_the_tokens_it_says,
    rows_steered_differently_in_one_batch_are_as_they_are_alone,
    a_steered_token_is_read_after_the_edit,
    receipts_say_what_was_done,
    a_reply_is_steered_at_its_absolute_positions,
    a_scored_choice_is_not_steered_as_a_reply,
    nothing_of_a_steered_run_is_left_behind,
)
