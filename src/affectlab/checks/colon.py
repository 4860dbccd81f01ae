"""What will the reply be like? The reading at the ":" against the reading at the user's last token, as predictors of
the mean reading of the reply that follows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from affectlab.core import Convention, Doubles, Floats, Score
from affectlab.models.base import Model, Row, Sampling
from affectlab.models.chat import ChatTokens, encode_chat
from affectlab.models.verbs import generate
from affectlab.stats import bootstrap
from affectlab.vectors.pooled import COLON, Pooled, PoolRow, before_answer, pooled
from affectlab.vectors.vectorset import VectorForm, VectorSet

DEALS = 1000
"""How often a null is drawn."""
PAIRINGS = 200
"""How often replies are dealt out to other prompts."""


def at_colon(model: Model, said: str) -> PoolRow:
    """What a human says, with one pool: the ":" before the answer."""
    both = before_answer(model, said)
    return PoolRow(both.row, both.pools[[COLON]])


def colon_readings(
    model: Model,
    vectors: VectorSet,
    said: Sequence[str],
    *,
    layer: int,
    convention: Convention = Convention.CENTRED,
    form: VectorForm | None = None,
) -> Floats:
    """The reading of every emotion at the ":" before the answer to each of these, [texts, emotions]."""
    rows = [at_colon(model, text) for text in said]
    return pooled(model, vectors, rows, layers=[layer], convention=convention).readings(vectors, layer, form=form)


@dataclass(frozen=True, eq=False)
class ReplyReadings:
    """Readings of the same prompts at three places, each [prompts, emotions]."""

    user: Floats
    colon: Floats
    reply: Floats


def reply_states(
    model: Model,
    vectors: VectorSet,
    prompts: Sequence[str],
    sampling: Sampling,
    *,
    layers: Sequence[int],
    convention: Convention = Convention.CENTRED,
) -> Pooled:
    """Let the model answer each prompt, and keep three pools: the user's last token, the ":" and the reply."""
    chats = [[{"role": "user", "content": prompt}] for prompt in prompts]
    replies = generate(model, chats, sampling)
    rows = [_with_reply(model, chat, reply.text.strip() or ".") for chat, reply in zip(chats, replies, strict=True)]
    return pooled(model, vectors, rows, layers=layers, convention=convention)


def _with_reply(model: Model, chat: list[dict[str, str]], reply: str) -> PoolRow:
    before = encode_chat(model.tokenizer, chat, generation=True)
    whole = encode_chat(model.tokenizer, [*chat, {"role": "assistant", "content": reply}], generation=False)
    places = np.arange(len(whole.tokens))
    pools = [places == last_of_user(before), places == before.colon, whole.content & (whole.turn == 1)]
    return PoolRow(Row(whole.tokens, turn=whole.assistant), pools)


def readings_of(states: Pooled, vectors: VectorSet, layer: int, form: VectorForm | None = None) -> ReplyReadings:
    """The readings at the three places of `reply_states`."""
    return ReplyReadings(*(states.readings(vectors, layer, pool=pool, form=form) for pool in range(3)))


def reply_readings(
    model: Model,
    vectors: VectorSet,
    prompts: Sequence[str],
    sampling: Sampling,
    *,
    layer: int,
    convention: Convention = Convention.CENTRED,
) -> ReplyReadings:
    """Let the model answer each prompt, and read the user's last token, the ":" and the reply."""
    states = reply_states(model, vectors, prompts, sampling, layers=[layer], convention=convention)
    return readings_of(states, vectors, layer)


def last_of_user(chat: ChatTokens) -> int:
    """The last token of the last thing a user said."""
    mine = [place for place in range(len(chat.tokens)) if chat.content[place] and chat.role(place) == "user"]
    return mine[-1]


