"""How the vectors are arranged: angles, groups, axes beside human ratings, layers beside layers, sets beside sets."""

from affectlab.geometry.axes import Axes, best_of_first, principal_axes
from affectlab.geometry.embedding import embedding_vectors
from affectlab.geometry.human import axis_scores
from affectlab.geometry.mapping import map_vectors
from affectlab.geometry.norms import Norms, lexicon_norms, read_norms
from affectlab.geometry.sets import agreement_scores, compare_sets

__all__ = [
    "Axes",
    "Norms",
    "agreement_scores",
    "axis_scores",
    "best_of_first",
    "compare_sets",
    "embedding_vectors",
    "lexicon_norms",
    "map_vectors",
    "principal_axes",
    "read_norms",
]
