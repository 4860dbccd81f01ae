"""`affectlab snippets` gives the library's passages, for people, programs and browsers, and refuses what is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from affectlab import runlog
from affectlab.checks.snippets import Wanted
from affectlab.checks.snippets import snippets as find
from affectlab.findings import load_findings
from affectlab.models.fake import FakeModel
from affectlab.vectors.store import load_vectors
from tests.cli.conftest import Bench, Cli, Lab

SAD = "he wept by the grave in rain a farewell and the empty garden wept again"
PLAIN = "the old road and the small bridge near a river with bread on the table"


@pytest.fixture
def texts(tmp_path: Path) -> str:
    path = tmp_path / "secret.txt"
    path.write_text("\n\n".join([PLAIN, *(f"{PLAIN} number {n}" for n in range(6)), SAD]), encoding="utf-8")
    return str(path)


def test_json_has_the_passages_of_the_library(cli: Cli, lab: Lab, texts: str, tmp_path: Path) -> None:
    kept = tmp_path / "found"
    words = ("snippets", lab.fake, texts, "--emotions", "sad, calm", "--top", "2", "--length", "20", "--layer", "2")
    ran = cli(*words, "-o", str(kept), "--json")
    assert ran.code == 0, ran.err
    wanted = Wanted(2, 20, layer=2, emotions=("sad", "calm"))
    ours = find(FakeModel(), load_vectors(lab.fake), texts, wanted)
    assert ran.json["snippets"] == ours.facts["snippets"]
    assert list(ran.json["levels"]) == ["sad", "calm"]
    assert (ran.json["passages"], ran.json["layer"], ran.json["scores"]) == (8, 2, [])
    assert ran.json["snippets"]["sad"][0]["where"].endswith("paragraph 8")
    assert load_findings(kept).facts == ours.facts


def test_several_files_make_one_collection_and_labels_a_score(cli: Cli, lab: Lab, texts: str) -> None:
    ran = cli("snippets", lab.fake, texts, lab.corpus, "--json")
    assert ran.json["files"] == ["secret.txt", "corpus.jsonl"]
    assert [score["name"] for score in ran.json["scores"]] == ["snippets.top"]
    assert set(ran.json["snippets"]) == set(load_vectors(lab.fake).emotions)


def test_texts_that_were_extracted_are_read_with_vectors_of_other_topics(cli: Cli, lab: Lab) -> None:
    held = cli("snippets", lab.fake, lab.corpus, "--held-out", "--json")
    assert held.code == 0, held.err
    assert held.json["held_out"] is True
    plain = cli("snippets", lab.fake, lab.corpus, "--json")
    assert held.json["passages"] == plain.json["passages"]
    assert held.json["snippets"] != plain.json["snippets"]


def test_people_see_passages_and_browsers_a_page(cli: Cli, lab: Lab, texts: str, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    ran = cli("snippets", lab.fake, texts, "--emotions", "sad", "--html", str(page))
    assert ran.code == 0, ran.err
    assert "8 passages of 8 texts" in ran.out
    assert "[wept" in ran.out
    assert "\x1b" not in ran.out
    assert "<mark" in page.read_text(encoding="utf-8")
    table = cli("snippets", lab.fake, texts).out
    assert all(name in table for name in load_vectors(lab.fake).emotions)


def test_the_log_keeps_counts_and_no_text(cli: Cli, lab: Lab, texts: str) -> None:
    cli("snippets", lab.fake, texts, "--json")
    run = runlog.runs(limit=1)[0]
    assert (run.command, run.result["passages"]) == ("snippets", 8)
    assert "wept" not in str(run.result)


def test_what_cannot_be_used_is_refused(bench: Bench, texts: str) -> None:
    lab = bench.lab
    assert "gone.txt: no such file" in bench.refused("snippets", lab.fake, texts, "gone.txt")
    assert "unknown emotion 'sadd'" in bench.refused("snippets", lab.fake, texts, "--emotions", "sadd")
    assert "there are no vectors for layer 99" in bench.refused("snippets", lab.fake, texts, "--layer", "99")
    assert "this would replace an input" in bench.refused("snippets", lab.fake, texts, "--html", texts)
    (bench.folder / "short.txt").write_text("too short")
    assert "short.txt: no passage to read" in bench.refused("snippets", lab.fake, "short.txt")
    held = ("snippets", lab.fake, lab.corpus, "--held-out")
    assert "--form: texts that are held out" in bench.refused(*held, "--form", "raw")
    assert "not the texts that were extracted" in bench.refused("snippets", lab.fake, _other(bench), "--held-out")


def _other(bench: Bench) -> str:
    path = bench.folder / "other.jsonl"
    path.write_text(Path(bench.lab.corpus).read_text().replace("garden", "gate"), encoding="utf-8")
    return str(path)