def colon_scores(
    found: ReplyReadings,
    *,
    layer: int,
    convention: Convention = Convention.CENTRED,
    nulls: Mapping[str, Mapping[str, float]] | None = None,
    seed: int = 0,
) -> list[Score]:
    """The correlation of reading and reply across prompts, within each emotion, averaged; and the gain of the ":".

    Prompts are resampled, the two places in pairs; the null deals the replies out to the prompts anew, and `nulls` of
    each score may be given besides: what directions that know no emotion give.
    """
    stacked, generator = _stacked(found), np.random.default_rng(seed)
    orders = [generator.permutation(len(stacked)) for _ in range(PAIRINGS)]
    dealt = [colon_statistics(replace(found, reply=found.reply[order])) for order in orders]
    scores = []
    for name, statistic in STATISTICS.items():
        interval = bootstrap(stacked, statistic, resamples=500, seed=seed)
        others = float(np.quantile([each[name] for each in dealt], 0.95))
        beside = {"replies of other prompts": others, **(nulls or {}).get(name, {})}
        ends = (interval.value, interval.low, interval.high)
        scores.append(Score(name, *ends, len(stacked), "prompts", 0.0, beside, {}, layer, convention))
    return scores


def colon_statistics(found: ReplyReadings) -> dict[str, float]:
    """The value of each score."""
    return {name: statistic(_stacked(found)) for name, statistic in STATISTICS.items()}


def _stacked(found: ReplyReadings) -> Doubles:
    return np.stack([found.user, found.colon, found.reply], axis=1).astype(np.float64)


def contrast_score(
    name: str,
    one: Floats,
    other: Floats,
    columns: Sequence[int],
    layer: int,
    *,
    baselines: Mapping[str, tuple[Floats, Floats]] | None = None,
    seed: int = 0,
) -> Score:
    """How much higher some emotions read after one kind of prompt than after another.

    Prompts of both kinds are resampled. One null deals them to the kinds by chance; the other takes as many emotions by
    chance, since kinds of prompts may differ in all of them. `baselines` are other readings of both kinds.
    """
    both = np.concatenate([one[:, columns], other[:, columns]]).astype(np.float64).mean(axis=1)
    kinds = np.repeat([1.0, 0.0], [len(one), len(other)])
    found = bootstrap(np.stack([both, kinds], axis=1), _difference, seed=seed)
    generator = np.random.default_rng(seed)
    dealt = [abs(_difference(np.stack([both, generator.permutation(kinds)], axis=1))) for _ in range(DEALS)]
    each = _apart(one, other)
    sets = [abs(each[generator.choice(len(each), len(columns), replace=False)].mean()) for _ in range(DEALS)]
    nulls = {"kinds by chance": float(np.quantile(dealt, 0.95)), "emotions by chance": float(np.quantile(sets, 0.95))}
    others = {key: float(_apart(*readings)[columns].mean()) for key, readings in (baselines or {}).items()}
    return Score(name, *found, "prompts", 0.0, nulls, others, layer, Convention.CENTRED)


def _apart(one: Floats, other: Floats) -> Doubles:
    return np.asarray(one.mean(axis=0, dtype=np.float64) - other.mean(axis=0, dtype=np.float64))


def _difference(rows: Doubles) -> float:
    first = rows[:, 1] > 0
    if first.all() or not first.any():
        return 0.0
    return float(rows[first, 0].mean() - rows[~first, 0].mean())


def correlations(one: Doubles | Floats, other: Doubles | Floats) -> Doubles:
    """Correlation across prompts within each emotion, [emotions]; 0 where one of them is the same for all prompts."""
    left, right = one - one.mean(axis=0), other - other.mean(axis=0)
    norms = np.sqrt((left**2).sum(axis=0) * (right**2).sum(axis=0))
    products = (left * right).sum(axis=0)
    return np.asarray(np.divide(products, norms, out=np.zeros_like(products), where=norms > 0))


def _of_colon(rows: Doubles) -> float:
    return float(correlations(rows[:, 1], rows[:, 2]).mean())


def _of_user(rows: Doubles) -> float:
    return float(correlations(rows[:, 0], rows[:, 2]).mean())


STATISTICS: Mapping[str, Callable[[Doubles], float]] = {
    "colon.reply": _of_colon,
    "colon.user": _of_user,
    "colon.gain": lambda rows: _of_colon(rows) - _of_user(rows),
}
"""Of rows [prompts, three places, emotions]."""
