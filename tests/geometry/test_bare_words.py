"""A bare word is its own tokens, read alone up to the first block, before any story."""

from __future__ import annotations

import numpy as np

from affectlab.geometry import bare_word_vectors
from affectlab.models.fake import CUES, FakeModel

WORDS = [word for cues in CUES.values() for word in cues]


def test_words_that_share_a_planted_direction_lie_together() -> None:
    found = bare_word_vectors(FakeModel(blocks=2, width=64), WORDS)
    assert found.shape == (25, 64)
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=1e-6)
    units = found / np.linalg.norm(found, axis=1, keepdims=True)
    angles, kind = units @ units.T, np.repeat(np.arange(5), 5)
    same = kind[:, None] == kind
    assert angles[same & ~np.eye(25, dtype=bool)].mean() > angles[~same].mean() + 0.3


def test_a_phrase_is_the_mean_of_its_tokens() -> None:
    model = FakeModel(blocks=1, width=16)
    single = bare_word_vectors(model, ["tea", "quiet", "tea quiet"])
    one, two = single[0] - single[1], single[2] - single[0]
    assert np.linalg.norm(two) < np.linalg.norm(one)
