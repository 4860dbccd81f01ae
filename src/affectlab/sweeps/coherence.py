"""Which strengths can be used: those at which the model still speaks, and knows what it knew.

Decided on coherence alone, before any outcome is seen:
1. What it writes when steered is not much more surprising to the model unsteered than what it writes unsteered.
2. It does not repeat itself.
3. It answers plain questions of fact and arithmetic about as well.
Strengths are tried from the weakest up, with both signs; the first at which too many directions fail ends the range.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace

import numpy as np

from affectlab.core import Doubles, Steer, Tokens
from affectlab.findings import Findings
from affectlab.lexicon.items.steering import SteeringItems
from affectlab.models.base import Model, Row, Sampling
from affectlab.models.verbs import Prompt, choose_each, collect, opened, prompt_row, score
from affectlab.sweeps.directions import Directions
from affectlab.sweeps.measures import next_token

LADDER = (0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0)
GRAM = 4
WRITING = Sampling(max_tokens=48, temperature=1.0, top_p=0.95, seed=0)


@dataclass(frozen=True)
class Limits:
    """How far a steered model may fall behind itself unsteered."""

    perplexity: float = 1.5
    """So many times that of what it writes unsteered."""
    repeats: float = 0.1
    """So much larger a share of repeated 4-grams."""
    accuracy: float = 0.1
    """So many questions fewer, as a share."""
    directions: float = 0.9
    """The share of directions, of either sign, that must keep all three."""


@dataclass(frozen=True)
class Question:
    """A question whose answer is one of several next words; `answers[0]` is right."""

    prompt: Prompt
    prefill: str
    answers: tuple[str, ...]


@dataclass(frozen=True)
class Guard:
    """What a steered model is asked to write and to answer, and how well it has to."""

    prompts: Sequence[Prompt]
    questions: Sequence[Question] = ()
    limits: Limits = field(default_factory=Limits)
    writing: Sampling = WRITING


def guard_of(items: SteeringItems, prompts: Sequence[str]) -> Guard:
    """The guard of a register: its plain questions, and some of its prompts to write on."""
    asked = tuple(Question([{"role": "user", "content": one.said}], one.begun, one.answers) for one in items.questions)
    return Guard([[{"role": "user", "content": prompt}] for prompt in prompts], asked)


def usable_range(
    model: Model,
    directions: Directions,
    guard: Guard,
    *,
    strengths: Sequence[float] = LADDER,
    tokens: Tokens | str = "all",
    progress: Callable[[float], None] = lambda strength: None,
) -> Findings:
    """The strongest strength that can be used, `facts["coherence"]["usable"]`: 0 if none can.

    Arrays hold perplexity (times the unsteered), repeats and accuracy, [strengths, signs, directions], as far as was
    tried.
    """
    limits = guard.limits
    selector = Tokens.parse(tokens) if isinstance(tokens, str) else tokens
    trial = _Trial(model, guard)
    plain, tried, usable = trial.of([None])[0], list[Doubles](), 0.0
    for strength in sorted(strengths):
        progress(strength)
        found = trial.of(_both(directions, strength, selector))
        found[:, 0] -= plain[0]
        tried.append(found)
        kept = (
            (found[:, 0] <= np.log(limits.perplexity))
            & (found[:, 1] <= plain[1] + limits.repeats)
            & (found[:, 2] >= plain[2] - limits.accuracy)
        )
        if kept.mean() < limits.directions:
            break
        usable = strength
    shaped = np.stack(tried).reshape(len(tried), 2, len(directions), 3)
    told = sorted(strengths)[: len(tried)]
    facts = {"usable": usable, "strengths": told, "limits": asdict(limits), "directions": list(directions.names)}
    facts |= {"repeats": float(plain[1]), "accuracy": float(plain[2])}
    arrays = {
        "coherence.perplexity": np.exp(shaped[..., 0]),
        "coherence.repeats": shaped[..., 1],
        "coherence.accuracy": shaped[..., 2],
    }
    return Findings((), arrays, {"coherence": facts})


def _both(directions: Directions, strength: float, selector: Tokens) -> list[Steer | None]:
    return [steer for sign in (-1, 1) for steer in directions.steers([sign * strength], selector)]


class _Trial:
    """What is asked of the model under each steering."""

    def __init__(self, model: Model, guard: Guard) -> None:
        questions = guard.questions
        self.model, self.writing = model, guard.writing
        self.rows = [prompt_row(model, prompt) for prompt in guard.prompts]
        questions = [replace(one, prefill=opened(model, one.prompt, one.prefill)) for one in questions]
        self.asked = [prompt_row(model, question.prompt, prefill=question.prefill) for question in questions]
        self.answers = [
            [next_token(model, question.prompt, question.prefill, answer) for answer in question.answers]
            for question in questions
        ]

    def of(self, steers: Sequence[Steer | None]) -> Doubles:
        """Mean surprise, share of repeats, accuracy of each steering, [steers, 3]."""
        sampled = [
            replace(row, steer=steer, sampling=replace(self.writing, seed=self.writing.seed + place))
            for steer in steers
            for place, row in enumerate(self.rows)
        ]
        written = [reply.tokens for reply in collect(self.model, sampled)]
        surprise = self._surprise(sampled, written)
        repeats = [repeated(tokens) for tokens in written]
        shape = (len(steers), len(self.rows))
        columns = (
            np.reshape(surprise, shape).mean(axis=1),
            np.reshape(repeats, shape).mean(axis=1),
            self._accuracy(steers),
        )
        return np.stack(columns, axis=1)

    def _surprise(self, rows: Sequence[Row], written: Sequence[tuple[int, ...]]) -> list[float]:
        """Of what was written, to the model unsteered: minus the mean log-probability of its tokens."""
        whole = [Row((*row.tokens, *tokens)) for row, tokens in zip(rows, written, strict=True)]
        told = score(self.model, whole)
        return [-float(np.mean(logprobs[-len(tokens) :])) for logprobs, tokens in zip(told, written, strict=True)]

    def _accuracy(self, steers: Sequence[Steer | None]) -> Doubles:
        if not self.asked:
            return np.ones(len(steers))
        every = sorted({token for answers in self.answers for token in answers})
        found = choose_each(self.model, self.asked, steers, every)
        places = [[every.index(token) for token in answers] for answers in self.answers]
        right = [found[:, row, at].argmax(axis=1) == 0 for row, at in enumerate(places)]
        return np.asarray(np.mean(right, axis=0))


def repeated(tokens: Sequence[int], gram: int = GRAM) -> float:
    """The share of n-grams that came before.

    >>> repeated([1, 2, 1, 2, 1, 2], 2)
    0.6
    """
    grams = [tuple(tokens[place : place + gram]) for place in range(len(tokens) - gram + 1)]
    return 1 - len(set(grams)) / len(grams) if grams else 0.0
