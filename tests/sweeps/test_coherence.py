"""The range of strengths ends where the model stops making sense, whatever is measured afterwards."""

from __future__ import annotations

import numpy as np
import pytest

from affectlab.errors import InputError
from affectlab.models.base import Row, Sampling
from affectlab.models.hf.model import HFModel
from affectlab.models.verbs import choose
from affectlab.sweeps import Directions, Guard, Limits, Question, usable_range
from affectlab.sweeps.coherence import repeated
from tests.models.conftest import make_tiny

PROMPTS = ["The door was open and", "They walked to the river, where", "Nobody knew"]
WRITING = Sampling(max_tokens=12, temperature=1.0, seed=3)


@pytest.fixture(scope="module")
def model() -> HFModel:
    return make_tiny()


@pytest.fixture(scope="module")
def directions(model: HFModel) -> Directions:
    drawn = np.random.default_rng(0).standard_normal((3, 1, model.width)).astype(np.float32)
    units = drawn / np.linalg.norm(drawn, axis=-1, keepdims=True)
    return Directions(("a", "b", "c"), units, (2,), np.array([7.0], dtype=np.float32))


def questions(model: HFModel) -> list[Question]:
    """What the model itself would say counts as right."""
    found = []
    for prompt in PROMPTS:
        logits = choose(model, [Row(model.tokenizer.encode(prompt))], range(97, 123))[0]
        best, worst = int(np.argmax(logits)), int(np.argmin(logits))
        found.append(Question(prompt, "", (chr(97 + best), chr(97 + worst))))
    return found


def test_weak_strengths_pass_and_strong_ones_end_the_range(model: HFModel, directions: Directions) -> None:
    strengths = (0.001, 0.01, 3.0, 6.0)
    found = usable_range(model, directions, Guard(PROMPTS, questions(model), writing=WRITING), strengths=strengths)
    told = found.facts["coherence"]
    assert told["usable"] == 0.01
    assert told["strengths"] == [0.001, 0.01, 3.0], "nothing is tried beyond the first that fails"
    perplexity = found.arrays["coherence.perplexity"]
    assert perplexity.shape == (3, 2, 3)
    assert np.abs(perplexity[0] - 1).max() < 0.2
    assert perplexity[2].mean() > perplexity[0].mean()


def test_each_limit_can_end_the_range(model: HFModel, directions: Directions) -> None:
    asked = questions(model)
    lax = {"perplexity": 1e9, "repeats": 1.0, "accuracy": 1.0}

    def usable(**limit: float) -> float:
        limits = Limits(**{**lax, **limit})
        found = usable_range(model, directions, Guard(PROMPTS, asked, limits, WRITING), strengths=(0.001, 8.0))
        return float(found.facts["coherence"]["usable"])

    assert usable() == 8.0
    assert usable(perplexity=1.2) == 0.001
    assert usable(accuracy=0.1) == 0.001
    assert usable(perplexity=1e-9) == 0.0


def test_what_is_written_is_judged_by_the_model_unsteered(model: HFModel, directions: Directions) -> None:
    """Steered hard, a model finds its own nonsense likely; unsteered it does not."""
    found = usable_range(model, directions, Guard(PROMPTS, writing=WRITING), strengths=(5.0,))
    assert (found.arrays["coherence.perplexity"] > 1.5).mean() > 0.6
    assert (found.arrays["coherence.accuracy"] == 1).all()


def test_an_answer_that_runs_into_its_question_is_refused(model: HFModel, directions: Directions) -> None:
    with pytest.raises(InputError, match="runs into"):
        usable_range(model, directions, Guard(PROMPTS, [Question("abc", "", ("",))], writing=WRITING))


def test_repeats_are_counted() -> None:
    assert repeated([1, 2, 3, 4, 5]) == 0
    assert repeated([7] * 10) == pytest.approx(6 / 7)
    assert repeated([1, 2]) == 0
