"""The shift of readings while a model is in training: the same prompts again and again, against the first look."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from affectlab.core import Convention, Doubles
from affectlab.errors import InputError
from affectlab.models.base import Model
from affectlab.vectors.pooled import COLON, before_answer, pooled
from affectlab.vectors.vectorset import VectorForm, VectorSet

PREFIX = "temperament/"
SIZE, SINCE = "size", "since"
MOST_NAMED = 12


class Watch:
    """Mean readings at the ":" of a fixed set of prompts, and how far they have moved since the first look.

        watch = Watch(vectors, prompts, emotions=["calm", "desperate"])
        for step, batch in enumerate(batches):
            if step % 100 == 0:
                print(watch.look(network, tokenizer, step))
            ...                                            # a step of training, which is the same with and without it

    `start` is what the first look saw, [all emotions]. Keep it and set it when training goes on in another process.
    """

    def __init__(
        self,
        vectors: VectorSet,
        prompts: Sequence[str],
        *,
        emotions: Sequence[str] | None = None,
        layer: int | None = None,
        convention: Convention = Convention.CENTRED,
        form: VectorForm | None = None,
    ) -> None:
        if not prompts:
            raise InputError("there is nothing to read", where="prompts", expected="at least one prompt")
        self.vectors, self.prompts = vectors, tuple(prompts)
        self.layer = vectors.default_layer if layer is None else layer
        self.convention, self.form = convention, form
        self.emotions = tuple(emotions or vectors.emotions[:MOST_NAMED])
        # What cannot be read is said now, and not after the first hours of training.
        vectors.readout(layers=[self.layer], convention=convention, emotions=self.emotions, form=form)
        self.start: Doubles | None = None
        self.since: int | None = None
        self._model: tuple[Any, Model] | None = None

    def look(self, network: Any, tokenizer: Any, step: int) -> dict[str, float]:
        """Read a Transformers network as it is now, and leave it as it was.

        The change of each chosen emotion's mean reading, `size` (root mean square of the changes of all emotions) and
        `since` (the step of the first look).
        """
        from affectlab.models.hf.training import undisturbed  # noqa: PLC0415, Transformers takes its time

        with undisturbed(network):
            return self.look_at(self._wrapped(network, tokenizer), step)

    def look_at(self, model: Model, step: int) -> dict[str, float]:
        """The same for a model of ours."""
        seen = self.means(model)
        if self.start is None:
            self.start, self.since = seen, step
        change = seen - self.start
        named = {f"{PREFIX}{name}": float(change[self.vectors.index(name)]) for name in self.emotions}
        size = float(np.sqrt((change**2).mean()))
        return {**named, f"{PREFIX}{SIZE}": size, f"{PREFIX}{SINCE}": float(-1 if self.since is None else self.since)}

    def means(self, model: Model) -> Doubles:
        """The mean reading of every emotion over the prompts, [emotions]."""
        carried = self.vectors.carried_to(model)
        rows = [before_answer(model, text) for text in self.prompts]
        found = pooled(model, carried, rows, layers=[self.layer], convention=self.convention)
        readings = found.readings(carried, self.layer, pool=COLON, form=self.form)
        return np.asarray(readings.astype(np.float64).mean(axis=0))

    def _wrapped(self, network: Any, tokenizer: Any) -> Model:
        """The network behind the seam; where its blocks are is proved once."""
        if self._model is None or self._model[0] is not network:
            from affectlab.models.hf.load import from_network  # noqa: PLC0415, Transformers takes its time

            self._model = (network, from_network(network, tokenizer, "in training"))
        return self._model[1]
