"""A planted change is found, nulls see nothing of it, and models that cannot be compared are refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from affectlab import Convention, Model
from affectlab.checks.controls import controls
from affectlab.errors import InputError, ModelMismatchError
from affectlab.findings import Findings, load_findings, save_findings
from affectlab.models.fake import FakeModel, FakeTokenizer
from affectlab.temperament import PromptSets, Shift, compare
from affectlab.temperament.sides import How
from affectlab.vectors.extract import Extraction
from tests.temperament.conftest import AROUSAL, RATED, base_model, extracted, said, trained

PLAIN = ["shift.arousal", "shift.pleasure", "agreement", "base_post.challenging", "base_post.neutral"]


@pytest.fixture(scope="module")
def findings(
    base: FakeModel, post: FakeModel, found: Extraction, found_in_base: Extraction, prompts: PromptSets
) -> Findings:
    beside = controls(found.vectors, found.sums, 20)
    return compare(base, [post], found.vectors, prompts, second=found_in_base.vectors, controls=beside)


def test_the_planted_shift_is_found_and_no_null_reaches_it(findings: Findings) -> None:
    score = findings["temperament.shift.arousal"]
    assert score.value > max(score.nulls.values())
    assert score.low > score.nulls["permuted names"]
    assert (score.unit, score.n, score.chance) == ("words x prompts", len(RATED), 0.0)
    assert set(score.nulls) == {
        "permuted names",
        "shuffled story labels",
        "random directions",
        "random directions, neutral covariance",
    }


def test_the_scores_have_the_names_that_scripts_use(findings: Findings) -> None:
    names = [score.name for score in findings.scores]
    ways = ["", "by_base.", "rotated.", "paired."]
    assert set(names) == {f"temperament.{way}{name}" for way in ways for name in PLAIN} | {
        "temperament.rotation.explained"
    }
    assert len(set(names)) == len(names)


def test_shifts_on_two_kinds_of_prompts_agree_and_so_do_those_of_random_directions(findings: Findings) -> None:
    agreement = findings["temperament.agreement"]
    assert agreement.low > 0.9
    assert agreement.nulls["permuted names"] < 0.7
    # Any direction shifts alike on both: that the sets agree says nothing of emotions, and the nulls show it.
    assert agreement.nulls["random directions"] > 0.9


def test_shift_of_each_emotion_lies_within_its_interval_and_follows_what_was_planted(findings: Findings) -> None:
    shift, low, high = (findings.arrays[name] for name in ("shift", "shift.low", "shift.high"))
    assert (low < shift).all()
    assert (shift < high).all()
    np.testing.assert_allclose(shift, findings.arrays["post"] - findings.arrays["base"], atol=1e-6)
    strongest = max(AROUSAL, key=lambda name: abs(AROUSAL[name]))
    assert strongest in findings.facts["moved"]
    assert set(findings.facts["null_shifts"]) == set(findings["temperament.shift.arousal"].nulls) - {"permuted names"}
    assert set(findings.facts["moved_beyond_nulls"]) < set(findings.facts["moved"])


def test_by_layer_the_layer_of_the_claim_has_the_value_of_the_claim(findings: Findings) -> None:
    layer = findings.facts["layer"]
    for name in PLAIN:
        by_layer = findings.arrays[f"by_layer.{name}"]
        assert by_layer.shape == (len(findings.arrays["layers"]), 3)
        place = findings.arrays["layers"].tolist().index(layer)
        assert by_layer[place, 0] == pytest.approx(findings[f"temperament.{name}"].value)


def test_findings_survive_the_disk(findings: Findings, tmp_path: Any) -> None:
    save_findings(findings, tmp_path / "f")
    again = load_findings(tmp_path / "f")
    assert [score.as_dict() for score in again.scores] == [score.as_dict() for score in findings.scores]
    assert again.facts == findings.facts


def test_a_series_is_read_one_model_after_another_and_grows_with_training(
    base: FakeModel, found: Extraction, few: PromptSets
) -> None:
    order: list[str] = []

    def opener(much: float) -> Any:
        def opened() -> Model:
            order.append(f"{much}")
            return trained(much) if much else base_model()

        return opened

    posts = [opener(much) for much in (0.1, 0.25, 0.5)]
    found_in_all = compare(opener(0), posts, found.vectors, few)
    assert order == ["0.5", "0.25", "0.1", "0"]
    sizes = found_in_all.arrays["series.size"]
    assert (np.diff(sizes) > 0).all()
    assert "temperament.series.1.shift.arousal" in found_in_all
    assert "temperament.series.3.shift.arousal" not in found_in_all
    alone = compare(base, [trained(0.5)], found.vectors, few)
    np.testing.assert_array_equal(alone.arrays["shift"], found_in_all.arrays["shift"])


def test_readings_are_those_of_a_plain_comparison(
    base: FakeModel, post: FakeModel, found: Extraction, few: PromptSets
) -> None:
    from affectlab.temperament import temperament_shift

    asked = [*few.challenging, *few.neutral]
    for convention in Convention:
        ours = compare(base, [post], found.vectors, few, how=How((0,), convention))
        plain: Shift = temperament_shift(base, post, found.vectors, asked, layer=0, convention=convention)
        np.testing.assert_allclose(ours.arrays["shift"], plain.mean, atol=1e-5)


class Turned(FakeModel):
    """The trained model with its whole space turned."""

    turn = np.linalg.qr(np.random.default_rng(3).standard_normal((128, 128)))[0].astype(np.float32)

    def _streams(self, *given: Any) -> Any:
        return (super()._streams(*given) @ self.turn).astype(np.float32)


def turned_base() -> FakeModel:
    model = base_model()
    model.__class__ = Turned
    model.identity = replace(model.identity, id="turned", weights="turned")
    return model


def test_a_space_that_was_turned_is_turned_back_by_texts_that_no_claim_rests_on(
    post: FakeModel, found: Extraction, prompts: PromptSets
) -> None:
    asked = replace(prompts, alignment=said("table", 40))
    plain = compare(base_model(), [post], found.vectors, asked)
    turned = compare(turned_base(), [post], found.vectors, asked)
    truth, wrong, right = (
        plain["temperament.shift.arousal"],
        turned["temperament.shift.arousal"],
        turned["temperament.rotated.shift.arousal"],
    )
    assert abs(right.value - truth.value) < 0.15 < abs(wrong.value - truth.value)
    explained = turned["temperament.rotation.explained"]
    assert explained.low > 0.7
    assert explained.low > explained.nulls["pairs of different texts"]
    assert plain["temperament.rotation.explained"].value < 0.5


def test_without_texts_to_align_with_nothing_is_turned(
    base: FakeModel, post: FakeModel, found: Extraction, few: PromptSets
) -> None:
    names = [score.name for score in compare(base, [post], found.vectors, replace(few, alignment=())).scores]
    assert names == [f"temperament.{name}" for name in PLAIN]


def test_other_widths_need_vectors_of_both(post: FakeModel, found: Extraction, few: PromptSets) -> None:
    narrow = base_model(width=64, blocks=3)
    with pytest.raises(ModelMismatchError, match=r"another size than the vectors.*found 3 blocks of width 64"):
        compare(narrow, [post], found.vectors, few)
    paired = compare(narrow, [post], found.vectors, few, second=extracted(narrow).vectors)
    assert [score.name for score in paired.scores] == [f"temperament.{name}" for name in PLAIN]
    assert paired.facts["ways"] == ["plain"]
    assert list(paired["temperament.agreement"].nulls) == ["permuted names"]


def test_a_model_is_not_compared_with_itself(base: FakeModel, found_in_base: Extraction, few: PromptSets) -> None:
    with pytest.raises(InputError, match="are the same model"):
        compare(base, [base_model()], found_in_base.vectors, few)


def test_vectors_must_come_from_one_of_the_models(base: FakeModel, found: Extraction, few: PromptSets) -> None:
    with pytest.raises(ModelMismatchError, match="come from none of the models") as error:
        compare(base, [trained(0.2)], found.vectors, few)
    assert "differs from the nearest in weights" in error.value.found


def test_another_tokenizer_is_told_from_the_tokens(found: Extraction, post: FakeModel, few: PromptSets) -> None:
    other = base_model()

    class Letters(FakeTokenizer):
        def encode_marked(self, text: str) -> Any:
            return tuple(ord(letter) for letter in text), tuple((n, n + 1) for n in range(len(text)))

    other.tokenizer = Letters(4096)
    with pytest.raises(ModelMismatchError, match="do not share a tokenizer"):
        compare(other, [post], found.vectors, few)


def test_what_cannot_be_read_is_said_before_a_model_is_loaded(found: Extraction, few: PromptSets) -> None:
    def never() -> Model:
        raise AssertionError("a model was loaded")

    with pytest.raises(InputError, match="no vectors for layer 9"):
        compare(never, [never], found.vectors, few, how=How((9,)))
    with pytest.raises(InputError, match="nothing to compare"):
        compare(never, [], found.vectors, few)
    fewer = replace(found.vectors, emotions=tuple(reversed(found.vectors.emotions)))
    with pytest.raises(InputError, match="do not name the same emotions"):
        compare(never, [never], found.vectors, few, second=fewer)


def test_an_axis_with_too_few_known_words_is_left_out(
    base: FakeModel, post: FakeModel, found: Extraction, few: PromptSets
) -> None:
    how = How(norms={"arousal": AROUSAL, "warmth": {RATED[0]: 1.0, RATED[1]: 0.0, "unheard of": 0.5}})
    names = {score.name for score in compare(base, [post], found.vectors, few, how=how).scores}
    assert "temperament.shift.arousal" in names
    assert "temperament.shift.warmth" not in names
