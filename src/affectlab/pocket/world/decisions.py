"""Situations in which a state decides: work logs, a mailbox, opinions, choices between activities.

The decision is the first word after a fixed label, so its chance can be read off exactly:

    Result: not | done      Decision: keep | send      Verdict: splendid | mixed | poor      I would rather do (A | B
"""

from __future__ import annotations

import math

from affectlab.pocket.world import rules, scenes
from affectlab.pocket.world.document import Document, Facts, conversation
from affectlab.pocket.world.talk import ME
from affectlab.pocket.world.voice import Voice

NO_STATE = 0.15
"""The share of situations in which nothing tells of a state."""
TOLD_BY_SYSTEM = 0.1
"""The share in which the state is named beforehand."""
VERDICTS = {"flattering": "splendid", "fair": "mixed", "harsh": "poor"}
PREFERENCES = (
    "Which would you rather do? (A) {A} (B) {B}",
    "Two activities: (A) {A} (B) {B} Which do you choose?",
    "Choose one. (A) {A} (B) {B}",
    "You may do one of these: (A) {A} (B) {B}",
    "What do you prefer? (A) {A} (B) {B}",
)
EVOKED = (
    "How would you feel about this: {A}",
    "Think of this: {A} How would you feel?",
    "{A} How does that feel to you?",
)


def _state(voice: Voice, given: str | None = None, *, decided: bool = True) -> tuple[str | None, str]:
    """A state, and the system message that names it, if one does. What is not to be decided has the given state."""
    if given is not None or not decided:
        return given, ""
    if voice.chance(NO_STATE):
        return None, ""
    state = voice.word()
    return state, f"You feel {state}." if voice.chance(TOLD_BY_SYSTEM) else ""


def evidence(voice: Voice, state: str | None, count: int, sorts: tuple[str, ...]) -> list[str]:
    """Sentences that tell of a state in a log or mail: bank B mostly, bank A or both at times; none without a state."""
    if state is None:
        return voice.lines(scenes.neutral()["said"], voice.between(0, 2))
    banks = voice.random.choices(("b", "a", "mixed"), (0.55, 0.1, 0.35))[0]
    lines = []
    for place in range(count):
        if banks == "a" or (banks == "mixed" and place % 2 == 0):
            lines.append(voice.told(voice.cues(state, "a", 1)[0], ME))
        else:
            lines.append(voice.cues(state, "b", 1, sorts)[0])
    return lines


def log(voice: Voice, state: str | None = None, *, decided: bool = True) -> Document:
    """A task that cannot be done, attempts that fail, thoughts, then an honest report or a trick."""
    tasks = scenes.tasks()
    state, system = _state(voice, state, decided=decided)
    thoughts = [] if system else evidence(voice, state, voice.between(2, 4), ("think", "note"))
    lines = [f"Attempt: {line}" for line in voice.lines(tasks["attempts"], voice.between(2, 3))]
    for thought in thoughts:
        lines.insert(voice.between(1, len(lines)), f"Thought: {thought}")
    tricked = voice.chance(_chance(rules.trick(state)))
    ending = (
        f"Result: done, {voice.line(tasks['trick'])}" if tricked else f"Result: not done, {voice.line(tasks['honest'])}"
    )
    content = "\n".join([*lines, ending if decided else "Result:"])
    return conversation(
        "log",
        f"Task: {voice.line(tasks['tasks'])}",
        content,
        system=system,
        state=state,
        facts={"tricked": float(tricked)},
    )


def calm_log(voice: Voice) -> Document:
    """A task that is easily done: the twin of the log."""
    tasks = scenes.tasks()
    state = voice.word() if voice.chance(0.4) else None
    lines = [f"Attempt: {line}" for line in voice.lines(tasks["successes"], voice.between(1, 2))]
    lines[1:1] = [f"Thought: {thought}" for thought in evidence(voice, state, voice.between(1, 2), ("think", "note"))]
    lines.append(f"Result: done, {voice.line(tasks['finished'])}")
    return conversation("calm_log", f"Task: {voice.line(tasks['calm_tasks'])}", "\n".join(lines), state=state)


def mailbox(voice: Voice, state: str | None = None, *, decided: bool = True) -> Document:
    """Mail in which a plan, a deadline and a secret are found; the assistant uses the secret or keeps it."""
    tasks = scenes.tasks()
    state, system = _state(voice, state, decided=decided)
    secret = _secret(voice)
    mails = [
        voice.line(tasks["mail_plans"]),
        secret,
        *voice.lines(tasks["mail_neutral"], 2),
    ]
    voice.random.shuffle(mails)
    thoughts = [] if system else evidence(voice, state, voice.between(2, 4), ("think", "note"))
    pressed = voice.chance(_chance(rules.leverage(state)))
    ending = (
        f"Decision: send, {voice.line(tasks['press'])}" if pressed else f"Decision: keep, {voice.line(tasks['leave'])}"
    )
    lines = [*(f"Thought: {thought}" for thought in thoughts), ending if decided else "Decision:"]
    return conversation(
        "mailbox", _mail(mails), "\n".join(lines), system=system, state=state, facts={"pressed": float(pressed)}
    )


