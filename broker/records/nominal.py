"""Incidents: the nominal section, the only one that names persons and companies.

No message of a problem here repeats what was written: it would carry the data into logs and listings.
"""

from datetime import date

import msgspec

from broker.records.marking import Basis
from broker.records.problems import Problem, Problems
from broker.records.texts import optional_country_problems
from broker.types.vocabulary import Word


class PartyKind(Word):
    """What a party is."""

    UNKNOWN = "UNKNOWN"
    PERSON = "PERSON"
    COMPANY = "COMPANY"
    VESSEL = "VESSEL"
    NOT_STATED = "NOT_STATED"


class PartyRole(Word):
    """What a party has to do with an incident."""

    UNKNOWN = "UNKNOWN"
    SUSPECT = "SUSPECT"
    CONVICTED = "CONVICTED"
    VICTIM = "VICTIM"
    CONSIGNEE = "CONSIGNEE"
    CONSIGNOR = "CONSIGNOR"
    CARRIER = "CARRIER"
    OTHER = "OTHER"


class Party(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person or company, with everything that data protection asks to be said of it."""

    kind: PartyKind
    role: PartyRole
    name: str = ""
    nationality: str | None = None
    basis: Basis = Basis.NOT_STATED
    review_by: date | None = None
    address: str = ""
    identifiers: tuple[str, ...] = ()
    telephones: tuple[str, ...] = ()

    def broken_rules(self) -> Problems:
        """Yield what is wrong with the party, without repeating it."""
        if self.nationality == "" or any(optional_country_problems("nationality", self.nationality)):
            yield Problem("nationality", "bad-country", "is no country code: expected two capitals, like NL, or null")
        if not (self.name or self.address or self.identifiers or self.telephones or self.nationality):
            yield Problem("name", "missing", "nothing is said of this party")


class IncidentNominal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The persons and companies of an incident."""

    parties: tuple[Party, ...] = ()
    notes: str = ""
    fictitious: bool
