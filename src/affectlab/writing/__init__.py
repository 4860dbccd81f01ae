"""Texts for a model to be read on: planned, asked of a writer, taken from its replies, screened, and kept.

prompts    what is asked, in one file per kind of text
parse      several texts out of one reply; `marks` and `turns` are parts of it
plan       what is to be written, as a table
work       writing it, shard by shard, into a `folder`
taking     texts that exist already
writers    who writes: the subject itself, or an endpoint
"""
