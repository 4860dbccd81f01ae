"""The map finds what was planted, does not find it under permuted names, and says what it did."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from affectlab.core import Doubles
from affectlab.errors import InputError
from affectlab.findings import Findings, load_findings, save_findings
from affectlab.geometry import Norms, clusters, held_beside, map_vectors, mapping, plane, with_others
from affectlab.geometry.baseline import BARE
from affectlab.geometry.plane import placing, umap_places
from affectlab.study.pictures.maps import map_figures
from tests.geometry.made import LAYERS, WIDTH, WORDS, drawn, planted_norms, planted_vectors, vector_set

CHANCE = drawn(3, len(WORDS), WIDTH, seed=9)
PLANTED = vector_set(np.stack([planted_vectors(noise) for noise in (1.0, 0.3, 0.1)]))
QUICK = 60


def quick(*changed: Any, **options: Any) -> Findings:
    """A map with few resamples and without UMAP, which takes long to start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mapping, "RESAMPLES", QUICK)
        for name, value in {"STARTS": 2, "MOST": 11, "FREE": 2}.items():
            patch.setattr(clusters, name, value)
        patch.setattr(mapping, "placing", lambda points, seed: nullcontext(lambda: points[:, :2]))
        return map_vectors(*changed, **options)


CONTROLS = {"random directions": [vector_set(CHANCE), vector_set(CHANCE[::-1].copy())]}
GIVEN: dict[str, Any] = {"controls": CONTROLS, "baseline": drawn(len(WORDS), 25, seed=7)}


@pytest.fixture(scope="module")
def found() -> Findings:
    return quick(PLANTED, layer=4, norms=planted_norms(), **GIVEN)


def test_planted_axes_groups_and_layers_are_found(found: Findings) -> None:
    for name in ("map.pc1.pleasure", "map.pc2.arousal", "map.axes.arousal", "map.groups10.lexicon", "rsa.late"):
        score = found[name]
        assert score.low <= score.value <= score.high
        assert score.low > max(score.nulls.values()), name
        assert len(score.nulls) == 2
    for name in ("map.pc1.pleasure", "map.pc2.arousal", "map.groups10.lexicon"):
        assert found[f"{name}.margin"].low > 0
        assert found[name].layer == 4
    for name in ("map.pc1.pleasure", "map.pc2.arousal"):
        assert found[name].value > 0.9
    assert found["map.variance.pc1"].value > max(found["map.variance.pc1"].nulls.values())
    assert "map.bare.rsa" in found
    assert {"map.groups.stability.margin", "map.groups10.stability.margin"} <= {score.name for score in found.scores}
    assert BARE in found["rsa.late"].baselines
    assert "rsa.late.margin" not in found
    assert "map.axes.dominance" not in found


def test_arrays_have_the_shapes_that_figures_draw(found: Findings) -> None:
    words, places = len(WORDS), len(LAYERS)
    shapes = {name: array.shape for name, array in found.arrays.items()}
    assert shapes == {
        "cosines": (words, words),
        "order": (words,),
        "lengths": (places, words),
        "groups": (words,),
        "groups10": (words,),
        "pca": (words, 3),
        "umap": (words, 2),
        "ratings": (words, 3),
        **dict.fromkeys(("shares", "shares_low", "shares_high"), (places, 3)),
        **dict.fromkeys(("correlations", "correlations_low", "correlations_high"), (places, 3, 3)),
        **dict.fromkeys(("rsa", "rsa_low", "rsa_high"), (places, places)),
    }
    assert found.facts["axis of arousal"][2] == 2
    assert found.facts["late layers"] == [2, 4]
    assert np.corrcoef(found.arrays["pca"][:, 0], list(planted_norms().pleasure.values()))[0, 1] > 0.9


def test_figures_show_the_ratings_of_the_map_and_not_those_of_the_lexicon(found: Findings) -> None:
    figures = {block.key: block.figure for block in map_figures(found)}
    pleasure, arousal, _ = planted_norms().table(WORDS)
    for key in ("pca", "umap"):
        grey, coloured = figures[key].data
        assert len(grey.x) == 0
        np.testing.assert_array_equal(coloured.marker.color, pleasure)
    for key, rating, r in (("norms", pleasure, (0, 0)), ("norms-arousal", arousal, (1, 1))):
        np.testing.assert_array_equal(figures[key].data[1].x, rating)
        measured = abs(found.arrays["correlations"][2][r])
        assert f"r = +{measured:.2f}" in figures[key].layout.title.subtitle.text
        assert np.corrcoef(figures[key].data[1].x, figures[key].data[1].y)[0, 1] == pytest.approx(measured)
    assert all("Ratings: planted." in figures[key].layout.title.subtitle.text for key in ("pca", "umap", "norms"))


