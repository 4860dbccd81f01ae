"""What validate, map and compare share: the options of their findings, and how scores are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

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


def keep_findings(run: Running, found: Findings, output: str | None) -> None:
    """Write the findings if a file is named, and show the scores."""
    from affectlab.findings import save_findings
    from affectlab.report.terminal import scores_table

    if output is not None:
        save_findings(found, output)
    run.finish({"scores": [score.as_dict() for score in found.scores]}, scores_table(found.scores))
