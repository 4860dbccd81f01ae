"""`affectlab extract`: from labelled texts to emotion vectors."""

from __future__ import annotations

import re
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
from affectlab.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from affectlab.checks.preferred import Preferred
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
PreferredOption = Annotated[
    str,
    typer.Option(
        "--layer",
        metavar="held-out|two-thirds|N",
        help="The layer that the vectors prefer, which other commands read: the one that tells emotions best in "
        "stories that are held out (two-thirds, where these are too few), the one at two thirds of the depth, or N.",
    ),
]
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
    layer: PreferredOption = "held-out",
    plan: PlanOption = None,
    revision: RevisionOption = None,
    trust_remote_code: TrustOption = False,
    json: JsonOption = False,
) -> None:
    """Extract emotion vectors from a model and labelled texts.

    A run that was stopped goes on where it was when the same command is given again.
    """
    with running("extract", locals()) as run:
        from affectlab.checks.preferred import prefer_layer
        from affectlab.core import parse_layers
        from affectlab.text import read_corpus
        from affectlab.vectors.extract import Recipe
        from affectlab.vectors.origin import check_plan
        from affectlab.vectors.store import check_outputs, load_sums, sums_path

        preferred = _rule(layer)
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
        sites = parse_layers(layers, subject.blocks)
        _check_preferred(preferred, sites)
        found = _extracted(subject, texts, sites, recipe, None if earlier is None else earlier.plan, output)
        with stage("choosing the layer that the vectors prefer"):
            chosen = prefer_layer(found.vectors, found.sums, preferred)
        _keep(run, found._replace(vectors=chosen.vectors), chosen, output)


def _rule(layer: str) -> str | int:
    """How the preferred layer is chosen, or which it is."""
    from affectlab.checks.preferred import HELD_OUT, TWO_THIRDS

    if layer in (HELD_OUT, TWO_THIRDS):
        return layer
    if re.fullmatch(r"\d{1,9}", layer, re.ASCII):
        return int(layer)
    expected = f"{HELD_OUT}, {TWO_THIRDS}, or the number of a layer"
    raise InputError("this names no layer", where="--layer", expected=expected, found=repr(layer))


def _check_preferred(preferred: str | int, layers: Sequence[int]) -> None:
    """Raise, before anything is run, for a layer that is not extracted."""
    if isinstance(preferred, int) and preferred not in layers:
        raise InputError(
            "this layer is not extracted",
            where="--layer",
            expected=f"one of {', '.join(map(str, layers))}",
            found=str(preferred),
            fix="name another, or extract it too with --layers",
        )


def _extracted(
    model: Model, texts: Corpus, layers: Sequence[int], recipe: Recipe, plan: BatchPlan | None, output: str
) -> Extraction:
    from affectlab.vectors.extract import extract as extract_vectors
    from affectlab.vectors.store import partial_path

    with stage("extracting") as shown:
        return extract_vectors(
            model,
            texts,
            layers=layers,
            recipe=recipe,
            plan=plan,
            checkpoint=partial_path(output),
            progress=lambda progress: shown.reached(progress.done, progress.total),
        )


def _keep(run: Running, found: Extraction, preferred: Preferred, output: str) -> None:
    """Write both files and say what came out."""
    from affectlab.report.terminal import facts_table
    from affectlab.vectors.store import save_extraction, sums_path

    vectors = found.vectors
    save_extraction(vectors, found.sums, output)
    run.note(hashes={"vectors": vectors.hash}, plan=found.sums.plan.as_dict(), warnings=found.warnings)
    for text in found.warnings:
        warn(text)
    outcome = {
        "vectors": output,
        "emotions": list(vectors.emotions),
        "layers": list(vectors.layers),
        "layer": preferred.layer,
        "dim": vectors.width,
        "texts": found.texts,
        "tokens": found.tokens,
        "seconds": round(found.seconds, 3),
        "tokens_per_second": round(found.speed, 1),
    }
    facts = {
        "emotions": f"{len(vectors.emotions)}: {', '.join(vectors.emotions)}",
        "layers": f"{len(vectors.layers)} of {vectors.header['model']['blocks']}, width {vectors.width}",
        "layer": f"{preferred.layer}, {preferred.why}",
        "texts": f"{found.texts:,} with {found.tokens:,} tokens",
        "took": f"{found.seconds:,.1f} s, {found.speed:,.0f} tokens/s",
        "vectors": output,
        "sums": str(sums_path(output)),
    }
    run.finish(outcome, facts_table(facts))
