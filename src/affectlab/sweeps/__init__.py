"""Sweeps: a measure under many vectors and strengths, judged against what random directions do.

directions   what is added: emotions, and directions that know nothing of them
measures     what is measured under each: anything that gives a number per row and steering
doses        the values, their slopes, and where these stand among the slopes of the null directions
feelings     the steering check: does a vector make the model say its word?
coherence    the strengths at which the model still speaks and knows what it knew: fixed before any outcome is seen
"""

from affectlab.sweeps.coherence import Guard, Limits, Question, usable_range
from affectlab.sweeps.directions import Directions, control_directions, null_directions, vector_directions
from affectlab.sweeps.doses import Doses, dose_findings, doses, sampled_scores, slope_score
from affectlab.sweeps.feelings import check_steering, steered_feelings, steered_sites
from affectlab.sweeps.measures import Measure, direct_log_odds, log_odds

__all__ = [
    "Directions",
    "Doses",
    "Guard",
    "Limits",
    "Measure",
    "Question",
    "check_steering",
    "control_directions",
    "direct_log_odds",
    "dose_findings",
    "doses",
    "log_odds",
    "null_directions",
    "sampled_scores",
    "slope_score",
    "steered_feelings",
    "steered_sites",
    "usable_range",
    "vector_directions",
]
