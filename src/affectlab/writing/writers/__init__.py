"""Who writes. A writer answers requests, each with a seed of its own; who it is travels with every text.

base       what every writer is
subject    a model that is loaded here
endpoint   any server that speaks the OpenAI protocol; the other files are parts of it
"""
