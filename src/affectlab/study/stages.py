"""What each stage of a study does. Every one reads files and writes files, so that a study can stop anywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

from affectlab import lexicon
from affectlab.checks.controls import Controls, controls
from affectlab.checks.preferred import prefer_layer
from affectlab.checks.sampled import stories_of
from affectlab.checks.snippets import Wanted
from affectlab.checks.unseen import unseen_snippets
from affectlab.checks.validate import convention_for, validate
from affectlab.errors import TooFewError
from affectlab.findings import ABSENT, Findings
from affectlab.geometry import bare_word_vectors, map_vectors
from affectlab.lexicon.items import Items
from affectlab.models.base import Model
from affectlab.pocket.prompts import longest_reply, prompts_of
from affectlab.pocket.steering import steering_of
from affectlab.report.claims import claims
from affectlab.study.settings import Settings
from affectlab.sweeps import check_steering
from affectlab.temperament import compare, prompt_sets
from affectlab.temperament.sides import How as Compared
from affectlab.text import Corpus
from affectlab.vectors.extract import MINIMUM_TEXTS, Recipe, extract
from affectlab.vectors.store import load_vectors, partial_path, save_extraction, sums_of
from affectlab.vectors.sums import Sums
from affectlab.vectors.vectorset import VectorSet
from affectlab.writing.folder import settings_begun
from affectlab.writing.plan import Settings as PlanSettings
from affectlab.writing.plan import default_each, lay
from affectlab.writing.prompts import Prompts
from affectlab.writing.work import How, outcome_of, write
from affectlab.writing.writers.subject import SubjectWriter


@runtime_checkable
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
    wanted, prompts = asked_for(subject, settings, kind)
    plan = lay(wanted)
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


def screened(corpora: Mapping[str, Path]) -> Findings:
    """How many texts of each corpus were accepted, rejected and given up, where that is known."""
    known = {name: outcome for name, path in corpora.items() if (outcome := outcome_of(path)) is not None}
    counts = {
        name: {"planned": one.planned, "accepted": one.accepted, "given_up": one.given_up, "reasons": one.reasons}
        for name, one in known.items()
    }
    return Findings(facts={"screening": counts} if counts else {})


def asked_for(subject: Subject, settings: Settings, kind: str) -> tuple[PlanSettings, Prompts]:
    """What is to be written, and in which words it is asked for."""
    prompts = prompts_of(subject.items.register, kind)
    words, count, each = sizes(settings, kind)
    texts = prompts.texts_per_request
    return PlanSettings(kind, words, lexicon.topics(), each, count, texts, settings.seed), prompts


def sizes(settings: Settings, kind: str) -> tuple[tuple[str, ...], int, int]:
    """The words that texts of this kind are written for, how many texts, and how many at most of a word and topic."""
    words, count = lexicon.names(), settings.stories * len(lexicon.names())
    if kind == "neutral":
        words, count = (), settings.neutral
    return words, count, max(default_each(kind), -(-count // (max(len(words), 1) * len(lexicon.topics()))))


def extract_vectors(subject: Subject, settings: Settings, corpus: Corpus, path: Path, show: Show) -> None:
    """Vectors and sums, with the layer that held-out topics choose in their header."""
    with show("extracting") as shown:
        found = extract(
            subject.model,
            corpus,
            recipe=Recipe(minimum=fewest_stories(settings)),
            checkpoint=partial_path(path),
            progress=lambda progress: shown.reached(progress.done, progress.total),
        )
    with show("choosing a layer on held-out topics"):
        vectors = prefer_layer(found.vectors, found.sums).vectors
    save_extraction(vectors, found.sums, path)


def fewest_stories(settings: Settings) -> int:
    """How many stories a word must have. Some of those that were asked for may have been given up, which is no reason
    to leave the word out."""
    return min(MINIMUM_TEXTS, -(-settings.stories // 2))


def open_extraction(path: Path, corpus: Corpus) -> Extracted:
    """What `extract_vectors` left."""
    return Extracted(vectors := load_vectors(path), sums_of(path, vectors), corpus)


def check(subject: Subject, settings: Settings, found: Extracted, show: Show) -> Findings:
    """All checks, at the layer that the vectors prefer."""
    asked = steering_of(subject.items.register)
    with show("validating") as shown:
        checked = validate(
            subject.model,
            found.vectors,
            found.sums,
            subject.items,
            nulls=settings.nulls,
            seed=settings.seed,
            stories=stories_of(found.corpus, found.sums, subject.model),
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
    """How the vectors are arranged, beside the bare words. A few words have no arrangement."""
    try:
        with show("mapping") as shown:
            return map_vectors(
                found.vectors,
                controls=found.controls(settings),
                sums=found.sums,
                baseline=bare_word_vectors(subject.model, found.vectors.emotions),
                seed=settings.seed,
                progress=shown.at,
            )
    except TooFewError as error:
        return nothing_of("map", f"{error.line}.")


def nothing_of(stage: str, why: str) -> Findings:
    """Nothing, and why, for every claim of a stage."""
    return Findings(facts={ABSENT: {claim.metric: why for claim in claims() if claim.stage == stage}})


def compare_checkpoints(subject: Subject, settings: Settings, found: Extracted, show: Show) -> Findings:
    """What training did to the readings before an answer."""
    assert subject.base is not None
    with show("comparing", unit="prompts") as shown:
        return compare(
            subject.base,
            [lambda: subject.model],
            found.vectors,
            prompt_sets(subject.items),
            how=Compared(convention=convention_for(found.vectors), seed=settings.seed),
            controls=found.controls(settings),
            progress=shown.reached,
        )
