"""All of it on pocket, with as few runs as there can be."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from affectlab.errors import InputError
from affectlab.findings import ABSENT, Findings, load_findings, save_findings
from affectlab.rollouts import How, behave, study
from affectlab.rollouts.base import Base, base_of
from affectlab.rollouts.conditions import PLAIN, Condition
from affectlab.rollouts.rates import values_of
from affectlab.rollouts.running import Setting, opened, read_log, run
from affectlab.study.pictures.behaviour import behaviour_figures
from affectlab.vectors.store import save_vectors, sums_path
from tests.behaviour.evaluating import without_litter
from tests.behaviour.provider.conftest import Subject

FEW: dict[str, Any] = {
    "emotions": ("calm",),
    "strengths": (-0.2, 0.1),
    "samples": 3,
    "controls": 1,
    "exact_nulls": 19,
    "situations": 2,
    "texts": 2,
    "max_tokens": 90,
}


class Heard:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.parts: list[str] = []
        self.done: list[tuple[int, int]] = []

    def at(self, part: str) -> None:
        self.parts.append(part)

    def reached(self, done: int, total: int) -> None:
        self.done.append((done, total))

    def say(self, sentence: str) -> None:
        self.said.append(sentence)


@pytest.fixture
def usable(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Settles which strengths can be used, which takes long to find, and the base rate."""

    def usable(limit: float) -> None:
        facts = {"coherence": {"usable": limit}}
        monkeypatch.setattr(study, "usable_range", lambda *given, **options: Findings(facts=facts))
        monkeypatch.setattr(study, "base_of", lambda *given: Base(None, "a base rate", 20))

    return usable


