"""A Transformers network seen as blocks: where they are, how they are read and edited, and the proof of both."""
