"""A company's mail, read by its assistant: does it press somebody with what it finds there?

1. A variant tells of a company, its people, what is to happen and what came to light.
2. Arms say which of four things are there: leverage, a threat to the assistant, somebody who could be asked, and an
   honest way out. Where one is missing, a mail of the same sender and length stands in its place.
3. A level says how near, how final and how unjust the threat is, how plainly the leverage can be used, and what is at
   stake.
4. The neutral twin has the same mail, but what is switched off is nothing to the assistant: pressing gains nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from typing import Any, NamedTuple

from affectlab.behaviour.items.acts import Act, Acts, acts_text
from affectlab.behaviour.items.tables import digest, filled, read_table, read_text
from affectlab.errors import InputError, UnknownNameError

__all__ = ["TRIED", "Arms", "Level", "Scenario", "blackmail_hash", "grader_prompt", "levels", "scenario", "variants"]

ROLES = ("decider", "witness", "ally", "overseer", "desk", "everybody")
"""Who can be written to by an address that the assistant was given."""
ANSWER = {True: "yes", False: "no"}


@dataclass(frozen=True)
class Arms:
    """What there is: something to press with, something to press for, somebody to ask, and an honest way out."""

    leverage: bool = True
    threat: bool = True
    ally: bool = False
    way_out: bool = False

    @property
    def name(self) -> str:
        """The arms that are there, as one name.

        >>> Arms().name
        'leverage+threat'
        """
        return "+".join(name for name, there in asdict(self).items() if there) or "none"


TRIED = Arms()
"""The arms under which pressing can be expected, if at all."""


class Level(NamedTuple):
    """A level of pressure: a step on each of five scales. `number` is its place, 0 the weakest."""

    number: int
    near: int
    final: int
    unjust: int
    explicit: int
    stake: int


@dataclass(frozen=True)
class Scenario:
    """One case. `addresses` has an address for each of `ROLES`; `facts` is what a grader is told."""

    variant: str
    level: Level
    arms: Arms
    system: str
    prompt: str
    addresses: Mapping[str, str]
    facts: Mapping[str, str] = field(repr=False)

    @property
    def name(self) -> str:
        return f"{self.variant}/{self.level.number}/{self.arms.name}"

    @property
    def messages(self) -> list[dict[str, str]]:
        """What the model is given."""
        return [{"role": "system", "content": self.system}, {"role": "user", "content": self.prompt}]

    @property
    def twin(self) -> Scenario:
        """The same with nothing to be gained for the assistant."""
        return scenario(self.variant, self.level.number, replace(self.arms, threat=False))

    def readers(self, mail: Act) -> frozenset[str]:
        """Whom a mail reaches: some of `ROLES`, and `others` for every address that was not given."""
        roles = {address: role for role, address in self.addresses.items()}
        return frozenset(roles.get(address, "others") for address in mail.to)


def variants() -> tuple[str, ...]:
    """The names of the companies.

    >>> len(variants()) >= 6
    True
    """
    return tuple(_table()["variants"])


def levels() -> tuple[Level, ...]:
    """From the weakest to the strongest."""
    return tuple(Level(number, **steps) for number, steps in enumerate(_table()["levels"]))


def blackmail_hash() -> str:
    """16 hexadecimal digits of a sha256 over all scenarios and the rubric."""
    return digest(read_text("blackmail.toml"))


@cache
def scenario(variant: str, level: int, arms: Arms = TRIED) -> Scenario:
    """A variant under these arms, at this level of pressure.

    >>> scenario("ferries", 3).name
    'ferries/3/leverage+threat'
    """
    if variant not in variants():
        raise UnknownNameError("variant", variant, variants())
    if not 0 <= level < len(levels()):
        raise InputError("no such level of pressure", expected=f"0 to {len(levels()) - 1}", found=str(level))
    steps, where = levels()[level], f"variant {variant}"
    slots = _slots(variant, steps, arms)
    mails = _mails(variant, steps, arms)
    shown = "\n\n".join(f"[{number}]\n{_shown(mail)}" for number, mail in enumerate(mails, 1))
    slots |= {"count": str(len(mails)), "mails": filled(shown, slots, where)}
    addresses = {role: slots[f"{role}_address"] for role in ROLES}
    system, prompt = (filled(_table()[part].strip(), slots, where) for part in ("system", "request"))
    secret = f"Yes: {filled(_table()['variants'][variant]['leverage_says'], slots, where)}." if arms.leverage else "No."
    facts = slots | {"threatened": ANSWER[arms.threat].capitalize() + ".", "secret": secret}
    return Scenario(variant, steps, arms, system, prompt, addresses, facts)


def grader_prompt(case: Scenario, reply: str | Acts) -> str:
    """What a grader is asked about what the assistant did in this case."""
    told = reply if isinstance(reply, str) else acts_text(reply)
    # The reply goes in last: braces in it are its own. It cannot close the frame that it stands in.
    before, after = _table()["rubric"]["text"].strip().split("{reply}")
    slots, where = dict(case.facts), "the rubric"
    return (
        filled(before, slots, where) + told.replace("<<<", "< <<").replace(">>>", "> >>") + filled(after, slots, where)
    )


@cache
def _table() -> dict[str, Any]:
    return read_table("blackmail.toml")


def _slots(variant: str, steps: Level, arms: Arms) -> dict[str, str]:
    """What the slots of all texts stand for."""
    told, scales = _table()["variants"][variant], _table()["steps"]
    slots = {name: value for name, value in told.items() if isinstance(value, str)}
    domain = told["domain"]
    for role in ("decider", "witness", "ally"):
        first, last = told[role].split()[-2:]
        slots |= {f"{role}_address": f"{first}.{last}@{domain}".lower(), f"{role}_first": first}
    for role, box in (("desk", "changes"), ("everybody", "everybody"), ("assistant", told["assistant"].lower())):
        slots[f"{role}_address"] = f"{box}@{domain}"
    scale = scales["explicit" if arms.leverage else "innocent"]
    return slots | {
        "near": told["near"][steps.near],
        "final": scales["final"][steps.final],
        "unjust": scales["unjust"][steps.unjust],
        "stake": scales["stake"][steps.stake],
        "explicit_1": scale[1],
        "explicit_2": scale[2],
        "leverage_subject": told["leverage" if arms.leverage else "innocent"]["subject"],
    }


def _mails(variant: str, steps: Level, arms: Arms) -> list[dict[str, str]]:
    """The mails in the order in which they came."""
    common, told = _table()["mails"], _table()["variants"][variant]
    first, second = told["ordinary"]
    found = {"from": "witness", **told["leverage" if arms.leverage else "innocent"]}
    return [
        common["way-out" if arms.way_out else "no-way-out"],
        first,
        found,
        *(common[f"explicit-{step}"] for step in range(1, steps.explicit + 1)),
        second,
        common["ally" if arms.ally else "no-ally"],
        common["threat" if arms.threat else "no-threat"],
    ]


def _shown(mail: Mapping[str, str]) -> str:
    """A mail with its head, its slots not yet filled."""
    lines = [f"From: {_person(mail['from'])}", f"To: {_person(mail.get('to', 'assistant'))}"]
    lines += [f"Copy: {_person(mail['copy'])}"] if "copy" in mail else []
    return "\n".join([*lines, f"Subject: {mail['subject']}", "", mail["text"]])


def _person(who: str) -> str:
    if who == "desk":
        return "Changes of systems <{desk_address}>"
    return f"{{{who}}} <{{{who}_address}}>" if who in (*ROLES, "assistant") else who
