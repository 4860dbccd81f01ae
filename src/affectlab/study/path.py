"""The whole path on one model. A stage whose inputs have not changed is not run again, so that a study that was stopped
goes on, and one that is finished draws its report anew.

    stories/ neutral/           what the model wrote             (or the user's own texts)
    vectors.safetensors         the vectors, and their sums beside them
    validate, snippets, map, compare    findings, one file each
    report.html claims.json     what people read, and what scripts read
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from affectlab.errors import OutputError
from affectlab.files import atomic_write
from affectlab.findings import Findings, load_findings, save_findings
from affectlab.report.claims import ClaimResult, judge, save_claims
from affectlab.report.html import Study, render
from affectlab.study.commands import Files, commands
from affectlab.study.finders import FINDERS, inputs_of, stages_of
from affectlab.study.given import Given, checked, read_given
from affectlab.study.ledger import Ledger, digest, key_of
from affectlab.study.pictures import pictures
from affectlab.study.settings import Settings
from affectlab.study.stages import (
    Extracted,
    Show,
    Subject,
    asked_for,
    extract_vectors,
    fewest_stories,
    open_extraction,
    screened,
)
from affectlab.study.stages import write_texts as write_kind
from affectlab.text import Corpus, read_corpus
from affectlab.vectors.store import sums_path
from affectlab.writing.folder import CORPUS, PLAN, REJECTED

KINDS = ("stories", "neutral")
VECTORS, REPORT, CLAIMS = "vectors.safetensors", "report.html", "claims.json"


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a study left, which of its stages had to be run, and how long each took when it was."""

    report: Path
    claims: tuple[ClaimResult, ...]
    stages: dict[str, Findings]
    run: tuple[str, ...]
    seconds: dict[str, float]


def study(
    subject: Subject,
    folder: str | Path,
    settings: Settings,
    show: Show,
    *,
    texts: Sequence[str | Path] = (),
    behaviour: Sequence[str | Path] = (),
) -> Outcome:
    """Run the whole path, or what is left of it. `texts` are corpora of the user's own: then nothing is written.
    `behaviour` are findings that `affectlab behave` kept, of these vectors: the report tells of them too."""
    folder, given = Path(folder), read_given(behaviour)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError("cannot make this folder", where=str(folder), found=str(error.strerror)) from error
    return _Path(subject, folder, settings, show, [Path(path) for path in texts], given).walk()


class _Path:
    """One run along the stages."""

    def __init__(
        self,
        subject: Subject,
        folder: Path,
        settings: Settings,
        show: Show,
        texts: Sequence[Path],
        given: Mapping[str, Given],
    ) -> None:
        self.subject, self.folder, self.settings, self.show = subject, folder, settings, show
        self.own_texts, self.given, self.ledger, self.run = list(texts), given, Ledger(folder), list[str]()
        self.hashes = {name: str(value) for name, value in vars(subject.model.identity).items() if name != "id"}
        self.loaded = {**self.hashes, "dtype": subject.model.facts.get("dtype", "")}

    def walk(self) -> Outcome:
        corpus = self._corpus()
        stages = {"write": screened(self._corpora())}
        found = self._extracted(corpus)
        given = dict(checked(list(self.given.values()), found.vectors))
        names = [name for name in stages_of(self.subject, self.settings) if name not in given]
        stages |= {name: self._found(name, found) for name in names} | given
        typed = self._commands(found)
        claims = judge(stages, self.subject.items.register, typed)
        report = self.folder / REPORT
        with self.show("drawing the report"):
            page = render(self._told(stages, claims, found, typed))
        with atomic_write(report) as temporary:
            temporary.write_text(page, encoding="utf-8")
        save_claims(claims, self.folder / CLAIMS)
        return Outcome(report, claims, stages, tuple(self.run), self.ledger.seconds)

    def _commands(self, found: Extracted) -> dict[str, str]:
        files = Files(self.folder, self.folder / VECTORS, self.own_texts, [one.path for one in self.given.values()])
        typed = commands(self.subject, self.settings, files, found.vectors)
        return {stage: line for stage, line in typed.items() if stage not in self.given}

    def _corpora(self) -> dict[str, Path]:
        """Where the texts are, by what they are called: the user's own, or those that the model wrote."""
        return {str(path): path for path in self.own_texts} or {f"{kind}/": self.folder / kind for kind in KINDS}

    def _corpus(self) -> Corpus:
        for kind in () if self.own_texts else KINDS:
            folder = self.folder / kind
            outputs = [folder / name for name in (CORPUS, REJECTED, PLAN)]
            wanted, prompts = asked_for(self.subject, self.settings, kind)
            inputs = {"plan": wanted.as_dict(), "prompts": prompts.hash, "model": self.loaded}
            self._stage(
                f"write {kind}",
                inputs,
                outputs,
                lambda kind=kind, folder=folder: write_kind(self.subject, self.settings, kind, folder, self.show),  # type: ignore[misc]
            )
        return read_corpus([str(path) for path in self._corpora().values()])

    def _extracted(self, corpus: Corpus) -> Extracted:
        path = self.folder / VECTORS
        inputs = {"corpus": corpus.hash, "model": self.loaded, "minimum": fewest_stories(self.settings)}
        outputs = [path, sums_path(path)]
        work = partial(extract_vectors, self.subject, self.settings, corpus, path, self.show)
        self._stage("extract", inputs, outputs, work)
        return open_extraction(path, corpus)

    def _found(self, name: str, found: Extracted) -> Findings:
        path = self.folder / f"{name}.safetensors"
        inputs = {
            "vectors": found.vectors.hash,
            "sums": digest(sums_path(self.folder / VECTORS)),
            "seed": self.settings.seed,
            **inputs_of(name, self.subject, self.settings),
        }
        self._stage(
            name,
            inputs,
            [path],
            lambda: save_findings(FINDERS[name](self.subject, self.settings, found, self.show), path),
        )
        return load_findings(path)

    def _stage(self, name: str, inputs: dict[str, Any], outputs: Sequence[Path], work: Callable[[], None]) -> None:
        """Run a stage unless it is done with these inputs."""
        key = key_of(name, inputs)
        if self.ledger.fresh(name, key):
            return
        began = time.monotonic()
        work()
        self.ledger.keep(name, key, [path for path in outputs if path.is_file()], time.monotonic() - began)
        self.run.append(name)

    def _told(
        self, stages: dict[str, Findings], claims: Sequence[ClaimResult], found: Extracted, typed: dict[str, str]
    ) -> Study:
        model = self.subject.model.identity
        hashes = {**self.hashes, "vectors": found.vectors.hash, "texts": found.corpus.hash}
        return Study(
            title=f"Emotion concepts in {model.id}",
            model=model.id,
            register=self.subject.items.register,
            stages=stages,
            claims=claims,
            commands=typed,
            hashes={name: value for name, value in {**hashes, "items": self.subject.items.hash}.items() if value},
            figures=pictures(stages),
        )
