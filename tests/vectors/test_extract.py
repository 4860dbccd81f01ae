"""Vectors are what the book says, and depend on nothing but the texts, the model and the recipe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectlab.core import Convention, Tokens
from affectlab.models.base import Row
from affectlab.models.batches import BatchPlan, plan_batches
from affectlab.models.fake import FakeModel
from affectlab.models.hf.load import from_network
from affectlab.models.hf.model import HFModel
from affectlab.models.verbs import collect
from affectlab.testing.tiny import tiny_network, tiny_tokenizer
from affectlab.text import Corpus, corpus_of
from affectlab.vectors import gather
from affectlab.vectors.extract import Extraction, Recipe, extract
from affectlab.vectors.gather import Progress, groups
from affectlab.vectors.neutral import NeutralSums
from affectlab.vectors.norms import NormSums
from affectlab.vectors.sums import make_vectors, stratified
from affectlab.vectors.texts import UsableTexts

START = 8
RECIPE = Recipe(start=START, minimum=3)
Rows = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="module")
def corpus(labelled: Rows) -> Corpus:
    return corpus_of(uneven(labelled))


def uneven(labelled: Rows) -> list[dict[str, Any]]:
    """Not equally many stories of each emotion: a mean of stories is no mean of emotion means."""
    gone = {"calm-0", "calm-1", "sad-5", "calm-7"}
    return [row for row in labelled(stories=12, neutral=6) if row["id"] not in gone]


@pytest.fixture(scope="module")
def fake() -> FakeModel:
    return FakeModel(blocks=4, width=32)


@pytest.fixture(scope="module")
def llama() -> HFModel:
    return from_network(tiny_network("llama"), tiny_tokenizer())


@pytest.fixture(scope="module")
def found(fake: FakeModel, corpus: Corpus) -> Extraction:
    return extract(fake, corpus, recipe=RECIPE)


def streams_of(model: FakeModel, row: dict[str, Any]) -> Any:
    """[layers, tokens, width] of a row's text, or of its conversation in the plain format."""
    names = {"user": "Human", "assistant": "Assistant"}
    spoken = "\n\n".join(f"{names[turn['role']]}: {turn['content']}" for turn in row.get("turns", ()))
    tokens = model.tokenizer.encode(row.get("text", spoken))
    return model._streams(Row(tokens), np.array(tokens), None, 0).astype(np.float64)


def relative(found: Any, expected: Any) -> float:
    return float(np.abs(found - expected).max() / np.abs(expected).max())


def cosine(found: Any, expected: Any) -> Any:
    lengths = np.linalg.norm(found, axis=-1) * np.linalg.norm(expected, axis=-1)
    return (found * expected).sum(axis=-1) / lengths


def test_every_array_is_what_the_book_says(fake: FakeModel, corpus: Corpus, found: Extraction) -> None:
    rows = [corpus.row(place) for place in range(len(corpus))]
    vectors, sums = found.vectors, found.sums
    stories = [(row["emotion"], streams_of(fake, row)[:, START:].mean(axis=1)) for row in rows if "emotion" in row]
    means = np.stack([np.mean([m for e, m in stories if e == emotion], axis=0) for emotion in vectors.emotions], axis=1)
    center = means.mean(axis=1)
    raw = means - center[:, None]
    neutral = np.concatenate([streams_of(fake, row)[:, START:] for row in rows if "emotion" not in row], axis=1)
    np.testing.assert_allclose(vectors.center, center, rtol=1e-6)
    assert relative(vectors.raw, raw) < 1e-6
    assert vectors.neutral_mean is not None
    np.testing.assert_allclose(vectors.neutral_mean, neutral.mean(axis=1), rtol=1e-5, atol=1e-6)
    norms = np.linalg.norm(neutral, axis=-1)
    np.testing.assert_allclose(vectors.resid_norm, norms.mean(axis=1), rtol=1e-6)
    np.testing.assert_allclose(vectors.resid_norm_median, np.median(norms, axis=1), rtol=5e-3)
    assert vectors.clean is not None
    assert vectors.neutral_k is not None
    for layer, tokens in enumerate(neutral):
        values, components = np.linalg.eigh(np.cov(tokens.T))
        count = int((np.cumsum(values[::-1]) / values.sum() < 0.5).sum()) + 1
        assert vectors.neutral_k[layer] == count
        top = components[:, ::-1][:, :count]
        assert relative(vectors.clean[layer], raw[layer] - raw[layer] @ top @ top.T) < 1e-5
    assert sums.counts.sum() == len(stories)
    assert found.texts == len(rows)


