"""How the vectors are arranged: angles, groups, axes beside human ratings, layers beside layers, sets beside sets."""

from affectlab.geometry.axes import Axes, best_of_first, principal_axes
from affectlab.geometry.bare_words import bare_word_vectors
from affectlab.geometry.beside import Beside, held_beside, with_others
from affectlab.geometry.human import axis_scores
from affectlab.geometry.mapping import map_vectors
from affectlab.geometry.norms import Norms, lexicon_norms, read_norms
from affectlab.geometry.sets import agreement_scores, compare_sets

__all__ = [
    "Axes",
    "Beside",
    "Norms",
    "agreement_scores",
    "axis_scores",
    "bare_word_vectors",
    "best_of_first",
    "compare_sets",
    "held_beside",
    "lexicon_norms",
    "map_vectors",
    "principal_axes",
    "read_norms",
    "with_others",
]
