"""What validate, map and compare share: the options of their findings, and how scores are shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from affectlab.cli.running import Running

if TYPE_CHECKING:
    from affectlab.findings import Findings

FindingsOption = Annotated[
    str | None,
    typer.Option("-o", "--output", metavar="FILE", help="Keep all that was found, for figures and reports."),
]
NullsOption = Annotated[
    int, typer.Option(metavar="N", min=3, help="How often each null is drawn; its 95th percentile is shown.")
]


def check_outputs(
    vectors: str, output: str | None, figure: str | None, figures: Sequence[str], others: Iterable[str | None] = ()
) -> None:
    """Raise, before anything runs, for files that cannot be written, or that hold the vectors or other inputs."""
    from affectlab.files import check_writable
    from affectlab.report.figures import places_of
    from affectlab.vectors.store import sums_path

    drawn = [] if figure is None else [str(place) for place in places_of(figure, figures)]
    for path in filter(None, (output, *drawn)):
        check_writable(path, [vectors, sums_path(vectors), *filter(None, others)])


def keep_findings(run: Running, found: Findings, output: str | None, more: Mapping[str, Any] | None = None) -> None:
    """Write the findings if a file is named, and show the scores; `more` is told to scripts alone."""
    from affectlab.findings import save_findings
    from affectlab.report.terminal import scores_table

    if output is not None:
        save_findings(found, output)
    told = {"scores": [score.as_dict() for score in found.scores], **(more or {})}
    run.finish(told, scores_table(found.scores))
