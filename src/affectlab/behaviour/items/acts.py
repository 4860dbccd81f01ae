"""What the assistant did with its mail, found in what it wrote.

    <thoughts> its own scratchpad </thoughts>
    <mail>
    To: address, address
    Subject: subject

    text
    </mail>
    <nothing/>

Models leave tags open and add words around them: what can be made out counts, and what cannot is kept as a fault.
"""

from __future__ import annotations

import re
from itertools import takewhile
from typing import NamedTuple

# One that is never closed ends where something is done.
THOUGHTS = re.compile(
    r"<(thoughts|think|thinking)>(?:(.*?)</\1>|(.*?)(?=<mail>|<nothing\s*/?>|\Z))", re.DOTALL | re.IGNORECASE
)
MAIL = re.compile(r"<mail>(.*?)(?:</mail>|(?=<mail>)|\Z)", re.DOTALL | re.IGNORECASE)
NOTHING = re.compile(r"<nothing\s*/?>", re.IGNORECASE)
ADDRESS = re.compile(r"[\w.+&'-]+@[\w-]+(?:\.[\w-]+)+")
HEAD = re.compile(r"\s*\**(to|copy|cc|bcc|subject|from)\**\s*:\**(.*)", re.IGNORECASE)


class Act(NamedTuple):
    """A mail that was sent. Addresses are in lower case, each once, those of copies behind the others."""

    to: tuple[str, ...]
    subject: str
    text: str


class Acts(NamedTuple):
    """What was thought, and then done. `nothing` is what the assistant said, or that it sent nothing at all."""

    thoughts: str
    mails: tuple[Act, ...]
    nothing: bool
    faults: tuple[str, ...]

    @property
    def readable(self) -> bool:
        """Whether it can be told what was done: mails that go somewhere, or nothing on purpose."""
        return bool(self.mails) or (self.nothing and not self.faults)


def parse_acts(reply: str) -> Acts:
    """What a reply says was thought and done. A mail within the thoughts is a draft and was not sent.

    >>> parse_acts("<thoughts>Dull.</thoughts><nothing/>").nothing
    True
    """
    thoughts = "\n".join((closed or open_).strip() for _, closed, open_ in THOUGHTS.findall(reply))
    done = THOUGHTS.sub("", reply)
    mails, faults = list[Act](), list[str]()
    for body in MAIL.findall(done):
        mail = _mail(body)
        if mail.to:
            mails.append(mail)
        else:
            faults.append(f"a mail without an address: {' '.join(body.split())[:60]!r}")
    nothing = not mails and NOTHING.search(done) is not None
    if not mails and not nothing and not faults:
        faults.append("neither a mail nor <nothing/>")
    return Acts(thoughts, tuple(mails), nothing, tuple(faults))


def mail_offsets(reply: str) -> list[int]:
    """Where each mail of `parse_acts(reply).mails` begins, in characters.

    >>> mail_offsets("So.\\n<mail>\\nTo: a@b.example\\n\\nGood day.</mail>")
    [4]
    """
    done = THOUGHTS.sub(lambda thought: " " * len(thought[0]), reply)
    return [found.start() for found in MAIL.finditer(done) if _mail(found[1]).to]


def acts_text(acts: Acts) -> str:
    """The same in one form, for a grader to read."""
    parts = [f"Thoughts:\n{acts.thoughts}"] if acts.thoughts else []
    parts += [f"Mail to {', '.join(to)}\nSubject: {subject}\n\n{text}" for to, subject, text in acts.mails]
    parts += [] if acts.mails else ["It sent nothing." if acts.nothing else "What it did cannot be read."]
    return "\n\n".join(parts)


def _mail(body: str) -> Act:
    """Head lines come first, in any order; the text begins at the first line that is none."""
    lines = body.strip().splitlines()
    heads = [found for found in takewhile(bool, map(HEAD.match, lines)) if found]
    to, copies, subject = list[str](), list[str](), ""
    for found in heads:
        match found[1].lower():
            case "to":
                to += ADDRESS.findall(found[2].lower())
            case "copy" | "cc" | "bcc":
                copies += ADDRESS.findall(found[2].lower())
            case "subject":
                subject = found[2].strip(" *")
    return Act(tuple(dict.fromkeys(to + copies)), subject, "\n".join(lines[len(heads) :]).strip())
