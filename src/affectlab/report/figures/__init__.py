"""Figures: each function takes what was measured and returns a Plotly figure. `save` writes one to a file.

palette    colours, and their counterparts for a dark page
labels     where names can stand without covering each other
style      what all figures share
fit        one figure for wide, narrow (`narrow`), light and dark (`dark`) pages
panels     several pairs of axes in one figure
cells      what heat maps share
maps       where emotions lie; axes against human ratings
lines      readings along a number, shifts along layers, a loss along training
layers     held-out scores by layer
heat       scenes against probes, vectors against words, layers against axes and layers
cosines    emotions against emotions
colon      what is read before an answer against the answer
strips     readings along a text
token_maps readings of two texts by layer and token
tables     tokens that vectors make more and less likely
counts     what was accepted and rejected; variance by axis
shifts     base against post-trained
series     one checkpoint after another
saving     files, and the script that draws figures in a page

Every figure has its description in `layout.meta["alt"]`: what is drawn, and what is seen in it.
"""

from affectlab.report.figures.colon import colon_figure
from affectlab.report.figures.cosines import cosines_figure
from affectlab.report.figures.counts import axes_figure, screening_figure
from affectlab.report.figures.fit import dark, narrow
from affectlab.report.figures.heat import arousal_layers_figure, rsa_figure, scenes_figure, steered_words_figure
from affectlab.report.figures.layers import heldout_figure
from affectlab.report.figures.lines import depth_figure, ladder_figure, ladders_figure, loss_figure
from affectlab.report.figures.maps import map_figure, norms_figure
from affectlab.report.figures.saving import page_json, page_script, places_of, save, save_together
from affectlab.report.figures.series import series_figure, series_scores_figure
from affectlab.report.figures.shifts import shift_figure
from affectlab.report.figures.strips import strip_figure
from affectlab.report.figures.tables import lens_figure
from affectlab.report.figures.token_maps import token_maps_figure

__all__ = [
    "arousal_layers_figure",
    "axes_figure",
    "colon_figure",
    "cosines_figure",
    "dark",
    "depth_figure",
    "heldout_figure",
    "ladder_figure",
    "ladders_figure",
    "lens_figure",
    "loss_figure",
    "map_figure",
    "narrow",
    "norms_figure",
    "page_json",
    "page_script",
    "places_of",
    "rsa_figure",
    "save",
    "save_together",
    "scenes_figure",
    "screening_figure",
    "series_figure",
    "series_scores_figure",
    "shift_figure",
    "steered_words_figure",
    "strip_figure",
    "token_maps_figure",
]
