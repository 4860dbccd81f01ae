"""The exact reference: any causal language model of Transformers, read and steered through hooks on its blocks."""
