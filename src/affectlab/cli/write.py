"""`affectlab write`: texts for a model to be read on, written by itself or by another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from affectlab.cli.authors import author_of
from affectlab.cli.listing import asked_names
from affectlab.cli.options import DeviceOption, DtypeOption, JsonOption, RevisionOption, TrustOption
from affectlab.cli.progress import stage
from affectlab.cli.running import Running, running
from affectlab.errors import InputError

if TYPE_CHECKING:
    from affectlab.writing.plan import Plan, Settings
    from affectlab.writing.prompts import Prompts
    from affectlab.writing.work import How, Outcome
    from affectlab.writing.writers.base import Writer

Kind = Literal["stories", "neutral", "dialogues", "hidden", "shown", "neutral-topic", "story-writing", "others"]

SubjectArgument = Annotated[
    str, typer.Argument(metavar="[MODEL]", help="Who writes: pocket, a local folder, a hub id, or fake.")
]
OutputOption = Annotated[
    str,
    typer.Option("-o", "--output", metavar="FOLDER", help="The folder of the corpus; a run that stopped goes on."),
]
KindOption = Annotated[Kind, typer.Option(help="What is written.")]
SampleOption = Annotated[
    int | None, typer.Option(metavar="N", help="So many texts, balanced over words and folds of topics.")
]
EachOption = Annotated[
    int | None, typer.Option(metavar="N", help="Texts for each word and topic, or for each pair of words.")
]
WordsOption = Annotated[
    str | None, typer.Option(metavar="LIST|FILE", help="The emotions: a comma list, or a file with one a line.")
]
TopicsOption = Annotated[str | None, typer.Option(metavar="FILE", help="The topics: a file with one a line.")]
PromptsOption = Annotated[str | None, typer.Option(metavar="FILE", help="Requests in your own words (docs/texts.md).")]
WriterOption = Annotated[
    str | None,
    typer.Option(metavar="URL|vllm", help="Who writes: a server that speaks the OpenAI protocol; or MODEL in vLLM."),
]
WriterModelOption = Annotated[str | None, typer.Option(metavar="NAME", help="The model that the server is asked for.")]
RegisterOption = Annotated[
    Literal["general", "pocket"] | None,
    typer.Option(help="The language of requests. Default: what the model says it reads."),
]
AttemptsOption = Annotated[int, typer.Option(metavar="N", help="How often a rejected text is asked for, at most.")]
MaxTokensOption = Annotated[int | None, typer.Option(metavar="N", help="The longest reply. Default: by kind.")]
TemperatureOption = Annotated[float, typer.Option(metavar="T", help="1 draws as the model says.")]
TopPOption = Annotated[float, typer.Option(metavar="P", help="Draw among the likeliest tokens with this probability.")]
SeedOption = Annotated[int, typer.Option(metavar="N", help="Another seed gives other texts.")]
FromOption = Annotated[
    str | None,
    typer.Option("--from", metavar="FILE", help="Take and screen texts that exist: CSV, JSON lines, Parquet, dataset."),
]
ColumnsOption = Annotated[
    str | None, typer.Option(metavar="FIELD=COLUMN,...", help="Which of its columns are our fields, with --from.")
]
LanguageOption = Annotated[bool, typer.Option("--any-language", help="Do not reject texts that are not English.")]
HtmlOption = Annotated[
    str | None, typer.Option(metavar="FILE", help="A page to read a sample by hand: 10 texts of each of 30 emotions.")
]
FigureOption = Annotated[
    str | None, typer.Option(metavar="FILE", help="What was accepted and rejected, as .html, .svg, .png or .pdf.")
]


def write(
    output: OutputOption,
    model: SubjectArgument = "pocket",
    kind: KindOption = "stories",
    sample: SampleOption = None,
    each: EachOption = None,
    words: WordsOption = None,
    topics: TopicsOption = None,
    prompts: PromptsOption = None,
    writer: WriterOption = None,
    writer_model: WriterModelOption = None,
    register: RegisterOption = None,
    attempts: AttemptsOption = 3,
    max_tokens: MaxTokensOption = None,
    temperature: TemperatureOption = 1.0,
    top_p: TopPOption = 0.95,
    seed: SeedOption = 0,
    source: FromOption = None,
    columns: ColumnsOption = None,
    any_language: LanguageOption = False,
    html: HtmlOption = None,
    figure: FigureOption = None,
    dtype: DtypeOption = "float32",
    device: DeviceOption = None,
    revision: RevisionOption = None,
    trust_remote_code: TrustOption = False,
    json: JsonOption = False,
) -> None:
    """Write stories or dialogues, screen them, and keep them as a corpus.

    A run that was stopped goes on where it was when the same command is given again.
    """
    with running("write", locals()) as run:
        from affectlab.files import check_writable
        from affectlab.pocket.prompts import longest_reply
        from affectlab.writing.plan import lay
        from affectlab.writing.work import How

        for path in filter(None, (html, figure)):
            check_writable(path)
        screen = {"english": False} if any_language else {}
        if source is not None:
            _keep(run, _taken(source, output, kind, columns, screen), html, figure, {"kind": kind, "from": source})
            return
        if columns is not None:
            raise InputError("columns of no file", where="--columns", expected="--from FILE with it", found=columns)
        author, reads = author_of(
            run,
            model,
            writer,
            writer_model,
            output,
            dtype=dtype,
            device=device,
            revision=revision,
            trust_remote_code=trust_remote_code,
        )
        wanted = _prompts(kind, register or reads, prompts)
        settings = _settings(kind, words, topics, each, sample, seed, wanted)
        run.note(hashes={"prompts": wanted.hash})
        how = How(longest_reply(wanted) if max_tokens is None else max_tokens, temperature, top_p, attempts)
        with stage("laying the plan"):
            plan = lay(settings)
        found = _written(plan, wanted, author, output, how, screen)
        _keep(run, found, html, figure, {"kind": kind, "writer": author.name})


def _taken(source: str, output: str, kind: str, columns: str | None, screen: Mapping[str, Any]) -> Outcome:
    """A set of texts that exists already."""
    from affectlab.writing.taking import take

    pairs = [pair.split("=") for pair in columns.split(",")] if columns else []
    if any(len(pair) != 2 or not all(part.strip() for part in pair) for pair in pairs):
        expected = "pairs such as text=story,emotion=label"
        raise InputError("these are no columns", where="--columns", expected=expected, found=str(columns))
    named = {field.strip(): column.strip() for field, column in pairs}
    with stage("screening"):
        return take(source, output, kind=kind, columns=named, screen=screen)


def _prompts(kind: str, register: str, file: str | None) -> Prompts:
    if file is None:
        from affectlab.pocket.prompts import prompts_of

        return prompts_of(register, kind)
    from affectlab.writing.prompts import load_prompts

    return load_prompts(kind, file)


def _settings(
    kind: str,
    words: str | None,
    topics: str | None,
    each: int | None,
    sample: int | None,
    seed: int,
    prompts: Prompts,
) -> Settings:
    from affectlab import lexicon
    from affectlab.writing.plan import HIDDEN, Settings, default_each, default_words

    if kind == "neutral" and words is not None:
        raise InputError("neutral texts have no emotion", where="--words", found=words, fix="leave it out")
    named = default_words(kind) if words is None else asked_names(words, "--words")
    about = lexicon.topics() if topics is None else asked_names(topics, "--topics", file_only=True)
    texts = 1 if kind in HIDDEN else prompts.texts_per_request
    return Settings(kind, named, about, default_each(kind) if each is None else each, sample, texts, seed)


def _written(plan: Plan, prompts: Prompts, writer: Writer, output: str, how: How, screen: Mapping[str, Any]) -> Outcome:
    from affectlab.writing.work import write as write_texts

    with stage("writing", unit="texts") as shown:
        return write_texts(
            plan,
            prompts,
            writer,
            output,
            how,
            screen=screen,
            progress=lambda reached: shown.reached(reached.done, reached.planned),
        )


def _draw(page: str, found: Outcome, facts: Mapping[str, str]) -> None:
    """The page to read by hand."""
    from pathlib import Path

    from affectlab.files import atomic_write
    from affectlab.report.texts import sampled, shown, texts_page
    from affectlab.writing.folder import finished_texts

    folder = found.corpus.parent
    chosen = sampled(shown(text.row, text.reason, text.found) for text in finished_texts(folder))
    told = {**facts, "corpus": str(folder), "texts": f"{len(chosen):,}"}
    with atomic_write(page) as temporary:
        Path(temporary).write_text(texts_page(chosen, told), encoding="utf-8")


def _keep(run: Running, found: Outcome, page: str | None, figure: str | None, facts: Mapping[str, str]) -> None:
    """Draw what was asked for, and say what came out."""
    from affectlab.report.terminal import facts_table

    if page is not None:
        _draw(page, found, facts)
    if figure is not None:
        from affectlab.report.figures import save, screening_figure

        save(
            screening_figure(found.accepted, found.reasons, found.given_up, title=f"Screening of {facts['kind']}"),
            figure,
        )
    outcome = {
        "corpus": str(found.corpus),
        "planned": found.planned,
        "accepted": found.accepted,
        "given_up": found.given_up,
        "share": round(found.share, 4),
        "rejected": dict(found.reasons),
    }
    worst = ", ".join(f"{reason} {count:,}" for reason, count in sorted(found.reasons.items(), key=lambda r: -r[1]))
    told = {
        "accepted": f"{found.accepted:,} of {found.planned:,} planned, {found.share:.1%} of what was written",
        "rejected": worst or "none",
        "given up": f"{found.given_up:,}",
        "corpus": str(found.corpus),
    }
    run.finish(outcome, facts_table(told))
