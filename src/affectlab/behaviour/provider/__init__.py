"""A model provider for Inspect AI: `--model affectlab/<model>` runs anybody's task steered and read (docs/inspect.md).

Inspect is imported in `affectlab.behaviour`, `tasks` and `rollouts` alone; the rest of affectlab does without it.
"""

from inspect_ai.model import ModelAPI, modelapi

from affectlab.behaviour.provider.api import AffectlabAPI

__all__ = ["AffectlabAPI", "affectlab"]


@modelapi(name="affectlab")
def affectlab() -> type[ModelAPI]:
    """Any model that affectlab loads, under its own name: `affectlab/pocket`, `affectlab/Qwen/Qwen3-0.6B`."""
    return AffectlabAPI
