"""Writing what a plan says, shard by shard.

1. The requests of a shard go to the writer together.
2. The answers are taken apart and screened in the order of the plan; what was accepted in earlier shards counts, so a
   text is a copy or is none whenever the run is interrupted.
3. The shard is written, whole or not at all, with every rejected text in it.
4. What was rejected is asked for again, with another seed, in shards of its own behind all others: a few texts take a
   small model nearly as long as a few hundred. So many tries at most; the last ones of a few texts are made at once,
   and the first that is accepted counts.

When all shards are there, the accepted texts become the corpus.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from affectlab.errors import CorpusError, InputError
from affectlab.models.base import Sampling
from affectlab.text.corpus import write_parquet
from affectlab.text.reading import corpus_of
from affectlab.text.rows import PlainRow
from affectlab.text.screen import Screen
from affectlab.writing.folder import CORPUS, REJECTED, TABLE, CorpusFolder, Written, opened, write_rejected
from affectlab.writing.plan import Plan, Planned, dealt
from affectlab.writing.prompts import Prompts
from affectlab.writing.rows import rows_of, slots
from affectlab.writing.writers.base import Request, Writer

MISSING = "missing"
"""The reason of a text that a reply should have held and did not."""


@dataclass(frozen=True)
class How:
    """How texts are drawn, and how often one is asked for at most."""

    max_tokens: int = 1024
    temperature: float = 1.0
    top_p: float = 0.95
    attempts: int = 3

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise InputError("nothing to write", where="--attempts", expected="1 or more", found=str(self.attempts))
        Sampling(self.max_tokens, temperature=self.temperature, top_p=self.top_p)  # refuses what cannot be drawn with


class Progress(NamedTuple):
    """Texts that are accepted or given up, and those planned."""

    done: int
    planned: int


@dataclass(frozen=True)
class Outcome:
    """How it went: texts planned and accepted, rejected ones by reason (a planned text may be rejected several
    times), and texts that were given up."""

    corpus: Path
    planned: int
    accepted: int
    given_up: int
    reasons: Mapping[str, int]

    @property
    def tries(self) -> int:
        """All texts that were asked for."""
        return self.accepted + sum(self.reasons.values())

    @property
    def share(self) -> float:
        """The share of tries that was accepted."""
        return self.accepted / self.tries


def write(
    plan: Plan,
    prompts: Prompts,
    writer: Writer,
    path: str | Path,
    how: How,
    *,
    screen: Mapping[str, Any] | None = None,
    progress: Callable[[Progress], None] = lambda progress: None,
) -> Outcome:
    """Write the texts of a plan into a folder, or go on where an earlier run of the same plan stopped."""
    ways = dict(screen or {})
    facts = {
        "writer": writer.name,
        "prompts": {"hash": prompts.hash, "version": prompts.version, "register": prompts.register},
        "how": asdict(how),
        "screen": ways,
        **writer.settings,
    }
    with opened(path, plan, facts) as folder:
        session = _Session(plan, prompts, writer, how, folder, Screen(**ways), progress)
        return finish(folder, plan, session.rounds())


class _Session:
    """One run over the shards."""

    def __init__(
        self,
        plan: Plan,
        prompts: Prompts,
        writer: Writer,
        how: How,
        folder: CorpusFolder,
        screen: Screen,
        progress: Callable[[Progress], None],
    ) -> None:
        self.plan, self.prompts, self.writer, self.how = plan, prompts, writer, how
        self.folder, self.screen, self.progress = folder, screen, progress
        self.done = 0

    def rounds(self) -> int:
        """Write all shards, or remember what earlier runs accepted in them; says how many there are."""
        shards, number, attempts = self.plan.in_shards(), 0, range(1)
        while attempts:
            again: dict[int, list[Planned]] = {}
            for requests in shards:
                again |= _rejected(requests, self._shard(number, requests, attempts))
                number += 1
            shards, left = dealt(again), range(attempts.stop, self.how.attempts)
            attempts = left if len(again) <= self.writer.few else left[:1]
        self.progress(Progress(len(self.plan), len(self.plan)))
        return number

    def _shard(self, number: int, requests: Mapping[int, list[Planned]], attempts: range) -> list[Written]:
        texts = self.folder.texts(number) if self.folder.done(number) else []
        # A shard that was removed and written again may have other texts rejected: then those behind are others too.
        if _is_of(texts, requests, attempts):
            for text in texts:
                if text.reason is None:
                    self.screen.remember(text.row)
        else:
            texts = self._asked(requests, attempts)
            self.folder.keep(number, texts)
        self.done += sum(text.reason is None for text in texts)
        self.progress(Progress(self.done, len(self.plan)))
        return texts

    def _asked(self, waiting: Mapping[int, list[Planned]], attempts: range) -> list[Written]:
        """Ask for these texts as often, and judge what comes; a text that was accepted needs no further try."""
        requests = {
            (attempt, number): self._request(number, planned, attempt)
            for attempt in attempts
            for number, planned in waiting.items()
        }
        texts = sum(map(len, waiting.values()))

        def reached(answered: int) -> None:
            # What is rejected counts as not done again.
            self.progress(Progress(self.done + texts * answered // len(requests), len(self.plan)))

        answers = self.writer.write(
            list(requests.values()),
            max_tokens=self.how.max_tokens,
            temperature=self.how.temperature,
            top_p=self.how.top_p,
            progress=reached,
        )
        judged: dict[int, list[Written]] = {attempt: [] for attempt in attempts}
        left = {one.id for planned in waiting.values() for one in planned}
        for ((attempt, number), request), answer in zip(requests.items(), answers, strict=True):
            rows = rows_of(self.prompts, waiting[number], answer, writer=self.writer.name, seed=request.seed)
            found = [self._judged(row, request, attempt) for row in rows if row["id"] in left]
            left -= {text.row["id"] for text in found if text.reason is None}
            judged[attempt] += found
        return [text for texts in judged.values() for text in texts]

    def _request(self, number: int, planned: list[Planned], attempt: int) -> Request:
        messages = self.prompts.messages(number + attempt, **slots(self.prompts, planned))
        return Request(messages, self.plan.seed(number, attempt))

    def _judged(self, row: PlainRow, request: Request, attempt: int) -> Written:
        if row.get("text") == "":
            return Written(row, attempt, MISSING, "not in the reply")
        fault = self.screen.check(row, str(request.messages[-1]["content"]))
        return Written(row, attempt, *fault) if fault else Written(row, attempt)


def _rejected(requests: Mapping[int, list[Planned]], texts: Sequence[Written]) -> dict[int, list[Planned]]:
    """The requests of a shard with the texts that were rejected to the last, those without any left out."""
    last = {text.row["id"]: text.reason for text in texts}
    found = {number: [one for one in planned if last[one.id]] for number, planned in requests.items()}
    return {number: planned for number, planned in found.items() if planned}


def _is_of(texts: Sequence[Written], requests: Mapping[int, list[Planned]], attempts: range) -> bool:
    """Whether these are the texts that such tries of such requests left: all of the first, and what was rejected
    in it of the next."""
    waiting = [one.id for planned in requests.values() for one in planned]
    for attempt in attempts:
        mine = [text for text in texts if text.attempt == attempt]
        if [text.row["id"] for text in mine] != waiting:
            return False
        waiting = [text.row["id"] for text in mine if text.reason]
    return all(text.attempt in attempts for text in texts)


def finish(folder: CorpusFolder, plan: Plan, shards: int) -> Outcome:
    """Put the accepted texts of all shards together as a corpus, and the rejected ones beside it."""
    rejected: list[Written] = []

    def accepted() -> Iterator[PlainRow]:
        for text in folder.all_texts(shards):
            if text.reason is None:
                yield text.row
            else:
                rejected.append(text)

    try:
        count = corpus_from(accepted(), folder.path, rejected)
    finally:
        write_rejected(folder.path, rejected)
    return Outcome(folder.path / CORPUS, len(plan), count, len(plan) - count, reasons_of(rejected))


def corpus_from(rows: Iterator[PlainRow], folder: Path, rejected: Sequence[Written]) -> int:
    """Write rows as the corpus of a folder, and say how many there were; none is an error that names the reasons.
    `rejected` grows while the rows are read."""
    first = next(rows, None)
    if first is None:
        worst = ", ".join(f"{reason}: {count}" for reason, count in Counter(reasons_of(rejected)).most_common(3))
        fix = "look at rejected.parquet; other prompts or another writer may help"
        raise CorpusError("no text was accepted", where=str(folder), found=worst, fix=fix)
    corpus = corpus_of(chain([first], rows))
    write_parquet(corpus, folder / CORPUS)
    return len(corpus)


def reasons_of(rejected: Sequence[Written]) -> dict[str, int]:
    """How many texts were rejected, by reason."""
    return _counted(text.reason or "" for text in rejected)


def _counted(reasons: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(reasons).items()))


def outcome_of(path: str | Path) -> Outcome | None:
    """How it went when the texts of a folder were written, or taken and screened, by what the folder holds; None where
    they were not, as of a single file."""
    folder = Path(path)
    if not ((folder / CORPUS).is_file() and (folder / REJECTED).is_file()):
        return None
    accepted = pq.read_metadata(folder / CORPUS).num_rows
    try:
        reasons = pq.read_table(folder / REJECTED, columns=["reason"])["reason"].to_pylist()
    except (pa.ArrowException, OSError) as error:
        where, found = str(folder / REJECTED), str(error).splitlines()[0]
        fix = "remove this file; then nothing is said of what was rejected"
        raise InputError("the rejected texts cannot be read", where=where, found=found, fix=fix) from error
    # Texts that were taken had no plan: each is accepted or given up.
    planned = pq.read_metadata(folder / TABLE).num_rows if (folder / TABLE).is_file() else accepted + len(reasons)
    return Outcome(folder / CORPUS, planned, accepted, planned - accepted, _counted(map(str, reasons)))
