"""How pocket is trained: `python -m affectlab.pocket.train OUT` makes both checkpoints from a seed.

tokenizer     a byte-level vocabulary in which every emotion word and every digit is one token
data          documents of the world as blocks of tokens
attention     of each document by itself
network       the architecture, and its optimizers
loop          steps, checkpoints, resuming
release       a folder that Transformers and vLLM load, with its model card
"""
