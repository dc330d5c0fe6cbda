"""What a request or an answer says of goods and people besides its words, and the sections that it stands in."""

import msgspec

from broker.records.nominal import Party
from broker.records.operational import Leg
from broker.records.places import Place
from broker.records.quantity import Quantity
from broker.records.substances import Substance


class People(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Persons and companies, as a file names them; they stand in the nominal section alone."""

    parties: tuple[Party, ...] = ()
    notes: str = ""
    fictitious: bool = False

    @property
    def are_there(self) -> bool:
        """Whether anything is said of anybody."""
        return bool(self.parties or self.notes)


NOBODY = People()


class Goods(msgspec.Struct, frozen=True, kw_only=True):
    """Goods, how they moved and what stood on them."""

    substances: tuple[Substance, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    places: tuple[Place, ...] = ()
    containers: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    details: str = ""

    @property
    def legs(self) -> tuple[Leg, ...]:
        """The containers as legs of a journey."""
        return tuple(Leg(container=one) for one in self.containers)

    @property
    def is_operational(self) -> bool:
        """Whether there is something for the operational section."""
        return bool(self.containers or self.marks or self.details)


NO_GOODS = Goods()
