"""`validate`, `map` and `import` print scores, keep what they found, and refuse what they cannot use."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest

from affectlab import lexicon, runlog
from affectlab.checks import validate as checks
from affectlab.checks.controls import SHUFFLED
from affectlab.cli.validate import _compare_layers
from affectlab.findings import Findings, load_findings
from affectlab.lexicon.items import Items
from affectlab.lexicon.items.steering import general_steering
from affectlab.study.pictures import places_figure
from affectlab.study.pictures.maps import map_figures
from tests.checks.test_validate import ITEMS
from tests.cli.conftest import Bench, Cli, Lab, described

RATED = [emotion for emotion in lexicon.emotions() if emotion.pleasure is not None][:30]
"""Words whose vectors are made along their ratings."""


@pytest.fixture(autouse=True)
def flat(monkeypatch: pytest.MonkeyPatch) -> None:
    """UMAP compiles itself for half a minute on first use, and has a slow test of its own."""
    monkeypatch.setattr("affectlab.geometry.mapping.placing", lambda points, seed: nullcontext(points[:, :2].copy))


@pytest.fixture
def few_items(monkeypatch: pytest.MonkeyPatch) -> Items:
    """The real sets take a minute, and are tried in the slow tests."""
    monkeypatch.setattr("affectlab.pocket.item_sets.items_of", lambda register: ITEMS)
    monkeypatch.setattr("affectlab.pocket.steering.steering_of", lambda register: general_steering())
    monkeypatch.setattr(checks, "REPLY_TOKENS", 4)
    return ITEMS


@pytest.fixture(scope="session")
def published(lab: Lab) -> str:
    """Vectors of thirty words that somebody published: two axes as people rated pleasure and arousal, and noise."""
    generator = np.random.default_rng(0)
    vectors = generator.standard_normal((len(RATED), 3, 16)).astype(np.float32)
    vectors[:, :, 0] += 9 * np.array([[emotion.pleasure] for emotion in RATED])
    vectors[:, :, 1] += 6 * np.array([[emotion.arousal] for emotion in RATED])
    path = lab.folder / "published.npz"
    np.savez(path, vectors=vectors, words=np.array([emotion.name for emotion in RATED]))
    return str(path)


@pytest.fixture
def imported(cli: Cli, published: str, tmp_path: Path) -> str:
    path = str(tmp_path / "imported.safetensors")
    ran = cli("import", published, "--model", "somebody/7b", "-o", path, "--json")
    assert ran.code == 0
    assert ran.json["dim"] == 16
    assert len(ran.json["emotions"]) == 30
    return path


def test_vectors_are_validated_with_their_sums(cli: Cli, lab: Lab, few_items: Items, tmp_path: Path) -> None:
    kept = tmp_path / "found"
    ran = cli("validate", lab.fake, "--nulls", "3", "--corpus", lab.corpus, "-o", str(kept), "--json")
    assert ran.code == 0, ran.err
    scores = {score["name"]: score for score in ran.json["scores"]}
    assert {"heldout.auc", "lens.rank", "scenes.rank", "ladders.mean", "pairs.degree", "colon.reply"} <= set(scores)
    assert all(SHUFFLED in scores[name]["nulls"] for name in ("heldout.auc", "lens.rank", "scenes.rank", "colon.reply"))
    assert scores["heldout.auc"]["unit"] == "topics"
    for name in ("auc", "top1", "top5", "cluster"):
        for key, value in scores[f"heldout.{name}"]["baselines"].items():
            margin = scores[f"heldout.{name} above {key}"]
            assert margin["value"] == pytest.approx(scores[f"heldout.{name}"]["value"] - value)
        assert set(scores[f"heldout.{name}"]["baselines"]) == {"bag of words", "token embeddings (block 0)"}
    assert [score.name for score in load_findings(kept).scores] == [score["name"] for score in ran.json["scores"]]
    assert runlog.runs(1)[0].notes["hashes"]["items"] == few_items.hash


def test_without_a_corpus_folds_are_resampled(cli: Cli, lab: Lab, few_items: Items) -> None:
    ran = cli("validate", lab.fake, "--nulls", "3", "--layer", "2", "--json")
    scores = {score["name"]: score for score in ran.json["scores"]}
    assert scores["heldout.auc"]["unit"] != "topics"
    assert scores["heldout.auc"]["baselines"] == {}
    assert scores["lens.rank"]["layer"] == 2


@pytest.mark.parametrize(("read", "said"), [(4, ""), (2, "--layer 4 reads there")])
def test_it_is_said_if_held_out_topics_choose_another_layer_than_the_preferred_one(
    read: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _compare_layers(Findings(facts={"heldout": {"layer": 4}, "validate": {"layer": read}}))
    assert said in (told := capsys.readouterr().err)
    assert bool(told) == bool(said)


def test_published_vectors_are_mapped_without_their_model(cli: Cli, imported: str, tmp_path: Path) -> None:
    kept, page = tmp_path / "found", tmp_path / "map.html"
    ran = cli("map", imported, "-o", str(kept), "--figure", str(page), "--json")
    assert ran.code == 0, ran.err
    scores = {score["name"]: score for score in ran.json["scores"]}
    pleasure = scores["map.pc1.pleasure"]
    assert pleasure["value"] > 0.85
    assert pleasure["nulls"]["permuted names"] < pleasure["low"] < pleasure["value"]
    assert scores["map.axes.dominance"]["n"] == 30
    assert "best with permuted names" in scores["map.axes.dominance"]["nulls"]
    assert load_findings(kept).facts["emotions"]
    assert "plotly" in page.read_text().lower()


def test_norms_of_ones_own_take_the_place_of_ours(cli: Cli, imported: str, tmp_path: Path) -> None:
    """Twenty words are given the ratings of others: what ours find is gone, and figures show no rating but these."""
    dealt = [RATED[place] for place in np.random.default_rng(1).permutation(len(RATED))[:20]]
    pairs = list(zip([emotion.name for emotion in RATED], dealt, strict=False))
    rows = [f"{name},{other.pleasure},{other.arousal},{other.dominance}" for name, other in pairs]
    norms, kept = tmp_path / "norms.csv", tmp_path / "found"
    norms.write_text("\n".join(["word,pleasure,arousal,dominance", *rows]))
    ran = cli("map", imported, "--norms", str(norms), "-o", str(kept), "--json")
    assert ran.code == 0, ran.err
    pleasure = {score["name"]: score for score in ran.json["scores"]}["map.pc1.pleasure"]
    assert pleasure["value"] < 0.5
    assert pleasure["n"] == 20
    found = load_findings(kept)
    given = [other.pleasure for other in dealt]
    grey, coloured = places_figure(found).data
    assert (len(grey.x), list(coloured.marker.color)) == (10, given)
    beside = next(block.figure for block in map_figures(found) if block.key == "norms")
    assert list(beside.data[1].x) == given
    assert "norms.csv" in beside.layout.title.subtitle.text


@pytest.fixture
def another(cli: Cli, published: str, tmp_path: Path) -> str:
    """What another writer might give: twenty of the same words and two of its own, wider, turned, with some noise."""
    with np.load(published) as file:
        vectors, words = file["vectors"][10:].astype(np.float64), file["words"][10:].tolist()
    generator = np.random.default_rng(3)
    turned = vectors @ np.linalg.qr(generator.standard_normal((24, 16)))[0].T
    noise, own = (generator.standard_normal((rows, 3, 24)) for rows in (20, 2))
    every = np.concatenate([own, turned + 0.3 * noise])
    path = tmp_path / "another.npz"
    np.savez(path, vectors=every[::-1].astype(np.float32), words=np.array(["odd", "even", *words])[::-1])
    assert cli("import", str(path), "--model", "another-9b", "-o", str(path.with_suffix(".safetensors"))).code == 0
    return str(path.with_suffix(".safetensors"))


def test_vectors_stand_beside_those_of_another_writer(cli: Cli, imported: str, another: str, tmp_path: Path) -> None:
    kept, page = str(tmp_path / "found"), tmp_path / "map.html"
    ran = cli("map", imported, "--beside", another, "-o", kept, "--figure", str(page), "--json")
    assert ran.code == 0, ran.err
    scores = {score["name"]: score for score in ran.json["scores"]}
    for name in ("map.beside.rsa", "map.beside.procrustes"):
        score = scores[name]
        assert score["nulls"]["permuted names"] < score["low"] <= score["value"] <= score["high"]
        assert score["value"] > 0.8
        assert (score["n"], score["layer"]) == (20, 2)
    assert ran.json["beside"] == load_findings(kept).facts["beside"]
    assert ran.json["beside"] == {"model": "another-9b", "layer": 2, "form": "raw"}
    assert "the vectors of another-9b, layer 2" in page.read_text()


def test_another_layer_of_the_same_vectors_can_stand_beside_them(cli: Cli, imported: str) -> None:
    ran = cli("map", imported, "--beside", imported, "--beside-layer", "0", "--json")
    assert ran.code == 0, ran.err
    assert ran.json["beside"]["layer"] == 0
    [score] = [score for score in ran.json["scores"] if score["name"] == "map.beside.rsa"]
    assert score["layer"] is None
    assert 0.5 < score["value"] < 0.99


def test_vectors_that_cannot_stand_beside_others_are_refused(bench: Bench, imported: str, another: str) -> None:
    few = bench.refused("map", imported, "--beside", bench.lab.fake)
    assert f"--beside {bench.lab.fake}: the two sets share too few words" in few
    assert "vectors beside themselves" in bench.refused("map", imported, "--beside", imported)
    assert "no such vectors file" in bench.refused("map", imported, "--beside", "nowhere.safetensors")
    assert "would replace an input" in bench.refused("map", imported, "--beside", another, "-o", another)
    line = bench.refused("map", imported, "--beside", another, "--beside-layer", "9")
    assert "--beside-layer: there are no vectors for layer 9" in line
    assert "a layer of no vectors" in bench.refused("map", imported, "--beside-layer", "1")


def test_people_see_a_table(cli: Cli, imported: str) -> None:
    ran = cli("map", imported)
    assert ran.code == 0
    assert "map.pc1.pleasure" in ran.out
    assert "95 % interval" in ran.out
    assert "30 words" in ran.out


def test_what_cannot_be_used_is_refused(bench: Bench, cli: Cli, imported: str, published: str) -> None:
    lab = bench.lab
    sums = Path(lab.fake).with_name("f.st.sums.safetensors")
    assert "no such vectors file" in bench.refused("map", "nowhere.safetensors")
    assert "too few emotions for a map" in bench.refused("map", lab.fake)
    assert "there are no vectors for layer 99" in bench.refused("validate", lab.fake, "--layer", "99")
    assert "no such vectors file" in bench.refused("validate", imported)
    assert "would replace an input" in bench.refused("validate", lab.fake, "-o", str(sums))
    assert "--nulls" in described(cli("validate", lab.fake, "--nulls", "1"))
    assert "norms.csv" in bench.refused("map", imported, "--norms", "norms.csv")
    assert "no residual norm" in bench.refused("steer", imported, "0.1*angry", "Hello there")
    (bench.folder / "text.npz").write_text("not vectors")
    assert "text.npz" in bench.refused("import", "text.npz", "--model", "m", "-o", "v.safetensors")


def test_sums_of_other_vectors_are_refused(bench: Bench, cli: Cli, tmp_path: Path) -> None:
    lab = bench.lab
    copy, sums = tmp_path / "c.safetensors", tmp_path / "c.sums.safetensors"
    copy.write_bytes(Path(lab.fake).read_bytes())
    sums.write_bytes(Path(lab.vectors).with_name("v.sums.safetensors").read_bytes())
    assert "these sums belong to other vectors" in bench.refused("validate", str(copy))


def test_bare_words_stand_beside_the_map(cli: Cli, lab: Lab, imported: str) -> None:
    plain, beside = (cli("map", imported, "--nulls", "3", *words, "--json") for words in ([], ["--model", lab.model]))
    assert (plain.code, beside.code) == (0, 0), beside.err
    without, scores = ({score["name"]: score for score in ran.json["scores"]} for ran in (plain, beside))
    assert without["map.pc1.pleasure"]["baselines"] == {}
    pleasure = scores["map.pc1.pleasure"]
    assert pleasure["value"] == without["map.pc1.pleasure"]["value"]
    assert pleasure["baselines"]["bare words (block 0)"] < pleasure["low"]
    margin = scores["map.pc1.pleasure.margin"]
    assert margin["value"] == pytest.approx(pleasure["value"] - pleasure["baselines"]["bare words (block 0)"])
    assert margin["low"] > 0
    assert {"map.bare.rsa", "map.bare.procrustes"} <= set(scores) - set(without)


def test_bare_words_are_read_by_the_model_that_vectors_come_from(bench: Bench) -> None:
    line = bench.refused("map", bench.lab.fake, "--model", bench.lab.model)
    assert "these vectors come from another model" in line
