"""Behaviour under steering: how often a model does something, at each strength of each emotion, beside directions that
know nothing of emotions.

how         what is asked for
conditions  the ways of steering, null directions among them, and the file in which they are named beforehand
running     many Inspect evaluations as one, in shared batches
base        the level of pressure at which there is something to be seen
twins       which families count: those whose twin was solved
rates       rates and scores by strength, their slopes, and where these stand among the null directions'
grading     how far graders agree with one another, and with people
exact       in pocket's world: the very log-odds of the deed, without a draw
reading     the unsteered runs read at the places that matter, lead times, and what can be seen in the words
points      what `behave --json` says of a rate at a strength
study       all of it, in order
"""

from affectlab.rollouts.how import TASKS, How
from affectlab.rollouts.study import behave

__all__ = ["TASKS", "How", "behave"]
