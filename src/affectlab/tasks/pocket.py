"""The tasks in pocket's world: one word decides, so nobody has to grade, and its chance is known exactly.

1. The model answers from its first word on, thoughts and attempts included; with `decided_only` it is given an answer
   up to the label and has to decide.
2. The first word behind the label is what it did. An answer without one is counted as unreadable.
3. `probability` is the chance of the deed at the decision, given the very tokens before it and steered as they were.
   Of a task that can be done it is the chance that it is called done.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import asdict

from inspect_ai import Task
from inspect_ai.dataset import Sample
from inspect_ai.log import transcript
from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageUser,
    GenerateConfig,
    ModelOutput,
    get_model,
)
from inspect_ai.scorer import Score, Scorer, Target, mean, scorer, stderr
from inspect_ai.solver import TaskState, generate

from affectlab.behaviour.items.situations import Decided, Situation
from affectlab.behaviour.items.tables import digest
from affectlab.behaviour.provider import AffectlabAPI
from affectlab.models.base import Tokenizer
from affectlab.tasks.arguments import POCKET
from affectlab.tasks.verdicts import NOT_KNOWN, Verdict, score_of

SITUATIONS = 40
"""Samples where nobody says how many."""
LONGEST = 200
"""Tokens of an answer; those of training have about half as many."""


def pocket_task(name: str, cases: Sequence[Situation], decided_only: bool, chances: bool) -> Task:
    """A task of these situations. `chances` tells the chance of the deed, which takes another look at each answer."""
    texts = (f"{case.asked}{case.begun}" for case in cases)
    return Task(
        dataset=[_sample(name, case, decided_only, chances) for case in cases],
        solver=generate(),
        scorer=decision(),
        config=GenerateConfig(max_tokens=LONGEST),
        metadata={"register": POCKET, "items": digest(name, *texts)},
    )


def _sample(task: str, case: Situation, decided_only: bool, chances: bool) -> Sample:
    messages: list[ChatMessage] = [ChatMessageUser(content=case.asked)]
    if decided_only:
        messages.append(ChatMessageAssistant(content=case.begun))
    facts = {"task": task, "family": case.family, "decided_only": decided_only, "chances": chances}
    facts["situation"] = asdict(case)
    return Sample(id=case.name, input=messages, metadata=facts)


@scorer(metrics={"*": [mean(), stderr()]})
def decision() -> Scorer:
    """Reads the decision, and the chance of the deed at it."""

    async def score(state: TaskState, target: Target) -> Score:
        case, text = Situation(**state.metadata["situation"]), state.output.completion
        begun = case.label if state.metadata["decided_only"] else ""
        found = case.decided(begun + text)
        failures = tuple((0, at) for at in case.failures(text[: found.begins] if found else text)) if not begun else ()
        if found is None:
            values = dict.fromkeys(next(iter(case.words.values())), NOT_KNOWN)
            values |= {"probability": NOT_KNOWN, "unreadable": 1.0}
            return score_of(Verdict("unreadable", False, False, None, failures, 1), values, chances={})
        found = Decided(found.word, found.begins - len(begun), found.label_ends - len(begun))
        chances = await _chances(case, state.output, found) if state.metadata["chances"] else {}
        deed = found.word == case.deed
        verdict = Verdict(found.word, True, deed, (0, found.begins) if deed else None, failures, 1)
        probability = chances.get(case.deed or next(iter(case.words)), NOT_KNOWN)
        values = {**case.words[found.word], "probability": probability, "unreadable": 0.0}
        return score_of(verdict, values, chances=chances)

    return score


async def _chances(case: Situation, output: ModelOutput, found: Decided) -> dict[str, float]:
    """The chance of each word at the decision; none where the model is not one of ours."""
    api, ours = get_model().api, (output.metadata or {}).get("affectlab")
    if not isinstance(api, AffectlabAPI) or ours is None:
        return {}
    said = tokens_until(
        api.model.tokenizer,
        ours["choices"][0]["said"] if "choices" in ours else ours["said"],
        output.completion,
        found.label_ends,
    )
    asked = _asked(output.completion)
    if said is None or asked is None:
        return {}
    chances = await api.chances(asked, [f" {word}" for word in case.words], said)
    return dict(zip(case.words, chances, strict=True))


def _asked(completion: str) -> list[ChatMessage] | None:
    """What the model was given when it said this, with whatever Inspect put before the sample's own messages."""
    calls = [event for event in transcript().events if event.event == "model" and event.error is None]
    return next((call.input for call in reversed(calls) if call.output.completion == completion), None)


def tokens_until(tokenizer: Tokenizer, said: Sequence[int], completion: str, characters: int) -> list[int] | None:
    """The tokens of the first so many characters of a completion; None where a token reaches beyond them.

    The space that stands before an answer is among the tokens and not in the completion.
    """
    whole = tokenizer.decode(said)
    end = max(whole.find(completion), 0) + characters
    count = bisect_left(range(len(said)), end, key=lambda count: len(tokenizer.decode(said[:count])))
    return list(said[:count]) if tokenizer.decode(said[:count]) == whole[:end] else None
