"""What article 12(10)(a) of the 1988 Convention asks of a pre-export notification, before one may be sent."""

from collections.abc import Iterable
from typing import Final

from broker.directory.entries import AgreedField
from broker.records.companies import Company, TradeRole
from broker.records.notification import NotificationAct, NotificationCore, NotificationTrade
from broker.records.problems import Problem, Problems
from broker.records.quantity import Quantity, Unit

_ARTICLE: Final = "article 12(10)(a){} of the 1988 Convention"
_NO_UNIT: Final = (Unit.UNKNOWN, Unit.NOT_STATED)


def missing_fields(
    core: NotificationCore, trade: NotificationTrade | None, *, agreed: Iterable[AgreedField] = ()
) -> tuple[Problem, ...]:
    """Return what a notification lacks of what it has to say; nothing of a company is repeated in a message.

    A cancellation needs the notification that it cancels, and nothing else. An amendment says all of it again: it takes
    the place of what was said before.

    Args:
        core: What is to be sent.
        trade: Its companies; None where there is no such section.
        agreed: What the importing country asks for besides, by its entry in the directory.

    Source: 1988 Convention, article 12(10)(a)(i) to (v).
    """
    if core.act is NotificationAct.CANCELS:
        named = core.notification is not None
        return () if named else (_missing("notification", "the notification that is cancelled"),)
    companies = () if trade is None else trade.companies
    return (
        *_party(companies, TradeRole.EXPORTER, "(i)"),
        *_party(companies, TradeRole.IMPORTER, "(i)"),
        *_consignee(companies, stated=trade is not None and trade.no_consignee_known),
        *_goods(core),
        *_journey(core),
        *_agreed(core, companies, agreed),
    )


def _missing(field: str, what: str, clause: str = "") -> Problem:
    return Problem(field, "missing", f"{what}: {_ARTICLE.format(clause)} asks for it")


def _party(companies: tuple[Company, ...], role: TradeRole, clause: str) -> Problems:
    mine = [one for one in companies if one.role is role]
    if not any(one.name.strip() for one in mine):
        yield _missing(f"trade.{role.word}.name", f"name of the {role.word}", clause)
    if not any(one.address.strip() for one in mine):
        yield _missing(f"trade.{role.word}.address", f"address of the {role.word}", clause)


def _consignee(companies: tuple[Company, ...], *, stated: bool) -> Problems:
    # "When available": that nobody knows one is something to say, and not the same as having forgotten it.
    if stated:
        return
    if not any(one.role is TradeRole.CONSIGNEE for one in companies):
        says = "name and address of the consignee, or the statement that none is known"
        yield _missing("trade.consignee.name", says, "(i)")
        return
    yield from _party(companies, TradeRole.CONSIGNEE, "(i)")


def _goods(core: NotificationCore) -> Problems:
    if not core.substances:
        yield _missing("substances", "name of the substance as it stands in Table I or II", "(ii)")
    for number, substance in enumerate(core.substances):
        if not substance.as_written.strip():
            field = f"substances[{number}].as_written"
            yield _missing(field, "name of the substance as it stands in Table I or II", "(ii)")
    yield from _amounts(core.quantities, len(core.substances))


def _amounts(quantities: tuple[Quantity, ...], substances: int) -> Problems:
    if not quantities:
        yield _missing("quantities", "the quantity to be exported", "(iii)")
        return
    for number, quantity in enumerate(quantities):
        if quantity.value is None:
            yield _missing(f"quantities[{number}].value", "the quantity as a number", "(iii)")
        if quantity.unit in _NO_UNIT:
            yield _missing(f"quantities[{number}].unit", "the unit of the quantity", "(iii)")
    if any(not quantity.substances for quantity in quantities):
        return
    told = {index for quantity in quantities for index in quantity.substances}
    for index in range(substances):
        if index not in told:
            yield _missing("quantities", f"the quantity of substances[{index}]", "(iii)")


def _journey(core: NotificationCore) -> Problems:
    if not core.points_of_entry:
        yield _missing("points_of_entry", "the expected point of entry", "(iv)")
    if core.dispatch_from is None:
        yield _missing("dispatch_from", "the expected date of dispatch", "(iv)")
    if core.is_simplified and core.dispatch_to is None:
        yield _missing("dispatch_to", "the last day of the period that a simplified notification covers", "(iv)")


def _agreed(core: NotificationCore, companies: tuple[Company, ...], agreed: Iterable[AgreedField]) -> Problems:
    said = {
        AgreedField.IMPORT_AUTHORIZATION: ("import_authorization", bool(core.import_authorization.strip())),
        AgreedField.EXPORT_AUTHORIZATION: ("export_authorization", bool(core.export_authorization.strip())),
        AgreedField.INTENDED_USE: ("intended_use", bool(core.intended_use.strip())),
        AgreedField.POINT_OF_EXIT: ("points_of_exit", bool(core.points_of_exit)),
        AgreedField.TRANSIT_COUNTRIES: ("transit_countries", bool(core.transit_countries)),
        AgreedField.END_USER: ("trade.end-user.name", any(one.role is TradeRole.END_USER for one in companies)),
    }
    for one in agreed:
        field, there = said.get(one, ("", True))
        if not there:
            yield _missing(field, f"{one.word}, which {core.importing_country} asks for", "(v)")
