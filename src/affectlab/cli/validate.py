"""`affectlab validate`: are the vectors what they claim to be?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from affectlab.cli.findings import FindingsOption, NullsOption, keep_findings
from affectlab.cli.loading import open_their_model, open_vectors
from affectlab.cli.options import (
    DeviceOption,
    JsonOption,
    LayerOption,
    MovedModelOption,
    SeedOption,
    TrustOption,
    VectorsArgument,
)
from affectlab.cli.progress import stage
from affectlab.cli.running import running, warn

if TYPE_CHECKING:
    from affectlab.findings import Findings

CorpusOption = Annotated[
    list[str] | None,
    typer.Option(
        "--corpus", metavar="CORPUS", help="The texts that were extracted: for topics to be resampled, and baselines."
    ),
]


def validate(
    vectors: VectorsArgument,
    output: FindingsOption = None,
    layer: LayerOption = None,
    corpus: CorpusOption = None,
    nulls: NullsOption = 20,
    seed: SeedOption = 0,
    model: MovedModelOption = None,
    device: DeviceOption = None,
    trust_remote_code: TrustOption = False,
    json: JsonOption = False,
) -> None:
    """Check whether emotion vectors are what they claim to be.

    Held-out topics, words through the unembedding, what a steered model says it feels, scenes, numbers, minimal pairs,
    and the ":" before an answer.

    Every score stands beside nulls: the same with shuffled labels, and with random directions.
    """
    with running("validate", locals()) as run:
        from affectlab.checks.sampled import UNKNOWN, stories_of
        from affectlab.checks.validate import validate as validate_vectors
        from affectlab.files import check_writable
        from affectlab.pocket.item_sets import items_of
        from affectlab.pocket.steering import steering_of
        from affectlab.sweeps import check_steering
        from affectlab.text import read_corpus
        from affectlab.vectors.store import sums_of, sums_path

        if output is not None:
            check_writable(output, [vectors, sums_path(vectors)])
        given = open_vectors(run, vectors)
        sums = sums_of(vectors, given)
        if layer is not None:
            given.place(layer)
        subject = open_their_model(run, given, model, device=device, trust_remote_code=trust_remote_code)
        items = items_of(subject.facts.get("register", "general"))
        run.note(hashes={"items": items.hash})
        options: dict[str, Any] = {"layer": layer, "nulls": nulls, "seed": seed}
        with stage("validating") as shown:
            told = stories_of(read_corpus(corpus), sums, subject) if corpus else UNKNOWN
            found = validate_vectors(subject, given, sums, items, **options, stories=told, progress=shown.at)
            shown.at("steering")
            found += check_steering(subject, given, sums, steering_of(items.register), nulls=nulls, seed=seed)
        if layer is None:
            _compare_layers(found)
        keep_findings(run, found, output)


def _compare_layers(found: Findings) -> None:
    """Say if held-out topics choose another layer than the one that these vectors prefer, where all else was read."""
    best, read = found.facts["heldout"]["layer"], found.facts["validate"]["layer"]
    if best != read:
        warn(f"held-out topics choose layer {best}, and these vectors prefer {read}: --layer {best} reads there")
