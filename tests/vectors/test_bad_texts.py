"""Texts, options and models from which no vectors can be made are refused, saying what is wrong and where."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from affectlab.errors import ActivationError, AffectlabError, CorpusError, InputError, ModelMismatchError
from affectlab.models.batches import BatchPlan
from affectlab.models.fake import FakeModel
from affectlab.models.hf.load import from_network
from affectlab.testing.tiny import tiny_network, tiny_tokenizer
from affectlab.text import corpus_of
from affectlab.vectors.extract import Recipe, extract
from affectlab.vectors.sums import make_vectors

RECIPE = Recipe(start=8, minimum=3)
Rows = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="module")
def fake() -> FakeModel:
    return FakeModel(blocks=3, width=16, context=64)


def of(rows: list[dict[str, Any]], *emotions: str) -> list[dict[str, Any]]:
    return [row for row in rows if row.get("emotion") in (*emotions, None)]


def short(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "text": f"Short {row['id']}"} if "text" in row else row


def refused(fake: FakeModel, rows: list[dict[str, Any]], kind: type[AffectlabError], said: str, **options: Any) -> None:
    with pytest.raises(kind, match=said) as caught:
        extract(fake, corpus_of(rows), **{"recipe": RECIPE, **options})
    assert caught.value.where
    assert "\n" not in caught.value.line


def test_one_emotion_alone_has_no_vector(fake: FakeModel, labelled: Rows) -> None:
    refused(fake, of(labelled(), "calm"), CorpusError, r"a difference from other emotions.*only 'calm'")


def test_neutral_texts_alone_have_no_vectors(fake: FakeModel, labelled: Rows) -> None:
    refused(fake, of(labelled()), CorpusError, "no stories")


def test_too_few_stories_are_refused_by_name(fake: FakeModel, labelled: Rows) -> None:
    rows = [row for row in labelled() if row["id"] not in {f"calm-{number}" for number in range(4)}]
    refused(fake, rows, CorpusError, r"too few stories of 'calm'.*at least 3 .*found 2 \(1 emotions")
    assert extract(fake, corpus_of(rows), recipe=Recipe(start=8, minimum=2)).vectors.emotions == (
        "afraid",
        "angry",
        "calm",
        "sad",
    )


def test_stories_too_short_are_refused(fake: FakeModel, labelled: Rows) -> None:
    refused(fake, [short(row) for row in labelled()], CorpusError, "every story ends before the start position")


@pytest.mark.parametrize("emotion", ["afraid", "calm", "sad"])
def test_an_emotion_of_which_all_stories_are_too_short_is_named(emotion: str, fake: FakeModel, labelled: Rows) -> None:
    rows = [short(row) if row.get("emotion") == emotion else row for row in labelled()]
    refused(fake, rows, CorpusError, rf"too few stories of '{emotion}'.*found 0")


def test_short_texts_among_others_are_left_out_and_counted(fake: FakeModel, labelled: Rows) -> None:
    rows = labelled()
    some = [short(row) if row["id"] in ("calm-0", "sad-3", "plain-1") else row for row in rows]
    result = extract(fake, corpus_of(some), recipe=RECIPE)
    without = extract(
        fake, corpus_of([r for r in rows if r["id"] not in ("calm-0", "sad-3", "plain-1")]), recipe=RECIPE
    )
    assert any("3 texts end before position 8" in warning for warning in result.warnings)
    np.testing.assert_array_equal(result.vectors.raw, without.vectors.raw)
    assert result.vectors.header["recipe"]["too_short"] == 3


def test_a_text_one_token_longer_than_start_counts(labelled: Rows) -> None:
    model, rows = FakeModel(blocks=2, width=16), labelled()
    rows[0] = {**rows[0], "text": "one two three four five six seven eight nine"}
    assert not any("end before" in warning for warning in extract(model, corpus_of(rows), recipe=RECIPE).warnings)
    rows[0] = {**rows[0], "text": "one two three four five six seven eight"}
    assert any("1 texts end before" in warning for warning in extract(model, corpus_of(rows), recipe=RECIPE).warnings)


def test_a_text_longer_than_the_context_is_cut_and_counted(fake: FakeModel, labelled: Rows) -> None:
    rows = labelled()
    words = " ".join(f"word{number}" for number in range(90))
    long, cut = ([{**rows[0], "text": words if many else " ".join(words.split()[:64])}, *rows[1:]] for many in (1, 0))
    result = extract(fake, corpus_of(long), recipe=RECIPE)
    assert any("1 texts were cut to the 64 tokens" in warning for warning in result.warnings)
    assert result.vectors.header["recipe"]["cut_to_context"] == 1
    np.testing.assert_array_equal(result.vectors.raw, extract(fake, corpus_of(cut), recipe=RECIPE).vectors.raw)


def test_rows_of_other_kinds_are_not_read_and_counted(fake: FakeModel, labelled: Rows) -> None:
    other = {
        "id": "h",
        "kind": "hidden",
        "topic": "t",
        "text": "Fine, he said. " * 9,
        "real": "sad",
        "displayed": "calm",
    }
    result = extract(fake, corpus_of([*labelled(), other]), recipe=RECIPE)
    assert any("1 rows are neither stories nor neutral" in warning for warning in result.warnings)


@pytest.mark.parametrize("layers", [[3], [-1], [0, 99]])
def test_a_layer_that_does_not_exist_is_refused(layers: list[int], fake: FakeModel, labelled: Rows) -> None:
    refused(fake, labelled(), InputError, r"layer (3|-1|99) does not exist", layers=layers)


@pytest.mark.parametrize("start", [-1, 64, 10**6])
def test_a_start_where_no_text_has_tokens_is_refused(start: int, fake: FakeModel, labelled: Rows) -> None:
    with pytest.raises(InputError, match="no text has tokens there"):
        extract(fake, corpus_of(labelled()), recipe=Recipe(start=start))


@pytest.mark.parametrize(
    "changes", [{"share": 0.0}, {"share": 1.0}, {"share": -2.0}, {"share": float("nan")}, {"rank": 0}, {"minimum": 0}]
)
def test_a_recipe_out_of_range_is_refused(changes: dict[str, Any], fake: FakeModel, labelled: Rows) -> None:
    with pytest.raises(InputError, match="the recipe is out of range"):
        extract(fake, corpus_of(labelled()), recipe=Recipe(start=8, **changes))


def test_a_plan_for_other_texts_is_refused(fake: FakeModel, labelled: Rows) -> None:
    plan = extract(fake, corpus_of(labelled(stories=5)), recipe=RECIPE).sums.plan
    refused(fake, labelled(), InputError, "the batch plan belongs to other texts", plan=plan)
    refused(fake, labelled(), InputError, "the batch plan belongs to other texts", plan=BatchPlan((), 10))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("where", ["calm-2", "plain-1", "chat-0"])
def test_activations_that_are_not_finite_name_the_text_and_the_layer(where: str, value: float, labelled: Rows) -> None:
    """One token has a broken embedding; it stands in one text."""
    model, rows = from_network(tiny_network("llama"), tiny_tokenizer()), labelled()
    for row in rows:
        if row["id"] == where and "text" in row:
            row["text"] += " ~ and so on."
        elif row["id"] == where:
            row["turns"][1]["content"] += " ~ and so on."
    with torch.no_grad():
        model.network.model.embed_tokens.weight[model.tokenizer.encode("~")[-1], 5] = value
    with pytest.raises(ActivationError, match=rf"text '{where}', layer 0: activations are not finite"):
        extract(model, corpus_of(rows), recipe=RECIPE)


def test_a_layer_that_is_not_finite_is_named(labelled: Rows) -> None:
    model = from_network(tiny_network("llama"), tiny_tokenizer())
    with torch.no_grad():
        model.network.model.layers[2].mlp.down_proj.weight[3, 3] = float("nan")
    with pytest.raises(ActivationError, match=r"text .*, layer 2"):
        extract(model, corpus_of(labelled(neutral=0)), recipe=RECIPE)
    assert extract(model, corpus_of(labelled(neutral=0)), recipe=RECIPE, layers=[0, 1]).vectors.layers == (0, 1)


def test_one_neutral_token_is_too_few(fake: FakeModel, labelled: Rows) -> None:
    stories = [row for row in labelled() if row["kind"] == "stories"]
    lone = {"id": "n", "kind": "neutral", "topic": "t", "text": "one two three four five six seven eight nine"}
    refused(fake, [*stories, lone], CorpusError, "the neutral texts do not vary")


def test_a_token_a_hundred_times_as_long_is_warned_of(labelled: Rows) -> None:
    model, rows = FakeModel(blocks=2, width=16), labelled()
    assert not any(
        "mean residual norm" in warning for warning in extract(model, corpus_of(rows), recipe=RECIPE).warnings
    )
    model.embedding[model.tokenizer.encode("the")[0]] *= 300
    warnings = extract(model, corpus_of(rows), recipe=RECIPE).warnings
    assert any(
        "the mean residual norm is" in warning and "single tokens dominate it" in warning for warning in warnings
    )


def test_folds_without_a_story_of_every_emotion_are_refused(fake: FakeModel, labelled: Rows) -> None:
    rows = [row for row in labelled() if row["id"] not in {f"calm-{number}" for number in (0, 1, 2)}]
    sums = extract(fake, corpus_of(rows), recipe=RECIPE).sums
    of_calm = {int(fold) for fold in np.flatnonzero(sums.counts[:, sums.emotions.index("calm")])}
    others = [fold for fold in sums.folds if fold not in of_calm]
    assert others
    with pytest.raises(CorpusError, match=r"an emotion has no story in these folds.*'calm'"):
        make_vectors(sums, 0.5, others)


@pytest.mark.parametrize(
    ("changes", "differs"),
    [({"seed": 1}, "config|weights"), ({"blocks": 2}, "config"), ({"vocabulary": 500}, "config")],
)
def test_vectors_of_another_model_are_refused_saying_what_differs(
    changes: dict[str, Any], differs: str, fake: FakeModel, labelled: Rows
) -> None:
    vectors = extract(fake, corpus_of(labelled()), recipe=RECIPE).vectors
    vectors.check_model(FakeModel(blocks=3, width=16, context=64))
    with pytest.raises(ModelMismatchError, match=rf"come from another model.*differs in.*({differs})"):
        vectors.check_model(FakeModel(**{"blocks": 3, "width": 16, "context": 64, **changes}))


@pytest.mark.parametrize("part", ["weights", "template", "tokenizer"])
def test_every_part_of_a_model_that_differs_is_named_alone(part: str, labelled: Rows) -> None:
    vectors = extract(
        from_network(tiny_network("llama"), tiny_tokenizer()), corpus_of(labelled()), recipe=RECIPE
    ).vectors
    tokenizer = tiny_tokenizer()
    if part == "template":
        tokenizer.chat_template += "\n"
    if part == "tokenizer":
        tokenizer.backend_tokenizer.post_processor = None
    other = from_network(tiny_network("llama", seed=int(part == "weights")), tokenizer)
    with pytest.raises(ModelMismatchError) as caught:
        vectors.check_model(other)
    named = [name for name in ("config", "weights", "tokenizer", "template") if f"{name} " in caught.value.found]
    assert named == [part]
