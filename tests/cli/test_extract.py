"""`affectlab extract` writes vectors that know where they come from, says what it did, and goes on where it stopped."""

import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from affectlab import runlog
from affectlab.checks.heldout import chosen_layer
from affectlab.checks.preferred import prefer_layer
from affectlab.cli import extract as verb
from affectlab.cli.progress import Stage
from affectlab.text import read_corpus
from affectlab.vectors.extract import Recipe
from affectlab.vectors.store import load_sums, load_vectors, partial_path, sums_path
from tests.cli.conftest import GOOD, Cli, Lab, write_rows


def test_json_has_the_promised_keys_and_nothing_else(cli: Cli, lab: Lab, tmp_path: Path) -> None:
    output = str(tmp_path / "v.safetensors")
    ran = cli("extract", "fake", lab.corpus, "-o", output, "--start", "5", "--layers", "2-3", "--json")
    assert ran.code == 0
    keys = ["vectors", "emotions", "layers", "layer", "dim", "texts", "tokens", "seconds", "tokens_per_second"]
    assert list(ran.json) == keys
    assert ran.json["vectors"] == output
    assert ran.json["emotions"] == ["afraid", "angry", "calm", "sad"]
    assert (ran.json["layers"], ran.json["dim"], ran.json["texts"]) == ([2, 3], 48, 32)
    assert ran.err == ""


def test_what_is_written_is_what_the_library_makes(lab: Lab) -> None:
    from affectlab.models.fake import FakeModel
    from affectlab.vectors.extract import extract

    made = extract(FakeModel(), read_corpus([lab.corpus]), recipe=Recipe(start=5))
    assert load_vectors(lab.fake).hash == prefer_layer(made.vectors, made.sums).vectors.hash
    assert load_sums(sums_path(lab.fake)).emotions == made.vectors.emotions


def test_the_layer_that_vectors_prefer_is_told_with_its_reason(cli: Cli, lab: Lab, tmp_path: Path) -> None:
    output = str(tmp_path / "v.safetensors")
    words = ("extract", "fake", lab.corpus, "-o", output, "--start", "5")
    assert "which tells emotions best in stories that are held out" in cli(*words).out
    chosen = load_vectors(output).header["layer"]
    assert cli(*words, "--json").json["layer"] == chosen == chosen_layer(load_sums(sums_path(output)))
    assert "1, as asked for" in cli(*words, "--layer", "1").out
    assert load_vectors(output).default_layer == 1
    assert cli(*words, "--layer", "two-thirds", "--json").json["layer"] == 4
    assert "layer" not in load_vectors(output).header


def test_stories_that_cannot_choose_a_layer_leave_it_at_two_thirds_of_the_depth(cli: Cli, tmp_path: Path) -> None:
    corpus = write_rows(tmp_path / "given.jsonl", [{**row, "fold": number % 2} for number, row in enumerate(GOOD)])
    ran = cli("extract", "fake", corpus, "-o", str(tmp_path / "v.safetensors"), "--start", "9")
    assert ran.code == 0, ran.err
    assert "4, two thirds of the depth, since none can be chosen: there are too few folds" in " ".join(ran.out.split())


def test_a_person_sees_a_table_and_the_warnings(
    cli: Cli, tmp_path: Path, labelled: Callable[..., list[dict[str, Any]]]
) -> None:
    corpus = write_rows(tmp_path / "stories.jsonl", [row for row in labelled() if row["kind"] == "stories"])
    ran = cli("extract", "fake", corpus, "-o", str(tmp_path / "v.safetensors"), "--start", "5")
    assert ran.code == 0
    assert "4: afraid, angry, calm, sad" in ran.out
    assert "tokens/s" in ran.out
    assert str(tmp_path / "v.sums.safetensors") in ran.out.replace("\n", "")
    assert ran.err.startswith("affectlab: warning: there are no neutral texts")
    assert ran.err.count("\n") == 1


def test_an_earlier_plan_gives_the_same_bytes_again(cli: Cli, lab: Lab, tmp_path: Path) -> None:
    again = tmp_path / "again.safetensors"
    assert cli("extract", lab.model, lab.corpus, "-o", str(again), "--plan", lab.vectors).code == 0
    assert again.read_bytes() == Path(lab.vectors).read_bytes()


def test_the_log_knows_what_was_run_on_what_with_what_result(cli: Cli, lab: Lab, tmp_path: Path) -> None:
    output = str(tmp_path / "v.safetensors")
    cli("extract", "fake", lab.corpus, "-o", output, "--start", "5")
    run = runlog.runs(limit=1)[0]
    vectors = load_vectors(output)
    assert (run.command, run.status, run.arguments["start"]) == ("extract", "ok", 5)
    assert run.notes["model"] == "fake"
    assert run.notes["hashes"]["vectors"] == vectors.hash
    assert run.notes["hashes"]["corpus"] == vectors.header["corpus"]["hash"]
    assert run.notes["plan"] == load_sums(sums_path(output)).plan.as_dict()
    assert run.result["texts"] == 32


def test_a_run_that_was_interrupted_goes_on_to_the_same_bytes(
    cli: Cli, lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "v.st"
    seen = []

    def interrupt(stage: Stage, done: int, total: int) -> None:
        seen.append(done)
        if len(seen) == 3:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Stage, "reached", interrupt)
        stopped = cli("extract", "fake", lab.corpus, "-o", str(output), "--start", "5")
    assert (stopped.code, stopped.out, stopped.err) == (130, "", "affectlab: interrupted\n")
    assert runlog.runs(limit=1)[0].status == "interrupted"
    assert [path.name for path in tmp_path.iterdir()] == [partial_path(output).name]
    assert cli("extract", "fake", lab.corpus, "-o", str(output), "--start", "5").code == 0
    assert output.read_bytes() == Path(lab.fake).read_bytes()
    assert not partial_path(output).exists()


def test_bfloat16_is_kept_in_the_header_and_used_again(cli: Cli, lab: Lab, tmp_path: Path) -> None:
    output = str(tmp_path / "v.safetensors")
    assert cli("extract", lab.model, lab.corpus, "-o", output, "--dtype", "bfloat16", "--layers", "1").code == 0
    assert load_vectors(output).header["model"]["dtype"] == "bfloat16"
    assert cli("read", output, "Something here.", "--json").code == 0
    assert runlog.runs(limit=1)[0].notes["dtype"] == "bfloat16"


def test_defaults_are_those_of_the_library() -> None:
    defaults = {name: p.default for name, p in inspect.signature(verb.extract).parameters.items()}
    recipe = Recipe()
    assert (defaults["start"], defaults["minimum"]) == (recipe.start, recipe.minimum)
    assert (defaults["neutral_share"], defaults["neutral_rank"]) == (recipe.share, recipe.rank)


def test_vectors_of_one_layer_are_a_part_of_those_of_all(cli: Cli, lab: Lab, tmp_path: Path) -> None:
    output = str(tmp_path / "v.safetensors")
    cli("extract", "fake", lab.corpus, "-o", output, "--start", "5", "--layers", "0.5")
    part, whole = load_vectors(output), load_vectors(lab.fake)
    assert part.layers == (3,)
    np.testing.assert_allclose(part.raw[0], whole.raw[whole.place(3)], atol=1e-6)
    assert json.loads(json.dumps(part.header)) == part.header
