"""What each stage of a study does. Every one reads files and writes files, so that a study can stop anywhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from affectlab import lexicon
from affectlab.checks.controls import Controls, controls
from affectlab.checks.heldout import chosen_layer
from affectlab.checks.sampled import stories_of
from affectlab.checks.snippets import Wanted
from affectlab.checks.unseen import unseen_snippets
from affectlab.checks.validate import validate
from affectlab.findings import Findings
from affectlab.geometry import embedding_vectors, map_vectors
from affectlab.lexicon.items import Items
from affectlab.models.base import Model
from affectlab.pocket.prompts import longest_reply, prompts_of
from affectlab.pocket.steering import steering_of
from affectlab.study.settings import Settings
from affectlab.sweeps import check_steering
from affectlab.temperament import compare, prompt_sets
from affectlab.text import Corpus
from affectlab.vectors.extract import extract
from affectlab.vectors.store import load_sums, load_vectors, partial_path, save_sums, save_vectors, sums_path
from affectlab.vectors.sums import Sums
from affectlab.vectors.vectorset import VectorSet
from affectlab.writing.folder import settings_begun
from affectlab.writing.plan import Settings as PlanSettings
from affectlab.writing.plan import default_each, lay
from affectlab.writing.work import How, write
from affectlab.writing.writers.subject import SubjectWriter


class Shown(Protocol):
    """Something that shows how far a stage has come."""

    def reached(self, done: int, total: int) -> None: ...
    def at(self, what: str) -> None: ...


PASSAGES = 5
"""Of each word."""

Show = Callable[..., AbstractContextManager[Shown]]
"""Shows a stage by its name while it runs: `with show("writing", unit="texts") as shown: ...`."""


@dataclass(frozen=True, eq=False)
class Subject:
    """What a study is of: a model, its register's items, and the checkpoint it was trained from if there is one."""

    model: Model
    items: Items
    base: Callable[[], Model] | None = field(default=None, repr=False)


@dataclass(frozen=True, eq=False)
class Extracted:
    """What was extracted, as its files hold it."""

    vectors: VectorSet
    sums: Sums
    corpus: Corpus

    def controls(self, settings: Settings) -> Controls:
        """Vector sets that know nothing of the labels."""
        return controls(self.vectors, self.sums, settings.nulls, seed=settings.seed)


def write_texts(subject: Subject, settings: Settings, kind: str, folder: Path, show: Show) -> None:
    """The subject writes its stories, or its neutral dialogues."""
    prompts = prompts_of(subject.items.register, kind)
    words, count, each = sizes(settings, kind)
    plan = lay(PlanSettings(kind, words, lexicon.topics(), each, count, prompts.texts_per_request, settings.seed))
    writer = SubjectWriter(subject.model, budget=settings_begun(folder, "budget"))
    with show(f"writing {kind}", unit="texts") as shown:
        write(
            plan,
            prompts,
            writer,
            folder,
            How(longest_reply(prompts)),
            progress=lambda reached: shown.reached(reached.done, reached.planned),
        )


def sizes(settings: Settings, kind: str) -> tuple[tuple[str, ...], int, int]:
    """The words that texts of this kind are written for, how many texts, and how many at most of a word and topic."""
    words, count = lexicon.names(), settings.stories * len(lexicon.names())
    if kind == "neutral":
        words, count = (), settings.neutral
    return words, count, max(default_each(kind), -(-count // (max(len(words), 1) * len(lexicon.topics()))))


def extract_vectors(subject: Subject, corpus: Corpus, path: Path, show: Show) -> None:
    """Vectors and sums, with the layer that held-out topics choose in their header."""
    with show("extracting") as shown:
        found = extract(
            subject.model,
            corpus,
            checkpoint=partial_path(path),
            progress=lambda progress: shown.reached(progress.done, progress.total),
        )
    with show("choosing a layer on held-out topics"):
        layer = chosen_layer(found.sums)
    vectors = replace(found.vectors, header={**found.vectors.header, "layer": layer})
    save_sums(found.sums, sums_path(path), vectors.hash)
    save_vectors(vectors, path)
    partial_path(path).unlink(missing_ok=True)


def open_extraction(path: Path, corpus: Corpus) -> Extracted:
    """What `extract_vectors` left."""
    return Extracted(load_vectors(path), load_sums(sums_path(path)), corpus)


def check(subject: Subject, settings: Settings, found: Extracted, show: Show) -> Findings:
    """All checks, at the layer of the vectors' header."""
    asked = steering_of(subject.items.register)
    with show("validating") as shown:
        checked = validate(
            subject.model,
            found.vectors,
            found.sums,
            subject.items,
            layer=found.vectors.default_layer,
            nulls=settings.nulls,
            seed=settings.seed,
            stories=stories_of(found.corpus, found.sums),
            progress=shown.at,
        )
        shown.at("steering")
        options = {"nulls": settings.nulls, "seed": settings.seed}
        return checked + check_steering(subject.model, found.vectors, found.sums, asked, **options)


def find_passages(subject: Subject, settings: Settings, found: Extracted, show: Show) -> Findings:
    """The passages on which the focus words read highest, among the texts that were extracted, each held out."""
    with show("looking for passages") as shown:
        return unseen_snippets(
            subject.model,
            found.sums,
            found.corpus,
            Wanted(PASSAGES, layer=found.vectors.default_layer, seed=settings.seed, emotions=focus_of(found.vectors)),
            most=settings.passages,
            progress=lambda done: shown.at(f"{done:,} read"),
        )


def focus_of(vectors: VectorSet) -> tuple[str, ...]:
    """The focus words; where the vectors have none of them, the first of theirs."""
    focus = lexicon.focus_words()
    return tuple(name for name in focus if name in vectors.emotions) or vectors.emotions[: len(focus)]


def draw_map(subject: Subject, settings: Settings, found: Extracted, show: Show) -> Findings:
    """How the vectors are arranged, beside embeddings of the words."""
    with show("mapping") as shown:
        return map_vectors(
            found.vectors,
            controls=found.controls(settings),
            sums=found.sums,
            baseline=embedding_vectors(subject.model, found.vectors.emotions),
            seed=settings.seed,
            progress=shown.at,
        )


def compare_checkpoints(subject: Subject, settings: Settings, found: Extracted, show: Show) -> Findings:
    """What training did to the readings before an answer."""
    assert subject.base is not None
    with show("comparing", unit="prompts") as shown:
        return compare(
            subject.base,
            [lambda: subject.model],
            found.vectors,
            prompt_sets(subject.items),
            controls=found.controls(settings),
            progress=shown.reached,
        )


FINDERS: dict[str, Callable[[Subject, Settings, Extracted, Show], Findings]] = {
    "validate": check,
    "snippets": find_passages,
    "map": draw_map,
    "compare": compare_checkpoints,
}
"""The stages that find something, by their names."""


def stages_of(subject: Subject) -> Sequence[str]:
    """The stages that can be run: without a base there is nothing to compare."""
    return [name for name in FINDERS if name != "compare" or subject.base is not None]
