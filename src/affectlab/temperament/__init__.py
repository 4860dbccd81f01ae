"""What post-training did to the readings before an answer: base against post-trained, and any series of checkpoints.

prompts     what is asked: challenging and neutral prompts, and neutral ones to align two spaces with
series      one pass of every model over the same tokens, one model in memory at a time
shift       one layer of two models: the shift of every emotion
relations   correlations over emotions, with prompts crossed with words in the interval
rotation    another space: the rotation that takes it to ours, and how much that explains
comparison  all of it, as scores with nulls
watch       the shift while a model is in training
callback    the same as a callback of the Transformers Trainer
"""

from affectlab.temperament.comparison import compare
from affectlab.temperament.prompts import PromptSets, own_prompts, prompt_sets
from affectlab.temperament.series import Opener
from affectlab.temperament.shift import Shift, temperament_shift
from affectlab.temperament.watch import Watch

__all__ = ["Opener", "PromptSets", "Shift", "Watch", "compare", "own_prompts", "prompt_sets", "temperament_shift"]
