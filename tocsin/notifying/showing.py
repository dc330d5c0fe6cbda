"""Notifications for people and for scripts. Companies are never here: who opens the message sees them."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

import msgspec

from broker.directory.entries import DeadlineRule
from broker.records.quantity import Quantity
from broker.trade.answers import Reply
from broker.trade.balance import BalanceLine, Overshoot, Span
from broker.trade.deadlines import on_silence
from broker.trade.reminders import Lateness, Reminder, Side
from broker.trade.shipments import Shipment
from broker.trade.states import State, answer_state, is_open, noticed, state_on
from broker.trade.workflow import Notification, Version
from broker.types.names import Digest, Participant
from broker.types.vocabulary import Status
from tocsin.notifying.escalating import Contact
from tocsin.showing.plain import amount, counted, plain
from tocsin.showing.quantities import how_much
from tocsin.showing.records import Line

LIST_COLUMNS: Final = (
    "notification",
    "state",
    "from",
    "to",
    "substances",
    "amount",
    "dispatch",
    "answer by",
    "look at",
)
REMINDER_COLUMNS: Final = ("notification", "whose answer", "answer by", "how pressing", "whom to call")
_SILENCE: Final = "No answer came by {last}. Silence is shown as silence: it is neither consent nor objection. {law}"


def list_rows(
    several: Iterable[Notification], today: date, statuses: Mapping[Digest, Status]
) -> Iterator[tuple[str, ...]]:
    """Yield notifications as rows of a table; what is no real case says so in each row."""
    for one in several:
        core, status = one.core, statuses[one.first.digest]
        state = state_on(one, today).word
        yield (
            one.first.said.message,
            state if status is Status.ACTUAL else f"{state} ({status.word})",
            core.exporting_country,
            core.importing_country,
            ", ".join(each.as_written for each in core.substances),
            _amounts(core.quantities),
            _dispatch(one),
            "" if one.current.answer_by is None else one.current.answer_by.isoformat(),
            ", ".join((*_overdue(one, today), *dict.fromkeys(each.code for each in noticed(one, today)))),
        )


def notification_lines(one: Notification, rule: DeadlineRule | None, today: date) -> Iterator[Line]:
    """Yield how far a notification is, line by line."""
    core = one.core
    yield Line("state", state_on(one, today).word)
    yield Line("trade", f"from {core.exporting_country} to {core.importing_country}{_through(core.transit_countries)}")
    yield Line("goods", f"{', '.join(each.as_written for each in core.substances)}: {_amounts(core.quantities)}")
    yield Line("dispatch", _dispatch(one))
    if core.points_of_entry:
        yield Line("enters at", ", ".join(place.locode or place.as_written for place in core.points_of_entry))
    yield from _clock_lines(one, rule, today)
    for version in one.versions[1:]:
        yield Line("amended", f"{version.said.day} by {version.said.message}; the time for an answer began again")
    if one.cancelled_by is not None:
        yield Line("cancelled", f"{one.cancelled_by.day} by {one.cancelled_by.message}: {_remarks(one)}")
    yield from (Line("reply", _reply(reply)) for reply in one.replies)
    yield from (Line("shipment", _shipment(shipment)) for shipment in one.shipments)
    yield from (Line("balance", _balance(line)) for line in one.balance if one.shipments or core.is_simplified)
    yield from (Line("incident", f"{mention.message} of {mention.by}") for mention in one.incidents)
    yield from (Line("look at", each.says) for each in noticed(one, today))


def reminder_rows(several: Iterable[tuple[Reminder, tuple[Contact, ...]]]) -> Iterator[tuple[str, ...]]:
    """Yield what is due as rows of a table."""
    for one, whom in several:
        yield (
            one.notification.current.said.message,
            "yours" if one.side is Side.WE_ANSWER else f"of {one.notification.core.importing_country}",
            one.answer_by.isoformat(),
            lateness_text(one),
            "; ".join(f"{each.authority}: {each.desk.desk}, {each.desk.telephone}" for each in whom),
        )


def lateness_text(one: Reminder) -> str:
    """Return how pressing an answer is, in words."""
    days = counted(one.days, "working day") if one.days != 0 else "less than a working day"
    match one.lateness:
        case Lateness.DUE_TODAY:
            return "due today"
        case Lateness.DUE_SOON | Lateness.WAITING:
            return f"due in {days}"
        case Lateness.OVERDUE:
            return f"overdue by {days}"
        case _:
            return f"overdue by {days}: call"


def list_document(
    several: Iterable[Notification], today: date, statuses: Mapping[Digest, Status]
) -> list[dict[str, Any]]:
    """Return notifications as scripts get them in a list."""
    return [_short_document(one, today, statuses) for one in several]


def notification_document(
    one: Notification, rule: DeadlineRule | None, today: date, statuses: Mapping[Digest, Status]
) -> dict[str, Any]:
    """Return one notification as scripts get it, with everything that was said about it."""
    return {
        **_short_document(one, today, statuses),
        "versions": [_version_document(version) for version in one.versions],
        "cancelled_by": None if one.cancelled_by is None else one.cancelled_by.message,
        "clock": {
            "answer_by": _day(one.current.answer_by),
            "rule": one.current.rule_says,
            "is_stated": one.current.is_stated,
            "answer": answer_state(one, today).word,
            "on_silence": on_silence(rule),
        },
        "replies": [_reply_document(reply, one.answer) for reply in one.replies],
        "shipments": [_shipment_document(shipment) for shipment in one.shipments],
        "balance": [_balance_document(line) for line in one.balance],
        "incidents": [{"message": each.message, "by": each.by} for each in one.incidents],
        "uncounted": [
            {"message": each.said.message, "by": each.said.by, "why": each.why.word, "says": each.says}
            for each in one.uncounted
        ],
    }


def reminder_document(one: Reminder, whom: tuple[Contact, ...]) -> dict[str, Any]:
    """Return something that is due as scripts get it."""
    return {
        "notification": one.notification.first.said.message,
        "message": one.notification.current.said.message,
        "side": one.side.word,
        "lateness": one.lateness.word,
        "answer_by": one.answer_by.isoformat(),
        "working_days": one.days,
        "exporting_country": one.notification.core.exporting_country,
        "importing_country": one.notification.core.importing_country,
        "call": [{"authority": each.authority, **msgspec.to_builtins(each.desk)} for each in whom],
    }


def undated_document(one: Notification, mine: Participant) -> dict[str, Any]:
    """Return what nobody has answered, and for whose answer no last day is named, in the shape of a reminder."""
    side = Side.WE_ANSWER if one.core.importing_country == mine else Side.THEY_ANSWER
    return {
        "notification": one.first.said.message,
        "message": one.current.said.message,
        "side": side.word,
        "lateness": "no-last-day",
        "answer_by": None,
        "working_days": None,
        "exporting_country": one.core.exporting_country,
        "importing_country": one.core.importing_country,
        "call": [],
    }


def _clock_lines(one: Notification, rule: DeadlineRule | None, today: date) -> Iterator[Line]:
    last = one.current.answer_by
    if last is None:
        yield Line("answer by", f"no day is named: {one.current.rule_says or 'the exporting country has no rule here'}")
        return
    yield Line("answer by", f"{last}: {one.current.rule_says or 'as the notification states it'}")
    if answer_state(one, today) is State.NO_ANSWER:
        yield Line("silence", _SILENCE.format(last=last, law=on_silence(rule)))


def _overdue(one: Notification, today: date) -> Iterator[str]:
    last = one.current.answer_by
    if last is not None and state_on(one, today) is State.NO_ANSWER:
        yield f"overdue by {counted((today - last).days, 'day')}"


def _remarks(one: Notification) -> str:
    core = None if one.cancelled_by is None else one.cancelled_by.core
    return plain(getattr(core, "remarks", "")) or "no reason is given"


def _through(countries: tuple[str, ...]) -> str:
    return f", through {', '.join(countries)}" if countries else ""


def _amounts(quantities: tuple[Quantity, ...]) -> str:
    return "; ".join(how_much(each) for each in quantities) or "no amount"


def _dispatch(one: Notification) -> str:
    first, last = one.core.dispatch_from, one.core.dispatch_to
    days = f"{first or 'not told'}" if last is None or first == last else f"{first or '…'} to {last}"
    return f"{days}, several shipments" if one.core.is_simplified else days


def _reply(reply: Reply) -> str:
    notes = [] if reply.to_current else ["to what was said before the amendment"]
    if reply.days_late:
        notes.append(f"{counted(reply.days_late, 'day')} after the last day")
    why = f": {plain(reply.core.reason)}" if reply.core.reason else ""
    return f"{reply.said.day} {reply.core.reply.word} by {reply.said.message}{why}{_noted(notes)}"


def _shipment(shipment: Shipment) -> str:
    left = "" if shipment.left_on is None else f", left {shipment.left_on}"
    missing = _amounts(shipment.missing.quantities) if shipment.missing.quantities else ""
    short = f", missing {missing}" if missing else ""
    return f"{plain(shipment.number)} {shipment.event.word}: {_amounts(shipment.shipped.quantities)}{left}{short}"


def _balance(line: BalanceLine) -> str:
    if line.left is None:
        return f"{plain(line.substance)}: {_span(line.shipped)} {line.unit} shipped, none notified in {line.unit}"
    said = f"{_span(line.left)} {line.unit} left of {_span(line.notified)}, {_span(line.shipped)} shipped"
    over = "" if line.overshoot is Overshoot.NO else "; more than was notified"
    return f"{plain(line.substance)}: {said}{over}"


def _span(span: Span | None) -> str:
    if span is None:
        return "nothing"
    return _signed(span.low) if span.low == span.high else f"{_signed(span.low)} to {_signed(span.high)}"


def _signed(value: Decimal) -> str:
    return f"-{amount(-value)}" if value < 0 else amount(value)


def _noted(notes: list[str]) -> str:
    return f" ({'; '.join(notes)})" if notes else ""


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _short_document(one: Notification, today: date, statuses: Mapping[Digest, Status]) -> dict[str, Any]:
    core = one.core
    return {
        "message": one.first.said.message,
        "current": one.current.said.message,
        "digest": one.first.digest.hex(),
        "by": one.by,
        "status": statuses[one.first.digest].word,
        "state": state_on(one, today).word,
        "is_open": is_open(one),
        "exporting_country": core.exporting_country,
        "importing_country": core.importing_country,
        "substances": [each.as_written for each in core.substances],
        "quantities": [how_much(each) for each in core.quantities],
        "dispatch_from": _day(core.dispatch_from),
        "dispatch_to": _day(core.dispatch_to),
        "is_simplified": core.is_simplified,
        "answer_by": _day(one.current.answer_by),
        "noticed": [msgspec.to_builtins(each) for each in noticed(one, today)],
        "withdrawn": None,
    }


def _version_document(version: Version) -> dict[str, Any]:
    return {
        "message": version.said.message,
        "digest": version.digest.hex(),
        "act": version.core.act.word,
        "sent_on": version.said.day.isoformat(),
        "answer_by": _day(version.answer_by),
    }


def _reply_document(reply: Reply, counting: Reply | None) -> dict[str, Any]:
    return {
        "message": reply.said.message,
        "by": reply.said.by,
        "on": reply.said.day.isoformat(),
        "reply": reply.core.reply.word,
        "reason": reply.core.reason,
        "valid_until": _day(reply.core.valid_until),
        "to_current": reply.to_current,
        "days_late": reply.days_late,
        "counts": reply == counting,
    }


def _shipment_document(shipment: Shipment) -> dict[str, Any]:
    return {
        "shipment": shipment.number,
        "event": shipment.event.word,
        "left_on": _day(shipment.left_on),
        "shipped": [how_much(each) for each in shipment.shipped.quantities],
        "missing": [how_much(each) for each in shipment.missing.quantities],
        "messages": [each.message for each in shipment.said],
    }


def _balance_document(line: BalanceLine) -> dict[str, Any]:
    return {
        "substance": line.substance,
        "unit": line.unit,
        "notified": _span_document(line.notified),
        "shipped": _span_document(line.shipped),
        "left": _span_document(line.left),
        "missing": _span_document(line.missing),
        "overshoot": line.overshoot.word,
    }


def _span_document(span: Span | None) -> dict[str, str] | None:
    return None if span is None else {"low": _number(span.low), "high": _number(span.high)}


def _number(value: Decimal) -> str:
    """Return a number without needless zeros; text, because a figure of a balance is no float."""
    return f"{value.normalize():f}"
