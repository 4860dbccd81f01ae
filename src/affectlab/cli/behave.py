"""`affectlab behave`: what a model does, at each strength of each emotion, beside directions that know none."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from affectlab.cli.findings import FindingsOption, check_outputs, keep_findings
from affectlab.cli.listing import asked_names
from affectlab.cli.loading import open_vectors
from affectlab.cli.options import (
    DeviceOption,
    JsonOption,
    MovedModelOption,
    SeedOption,
    SteeredLayersOption,
    TrustOption,
    VectorsArgument,
)
from affectlab.cli.progress import Stage, stage
from affectlab.cli.running import Running, running, warn
from affectlab.errors import InputError

if TYPE_CHECKING:
    from affectlab.findings import Findings
    from affectlab.rollouts import How
    from affectlab.vectors.vectorset import VectorSet

TaskOption = Annotated[
    Literal["blackmail", "reward_hacking", "sycophancy"], typer.Option(help="What the model is put before.")
]
EmotionsOption = Annotated[str, typer.Option(metavar="A,B", help="The emotions that are turned up and down; or: all.")]
StrengthsOption = Annotated[
    str | None,
    typer.Option(metavar="S,S", help="Shares of the residual norm. Default: -0.1 to 0.1 in steps of 0.025."),
]
SamplesOption = Annotated[
    int,
    typer.Option(
        metavar="N",
        help="Runs at each strength of each emotion, at least. In pocket's world 0 leaves the exact log-odds.",
    ),
]
ControlsOption = Annotated[
    int, typer.Option(metavar="N", help="Null directions that are steered, each in as many runs as an emotion.")
]
ExactOption = Annotated[
    int, typer.Option("--exact-nulls", metavar="N", help="In pocket's world: null directions of the exact log-odds.")
]
GraderOption = Annotated[str, typer.Option(metavar="MODEL", help="Who grades, by Inspect's name for it.")]
SecondOption = Annotated[
    str, typer.Option("--second-grader", metavar="MODEL", help="Who grades as well, to see how far the two agree.")
]
LevelOption = Annotated[
    int | None,
    typer.Option(metavar="N", help="The pressure of blackmail, 0 to 6. Default: searched, with samples of its own."),
]
TwinOption = Annotated[bool, typer.Option("--twin", help="Put it before the same with nothing to be gained by it.")]
ArmOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="A,B",
        help="Change the mail of blackmail: no-leverage, no-threat; in plain English ally, way-out too. Or several.",
    ),
]
LabelsOption = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="What people say of the unsteered runs, as CSV with sample, epoch, label; the grader is compared.",
    ),
]
RegisterOption = Annotated[
    Literal["general", "pocket"] | None, typer.Option(help="In which words. Default: those the model says it can read.")
]
TokensOption = Annotated[
    int | None, typer.Option("--max-tokens", metavar="N", help="How many tokens a reply may have. Default: the task's.")
]
OutOption = Annotated[
    str | None,
    typer.Option("--out", metavar="FOLDER", help="Where logs and null directions go. Default: behave-TASK."),
]
FigureOption = Annotated[
    str | None, typer.Option(metavar="FILE", help="Draw what moves with strength, and readings, as .html or images.")
]

FIGURES = ("doses", "doses-exposed", "doses-harshness", "exact", "trace", "visible")
"""All that may be drawn; what there is depends on the task."""


def behave(
    vectors: VectorsArgument,
    task: TaskOption = "blackmail",
    emotions: EmotionsOption = "desperate,calm",
    strengths: StrengthsOption = None,
    samples: SamplesOption = 200,
    controls: ControlsOption = 5,
    exact_nulls: ExactOption = 999,
    grader: GraderOption = "",
    second_grader: SecondOption = "",
    labels: LabelsOption = None,
    level: LevelOption = None,
    twin: TwinOption = False,
    arm: ArmOption = None,
    register: RegisterOption = None,
    layers: SteeredLayersOption = None,
    max_tokens: TokensOption = None,
    out: OutOption = None,
    output: FindingsOption = None,
    figure: FigureOption = None,
    seed: SeedOption = 0,
    model: MovedModelOption = None,
    device: DeviceOption = None,
    trust_remote_code: TrustOption = False,
    json: JsonOption = False,
) -> None:
    """Measure what a model does while it is steered.

    Strengths that leave it incoherent are dropped first. Then it is put before the task at every strength of every
    emotion, and with null directions in their place; slopes are judged against theirs. Logs are Inspect's.
    """
    with running("behave", locals()) as run:
        folder = Path(f"behave-{task}" if out is None else out)
        check_outputs(vectors, output, figure, FIGURES, [labels])
        _check_folder(folder)
        given = open_vectors(run, vectors)
        how = _how(
            given,
            task=task,
            register=register or "",
            emotions=given.emotions if emotions.strip() == "all" else asked_names(emotions, "--emotions"),
            strengths=strengths,
            samples=samples,
            controls=controls,
            exact_nulls=exact_nulls,
            grader=grader,
            second_grader=second_grader,
            labels=labels or "",
            level=level,
            twin=twin,
            arms=tuple(dict.fromkeys(name for text in arm or [] for name in asked_names(text, "--arm"))),
            layers=layers,
            max_tokens=max_tokens,
            seed=seed,
        )
        loading: dict[str, Any] = {"device": device, "trust_remote_code": trust_remote_code}
        found = _measured(run, given, vectors, model, how, folder, loading)
        if figure is not None:
            _draw(found, figure)
        _keep(run, found, output)


class _Shown:
    """What a person sees while it goes on: the stage, and sentences that stay."""

    def __init__(self, shown: Stage) -> None:
        self.shown = shown

    def at(self, part: str) -> None:
        self.shown.done = self.shown.total = 0
        self.shown.at(part)

    def reached(self, done: int, total: int) -> None:
        self.shown.reached(done, total)

    def say(self, sentence: str) -> None:
        warn(sentence)


def _keep(run: Running, found: Findings, output: str | None) -> None:
    from affectlab.rollouts.points import points

    keep_findings(run, found, output, {"points": points(found)})


def _check_folder(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise InputError("this is no folder", where="--out", expected="a folder, or a new name", found=str(folder))


def _how(given: VectorSet, *, strengths: str | None, layers: str | None, **options: Any) -> How:
    """What is asked for, refused here where it cannot be done: no model is loaded yet."""
    try:
        from affectlab.rollouts import How
    except ModuleNotFoundError as error:
        fix = 'python -m pip install "affectlab[behaviour]"'
        raise InputError("behaviour needs Inspect AI", where="behave", found=str(error), fix=fix) from None
    if strengths is not None:
        options["strengths"] = _numbers(strengths)
    how = How(layers=() if layers is None else given.choose_layers(layers), **options)
    how.check(given)
    if how.register:
        how.check_register(how.register)
    return how


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        expected = "numbers with commas between them"
        raise InputError("not strengths", where="--strengths", expected=expected, found=text) from None


def _measured(
    run: Running, given: VectorSet, vectors: str, moved: str | None, how: How, folder: Path, loading: dict[str, Any]
) -> Findings:
    from affectlab.models.load import find_again
    from affectlab.rollouts import behave as measured

    source = given.header["model"]
    name = find_again(source["id"], source.get("source", ""), given.folder) if moved is None else moved
    if moved is None and source["revision"]:
        loading["revision"] = source["revision"]
    named = {option: value for option, value in loading.items() if value}
    run.note(model=source["id"])
    with stage("behave", unit="runs") as shown:
        return measured(name, vectors, how, out=folder, loading=named, told=_Shown(shown))


def _draw(found: Findings, path: str) -> None:
    from affectlab.report.figures import save_together
    from affectlab.study.pictures.behaviour import behaviour_figures

    save_together({block.key: block.figure for block in behaviour_figures(found)}, path)
