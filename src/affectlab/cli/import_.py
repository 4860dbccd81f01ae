"""`affectlab import`: vectors that somebody published, to be mapped without their model."""

from __future__ import annotations

from typing import Annotated

import typer

from affectlab.cli.options import JsonOption
from affectlab.cli.running import running

FileArgument = Annotated[
    str, typer.Argument(metavar="FILE", help="A .npz file: vectors [words, layers, width], and the words.")
]
NameOption = Annotated[
    str, typer.Option("--model", metavar="NAME", help="Which model they are of, for people to read.")
]
BlocksOption = Annotated[int | None, typer.Option(metavar="N", help="How many blocks it has, if the file has not all.")]
OutputOption = Annotated[str, typer.Option("-o", "--output", metavar="VECTORS", help="The vectors file to write.")]


def import_(
    file: FileArgument,
    model: NameOption,
    output: OutputOption,
    blocks: BlocksOption = None,
    json: JsonOption = False,
) -> None:
    """Take published vectors into a vectors file that can be mapped.

    Nothing can be steered with them: which model they are of, and how long its states are, is not known.
    """
    with running("import", locals()) as run:
        from affectlab.report.terminal import facts_table
        from affectlab.vectors.exchange import import_npz
        from affectlab.vectors.store import check_outputs, save_vectors

        check_outputs(output, inputs=[file])
        vectors = import_npz(file, model=model, blocks=blocks)
        save_vectors(vectors, output)
        run.note(hashes={"vectors": vectors.hash})
        outcome = {
            "vectors": output,
            "emotions": list(vectors.emotions),
            "layers": list(vectors.layers),
            "dim": vectors.width,
        }
        facts = {
            "emotions": f"{len(vectors.emotions)}: {', '.join(vectors.emotions)}",
            "layers": f"{len(vectors.layers)}, width {vectors.width}",
            "vectors": output,
        }
        run.finish(outcome, facts_table(facts))
