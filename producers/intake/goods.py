"""What several kinds of record say of goods: substances, amounts, places, the countries that they concern."""

import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from broker.catalogue import Catalogue
from broker.records.core import Concerned, CountryRole
from broker.records.places import Place, PlaceRole
from broker.records.quantity import Quantity
from broker.records.substances import Substance
from producers.intake.countries import ROUTE, places_on_route
from producers.intake.quantities import read_amount, read_quantities, read_substances
from producers.intake.rows import FieldProblem
from producers.intake.substance_questions import questions_about_names

_LOCODE: Final = re.compile(r"[A-Z]{2}[A-Z2-9]{3}")
_BETWEEN_PLACES: Final = re.compile(r"\s*;\s*")


class Goods(NamedTuple):
    """Substances, their amounts, and what looks wrong in them and may be right."""

    substances: tuple[Substance, ...]
    quantities: tuple[Quantity, ...]
    questions: tuple[FieldProblem, ...]


def read_traded_goods(catalogue: Catalogue, values: Mapping[str, str], problems: list[FieldProblem]) -> Goods:
    """Return the goods of a trade: the amount is what the columns say, for it is counted against a balance."""
    substances = read_substances(values, problems)
    quantities = read_quantities(values, len(substances), problems)
    return Goods(substances, quantities, tuple(questions_about_names(catalogue, substances)))


def read_reported_goods(catalogue: Catalogue, values: Mapping[str, str], problems: list[FieldProblem]) -> Goods:
    """Return the goods that a report tells of: what the text of an amount says is read as well, and asked about."""
    substances = read_substances(values, problems)
    amount = read_amount(values, len(substances), problems)
    return Goods(substances, amount.quantities, (*questions_about_names(catalogue, substances), *amount.questions))


def read_points(text: str, country: str, role: PlaceRole) -> tuple[Place, ...]:
    """Return the places in *country* that a cell lists: UN/LOCODEs, or as they are called."""
    parts = (part for part in _BETWEEN_PLACES.split(text) if part)
    return tuple(
        Place(role=role, country=country, locode=part if _is_locode(part, country) else None, as_written=part)
        for part in parts
    )


def read_where(values: Mapping[str, str], country: str) -> tuple[tuple[Place, ...], tuple[Concerned, ...]]:
    """Return the places that a row names, where it happened in *country* first, and the countries concerned."""
    places: list[Place] = []
    concerned: list[Concerned] = []
    here = values.get("place", "")
    if country:
        places.append(Place(role=PlaceRole.HAPPENED_IN, country=country, as_written=here))
        concerned.append(Concerned(country=country, role=CountryRole.SEIZED_IN))
    for column in ROUTE:
        for place, role in places_on_route(column, values.get(column, "")):
            places.append(place)
            if role is not None:
                concerned.append(Concerned(country=place.country, role=role))
    return tuple(places), tuple(dict.fromkeys(concerned))


def trade_concerns(exporting: str, importing: str, transit: Iterable[str]) -> tuple[Concerned, ...]:
    """Return the countries that a trade concerns, each in its role."""
    concerned = [
        Concerned(country=exporting, role=CountryRole.SENT_FROM),
        *(Concerned(country=one, role=CountryRole.TRANSIT) for one in transit),
        Concerned(country=importing, role=CountryRole.DESTINATION),
    ]
    return tuple(dict.fromkeys(one for one in concerned if one.country))


def _is_locode(text: str, country: str) -> bool:
    return _LOCODE.fullmatch(text) is not None and text[:2] == country
