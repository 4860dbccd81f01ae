"""What every page says before anything found in a model whose emotions were planted."""

from __future__ import annotations

from affectlab.models.hf.folders import SHIPPED

ORGANISM = "A model organism: what is found in it says that the instrument works, nothing about large models."


def organism_fact(model: str) -> dict[str, str]:
    """That a model is an organism, as a fact for pages; nothing for any other.

    >>> list(organism_fact("pocket")), organism_fact("org/model")
    (['about it'], {})
    """
    return {"about it": ORGANISM} if model in SHIPPED else {}
