"""A planted passage is found first, in any format and however long the file, and nothing but a few are kept."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from affectlab import Convention, read
from affectlab.checks import snippets as module
from affectlab.checks.highest import Best, Passage, Sample
from affectlab.checks.snippets import Wanted, snippets
from affectlab.errors import CorpusError, InputError
from affectlab.findings import load_findings, save_findings
from affectlab.models.fake import FakeModel
from affectlab.vectors.extract import Extraction

PLAIN = "the old road and the small bridge near a river with bread on the table"
SAD = "he wept by the grave in rain a farewell and the empty garden wept again"
ANGRY = "she slammed the door and shouted fists up an insult she glared and slammed"
TEXTS = [f"{PLAIN} number {n}" for n in range(30)]
TEXTS[17], TEXTS[5] = SAD, ANGRY
WANTED = Wanted(top=3, length=20)


def as_plain(path: Path, texts: list[str]) -> None:
    path.write_text("\n\n".join(texts), encoding="utf-8")


def as_lines(path: Path, texts: list[str]) -> None:
    path.write_text("".join(json.dumps({"text": text, "url": "x"}) + "\n" for text in texts), encoding="utf-8")


def as_parquet(path: Path, texts: list[str]) -> None:
    pq.write_table(pa.table({"text": texts, "meta": ["not JSON"] * len(texts)}), path)


FORMATS = {"t.txt": as_plain, "t.jsonl": as_lines, "t.parquet": as_parquet, "no-ending": as_parquet}


@pytest.mark.parametrize("name", FORMATS)
def test_a_planted_passage_is_found_first_in_every_format(
    fake: FakeModel, found: Extraction, tmp_path: Path, name: str
) -> None:
    FORMATS[name](tmp_path / name, TEXTS)
    seen = snippets(fake, found.vectors, tmp_path / name, WANTED)
    first = {emotion: kept[0] for emotion, kept in seen.facts["snippets"].items()}
    assert first["sad"]["where"].endswith(" 18")
    assert first["angry"]["where"].endswith(" 6")
    assert "wept" in {first["sad"]["tokens"][place] for place in first["sad"]["marked"]}
    assert (seen.facts["passages"], seen.facts["texts"], seen.facts["left_out"]) == (30, 30, 0)
    for kept in seen.facts["snippets"].values():
        scores = [one["score"] for one in kept]
        assert len(kept) == 3
        assert kept[0]["cut"] == [False, False]
        assert scores == sorted(scores, reverse=True)


def test_scores_and_marks_are_those_of_plain_readings(fake: FakeModel, found: Extraction, tmp_path: Path) -> None:
    as_plain(tmp_path / "t.txt", TEXTS)
    seen = snippets(fake, found.vectors, tmp_path / "t.txt", WANTED)
    layer, sad = found.vectors.default_layer, found.vectors.index("sad")
    readings = read(fake, found.vectors, TEXTS, layers=[layer], convention=Convention.CENTRED)
    ours = [reading.scores[1:, sad] for (reading,) in readings]
    best = seen.facts["snippets"]["sad"][0]
    assert best["score"] == pytest.approx(max(float(one.mean()) for one in ours), abs=1e-5)
    level = float(np.quantile(np.concatenate(ours), 0.9))
    assert seen.arrays["snippets.levels"][sad] == pytest.approx(level, abs=1e-5)
    assert best["marked"] == [place + 1 for place in np.flatnonzero(ours[17] > level)]
    assert best["readings"][0] is None
    save_findings(seen, tmp_path / "kept")
    assert load_findings(tmp_path / "kept").facts == seen.facts


def test_a_long_text_is_read_to_its_end_in_passages(fake: FakeModel, found: Extraction, tmp_path: Path) -> None:
    long = " ".join([PLAIN] * 40 + [SAD, SAD] + [PLAIN] * 9)
    as_plain(tmp_path / "t.txt", [long, "too short"])
    seen = snippets(fake, found.vectors, tmp_path / "t.txt", Wanted(top=1, length=15))
    [best] = seen.facts["snippets"]["sad"]
    assert {"wept", "grave"} <= set(best["tokens"])
    assert len(best["tokens"]) == 15
    assert best["cut"] == [True, True]
    assert seen.facts["left_out"] == 1


def test_no_passage_is_kept_twice(fake: FakeModel, found: Extraction, tmp_path: Path) -> None:
    as_lines(tmp_path / "t.jsonl", [SAD, *TEXTS, SAD, SAD])
    kept = snippets(fake, found.vectors, tmp_path / "t.jsonl", WANTED).facts["snippets"]["sad"]
    assert [one["tokens"] for one in kept].count(kept[0]["tokens"]) == 1
    assert kept[0]["where"].endswith("line 1")


def test_what_is_kept_does_not_grow_with_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    best, sample = Best(5, 4), Sample(200, 5, 0)
    generator = np.random.default_rng(0)
    every: list[Any] = []
    for number in range(400):
        readings = generator.standard_normal((7, 5)).astype(np.float32)
        best.add(Passage(f"row {number}", (number,), None), readings)
        sample.add(readings)
        every.append(readings)
        assert max(map(len, best.heaps)) <= 4
        assert len(sample.readings) <= 200
    means = np.stack(every).mean(axis=1)
    for place in range(5):
        assert [entry.passage.tokens[0] for entry in best.sorted(place)] == np.argsort(-means[:, place])[:4].tolist()
    # The percentile of an even sample of 200 tokens, against that of all 2,800: sd(q) is about 0.12.
    exact = np.quantile(np.concatenate(every), 0.9, axis=0)
    assert np.abs(sample.quantile(0.9) - exact).max() < 0.45


def test_a_sample_is_even_over_the_stream() -> None:
    sample = Sample(500, 1, 1)
    for number in range(100):
        sample.add(np.full((50, 1), number, dtype=np.float32))
    assert abs(float(sample.readings.mean()) - 49.5) < 5
    assert len(np.unique(sample.readings)) > 95


def test_batches_are_read_as_they_come(
    fake: FakeModel, found: Extraction, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH", 8)
    as_plain(tmp_path / "t.txt", TEXTS)
    told: list[int] = []
    few = snippets(fake, found.vectors, tmp_path / "t.txt", WANTED, progress=told.append)
    assert told == [8, 16, 24, 30]
    monkeypatch.setattr(module, "BATCH", 64)
    assert few.facts == snippets(fake, found.vectors, tmp_path / "t.txt", WANTED).facts


def test_labels_give_a_score_beside_its_chance(fake: FakeModel, found: Extraction, tmp_path: Path) -> None:
    texts = {
        "sad": SAD,
        "angry": ANGRY,
        "calm": "slowly the breeze and quiet tea she breathed slowly in the quiet garden",
    }
    rows = [{"text": f"{text} {n}", "emotion": name} for n in range(4) for name, text in texts.items()]
    path = tmp_path / "t.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    score = snippets(fake, found.vectors, path, WANTED)["snippets.top"]
    assert score.value == 1.0
    assert score.chance == pytest.approx(1 / 3)
    assert (score.n, score.unit) == (3, "words")
    as_plain(tmp_path / "t.txt", TEXTS)
    assert snippets(fake, found.vectors, tmp_path / "t.txt", WANTED).scores == ()


def test_conversations_and_another_column_are_read(fake: FakeModel, found: Extraction, tmp_path: Path) -> None:
    turns = [{"role": "user", "content": SAD}, {"role": "assistant", "content": PLAIN}]
    path = tmp_path / "t.jsonl"
    path.write_text(json.dumps({"turns": turns}) + "\n" + json.dumps({"text": ANGRY}) + "\n", encoding="utf-8")
    seen = snippets(fake, found.vectors, path, WANTED)
    assert seen.facts["snippets"]["sad"][0]["tokens"][:2] == ["Human", ":"]
    pq.write_table(pa.table({"body": TEXTS}), tmp_path / "t.parquet")
    seen = snippets(fake, found.vectors, tmp_path / "t.parquet", Wanted(top=1, column="body"))
    assert "wept" in seen.facts["snippets"]["sad"][0]["tokens"]


def test_several_files_are_read_as_one_and_only_what_is_asked_for(
    fake: FakeModel, found: Extraction, tmp_path: Path
) -> None:
    as_plain(tmp_path / "a.txt", TEXTS[:10])
    as_lines(tmp_path / "b.jsonl", TEXTS[10:])
    as_plain(tmp_path / "all.txt", TEXTS)
    wanted = replace(WANTED, emotions=("sad", "angry"))
    both = snippets(fake, found.vectors, [tmp_path / "a.txt", tmp_path / "b.jsonl"], wanted)
    assert both.facts["files"] == ["a.txt", "b.jsonl"]
    assert list(both.facts["snippets"]) == both.facts["emotions"] == ["sad", "angry"]
    assert both.facts["snippets"]["sad"][0]["where"].endswith("b.jsonl, line 8")
    whole = snippets(fake, found.vectors, tmp_path / "all.txt", WANTED)
    for name in ("sad", "angry"):
        ours, theirs = ([one["tokens"] for one in seen.facts["snippets"][name]] for seen in (both, whole))
        assert ours == theirs
    sad = list(whole.facts["emotions"]).index("sad")
    assert both.arrays["snippets.levels"][0] == pytest.approx(whole.arrays["snippets.levels"][sad], abs=1e-6)


def test_chance_counts_passages_without_a_label_too(fake: FakeModel, found: Extraction, tmp_path: Path) -> None:
    labelled = (("sad", SAD), ("angry", ANGRY))
    rows = [{"text": f"{text} {n}", "emotion": name} for n in range(3) for name, text in labelled]
    rows += [{"text": text} for text in TEXTS[6:17]] + [{"text": PLAIN}]
    path = tmp_path / "t.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    score = snippets(fake, found.vectors, path, WANTED)["snippets.top"]
    assert score.value == 1.0
    assert score.chance == pytest.approx(3 / 18)


class _Opened(FakeModel):
    """A model that expects two tokens in front of every text."""

    def __init__(self) -> None:
        super().__init__(blocks=3, width=16)
        plain = self.tokenizer.encode
        self.tokenizer.encode = lambda text: (*plain("begin here"), *plain(text))  # type: ignore[method-assign]


def test_what_stands_in_front_of_a_text_is_neither_counted_nor_shown(found: Extraction, tmp_path: Path) -> None:
    model = _Opened()
    as_plain(tmp_path / "t.txt", TEXTS)
    best = snippets(model, found.vectors, tmp_path / "t.txt", WANTED).facts["snippets"]["sad"][0]
    assert best["tokens"][:2] == ["he", "wept"]
    assert len(best["readings"]) == len(best["tokens"])
    assert None not in best["readings"]
    assert best["score"] == pytest.approx(np.mean(best["readings"]), abs=1e-5)
    marked = {best["tokens"][place] for place in best["marked"]}
    lowest = min(best["readings"][place] for place in best["marked"])
    assert marked
    assert lowest > sorted(best["readings"])[0]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("gone.txt", None, "no such file"),
        ("t.jsonl", b"{broken\n", "not JSON"),
        ("t.jsonl", b"[1, 2]\n", "not a row"),
        ("t.txt", b"fine\n\xff\xfe\n", "not UTF-8 text"),
        ("t.txt", b"fine\0\n", "a binary file"),
        ("t.txt", b"short\n\nshorter\n", "no passage to read"),
        ("t.txt", b"", "no passage to read"),
        ("t.parquet", b"PAR1 and no more", "not a Parquet file"),
        ("t.jsonl", b'{"turns": [{"role": "user"}]}\n', "blank content"),
    ],
)
def test_bad_files_are_refused(
    fake: FakeModel, found: Extraction, tmp_path: Path, name: str, content: bytes | None, said: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=said) as error:
        snippets(fake, found.vectors, path, WANTED)
    assert name in error.value.where


def test_a_parquet_file_without_texts_is_refused(fake: FakeModel, found: Extraction, tmp_path: Path) -> None:
    pq.write_table(pa.table({"number": [1, 2]}), tmp_path / "t.parquet")
    with pytest.raises(CorpusError, match=r"no column of texts.*found number"):
        snippets(fake, found.vectors, tmp_path / "t.parquet", WANTED)


def test_wishes_that_make_no_sense_are_refused() -> None:
    for top, length, fewest in ((0, 64, 8), (1, 4, 8), (1, 64, 0)):
        with pytest.raises(InputError, match="no passages can be looked for"):
            Wanted(top, length, fewest)