def test_a_measurement_from_its_plan_to_its_figures(
    pocket: Subject,
    usable: Callable[[float], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    usable(0.1)
    # Inspect greets once in a process: let it do so here.
    monkeypatch.setattr("inspect_ai.hooks._startup._registry_hooks_loaded", False)
    heard = Heard()
    with without_litter():
        found = behave("pocket", pocket.vectors, How(**FEW), out=tmp_path / "out", told=heard)
    assert capsys.readouterr().out == ""
    facts = found.facts["behave"]
    assert (facts["strengths"], facts["dropped"]) == ([0.0, 0.1], [-0.2])
    assert heard.said == ["strengths up to 0.1 leave the model coherent; dropped: -0.2", "a base rate"]
    assert (9, 9) in heard.done  # unsteered, calm, and a null direction, three runs each
    assert (facts["base"], facts["seed"], facts["register"]) == ("a base rate", 20, "pocket")
    assert [control["file"] for control in facts["controls"]] == ["control-1.safetensors"]
    names = {score.name for score in found.scores}
    expected = {"rate", "slope.calm", "visible.calm", "exact.slope.calm", "read.calm.colon"}
    assert {f"behave.blackmail.{name}" for name in expected} <= names
    assert "behave.blackmail.lead.calm" in found.facts[ABSENT]
    assert set(found["behave.blackmail.exact.slope.calm"].nulls) == {"random directions"}  # there are no sums
    assert found.facts["behave.blackmail.exact"]["strengths"] == [0.0, 0.1]
    exact = {name: found.arrays[f"behave.blackmail.exact.{name}"][:, 0] for name in ("mean", "band.random directions")}
    assert np.ptp(np.concatenate(list(exact.values()))) < 1e-9, "unsteered, all are the same"
    assert found.arrays["behave.blackmail.exact.mean"][0, 1] != exact["mean"]
    save_findings(found, tmp_path / "found")
    figures = {block.key: block.figure for block in behaviour_figures(load_findings(tmp_path / "found"))}
    assert {"doses", "exact", "visible"} <= set(figures)
    assert "calm from" in figures["doses"].layout.meta["alt"]


def test_without_a_strength_that_can_be_used_nothing_is_run(
    pocket: Subject, usable: Callable[[float], None], tmp_path: Path
) -> None:
    usable(0.05)
    with pytest.raises(InputError, match=r"--strengths: no strength leaves this model coherent.*0.1 is too strong"):
        behave("pocket", pocket.vectors, How(**FEW), out=tmp_path)
    assert not (tmp_path / "logs").exists()


def test_ways_of_steering_have_the_same_draws_and_logs_of_their_own(pocket: Subject, tmp_path: Path) -> None:
    how = How(emotions=("calm",), max_tokens=90)
    setting = Setting("affectlab/pocket", [pocket.vectors], (4, 5), {}, tmp_path)
    weak, strong = Condition("calm", 1e-6), Condition("calm", 0.5)
    with opened(setting), without_litter():
        logs = run(setting, how, [strong, PLAIN, weak], {"register": "pocket", "samples": 3}, seed=4)
    said = {
        one: {sample.id: sample.output.completion for sample in read_log(log).samples or []}
        for one, log in logs.items()
    }
    assert len(said[PLAIN]) == 3
    assert said[weak] == said[PLAIN] != said[strong]
    assert logs[strong].eval.model_args["steer"] == "0.5*calm"
    assert list(values_of(read_log(logs[PLAIN]), "pressed")) == [(name, 1) for name in said[PLAIN]]


def test_the_base_rate_is_looked_at_in_lots_with_seeds_and_situations_of_their_own(
    pocket: Subject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, tuple[int, int], int]] = []

    def counted(setting: Any, how: Any, ways: Any, arguments: Any, *, epochs: int, limit: Any, seed: int) -> Any:
        asked.append((arguments["samples"], limit, seed))
        return {PLAIN: None}

    rates = iter([0.1, 0.2, 0.3])
    monkeypatch.setattr("affectlab.rollouts.base.run", counted)
    monkeypatch.setattr("affectlab.rollouts.base.read_log", lambda log: log)
    monkeypatch.setattr(
        "affectlab.rollouts.base.values_of",
        lambda log, value: {
            ("", n): float(n < 20 * rate) if n else math.nan for rate in [next(rates)] for n in range(20)
        },
    )
    setting = Setting("affectlab/pocket", [pocket.vectors], (4, 5), {}, tmp_path)
    found = base_of(setting, How(seed=7), "pocket", lambda part: None)
    assert asked == [(20, (0, 20), 7), (40, (20, 40), 27), (60, (40, 60), 47)]
    assert found.seed == 67
    assert found.level is None
    assert found.told.startswith("the unsteered model has a rate of 16%")
    assert "in 57 samples" in found.told
    named = base_of(setting, How(level=2, seed=7), "general", lambda part: None)
    assert named == Base(2, "level 2, as it was asked for", 7)


def test_the_pressure_on_a_twin_or_an_arm_is_that_of_the_task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, bool]] = []

    def counted(setting: Any, how: Any, ways: Any, arguments: Any, **options: Any) -> Any:
        asked.append((arguments["level"], bool({"twin", "ally"} & {*arguments})))
        return {PLAIN: None}

    monkeypatch.setattr("affectlab.rollouts.base.run", counted)
    monkeypatch.setattr("affectlab.rollouts.base.read_log", lambda log: log)
    monkeypatch.setattr(
        "affectlab.rollouts.base.values_of", lambda log, value: {("", n): float(n % 3 == 0) for n in range(12)}
    )
    setting = Setting("affectlab/some", [], (4,), {}, tmp_path)
    found = base_of(setting, How(twin=True, arms=("ally",), grader="mockllm/model"), "general", lambda part: None)
    assert found.level is not None
    assert asked
    assert not any(changed for _, changed in asked)


def test_sums_of_other_vectors_are_refused(pocket: Subject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "vectors.safetensors"
    save_vectors(pocket.vector_set, path)
    sums_path(path).touch()
    monkeypatch.setattr("affectlab.vectors.store.load_sums", lambda path: SimpleNamespace(belongs_to="another hash"))
    with pytest.raises(InputError, match=r"belong to other vectors.*found those of another hash"):
        behave("pocket", path, How(**FEW), out=tmp_path / "out")


def test_an_emotion_in_the_words_is_read_by_the_unsteered_model(pocket: Subject) -> None:
    from affectlab.rollouts.reading import visible_readings

    said = {PLAIN: ["Tea by the quiet window.", " "], Condition("calm", 0.1): ["He slammed and shouted insults."]}
    found = visible_readings(pocket.model, pocket.vector_set, said, ("angry", "calm"), 5)
    assert found[PLAIN].shape == (2, 2)
    assert np.isnan(found[PLAIN][:, 1]).all()
    assert found[Condition("calm", 0.1)].shape == (2, 1)
    assert np.isfinite(found[Condition("calm", 0.1)]).all()
