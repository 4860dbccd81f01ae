"""`affectlab map`: how the vectors are arranged."""

from __future__ import annotations

from typing import Annotated

import typer

from affectlab.cli.findings import FindingsOption, NullsOption, keep_findings
from affectlab.cli.loading import open_sums, open_vectors
from affectlab.cli.options import JsonOption, SeedOption, VectorsArgument
from affectlab.cli.progress import stage
from affectlab.cli.running import running

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


def map(
    vectors: VectorsArgument,
    output: FindingsOption = None,
    layer: LayerOption = None,
    norms: NormsOption = None,
    nulls: NullsOption = 20,
    figure: FigureOption = None,
    seed: SeedOption = 0,
    json: JsonOption = False,
) -> None:
    """Show how emotion vectors are arranged.

    Axes beside human ratings, groups beside the paper's clusters, layers beside layers.

    No model is needed; without the sums beside the vectors there are no nulls of shuffled labels.
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
        with stage("mapping") as shown:
            beside = None if sums is None else controls(given, sums, nulls, seed=seed)
            found = map_vectors(
                given, layer=layer, norms=rated, controls=beside, sums=sums, seed=seed, progress=shown.at
            )
        if figure is not None:
            from affectlab.report.figures import save
            from affectlab.study.pictures import places_figure

            save(places_figure(found), figure)
        keep_findings(run, found, output)
