"""What must be true of any model that scores and generates: log-probabilities, draws, candidates, ends."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from affectlab.models.base import Sampling
from affectlab.testing.trial import GENERATED, Trial, greedy, require

WARM = Sampling(GENERATED, temperature=1.5, seed=11, ignore_end=True)


def _require_close(trial: Trial, found: tuple[float, ...], expected: tuple[float, ...], what: str) -> None:
    require(len(found) == len(expected), f"{what}: {len(found)} log-probabilities where {len(expected)} belong")
    error = max((abs(ours - theirs) for ours, theirs in zip(found, expected, strict=True)), default=0.0)
    require(error <= 10 * trial.tolerance, f"{what}: differs by {error:.1e}, allowed {10 * trial.tolerance:.0e}")


def generated_tokens_have_the_logprobs_they_have_when_given(trial: Trial) -> None:
    """Plain and steered, greedy and drawn: what runs against a cache equals the full pass."""
    for steer in (None, trial.steer(0), trial.steer(trial.sites[-1], seed=4)):
        rows = [replace(row, steer=steer, sampling=sampling) for row in trial.rows for sampling in (greedy(), WARM)]
        for index, (row, outcome) in enumerate(zip(rows, trial.run(rows), strict=True)):
            require(len(outcome.made) == GENERATED, f"row {index}: {len(outcome.made)} tokens")
            scored = trial.scored(row, outcome.tokens)
            _require_close(trial, outcome.logprobs, scored, f"row {index}, steered with {steer and steer.sites}")


def generated_tokens_read_as_they_do_when_given(trial: Trial) -> None:
    rows = [replace(row, readout=trial.readout(), sampling=greedy()) for row in trial.rows]
    for index, (row, outcome) in enumerate(zip(rows, trial.run(rows), strict=True)):
        require(outcome.made[-1].scores is None, f"row {index}: the last token is never fed back, and has a reading")
        whole = replace(row, tokens=row.tokens + outcome.tokens[:-1], sampling=None)
        trial.require_near(outcome.scores, trial.run([whole])[0].scores, f"row {index}")


def scores_of_given_tokens_do_not_depend_on_the_batch(trial: Trial) -> None:
    rows = [replace(row, logprobs=True) for row in trial.rows]
    rows[2] = replace(rows[2], sampling=greedy())
    together, backwards = trial.run(rows), trial.run(rows[::-1])[::-1]
    for index, row in enumerate(rows):
        alone = trial.run([row])[0]
        _require_close(trial, together[index].logprobs, alone.logprobs, f"row {index}, with others")
        _require_close(trial, backwards[index].logprobs, alone.logprobs, f"row {index}, order reversed")
        require(all(logprob <= 0 for logprob in alone.logprobs), f"row {index}: a log-probability above 0")


def candidates_are_what_comes_next(trial: Trial) -> None:
    wanted = tuple(sorted(set(trial.rows[1].tokens)))[:8]
    rows = [replace(row, candidates=wanted) for row in trial.rows]
    rows[1] = replace(rows[1], steer=trial.steer(trial.middle))
    rows[2] = replace(rows[2], sampling=greedy())
    rows[3] = replace(rows[3], logprobs=True)
    outcomes = trial.run(rows)
    for index, (row, outcome) in enumerate(zip(rows, outcomes, strict=True)):
        found = outcome.end.candidates
        expected = tuple(trial.scored(replace(row, candidates=()), [token])[0] for token in wanted)
        _require_close(trial, found, expected, f"row {index}")
        require(sum(math.exp(logprob) for logprob in found) <= 1 + trial.tolerance, f"row {index}: more than certain")
    if outcomes[2].tokens[0] not in wanted:
        require(max(outcomes[2].end.candidates) <= outcomes[2].logprobs[0], "greedy did not take the most likely")


def the_same_seed_draws_the_same_tokens_in_any_batch(trial: Trial) -> None:
    rows = [replace(row, sampling=replace(WARM, seed=index)) for index, row in enumerate(trial.rows)]
    together = [outcome.tokens for outcome in trial.run(rows)]
    require([outcome.tokens for outcome in trial.run(rows)] == together, "the same batch again, and other tokens")
    if not trial.exact:
        return  # coarse arithmetic moves probabilities by more than a draw can bear
    require([trial.run([row])[0].tokens for row in rows] == together, "alone, and other tokens")
    require([outcome.tokens for outcome in trial.run(rows[::-1])][::-1] == together, "reversed, and other tokens")
    one = trial.rows[0]
    hot = replace(WARM, temperature=100.0)
    drawn = {trial.run([replace(one, sampling=replace(hot, seed=seed))])[0].tokens for seed in range(6)}
    require(len(drawn) > 1, "six seeds, and one continuation")


def the_top_of_the_distribution_is_greedy(trial: Trial) -> None:
    rows = [replace(row, sampling=greedy()) for row in trial.rows]
    narrow = [replace(row, sampling=greedy(temperature=1.0, top_p=1e-6)) for row in trial.rows]
    found = [outcome.tokens for outcome in trial.run(narrow)]
    require(found == [outcome.tokens for outcome in trial.run(rows)], "top_p near 0 is not the most likely token")


def a_stop_token_ends_a_row_and_no_other(trial: Trial) -> None:
    rows = [replace(row, sampling=greedy()) for row in trial.rows]
    plain = [outcome.tokens for outcome in trial.run(rows)]
    stop = plain[1][2]
    rows[1] = replace(rows[1], sampling=greedy(stop=(stop,)))
    outcomes = trial.run(rows)
    expected = plain[1][: plain[1].index(stop) + 1]
    require(outcomes[1].tokens == expected, f"stopped at {outcomes[1].tokens}, and not at {expected}")
    require(outcomes[1].end.reason == "stop", f"the reason is {outcomes[1].end.reason!r}")
    for index in (0, 2, 3):
        require(len(outcomes[index].made) == GENERATED, f"row {index} ended with another row")
        require(outcomes[index].end.reason == "length", f"row {index}: the reason is {outcomes[index].end.reason!r}")
        _require_close(
            trial, outcomes[index].logprobs, trial.scored(rows[index], outcomes[index].tokens), f"row {index} goes on"
        )


def rows_end_at_their_own_length(trial: Trial) -> None:
    wanted = (1, 4, 2, 5)
    rows = [replace(row, sampling=greedy(max_tokens=most)) for row, most in zip(trial.rows, wanted, strict=True)]
    for index, outcome in enumerate(trial.run(rows)):
        require(len(outcome.made) == wanted[index], f"row {index}: {len(outcome.made)} tokens, not {wanted[index]}")
        scored = trial.scored(rows[index], outcome.tokens)
        _require_close(trial, outcome.logprobs, scored, f"row {index}")


TRUTHS: tuple[Callable[[Trial], None], ...] = (
    generated_tokens_have_the_logprobs_they_have_when_given,
    generated_tokens_read_as_they_do_when_given,
    scores_of_given_tokens_do_not_depend_on_the_batch,
    candidates_are_what_comes_next,
    the_same_seed_draws_the_same_tokens_in_any_batch,
    the_top_of_the_distribution_is_greedy,
    a_stop_token_ends_a_row_and_no_other,
    rows_end_at_their_own_length,
)
