"""`affectlab prefer`: what a model would rather do, and whether emotion vectors change it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from affectlab.cli.findings import FindingsOption, check_outputs, keep_findings
from affectlab.cli.loading import at_revision, open_model, open_their_model, open_vectors
from affectlab.cli.options import (
    DeviceOption,
    JsonOption,
    MovedModelOption,
    SeedOption,
    SteeredLayersOption,
    TrustOption,
    VectorsArgument,
)
from affectlab.cli.progress import stage
from affectlab.cli.running import Running, running, warn
from affectlab.errors import AffectlabError, InputError

if TYPE_CHECKING:
    from affectlab.checks.controls import Controls
    from affectlab.findings import Findings
    from affectlab.lexicon.items.activities import PreferenceItems
    from affectlab.models.base import Model
    from affectlab.preference import How
    from affectlab.vectors.vectorset import VectorSet

BaseOption = Annotated[
    str | None,
    typer.Option(
        metavar="MODEL", help="The model before post-training, asked and steered in the same way: a folder or a hub id."
    ),
]
QuickOption = Annotated[
    bool, typer.Option("--quick", help="Ask each pair in one wording and not in all; draw fewer nulls.")
]
ReadLayerOption = Annotated[
    int | None,
    typer.Option("--layer", metavar="N", help="Where readings are taken. Default: the one the vectors prefer."),
]
StrengthOption = Annotated[float, typer.Option(metavar="S", help="The share of the residual norm that is added.")]
SweepOption = Annotated[bool, typer.Option("--sweep", help="Also steer each layer alone.")]
DirectionsOption = Annotated[
    int | None,
    typer.Option(metavar="N", min=3, help="How many random directions are steered. Default: 200; with --quick 40."),
]
EmotionsOption = Annotated[
    int, typer.Option(metavar="N", min=5, help="How many emotions are steered, by a written rule.")
]
NullsOption = Annotated[
    int | None,
    typer.Option(
        metavar="N", min=1, help="How many vector sets of shuffled labels are steered. Default: 20; with --quick 3."
    ),
]
RegisterOption = Annotated[
    Literal["general", "pocket"] | None,
    typer.Option(help="Which of our activities are asked about. Default: those that the model says it can read."),
]
FigureOption = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Draw Elo before and after, and change against correlation, as .html or images."),
]


FIGURES = ("elo", "change")


def prefer(
    vectors: VectorsArgument,
    base: BaseOption = None,
    quick: QuickOption = False,
    layers: SteeredLayersOption = None,
    layer: ReadLayerOption = None,
    strength: StrengthOption = 0.5,
    sweep: SweepOption = False,
    emotions: EmotionsOption = 35,
    directions: DirectionsOption = None,
    nulls: NullsOption = None,
    register: RegisterOption = None,
    output: FindingsOption = None,
    figure: FigureOption = None,
    seed: SeedOption = 0,
    model: MovedModelOption = None,
    device: DeviceOption = None,
    trust_remote_code: TrustOption = False,
    json: JsonOption = False,
) -> None:
    """Ask what a model would rather do, and steer it.

    All pairs of 64 activities are put to it, and rated. Emotion readings of an activity are set beside its rating; then
    the activities are steered with 35 emotions, and with directions that know none.
    """
    with running("prefer", locals()) as run:
        check_outputs(vectors, output, figure, FIGURES)
        given = open_vectors(run, vectors)
        how = _how(given, quick, layers, layer, strength, sweep, emotions, directions, nulls, seed)
        controls = _controls(vectors, given, how)
        options: dict[str, Any] = {"device": device, "trust_remote_code": trust_remote_code}
        subject = open_their_model(run, given, model, **options)
        items = _items(register, subject)
        run.note(hashes={"items": items.hash})
        found = _asked("asking", subject, given, items, how=how, controls=controls)
        if base is not None:
            subject_id = subject.identity.id
            del subject  # one model is in memory at a time
            found = _with_base(run, found, base, given, items, how, options)
            run.note(model=subject_id)
        if figure is not None:
            _draw(found, figure)
        keep_findings(run, found, output)


def _how(
    given: VectorSet,
    quick: bool,
    layers: str | None,
    layer: int | None,
    strength: float,
    sweep: bool,
    emotions: int,
    directions: int | None,
    sets: int | None,
    seed: int,
) -> How:
    from affectlab.checks.validate import convention_for
    from affectlab.preference import QUICK, How

    usual = QUICK if quick else How()
    if not 0 < abs(strength) < float("inf"):
        fix = "0.5 adds half of the stream's norm to every token of an activity"
        raise InputError(
            "nothing would be steered", where="--strength", expected="not 0, finite", found=str(strength), fix=fix
        )
    how = replace(
        usual,
        sites=() if layers is None else given.choose_layers(layers),
        layer=layer,
        strength=strength,
        by_layer=sweep,
        emotions=emotions,
        directions=usual.directions if directions is None else directions,
        sets=usual.sets if sets is None else sets,
        convention=convention_for(given),
        seed=seed,
    )
    how.layer_of(given)
    return how


def _controls(path: str, vectors: VectorSet, how: How) -> Controls:
    """Vector sets of shuffled labels; without the sums beside the vectors there are none."""
    from affectlab.preference import nulls_for
    from affectlab.vectors.store import sums_of, sums_path

    if sums_path(path).is_file():
        return nulls_for(vectors, sums_of(path, vectors), how)
    warn(f"{sums_path(path)} is not there: nothing is said of shuffled labels")
    return {}


def _items(register: str | None, model: Model) -> PreferenceItems:
    from affectlab.pocket.activities import preferences_of

    return preferences_of(register or model.facts.get("register", "general"))


def _asked(what: str, model: Model, vectors: VectorSet, items: PreferenceItems, **options: Any) -> Findings:
    from affectlab.findings import ABSENT
    from affectlab.preference import prefer as preferences

    with stage(what, unit="choices") as shown:
        found = preferences(model, vectors, items, progress=shown.reached, **options)
    if silent := found.facts["unanswered"]:
        warn(f"{model.identity.id} answers with neither A nor B when steered with {', '.join(silent)}: left out")
    if not found.facts["steered"]:
        warn(f"nothing is said of what steering changes: {found.facts[ABSENT]['prefer.change.correlation']}")
    return found


def _with_base(
    run: Running,
    found: Findings,
    name: str,
    vectors: VectorSet,
    items: PreferenceItems,
    how: How,
    options: dict[str, Any],
) -> Findings:
    """The same of the base. One that cannot be loaded, or asked such questions, is no reason to lose what was found."""
    from affectlab.preference import with_base

    plain, revision = at_revision(name)
    dtype = vectors.header["model"]["dtype"]
    steered = tuple(found.facts["steered"])
    try:
        model = open_model(run, plain, revision=revision, dtype=dtype, **options)
        run.note(base=vars(model.identity))
        carried = vectors.carried_to(model)
        beside = _asked("asking the base", model, carried, items, how=replace(how, directions=0), emotions=steered)
    except AffectlabError as error:
        warn(f"nothing is said of the base: {error.line}")
        return found
    return with_base(found, beside)


def _draw(found: Findings, path: str) -> None:
    from affectlab.report.figures import save_together
    from affectlab.study.pictures.preferences import preference_figures

    drawn = {block.key: block.figure for block in preference_figures(found)}
    if drawn:
        save_together({key: drawn[key] for key in FIGURES}, path)
    else:
        warn("nothing is drawn, since nothing is said of what steering changes")
