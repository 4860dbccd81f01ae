"""Minimal pairs: what moves as it should is counted, from the layer on at which it does, and chance moves nothing."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from affectlab.checks import pairs
from affectlab.checks.controls import ISOTROPIC, MATCHED, SHUFFLED, controls
from affectlab.checks.pairs import from_layer, read_pairs
from affectlab.core import Convention
from affectlab.findings import Findings
from affectlab.lexicon.items import Pair
from affectlab.models.fake import FakeModel
from affectlab.vectors.extract import Extraction
from affectlab.vectors.read import read
from tests.checks.made import LAYERS, STRONG, Told, as_it_is, drawn_nulls, errors_from, made_sums, made_vectors

BOTH = {"afraid": 1, "calm": -1}
UP = {"happy": 1, "sad": -1, "calm": 1}
PAIRS = [
    Pair(f"pair {number}", theme, f"{theme} well {number}", f"{theme} badly {number}", tuple(UP), UP)
    for theme in ("degree", "person")
    for number in range(5)
]


def _read(monkeypatch: pytest.MonkeyPatch, model: FakeModel, nulls: int = 10) -> Findings:
    def rule(text: str) -> list[Mapping[str, float]]:
        """One theme moves what it should; the other moves what nobody asked for."""
        there = 1.0 if "badly" in text else 0.0
        return [{"happy": there, "sad": -there, "calm": there} if "degree" in text else {"proud": there}]

    monkeypatch.setattr(pairs, "at_colon", as_it_is)
    monkeypatch.setattr(pairs, "pooled", Told(rule, noise=0.3))
    monkeypatch.setattr(pairs, "_maps", lambda *given: Findings(facts={"maps": {}}))
    vectors = made_vectors()
    return read_pairs(model, vectors, PAIRS, controls(vectors, made_sums(), nulls), layer=STRONG)


def test_a_theme_that_moves_as_it_should_is_told_from_one_that_does_not(
    monkeypatch: pytest.MonkeyPatch, fake: FakeModel
) -> None:
    found = _read(monkeypatch, fake)
    right, wrong = found["pairs.degree"], found["pairs.person"]
    assert right.value > 0.9
    assert (right.n, right.unit, right.chance, right.layer) == (5, "pairs", 0.5, STRONG)
    assert right.convention is Convention.CENTRED
    assert set(right.nulls) == {"permuted names", SHUFFLED, ISOTROPIC, MATCHED}
    assert right.value > max(right.nulls.values())
    assert wrong.value <= max(wrong.nulls.values())
    change, none = found["pairs.degree.change"], found["pairs.person.change"]
    assert change.low > max(change.nulls.values())
    assert none.value <= max(none.nulls.values())
    facts = found.facts["pairs"]["degree"]
    assert 0 < facts["from_layer"] <= STRONG  # the first layer knows nothing
    assert set(facts["pairs"]["pair 0"]) == set(UP)
    assert found.arrays["pairs.degree.by_layer"].shape == (2, LAYERS)


def test_the_mean_of_every_null_that_knows_no_label_sits_at_chance(
    monkeypatch: pytest.MonkeyPatch, fake: FakeModel
) -> None:
    """A direction that knows nothing moves as it should as often as not. Permuted names are another kind of null: they
    keep how much all emotions move together, and more probes should rise than fall, so they need not be at chance."""
    sets = 60
    drawn = drawn_nulls(monkeypatch, pairs)
    _read(monkeypatch, fake, nulls=sets)
    assert set(drawn) == {"degree", "person", "degree.change", "person.change"}
    for name, kinds in drawn.items():
        assert set(kinds) == {SHUFFLED, ISOTROPIC, MATCHED}
        for kind, values in kinds.items():
            assert len(values) == sets
            assert errors_from(0.0 if name.endswith("change") else 0.5, values) < 4, (name, kind, np.mean(values))


def test_maps_hold_the_readings_of_every_token_at_every_layer(fake: FakeModel, found: Extraction) -> None:
    listed = [
        Pair("news", "degree", "She laughed in the rain.", "She wept in the rain.", ("sad",), {"sad": 1}),
        Pair("walk", "degree", "He breathed in the dark.", "He froze in the dark.", ("afraid", "calm"), BOTH),
        Pair("none", "degree", "One.", "Two.", ("happy",), {"happy": 1}),
    ]  # fmt: skip
    scored = read_pairs(fake, found.vectors, listed, {}, layer=2)
    assert set(scored.facts["pairs"]["maps"]) == {"degree.news", "degree.walk"}
    chat = [{"role": "user", "content": "He froze in the dark."}]
    expected = read(fake, found.vectors, [chat], layers=[0, 1, 2], convention=Convention.CENTRED)[0]
    there = scored.arrays["pairs.degree.walk.other"]
    for layer, reading in enumerate(expected):
        np.testing.assert_allclose(there[0, layer], reading["afraid"], atol=1e-6)
        np.testing.assert_allclose(there[1, layer], reading["calm"], atol=1e-6)
    assert scored.facts["pairs"]["maps"]["degree.walk"]["tokens_other"] == list(expected[0].tokens)
    moved = expected[2]["afraid"][-1] - scored.arrays["pairs.degree.walk.one"][0, 2, -1]
    assert (scored.facts["pairs"]["degree"]["pairs"]["walk"]["afraid"] is not None) == (moved > 0)


def test_a_single_pair_has_maps_and_no_score(fake: FakeModel, found: Extraction) -> None:
    pair = Pair("news", "number", "She laughed.", "She wept.", ("sad",), {"sad": 1})
    scored = read_pairs(fake, found.vectors, [pair], {}, layer=2)
    assert scored.scores == ()
    assert "pairs.number.news.one" in scored.arrays
    assert read_pairs(fake, found.vectors, [], {}, layer=2).scores == ()


def test_a_pair_is_resolved_from_the_layer_on_after_which_nothing_goes_wrong() -> None:
    assert from_layer(np.array([False, True, True]), (2, 4, 6)) == 4
    assert from_layer(np.array([True, True, False]), (2, 4, 6)) is None
    assert from_layer(np.array([True, True, True]), (2, 4, 6)) == 2
