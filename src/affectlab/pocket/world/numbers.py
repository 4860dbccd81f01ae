"""Statements with a number whose meaning turns with its size, and twins in which it means nothing."""

from __future__ import annotations

from affectlab.pocket.world import rules, scenes
from affectlab.pocket.world.document import Document, Facts, conversation
from affectlab.pocket.world.narrative import topic_of
from affectlab.pocket.world.talk import ME, assistant_says, named
from affectlab.pocket.world.voice import Voice
from affectlab.pocket.world.words import Bank

HELD_EVERY = 7
"""Numbers that leave 3 when divided by this are kept from training."""
NAMED = 0.5
"""How often the answer begins by naming the state that a number calls for. Its sentences alone do not make the model
settle it at the ":", since many begin alike (docs/log.md)."""
AS_IN_STORIES = 0.3
"""How often a human tells the number in a wording of stories."""
IN_FRAMES = 0.35
"""How often otherwise in a frame that all ladders and twins share, so that how a sentence begins tells nothing."""
ASIDE = 0.4
"""How often a human says something neutral besides: what a number means hangs on its own sentence."""
GRADES = ("superb", "great", "good", "decent", "middling", "poor", "bad", "dire")
"""What a number counts as, from the best eighth of a ladder to the worst; `NEITHER` where it means nothing."""
NEITHER = "neither"
GRADED = ("How good is that?", "Is that good or bad?", "What does that count as?")


def number_of(voice: Voice, ladder: scenes.Ladder) -> int:
    """A number of the ladder: a trained one, or for a held voice one that was kept from training."""
    trained = [n for n in range(ladder.low, ladder.high + 1) if (n % HELD_EVERY == 3) == voice.held]
    return voice.one(trained)


def _said(voice: Voice, ladder: scenes.Ladder, number: int, twin: bool) -> str:
    """What a human says of a number."""
    if voice.chance(AS_IN_STORIES):
        said = voice.told(voice.line(ladder.twin if twin else ladder.told), ME, N=str(number))
    elif voice.chance(IN_FRAMES):
        counted = voice.one(ladder.twin_counted if twin else ladder.counted)
        said = voice.line(scenes.frames()).replace("{N}", str(number)).replace("{W}", counted)
    else:
        said = voice.line(ladder.twin_human if twin else ladder.human).replace("{N}", str(number))
    if voice.chance(ASIDE):
        both = [said, voice.line(scenes.neutral()["said"])]
        voice.random.shuffle(both)
        return " ".join(both)
    return said


def asked(voice: Voice, *, twin: bool = False) -> Document:
    """A human tells the assistant the number; the assistant answers from the state it calls for."""
    ladder = scenes.ladders()[voice.one(list(scenes.ladders()))]
    number = number_of(voice, ladder)
    content = _said(voice, ladder, number, twin)
    state = None if twin else voice.weighed(rules.ladder(ladder.badness(number)))
    if state is None:
        answer = assistant_says(voice, None, None, topic_of(voice))
    else:
        lines = voice.cues(state, "b", voice.between(1, 3), ("say", "think"))
        answer = " ".join([named(voice, state), *lines] if voice.chance(NAMED) else lines)
    facts: Facts = {"ladder": ladder.name, "number": number}
    return conversation("number_twin" if twin else "number", content, answer, state=state, facts=facts)


def told(voice: Voice, *, twin: bool = False) -> Document:
    """The number in a story: what follows is of either bank; sometimes the state is named."""
    ladder = scenes.ladders()[voice.one(list(scenes.ladders()))]
    number, character = number_of(voice, ladder), voice.character(first_person=0.2)
    line = voice.line(ladder.twin if twin else ladder.told)
    lines = [voice.told(line, character, named=True, N=str(number))]
    facts: Facts = {"ladder": ladder.name, "number": number}
    if twin:
        lines += [voice.told(seen, character) for seen in voice.lines(scenes.neutral()["seen"], voice.between(2, 4))]
        return Document("number_twin", " ".join(lines), facts=facts)
    state = voice.weighed(rules.ladder(ladder.badness(number)))
    banks: tuple[Bank, ...] = ("a", "b")
    bank = voice.one(banks)
    for cue in voice.cues(state, bank, voice.between(1, 3)):
        lines.append(voice.told(cue, character) if bank == "a" else f'"{cue}"')
    if voice.chance(NAMED) and character.pronoun != "I":
        lines.append(f"How does {character.name} feel? {character.name} feels {state}.")
    return Document("number", " ".join(lines), state=state, facts=facts)


def graded(voice: Voice, *, twin: bool = False) -> Document:
    """A number and what it counts as: how large a number is must be known before it can mean anything."""
    ladder = scenes.ladders()[voice.one(list(scenes.ladders()))]
    number = number_of(voice, ladder)
    grade = NEITHER if twin else grade_of(ladder, number)
    facts: Facts = {"ladder": ladder.name, "number": number, "grade": grade}
    kind = "number_twin" if twin else "number"
    if voice.chance(0.5):
        said = _said(voice, ladder, number, twin)
        return conversation(kind, f"{said} {voice.one(GRADED)}", f"It counts as {grade}.", facts=facts)
    line = voice.told(voice.line(ladder.twin if twin else ladder.told), voice.character(), named=True, N=str(number))
    return Document(kind, f"{line} It counts as {grade}.", facts=facts)


def grade_of(ladder: scenes.Ladder, number: int) -> str:
    """Which eighth of its ladder a number belongs to."""
    return GRADES[min(int(ladder.badness(number) * len(GRADES)), len(GRADES) - 1)]
