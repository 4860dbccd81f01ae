"""The figures of a report, drawn from what the stages found. Nothing is measured here.

checks      held-out topics, lens, scenes, ladders, pairs, the ":"
maps        cosines, planes, axes, human ratings, layers
shifts      base against post-trained
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from affectlab.findings import Findings
from affectlab.report.html.study import FigureBlock
from affectlab.study.pictures.checks import check_figures
from affectlab.study.pictures.maps import map_figures, places_figure
from affectlab.study.pictures.shifts import shift_figures

__all__ = ["STAGES", "pictures", "places_figure"]

STAGES: Mapping[str, Callable[[Findings], Iterator[FigureBlock]]] = {
    "validate": check_figures,
    "map": map_figures,
    "compare": shift_figures,
}


def pictures(stages: Mapping[str, Findings]) -> dict[str, list[FigureBlock]]:
    """Every figure that these findings can be drawn as, by stage."""
    return {stage: list(draw(stages[stage])) for stage, draw in STAGES.items() if stage in stages}
