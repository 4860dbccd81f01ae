"""`affectlab map`: how the vectors are arranged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from affectlab.cli.findings import FindingsOption, NullsOption, keep_findings
from affectlab.cli.loading import open_model, open_sums, open_their_model, open_vectors
from affectlab.cli.options import DeviceOption, JsonOption, SeedOption, TrustOption, VectorsArgument
from affectlab.cli.progress import stage
from affectlab.cli.running import Running, running

if TYPE_CHECKING:
    from affectlab.core import Floats
    from affectlab.vectors.vectorset import VectorSet

LayerOption = Annotated[
    int | None, typer.Option("--layer", metavar="N", help="Which layer. Default: the one the vectors prefer.")
]
NormsOption = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Ratings of your own: a CSV with word, pleasure, arousal and dominance."),
]
FigureOption = Annotated[
    str | None, typer.Option(metavar="FILE", help="Draw where the emotions lie, as .html, .svg, .png or .pdf.")
]
ModelOption = Annotated[
    str | None,
    typer.Option(
        metavar="MODEL",
        help="The model of the vectors: embeddings of the words stand beside all. Default: none is loaded.",
    ),
]


def map(
    vectors: VectorsArgument,
    output: FindingsOption = None,
    layer: LayerOption = None,
    norms: NormsOption = None,
    nulls: NullsOption = 20,
    figure: FigureOption = None,
    model: ModelOption = None,
    device: DeviceOption = None,
    trust_remote_code: TrustOption = False,
    seed: SeedOption = 0,
    json: JsonOption = False,
) -> None:
    """Show how emotion vectors are arranged.

    Axes beside human ratings, groups beside the paper's clusters, layers beside layers.

    No model is needed; with --model the words' embeddings, which have seen no story, stand beside all as a baseline.
    Without the sums beside the vectors there are no nulls of shuffled labels.
    """
    with running("map", locals()) as run:
        from affectlab.checks.controls import controls
        from affectlab.files import check_writable
        from affectlab.geometry import map_vectors, read_norms
        from affectlab.vectors.store import sums_path

        for path in filter(None, (output, figure)):
            check_writable(path, [vectors, sums_path(vectors), *filter(None, [norms])])
        rated = None if norms is None else read_norms(norms)
        given = open_vectors(run, vectors)
        if layer is not None:
            given.place(layer)
        sums = open_sums(run, vectors, given) if sums_path(vectors).is_file() else None
        baseline = None
        if model is not None:
            baseline = _embeddings(run, given, model, device=device, trust_remote_code=trust_remote_code)
        with stage("mapping") as shown:
            beside = None if sums is None else controls(given, sums, nulls, seed=seed)
            options: dict[str, Any] = {"layer": layer, "norms": rated, "seed": seed, "baseline": baseline}
            found = map_vectors(given, controls=beside, sums=sums, **options, progress=shown.at)
        if figure is not None:
            from affectlab.report.figures import save
            from affectlab.study.pictures import places_figure

            save(places_figure(found), figure)
        keep_findings(run, found, output)


def _embeddings(run: Running, vectors: VectorSet, name: str, **options: Any) -> Floats:
    """A vector of each bare word, of the model that the vectors come from; for imported ones their user vouches."""
    from affectlab.geometry import embedding_vectors
    from affectlab.vectors.header import IMPORTED

    imported = vectors.header["model"].get("source") == IMPORTED
    model = open_model(run, name, **options) if imported else open_their_model(run, vectors, name, **options)
    with stage("reading the words alone"):
        return embedding_vectors(model, vectors.emotions)
