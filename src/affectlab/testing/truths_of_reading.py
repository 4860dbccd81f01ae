"""What must be true of any model that is read: events, hidden states, readings, tokens, the way out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from affectlab.core import Convention
from affectlab.models.base import RowEnd, TokenEvent
from affectlab.testing.trial import TEXT, Collector, Trial, greedy, require


def the_model_says_what_it_is(trial: Trial) -> None:
    model, identity = trial.model, trial.model.identity
    require(model.blocks >= 1 and model.width >= 1 and model.budget >= 1, "blocks, width and budget are at least 1")
    require(model.context is None or model.context >= 1, "the context is a number of tokens, or None")
    named = (identity.id, identity.config, identity.weights, identity.tokenizer)
    require(all(named), "id and the hashes of configuration, weights and tokenizer are there")
    require(bool(model.facts), "there are facts for `doctor`")


def tokens_stand_for_the_text(trial: Trial) -> None:
    tokenizer = trial.model.tokenizer
    tokens = tokenizer.encode(TEXT)
    require(list(tokenizer.encode_many([TEXT, TEXT[:50]])) == [tokens, tokenizer.encode(TEXT[:50])], "many as one")
    require(len(tokenizer.pieces(tokens)) == len(tokens), "one piece per token")
    marked, offsets = tokenizer.encode_marked(TEXT)
    require(len(marked) == len(offsets), "one stretch of characters per token")
    begins = [begin for begin, _ in offsets]
    require(begins == sorted(begins), "stretches of characters come in order")
    # A tokenizer may fold case or lack a character, so a text that it has written itself is what it must keep.
    known = tokenizer.decode(tokens)
    text, again = ("".join(found.split()) for found in (known, tokenizer.decode(tokenizer.encode(known))))
    require(2 * len(text) > len(TEXT), f"what is decoded: expected most of {TEXT[:40]!r}, found {known[:40]!r}")
    at = next((at for at, (one, other) in enumerate(zip(text, again, strict=False)) if one != other), len(again))
    differing = f"expected {text[at : at + 20]!r}, found {again[at : at + 20]!r}"
    require(text == again, f"what is decoded is the text: from character {at + 1} {differing}")


def every_row_gets_its_own_events_in_order(trial: Trial) -> None:
    first, second, third, fourth = trial.rows
    readout = trial.readout()
    rows = [first, replace(second, readout=readout), replace(third, logprobs=True), replace(fourth, sampling=greedy())]
    events: list[list[TokenEvent | RowEnd]] = [[] for _ in rows]
    for event in trial.model.run(rows):
        events[event.row].append(event)
    for index, (row, found) in enumerate(zip(rows, events, strict=True)):
        require(bool(found) and isinstance(found[-1], RowEnd), f"row {index} ends with a RowEnd")
        tokens = [event for event in found if isinstance(event, TokenEvent)]
        require(len(tokens) == len(found) - 1, f"row {index} ends once")
        asked = row.tokens if row.readout is not None or row.logprobs else ()
        given = [event for event in tokens if not event.generated]
        require(tuple(event.token for event in given) == asked, f"row {index}: its own given tokens, if asked for")
        made = tokens[len(given) :]
        require(all(event.generated for event in made), f"row {index}: what is generated comes after what is given")
        first_made = len(row.tokens)
        expected = [*range(len(asked)), *range(first_made, first_made + (greedy().max_tokens if row.sampling else 0))]
        require([event.position for event in tokens] == expected, f"row {index}: positions are absolute and in order")
        reason = found[-1].reason if isinstance(found[-1], RowEnd) else ""
        require(reason == ("length" if row.sampling else "given"), f"row {index}: the reason is {reason!r}")


def a_row_gets_what_it_asked_for_and_no_more(trial: Trial) -> None:
    plain, read, scored, _ = trial.run(
        [
            trial.rows[0],
            replace(trial.rows[1], readout=trial.readout()),
            replace(trial.rows[2], logprobs=True),
            trial.rows[3],
        ]
    )
    require(
        not plain.given and plain.end.receipt is None and plain.end.candidates == (), "nothing asked, nothing given"
    )
    require(all(event.scores is not None and event.logprob is None for event in read.given), "readings alone")
    require(all(event.scores is None for event in scored.given), "log-probabilities alone")
    missing = [event.position for event in scored.given if event.logprob is None]
    require(missing == [0], "every given token but the first has a log-probability")


def a_reducer_gets_every_wanted_site_once_and_no_padding(trial: Trial) -> None:
    for sites in (trial.sites, (trial.middle,)):
        collector = Collector(sites)
        for _ in trial.model.run(trial.rows, collector):
            pass
        expected = [f"begin {list(range(len(trial.rows)))}", *(f"add {site}" for site in sites), "end"]
        found = collector.calls
        require(
            found[:1] + sorted(found[1:-1]) + found[-1:] == [expected[0], *sorted(expected[1:-1]), "end"], f"{found}"
        )
        require(collector.lengths == [len(row.tokens) for row in trial.rows], "lengths as they are")
        for row, stream in zip(trial.rows, collector.streams(), strict=True):
            require(stream.shape == (len(sites), len(row.tokens), trial.model.width), f"a stream of {stream.shape}")


def hidden_states_of_a_row_do_not_depend_on_the_batch(trial: Trial) -> None:
    backwards = trial.hidden(trial.rows[::-1])[::-1]
    for index, row in enumerate(trial.rows):
        alone = trial.hidden([row])[0]
        for site in trial.sites:
            trial.require_near(trial.plain[index][site], alone[site], f"row {index}, layer {site}, alone")
            trial.require_near(backwards[index][site], alone[site], f"row {index}, layer {site}, order reversed")


def what_comes_later_changes_nothing_before_it(trial: Trial) -> None:
    longest = trial.rows[1]
    half = len(longest.tokens) // 2
    cut = trial.hidden([replace(longest, tokens=longest.tokens[:half])])[0]
    for site in trial.sites:
        trial.require_near(cut[site], trial.plain[1][site][:half], f"layer {site}")


def readings_are_those_of_the_hidden_states(trial: Trial) -> None:
    for convention in Convention:
        readout = trial.readout(convention)
        outcomes = trial.run([replace(row, readout=readout) for row in trial.rows])
        for index, outcome in enumerate(outcomes):
            expected = readout.apply(trial.plain[index])
            for site in trial.sites:
                where = f"row {index}, layer {site}, {convention}"
                trial.require_near(outcome.scores[:, site], expected[:, site], where)


def readings_of_a_row_do_not_depend_on_the_batch(trial: Trial) -> None:
    for convention in Convention:
        rows = [replace(row, readout=trial.readout(convention)) for row in trial.rows]
        together, backwards = trial.run(rows), trial.run(rows[::-1])[::-1]
        for index, row in enumerate(rows):
            alone = trial.run([row])[0].scores
            trial.require_near(together[index].scores, alone, f"row {index}, {convention}, with others")
            trial.require_near(backwards[index].scores, alone, f"row {index}, {convention}, order reversed")


def rows_of_one_batch_may_ask_for_different_readings(trial: Trial) -> None:
    readouts = [
        trial.readout(Convention.CENTRED, sites=(trial.middle,)),
        trial.readout(),
        trial.readout(Convention.COSINE, sites=trial.sites[-1:]),
        trial.readout(sites=trial.sites[:1]),
    ]
    rows = [replace(row, readout=readout) for row, readout in zip(trial.rows, readouts, strict=True)]
    for index, outcome in enumerate(trial.run(rows)):
        sites = list(readouts[index].sites)
        trial.require_near(outcome.scores, readouts[index].apply(trial.plain[index][sites]), f"row {index}")


def readings_are_the_same_beside_logits_and_beside_a_reducer(trial: Trial) -> None:
    rows = [replace(row, readout=trial.readout()) for row in trial.rows]
    alone = trial.run(rows)
    beside_logits = trial.run([replace(row, logprobs=True) for row in rows])
    collector = Collector(trial.sites)
    reduced = [event for event in trial.model.run(rows, collector) if isinstance(event, TokenEvent)]
    for index in range(len(rows)):
        trial.require_near(beside_logits[index].scores, alone[index].scores, f"row {index}, beside logits")
        beside = np.stack([event.scores for event in reduced if event.row == index and event.scores is not None])
        trial.require_near(beside, alone[index].scores, f"row {index}, beside a reducer")
        trial.require_near(collector.streams()[index], trial.plain[index], f"row {index}, what the reducer gets")


def no_rows_give_no_events(trial: Trial) -> None:
    require(list(trial.model.run([])) == [], "there was something")


def the_way_out_scores_every_token(trial: Trial) -> None:
    width = trial.model.width
    directions = np.asarray(np.random.default_rng(3).standard_normal((3, width)), dtype=np.float32)
    scores = trial.model.unembed(directions)
    require(scores.ndim == 2 and len(scores) == 3 and scores.dtype == np.float32, "[directions, vocabulary] float32")
    require(scores.shape[1] > max(max(row.tokens) for row in trial.rows), "a score for every token")
    trial.require_near(trial.model.unembed(directions * 7), scores, "the length of a direction does not matter")
    trial.require_near(trial.model.unembed(directions[1:2]), scores[1:2], "a direction alone as among others")
    opposite = trial.model.unembed(-directions)
    require(bool((opposite.argmin(axis=1) == scores.argmax(axis=1)).all()), "first for d is last for -d")
    nothing = trial.model.unembed(np.zeros((1, width), dtype=np.float32))
    require(float(np.abs(nothing).max()) <= trial.tolerance * float(np.abs(scores).max()), "no direction, no score")


TRUTHS: tuple[Callable[[Trial], None], ...] = (
    the_model_says_what_it_is,
    tokens_stand_for_the_text,
    every_row_gets_its_own_events_in_order,
    a_row_gets_what_it_asked_for_and_no_more,
    a_reducer_gets_every_wanted_site_once_and_no_padding,
    hidden_states_of_a_row_do_not_depend_on_the_batch,
    what_comes_later_changes_nothing_before_it,
    readings_are_those_of_the_hidden_states,
    readings_of_a_row_do_not_depend_on_the_batch,
    rows_of_one_batch_may_ask_for_different_readings,
    readings_are_the_same_beside_logits_and_beside_a_reducer,
    no_rows_give_no_events,
    the_way_out_scores_every_token,
)
