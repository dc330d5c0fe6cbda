"""Builders of records: one obvious one a type. Everything in them is invented."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from broker.records.agreement import AgreementCore
from broker.records.contact import ContactCore
from broker.records.core import Concerned, CountryRole
from broker.records.dates import DateKind, DatePrecision, DateStatement
from broker.records.evidence import IncidentEvidence, Source
from broker.records.grant import GrantCore, GrantOutcome
from broker.records.group import GroupCore
from broker.records.heads import Heads, StreamState
from broker.records.incident import Disposition, IncidentCore, IncidentType
from broker.records.marking import Basis, InformationEvaluation, Marking, SourceEvaluation
from broker.records.nominal import IncidentNominal, Party, PartyKind, PartyRole
from broker.records.operational import IncidentOperational, Leg, TransportMode
from broker.records.places import Place, PlaceRole
from broker.records.quantity import Packages, Qualifier, Quantity, QuantityBasis, Unit
from broker.records.recall import RecallCore, RecallKind
from broker.records.receipt import ReceiptCore, Receipted, ReceiptEntry
from broker.records.request import RequestCore
from broker.records.substances import Identification, Substance
from broker.types.names import Digest, Originator
from broker.types.vocabulary import Action, Purpose, Section

MESSAGE = Digest(b"\x09" * 32)
"""The header digest of the message that requests, grants and recalls are about."""
MAY = datetime(2026, 5, 1, tzinfo=UTC)


class Incident(msgspec.Struct, frozen=True):
    """The four sections of an incident."""

    core: IncidentCore
    operational: IncidentOperational
    nominal: IncidentNominal
    evidence: IncidentEvidence

    @property
    def sections(self) -> Mapping[str, msgspec.Struct]:
        """The sections by their names on the wire."""
        return {name: getattr(self, name) for name in self.__struct_fields__}


def a_marking(**changes: Any) -> Marking:
    fields: dict[str, Any] = {
        "purposes": (Purpose.PREVENTION, Purpose.INVESTIGATION),
        "source_evaluation": SourceEvaluation.A,
        "information_evaluation": InformationEvaluation.I1,
        "basis": Basis.FACT,
    }
    return Marking(**(fields | changes))


def an_incident(seized_in: str = "NL", *, marking: Marking | None = None, **changes: Any) -> Incident:
    """Return an incident; *changes* are fields of its core section."""
    return Incident(
        a_core(seized_in, marking=marking or a_marking(), **changes),
        an_operational_section(seized_in),
        a_nominal_section(),
        an_evidence_section(),
    )


def a_core(seized_in: str = "NL", **changes: Any) -> IncidentCore:
    day = date(2026, 3, 14)
    fields: dict[str, Any] = {
        "marking": a_marking(),
        "concerned": (
            Concerned(country=seized_in, role=CountryRole.SEIZED_IN, tell=True),
            Concerned(country="BE", role=CountryRole.DESTINATION, tell=True),
        ),
        "national_reference": f"{seized_in}-2026-0001",
        "incident_type": IncidentType.SEIZURE,
        "dates": (DateStatement(kind=DateKind.FOUND, precision=DatePrecision.DAY, earliest=day, latest=day),),
        "places": (Place(role=PlaceRole.HAPPENED_IN, country=seized_in, as_written="a harbour"),),
        "substances": (
            Substance(as_written="acetic anhydride", language="en", substance_id="AA", identified=Identification.LABEL),
        ),
        "quantities": (a_quantity(),),
        "disposition": Disposition.HELD,
        "summary": "Drums without papers.",
        "language": "en",
    }
    return IncidentCore(**(fields | changes))


def a_quantity(**changes: Any) -> Quantity:
    fields: dict[str, Any] = {
        "as_written": "about 400 kg in 16 drums",
        "value": Decimal(400),
        "unit": Unit.KG,
        "qualifier": Qualifier.ABOUT,
        "basis": QuantityBasis.NET,
        "packages": (Packages(count=16, kind="drum", size="25 kg"),),
        "substances": (0,),
    }
    return Quantity(**(fields | changes))


def an_operational_section(seized_in: str = "NL") -> IncidentOperational:
    leg = Leg(mode=TransportMode.SEA, to_country=seized_in, to_place="a harbour", container="TOCU 305438 3")
    return IncidentOperational(legs=(leg,), transport="sea", concealment="behind paper", declared_as="paper rolls")


def a_nominal_section(name: str = "FICTITIOUS – Jan Voorbeeld") -> IncidentNominal:
    party = Party(
        kind=PartyKind.PERSON, role=PartyRole.SUSPECT, name=name, basis=Basis.ASSESSMENT, review_by=date(2027, 3, 14)
    )
    return IncidentNominal(parties=(party,), fictitious=True)


def an_evidence_section() -> IncidentEvidence:
    return IncidentEvidence(sources=(Source(kind="officer's report", language="en"),))


def an_agreement(*parties: str, **changes: Any) -> AgreementCore:
    fields: dict[str, Any] = {
        "marking": a_marking(),
        "national_reference": "agreement-1",
        "reference": "Memorandum 7",
        "title": "Sharing of incidents",
        "parties": parties or ("BE",),
        "starts_on": date(2026, 1, 1),
    }
    return AgreementCore(**(fields | changes))


def a_group(name: str = "lionfish", *, members: tuple[str, ...] = ("NL", "BE/police"), **changes: Any) -> GroupCore:
    fields: dict[str, Any] = {
        "marking": a_marking(),
        "national_reference": f"group-{name}",
        "name": name,
        "title": "Operation Lionfish",
        "members": members,
        "starts_on": date(2026, 1, 1),
        "ends_on": date(2026, 12, 31),
    }
    return GroupCore(**(fields | changes))


def a_contact(authority: str = "NL/customs", **changes: Any) -> ContactCore:
    fields: dict[str, Any] = {
        "marking": a_marking(),
        "national_reference": f"contact-{authority}",
        "authority": authority,
        "desk": "Duty desk",
        "telephone": "+31 00 000 0000",
        "email": "desk@example.org",
        "languages": ("nl", "en"),
        "starts_on": date(2026, 1, 1),
    }
    return ContactCore(**(fields | changes))


def a_request(**changes: Any) -> RequestCore:
    fields: dict[str, Any] = {
        "marking": a_marking(recipients=("NL/customs",)),
        "national_reference": "request-1",
        "message": MESSAGE,
        "action": Action.FORWARD,
        "sections": (Section.CORE,),
        "recipients": ("FR",),
        "purpose": Purpose.INVESTIGATION,
        "until": MAY,
        "reason": "The drums went on to Lille.",
    }
    return RequestCore(**(fields | changes))


def a_grant(grantee: str = "BE/police", **changes: Any) -> GrantCore:
    fields: dict[str, Any] = {
        "marking": a_marking(recipients=(grantee,)),
        "national_reference": "grant-1",
        "message": MESSAGE,
        "outcome": GrantOutcome.GRANTED,
        "action": Action.FORWARD,
        "sections": (Section.CORE,),
        "grantee": grantee,
        "recipients": ("FR",),
        "purposes": (Purpose.INVESTIGATION,),
        "until": MAY,
    }
    return GrantCore(**(fields | changes))


def a_recall(**changes: Any) -> RecallCore:
    fields: dict[str, Any] = {
        "marking": a_marking(),
        "national_reference": "recall-1",
        "message": MESSAGE,
        "kind": RecallKind.RECALL,
        "reason": "The laboratory found table salt.",
    }
    return RecallCore(**(fields | changes))


def a_receipt_entry(**changes: Any) -> ReceiptEntry:
    fields: dict[str, Any] = {
        "message": MESSAGE,
        "reader": "BE/police",
        "what": Receipted.OPENED,
        "sections": (Section.NOMINAL,),
        "purpose": Purpose.INVESTIGATION,
        "at": datetime(2026, 3, 20, 13, tzinfo=UTC),
    }
    return ReceiptEntry(**(fields | changes))


def a_receipt(*entries: ReceiptEntry, **changes: Any) -> ReceiptCore:
    fields: dict[str, Any] = {
        "marking": a_marking(recipients=("NL/customs",)),
        "national_reference": "receipt-2026-03-20",
        "period_from": datetime(2026, 3, 20, tzinfo=UTC),
        "period_to": datetime(2026, 3, 21, tzinfo=UTC),
        "entries": entries,
    }
    return ReceiptCore(**(fields | changes))


def some_heads(**changes: Any) -> Heads:
    stream = StreamState(
        originator=Originator("NL/customs"), writer=1, sequence=42, digest=Digest(b"\x01" * 32), frozen=False
    )
    fields: dict[str, Any] = {
        "streams": (stream,),
        "directory_digest": Digest(b"\x02" * 32),
        "decisions_root": Digest(b"\x03" * 32),
        "decisions_count": 7,
    }
    return Heads(**(fields | changes))
