"""What tests check by the way: types, and shapes where signatures have them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from beartype.roar import BeartypeCallHintViolation
from jaxtyping import TypeCheckError

from affectlab.core import Mix, Steer
from affectlab.models.batches import BatchPlan
from affectlab.models.hf.sampling import _pass
from affectlab.pocket.world import rules


def test_a_function_a_class_and_a_method_refuse_other_types() -> None:
    wrong: Any = "calm"
    with pytest.raises(BeartypeCallHintViolation, match="state"):
        rules.trick(3)  # type: ignore[arg-type]
    with pytest.raises(BeartypeCallHintViolation, match="sites"):
        Steer(wrong, np.zeros((1, 2), np.float32))
    with pytest.raises(BeartypeCallHintViolation, match="delta"):
        Steer((0,), np.zeros((1, 4)))  # type: ignore[arg-type]
    with pytest.raises(BeartypeCallHintViolation, match="rows"):
        BatchPlan(((0,),), 3).check(wrong)
    assert Mix((("calm", 0.5),)) * 2 == Mix((("calm", 1.0),)), "an int may stand for a float"


def test_a_shape_that_does_not_agree_is_refused() -> None:
    with pytest.raises(TypeCheckError, match="uniform"):
        _pass(torch.zeros(3, 4, dtype=torch.float64), torch.zeros(2, 1, dtype=torch.float64))
