"""Incidents: the core section, which travels furthest and names no person and no company."""

import msgspec

from broker.records.core import Concerned, Related, head_problems
from broker.records.dates import DateStatement
from broker.records.marking import Marking
from broker.records.places import Place
from broker.records.problems import Problem, Problems
from broker.records.quantity import Quantity
from broker.records.substances import Substance
from broker.records.texts import language_problems
from broker.types.vocabulary import Word


class IncidentType(Word):
    """What happened. Destroyed and transferred goods were seized before and are never counted as seized."""

    UNKNOWN = "UNKNOWN"
    SEIZURE = "SEIZURE"
    STOPPED_SHIPMENT = "STOPPED_SHIPMENT"
    SUSPICIOUS_SHIPMENT = "SUSPICIOUS_SHIPMENT"
    DIVERSION = "DIVERSION"
    ATTEMPTED_DIVERSION = "ATTEMPTED_DIVERSION"
    THEFT_OR_LOSS = "THEFT_OR_LOSS"
    CLANDESTINE_LABORATORY = "CLANDESTINE_LABORATORY"
    DUMPING = "DUMPING"
    SUSPICIOUS_ORDER = "SUSPICIOUS_ORDER"
    INTERNET_OFFER = "INTERNET_OFFER"
    EQUIPMENT = "EQUIPMENT"
    DESTROYED_GOODS = "DESTROYED_GOODS"
    TRANSFERRED_GOODS = "TRANSFERRED_GOODS"


class Disposition(Word):
    """What became of the goods."""

    UNKNOWN = "UNKNOWN"
    HELD = "HELD"
    SAMPLED = "SAMPLED"
    DESTROYED = "DESTROYED"
    RETURNED = "RETURNED"
    NOT_STATED = "NOT_STATED"


class IncidentCore(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What happened, when, where, with which substances and how much."""

    marking: Marking
    concerned: tuple[Concerned, ...] = ()
    national_reference: str
    related: tuple[Related, ...] = ()
    incident_type: IncidentType
    dates: tuple[DateStatement, ...] = ()
    places: tuple[Place, ...] = ()
    substances: tuple[Substance, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    disposition: Disposition = Disposition.NOT_STATED
    summary: str = ""
    notes: str = ""
    language: str = ""

    def broken_rules(self) -> Problems:
        """Yield what is wrong with the head, or between the parts."""
        yield from head_problems(self)
        yield from self._index_problems()
        yield from language_problems("language", self.language)

    def _index_problems(self) -> Problems:
        there = len(self.substances)
        for number, quantity in enumerate(self.quantities):
            for index, substance in enumerate(quantity.substances):
                if not 0 <= substance < there:
                    field = f"quantities[{number}].substances[{index}]"
                    yield Problem(field, "out-of-range", f"there is no substance {substance}: there are {there}")
