"""`validate`, `map` and `import` print scores, keep what they found, and refuse what they cannot use."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from affectlab import lexicon, runlog
from affectlab.checks import validate as checks
from affectlab.checks.controls import SHUFFLED
from affectlab.findings import load_findings
from affectlab.lexicon.items import Items
from affectlab.lexicon.items.steering import general_steering
from tests.checks.test_validate import ITEMS
from tests.cli.conftest import Bench, Cli, Lab, described


@pytest.fixture(autouse=True)
def flat(monkeypatch: pytest.MonkeyPatch) -> None:
    """UMAP compiles itself for half a minute on first use, and has a slow test of its own."""
    monkeypatch.setattr("affectlab.geometry.mapping.umap_places", lambda points, seed: points[:, :2].copy())


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
    rated = [emotion for emotion in lexicon.emotions() if emotion.pleasure is not None][:30]
    generator = np.random.default_rng(0)
    vectors = generator.standard_normal((len(rated), 3, 16)).astype(np.float32)
    vectors[:, :, 0] += 9 * np.array([[emotion.pleasure] for emotion in rated])
    vectors[:, :, 1] += 6 * np.array([[emotion.arousal] for emotion in rated])
    path = lab.folder / "published.npz"
    np.savez(path, vectors=vectors, words=np.array([emotion.name for emotion in rated]))
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
    assert [score.name for score in load_findings(kept).scores] == [score["name"] for score in ran.json["scores"]]
    assert runlog.runs(1)[0].notes["hashes"]["items"] == few_items.hash


def test_without_a_corpus_folds_are_resampled(cli: Cli, lab: Lab, few_items: Items) -> None:
    ran = cli("validate", lab.fake, "--nulls", "3", "--layer", "2", "--json")
    scores = {score["name"]: score for score in ran.json["scores"]}
    assert scores["heldout.auc"]["unit"] != "topics"
    assert scores["lens.rank"]["layer"] == 2


def test_published_vectors_are_mapped_without_their_model(cli: Cli, imported: str, tmp_path: Path) -> None:
    kept, page = tmp_path / "found", tmp_path / "map.html"
    ran = cli("map", imported, "-o", str(kept), "--figure", str(page), "--json")
    assert ran.code == 0, ran.err
    scores = {score["name"]: score for score in ran.json["scores"]}
    pleasure = scores["map.pc1.pleasure"]
    assert pleasure["value"] > 0.85
    assert pleasure["nulls"]["permuted names"] < pleasure["low"] < pleasure["value"]
    assert load_findings(kept).facts["emotions"]
    assert "plotly" in page.read_text().lower()


def test_norms_of_ones_own_are_taken(cli: Cli, imported: str, tmp_path: Path) -> None:
    rows = ["word,pleasure,arousal,dominance"]
    emotions = [emotion for emotion in lexicon.emotions() if emotion.pleasure is not None][:30]
    rows += [f"{emotion.name},{-(emotion.pleasure or 0)},{emotion.arousal},0.1" for emotion in emotions]
    norms = tmp_path / "norms.csv"
    norms.write_text("\n".join(rows))
    ran = cli("map", imported, "--norms", str(norms), "--json")
    assert ran.code == 0, ran.err
    assert {score["name"]: score for score in ran.json["scores"]}["map.pc1.pleasure"]["value"] > 0.85


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


def test_embeddings_of_a_model_stand_beside_the_map(cli: Cli, lab: Lab, imported: str) -> None:
    plain, beside = (cli("map", imported, "--nulls", "3", *words, "--json") for words in ([], ["--model", lab.model]))
    assert (plain.code, beside.code) == (0, 0), beside.err
    without, scores = ({score["name"]: score for score in ran.json["scores"]} for ran in (plain, beside))
    assert without["map.pc1.pleasure"]["baselines"] == {}
    pleasure = scores["map.pc1.pleasure"]
    assert pleasure["value"] == without["map.pc1.pleasure"]["value"]
    assert pleasure["baselines"]["token embeddings"] < pleasure["low"]
    margin = scores["map.pc1.pleasure.margin"]
    assert margin["value"] == pytest.approx(pleasure["value"] - pleasure["baselines"]["token embeddings"])
    assert margin["low"] > 0
    assert {"map.embeddings.rsa", "map.embeddings.procrustes"} <= set(scores) - set(without)


def test_embeddings_are_those_of_the_model_that_vectors_come_from(bench: Bench) -> None:
    line = bench.refused("map", bench.lab.fake, "--model", bench.lab.model)
    assert "these vectors come from another model" in line
