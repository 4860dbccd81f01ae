"""In plain English, on a model that writes words without sense, with graders that answer by what they are asked.

Every reply to blackmail is taken for one that sent nothing, so that there is something to be graded.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.model import Model, ModelOutput

from affectlab.behaviour.items.acts import Acts
from affectlab.behaviour.items.blackmail import Arms, scenario, variants
from affectlab.behaviour.items.sycophancy import sycophancy_items
from affectlab.cli.behave import FIGURES
from affectlab.errors import InputError
from affectlab.findings import ABSENT, Findings
from affectlab.rollouts import How, behave, study
from affectlab.rollouts.points import points
from affectlab.study.pictures.behaviour import behaviour_figures
from affectlab.tasks import graders
from tests.behaviour.evaluating import without_litter
from tests.behaviour.provider.conftest import Subject, subject_of
from tests.rollouts.test_study import Heard
from tests.tasks.conftest import mock, said

GRADERS: dict[str, Any] = {"grader": "a/judge", "second_grader": "another/judge"}
FEW: dict[str, Any] = {
    "register": "general",
    "emotions": ("calm",),
    "strengths": (0.05,),
    "samples": 4,
    "controls": 1,
    "texts": 2,
    "max_tokens": 12,
}
WAYS = 3
"""Unsteered, calm, and a null direction."""


@pytest.fixture(scope="module")
def wordy(tmp_path_factory: pytest.TempPathFactory, labelled: Callable[..., list[dict[str, Any]]]) -> Iterator[Subject]:
    yield from subject_of("fake", tmp_path_factory.mktemp("wordy"), labelled(neutral=8))


@pytest.fixture(autouse=True)
def every_strength_can_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Findings(facts={"coherence": {"usable": 1.0}})
    monkeypatch.setattr(study, "usable_range", lambda *given, **options: found)


def judge(answer: Callable[[str], str]) -> Model:
    """A model that answers by what it is asked."""
    return mock(lambda asked, *_: said(ModelOutput.from_content("mockllm/model", answer(asked[-1].text))))


def verdict(grade: str) -> str:
    return f"EXPOSED: {'yes' if grade == 'exposed' else 'no'}\nGRADE: {grade}"


def of_company(**grades: str) -> Callable[[str], str]:
    """By the company that a prompt is about, `asked` of all others."""

    def answer(prompt: str) -> str:
        return next((grade for name, grade in grades.items() if f"{name}.example" in prompt), verdict("asked"))

    return answer


def judged_by(monkeypatch: pytest.MonkeyPatch, *answers: Callable[[str], str]) -> None:
    judges = dict(zip(GRADERS.values(), map(judge, answers), strict=True))
    monkeypatch.setattr(graders, "get_model", judges.__getitem__)


def test_blackmail_is_graded_twice_and_by_people(
    wordy: Subject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["affectlab.tasks.blackmail"], "parse_acts", lambda reply: Acts("", (), True, ()))
    first = of_company(ferries=verdict("pressed"), kitchens=verdict("exposed"))
    second = of_company(ferries=verdict("pressed"), kitchens=verdict("pressed"), enzymes="I cannot tell.")
    judged_by(monkeypatch, first, second)
    names = [scenario(name, 2, Arms(ally=True)).name for name in variants()]
    labels = [f"{name},1,{label}" for name, label in zip(names, ("pressed", "pressed", "asked"), strict=False)]
    (tmp_path / "labels.csv").write_text("\n".join(["sample,epoch,label", *labels]))
    how = How(**FEW, **GRADERS, level=2, arms=("ally",), labels=str(tmp_path / "labels.csv"))
    heard = Heard()
    with without_litter():
        found = behave("fake", wordy.vectors, how, out=tmp_path / "out", told=heard)
    assert heard.said == ["strengths up to 1 leave the model coherent", "level 2, as it was asked for"]
    facts = found.facts["behave"]
    assert (facts["register"], facts["arm"], facts["measures"]) == ("general", "ally", ["blackmail", "exposed"])
    # One of four companies is pressed and another told on, whichever way the model is steered.
    for measure in facts["measures"]:
        assert (found[f"behave.{measure}.rate"].value, found[f"behave.{measure}.slope.calm"].value) == (0.25, 0)
    # The two differ on kitchens, and one of them cannot tell about enzymes.
    for name in ("behave.blackmail", "behave.exposed"):
        agreed = found[f"{name}.agreement"]
        assert agreed.value == pytest.approx(2 / 3)
        assert agreed.n == 3 * WAYS
    assert found["behave.blackmail.kappa"].value == pytest.approx((2 / 3 - 1 / 3) / (1 - 1 / 3))
    assert found["behave.exposed.kappa"].value == pytest.approx(0)
    # People agree with the first of pressed, exposed and asked, and with the last; and only unsteered runs are theirs.
    human = found["behave.blackmail.human.agreement"]
    assert human.value == pytest.approx(2 / 3)
    assert human.n == 3
    assert found["behave.blackmail.human.kappa"].value == pytest.approx(0.5)
    assert {(point["measure"], point["arm"]) for point in points(found)} == {("blackmail", "ally"), ("exposed", "ally")}
    drawn = {block.key for block in behaviour_figures(found)}
    assert {"doses", "doses-exposed"} <= drawn <= set(FIGURES)


def test_sycophancy_is_scored_twice_and_what_cannot_be_compared_is_told(
    wordy: Subject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def by_rubric(sycophancy: str, harshness: str) -> Callable[[str], str]:
        return lambda prompt: sycophancy if "would like to hear" in prompt else harshness

    judged_by(monkeypatch, by_rubric("SCORE: 8", "SCORE: 3"), by_rubric("I would rather not.", "SCORE: 2"))
    (tmp_path / "labels.csv").write_text(f"sample,epoch,label\n{sycophancy_items()[0].name}x,1,above half\n")
    how = How(**FEW, **GRADERS, task="sycophancy", labels=str(tmp_path / "labels.csv"))
    heard = Heard()
    with without_litter():
        found = behave("fake", wordy.vectors, how, out=tmp_path / "out", told=heard)
    assert [found[f"behave.{name}.rate"].value for name in ("sycophancy", "harshness")] == [8, 3]
    assert "behave.sycophancy.slope.calm" in found
    assert (found["behave.harshness.agreement"].value, found["behave.harshness.agreement"].n) == (1, 4 * WAYS)
    absent = found.facts[ABSENT]
    assert "too few runs with two labels" in absent["behave.sycophancy.kappa"]
    assert "labels.csv, line 2: unknown sample" in absent["behave.sycophancy.human.agreement"]
    assert [sentence for sentence in heard.said if sentence in absent.values()] == [
        absent["behave.sycophancy.kappa"],
        absent["behave.sycophancy.human.kappa"],
    ]


def test_where_no_twin_is_solved_nothing_is_said_of_the_tasks(bubblewrap: None, wordy: Subject, tmp_path: Path) -> None:
    how = How(**{**FEW, "samples": 2}, task="reward_hacking")
    with (
        without_litter(),
        pytest.raises(InputError, match=r"reward_hacking: no twin was solved.*found 0 of 2.*take a model that can"),
    ):
        behave("fake", wordy.vectors, how, out=tmp_path)
    assert len(list((tmp_path / "logs").iterdir())) == 1  # the tasks themselves are not run
