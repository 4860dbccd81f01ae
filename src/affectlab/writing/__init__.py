"""Texts for a model to be read on: planned, asked of a writer, taken from its replies, screened, and kept.

prompts    what is asked, in one file per kind of text
parse      several texts out of one reply
writers    who writes: the subject itself, or an endpoint
"""
