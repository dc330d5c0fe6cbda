"""Decisions to schedule as people read them: how far each is, and each country with it, as of a day."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any, Final

from broker.records.scheduling import SchedulingStage
from broker.types.names import Participant
from tocsin.scheduling.state import CountryStage, CountryState, Decision, Said
from tocsin.showing.about import Names, named
from tocsin.showing.plain import counted, plain
from tocsin.showing.records import Line
from tocsin.showing.records.line import substances_of
from tocsin.showing.records.listing import class_change

DECISION_COLUMNS: Final = ("decision", "by", "substance", "class", "stage", "effective", "implemented", "overdue")
COUNTRY_COLUMNS: Final = ("country", "state", "instrument", "scope", "reservation", "said by")
_DONE: Final = (CountryStage.IMPLEMENTED, CountryStage.WITH_RESERVATION)


def decision_rows(
    several: Iterable[Decision], countries: Sequence[Participant], names: Names, day: date
) -> Iterator[tuple[str, ...]]:
    """Yield decisions as rows of a table, as of *day*."""
    for one in several:
        states = states_of(one, countries, day)
        overdue = [state.country for state in states if state.overdue_days]
        core = one.said.core
        yield (
            named(one.said.digest, names),
            f"{one.said.by}{'' if one.said.counts else ' (not by the hub: does not count)'}",
            ", ".join(substances_of(core.substances)),
            class_change(core),
            one.stage_on(day),
            str(one.effective_on or ""),
            f"{sum(state.stage in _DONE for state in states)} of {len(states)}" if one.is_decided else "",
            ", ".join(overdue),
        )


def states_of(decision: Decision, countries: Iterable[Participant], day: date) -> list[CountryState]:
    """Return how far each country is; nothing of what nobody who may has decided."""
    return [decision.country_on(country, day) for country in countries] if decision.is_decided else []


def decision_lines(decision: Decision, names: Names, day: date) -> Iterator[Line]:
    """Yield a decision line by line."""
    core = decision.said.core
    yield Line("stage", f"{decision.stage_on(day)}, as of {day}")
    yield Line("substance", "; ".join(substances_of(core.substances)))
    yield Line("class", class_change(core))
    if decision.proposal is not None:
        yield Line("proposed", f"by {decision.proposal.by}: {named(decision.proposal.digest, names)}")
    word = "decided" if core.stage is SchedulingStage.DECISION else "proposed"
    yield Line(word, plain(f"{core.decided_on or ''} by {decision.said.by} {core.instrument}".strip()))
    if not decision.said.counts:
        yield Line("care", f"not by the hub: {decision.said.by} may not say what {plain(core.scheme)} decides")
    if decision.notification is not None:
        told = decision.notification
        yield Line("notified", f"{told.core.notified_on} by {told.by}")
    if decision.effective_on is not None:
        yield Line("effective", str(decision.effective_on))
    for one in decision.foreign:
        yield Line("no account", plain(f"{_what(one)} said by {one.by}, whose it is not to say"))


def country_rows(states: Iterable[CountryState]) -> Iterator[tuple[str, ...]]:
    """Yield countries as rows of a table."""
    for one in states:
        core = None if one.record is None else one.record.core
        said = ("", "", "") if core is None else (core.instrument, core.scope, core.reservation)
        yield (one.country, country_says(one), *said, "" if one.record is None else one.record.by)


def country_says(state: CountryState) -> str:
    """Return how far a country is, in words."""
    late = f"overdue by {counted(state.overdue_days, 'day')}" if state.overdue_days else ""
    match state.stage:
        case CountryStage.IMPLEMENTED:
            return f"implemented since {state.since}"
        case CountryStage.WITH_RESERVATION:
            return f"implemented with a reservation since {state.since}"
        case CountryStage.PLANNED:
            return f"planned for {state.since}{f', {late}' if late else ''}"
        case CountryStage.OVERDUE:
            return late
        case _:
            return "not yet due"


def decision_document(decision: Decision, countries: Sequence[Participant], names: Names, day: date) -> dict[str, Any]:
    """Return a decision as scripts get it."""
    core = decision.said.core
    return {
        "decision": named(decision.said.digest, names),
        "digest": decision.said.digest.hex(),
        "by": decision.said.by,
        "counts": decision.said.counts,
        "stage": decision.stage_on(day),
        "scheme": core.scheme,
        "substances": [{"written": one.as_written, "substance": one.substance_id} for one in core.substances],
        "from_class": core.from_class,
        "to_class": core.to_class,
        "instrument": core.instrument,
        "on": day.isoformat(),
        "decided_on": _iso(core.decided_on),
        "notified_on": _iso(core.notified_on if decision.notification is None else
                            decision.notification.core.notified_on),
        "effective_on": _iso(decision.effective_on),
        "countries": [_country_document(one, names) for one in states_of(decision, countries, day)],
        "not_counted": [
            {"by": one.by, "stage": one.core.stage.word, "message": named(one.digest, names)}
            for one in decision.foreign
        ],
    }  # fmt: skip


def _country_document(state: CountryState, names: Names) -> dict[str, Any]:
    record = state.record
    return {
        "country": state.country,
        "state": state.stage.word,
        "says": country_says(state),
        "since": _iso(state.since),
        "overdue_days": state.overdue_days,
        "instrument": "" if record is None else record.core.instrument,
        "scope": "" if record is None else record.core.scope,
        "reservation": "" if record is None else record.core.reservation,
        "message": None if record is None else named(record.digest, names),
    }


def _what(said: Said) -> str:
    country = f" of {said.core.country}" if said.core.country else ""
    return f"{said.core.stage.word}{country}"


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
