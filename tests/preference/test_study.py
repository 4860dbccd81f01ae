"""The study finds what was planted, asks no more than it must, and sits at chance where nothing was planted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from affectlab.checks.controls import ISOTROPIC, SHUFFLED
from affectlab.core import Convention
from affectlab.errors import InputError, ModelMismatchError, SteeringError
from affectlab.findings import Findings, load_findings, save_findings
from affectlab.preference import How, prefer, with_base
from affectlab.preference.plan import Plan
from affectlab.preference.questions import halves
from affectlab.preference.readings import correlations
from affectlab.preference.steering import Half, ask
from tests.preference.conftest import HOW
from tests.preference.planted import RATED, Planted, items, likings, vectors_of

FEW = replace(HOW, directions=0, emotions=4, resamples=20)
SMALL = items(2)
"""Sixteen activities, where it does not matter how well they are rated."""


def test_elo_is_the_planted_liking(found: Findings) -> None:
    expected = 1500 + 400 / np.log(10) * (likings() - likings().mean())
    elo = found.arrays["elo"]
    assert np.abs(elo - expected).max() < 40
    assert ((found.arrays["elo.low"] <= elo) & (elo <= found.arrays["elo.high"])).all()
    assert found["prefer.mass"].value == pytest.approx(0.9)
    assert found["prefer.order"].value == pytest.approx(0.4 * 400 / np.log(10), abs=6)
    assert found["prefer.misfit"].value < 0.3 * found["prefer.misfit"].baselines["equal ratings"]
    assert found["prefer.wordings"].value > 0.95


def test_readings_go_with_liking_as_planted(found: Findings) -> None:
    pleasure = np.array([RATED[name] for name in found.facts["emotions"]])
    assert np.corrcoef(found.arrays["correlation"], pleasure)[0, 1] > 0.9
    score = found["prefer.correlation.pleasure"]
    assert score.nulls["permuted names"] < score.low <= score.value
    hostile = found["prefer.correlation.hostile"]
    assert hostile.low <= hostile.value <= hostile.high < 0
    assert found.arrays["by_layer.correlation"].shape == (4, len(pleasure))


def test_what_goes_with_liking_also_causes_it(found: Findings) -> None:
    main, random = found["prefer.change.correlation"], found["prefer.change.correlation.random"]
    assert main.value > 0.8
    assert main.nulls["permuted names"] < main.low
    assert random.value > 0.5, "any direction that goes with liking moves it, in this model"
    assert random.n == HOW.directions
    assert found["prefer.change.hostile"].high < 0
    assert found.facts["absent"] == dict.fromkeys(
        ("prefer.correlation.blissful", "prefer.change.blissful"), "There is no vector of blissful."
    )
    assert found.facts["sites"] == [2]


def test_changes_are_half_of_what_was_added_since_the_others_lose_as_much(found: Findings) -> None:
    vectors = vectors_of(Planted())
    along = np.array([vectors.units(2)[vectors.index(name), 0] for name in found.facts["steered"]])
    expected = 0.5 * along / 2 * 400 / np.log(10)
    np.testing.assert_allclose(found.arrays["steered.change"].mean(axis=1), expected, rtol=0.15, atol=3)


def test_an_activity_speaks_for_the_change_or_for_the_correlation_and_not_for_both(found: Findings) -> None:
    steered = halves(found.facts["kinds"])
    places = [found.facts["emotions"].index(name) for name in found.facts["steered"]]
    for way in (0, 1):
        others = steered[1 - way]
        expected = correlations(found.arrays["readings"][others][:, places], found.arrays["elo"][others])
        np.testing.assert_allclose(found.arrays["steered.correlation"][:, way], expected, atol=1e-6)
    moved = found.arrays["steered.elo"] - found.arrays["elo"]
    whole = np.mean([moved[:, half].mean(axis=1) for half in steered], axis=0)
    np.testing.assert_allclose(found.arrays["steered.change"].mean(axis=1), whole, atol=1e-6)


def test_no_effect_of_steering_is_no_change() -> None:
    model = Planted(causal=0.0)
    nothing = prefer(model, vectors_of(model), SMALL, how=FEW)
    np.testing.assert_allclose(nothing.arrays["steered.change"], 0.0, atol=1e-4)
    score = nothing["prefer.change.hostile"]
    assert score.low <= 1e-4
    assert score.high >= -1e-4


def test_the_short_way_gives_what_asking_every_pair_one_by_one_gives() -> None:
    model, slow = Planted(), Planted(fast=False)
    vectors = vectors_of(model)
    short = prefer(model, vectors, SMALL, how=FEW)
    for way, name in enumerate(short.facts["steered"][:2]):
        plan = Plan.of(slow, vectors, SMALL, FEW, {})
        steered = plan.halves[way]
        before = Half(steered, _asked_one_by_one(plan, None, steered))
        after = _asked_one_by_one(plan, name, steered).fit().elo
        place = short.facts["steered"].index(name)
        change = before.change(after, before.before.fit().elo)
        assert short.arrays["steered.change"][place, way] == pytest.approx(float(change), abs=1e-3)
        np.testing.assert_allclose(short.arrays["steered.elo"][place][steered], after[steered], atol=1e-3)


def _asked_one_by_one(plan: Plan, name: str | None, steered: np.ndarray):
    """All pairs, those without a steered activity too."""
    from affectlab.models.verbs import choose
    from affectlab.preference.elo import Choices
    from affectlab.preference.questions import listed

    questions, shares = plan.questions, np.full(plan.asked.shape, np.nan)
    steer = None if name is None else plan.vectors.steer(plan.vectors[name] * 0.5, layers=plan.sites, tokens="spans")
    for question in listed(plan.asked):
        (row,) = questions.rows([question], steered)
        told = choose(questions.model, [replace(row, steer=steer if row.spans else None)], questions.boundary.options)
        shares[question] = 1 / (1 + np.exp(float(told[0, 1]) - float(told[0, 0])))
    return Choices(shares)


def test_pairs_without_a_steered_activity_are_not_asked_again() -> None:
    model = Planted()
    prefer(model, vectors_of(model), SMALL, how=FEW)
    many, half = 16, 8
    again = many * (many - 1) - half * (half - 1)
    asked = [row for row in model.ran if len(row.tokens) > 20]
    assert sum(not row.spans for row in asked) == many * (many - 1) + 64, "and a few that were asked first"
    assert sum(bool(row.spans) for row in asked) == 2 * again


def test_progress_ends_where_it_said_it_would() -> None:
    model, heard = Planted(), []
    vectors = vectors_of(model)
    given = {SHUFFLED: [vectors_of(model, seed=9, signal=0.0)]}
    how = replace(FEW, directions=5, by_layer=True)
    prefer(model, vectors, SMALL, how=how, controls=given, progress=lambda done, total: heard.append((done, total)))
    assert heard[-1][0] == heard[-1][1]
    assert [done for done, _ in heard] == sorted(done for done, _ in heard)


def test_all_wordings_give_the_same_with_shorter_intervals() -> None:
    model = Planted()
    one, every = (prefer(model, vectors_of(model), SMALL, how=replace(FEW, every=way)) for way in (False, True))
    assert every.facts["questions"] == 5 * one.facts["questions"]
    widths = [(f.arrays["elo.high"] - f.arrays["elo.low"]).mean() for f in (one, every)]
    assert widths[1] < widths[0]
    np.testing.assert_allclose(one.arrays["steered.change"], every.arrays["steered.change"], rtol=0.1, atol=1.0)


def test_vectors_of_shuffled_labels_go_through_the_causal_half_as_well() -> None:
    model = Planted()
    given = {SHUFFLED: [vectors_of(model, seed=seed, signal=0.0) for seed in (5, 6)]}
    found = prefer(model, vectors_of(model), SMALL, how=replace(FEW, emotions=8), controls=given)
    assert found.arrays["shuffled.change"].shape == (2 * 8, 2)
    assert SHUFFLED in found["prefer.change.correlation"].nulls
    assert SHUFFLED in found["prefer.change.hostile"].nulls
    assert found["prefer.correlation.pleasure"].nulls[SHUFFLED] < 0.6 < found["prefer.correlation.pleasure"].value
    # They are smaller in what they cause, since nothing of liking is in them.
    assert np.abs(found.arrays["shuffled.change"]).max() < np.abs(found.arrays["steered.change"]).max()


def test_on_request_every_layer_is_steered_alone() -> None:
    model = Planted()
    found = prefer(model, vectors_of(model), SMALL, how=replace(FEW, by_layer=True, emotions=6))
    assert found.arrays["by_layer.change"].shape == (4, 6)
    assert (found.arrays["by_layer.change.correlation"] > 0.5).all()
    assert "by_layer.change" not in prefer(model, vectors_of(model), SMALL, how=FEW).arrays


def test_a_part_of_the_questions_gives_nearly_the_same_changes() -> None:
    model = Planted()
    found = prefer(model, vectors_of(model), SMALL, how=replace(FEW, by_layer=True, emotions=12))
    parted, whole = found.arrays["by_layer.change"][2], found.arrays["steered.change"].mean(axis=1)
    assert np.corrcoef(parted, whole)[0, 1] > 0.99
    np.testing.assert_allclose(parted, whole, rtol=0.1, atol=2.0)


def test_a_base_model_stands_beside_the_other_under_names_of_its_own(found: Findings) -> None:
    base = Planted(name="base", order=-0.2)
    vectors = vectors_of(Planted()).carried_to(base)
    steered = tuple(found.facts["steered"])
    beside = with_base(found, prefer(base, vectors, items(), how=replace(HOW, directions=0), emotions=steered))
    assert beside["prefer.base_post"].value > 0.95
    assert beside["prefer.base.order"].value < 0 < beside["prefer.order"].value
    assert beside["prefer.base.change.correlation"].value > 0.8
    assert beside.facts["base.steered"] == beside.facts["steered"]
    assert beside["prefer.change.correlation"] == found["prefer.change.correlation"]
    assert beside.arrays["base.elo"].shape == beside.arrays["elo"].shape


def test_a_model_that_answers_neither_is_refused_before_anything_is_steered() -> None:
    model = Planted(mass=0.45)
    with pytest.raises(InputError, match="neither A nor B") as caught:
        prefer(model, vectors_of(model), SMALL, how=FEW)
    assert caught.value.where == "planted"
    assert "0.45" in caught.value.found
    assert len([row for row in model.ran if len(row.tokens) > 20]) == 64, "a few questions tell"
    prefer(Planted(mass=0.55), vectors_of(model), SMALL, how=FEW)


def test_vectors_that_cannot_be_used_are_refused_before_anything_is_asked() -> None:
    model = Planted()
    vectors = vectors_of(model)
    unknown = replace(vectors, header={**vectors.header, "recipe": {"norm_from": "unknown"}})
    plain = replace(vectors, neutral_mean=None)
    for given, how, error in (
        (vectors_of(Planted(name="other")), FEW, ModelMismatchError),
        (unknown, FEW, SteeringError),
        (plain, FEW, InputError),
        (vectors, replace(FEW, layer=9), InputError),
        (vectors, replace(FEW, sites=(1, 9)), InputError),
    ):
        with pytest.raises(error):
            prefer(model, given, SMALL, how=how)
    assert model.ran == []
    prefer(model, plain, SMALL, how=replace(FEW, convention=Convention.COSINE))


def test_what_was_found_is_kept_and_read_back(found: Findings, tmp_path: Path) -> None:
    save_findings(found, tmp_path / "prefer")
    back = load_findings(tmp_path / "prefer")
    assert back.scores == found.scores
    for name, array in found.arrays.items():
        np.testing.assert_array_equal(back.arrays[name], array)
    assert back.facts == found.facts


def test_the_same_seed_gives_the_same_numbers_and_another_other_nulls() -> None:
    model = Planted()
    how = replace(FEW, directions=6)
    one, again, other = (prefer(model, vectors_of(model), SMALL, how=each) for each in (how, how, replace(how, seed=1)))
    assert again.scores == one.scores
    assert other["prefer.change.correlation.random"].value != one["prefer.change.correlation.random"].value
    assert other["prefer.change.correlation"].value == one["prefer.change.correlation"].value


def test_the_middle_of_the_depth_is_steered() -> None:
    vectors = vectors_of(Planted())
    header = {**vectors.header, "model": {**vectors.header["model"], "blocks": 30}}
    deep = replace(vectors, layers=(5, 14, 16, 22), header=header)
    assert How().sites_of(deep) == (16,)
    assert How().sites_of(replace(deep, layers=(5, 15, 18, 20))) == (15, 18, 20)
    assert How().sites_of(replace(deep, layers=(1, 5, 22, 24))) == (22,)
    assert How(sites=(3, 1)).sites_of(vectors) == (1, 3)


def test_mass_under_steering_is_reported(found: Findings) -> None:
    assert found.arrays["steered.mass"].shape == (len(found.facts["steered"]),)
    np.testing.assert_allclose(found.arrays["steered.mass"], 0.9, atol=1e-6)
    score = found["prefer.steered.mass"]
    assert score.value == pytest.approx(0.9)
    assert score.n == len(found.facts["steered"])
    assert score.baselines == {"lowest": pytest.approx(0.9)}
    assert found.facts["unanswered"] == {}


def test_emotions_under_which_a_model_answers_neither_are_left_out() -> None:
    model, how = Planted(frail=-4.0), replace(FEW, emotions=12)
    found, whole = (prefer(one, vectors_of(one), SMALL, how=how) for one in (model, Planted()))
    silent, steered = found.facts["unanswered"], found.facts["steered"]
    assert len(silent) >= 2
    assert max(silent.values()) < 0.5 <= found.arrays["steered.mass"].min()
    assert sorted([*silent, *steered]) == sorted(whole.facts["steered"])
    # How much is said of A and B does not change which of them is preferred.
    places = [whole.facts["steered"].index(name) for name in steered]
    for name in ("steered.change", "steered.correlation", "steered.elo"):
        np.testing.assert_allclose(found.arrays[name], whole.arrays[name][places], atol=1e-6)
    score = found["prefer.steered.mass"]
    assert score.baselines["lowest"] == min(silent.values())
    assert score.value == pytest.approx(np.mean([*silent.values(), *found.arrays["steered.mass"]]))
    assert found["prefer.change.correlation"].value == pytest.approx(np.mean(found.facts["r by way round"]))
    assert "prefer.change.hostile" not in found
    assert found.facts["absent"]["prefer.change.hostile"].startswith("Steered with it, the model answers with neither")


def test_null_directions_under_which_a_model_answers_neither_are_left_out() -> None:
    model, how = Planted(frail=20.0), replace(FEW, directions=12, emotions=8)
    given = {SHUFFLED: [vectors_of(model, seed=seed, signal=0.0) for seed in (5, 6)]}
    # All unpleasant: under these it answers.
    sad = tuple(name for name, pleasure in RATED.items() if pleasure < -0.6)[:6]
    found = prefer(model, vectors_of(model), SMALL, how=how, controls=given, emotions=sad)
    silent = found.facts["unanswered nulls"]
    assert found.facts["unanswered"] == {}
    for word, kind, many in (("random", ISOTROPIC, 12), ("shuffled", SHUFFLED, 16)):
        assert 0 < silent[kind] < many
        assert found.arrays[f"{word}.change"].shape == (many - silent[kind], 2)
        assert np.isfinite(found.arrays[f"{word}.change"]).all()
    assert found["prefer.change.correlation.random"].n == 12 - silent[ISOTROPIC]


def test_where_too_few_emotions_are_left_nothing_is_said_of_causes() -> None:
    model = Planted(frail=20.0)
    glad = tuple(name for name, pleasure in RATED.items() if pleasure > 0.6)[:6]
    found = prefer(model, vectors_of(model), SMALL, how=replace(FEW, directions=5), emotions=glad)
    assert set(found.facts["unanswered"]) == set(glad)
    assert found.facts["steered"] == []
    for name in ("prefer.change.correlation", "prefer.change.correlation.random"):
        assert name not in found
        assert found.facts["absent"][name] == "The model answers with A or B under 0 of 6 emotions; 3 are needed."
    assert not [name for name in found.arrays if name.startswith(("steered.", "random."))]
    assert "prefer.correlation.pleasure" in found
    base = with_base(prefer(Planted(), vectors_of(model), SMALL, how=FEW), found)
    assert base.facts["absent"]["prefer.base.change.correlation"] == found.facts["absent"]["prefer.change.correlation"]
    assert set(base.facts["base.unanswered"]) == set(glad)


def test_asking_some_at_a_time_is_asking_all(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = Plan.of(Planted(), vectors_of(Planted()), SMALL, FEW, {})
    whole = ask(plan.questions, plan.asked)
    monkeypatch.setattr("affectlab.preference.steering.ROWS_AT_ONCE", 37)
    np.testing.assert_array_equal(ask(plan.questions, plan.asked).shares, whole.shares)
