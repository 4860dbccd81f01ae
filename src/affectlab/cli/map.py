"""`affectlab map`: how the vectors are arranged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from affectlab.cli.findings import FindingsOption, NullsOption, check_outputs, keep_findings
from affectlab.cli.loading import open_model, open_their_model, open_vectors
from affectlab.cli.options import DeviceOption, JsonOption, LayerOption, SeedOption, TrustOption, VectorsArgument
from affectlab.cli.places import places
from affectlab.cli.progress import stage
from affectlab.cli.running import Running, running

if TYPE_CHECKING:
    from affectlab.core import Floats
    from affectlab.findings import Findings
    from affectlab.geometry import Beside
    from affectlab.vectors.vectorset import VectorSet

FIGURES = ("places", "beside")
"""The second is drawn with --beside alone."""
NormsOption = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Ratings of your own: a CSV with word, pleasure, arousal and dominance."),
]
BesideOption = Annotated[
    str | None,
    typer.Option(
        metavar="VECTORS",
        help="Other vectors to hold these against: of another writer, recipe or model, whatever their width.",
    ),
]
BesideLayerOption = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Which layer of those. Default: the same one if their model is as deep and it is there, else the one they "
        "prefer.",
    ),
]
FigureOption = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="Draw where the emotions lie, as .html, .svg, .png or .pdf; with --beside the other vectors too: in the "
        "page, or as an image beside it.",
    ),
]
ModelOption = Annotated[
    str | None,
    typer.Option(
        metavar="MODEL",
        help="The model of the vectors: bare words, read alone, stand beside all. Default: none is loaded.",
    ),
]


def map(
    vectors: VectorsArgument,
    output: FindingsOption = None,
    layer: LayerOption = None,
    norms: NormsOption = None,
    nulls: NullsOption = 20,
    beside: BesideOption = None,
    beside_layer: BesideLayerOption = None,
    figure: FigureOption = None,
    model: ModelOption = None,
    device: DeviceOption = None,
    trust_remote_code: TrustOption = False,
    seed: SeedOption = 0,
    json: JsonOption = False,
) -> None:
    """Show how emotion vectors are arranged.

    Axes beside human ratings, groups beside the paper's clusters, layers beside layers; with --beside the whole
    arrangement beside that of other vectors, on the words that both have.

    No model is needed; with --model the bare words, read alone up to its first block, stand beside all as a baseline.
    Without the sums beside the vectors there are no nulls of shuffled labels.
    """
    with running("map", locals()) as run:
        from affectlab.checks.controls import controls
        from affectlab.geometry import map_vectors, read_norms, with_others
        from affectlab.vectors.store import sums_of, sums_path

        check_outputs(vectors, output, figure, FIGURES[:1] if beside is None else FIGURES, [norms, beside])
        rated = None if norms is None else read_norms(norms)
        given = open_vectors(run, vectors)
        if layer is not None:
            given.place(layer)
        other = _others(run, given, layer, beside, beside_layer)
        sums = sums_of(vectors, given) if sums_path(vectors).is_file() else None
        baseline = None
        if model is not None:
            baseline = _bare_words(run, given, model, device=device, trust_remote_code=trust_remote_code)
        with stage("mapping") as shown:
            chance = None if sums is None else controls(given, sums, nulls, seed=seed)
            options: dict[str, Any] = {"layer": layer, "norms": rated, "seed": seed, "baseline": baseline}
            found = map_vectors(given, controls=chance, sums=sums, **options, progress=shown.at)
            found = found if other is None else with_others(found, given, other, seed=seed)
        if figure is not None:
            _draw(found, figure)
        keep_findings(run, found, output, None if other is None else {"beside": found.facts["beside"]})


def _others(run: Running, vectors: VectorSet, layer: int | None, beside: str | None, at: int | None) -> Beside | None:
    """The vectors that these are held against."""
    from affectlab.errors import InputError
    from affectlab.geometry import held_beside
    from affectlab.vectors.store import load_vectors

    if beside is None:
        if at is not None:
            fix = "name the other vectors with --beside"
            raise InputError("a layer of no vectors", where="--beside-layer", found=str(at), fix=fix)
        return None
    other = load_vectors(beside)
    run.note(hashes={"beside": other.hash})
    with places({"beside": f"--beside {beside}", "--layers": "--beside-layer"}):
        return held_beside(vectors, vectors.default_layer if layer is None else layer, other, at)


def _draw(found: Findings, path: str) -> None:
    from affectlab.report.figures import save_together
    from affectlab.study.pictures import beside_figure, places_figure

    drawn = {"places": places_figure(found)}
    if "beside" in found.arrays:
        drawn["beside"] = beside_figure(found)
    save_together(drawn, path)


def _bare_words(run: Running, vectors: VectorSet, name: str, **options: Any) -> Floats:
    """A vector of each bare word, of the model that the vectors come from; for imported ones their user vouches."""
    from affectlab.geometry import bare_word_vectors
    from affectlab.vectors.header import IMPORTED

    imported = vectors.header["model"].get("source") == IMPORTED
    model = open_model(run, name, **options) if imported else open_their_model(run, vectors, name, **options)
    with stage("reading the bare words"):
        return bare_word_vectors(model, vectors.emotions)
