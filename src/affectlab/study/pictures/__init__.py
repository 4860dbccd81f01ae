"""The figures of a report, drawn from what the stages found. Nothing is measured here.

checks      held-out topics, lens, scenes, ladders, pairs, the ":"
passages    those that read highest, token by token
maps        cosines, planes, axes, human ratings, layers
shifts      base against post-trained, and a series of checkpoints
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from affectlab.findings import Findings
from affectlab.report.html.study import FigureBlock
from affectlab.study.pictures.checks import check_figures
from affectlab.study.pictures.maps import map_figures, places_figure
from affectlab.study.pictures.passages import passage_figures
from affectlab.study.pictures.shifts import pair_figure, series_figures, shift_figures

__all__ = ["STAGES", "pair_figure", "pictures", "places_figure", "series_figures"]

STAGES: Mapping[str, Callable[[Findings], Iterator[FigureBlock]]] = {
    "validate": check_figures,
    "snippets": passage_figures,
    "map": map_figures,
    "compare": shift_figures,
}


def pictures(stages: Mapping[str, Findings]) -> dict[str, list[FigureBlock]]:
    """Every figure that these findings can be drawn as, by stage."""
    return {stage: list(draw(stages[stage])) for stage, draw in STAGES.items() if stage in stages}
