"""The form of shipments against pre-export notifications."""

from collections.abc import Mapping
from typing import Final

from broker.records.places import PlaceRole
from broker.records.shipment import ShipmentCore, ShipmentEvent
from broker.types.vocabulary import RecordKind
from producers.draft import Sections
from producers.intake.columns import AMOUNT, MARKED, REFERENCE, SUBSTANCE, ColumnSet
from producers.intake.concerning import COUNTRIES, check_takes_part, check_told, read_concerned, with_countries
from producers.intake.form import NO_MESSAGE, UNMARKED, Content, Form, Writing
from producers.intake.goods import read_points, read_traded_goods
from producers.intake.rows import FieldProblem
from producers.intake.values import need_member, need_text, read_country, read_day, read_language

_COLUMNS: Final[Mapping[str, str]] = {
    **REFERENCE,
    "notification": "the notification that covers it: NL/regulator/1#42, its digest, or your reference",
    "shipment": "which shipment: your own word or number for it, the same for all that happens to it",
    "event": "shipped, arrived, short or cancelled",
    "happened_on": "the day: 2026-01-31",
    **SUBSTANCE,
    **AMOUNT,
    "country": "where it happened, ISO 3166-1 alpha-2",
    "place": "where in that country: a place or its UN/LOCODE; several separated by ;",
    "remarks": "what else is to be said",
    **COUNTRIES,
    **MARKED,
}


def _read(values: Mapping[str, str], writing: Writing, problems: list[FieldProblem]) -> Content:
    need_text("notification", values, "which notification covers it?", problems)
    goods = read_traded_goods(writing.surroundings.catalogue, values, problems)
    country = read_country("country", values, problems)
    if "place" in values and not country:
        problems.append(FieldProblem("country", "missing", "a place in which country?"))
    core = ShipmentCore(
        marking=UNMARKED,
        concerned=read_concerned(values, writing, problems),
        national_reference=writing.reference,
        notification=writing.digest_of("notification") or NO_MESSAGE,
        shipment=need_text("shipment", values, "which shipment? Any word or number that you use for it", problems),
        event=need_member("event", values, ShipmentEvent.SHIPPED, problems),
        happened_on=read_day("happened_on", values, problems, today=writing.authored_at.date()),
        substances=goods.substances,
        quantities=goods.quantities,
        places=read_points(values.get("place", ""), country, PlaceRole.HAPPENED_IN) if country else (),
        remarks=values.get("remarks", ""),
        language=read_language(values, problems),
    )
    return Content(Sections(core=core), questions=goods.questions)


def _finish(content: Content, writing: Writing, problems: list[FieldProblem]) -> Content:
    check_takes_part(writing, ("exporting_country", "importing_country", "transit_countries"), problems)
    content = with_countries(content, writing)
    check_told(content, writing, problems)
    return content


SHIPMENT: Final = Form(
    kind=RecordKind.SHIPMENT,
    known=ColumnSet(_COLUMNS, ("notification", "shipment", "event"), ("core",)),
    types={"core": ShipmentCore},
    read=_read,
    finish=_finish,
    names={"notification": (RecordKind.NOTIFICATION,)},
    fields={"quantities": "quantity_value", "substances": "substance_as_reported", "places": "place"},
    is_amount_read=False,
)
