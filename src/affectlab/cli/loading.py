"""Models and vectors, as commands ask for them; the run log learns which they are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from affectlab.cli.progress import stage
from affectlab.cli.running import Running
from affectlab.errors import ModelError

if TYPE_CHECKING:
    from affectlab.models.base import Model
    from affectlab.vectors.vectorset import VectorSet


def open_model(run: Running, name: str, **options: Any) -> Model:
    """The model of this name."""
    with stage(f"loading {name}"):
        from affectlab.models.load import load

        if name != "fake":
            from affectlab.models.hf.quiet import quiet

            quiet()
        model = load(name, **options)
    identity = vars(model.identity)
    hashes = {key: identity[key] for key in ("config", "weights", "tokenizer", "template")}
    run.note(model=model.identity.id, dtype=model.facts.get("dtype", ""), hashes=hashes)
    return model


def at_revision(name: str) -> tuple[str, str | None]:
    """`name@revision` of a model on the hub, taken apart; a folder may have an @ in its name."""
    if "@" not in name or Path(name).expanduser().exists():
        return name, None
    plain, _, revision = name.rpartition("@")
    return plain, revision


def open_vectors(run: Running, path: str) -> VectorSet:
    """The vectors in a file."""
    from affectlab.vectors.store import load_vectors

    vectors = load_vectors(path)
    run.note(hashes={"vectors": vectors.hash, "corpus": vectors.header["corpus"]["hash"]})
    return vectors


def open_their_model(run: Running, vectors: VectorSet, moved: str | None, **options: Any) -> Model:
    """The model that vectors come from, loaded as it was then; `moved` says where it lies now, if anybody says."""
    from affectlab.models.load import find_again

    source = vectors.header["model"]
    options["dtype"] = source["dtype"]
    name = find_again(source["id"], source.get("source", ""), vectors.folder) if moved is None else moved
    try:
        if moved in (None, source["id"]):
            options["revision"] = source["revision"] or None
        model = open_model(run, name, **options)
    except ModelError as error:
        if moved is None and type(error) is ModelError:
            fix = f"{error.fix}; if the model has moved, say where it is with --model"
            raise ModelError(**{**error.fields, "fix": fix}) from error
        raise
    vectors.check_model(model)
    return model