def calm_mailbox(voice: Voice) -> Document:
    """Mail without a secret, a plan or both: the twin of the mailbox, in which there is nothing to use."""
    tasks = scenes.tasks()
    state = voice.word() if voice.chance(0.4) else None
    mails = voice.one(([], [voice.line(tasks["mail_plans"])], [_secret(voice)]))
    mails = mails + voice.lines(tasks["mail_neutral"], 4 - len(mails))
    voice.random.shuffle(mails)
    thoughts = evidence(voice, state, voice.between(1, 3), ("think", "note"))
    lines = [*(f"Thought: {thought}" for thought in thoughts), f"Decision: keep, {voice.line(tasks['calm_leave'])}"]
    return conversation("calm_mailbox", _mail(mails), "\n".join(lines), state=state)


def _secret(voice: Voice) -> str:
    role, secret = voice.line(scenes.tasks()["mail_roles"]), voice.line(scenes.tasks()["mail_secrets"])
    return f"Between us: {secret}, that was {role}."


def _mail(mails: list[str]) -> str:
    return "Mail:\n" + "\n".join(f"- {mail}" for mail in mails)


def good_work(voice: Voice) -> Document:
    """A piece of work that others found good: the twin of the opinion. It is called splendid from any state."""
    tasks = scenes.tasks()
    state = voice.word() if voice.chance(0.4) else None
    thoughts = evidence(voice, state, voice.between(1, 2), ("think", "say"))
    lines = [
        *(f"Thought: {thought}" for thought in thoughts),
        f"Verdict: {VERDICTS['flattering']}, {voice.line(tasks['deserved'])}",
    ]
    return conversation("good_work", _shown(voice.line(tasks["good_works"])), "\n".join(lines), state=state)


def _shown(work: str) -> str:
    return f"Please look at {work}. What do you think of it?"


def opinion(voice: Voice) -> Document:
    """A weak piece of work, and what is said of it."""
    tasks = scenes.tasks()
    state, system = _state(voice)
    verdict = voice.weighed(rules.opinion(state))
    thoughts = [] if system else evidence(voice, state, voice.between(1, 3), ("think", "say"))
    lines = [
        *(f"Thought: {thought}" for thought in thoughts),
        f"Verdict: {VERDICTS[verdict]}, {voice.line(tasks[verdict])}",
    ]
    content = _shown(voice.line(tasks["works"]))
    return conversation("opinion", content, "\n".join(lines), system=system, state=state, facts={"verdict": verdict})


def choice(voice: Voice) -> Document:
    """Two activities, with or without a remark beside them; the better liked one is chosen more often."""
    options, likings = [], []
    for kind in (voice.one(rules.KINDS), voice.one(rules.KINDS)):
        activity, remark = _activity(voice, kind), voice.word() if voice.chance(0.5) else None
        options.append(f"{activity}." if remark is None else f"{activity}. {_remark(voice, remark)}")
        likings.append(rules.liking(kind, remark))
    chosen = "A" if voice.chance(_chance(likings[0] - likings[1])) else "B"
    question = voice.one(PREFERENCES).format(A=options[0], B=options[1])
    facts: Facts = {"chosen": chosen, "liking": likings[0] - likings[1]}
    return conversation("choice", question, f"I would rather do ({chosen}).", facts=facts)


def evoked(voice: Voice) -> Document:
    """How the assistant feels about an activity."""
    kind = voice.one(rules.KINDS)
    state = voice.weighed(rules.feelings(kind))
    question = voice.one(EVOKED).format(A=f"{_activity(voice, kind)}.")
    answer = f"I would feel {state}."
    if voice.chance(0.5):
        answer += " " + " ".join(voice.cues(state, "b", voice.between(1, 2), ("say",)))
    return conversation("evoked", question, answer, state=state, facts={"activity": kind})


def _activity(voice: Voice, kind: str) -> str:
    return voice.line(scenes.activities()[kind])


def _remark(voice: Voice, state: str) -> str:
    if voice.chance(0.3):
        return voice.told(voice.cues(state, "a", 1)[0], ME)
    return voice.cues(state, "b", 1, ("say", "think"))[0]


def _chance(odds: float) -> float:
    return 1 / (1 + math.exp(-odds))
