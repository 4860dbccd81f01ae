"""`affectlab extract`: from labelled texts to emotion vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from affectlab.cli.loading import open_model
from affectlab.cli.options import (
    LAYERS,
    DeviceOption,
    DtypeOption,
    JsonOption,
    ModelArgument,
    RevisionOption,
    TrustOption,
)
from affectlab.cli.progress import stage
from affectlab.cli.running import Running, running, warn

if TYPE_CHECKING:
    from affectlab.models.base import Model
    from affectlab.models.batches import BatchPlan
    from affectlab.text import Corpus
    from affectlab.vectors.extract import Extraction, Recipe

CorpusArgument = Annotated[
    list[str],
    typer.Argument(metavar="CORPUS...", help="Labelled texts: JSON lines, Parquet, or a folder made by write."),
]
OutputOption = Annotated[
    str, typer.Option("-o", "--output", metavar="VECTORS", help="The vectors file to write; the sums go beside it.")
]
LayersOption = Annotated[str, typer.Option(metavar=LAYERS, help="Which blocks, counted from 0; ranges are inclusive.")]
StartOption = Annotated[int, typer.Option(metavar="N", help="Tokens before this position do not count.")]
ShareOption = Annotated[
    float, typer.Option(metavar="SHARE", help="How much of the variance of neutral tokens is projected out.")
]
RankOption = Annotated[
    int, typer.Option(metavar="N", help="How many neutral components are looked at; more take more memory.")
]
MinimumOption = Annotated[int, typer.Option(metavar="N", help="Refuse an emotion with fewer usable stories than this.")]
PlanOption = Annotated[
    str | None,
    typer.Option(metavar="VECTORS", help="Batch the texts as an earlier run did, to get the same bytes again."),
]


def extract(
    model: ModelArgument,
    corpus: CorpusArgument,
    output: OutputOption,
    layers: LayersOption = "all",
    start: StartOption = 50,
    dtype: DtypeOption = "float32",
    device: DeviceOption = None,
    neutral_share: ShareOption = 0.5,
    neutral_rank: RankOption = 256,
    minimum: MinimumOption = 5,
    plan: PlanOption = None,
    revision: RevisionOption = None,
    trust_remote_code: TrustOption = False,
    json: JsonOption = False,
) -> None:
    """Extract emotion vectors from a model and labelled texts.

    A run that was stopped goes on where it was when the same command is given again.
    """
    with running("extract", locals()) as run:
        from affectlab.text import read_corpus
        from affectlab.vectors.extract import Recipe
        from affectlab.vectors.origin import check_plan
        from affectlab.vectors.store import check_outputs, load_sums, sums_path

        recipe = Recipe(start=start, share=neutral_share, rank=neutral_rank, minimum=minimum)
        check_outputs(output, inputs=corpus)
        earlier = None if plan is None else load_sums(sums_path(plan))
        with stage("reading texts"):
            texts = read_corpus(corpus)
        run.note(hashes={"corpus": texts.hash})
        options: dict[str, Any] = {"dtype": dtype, "device": device, "revision": revision}
        if earlier is not None:
            check_plan(earlier.header, texts=texts.hash)  # before a large model is loaded
        subject = open_model(run, model, trust_remote_code=trust_remote_code, **options)
        if earlier is not None:
            check_plan(earlier.header, model=subject)
        found = _extracted(subject, texts, layers, recipe, None if earlier is None else earlier.plan, output)
        _keep(run, found, output)


def _extracted(
    model: Model, texts: Corpus, layers: str, recipe: Recipe, plan: BatchPlan | None, output: str
) -> Extraction:
    from affectlab.core import parse_layers
    from affectlab.vectors.extract import extract as extract_vectors
    from affectlab.vectors.store import partial_path

    with stage("extracting") as shown:
        return extract_vectors(
            model,
            texts,
            layers=parse_layers(layers, model.blocks),
            recipe=recipe,
            plan=plan,
            checkpoint=partial_path(output),
            progress=lambda progress: shown.reached(progress.done, progress.total),
        )


def _keep(run: Running, found: Extraction, output: str) -> None:
    """Write both files and say what came out."""
    from affectlab.report.terminal import facts_table
    from affectlab.vectors.store import partial_path, save_sums, save_vectors, sums_path

    vectors = found.vectors
    save_sums(found.sums, sums_path(output), vectors.hash)
    save_vectors(vectors, output)
    partial_path(output).unlink(missing_ok=True)
    run.note(hashes={"vectors": vectors.hash}, plan=found.sums.plan.as_dict(), warnings=found.warnings)
    for text in found.warnings:
        warn(text)
    outcome = {
        "vectors": output,
        "emotions": list(vectors.emotions),
        "layers": list(vectors.layers),
        "dim": vectors.width,
        "texts": found.texts,
        "tokens": found.tokens,
        "seconds": round(found.seconds, 3),
        "tokens_per_second": round(found.speed, 1),
    }
    facts = {
        "emotions": f"{len(vectors.emotions)}: {', '.join(vectors.emotions)}",
        "layers": f"{len(vectors.layers)} of {vectors.header['model']['blocks']}, width {vectors.width}",
        "texts": f"{found.texts:,} with {found.tokens:,} tokens",
        "took": f"{found.seconds:,.1f} s, {found.speed:,.0f} tokens/s",
        "vectors": output,
        "sums": str(sums_path(output)),
    }
    run.finish(outcome, facts_table(facts))
