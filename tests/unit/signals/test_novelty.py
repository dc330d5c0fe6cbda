"""New routes, and new words of concealments and declarations."""

from datetime import date
from typing import Any

from broker.signals.find import find_signals
from broker.signals.observation import Observation
from broker.signals.signal import Signal, SignalKind
from broker.types.vocabulary import Status
from tests.support.signals import WINDOW, a_past, an_observation


def found(kind: SignalKind, past: list[Observation], *new: Observation) -> list[Signal]:
    return [one for one in find_signals([*past, *new], WINDOW, Status.ACTUAL).signals if one.kind is kind]


def on_the_way(origin: str, to: str, name: str = "new") -> Observation:
    return an_observation(name, origins=(origin,), destinations=(to,))


def test_a_pair_of_origin_and_destination_is_new() -> None:
    past = a_past(origins=("CN",), destinations=("NL",))

    (signal,) = found(SignalKind.NEW_ROUTE, past, on_the_way("IN", "NL"), on_the_way("CN", "NL", "usual"))

    assert ("IN → NL", ("new",)) == (signal.place, signal.messages)


def test_a_route_that_ends_where_it_begins_is_none() -> None:
    assert [] == found(SignalKind.NEW_ROUTE, a_past(origins=("CN",), destinations=("NL",)), on_the_way("NL", "NL"))


def test_where_few_routes_are_known_none_is_new() -> None:
    past = [*a_past(26), *a_past(4, origins=("CN",), destinations=("NL",))]

    assert [] == found(SignalKind.NEW_ROUTE, past, on_the_way("IN", "NL"))


def in_words(kind: SignalKind, *texts: str) -> list[Signal]:
    new = [an_observation(f"new {number}", date(2026, 3, 5), **told(kind, text)) for number, text in enumerate(texts)]
    return found(kind, a_past(**told(kind, "hidden in pallets of tiles")), *new)


def told(kind: SignalKind, text: str) -> dict[str, Any]:
    return {"concealment" if kind is SignalKind.NEW_CONCEALMENT else "declared_as": text}


def test_a_word_that_two_reports_share_and_none_had_before_is_new() -> None:
    (signal,) = in_words(SignalKind.NEW_CONCEALMENT, "inside MANNEQUINS, of tiles", "mannequins")

    assert "'mannequins'" in signal.says
    assert 2 == len(signal.messages)


def test_a_word_of_one_report_is_too_little() -> None:
    assert [] == in_words(SignalKind.NEW_CONCEALMENT, "inside mannequins", "in tiles")


def test_short_words_and_numbers_say_nothing() -> None:
    assert [] == in_words(SignalKind.NEW_CONCEALMENT, "sac 20000 et", "sac 20000 et")


def test_declarations_are_watched_as_well() -> None:
    (signal,) = in_words(SignalKind.NEW_DECLARATION, "pigment", "red pigment")

    assert SignalKind.NEW_DECLARATION is signal.kind
