"""`affectlab read` gives the library's numbers, for people, for programs and for browsers."""

import io
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from affectlab import runlog
from affectlab.cli.texts import abridged
from affectlab.core import Convention
from affectlab.models.fake import FakeModel
from affectlab.report.summary import furthest
from affectlab.vectors.read import read
from affectlab.vectors.store import load_vectors
from tests.cli.conftest import Cli, Lab

TEXT = "She laughed, then wept by the grave in the rain"


def test_json_has_the_promised_keys_and_the_numbers_of_the_library(cli: Cli, lab: Lab) -> None:
    ran = cli("read", lab.fake, TEXT, "--json")
    vectors = load_vectors(lab.fake)
    [[reading]] = read(FakeModel(), vectors, [TEXT])
    assert list(ran.json) == ["tokens", "layer", "convention", "scores"]
    assert tuple(ran.json["tokens"]) == reading.tokens
    assert (ran.json["layer"], ran.json["convention"]) == (vectors.default_layer, "cosine")
    assert tuple(ran.json["scores"]) == vectors.emotions
    for emotion, scores in ran.json["scores"].items():
        assert np.array_equal(np.array(scores, dtype=np.float32), reading[emotion])


def test_several_layers_come_as_a_list_beside_the_first(cli: Cli, lab: Lab) -> None:
    ran = cli("read", lab.fake, TEXT, "--layers", "1,3-4", "--emotions", "sad, calm", "--json")
    assert [part["layer"] for part in ran.json["layers"]] == [1, 3, 4]
    assert {name: ran.json[name] for name in ran.json["layers"][0]} == ran.json["layers"][0]
    assert list(ran.json["scores"]) == ["sad", "calm"]


@pytest.mark.parametrize("convention", list(Convention))
def test_the_convention_travels_with_the_number(cli: Cli, lab: Lab, convention: Convention) -> None:
    ran = cli("read", lab.fake, TEXT, "--convention", str(convention), "--emotions", "sad", "--json")
    [[reading]] = read(FakeModel(), load_vectors(lab.fake), [TEXT], convention=convention, emotions=["sad"])
    assert ran.json["convention"] == convention
    np.testing.assert_array_equal(np.array(ran.json["scores"]["sad"], dtype=np.float32), reading["sad"])


def test_a_steered_reading_carries_its_receipt(cli: Cli, lab: Lab) -> None:
    steering = ("--steer", "0.5*sad - 0.1*calm", "--steer-layers", "1-2", "--tokens", "from 3")
    steered = cli("read", lab.fake, TEXT, "--emotions", "sad", "--json", *steering)
    plain = cli("read", lab.fake, TEXT, "--emotions", "sad", "--json")
    receipt = steered.json["receipt"]
    assert (receipt["label"], receipt["sites"]) == ("0.5*sad - 0.1*calm", [1, 2])
    assert receipt["tokens"] == len(plain.json["tokens"]) - 3
    assert receipt["vectors"] == load_vectors(lab.fake).hash
    assert steered.json["scores"]["sad"][:3] == plain.json["scores"]["sad"][:3]
    assert steered.json["scores"]["sad"][3:] != plain.json["scores"]["sad"][3:]
    shown = cli("read", lab.fake, TEXT, *steering)
    assert "steered by 0.5*sad - 0.1*calm at" in shown.out


def test_raw_and_clean_differ(cli: Cli, lab: Lab) -> None:
    clean, raw = (cli("read", lab.fake, TEXT, "--form", form, "--json").json for form in ("clean", "raw"))
    assert clean["scores"] != raw["scores"]


def test_a_person_sees_the_emotions_that_move_furthest_and_where(cli: Cli, lab: Lab) -> None:
    ran = cli("read", lab.fake, TEXT, "--layers", "4")
    assert ran.code == 0
    assert ran.err == ""
    assert "layer 4, cosine, 11 tokens" in ran.out
    [[reading]] = read(FakeModel(), load_vectors(lab.fake), [TEXT], layers=[4])
    shown = [line.split() for line in ran.out.splitlines()[3:]]
    assert tuple(words[0] for words in shown) == furthest(reading, 5)
    for words in shown:
        scores = reading[words[0]]
        assert words[1:4] == [f"{number:+.4g}" for number in (scores.mean(), scores.min(), scores.max())]
        assert words[4:6] == [str(scores.argmax()), f"“{reading.tokens[scores.argmax()]}”"]
    assert "\x1b" not in ran.out


def test_a_text_can_come_from_standard_input(cli: Cli, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    given = cli("read", lab.fake, TEXT, "--json")
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(TEXT.encode() + b"\n")))
    assert cli("read", lab.fake, "-", "--json") == given


@pytest.mark.parametrize("whole", [True, False], ids=["a list", "an object"])
def test_a_conversation_goes_through_the_template(cli: Cli, lab: Lab, tmp_path: Path, whole: bool) -> None:
    messages = [{"role": "user", "content": "I lost it."}, {"role": "assistant", "content": "Let us look."}]
    path = tmp_path / "chat.json"
    path.write_text(json.dumps(messages if whole else {"messages": messages, "id": 7}))
    ran = cli("read", lab.vectors, "--chat", str(path), "--json")
    assert "".join(ran.json["tokens"]).startswith("<s>[user] I lost it.</s>")
    steered = cli("read", lab.vectors, "--chat", str(path), "--json", "--steer", "0.1*calm", "--tokens", "turn")
    assert steered.json["receipt"]["tokens"] == len("[assistant] Let us look.") + 2


def test_a_model_that_has_moved_is_named_and_proved(cli: Cli, lab: Lab, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere"
    Path(lab.model).rename(moved)
    try:
        lost = cli("read", lab.vectors, "Hello there.")
        found = cli("read", lab.vectors, "Hello there.", "--model", str(moved))
    finally:
        moved.rename(lab.model)
    assert lost.code == 2
    assert "say where it is with --model" in lost.err
    assert found.code == 0


def test_the_page_stands_alone(cli: Cli, lab: Lab, tmp_path: Path) -> None:
    page = tmp_path / "reading.html"
    assert cli("read", lab.fake, f"{TEXT} <b>&</b>", "--layers", "2,4", "--html", str(page)).code == 0
    text = page.read_text(encoding="utf-8")
    assert "fake" in text
    assert "http" not in text.replace("http-equiv", "").replace("http://www.w3.org/2000/svg", "")


def test_the_log_keeps_a_summary_and_not_every_score(cli: Cli, lab: Lab) -> None:
    cli("read", lab.fake, TEXT, "--json")
    run = runlog.runs(limit=1)[0]
    assert (run.command, run.result["tokens"]) == ("read", 11)
    assert run.result["furthest"]["4"][0] in load_vectors(lab.fake).emotions
    assert "scores" not in run.result


def test_the_log_keeps_of_a_text_what_tells_which_it_was(cli: Cli, lab: Lab) -> None:
    cli("read", lab.fake, TEXT, "--json")
    assert runlog.runs(limit=1)[0].arguments["text"] == abridged(TEXT)
    assert TEXT not in abridged(TEXT)
