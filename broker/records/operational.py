"""Incidents: the operational section, how goods moved and were hidden."""

from datetime import datetime

import msgspec

from broker.records.problems import Problem, Problems
from broker.records.texts import optional_country_problems
from broker.types.vocabulary import Word


class TransportMode(Word):
    """How goods moved, or where they lay."""

    UNKNOWN = "UNKNOWN"
    SEA = "SEA"
    AIR = "AIR"
    ROAD = "ROAD"
    RAIL = "RAIL"
    INLAND_WATER = "INLAND_WATER"
    POST = "POST"
    COURIER = "COURIER"
    ON_FOOT = "ON_FOOT"
    WAREHOUSE = "WAREHOUSE"
    OTHER = "OTHER"
    NOT_STATED = "NOT_STATED"


class Leg(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One part of a journey. Numbers are kept as written, even if their check digit is wrong."""

    mode: TransportMode = TransportMode.NOT_STATED
    from_country: str = ""
    from_place: str = ""
    to_country: str = ""
    to_place: str = ""
    departed_at: datetime | None = None
    container: str | None = None
    seal: str | None = None
    air_waybill: str | None = None

    def broken_rules(self) -> Problems:
        """Yield what is wrong with the leg's codes."""
        yield from optional_country_problems("from_country", self.from_country)
        yield from optional_country_problems("to_country", self.to_country)
        for field in ("container", "seal", "air_waybill"):
            number: str | None = getattr(self, field)
            if number is not None and not number.strip():
                yield Problem(field, "missing", "must not be empty: null says that it is not told")


class IncidentOperational(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How goods moved and were hidden. Names no person and no company."""

    legs: tuple[Leg, ...] = ()
    transport: str = ""
    concealment: str = ""
    declared_as: str = ""
    marks: tuple[str, ...] = ()
    circumstance: str = ""
