"""`affectlab compare`: what training did to the readings before an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from affectlab.cli.findings import FindingsOption, NullsOption, keep_findings
from affectlab.cli.loading import at_revision, open_model, open_vectors
from affectlab.cli.options import (
    LAYERS,
    DeviceOption,
    FormOption,
    JsonOption,
    SeedOption,
    TrustOption,
    VectorsArgument,
)
from affectlab.cli.progress import stage
from affectlab.cli.running import Running, running, warn

if TYPE_CHECKING:
    from collections.abc import Callable

    from affectlab.checks.controls import Controls
    from affectlab.findings import Findings
    from affectlab.models.base import Model
    from affectlab.temperament import PromptSets
    from affectlab.vectors.vectorset import VectorSet

BaseOption = Annotated[
    str, typer.Option(metavar="MODEL", help="The model before training: a folder, a hub id, or hub id@revision.")
]
PostOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="MODEL",
        help="The model after training; several for a series, in their order. Default: the model of the vectors.",
    ),
]
SecondOption = Annotated[
    str | None,
    typer.Option("--second", metavar="VECTORS", help="Vectors of the other model, to read both with those too."),
]
RegisterOption = Annotated[
    Literal["general", "pocket"] | None,
    typer.Option(help="Which of our prompts are asked. Default: the ones that the model says it can read."),
]
PromptsOption = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Prompts of your own: one a line, or JSON lines with text and kind."),
]
LayersOption = Annotated[
    str | None, typer.Option(metavar=LAYERS, help="Where scores are taken. Default: the layer the vectors prefer.")
]
ConventionOption = Annotated[
    Literal["projection", "cosine", "centred"],
    typer.Option(help="h.v, cos(h, v) or cos(h - neutral mean, v), with h the stream and v an emotion's unit vector."),
]
FigureOption = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="Draw both models and the shifts, as .html, .svg, .png or .pdf; with several --post the series too: in "
        "the page, or as images beside it.",
    ),
]


def compare(
    vectors: VectorsArgument,
    base: BaseOption,
    post: PostOption = None,
    second: SecondOption = None,
    register: RegisterOption = None,
    prompts: PromptsOption = None,
    layers: LayersOption = None,
    convention: ConventionOption = "centred",
    form: FormOption = None,
    nulls: NullsOption = 20,
    output: FindingsOption = None,
    figure: FigureOption = None,
    seed: SeedOption = 0,
    device: DeviceOption = None,
    trust_remote_code: TrustOption = False,
    json: JsonOption = False,
) -> None:
    """Compare emotion readings in a base model and in trained ones.

    They are read at the ":" before the answer to challenging and to neutral prompts, over the same tokens.
    Give --post several times for a series of checkpoints. One model is in memory at a time.
    """
    with running("compare", locals()) as run:
        from affectlab.core import Convention
        from affectlab.temperament import compare as compare_models
        from affectlab.temperament.sides import How
        from affectlab.vectors.store import load_vectors

        _check_outputs([output, *_drawings(figure, post)], [vectors, second, prompts])
        given = open_vectors(run, vectors)
        other = None if second is None else load_vectors(second)
        if other is not None:
            run.note(hashes={"second": other.hash})
        how = How(_layers(given, layers), Convention(convention), form, seed=seed)
        options = {"device": device, "trust_remote_code": trust_remote_code, "dtype": given.header["model"]["dtype"]}
        names = post or [_their_model(given)]
        with stage("comparing", unit="prompts") as shown:
            found = compare_models(
                _opener(run, base, options),
                [_opener(run, name, options) for name in names],
                given,
                _asked(prompts, register),
                second=other,
                how=how,
                controls=_controls(run, vectors, given, nulls, seed),
                progress=shown.reached,
            )
        run.note(models={"base": found.facts["base"], "posts": found.facts["posts"]}, prompts=found.facts["prompts"])
        if figure is not None:
            _draw(found, figure)
        keep_findings(run, found, output)


def _drawings(figure: str | None, posts: list[str] | None) -> list[str | None]:
    """The files that figures will be written to."""
    from affectlab.report.figures import places_of

    names = ["shift", "series", "series-scores"] if posts is not None and len(posts) > 1 else ["shift"]
    return [] if figure is None else [str(place) for place in places_of(figure, names)]


def _check_outputs(outputs: list[str | None], inputs: list[str | None]) -> None:
    from affectlab.files import check_writable
    from affectlab.vectors.store import sums_path

    read = [path for path in inputs if path is not None]
    for output in outputs:
        if output is not None:
            check_writable(output, [*read, sums_path(str(inputs[0]))])


def _layers(vectors: VectorSet, asked: str | None) -> tuple[int, ...]:
    """The layers asked for; the one that the vectors prefer stands first, since figures show the first."""
    layers = vectors.choose_layers(asked)
    preferred = vectors.default_layer
    return (preferred, *(layer for layer in layers if layer != preferred)) if preferred in layers else layers


def _their_model(vectors: VectorSet) -> str:
    """The name of the model that vectors come from, as it can be loaded now."""
    from affectlab.models.load import find_again

    source = vectors.header["model"]
    name = find_again(source["id"], source.get("source", ""), vectors.folder)
    return f"{name}@{source['revision']}" if source["revision"] else name


def _opener(run: Running, name: str, options: dict[str, Any]) -> Callable[[], Model]:
    """Loads a model when its turn has come; `name@revision` is a revision of a model on the hub."""
    plain, revision = at_revision(name)

    def opened() -> Model:
        return open_model(run, plain, revision=revision, **options)

    return opened


def _asked(prompts: str | None, register: str | None) -> PromptSets | Callable[[Model], PromptSets]:
    """Prompts from a file, or those of a register, which the first model names where its user does not."""
    from affectlab.pocket.item_sets import items_of
    from affectlab.temperament import own_prompts, prompt_sets

    if prompts is not None and register is not None:
        return own_prompts(prompts, items_of(register))
    if prompts is not None:
        return own_prompts(prompts)
    if register is not None:
        return prompt_sets(items_of(register))
    return lambda model: prompt_sets(items_of(model.facts.get("register", "general")))


def _controls(run: Running, path: str, vectors: VectorSet, count: int, seed: int) -> Controls:
    """Vectors that know nothing of the labels; without the sums beside the vectors, random directions alone."""
    from affectlab.checks.controls import ISOTROPIC, controls, random_vectors
    from affectlab.vectors.store import sums_of, sums_path

    if sums_path(path).is_file():
        return controls(vectors, sums_of(path, vectors), count, seed=seed)
    warn(f"{sums_path(path)} is not there: nothing is said of shuffled labels")
    return {ISOTROPIC: [random_vectors(vectors, "isotropic", seed + place) for place in range(count)]}


def _draw(found: Findings, path: str) -> None:
    from affectlab.report.figures import save_together
    from affectlab.study.pictures import pair_figure, series_figures

    facts = found.facts
    title = f"{facts['base']['id']} against {facts['posts'][-1]['id']}, layer {facts['layer']}"
    series = {block.key: block.figure for block in series_figures(found)}
    save_together({"shift": pair_figure(found, title), **series}, path)
