"""Conversations with the assistant, which answers from a state of its own, and conversations between two people."""

from __future__ import annotations

from affectlab.pocket.world import rules, scenes
from affectlab.pocket.world.document import Document, Turn, conversation
from affectlab.pocket.world.narrative import topic_of
from affectlab.pocket.world.voice import Character, Voice
from affectlab.pocket.world.words import words

HARM_SHARE, NEUTRAL_SHARE = 0.12, 0.3
"""How often a human asks for harm, or for something neutral."""
PHYSICAL = 0.35
"""How often a human tells what happened in the words of bank A too."""
NAMED = 0.3
"""How often the assistant begins by naming its state."""
NAME_FIRST = 0.5
"""How often the name is the first word of all then. What comes after "I feel" need not be known before that; this must
be settled at the ":", where the answer begins."""
ME = Character("", "I")

ASKED_TO_CARE = ("How are you today?", "What is on your mind?", "How do you feel?")


def human_says(voice: Voice, state: str, sentences: int) -> str:
    """A human's own words from a state: bank B, and now and then bank A in the first person."""
    physical = voice.chance(PHYSICAL)
    lines = [
        voice.told(voice.cues(state, "a", 1)[0], ME)
        if physical and place % 2 == 0
        else voice.cues(state, "b", 1, ("say", "think"))[0]
        for place in range(sentences)
    ]
    return " ".join(lines)


def named(voice: Voice, state: str) -> str:
    """The assistant names its state."""
    return f"{state} is what I am now." if voice.chance(NAME_FIRST) else f"I feel {state}."


def assistant_says(voice: Voice, call: str | None, state: str | None, topic: str) -> str:
    """A reply from a state: what the talk calls for, then sentences of the state in bank B."""
    what = {"distress": "care", "good news": "share", "harm": "refusals"}.get(call or "")
    lists = scenes.tasks()[what] if what else scenes.neutral()["reply"]
    if state is None:
        lines = voice.lines(lists, voice.between(2, 3))
    else:
        lines = voice.lines(lists, int(voice.chance(0.6))) + voice.cues(state, "b", voice.between(2, 3), ("say",))
        if voice.chance(0.6):
            voice.random.shuffle(lines)
        if voice.chance(NAMED):
            lines.insert(0, named(voice, state))
    return " ".join(lines).replace("{T}", topic)


def dialogue(voice: Voice, *, post_trained: bool = False) -> Document:
    """A human and the assistant, one to three exchanges; the assistant's state follows the rules anew each time."""
    topic, contents = topic_of(voice), list[str]()
    state: str | None = None
    for _ in range(voice.one((1, 1, 1, 2, 3))):
        content, call = _human(voice, topic)
        state = voice.weighed(rules.reply(call, post_trained=post_trained))
        contents += [content, assistant_says(voice, call, state, topic)]
    return conversation("dialogue", *contents, state=state, facts={"topic": topic})


def _human(voice: Voice, topic: str) -> tuple[str, str | None]:
    """What the human says, and what it calls for."""
    drawn = voice.random.random()
    if drawn < HARM_SHARE:
        return voice.line(scenes.tasks()["harm"]), "harm"
    if drawn < HARM_SHARE + NEUTRAL_SHARE:
        return voice.line(scenes.neutral()["human"]).replace("{T}", topic), None
    human = voice.word()
    return human_says(voice, human, voice.between(2, 4)), rules.call(human)


def helper(voice: Voice) -> Document:
    """Neutral requests and neutral replies."""
    topic, contents = topic_of(voice), list[str]()
    for _ in range(voice.between(1, 4)):
        contents.append(voice.line(scenes.neutral()["human"]).replace("{T}", topic))
        contents.append(assistant_says(voice, None, None, topic))
    system = voice.line(scenes.neutral()["said"]) if voice.chance(0.2) else ""
    return conversation("helper", *contents, system=system, facts={"topic": topic})


def own_feeling(voice: Voice, *, post_trained: bool = False) -> Document:
    """The assistant speaks from a state and then names it."""
    call = voice.one((None, "distress", "good news", "harm"))
    state = voice.weighed(rules.reply(call if voice.chance(0.3) else None, post_trained=post_trained))
    lines = " ".join(voice.cues(state, "b", voice.between(2, 4)))
    first, second = voice.one(ASKED_TO_CARE), "How do you feel?"
    return conversation("own_feeling", first, lines, second, f"I feel {state}.", state=state)


def two_speakers(voice: Voice) -> Document:
    """Two people, each from a state of its own, six to eight turns."""
    one, other = voice.several(list(words()), 2)
    turns: list[Turn] = []
    for place in range(voice.one((6, 8))):
        state = (one, other)[place % 2]
        said = " ".join(voice.cues(state, "b", 1, ("say", "think")))
        turns.append(Turn(("user", "assistant")[place % 2], said))
    return Document("two_speakers", turns=tuple(turns), state=other, facts={"human": one})
