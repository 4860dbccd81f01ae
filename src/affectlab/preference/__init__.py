"""What a model would rather do: ratings of activities, readings that go with them, and what steering changes.

questions   which of two, as rows up to the choice; where the choice falls is proved for each tokenizer
elo         ratings from probabilities, with a term for the order; resamples
rated       ratings of all activities, and how good they are
readings    the emotion readings on an activity's own tokens
liking      their correlation with Elo
selection   which emotions are steered, by a written rule
steering    choices under steering, and the ratings that follow
relation    r of change and correlation over vectors
causes      the causal half, with its nulls
plan        what will be asked; settings: how
study       all of it
published   the paper's table of activities
"""

from affectlab.preference.plan import nulls_for
from affectlab.preference.published import Published, published
from affectlab.preference.settings import QUICK, How
from affectlab.preference.study import prefer, with_base

__all__ = ["QUICK", "How", "Published", "nulls_for", "prefer", "published", "with_base"]
