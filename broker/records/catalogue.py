"""Editions of the substance catalogue: what substances are called, and what their status was when.

The hub's catalogue authority issues the international edition, a national regulator that of its own list. An edition
states all that its issuer says; a later one of the same issuer replaces it, and the earlier one stays on record.
"""

from datetime import date
from typing import Final

import msgspec

from broker.records.core import Concerned, Related, head_problems
from broker.records.dates import DatePrecision
from broker.records.marking import Marking
from broker.records.problems import Problem, Problems
from broker.records.texts import language_problems, repetition_problems, required_problems
from broker.types.vocabulary import Word

_PRECISIONS: Final = (DatePrecision.DAY, DatePrecision.MONTH, DatePrecision.YEAR, DatePrecision.NOT_KNOWN)


class Confidence(Word):
    """How sure a fact is."""

    UNKNOWN = "UNKNOWN"
    HIGH = "HIGH"
    MEDIUM = "MEDIUM"
    UNVERIFIED = "UNVERIFIED"


class NameKind(Word):
    """What kind of name it is."""

    UNKNOWN = "UNKNOWN"
    OFFICIAL = "OFFICIAL"
    SHORT = "SHORT"
    SYSTEMATIC = "SYSTEMATIC"
    SYNONYM = "SYNONYM"
    TRADE = "TRADE"
    STREET = "STREET"
    PREPARATION = "PREPARATION"
    WRONG = "WRONG"
    """Seen on goods and in listings, and wrong: it names another substance."""


class SaltScope(Word):
    """Whether a listing covers the salts too."""

    UNKNOWN = "UNKNOWN"
    NOT_STATED = "NOT_STATED"
    INCLUDED = "INCLUDED"
    EXCLUDED = "EXCLUDED"


class SubstanceLink(Word):
    """What a substance is to another one."""

    UNKNOWN = "UNKNOWN"
    SALT_OF = "SALT_OF"
    ESTER_OF = "ESTER_OF"
    ISOMER_OF = "ISOMER_OF"
    CONTAINS = "CONTAINS"
    MEMBER_OF = "MEMBER_OF"


class SubstanceName(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A name of a substance."""

    text: str
    kind: NameKind = NameKind.SYNONYM
    language: str = ""

    def broken_rules(self) -> Problems:
        """Yield what is wrong with the name."""
        yield from required_problems("text", self.text)
        yield from language_problems("language", self.language)


class CasNumber(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A CAS registry number; ``form`` says of what: empty for the substance itself, else its salt, isomer …"""

    number: str
    form: str = ""
    confidence: Confidence = Confidence.UNVERIFIED
    note: str = ""


class ConfusedNumber(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A number that is printed for a substance and is not its own: another one's, or nobody's."""

    number: str
    says: str


class HsCode(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A subheading of the Harmonized System; a residual one is shared with other goods."""

    edition: str
    code: str
    is_residual: bool
    note: str = ""


class CatalogueLink(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A relation to another substance of the catalogue."""

    link: SubstanceLink
    to: str


class CatalogueSubstance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A substance: our stable id, and what is known of it with its source."""

    id: str
    names: tuple[SubstanceName, ...]
    cas: tuple[CasNumber, ...] = ()
    confused: tuple[ConfusedNumber, ...] = ()
    hs: tuple[HsCode, ...] = ()
    links: tuple[CatalogueLink, ...] = ()
    drugs: tuple[str, ...] = ()
    salts: SaltScope = SaltScope.NOT_STATED
    scope: str = ""
    note: str = ""
    confidence: Confidence = Confidence.UNVERIFIED
    source: str = ""

    def broken_rules(self) -> Problems:
        """Yield what is wrong with the substance."""
        yield from required_problems("id", self.id)
        if not self.names:
            yield Problem("names", "missing", "a substance has at least one name")
        yield from repetition_problems("cas", [one.number for one in self.cas])


class CatalogueStatus(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The status of a substance under a scheme: from a day on, until the day before another.

    Attributes:
        starts_on: The first day; if ``precision`` is month or year, the first of it; if it is not known at all, a day
            on which it held already.
        ends_on: The first day on which it is no more; None while it lasts.
        decided_on: The day of the decision; of a month or year (``decided_precision``), the first.
    """

    substance: str
    scheme: str
    class_name: str
    starts_on: date
    precision: DatePrecision = DatePrecision.DAY
    ends_on: date | None = None
    instrument: str = ""
    decided_on: date | None = None
    decided_precision: DatePrecision = DatePrecision.DAY
    notified_on: date | None = None
    confidence: Confidence = Confidence.UNVERIFIED
    source: str = ""
    note: str = ""

    def broken_rules(self) -> Problems:
        """Yield what is wrong with the status."""
        for field in ("substance", "scheme", "class_name"):
            yield from required_problems(field, getattr(self, field))
        if self.ends_on is not None and self.ends_on <= self.starts_on:
            yield Problem("ends_on", "contradiction", "lies before the first day")
        if self.precision not in _PRECISIONS:
            yield Problem("precision", "bad-date", "a status begins on a day, in a month, in a year, or is not known")
        if self.decided_precision not in _PRECISIONS:
            yield Problem("decided_precision", "bad-date", "a decision is of a day, a month or a year")


class CatalogueCore(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An edition."""

    marking: Marking
    concerned: tuple[Concerned, ...] = ()
    national_reference: str
    related: tuple[Related, ...] = ()
    issuer: str
    edition: str
    issued_on: date
    substances: tuple[CatalogueSubstance, ...] = ()
    statuses: tuple[CatalogueStatus, ...] = ()
    remarks: str = ""

    def broken_rules(self) -> Problems:
        """Yield what is wrong with the edition as a whole."""
        yield from head_problems(self)
        yield from required_problems("issuer", self.issuer)
        yield from required_problems("edition", self.edition)
        yield from repetition_problems("substances", [one.id for one in self.substances])
