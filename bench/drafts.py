"""Typed drafts as a busy authority writes them: three sections of about 0.85 KB each, facts that vary. All invented."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Final

from broker.records.core import Concerned, CountryRole
from broker.records.dates import DateKind, DatePrecision, DateStatement
from broker.records.incident import Disposition, IncidentCore, IncidentType
from broker.records.marking import Basis, InformationEvaluation, Marking, SourceEvaluation
from broker.records.nominal import IncidentNominal, Party, PartyKind, PartyRole
from broker.records.operational import IncidentOperational, Leg, TransportMode
from broker.records.places import Place, PlaceRole
from broker.records.quantity import Packages, Qualifier, Quantity, QuantityBasis, Unit
from broker.records.substances import Identification, Substance
from broker.types.names import Originator
from broker.types.vocabulary import Handling, Purpose, Status, Tlp
from producers.draft import Draft, Sections, content_digest

AUTHORED_AT: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
_COUNTRIES: Final = ("BE", "DE", "CN", "TR", "MX", "PK", "BG", "PL", "US", "IR")
_TLP: Final = (Tlp.CLEAR, Tlp.GREEN, Tlp.GREEN, Tlp.AMBER, Tlp.AMBER, Tlp.AMBER, Tlp.AMBER_STRICT, Tlp.RED)
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz éüж"
_PURPOSES: Final = ((Purpose.PREVENTION, Purpose.INVESTIGATION), (Purpose.INVESTIGATION,), (Purpose.PREVENTION,))


def make_drafts(authority: Originator, count: int, *, first: int = 0) -> Iterator[Draft]:
    """Yield *count* drafts, the same on every call; *first* is the number of the first one."""
    for number in range(first, first + count):
        yield _draft(authority, number)


def _draft(authority: Originator, number: int) -> Draft:
    chance = random.Random(number)
    marking = _marking(chance)
    sections = Sections(
        core=_core(authority, number, marking, chance), operational=_operational(chance), nominal=_nominal(chance)
    )
    tlp = chance.choice(_TLP)
    return Draft(
        authority=authority,
        sections=sections,
        tlp=tlp,
        status=Status.EXERCISE,
        authored_at=AUTHORED_AT + timedelta(seconds=number),
        content_digest=content_digest(sections, tlp=tlp, status=Status.EXERCISE),
        line=number + 2,
    )


def _text(chance: random.Random, length: int) -> str:
    return "".join(chance.choices(_LETTERS, k=length))


def _marking(chance: random.Random) -> Marking:
    return Marking(
        handling=chance.choice(((), (Handling.H1,), (Handling.H1, Handling.H2), (Handling.H0,))),
        purposes=chance.choice(_PURPOSES),
        source_evaluation=chance.choice((SourceEvaluation.A, SourceEvaluation.B)),
        information_evaluation=chance.choice((InformationEvaluation.I1, InformationEvaluation.I2)),
        basis=Basis.FACT,
        recipients=chance.choice(((), (), ("BE",), ("BE/police", "DE"))),
        excluded=chance.choice(((), (), (), ("MX",), ("BE/customs",))),
    )


def _core(authority: Originator, number: int, marking: Marking, chance: random.Random) -> IncidentCore:
    day = date(2026, 1, 1) + timedelta(days=chance.randrange(60))
    other, third = chance.sample(_COUNTRIES, 2)
    kg = Decimal(chance.randrange(1, 90_000)) / 10
    return IncidentCore(
        marking=marking,
        concerned=(
            Concerned(country="NL", role=CountryRole.SEIZED_IN, tell=True),
            Concerned(country=other, role=CountryRole.SENT_FROM, tell=True),
            Concerned(country=third, role=CountryRole.DESTINATION, tell=chance.random() < 0.8),
        ),
        national_reference=f"{authority}-2026-{number:08d}",
        incident_type=chance.choice((IncidentType.SEIZURE, IncidentType.STOPPED_SHIPMENT)),
        dates=(DateStatement(kind=DateKind.FOUND, precision=DatePrecision.DAY, earliest=day, latest=day),),
        places=(Place(role=PlaceRole.HAPPENED_IN, country="NL", as_written=_text(chance, 20)),),
        substances=(
            Substance(as_written="acetic anhydride", language="en", substance_id="AA", identified=Identification.LABEL),
            Substance(as_written=_text(chance, 20), language="nl", identified=Identification.DECLARED),
        ),
        quantities=(
            Quantity(
                as_written=f"about {kg} kg",
                value=kg,
                unit=Unit.KG,
                qualifier=Qualifier.ABOUT,
                basis=QuantityBasis.NET,
                packages=(Packages(count=16, kind="drum", size="25 kg"),),
                substances=(0,),
            ),
        ),
        disposition=Disposition.HELD,
        summary=_text(chance, 500),
        language="nl",
    )


def _operational(chance: random.Random) -> IncidentOperational:
    legs = (
        Leg(mode=TransportMode.SEA, to_country="NL", to_place=_text(chance, 20), container="TOCU 305438 3"),
        Leg(mode=TransportMode.ROAD, from_country="NL", to_country="BE", to_place=_text(chance, 20)),
    )
    return IncidentOperational(
        legs=legs, transport="sea", concealment=_text(chance, 500), declared_as=_text(chance, 100)
    )


def _nominal(chance: random.Random) -> IncidentNominal:
    parties = tuple(
        Party(
            kind=PartyKind.PERSON,
            role=PartyRole.SUSPECT,
            name=f"FICTITIOUS – {_text(chance, 200)}",
            basis=Basis.ASSESSMENT,
            review_by=date(2027, 3, 14),
        )
        for _ in range(3)
    )
    return IncidentNominal(parties=parties, fictitious=True)