def test_findings_of_a_map_are_kept_as_a_file(found: Findings, tmp_path: Path) -> None:
    save_findings(found, tmp_path / "map.safetensors")
    back = load_findings(tmp_path / "map.safetensors")
    assert back.scores == found.scores
    assert back.facts == found.facts


def test_permuted_names_are_at_chance() -> None:
    generator = np.random.default_rng(12)
    dealt = vector_set(PLANTED.raw, words=tuple(generator.permutation(WORDS).tolist()))
    found = quick(dealt, layer=4, norms=planted_norms())
    for name in ("map.pc1.pleasure", "map.pc2.arousal", "map.axes.arousal", "map.groups10.lexicon"):
        assert found[name].value < 1.5 * max(found[name].nulls.values()), name


def test_the_same_seed_gives_the_same_map(found: Findings) -> None:
    again = quick(PLANTED, layer=4, norms=planted_norms(), **GIVEN)
    assert found.scores == again.scores
    for name, array in found.arrays.items():
        np.testing.assert_array_equal(array, again.arrays[name])


def test_words_that_nobody_rated_are_mapped_without_ratings() -> None:
    words = tuple(f"word {place}" for place in range(12))
    stages: list[str] = []
    found = quick(vector_set(drawn(1, 12, 8), words=words), layer=1, progress=stages.append)
    assert {score.name for score in found.scores} == {"map.variance.pc1", "map.variance.pc2"}
    assert found.facts["rated"] == 0
    assert np.isnan(found.arrays["correlations"]).all()
    assert "axis of arousal" not in found.facts
    assert "norms" not in {block.key for block in map_figures(found)}
    assert stages == ["angles", "groups", "axes", "layers", "sets", "plane"]


def test_what_makes_no_map_is_refused() -> None:
    with pytest.raises(InputError, match="too few emotions"):
        map_vectors(vector_set(drawn(1, 4, 8), words=("a", "b", "c", "d")))
    with pytest.raises(InputError, match="no vector for each emotion"):
        map_vectors(PLANTED, baseline=drawn(3, 8))


def test_clean_and_raw_are_held_against_each_other() -> None:
    few = PLANTED.raw[:, :15]
    found = quick(vector_set(few, few + 0.01 * CHANCE[:, :15], WORDS[:15]), layer=4, norms=Norms({}, {}, {}))
    assert found["map.raw.rsa"].value > 0.95
    assert found["map.raw.procrustes"].value > 0.95
    assert found.facts["form"] == "clean"


def test_other_vectors_are_turned_into_the_plane_of_the_map() -> None:
    rotation = np.linalg.qr(drawn(WIDTH + 9, WIDTH, seed=5).astype(np.float64))[0]
    raw, shared = (3 * PLANTED.raw @ rotation.T + 0.7).astype(np.float32), len(WORDS) - 5
    other = vector_set(raw[:, :shared][:, ::-1], words=WORDS[:shared][::-1])
    beside = held_beside(PLANTED, 4, other)
    found = with_others(quick(PLANTED, layer=4, norms=planted_norms()), PLANTED, beside, resamples=QUICK)
    assert found["map.beside.procrustes"].value == pytest.approx(1, abs=1e-4)
    assert found.facts["beside"] == {"model": "made", "layer": 4, "form": "raw"}
    assert np.isnan(found.arrays["beside"][shared:]).all()
    np.testing.assert_allclose(found.arrays["beside"][:shared], found.arrays["pca"][:shared, :2], atol=0.2)
    [drawn_beside] = [block.figure for block in map_figures(found) if block.key == "beside"]
    assert sum(len(trace.x) for trace in drawn_beside.data) == shared
    assert "the vectors of made, layer 4" in drawn_beside.layout.title.text


@pytest.mark.slow
def test_umap_keeps_groups_together_and_every_process_of_its_own_gives_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    points: Doubles = (6 * drawn(3, 10)[np.arange(30) % 3] + drawn(30, 10, seed=1)).astype(np.float64)
    here = umap_places(points, seed=1)
    monkeypatch.delattr(plane, "umap_places")
    with placing(points, seed=1) as first, placing(points, seed=1) as second:
        np.testing.assert_array_equal(first(), second())
        # The last digit of a distance, which may follow where an array lies in memory, is enough for other places.
        for flat in (here, first()):
            distances = np.linalg.norm(flat[:, None] - flat, axis=2) + 1e9 * np.eye(30)
            assert (distances.argmin(axis=1) % 3 == np.arange(30) % 3).all()
