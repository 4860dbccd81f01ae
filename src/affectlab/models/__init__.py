"""The seam between affectlab and language models: one noun, `Row`, one primitive, `Model.run`, and its backends."""
