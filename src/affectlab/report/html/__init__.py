"""The report of a study: one page that needs nothing else, for people who want to look rather than read."""

from affectlab.report.html.page import render
from affectlab.report.html.study import FigureBlock, Study

__all__ = ["FigureBlock", "Study", "render"]
