"""Every check of the conformance suite passes on an honest backend, and fails on one with the fault it is there for."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from affectlab.core import Floats, Tokens
from affectlab.errors import ConformanceError
from affectlab.models.base import Row, RowEnd
from affectlab.models.fake import FakeTokenizer
from affectlab.testing import Check, check_model
from affectlab.testing.conformance import TRUTHS
from affectlab.testing.trial import Broken, Trial
from tests.testing.faults import (
    AddsTwice,
    Endless,
    HandsOverPadding,
    Honest,
    LeavesSteeringBehind,
    LosesTokens,
    MixesRows,
    Nameless,
    NormsTheLast,
    SeesWhatComesLater,
    SteersNoReply,
    StopsWithTheFirst,
    SwallowsErrors,
    UnembedsAsItComes,
    UnembedsWithABias,
    credited_to_the_mirror,
    ends_changed,
    events_changed,
    one_layer_lower,
    only_with_a_reducer,
    receipt,
    reducer_changed,
    rows_changed,
    sampled,
    steered_otherwise,
    tokens_changed,
)

HIDDEN, READ = "hidden_states_of_a_row_do_not_depend_on_the_batch", "readings_of_a_row_do_not_depend_on_the_batch"
FAULTS: list[tuple[str, Callable[[], Honest], tuple[str, ...]]] = [
    ("its weights have no name", Nameless, ("the_model_says_what_it_is",)),
    ("many texts become other tokens than one", LosesTokens, ("tokens_stand_for_the_text",)),
    (
        "rows are credited to other rows",
        events_changed(credited_to_the_mirror),
        ("every_row_gets_its_own_events_in_order", READ, "rows_of_one_batch_may_ask_for_different_readings"),
    ),
    (
        "positions count within the reply",
        tokens_changed(lambda event: event._replace(position=0) if event.generated else event),
        ("every_row_gets_its_own_events_in_order",),
    ),
    (
        "scores come unasked",
        tokens_changed(lambda event: event._replace(scores=np.zeros((1, 1), dtype=np.float32))),
        ("a_row_gets_what_it_asked_for_and_no_more",),
    ),
    (
        "a reducer gets a site twice",
        reducer_changed(AddsTwice),
        ("a_reducer_gets_every_wanted_site_once_and_no_padding",),
    ),
    (
        "a reducer gets padding",
        reducer_changed(HandsOverPadding),
        ("a_reducer_gets_every_wanted_site_once_and_no_padding",),
    ),
    ("the last layer is normed", reducer_changed(NormsTheLast), ("readings_are_those_of_the_hidden_states",)),
    (
        "the errors of a reducer are skipped",
        reducer_changed(SwallowsErrors),
        ("nothing_of_a_steered_run_is_left_behind",),
    ),
    ("rows touch each other", MixesRows, (HIDDEN, READ, "scores_of_given_tokens_do_not_depend_on_the_batch")),
    ("it sees what comes later", SeesWhatComesLater, ("what_comes_later_changes_nothing_before_it",)),
    ("layers count from the embeddings", rows_changed(one_layer_lower), ("readings_are_those_of_the_hidden_states",)),
    (
        "readings differ where logits are wanted too",
        events_changed(only_with_a_reducer),
        ("readings_are_the_same_beside_logits_and_beside_a_reducer",),
    ),
    (
        "no rows give an event",
        type("Faulty", (Honest,), {"run": lambda *_: iter([RowEnd(0, "given", None, ())])}),
        ("no_rows_give_no_events",),
    ),
    ("a long direction scores higher", UnembedsAsItComes, ("the_way_out_scores_every_token",)),
    ("no direction has a score", UnembedsWithABias, ("the_way_out_scores_every_token",)),
    (
        "steering is quietly left out",
        rows_changed(lambda row, _: replace(row, steer=None)),
        (
            "an_edit_leaves_earlier_layers_and_other_tokens_as_they_were",
            "a_selector_covers_exactly_the_tokens_it_says",
            "receipts_say_what_was_done",
            "steering_that_touches_nothing_is_refused",
        ),
    ),
    (
        "all tokens are steered whatever was selected",
        steered_otherwise(tokens=Tokens("all")),
        ("a_selector_covers_exactly_the_tokens_it_says", "a_scored_choice_is_not_steered_as_a_reply"),
    ),
    (
        "all rows are steered as the first is",
        rows_changed(lambda row, place: row if row.steer is None or not place else replace(row, steer=None)),
        ("rows_steered_differently_in_one_batch_are_as_they_are_alone",),
    ),
    (
        "a zero steering adds something",
        rows_changed(
            lambda row, _: (
                row if row.steer is None else replace(row, steer=replace(row.steer, deltas=row.steer.deltas + 1))
            )
        ),
        ("a_zero_steering_changes_nothing", "receipts_say_what_was_done"),
    ),
    (
        "readings are taken before the edit",
        rows_changed(lambda row, _: replace(row, steer=None) if row.readout and not row.sampling else row),
        ("a_steered_token_is_read_after_the_edit",),
    ),
    ("the receipt counts wrong", receipt(tokens=1), ("receipts_say_what_was_done",)),
    ("the receipt has another norm", receipt(added_norm=(1.0, 1.0)), ("receipts_say_what_was_done",)),
    ("the receipt has another movement", receipt(moved_norm=(9.0, 9.0)), ("receipts_say_what_was_done",)),
    ("the receipt has another change", receipt(norm_change=(9.0, 9.0)), ("receipts_say_what_was_done",)),
    ("none of the reply is steered", SteersNoReply, ("a_reply_is_steered_at_its_absolute_positions",)),
    ("steering stays on", LeavesSteeringBehind, ("nothing_of_a_steered_run_is_left_behind",)),
    (
        "log-probabilities come after the temperature",
        tokens_changed(
            lambda event: event._replace(logprob=event.logprob / 1.5) if event.generated and event.logprob else event
        ),
        ("generated_tokens_have_the_logprobs_they_have_when_given",),
    ),
    (
        "the readings of a reply are those of the token before",
        tokens_changed(
            lambda event: (
                event._replace(scores=event.scores * 1.1) if event.generated and event.scores is not None else event
            )
        ),
        ("generated_tokens_read_as_they_do_when_given",),
    ),
    (
        "candidates are in the order of the vocabulary",
        ends_changed(lambda end: end._replace(candidates=tuple(sorted(end.candidates)))),
        ("candidates_are_what_comes_next",),
    ),
    (
        "a row draws by its place in the batch",
        rows_changed(lambda row, place: sampled(row, seed=place)),
        ("the_same_seed_draws_the_same_tokens_in_any_batch",),
    ),
    (
        "every seed is the same",
        rows_changed(lambda row, _: sampled(row, seed=0)),
        ("the_same_seed_draws_the_same_tokens_in_any_batch",),
    ),
    (
        "top_p is ignored",
        rows_changed(lambda row, _: sampled(row, top_p=1.0)),
        ("the_top_of_the_distribution_is_greedy",),
    ),
    (
        "stop tokens are ignored",
        rows_changed(lambda row, _: sampled(row, stop=())),
        ("a_stop_token_ends_a_row_and_no_other",),
    ),
    ("all rows stop with the first", StopsWithTheFirst, ("a_stop_token_ends_a_row_and_no_other",)),
    (
        "all rows run to one length",
        rows_changed(lambda row, _: sampled(row, max_tokens=5)),
        ("rows_end_at_their_own_length",),
    ),
    (
        "nothing is refused",
        Endless,
        (
            "rows_without_tokens_or_with_too_many_are_refused",
            "tokens_that_do_not_exist_are_refused",
            "layers_that_do_not_exist_are_refused",
            "vectors_of_another_width_are_refused",
            "steering_that_touches_nothing_is_refused",
            "readings_that_are_not_finite_are_refused",
            "a_reducer_is_refused_where_logits_are_wanted",
        ),
    ),
]
NEVER_BROKEN = {"steering_that_is_not_finite_is_refused"}
"""`Steer` itself refuses what is not finite, before any backend sees it."""

TRUTH = {truth.__name__: truth for truth in TRUTHS}


def outcome(model: Honest, name: str) -> Check:
    checks = [check for check in check_model(model, raise_on_failure=False) if check.name == name.replace("_", " ")]
    assert len(checks) == 1
    return checks[0]


@pytest.mark.parametrize(
    ("make", "broken"),
    [(make, broken) for _, make, broken in FAULTS],
    ids=[fault.replace(" ", "_") for fault, _, _ in FAULTS],
)
def test_a_fault_breaks_the_checks_that_are_there_for_it(make: Callable[[], Honest], broken: tuple[str, ...]) -> None:
    for name in broken:
        with pytest.raises((Broken, IndexError, ValueError)):
            TRUTH[name](Trial(make(), 1e-4))


def test_every_check_can_fail() -> None:
    assert {name for _, _, broken in FAULTS for name in broken} | NEVER_BROKEN == set(TRUTH)


def test_an_honest_backend_passes() -> None:
    checks = check_model(Honest())
    assert [check.ok for check in checks] == [True] * len(TRUTHS)
    assert checks[0] == Check("the model says what it is", True)


def test_all_failures_are_named_at_once() -> None:
    model = events_changed(credited_to_the_mirror)()
    failed = [check for check in check_model(model, raise_on_failure=False) if not check.ok]
    assert len(failed) > 3
    with pytest.raises(ConformanceError) as caught:
        check_model(model)
    assert caught.value.where == "fake"
    assert all(check.name in caught.value.found and check.detail for check in failed)


def test_a_tolerance_that_is_given_counts() -> None:
    class Noisy(Honest):
        def _streams(self, row: Row, tokens: Any, tally: Any, counted_from: int) -> Floats:
            streams = super()._streams(row, tokens, tally, counted_from)
            return np.asarray(streams * (1 + 1e-3 * np.sin(len(tokens))), dtype=np.float32)

    assert not outcome(Noisy(), "what_comes_later_changes_nothing_before_it").ok
    loose = {check.name: check.ok for check in check_model(Noisy(), tolerance=0.05, raise_on_failure=False)}
    assert loose["what comes later changes nothing before it"]


def test_a_tokenizer_may_fold_case_and_lack_characters() -> None:
    class Folds(FakeTokenizer):
        def encode_marked(self, text: str) -> tuple[tuple[int, ...], tuple[tuple[int, int], ...]]:
            return super().encode_marked(text.lower().replace(",", " "))

    model = Honest()
    model.tokenizer = Folds(model.vocabulary)
    assert outcome(model, "tokens_stand_for_the_text").ok


def test_a_tokenizer_that_loses_words_is_shown_what_was_expected_and_found() -> None:
    class Loses(FakeTokenizer):
        def decode(self, tokens: Sequence[int]) -> str:
            return super().decode(tokens[3:])

    class LosesAll(FakeTokenizer):
        def decode(self, tokens: Sequence[int]) -> str:
            return ""

    for tokenizer, said in ((Loses, "from character 1 expected 'lateagain"), (LosesAll, "most of 'The ferry was late")):
        model = Honest()
        model.tokenizer = tokenizer(model.vocabulary)
        check = outcome(model, "tokens_stand_for_the_text")
        assert not check.ok
        assert said in check.detail
        assert ", found '" in check.detail


def test_the_suite_needs_no_torch() -> None:
    code = "import sys, affectlab.testing; raise SystemExit('torch' in sys.modules or 'transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
