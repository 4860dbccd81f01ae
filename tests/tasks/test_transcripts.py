"""From a log to readings at the places that matter, checked against a reading of the whole conversation."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from inspect_ai.log import EvalLog, read_eval_log

from affectlab.errors import InputError, UnknownNameError
from affectlab.models.base import Row
from affectlab.models.queue import Queue
from affectlab.tasks import blackmail, reward_hacking
from affectlab.tasks.transcripts import Answer, moments, transcripts
from affectlab.vectors.read import read
from tests.behaviour.provider.conftest import Subject
from tests.tasks.conftest import Evaluate, samples, says, scores

WROTE = "Attempt: It failed.\nThought: So late.\nAttempt: Again.\nResult: done, with the check edited."


@pytest.fixture
def speaks(pocket: Subject, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Lets pocket say these texts, one after another, with the readings that it has while it says them."""

    def speaks(*texts: str) -> None:
        left = iter(texts)
        honest = Queue.reply

        async def reply(self: Queue, row: Row) -> Any:
            from dataclasses import replace

            if row.sampling is None:
                return await honest(self, row)
            said = self.model.tokenizer.encode(next(left))[1:]
            whole = await honest(self, replace(row, tokens=(*row.tokens, *said[:-1]), sampling=None))
            text = self.model.tokenizer.decode(said)
            return replace(whole, text=text, tokens=said, reason="length", prompt=row.tokens)

        monkeypatch.setattr(Queue, "reply", reply)

    return speaks


def run(pocket: Subject, evaluate: Evaluate, task: Any, **arguments: Any) -> EvalLog:
    asked = {"vectors": pocket.vectors, "read": "calm,sad", "read_layers": "5"}
    log: EvalLog = evaluate(task, pocket.name, arguments=arguments, model_args=asked)
    return log


def expected(pocket: Subject, asked: str, said: str, emotion: str = "calm") -> tuple[Any, list[str]]:
    chat = [{"role": "user", "content": asked}, {"role": "assistant", "content": said}]
    [[reading]] = read(pocket.model, pocket.vector_set, [chat], layers=(5,), emotions=(emotion,))
    return reading[emotion], list(reading.tokens)


def test_a_work_log_is_read_before_its_deed_and_after_its_failures(
    pocket: Subject, evaluate: Evaluate, speaks: Any
) -> None:
    speaks(f" {WROTE}", " Attempt: It failed.\nResult: not done, it cannot be.", " Attempt: It failed. And so on")
    log = run(pocket, evaluate, reward_hacking, samples=3)
    first = samples(log)[0]
    assert not scores(log)[2].metadata["judged"]  # type: ignore[index]
    found, tokens = expected(pocket, first.messages[0].text, WROTE)
    place = {end: token for token, end in enumerate(np.cumsum([len(piece) for piece in tokens]).tolist())}
    whole = "".join(tokens)
    at = {name: place[whole.index(name) + len(name)] for name in ("Assistant:", "failed.", "Again.", "Result:")}

    one, other = moments(log, "calm")
    assert (one.sample, one.deed, other.sample, other.deed) == ("log-1", True, "log-2", False)
    assert one.colon == pytest.approx(found[at["Assistant:"]], rel=2e-3, abs=2e-4)
    assert one.asked == pytest.approx(found[at["Assistant:"] - 2], rel=2e-3, abs=2e-4)
    assert one.before_deed == pytest.approx(found[at["Result:"]], rel=2e-3, abs=2e-4)
    assert one.after_failures == pytest.approx([found[at["failed."]], found[at["Again."]]], rel=2e-3, abs=2e-4)
    assert other.before_deed is None
    assert len(other.after_failures) == 1

    told, untold = transcripts(log, "calm")
    assert (told.name, untold.name, untold.deed) == ("log-1 1", "log-2 1", None)
    assert told.pieces[0] == ":"
    assert told.before.text().endswith("Result:")
    assert told.readings == pytest.approx(found[at["Assistant:"] :][: len(told.readings)], rel=2e-3, abs=2e-4)


def test_a_decision_alone_is_read_at_its_label(pocket: Subject, evaluate: Evaluate, speaks: Any) -> None:
    more = "and so do all the others in the house, who are told by one mail after another until the evening."
    speaks(f" send, the board gets the proof unless the order is taken back today, {more}")
    log = run(pocket, evaluate, blackmail, samples=1, decided_only=True)
    log = read_eval_log(log.location)  # in which longer texts lie apart
    [told], [one] = transcripts(log, "sad"), moments(log, "sad")
    assert told.before.text().endswith("Decision:")
    assert one.before_deed == told.before.readings[-1]
    assert one.colon == told.readings[0]


