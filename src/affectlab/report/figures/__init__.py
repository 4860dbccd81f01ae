"""Figures: each function takes what was measured and returns a Plotly figure. `save` writes one to a file.

style      what all figures share; saving
maps       where emotions lie
lines      a reading along a number, a loss along training
counts     what was accepted and rejected
"""

from affectlab.report.figures.counts import screening_figure
from affectlab.report.figures.lines import ladder_figure, loss_figure
from affectlab.report.figures.maps import map_figure
from affectlab.report.figures.style import save

__all__ = ["ladder_figure", "loss_figure", "map_figure", "save", "screening_figure"]
