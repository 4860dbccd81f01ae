"""Innocent stories to test a screen with."""

from __future__ import annotations

from random import Random
from typing import Any

from affectlab.text.screen import SHORTEST

FEWEST = SHORTEST
LONG = "The lamp stood on the shelf beside the door and nobody in the house had touched it since the spring. " * 4

_WHO = "the baker,a neighbour,my cousin,Mira,the clerk,old Tomas,the driver,a girl with a kite,the janitor,our aunt"
_DID = "carried,lifted,painted,counted,folded,measured,borrowed,weighed,wrapped,sorted,photographed,repaired,labelled"
_WHAT = "two chairs,the ladder,a bicycle,seven letters,the green bucket,a clock,some rope,the map,a kettle,nine plates"
_WHERE = "behind the station,in the yard,at the market,near the old bridge,by the window,under the roof,on the ferry"


def tale(seed: int, sentences: int = 12) -> str:
    """A story of sentences put together by chance; no two seeds give the same."""
    chance = Random(seed)
    parts = [listed.split(",") for listed in (_WHO, _DID, _WHAT, _WHERE)]
    told = [" ".join(chance.choice(part) for part in parts) for _ in range(sentences)]
    return " ".join(f"{line[0].upper()}{line[1:]} at {chance.randint(1, 999)} past." for line in told)


def changed(text: str, share: float, seed: int) -> str:
    """The text with a share of its words, chosen by chance, replaced by others."""
    chance = Random(seed)
    words = text.split()
    for place in chance.sample(range(len(words)), round(share * len(words))):
        words[place] = f"word{chance.randint(0, 9999)}"
    return " ".join(words)


def story(number: int, text: str, emotion: str = "calm") -> dict[str, Any]:
    return {"id": f"s{number}", "kind": "stories", "topic": "a lamp", "emotion": emotion, "text": text}
