"""How goods that are asked about moved, and who had to do with them: sections of requests and answers alike."""

from collections.abc import Mapping
from typing import Final

import msgspec

from broker.records.nominal import Party
from broker.records.operational import Leg
from producers.intake.columns import PARTY, TRANSPORT, some
from producers.intake.nominal import read_nominal
from producers.intake.operational import read_operational
from producers.intake.rows import FieldProblem

MOVEMENT: Final[Mapping[str, str]] = {
    **TRANSPORT,
    "details": "what else is to be said of the goods and their way; for those alone who may see operational details",
    **PARTY,
}
WHERE: Final[Mapping[str, str]] = {
    "country": "where it happened, ISO 3166-1 alpha-2",
    "place": "where in that country",
    **some("origin", "transit", "destination"),
}


class Movement(msgspec.Struct, frozen=True):
    """What the columns say of journeys, marks and details."""

    legs: tuple[Leg, ...] = ()
    marks: tuple[str, ...] = ()
    details: str = ""


class Named(msgspec.Struct, frozen=True):
    """What the columns say of persons and companies."""

    parties: tuple[Party, ...]
    fictitious: bool


def read_movement(values: Mapping[str, str]) -> Movement | None:
    """Return the journey that a row tells, or None where it tells none."""
    told = read_operational({name: text for name, text in values.items() if name in TRANSPORT})
    details = values.get("details", "")
    if told is None and not details:
        return None
    return Movement(details=details) if told is None else Movement(told.legs, told.marks, details)


def read_named(values: Mapping[str, str], problems: list[FieldProblem]) -> Named | None:
    """Return the persons and companies that a row names, or None where it names none."""
    told = read_nominal(values, problems)
    return None if told is None else Named(told.parties, told.fictitious)
