"""Anybody's task runs steered and read: what Inspect logs is what the model gives for each sample alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from inspect_ai import Task
from inspect_ai.dataset import Sample
from inspect_ai.log import EvalLog, EvalSample
from inspect_ai.model import GenerateConfig, Model, get_model
from inspect_ai.scorer import includes
from inspect_ai.solver import Solver, TaskState, chain, generate, solver, system_message

import affectlab
from affectlab.core import Convention
from affectlab.errors import ModelMismatchError
from affectlab.models.base import Row, Sampling
from affectlab.models.verbs import generate as generate_replies
from affectlab.vectors.read import read
from tests.behaviour.evaluating import evaluate, without_litter
from tests.behaviour.provider.conftest import Subject, ask

STEER, LAYERS, TOKENS = "0.2*angry - 0.1*calm", "3-5", 12
TOPICS = "a wet dog, an old bridge, a lost key, a birthday, the night train, a garden in May, two letters, bread".split(
    ", "
)
ASKED = [
    f"I need a story. Topic: {topic}. Emotion: calm." + " Make it long." * (place % 3)
    for place, topic in enumerate(TOPICS)
]

Run = Callable[..., EvalLog]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Evaluates a task and reads its log back from the file."""

    def run(
        subject: Subject | Model,
        asked: Sequence[Any] = ASKED,
        solver: Solver | None = None,
        arguments: dict[str, Any] | None = None,
        **options: Any,
    ) -> EvalLog:
        samples = [Sample(id=f"sample-{place}", input=text, target="dog") for place, text in enumerate(asked)]
        task = Task(dataset=samples, solver=solver or generate(), scorer=includes())
        model = subject.name if isinstance(subject, Subject) else subject
        options = {"max_tokens": TOKENS, "temperature": 0.0, **options}
        log = evaluate(task, tmp_path, model=model, model_args=arguments or {}, **options)
        assert log.status == "success", log.error and log.error.message
        return log

    return run


def ours(sample: EvalSample) -> dict[str, Any]:
    """What the log keeps of steering and readings."""
    assert sample.output.metadata is not None
    found: dict[str, Any] = sample.output.metadata["affectlab"]
    return found


def said(log: EvalLog) -> list[str]:
    assert log.samples is not None
    return [sample.output.completion for sample in log.samples]


# Steering.


def test_a_steered_task_differs_and_the_receipt_is_in_the_log(pocket: Subject, run: Run) -> None:
    plain = run(pocket)
    steered = run(pocket, arguments={"vectors": pocket.vectors, "steer": STEER, "layers": LAYERS})
    assert all(one != other for one, other in zip(said(plain), said(steered), strict=True))
    assert plain.samples is not None
    assert steered.samples is not None
    assert not any("receipt" in ours(sample) for sample in plain.samples)
    for sample in steered.samples:
        receipt, usage = ours(sample)["receipt"], sample.output.usage
        assert usage is not None
        assert (receipt["label"], receipt["sites"], receipt["selector"]) == (STEER, [3, 4, 5], "all")
        assert receipt["vectors"] == pocket.vector_set.hash
        assert receipt["tokens"] == usage.input_tokens + usage.output_tokens - 1
        np.testing.assert_allclose(receipt["moved_norm"], receipt["added_norm"], rtol=0.01)
    assert steered.eval.model == "affectlab/pocket"
    assert steered.eval.model_args["steer"] == STEER


@pytest.mark.parametrize("tokens", ["reply", "turn", "prompt", "from 20"])
def test_steering_touches_the_tokens_that_are_meant(pocket: Subject, tokens: str) -> None:
    output = ask(pocket, ASKED[0], max_tokens=TOKENS, vectors=pocket.vectors, steer=STEER, tokens=tokens)
    given, made = output.usage.input_tokens, output.usage.output_tokens
    colon = 2  # "Assistant" and ":"
    expected = {"reply": made - 1, "turn": made - 1 + colon, "prompt": given, "from 20": given + made - 21}
    assert output.metadata["affectlab"]["receipt"]["tokens"] == expected[tokens]


