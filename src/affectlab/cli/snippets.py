"""`affectlab snippets`: the passages of any texts on which each emotion reads highest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from affectlab.cli.asked import asked_emotions
from affectlab.cli.findings import FindingsOption
from affectlab.cli.loading import open_their_model, open_vectors
from affectlab.cli.options import (
    DeviceOption,
    FormOption,
    JsonOption,
    LayerOption,
    MovedModelOption,
    SeedOption,
    TrustOption,
    VectorsArgument,
)
from affectlab.cli.progress import Stage, stage
from affectlab.cli.running import Running, running
from affectlab.errors import CorpusError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from affectlab.checks.snippets import Wanted
    from affectlab.findings import Findings
    from affectlab.models.base import Model
    from affectlab.vectors.vectorset import VectorSet

FilesArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE...", help="Texts: plain text by paragraphs, JSON lines, Parquet, or a folder made by write."
    ),
]
EmotionsOption = Annotated[
    str | None,
    typer.Option(metavar="A,B,C", help="Which emotions; the terminal shows theirs in full. Default: all."),
]
TopOption = Annotated[int, typer.Option(metavar="N", min=1, help="How many passages of each emotion are kept.")]
LengthOption = Annotated[int, typer.Option(metavar="N", min=1, help="How many tokens a passage has at most.")]
ConventionOption = Annotated[
    Literal["projection", "cosine", "centred"] | None,
    typer.Option(help="h.v, cos(h, v) or cos(h - neutral mean, v). Default: centred, if there are neutral texts."),
]
ColumnOption = Annotated[str, typer.Option(metavar="NAME", help="Where a data set has its texts, unless in turns.")]
HeldOutOption = Annotated[
    bool,
    typer.Option(
        "--held-out",
        help="The files are the texts that were extracted: each is read with vectors made of other topics alone.",
    ),
]
MostOption = Annotated[int, typer.Option(metavar="N", min=1, help="How many texts are read, with --held-out.")]
PageOption = Annotated[str | None, typer.Option(metavar="PAGE", help="Write the passages as a page for a browser.")]
SHORTEST = 8


def snippets(
    vectors: VectorsArgument,
    files: FilesArgument,
    output: FindingsOption = None,
    html: PageOption = None,
    emotions: EmotionsOption = None,
    top: TopOption = 10,
    length: LengthOption = 64,
    layer: LayerOption = None,
    convention: ConventionOption = None,
    form: FormOption = None,
    column: ColumnOption = "text",
    held_out: HeldOutOption = False,
    most: MostOption = 600,
    seed: SeedOption = 0,
    model: MovedModelOption = None,
    device: DeviceOption = None,
    trust_remote_code: TrustOption = False,
    json: JsonOption = False,
) -> None:
    """Find the passages of any texts that read highest for each emotion.

    Tokens above the 90th percentile of an emotion's readings are marked. Files are read as a stream, however long.
    """
    with running("snippets", locals()) as run:
        from affectlab.checks.snippets import Wanted
        from affectlab.checks.validate import convention_for
        from affectlab.core import Convention
        from affectlab.files import check_writable
        from affectlab.vectors.store import sums_path

        for path in filter(None, (output, html)):
            check_writable(path, [vectors, sums_path(vectors), *files])
        _check_files(files)
        given = open_vectors(run, vectors)
        names = () if emotions is None else asked_emotions(given, emotions)
        by = convention_for(given) if convention is None else Convention(convention)
        at = given.default_layer if layer is None else layer
        wanted = Wanted(top, length, min(SHORTEST, length), at, by, form, column, seed, names)
        given.readout(layers=[at], convention=by, form=form)  # said before a large model is loaded
        find = (
            _in_own_texts(run, vectors, given, most, {"--convention": convention, "--form": form})
            if held_out
            else _in_files(given)
        )
        subject = open_their_model(run, given, model, device=device, trust_remote_code=trust_remote_code)
        with stage("reading") as shown:
            found = find(subject, files, wanted, lambda done: _at(shown, done))
        _finish(run, found, output, html, named=emotions is not None)


def _check_files(files: Sequence[str]) -> None:
    for name in files:
        if not Path(name).exists():
            raise CorpusError("no such file", where=name, fix="check the path")


def _in_files(vectors: VectorSet) -> Callable[..., Findings]:
    from affectlab.checks.snippets import snippets as find

    return lambda model, files, wanted, progress: find(model, vectors, files, wanted, progress=progress)


def _in_own_texts(
    run: Running, path: str, vectors: VectorSet, most: int, asked: Mapping[str, str | None]
) -> Callable[..., Findings]:
    """With vectors of other topics; they are of the form and are read by the convention of held-out topics."""
    from affectlab.checks.unseen import unseen_snippets
    from affectlab.text import read_corpus

    for option, value in asked.items():
        if value is not None:
            what = "texts that are held out are read as `validate` reads them"
            raise InputError(what, where=option, found=value, fix=f"leave {option} away")
    from affectlab.vectors.store import sums_of

    sums = sums_of(path, vectors)

    def find(model: Model, files: Sequence[str], wanted: Wanted, progress: Callable[[int], None]) -> Findings:
        return unseen_snippets(model, sums, read_corpus(files), wanted, most=most, progress=progress)

    return find


def _at(shown: Stage, done: int) -> None:
    shown.at(f"{done:,} passages")


def _finish(run: Running, found: Findings, output: str | None, html: str | None, *, named: bool) -> None:
    from affectlab.files import atomic_write
    from affectlab.findings import save_findings
    from affectlab.report.passages import passages_page
    from affectlab.report.terminal import passages_text

    if output is not None:
        save_findings(found, output)
    if html is not None:
        page = passages_page(found)
        with atomic_write(html) as file:
            file.write_text(page, encoding="utf-8")
    levels = dict(zip(found.facts["emotions"], found.arrays["snippets.levels"].tolist(), strict=True))
    outcome = {"scores": [score.as_dict() for score in found.scores], **found.facts, "levels": levels}
    # Whose texts they are is nobody's business but the user's: the log keeps counts.
    counts = {name: found.facts[name] for name in ("texts", "passages", "tokens", "left_out", "layer")}
    run.finish(outcome, passages_text(found.facts, named), {**counts, "html": html})
