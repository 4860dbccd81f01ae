"""Pocket: a small language model with a planted truth, trained from a generated world and shipped with the package.

`world` generates the texts from latent states of emotion, `train` makes the two checkpoints, `truth` says what was
planted. What is found in pocket says that the instrument works; it says nothing about large models.
"""
