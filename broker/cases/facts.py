"""What an incident comes down to where it is compared, searched and counted: codes, days, and amounts in one unit.

The index of a node keeps them as arrays, in the order of the fields: another order, or another field, is another
version of the index.
"""

from datetime import date
from decimal import Decimal

import msgspec

from broker.notation.measures import Measure as Measure  # noqa: PLC0414 - facts are what others know it by
from broker.records.core import RelatedAs
from broker.records.incident import Disposition, IncidentType
from broker.records.quantity import Qualifier, QuantityBasis, Unit
from broker.types.names import Digest
from broker.types.vocabulary import Status, Tlp


class ComparableAmount(msgspec.Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """An amount in the one unit of its measure: kilograms, litres, pieces, packages.

    Attributes:
        low, high: Between which it lies: equal for one number, apart where the unit leaves room (a ton, a gallon).
        is_lower_bound: It is at least this much (more than, at least).
        unit: As the report has it.
        substances: Zero-based indices into the incident's substances.
    """

    measure: Measure
    low: Decimal
    high: Decimal
    is_lower_bound: bool = False
    qualifier: Qualifier = Qualifier.NOT_STATED
    basis: QuantityBasis = QuantityBasis.NOT_STATED
    unit: Unit
    as_written: str = ""
    substances: tuple[int, ...] = ()


class NamedSubstance(msgspec.Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """A substance of an incident: our ids of it, none where it is not known, and its name as written.

    Attributes:
        by_name: The ids are what a catalogue had for the name; a newer edition may have others. Else the report itself
            names them.
    """

    ids: tuple[str, ...]
    as_written: str
    by_name: bool = False


class RelatedTo(msgspec.Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """Another message, and what the incident is to it."""

    digest: Digest
    relation: RelatedAs


class IncidentFacts(msgspec.Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """An incident as it is compared, searched and counted. Names no person, no company, and no number of anything.

    Attributes:
        reporting_country: Where it happened; empty where it is not told.
        countries: All that it names, sorted, the reporting one included.
        first_day, last_day: Between which it happened; None where that is not known.
        reported_on: When it was announced or reported.
        place_words: Words of the place, folded; for comparison.
        seen_before: It speaks of goods that another incident counted: destroyed, transferred.
    """

    incident_type: IncidentType
    status: Status
    tlp: Tlp
    national_reference: str
    reporting_country: str
    countries: tuple[str, ...]
    first_day: date | None
    last_day: date | None
    reported_on: date | None
    substances: tuple[NamedSubstance, ...]
    amounts: tuple[ComparableAmount, ...]
    origins: tuple[str, ...] = ()
    transits: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ()
    place_words: tuple[str, ...] = ()
    transports: tuple[str, ...] = ()
    concealment: str = ""
    declared_as: str = ""
    disposition: Disposition = Disposition.NOT_STATED
    related: tuple[RelatedTo, ...] = ()

    @property
    def seen_before(self) -> bool:
        """Whether it speaks of goods that were seized before, and are never counted as seized again."""
        return self.incident_type in (IncidentType.DESTROYED_GOODS, IncidentType.TRANSFERRED_GOODS)
