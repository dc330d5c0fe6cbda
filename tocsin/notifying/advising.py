"""What a person should know before a notification goes out. Advice: it keeps nothing back and decides nothing."""

from collections.abc import Collection, Iterator
from datetime import date
from typing import Final

from broker.catalogue import Catalogue
from broker.directory import Directory
from broker.directory.entries import TradeEntry
from broker.records.notification import NotificationCore
from broker.records.problems import Problem
from broker.records.substances import Substance
from broker.trade.asking import Asking, asked_for

_UN: Final = "UN-1988"
_MONTH_DAYS: Final = 31


def advise(directory: Directory, core: NotificationCore, day: date, *, catalogue: Catalogue) -> tuple[Problem, ...]:
    """Return what looks wrong with a notification that is drafted on *day*, and may be right."""
    entry = directory.trade(core.importing_country)
    return (
        *_unreached(directory, core),
        *_asked(catalogue, entry, core, day),
        *_simplified(entry, core),
        *_dispatch(core, day),
    )


def identifier(catalogue: Catalogue, substance: Substance) -> str | None:
    """Return our identifier of a substance: the one that is given, else that of its exact name if there is only one."""
    if substance.substance_id is not None:
        return substance.substance_id
    exact = catalogue.exact_ids(substance.as_written)
    return exact[0] if len(exact) == 1 else None


def tables_of(catalogue: Catalogue, identifier: str, day: date) -> Collection[str]:
    """Return in which of the Convention's tables a substance stands on *day*; none for one that is in no catalogue."""
    if identifier not in catalogue.ids:
        return ()
    found = (one.class_name for one in catalogue.status_on(identifier, day) if one.scheme == _UN)
    return tuple(one.removeprefix("Table ").strip() for one in found if one)


def _unreached(directory: Directory, core: NotificationCore) -> Iterator[Problem]:
    if directory.participant(core.importing_country) is None:
        says = f"{core.importing_country} takes no part in this network: nobody there gets the notification by it"
        yield Problem("importing_country", "not-in-network", says)


def _asked(catalogue: Catalogue, entry: TradeEntry | None, core: NotificationCore, day: date) -> Iterator[Problem]:
    importer = core.importing_country
    if entry is None:
        says = f"{importer} has not said in the directory for what it asks notifications"
        yield Problem("importing_country", "asking-not-known", says)
        return
    for number, substance in enumerate(core.substances):
        field, known = f"substances[{number}]", identifier(catalogue, substance)
        tables = () if known is None else tables_of(catalogue, known, day)
        found = asked_for(entry, known or "", tables=tables, day=day)
        if found.asking is Asking.NOT_WANTED and found.by is not None:
            says = f"{importer} wants no notification of it since {found.by.from_day}; it is sent all the same"
            yield Problem(field, "not-wanted", says)
        elif found.asking is Asking.NOT_SAID:
            yield Problem(
                field, "not-asked", f"{importer} does not ask for notifications of it; it is sent all the same"
            )


def _simplified(entry: TradeEntry | None, core: NotificationCore) -> Iterator[Problem]:
    if not core.is_simplified or entry is None:
        return
    if not entry.simplified_months:
        says = f"{core.importing_country} accepts no simplified notifications by its entry in the directory"
        yield Problem("is_simplified", "simplified-not-accepted", says)
    elif core.dispatch_from is not None and core.dispatch_to is not None:
        days = (core.dispatch_to - core.dispatch_from).days
        if days > entry.simplified_months * _MONTH_DAYS:
            says = (
                f"{core.importing_country} accepts simplified notifications of at most {entry.simplified_months} months"
            )
            yield Problem("dispatch_to", "period-too-long", says)


def _dispatch(core: NotificationCore, day: date) -> Iterator[Problem]:
    if core.dispatch_from is None:
        return
    if core.dispatch_from < day:
        yield Problem("dispatch_from", "past", "the expected date of dispatch has passed: a notification goes before")
    elif core.answer_by is not None and core.dispatch_from <= core.answer_by and not core.is_simplified:
        says = f"dispatch is expected before the last day for an answer, {core.answer_by}"
        yield Problem("dispatch_from", "before-answer", says)