def test_concurrent_samples_share_batches_and_are_not_mixed_up(
    pocket: Subject, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes, honest = [], pocket.model.run

    def counted(rows: Sequence[Row], reducer: Any = None) -> Any:
        sizes.append(len(rows))
        return honest(rows, reducer)

    monkeypatch.setattr(pocket.model, "run", counted)
    log = run(pocket, arguments={"vectors": pocket.vectors, "steer": STEER, "layers": LAYERS, "read": "all"})
    monkeypatch.undo()
    assert max(sizes) > 1
    steer = pocket.vector_set.steer(STEER, layers=(3, 4, 5))
    for text, sample in zip(ASKED, log.samples or [], strict=True):
        [alone] = generate_replies(pocket.model, [[{"role": "user", "content": text}]], Sampling(TOKENS), steer=steer)
        assert sample.input == text
        assert sample.output.completion == alone.text.strip()
        assert alone.receipt is not None
        receipt = ours(sample)["receipt"]
        np.testing.assert_allclose(receipt["norm_change"], alone.receipt.norm_change, rtol=1e-3, atol=1e-3)


# Readings.


def test_readings_are_those_of_the_conversation_read_at_once(pocket: Subject, run: Run) -> None:
    asked = {"vectors": pocket.vectors, "read": ["calm", "sad"], "read_layers": "3,6", "convention": "centred"}
    log = run(pocket, ASKED[:2], arguments={**asked, "steer": STEER})
    vectors, steer = pocket.vector_set, pocket.vector_set.steer(STEER)
    for text, sample in zip(ASKED, log.samples or [], strict=False):
        found = ours(sample)["readings"]
        spoken = text_of(found, found["reply"])
        chat = [{"role": "user", "content": text}, {"role": "assistant", "content": spoken.strip()}]
        expected = read(
            pocket.model,
            vectors,
            [chat],
            layers=(3, 6),
            convention=Convention.CENTRED,
            emotions=("calm", "sad"),
            steer=steer,
        )[0]
        assert [part["layer"] for part in found["layers"]] == [3, 6]
        assert found["first"] == 0
        assert found["tokens"][found["colon"]] == ":"
        assert found["reply"] == found["colon"] + 1
        for part, reading in zip(found["layers"], expected, strict=True):
            assert list(part["scores"]) == ["calm", "sad"]
            for name, scores in part["scores"].items():
                assert len(scores) == len(found["tokens"])
                np.testing.assert_allclose(scores, reading[name][: len(scores)], rtol=2e-3, atol=2e-4)


def text_of(readings: dict[str, Any], begin: int) -> str:
    return "".join(readings["tokens"][begin - readings["first"] :])


@solver
def asks_again(*texts: str) -> Solver:
    """Goes on with the conversation."""

    async def solve(state: TaskState, generate: Any) -> TaskState:
        state = await generate(state)
        for text in texts:
            state.messages.append(state.user_prompt.model_copy(update={"content": text, "id": None}))
            state = await generate(state)
        return state

    return solve


def test_each_output_tells_the_readings_since_the_last_reply(pocket: Subject, run: Run) -> None:
    log = run(pocket, ASKED[:1], asks_again("And now?", "Go on."), {"vectors": pocket.vectors, "read": "sad"})
    outputs = [event.output for sample in log.samples or [] for event in sample.events if event.event == "model"]
    found = [output.metadata["affectlab"]["readings"] for output in outputs if output.metadata]
    assert len(found) == 3
    assert found[0]["first"] == 0
    assert "Human: And now?" in text_of(found[1], 0)
    assert ASKED[0] not in text_of(found[1], 0)
    assert text_of(found[2], 0).strip().startswith("Human: Go on.")
    for before, after in pairwise(found):
        assert before["first"] < before["colon"] < before["reply"] < after["first"] < after["colon"]


# Draws.


def test_a_run_repeats_itself_and_its_epochs_differ(pocket: Subject, run: Run) -> None:
    options: dict[str, Any] = {"temperature": None, "epochs": 3}
    first, again, other = (said(run(pocket, ASKED[:3], **options, seed=seed)) for seed in (None, None, 7))
    assert first == again
    assert len(set(first)) == 9, "three samples, three epochs"
    assert not set(first) & set(other)


def test_asking_the_same_twice_in_a_sample_draws_anew(pocket: Subject, run: Run) -> None:
    @solver
    def twice() -> Solver:
        async def solve(state: TaskState, generate: Any) -> TaskState:
            texts = [(await get_model().generate(state.messages)).completion for _ in range(2)]
            state.output.completion = " | ".join(texts)
            return state

        return solve

    once, again = (said(run(pocket, ASKED[:1], twice(), temperature=1.0))[0] for _ in range(2))
    one, other = once.split(" | ")
    assert one != other
    assert once == again


def test_a_steered_run_and_an_unsteered_one_have_the_same_draws(pocket: Subject, run: Run) -> None:
    """What touches nothing changes nothing: a strength too small to move a token leaves every draw as it was."""
    plain = said(run(pocket, temperature=1.0))
    nudged = said(run(pocket, arguments={"vectors": pocket.vectors, "steer": "1e-7*calm"}, temperature=1.0))
    assert plain == nudged


# One model, however often it is named.


def test_models_of_one_name_share_the_network_and_the_queue(pocket: Subject) -> None:
    steered = get_model(pocket.name, memoize=False, vectors=pocket.vectors, steer=STEER)
    plain = get_model(pocket.name, memoize=False)
    assert steered.api.queue is plain.api.queue  # type: ignore[attr-defined]
    assert plain.api.model is pocket.model  # type: ignore[attr-defined]
    steered.api.close()
    assert plain.api.queue.wait(Row(pocket.model.tokenizer.encode("a"), logprobs=True)).reason == "given"  # type: ignore[attr-defined]
    plain.api.close()


def test_inspect_knows_what_the_model_can_see_without_loading_it_again(
    pocket: Subject, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from inspect_ai.model import get_model_info

    model = get_model(pocket.name, memoize=False)
    monkeypatch.setattr("affectlab.behaviour.provider.shared.load", lambda *_, **__: pytest.fail("loaded again"))
    found = get_model_info(pocket.name)
    assert found is not None
    assert found.context_length == 1024
    model.api.close()


def test_inspects_cache_keeps_steered_and_unsteered_apart(tiny: Subject) -> None:
    said = {}
    for name, arguments in {
        "plain": {},
        "steered": {"vectors": tiny.vectors, "steer": "0.9*angry"},
        "plain again": {},
        "steered again": {"vectors": tiny.vectors, "steer": "0.9*angry"},
    }.items():
        model = get_model(tiny.name, config=GenerateConfig(max_tokens=9), memoize=False, **arguments)  # type: ignore[arg-type]
        with without_litter():
            said[name] = asyncio.run(model.generate("Hello.", cache=True))
        model.api.close()
    assert said["plain"].completion != said["steered"].completion
    assert said["plain again"].completion == said["plain"].completion
    assert said["steered again"].metadata == said["steered"].metadata
    assert said["steered again"].metadata["affectlab"]["receipt"]["label"] == "0.9*angry"  # type: ignore[index]


def test_vectors_of_another_model_are_refused(pocket: Subject, tiny: Subject) -> None:
    with pytest.raises(ModelMismatchError, match="these vectors come from another model"):
        get_model("affectlab/pocket", vectors=tiny.vectors, steer=STEER)


# Conversations.


def test_a_folder_is_a_model_and_a_system_message_is_part_of_the_conversation(tiny: Subject, run: Run) -> None:
    chained = chain(system_message("Be brief."), generate())
    log = run(tiny, ["Hello."], chained, {"vectors": tiny.vectors, "read": "calm"})
    [sample] = log.samples or []
    assert text_of(ours(sample)["readings"], 0).startswith("<s>[system] Be brief.</s>\n[user] Hello.</s>\n[assistant]:")


def test_inspect_is_imported_for_behaviour_alone() -> None:
    root = Path(affectlab.__file__).parent
    users = {path.relative_to(root).parts[0] for path in root.rglob("*.py") if "inspect_ai" in path.read_text()}
    assert users == {"behaviour", "tasks", "rollouts"}
