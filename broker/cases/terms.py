"""What goods and companies are recognised by: numbers, marks and names, each in one way of writing.

A container is the same whether it is written ``TOCU 305438 3`` or ``tocu3054383``. Persons are not here: nobody
searches for them across messages.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

import msgspec

from broker.cases.folding import folded
from broker.records.answer import AnswerNominal, AnswerOperational
from broker.records.inquiry import InquiryCore, InquiryNominal, InquiryOperational
from broker.records.nominal import IncidentNominal, Party, PartyKind
from broker.records.notification import NotificationTrade
from broker.records.operational import IncidentOperational, Leg
from broker.types.vocabulary import Section, Word


class TermKind(Word):
    """What something is recognised by."""

    UNKNOWN = "UNKNOWN"
    CONTAINER = "CONTAINER"
    SEAL = "SEAL"
    AIR_WAYBILL = "AIR_WAYBILL"
    TELEPHONE = "TELEPHONE"
    COMPANY = "COMPANY"
    REGISTRATION = "REGISTRATION"
    MARK = "MARK"
    LOT = "LOT"


NOMINAL_KINDS: Final = frozenset({TermKind.TELEPHONE, TermKind.COMPANY, TermKind.REGISTRATION})
"""What belongs to persons and companies; whoever searches for it investigates."""


class Term(msgspec.Struct, frozen=True):
    """One thing that something is recognised by, as it is compared."""

    kind: TermKind
    value: str


class FoundTerm(msgspec.Struct, frozen=True):
    """A term, and the section that it stands in."""

    term: Term
    section: Section


_CONTAINER: Final = re.compile(r"[A-Z]{4}\d{6,7}")
_CONTAINER_WITHOUT_CHECK_DIGIT: Final = 10
"""Four letters and six digits say which container it is; the seventh digit follows from them. Source: ISO 6346."""
_NO_DIGIT: Final = re.compile(r"\D+")
_TRUNK: Final = re.compile(r"\(\s*0\s*\)")
_SHORTEST_TELEPHONE: Final = 5
_LEGAL_FORM: Final = re.compile(
    r"ab|ag|aps|as|asa|bv|bvba|co|company|corp|corporation|doo|eood|gmbh|inc|incorporated|kft|kg|limited"
    r"|limitada|llc|llp|lp|ltd|ltda|nv|ojsc|ood|ooo|oy|oyj|plc|pte|pty|pvt|sa|sal|sarl|sas|sdn|bhd|se|sl"
    r"|spa|sro|srl|ug"
)
"""Two companies of one name and of different legal forms are told apart by those who look at them."""


def term_of(kind: TermKind, written: str) -> Term | None:
    """Return what is compared of a term as *written*; None where nothing is left of it."""
    value = _NORMALISED[kind](written)
    return Term(kind, value) if value else None


def terms_in(sections: Iterable[tuple[Section, msgspec.Struct]]) -> tuple[FoundTerm, ...]:
    """Return what goods and companies can be recognised by in the sections of a message, each once a section."""
    found = (FoundTerm(term, section) for section, record in sections for term in _terms_of(record))
    return tuple(dict.fromkeys(found))


def _terms_of(record: msgspec.Struct) -> Iterator[Term]:
    match record:
        case InquiryCore():
            yield from _terms(TermKind.LOT, (record.lot,))
        case IncidentOperational() | InquiryOperational() | AnswerOperational():
            for leg in record.legs:
                yield from _leg_terms(leg)
            yield from _terms(TermKind.MARK, record.marks)
        case IncidentNominal() | InquiryNominal() | AnswerNominal():
            for party in record.parties:
                yield from _party_terms(party)
        case NotificationTrade():
            for company in record.companies:
                yield from _terms(TermKind.COMPANY, (company.name,))
                yield from _terms(TermKind.REGISTRATION, (company.registration,))
                yield from _terms(TermKind.TELEPHONE, company.telephones)
        case _:
            return


def _leg_terms(leg: Leg) -> Iterator[Term]:
    yield from _terms(TermKind.CONTAINER, (leg.container or "",))
    yield from _terms(TermKind.SEAL, (leg.seal or "",))
    yield from _terms(TermKind.AIR_WAYBILL, (leg.air_waybill or "",))


def _party_terms(party: Party) -> Iterator[Term]:
    yield from _terms(TermKind.TELEPHONE, party.telephones)
    if party.kind is PartyKind.COMPANY:
        yield from _terms(TermKind.COMPANY, (party.name,))
        yield from _terms(TermKind.REGISTRATION, party.identifiers)


def _terms(kind: TermKind, written: Iterable[str]) -> Iterator[Term]:
    for one in written:
        term = term_of(kind, one)
        if term is not None:
            yield term


def _squeezed(written: str) -> str:
    return folded(written).replace(" ", "").upper()


def _container(written: str) -> str:
    value = _squeezed(written)
    return value[:_CONTAINER_WITHOUT_CHECK_DIGIT] if _CONTAINER.fullmatch(value) else value


def _digits(written: str) -> str:
    return _NO_DIGIT.sub("", written)


def _telephone(written: str) -> str:
    text = _TRUNK.sub("", written).strip()
    digits = _digits(text)
    if len(digits) < _SHORTEST_TELEPHONE:
        return ""
    if text.startswith("00"):
        return f"+{digits[2:]}"
    return f"+{digits}" if text.startswith("+") else digits


def _company(written: str) -> str:
    words = folded(written.replace(".", "")).split()  # B.V. and BV are one
    return " ".join(word for word in words if not _LEGAL_FORM.fullmatch(word)) or " ".join(words)


_NORMALISED: Final[Mapping[TermKind, Callable[[str], str]]] = {
    TermKind.UNKNOWN: str.strip,
    TermKind.CONTAINER: _container,
    TermKind.SEAL: _squeezed,
    TermKind.AIR_WAYBILL: _digits,
    TermKind.TELEPHONE: _telephone,
    TermKind.COMPANY: _company,
    TermKind.REGISTRATION: _squeezed,
    TermKind.MARK: folded,
    TermKind.LOT: _squeezed,
}
