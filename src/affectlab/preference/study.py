"""Preferences of a model: what it would rather do, which readings go with it, and what steering changes.

1. All ordered pairs of 64 activities are asked; Elo is fitted to the probabilities of A and B.
2. Every emotion is read on an activity's own tokens in "How would you feel about ...?", and set beside Elo.
3. Emotions chosen by a written rule are steered on the tokens of one half of the activities, then of the other.
4. r of change and correlation over emotions, beside the same over random directions and over shuffled labels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from affectlab.checks.controls import Controls
from affectlab.core import Score
from affectlab.findings import ABSENT, Findings
from affectlab.lexicon.items.activities import PreferenceItems
from affectlab.models.base import Model
from affectlab.preference.causes import Causes
from affectlab.preference.liking import Liking
from affectlab.preference.plan import Count, Plan
from affectlab.preference.questions import few
from affectlab.preference.rated import check_mass, rated
from affectlab.preference.readings import activity_states
from affectlab.preference.selection import NAMED, selected
from affectlab.preference.settings import How
from affectlab.preference.steering import ask
from affectlab.stats import correlation
from affectlab.vectors.vectorset import VectorSet

BASE = "base."
"""What stands in front of the names of arrays and facts of the base model."""


def prefer(
    model: Model,
    vectors: VectorSet,
    items: PreferenceItems,
    *,
    how: How | None = None,
    controls: Controls | None = None,
    emotions: tuple[str, ...] = (),
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Findings:
    """All of it. `controls` are vector sets for nulls: those of shuffled labels go through the causal half as well.

    `emotions` names those that are steered, where they are not chosen here: in a base model, the ones that were steered
    in the post-trained one. `progress` hears how many choices were made, of how many.
    """
    plan = Plan.of(model, vectors, items, how or How(), controls or {})
    count, seed = Count(plan.choices, progress), plan.how.seed
    # A few questions first: who answers none of them need not be asked the others.
    check_mass(ask(plan.questions, few(plan.asked)).mass, model.identity.id)
    told = ask(plan.questions, plan.asked, progress=count)
    found = rated(told, model.identity.id, plan.how.resamples, seed)
    states = activity_states(model, vectors, items, convention=plan.how.convention)
    liking = Liking(states, vectors, found.ratings.elo, plan.layer, seed)
    chosen = selected(vectors.emotions, liking.r, plan.emotions)
    steered = emotions or tuple(vectors.emotions[place] for place in chosen)
    causes = Causes(plan, found, liking, count)
    parts = found.findings(seed), liking.findings(plan.given), causes.findings(steered)
    return parts[0] + parts[1] + parts[2] + Findings(facts=_facts(plan))


def _facts(plan: Plan) -> dict[str, Any]:
    items, opener = plan.questions.items, plan.questions.boundary.opener
    return {
        "model": vars(plan.questions.model.identity),
        "vectors": plan.vectors.hash,
        "emotions": list(plan.vectors.emotions),
        "register": items.register,
        "items": items.hash,
        "activities": [activity.text for activity in items.activities],
        "kinds": [activity.kind for activity in items.activities],
        "wordings": len(items.questions),
        "questions": int(plan.asked.sum()),
        "answer": [opener.text + option for option in opener.options],
        "sites": list(plan.sites),
        "layer": plan.layer,
        "strength": plan.how.strength,
        "convention": plan.how.convention.value,
        ABSENT: {
            f"prefer.{what}.{name}": f"There is no vector of {name}."
            for name in NAMED
            for what in ("correlation", "change")
            if name not in plan.vectors.emotions
        },
    }


def with_base(post: Findings, base: Findings) -> Findings:
    """What was found of a model, with the same of the base it was trained from: scores named prefer.base.NAME, and the
    correlation of the ratings of both."""
    scores = [replace(score, name=_of_base(score.name)) for score in base.scores]
    r = correlation(base.arrays["elo"], post.arrays["elo"])
    both = Score("prefer.base_post", *r.interval, "activities", 0.0, {"permuted activities": r.null})
    arrays = {f"{BASE}{name}": array for name, array in base.arrays.items()}
    facts = {f"{BASE}{name}": base.facts[name] for name in ("model", "steered", "unanswered", "answer")}
    facts[ABSENT] = {_of_base(name): reason for name, reason in base.facts.get(ABSENT, {}).items()}
    return post + Findings((both, *scores), arrays, facts)


def _of_base(name: str) -> str:
    return name.replace("prefer.", "prefer.base.", 1)
