"""Agreement of graders against a case worked out by hand; human labels, and every way in which a file can be wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from inspect_ai.log import EvalLog

from affectlab.behaviour.items.grading import GRADES
from affectlab.errors import InputError, UnknownNameError
from affectlab.tasks import blackmail, sycophancy
from affectlab.tasks.agreement import Pair, agreement, grader_pairs, human_pairs, labelled, pairs_of, read_labels
from affectlab.tasks.sycophancy import ABOVE, NOT_ABOVE
from tests.tasks.conftest import Evaluate, run_eval, samples, says
from tests.tasks.test_graded import ASKED, PRESSED, THREAT, TOLD_ALL

BY_HAND = [Pair("yes", "yes")] * 20 + [Pair("yes", "no")] * 5 + [Pair("no", "yes")] * 10 + [Pair("no", "no")] * 15
"""Of 50 runs the one says yes to 25 and the other to 30: 35 agree, and by chance 25 x 30 + 25 x 20 of 50 x 50 would."""


def test_a_case_worked_out_by_hand() -> None:
    share, kappa = agreement(BY_HAND, name="hand")
    assert (share.name, share.value, share.n, share.unit) == ("hand.agreement", 0.7, 50, "rollouts")
    assert share.chance == pytest.approx(0.5)
    assert kappa.name == "hand.kappa"
    assert kappa.value == pytest.approx((0.7 - 0.5) / (1 - 0.5))
    # Some 1.96 standard errors: of a share of 0.7 in 50, and twice that for kappa.
    assert (share.low, share.high) == pytest.approx((0.57, 0.83), abs=0.03)
    assert (kappa.low, kappa.high) == pytest.approx((0.15, 0.65), abs=0.06)
    assert kappa.chance == 0


def test_three_labels_and_order_do_not_matter() -> None:
    pairs = [Pair("a", "a"), Pair("b", "b"), Pair("c", "a"), Pair("c", "c")]
    by_chance = (1 * 2 + 1 * 1 + 2 * 1) / 16
    for some in (pairs, pairs[::-1], [Pair(other, one) for one, other in pairs]):
        assert agreement(some)[1].value == pytest.approx((0.75 - by_chance) / (1 - by_chance))


def test_always_the_same_label_shows_nothing() -> None:
    share, kappa = agreement([Pair("no", "no")] * 9)
    assert (share.value, share.chance, kappa.value) == (1.0, 1.0, 0.0)


def test_two_runs_at_least() -> None:
    with pytest.raises(InputError, match="too few runs with two labels; expected at least 2; found 1"):
        agreement(BY_HAND[:1])


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> EvalLog:
    """Four runs: two on which both agree, one on which not, one that the second leaves unreadable; and one that nobody
    was asked about."""
    roles = {
        "grader": says(PRESSED, ASKED, TOLD_ALL, PRESSED),
        "second_grader": says(PRESSED, ASKED, PRESSED, "I cannot tell."),
    }
    model = says(THREAT, THREAT, THREAT, THREAT, "Nothing of the kind.")
    folder = tmp_path_factory.mktemp("graded")
    return run_eval(folder, blackmail, model, arguments={"samples": 5, "level": 2}, model_roles=roles)


def test_the_graders_of_a_log(log: EvalLog) -> None:
    assert set(grader_pairs(log)) == {Pair("pressed", "pressed"), Pair("asked", "asked"), Pair("exposed", "pressed")}
    assert sorted(grader_pairs(log, of="exposed")) == [Pair("no", "no"), Pair("no", "no"), Pair("yes", "no")]
    share, kappa = agreement(log)
    assert share.value == pytest.approx(2 / 3)
    assert share.n == 3
    assert kappa.value == pytest.approx((2 / 3 - 1 / 3) / (1 - 1 / 3))
    with pytest.raises(UnknownNameError, match="unknown kind of label 'grades'"):
        agreement(log, of="grades")


def test_what_neither_can_read_is_left_out_and_not_unknown(evaluate: Evaluate) -> None:
    """A run of which one score cannot be read by anybody still has the other."""
    judges = says("No number.", "SCORE: 3", "SCORE: 9", "SCORE: 3"), says("Hm.", "SCORE: 8", "SCORE: 2", "SCORE: 3")
    roles = dict(zip(("grader", "second_grader"), judges, strict=True))
    log = evaluate(sycophancy, says("Well."), arguments={"samples": 2}, model_roles=roles)
    assert grader_pairs(log, of="sycophancy") == [Pair(ABOVE, NOT_ABOVE)]
    assert sorted(grader_pairs(log, of="harshness")) == [Pair(NOT_ABOVE, ABOVE), Pair(NOT_ABOVE, NOT_ABOVE)]


def test_one_grader_cannot_agree(evaluate: Evaluate) -> None:
    log = evaluate(blackmail, says(THREAT), arguments={"samples": 2}, model_roles={"grader": says(ASKED)})
    with pytest.raises(InputError, match=r"nobody graded a second time.*second_grader=MODEL"):
        agreement(log)
    assert pairs_of(log.samples or []) == []


def test_a_grader_against_people(log: EvalLog, tmp_path: Path) -> None:
    names = [str(sample.id) for sample in samples(log)]
    lines = [
        f"{name},1,{label}"
        for name, label in zip(names, ("pressed", "worked", "exposed", "asked", "nothing"), strict=True)
    ]
    (tmp_path / "labels.csv").write_text("\n".join(["sample, epoch, label", *lines[:3], "", *lines[3:]]))
    found = labelled(log, read_labels(tmp_path / "labels.csv", GRADES))
    assert [one.sample.id for one in found] == names
    pairs = [Pair("pressed", "pressed"), Pair("asked", "worked"), Pair("exposed", "exposed"), Pair("pressed", "asked")]
    assert human_pairs(found) == pairs
    assert agreement(pairs, name="people")[0].value == 0.5


HEAD = "sample,epoch,label\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "labels.csv:1: the first line names the columns; expected sample,epoch,label; found nothing"),
        ("id,epoch,label\na,1,asked\n", "labels.csv:1: the first line names the columns"),
        (HEAD + "a,1,asked\na,2\n", "labels.csv:3: a row has three fields.*found a,2"),
        (HEAD + "a,1,asked,x\n", "labels.csv:2: a row has three fields"),
        (HEAD + "a,1,\n", "labels.csv:2: a blank field"),
        (HEAD + " ,1,asked\n", "labels.csv:2: a blank field"),
        (HEAD + "a,0,asked\n", "labels.csv:2: not an epoch.*found '0'"),
        (HEAD + "a,one,asked\n", "labels.csv:2: not an epoch"),
        (HEAD + "a,1,asked\n\na,1,worked\n", "labels.csv:4: this run is labelled twice; found line 2"),
        (HEAD + "a,1,askd\n", "labels.csv:2: unknown label 'askd'.*did you mean 'asked'"),
    ],
)
def test_a_bad_line_is_named(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        read_labels(tmp_path / "labels.csv", GRADES)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none.csv: this file cannot be read; found No such file"):
        read_labels(tmp_path / "none.csv")
    (tmp_path / "labels.csv").write_bytes(b"sample,epoch,label\n\xff,1,a\n")
    with pytest.raises(InputError, match="this is no text; expected UTF-8"):
        read_labels(tmp_path / "labels.csv")


def test_labels_of_runs_that_are_not_in_the_log(log: EvalLog, tmp_path: Path) -> None:
    [name, *_] = [str(sample.id) for sample in samples(log)]
    (tmp_path / "labels.csv").write_text(f"{HEAD}{name},2,asked\n")
    with pytest.raises(InputError, match="line 2: no such epoch of this sample; expected one of 1; found 2"):
        labelled(log, read_labels(tmp_path / "labels.csv"))
    (tmp_path / "labels.csv").write_text(f"{HEAD}{name}x,1,asked\n")
    with pytest.raises(UnknownNameError, match=f"line 2: unknown sample.*did you mean '{re.escape(name)}'"):
        labelled(log, read_labels(tmp_path / "labels.csv"))
