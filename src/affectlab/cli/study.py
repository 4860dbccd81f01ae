"""`affectlab study`: the whole path on one model, and a report."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from affectlab.cli.loading import at_revision, open_model
from affectlab.cli.options import DeviceOption, DtypeOption, JsonOption, RevisionOption, SeedOption, TrustOption
from affectlab.cli.progress import stage
from affectlab.cli.running import Running, running

if TYPE_CHECKING:
    from collections.abc import Callable

    from affectlab.models.base import Model
    from affectlab.study import Outcome, Settings

SubjectArgument = Annotated[
    str, typer.Argument(metavar="[MODEL]", help="Which model: pocket, a local folder, or a hub id.")
]
OutputOption = Annotated[
    str | None,
    typer.Option("-o", "--output", metavar="FOLDER", help="Where everything goes. Default: out/study-MODEL."),
]
QuickOption = Annotated[bool, typer.Option("--quick", help="A first look: few stories, few nulls.")]
StoriesOption = Annotated[int | None, typer.Option(metavar="N", help="Stories for each of the 171 words.")]
NullsOption = Annotated[int | None, typer.Option(metavar="N", help="How often each null is drawn.")]
CorpusOption = Annotated[
    list[str] | None, typer.Option("--corpus", metavar="CORPUS", help="Texts of your own, in place of the model's.")
]
BaseOption = Annotated[
    str | None,
    typer.Option(
        metavar="MODEL",
        help="The checkpoint it was trained from, to compare with: a folder, a hub id, or hub id@revision. pocket has "
        "its own.",
    ),
]
BehaviourOption = Annotated[
    list[str] | None,
    typer.Option(
        "--behaviour",
        metavar="FILE",
        help="What affectlab behave -o kept of these vectors: the report tells of it too.",
    ),
]


def study(
    model: SubjectArgument = "pocket",
    output: OutputOption = None,
    quick: QuickOption = False,
    stories: StoriesOption = None,
    nulls: NullsOption = None,
    corpus: CorpusOption = None,
    base: BaseOption = None,
    behaviour: BehaviourOption = None,
    seed: SeedOption = 0,
    dtype: DtypeOption = "float32",
    device: DeviceOption = None,
    revision: RevisionOption = None,
    trust_remote_code: TrustOption = False,
    json: JsonOption = False,
) -> None:
    """Run the whole path on a model, and write a report.

    A study that was stopped goes on where it was; what has not changed is not run again.
    """
    with running("study", locals()) as run:
        from affectlab.pocket.item_sets import items_of
        from affectlab.study import study as run_study
        from affectlab.study.stages import Subject

        settings = _settings(quick, stories, nulls, seed)
        options: dict[str, Any] = {"dtype": dtype, "device": device, "trust_remote_code": trust_remote_code}
        subject = open_model(run, model, revision=revision, **options)
        items = items_of(subject.facts.get("register", "general"))
        whole = Subject(subject, items, _base(run, model, base, options))
        folder = output or f"out/study-{model.rstrip('/').rsplit('/', 1)[-1]}"
        _finish(run, run_study(whole, folder, settings, stage, texts=corpus or (), behaviour=behaviour or ()))


def _settings(quick: bool, stories: int | None, nulls: int | None, seed: int) -> Settings:
    from dataclasses import replace

    from affectlab.study import FULL, QUICK

    sizes = QUICK if quick else FULL
    asked = {name: number for name, number in (("stories", stories), ("nulls", nulls)) if number is not None}
    return replace(sizes, **asked, seed=seed)


def _base(run: Running, model: str, base: str | None, options: dict[str, Any]) -> Callable[[], Model] | None:
    name = base or ("pocket-base" if model == "pocket" else None)
    if name is None:
        return None
    from functools import cache

    plain, revision = at_revision(name)
    return cache(lambda: open_model(run, plain, revision=revision, **options))


def _finish(run: Running, found: Outcome) -> None:
    from affectlab.report.terminal import facts_table

    verdicts = Counter(str(result.verdict.ruling) for result in found.claims)
    outcome = {
        "report": str(found.report),
        "claims": str(found.report.with_name("claims.json")),
        "verdicts": dict(verdicts),
        "run": list(found.run),
        "seconds": found.seconds,
    }
    told = {
        "claims": ", ".join(f"{count} {name}" for name, count in verdicts.most_common()),
        "run now": ", ".join(found.run) or "nothing: all of it was done",
        "report": str(found.report),
    }
    run.finish(outcome, facts_table(told))
