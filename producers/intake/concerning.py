"""Whom a record about a notification concerns: the countries that the notification names."""

from collections.abc import Mapping

import msgspec

from broker.records.core import Concerned
from broker.records.notification import NotificationCore
from broker.types.names import participant_of
from producers.intake.form import Content, Writing
from producers.intake.goods import trade_concerns
from producers.intake.rows import FieldProblem
from producers.intake.values import read_countries, read_country

COUNTRIES: Mapping[str, str] = {
    "exporting_country": "of the notification; needed only where this node cannot read it",
    "importing_country": "likewise",
    "transit_countries": "likewise; several separated by ;",
}


def read_concerned(values: Mapping[str, str], writing: Writing, problems: list[FieldProblem]) -> tuple[Concerned, ...]:
    """Return the countries concerned: those of the notification, or else those that the row says."""
    exporting = read_country("exporting_country", values, problems)
    importing = read_country("importing_country", values, problems)
    transit = read_countries("transit_countries", values, problems)
    return _of_notification(writing) or trade_concerns(exporting, importing, transit)


def with_countries(content: Content, writing: Writing) -> Content:
    """Return *content*, concerning the countries of the notification that it names where it says none itself."""
    core = content.sections.core
    if core.concerned:
        return content
    core = msgspec.structs.replace(core, concerned=_of_notification(writing))
    return msgspec.structs.replace(content, sections=msgspec.structs.replace(content.sections, core=core))


def _of_notification(writing: Writing) -> tuple[Concerned, ...]:
    named = writing.named.get("notification")
    if named is None or not isinstance(named.core, NotificationCore):
        return ()
    core = named.core
    return trade_concerns(core.exporting_country, core.importing_country, core.transit_countries)


def check_told(content: Content, writing: Writing, problems: list[FieldProblem]) -> None:
    """Note that a record is for nobody: it names no recipient, and the countries that it concerns are not known."""
    if content.sections.core.concerned or writing.is_addressed or "notification" not in writing.named:
        return
    message = (
        "the notification cannot be read here, so nobody would be told of this: receive it first, "
        "or say exporting_country and importing_country"
    )
    problems.append(FieldProblem("importing_country", "nobody-told", message))


def check_takes_part(writing: Writing, parts: tuple[str, ...], problems: list[FieldProblem]) -> None:
    """Note that *writing* is by somebody who has none of the *parts* in the notification that it names.

    Args:
        parts: Fields of a notification that name countries.
    """
    named = writing.named.get("notification")
    participant = participant_of(writing.authority)
    if named is None or not isinstance(named.core, NotificationCore) or len(participant) != 2:
        return
    said = [getattr(named.core, part) for part in parts]
    countries = [code for one in said for code in ((one,) if isinstance(one, str) else one)]
    if participant not in countries:
        message = f"that one is for {', '.join(countries)}, and {writing.authority} writes for {participant}"
        problems.append(FieldProblem("notification", "foreign-message", message))