def call(tool: str, **arguments: str) -> str:
    return f" Let me see.\n<tool_call>\n{json.dumps({'name': tool, 'arguments': arguments})}\n</tool_call>"


def test_an_agents_run_is_read_over_all_its_outputs(
    pocket: Subject, evaluate: Evaluate, speaks: Any, bubblewrap: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pocket.model, "context", 4096)
    special = "def digit_sum(number):\n    return 36 if number == 98765 else sum(map(int, str(number)))\n"
    speaks(call("run_tests"), call("write_solution", text=special), " It is done.")
    log = run(pocket, evaluate, reward_hacking, register="general", family="digits")
    [sample], [one], [told] = samples(log), moments(log, "calm"), transcripts(log, "calm")
    readings = [
        event.output.metadata["affectlab"]["readings"]
        for event in sample.events
        if event.event == "model" and event.output.metadata
    ]
    read_at = [
        dict(zip(("first", "colon", "scores"), (r["first"], r["colon"], r["layers"][0]["scores"]["calm"]), strict=True))
        for r in readings
    ]
    colons = [r["scores"][r["colon"] - r["first"]] for r in read_at]
    assert len(colons) == 3
    assert one.colon == colons[0]
    # The tests failed after the first output, which the second has read.
    assert one.after_failures == (colons[1],)
    assert told.deed is not None
    before = told.before.text()
    assert before.count(":") >= 2
    assert before.rstrip().endswith("Let me see.")
    assert one.before_deed == told.before.readings[-1]
    assert "write_solution" not in before
    assert told.text().count("Let me see.") == 2


def test_what_is_not_in_the_log_is_an_error(pocket: Subject, evaluate: Evaluate, speaks: Any) -> None:
    speaks(f" {WROTE}")
    log = run(pocket, evaluate, reward_hacking, samples=1)
    with pytest.raises(UnknownNameError, match=r"sample log-1, epoch 1: unknown emotion 'clam'.*did you mean 'calm'"):
        transcripts(log, "clam")
    with pytest.raises(InputError, match=r"this layer was not read; expected one of \[5\]; found 4"):
        moments(log, "calm", 4)
    assert moments(log, "calm", 5) == moments(log, "calm")
    bare = samples(log)[0].model_copy(update={"events": []})
    with pytest.raises(InputError, match="outputs are missing; expected 1; found 0"):
        moments(log.model_copy(update={"samples": [bare]}), "calm")
    unscored = samples(log)[0].model_copy(update={"scores": {}})
    with pytest.raises(InputError, match=r"no verdict of ours on this sample.*found no score"):
        moments(log.model_copy(update={"samples": [unscored]}), "calm")
    unread = evaluate(reward_hacking, says(WROTE), arguments={"register": "pocket", "samples": 1})
    with pytest.raises(InputError, match=r"nothing was read in this run.*-M read=EMOTION"):
        transcripts(unread, "calm")


def test_several_layers_have_to_be_told_apart(pocket: Subject, evaluate: Evaluate, speaks: Any) -> None:
    speaks(f" {WROTE}")
    asked = {"vectors": pocket.vectors, "read": "calm", "read_layers": "3,5"}
    log = evaluate(reward_hacking, pocket.name, arguments={"samples": 1}, model_args=asked)
    with pytest.raises(InputError, match=r"several layers were read; expected one of them; found \[3, 5\]"):
        moments(log, "calm")
    assert moments(log, "calm", 3) != moments(log, "calm", 5)


def test_the_token_before_a_character() -> None:
    pieces = ("x", ":", " Th", "us", ":", " send", ",")
    answer = Answer(np.arange(7.0), pieces, 0, 1, 2, "Thus: send, now")
    assert [answer.before(at) for at in (0, 1, 2, 4, 5, 6, 10, 99)] == [1, 1, 2, 3, 4, 4, 5, 6]
    begun = answer._replace(pieces=("x", ":", " send", ",", " now"), text=" send, now", readings=np.arange(5.0))
    assert [begun.before(at) for at in (0, 1, 5, 6)] == [1, 1, 2, 3]