def test_an_emotion_with_more_stories_counts_no_more_in_the_center(fake: FakeModel, corpus: Corpus) -> None:
    stories = np.flatnonzero(corpus.kinds == "stories")
    of_one = [row for row in stories if corpus.emotions[corpus.labels[row]] == corpus.emotions[0]]
    some = corpus.subset(np.setdiff1d(stories, of_one[len(of_one) // 2 :]))
    fewer = extract(fake, some, recipe=replace(RECIPE, minimum=1))
    means = fewer.sums.stories.sum(axis=0) / fewer.sums.counts.sum(axis=0)[:, None, None]
    np.testing.assert_allclose(fewer.vectors.center, means.mean(axis=0), rtol=1e-6)
    assert len(set(fewer.sums.counts.sum(axis=0).tolist())) > 1


def test_the_header_says_where_vectors_come_from(fake: FakeModel, corpus: Corpus, found: Extraction) -> None:
    header = found.vectors.header
    assert header["model"]["id"] == "fake"
    assert header["model"]["weights"] == fake.identity.weights
    assert header["corpus"] == {"hash": corpus.hash, "rows": len(corpus), "writers": []}
    assert header["recipe"]["start"] == START
    assert (header["recipe"]["texts"], header["recipe"]["neutral_texts"]) == (44, 12)
    assert header["recipe"]["folds"] == corpus.fold_rule == "topics (fewer than ten)"
    assert header["recipe"]["norm_from"] == "neutral tokens"
    assert header["layers"] == [0, 1, 2, 3]


def test_the_same_plan_gives_the_same_bytes(llama: HFModel, corpus: Corpus) -> None:
    first = extract(llama, corpus, recipe=RECIPE, budget=700)
    again = extract(llama, corpus, recipe=RECIPE, plan=BatchPlan.from_dict(first.sums.plan.as_dict()))
    assert again.vectors.hash == first.vectors.hash
    assert again.sums.plan == first.sums.plan


@pytest.mark.parametrize("rank", [256, 40])
@pytest.mark.parametrize("budget", [1, 333, 5000])
def test_another_plan_gives_the_same_vectors_within_a_millionth(
    rank: int, budget: int, llama: HFModel, corpus: Corpus
) -> None:
    recipe = Recipe(start=START, minimum=3, rank=rank)
    first, other = (extract(llama, corpus, recipe=recipe, budget=size) for size in (700, budget))
    assert first.sums.plan.batches != other.sums.plan.batches
    for name in ("raw", "clean", "center", "resid_norm"):
        assert relative(getattr(other.vectors, name), getattr(first.vectors, name)) < 1e-6, name
    assert np.array_equal(other.vectors.neutral_k, first.vectors.neutral_k)  # type: ignore[arg-type]


def test_the_order_of_rows_does_not_matter(fake: FakeModel, labelled: Rows, found: Extraction) -> None:
    rows = uneven(labelled)
    shuffled = [rows[place] for place in np.random.default_rng(0).permutation(len(rows))]
    assert extract(fake, corpus_of(shuffled), recipe=RECIPE).vectors.hash == found.vectors.hash


@pytest.mark.parametrize("architecture", ["llama", "gpt2", "bloom"])
def test_the_side_of_the_padding_does_not_matter(architecture: str, corpus: Corpus) -> None:
    models = [
        from_network(tiny_network(architecture), tiny_tokenizer(), padding=padding) for padding in ("right", "left")
    ]
    texts = UsableTexts(models[0], corpus, START)
    plan = plan_batches(texts.lengths, 10**6, groups(texts), padding=1.0)
    right, left = (extract(model, corpus, recipe=RECIPE, plan=plan).vectors for model in models)
    for name in ("raw", "clean", "center", "resid_norm"):
        assert relative(getattr(left, name), getattr(right, name)) < 1e-5, name


def test_layers_that_are_asked_for_are_those_of_all(fake: FakeModel, corpus: Corpus, found: Extraction) -> None:
    some = extract(fake, corpus, recipe=RECIPE, layers=[3, 1, 3]).vectors
    assert some.layers == (1, 3)
    for name, array in some.tensors().items():
        whole = found.vectors.tensors()[name][[1, 3]]
        np.testing.assert_array_equal(array, whole[:, : array.shape[1]] if name == "neutral_basis" else whole)


@pytest.mark.parametrize("fold", range(3))
@pytest.mark.parametrize("rank", [256, 24])
def test_vectors_without_a_fold_are_those_of_the_other_texts_alone(
    fold: int, rank: int, fake: FakeModel, labelled: Rows
) -> None:
    """Held out means: centre, vectors and neutral components know nothing of the fold."""
    whole = corpus_of(labelled(stories=12, neutral=12, topics=4))
    recipe = Recipe(start=START, minimum=3, rank=rank)
    others = [other for other in range(4) if other != fold]
    parts = make_vectors(extract(fake, whole, recipe=recipe).sums, recipe.share, others)
    alone = extract(fake, whole.subset(whole.folds != fold), recipe=recipe).vectors
    assert relative(parts.raw, alone.raw) < 1e-6
    assert relative(parts.center, alone.center) < 1e-6
    assert relative(parts.neutral_mean, alone.neutral_mean) < 1e-5
    assert parts.neutral_k == tuple(alone.neutral_k.tolist())  # type: ignore[union-attr]
    if rank == 256:
        assert relative(parts.clean, alone.clean) < 1e-5
    assert cosine(parts.clean, alone.clean).min() > 0.99, "a sketch of two thirds of a flat spectrum is no better"


def test_a_sketch_of_the_neutral_tokens_comes_close(llama: HFModel, labelled: Rows) -> None:
    corpus = corpus_of(labelled(stories=6, neutral=30))
    exact, sketched = (
        extract(llama, corpus, recipe=Recipe(start=START, minimum=3, rank=rank)).vectors for rank in (48, 40)
    )
    assert np.array_equal(exact.neutral_k, sketched.neutral_k)  # type: ignore[arg-type]
    assert exact.clean is not None
    assert sketched.clean is not None
    assert cosine(exact.clean, sketched.clean).min() > 0.99


def test_the_first_look_brings_a_sketch_closer(llama: HFModel, labelled: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = corpus_of(labelled(stories=6, neutral=30))
    exact, seeing = (extract(llama, corpus, recipe=Recipe(start=START, minimum=3, rank=rank)) for rank in (48, 24))
    monkeypatch.setattr(NeutralSums, "range", lambda self: np.array(self.test))
    blind = extract(llama, corpus, recipe=Recipe(start=START, minimum=3, rank=24))
    errors = [1 - cosine(exact.vectors.clean, found.vectors.clean).mean() for found in (seeing, blind)]
    assert errors[0] < 0.5 * errors[1]


def test_the_first_look_sees_as_many_tokens_as_it_wants(labelled: Rows) -> None:
    """Tokens before `start` leave nothing in the sketch, so they do not count."""
    start, model = 12, FakeModel(blocks=2, width=64)
    texts = UsableTexts(model, corpus_of(labelled(stories=6, neutral=40)), start)
    plan = plan_batches(texts.lengths, 2000, groups(texts))
    look = gather.Gathering(model, texts, (0, 1), 32, {}, plan, None)._first_look()
    counted = texts.lengths - start
    wanted = min(gather.LOOK_TOKENS, max(4 * 32, int(counted.sum()) // gather.LOOK_SHARE))
    assert counted[texts.labels < 0].sum() > wanted
    assert (look.count >= wanted).all()


def test_without_neutral_texts_there_is_nothing_cleaned(fake: FakeModel, labelled: Rows) -> None:
    rows = [row for row in labelled(stories=12) if row["kind"] == "stories"]
    result = extract(fake, corpus_of(rows), recipe=RECIPE)
    vectors = result.vectors
    assert set(vectors.tensors()) == {"raw", "center", "resid_norm", "resid_norm_median"}
    norms = np.concatenate([np.linalg.norm(streams_of(fake, row)[:, START:], axis=-1) for row in rows], axis=1)
    np.testing.assert_allclose(vectors.resid_norm, norms.mean(axis=1), rtol=1e-6)
    assert vectors.header["recipe"]["norm_from"] == "story tokens"
    assert any("no neutral texts" in warning for warning in result.warnings)


def test_progress_counts_every_token_once(fake: FakeModel, corpus: Corpus) -> None:
    told: list[Progress] = []
    result = extract(fake, corpus, recipe=RECIPE, budget=200, progress=told.append)
    assert [step.done for step in told] == sorted({step.done for step in told})
    assert told[-1] == Progress(result.tokens, result.tokens)
    assert len(told) == len(result.sums.plan.batches)


def test_the_sample_holds_the_means_of_single_stories(fake: FakeModel, corpus: Corpus, found: Extraction) -> None:
    rows = {row["id"]: row for row in (corpus.row(place) for place in range(len(corpus)))}
    sums = found.sums
    assert len(sums.sample_ids) == 44, "there is room for all"
    for place, row_id in enumerate(sums.sample_ids):
        expected = streams_of(fake, rows[row_id])[:, START:].mean(axis=1)
        np.testing.assert_allclose(sums.sample[place], expected, rtol=1e-5, atol=1e-6)
        assert sums.emotions[sums.sample_labels[place]] == rows[row_id]["emotion"]
    folds = dict(zip(corpus.ids, corpus.folds, strict=True))
    assert sums.sample_folds.tolist() == [folds[row_id] for row_id in sums.sample_ids]


@given(
    st.lists(st.tuples(st.integers(-1, 3), st.integers(0, 3)), min_size=1, max_size=80),
    st.integers(1, 40),
    st.randoms(use_true_random=False),
)
def test_a_sample_is_equal_per_stratum_within_its_limit(rows: list[tuple[int, int]], room: int, random: Any) -> None:
    labels, folds = np.array(rows, dtype=np.int64).T
    keys = list(range(len(rows)))
    random.shuffle(keys)
    chosen = stratified(np.array(keys, dtype=np.uint64), labels, folds, 10, 10 * room).tolist()
    assert len(chosen) <= room
    assert len(set(chosen)) == len(chosen)
    assert all(labels[row] >= 0 for row in chosen)
    strata = {(label, fold) for label, fold in rows if label >= 0}
    by_fold = room >= len(strata)
    of = {
        row: (labels[row], folds[row]) if by_fold else (labels[row], 0) for row in range(len(rows)) if labels[row] >= 0
    }
    quota = room // max(1, len(set(of.values())))
    for stratum in set(of.values()):
        members = [row for row, own in of.items() if own == stratum]
        assert sum(of[row] == stratum for row in chosen) == min(quota, len(members))


@pytest.mark.parametrize("moment", [0, 1, 2, 5, 9, 14, 18])
@pytest.mark.parametrize("neutral", [6, 0])
def test_an_interruption_at_any_moment_costs_no_byte(
    moment: int, neutral: int, labelled: Rows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also in the middle of adding up, where half of a batch is in the sums already."""
    monkeypatch.setattr(gather, "SAVE_EVERY", 0.0)
    monkeypatch.setattr(gather, "SAVING_SHARE", 0.0)
    corpus, model = corpus_of(labelled(stories=6, neutral=neutral)), FakeModel(blocks=4, width=32)
    whole = extract(model, corpus, recipe=RECIPE, budget=300)
    left, honest = moment, {kind: kind.add for kind in (NeutralSums, NormSums)}

    def interrupted(self: Any, *args: Any) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise KeyboardInterrupt
        honest[type(self)](self, *args)

    for kind in honest:
        monkeypatch.setattr(kind, "add", interrupted)
    checkpoint = tmp_path / "partial.safetensors"
    if moment:
        with pytest.raises(KeyboardInterrupt):
            extract(model, corpus, recipe=RECIPE, budget=300, checkpoint=checkpoint)
    again = extract(model, corpus, recipe=RECIPE, budget=300, checkpoint=checkpoint)
    assert again.vectors.hash == whole.vectors.hash


def test_one_number_names_one_layer_from_texts_to_steering(llama: HFModel, corpus: Corpus) -> None:
    """The accident of two layer conventions: vectors of layer L come from, are read at and steer block L."""
    vectors = extract(llama, corpus, recipe=RECIPE, layers=[2]).vectors
    steer = vectors.steer("0.5*calm", layers=[2], tokens=Tokens("all"))
    readout = vectors.readout(layers=[2], emotions=["calm"], convention=Convention.PROJECTION)
    row = Row(llama.tokenizer.encode("The door was open."), readout=readout)
    plain = collect(llama, [row])[0].scores
    steered = collect(llama, [Row(row.tokens, readout=readout, steer=steer)])[0].scores
    assert plain is not None
    assert steered is not None
    np.testing.assert_allclose(steered - plain, 0.5 * vectors.resid_norm[0], rtol=1e-4)
