"""Shipments against a pre-export notification: that one left, arrived, came short, or will not leave."""

from datetime import date

import msgspec

from broker.records.bounds import Sha256
from broker.records.core import Concerned, Related, digest_problems, head_problems
from broker.records.marking import Marking
from broker.records.places import Place
from broker.records.problems import Problem, Problems
from broker.records.quantity import Quantity
from broker.records.substances import Substance
from broker.records.texts import language_problems, required_problems
from broker.types.vocabulary import Word


class ShipmentEvent(Word):
    """What became of a shipment."""

    UNKNOWN = "UNKNOWN"
    SHIPPED = "SHIPPED"
    ARRIVED = "ARRIVED"
    SHORT = "SHORT"
    CANCELLED = "CANCELLED"


class ShipmentCore(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One event of one shipment; ``shipment`` tells those of one notification apart."""

    marking: Marking
    concerned: tuple[Concerned, ...] = ()
    national_reference: str
    related: tuple[Related, ...] = ()
    notification: Sha256
    shipment: str
    event: ShipmentEvent
    happened_on: date | None = None
    substances: tuple[Substance, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    places: tuple[Place, ...] = ()
    remarks: str = ""
    language: str = ""

    def broken_rules(self) -> Problems:
        """Yield what is wrong with the event."""
        yield from head_problems(self)
        yield from digest_problems("notification", self.notification)
        yield from required_problems("shipment", self.shipment)
        if self.event in (ShipmentEvent.SHIPPED, ShipmentEvent.ARRIVED, ShipmentEvent.SHORT) and not self.quantities:
            yield Problem("quantities", "missing", f"how much was {self.event.word}?")
        yield from index_problems(self.quantities, len(self.substances))
        yield from language_problems("language", self.language)


def index_problems(quantities: tuple[Quantity, ...], substances: int) -> Problems:
    """Yield each amount that is said to be of a substance that is not there; *substances* is how many are."""
    for number, quantity in enumerate(quantities):
        for place, index in enumerate(quantity.substances):
            if not 0 <= index < substances:
                field = f"quantities[{number}].substances[{place}]"
                yield Problem(field, "out-of-range", f"there is no substance {index}: there are {substances}")
