"""The figures of a report, drawn from what the stages found. Nothing is measured here.

texts       what the screen accepted and rejected
checks      held-out topics, lens, scenes, ladders, pairs, the ":"
passages    those that read highest, token by token
maps        cosines, planes, axes, human ratings, layers
shifts      base against post-trained, and a series of checkpoints
preferences, behaviour      before and after steering
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from affectlab.findings import ABSENT, Findings
from affectlab.report.html.study import FigureBlock
from affectlab.study.pictures.behaviour import behaviour_figures, task_figures
from affectlab.study.pictures.checks import check_figures
from affectlab.study.pictures.maps import beside_figure, map_figures, places_figure
from affectlab.study.pictures.passages import passage_figures
from affectlab.study.pictures.preferences import preference_figures
from affectlab.study.pictures.shifts import pair_figure, series_figures, shift_figures
from affectlab.study.pictures.texts import text_figures

__all__ = ["STAGES", "beside_figure", "pair_figure", "pictures", "places_figure", "series_figures"]

STAGES: Mapping[str, Callable[[Findings], Iterator[FigureBlock]]] = {
    "write": text_figures,
    "validate": check_figures,
    "snippets": passage_figures,
    "map": map_figures,
    "compare": shift_figures,
    "prefer": preference_figures,
    "behave": behaviour_figures,
    **{task: partial(task_figures, task) for task in ("reward_hacking", "sycophancy")},
}


def pictures(stages: Mapping[str, Findings]) -> dict[str, list[FigureBlock]]:
    """Every figure that these findings can be drawn as, by stage."""
    drawn = {stage: found for stage, found in stages.items() if set(found.facts) - {ABSENT}}
    return {stage: list(draw(drawn[stage])) for stage, draw in STAGES.items() if stage in drawn}
