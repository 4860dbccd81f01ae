"""Who writes. A writer answers requests, each with a seed of its own; who it is travels with every text.

base       what every writer is
endpoint   any server that speaks the OpenAI protocol
"""
