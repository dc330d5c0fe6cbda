"""What reports of several kinds are made of: when, where, on what way, who, and what it rests on."""

from collections.abc import Iterator, Sequence

from broker.records.dates import DateKind, DatePrecision, DateStatement
from broker.records.evidence import Source
from broker.records.marking import Basis
from broker.records.nominal import Party
from broker.records.operational import Leg, TransportMode
from broker.records.places import Place, PlaceRole
from tocsin.showing.plain import plain
from tocsin.showing.records.line import Line, day_or_time, joined, word_of


def when_lines(dates: Sequence[DateStatement]) -> Iterator[Line]:
    """Yield when it was, as precisely as it was reported."""
    yield from joined("when", [_when(one) for one in dates])


def where_lines(places: Sequence[Place], label: str = "where") -> Iterator[Line]:
    """Yield where it was, as far as it is told."""
    yield from joined(label, [found for one in places if (found := where(one))])


def leg_lines(legs: Sequence[Leg]) -> Iterator[Line]:
    """Yield a journey, a line a leg."""
    for leg in legs:
        yield Line("journey", _leg(leg))


def party_lines(parties: Sequence[Party], *, fictitious: bool) -> Iterator[Line]:
    """Yield persons and companies; that they are invented comes before they are named."""
    if fictitious:
        yield Line("care", "FICTITIOUS: every person and company here is invented")
    for party in parties:
        yield Line(word_of(party.role), _party(party))


def source_line(source: Source) -> Line:
    """Return what something rests on."""
    parts = [source.kind, source.title, source.address, source.language and f"[{source.language}]"]
    return Line("source", plain(" ".join(part for part in parts if part)))


def where(place: Place) -> str:
    """Return a place, its role if that is not where it happened, and whether it is withheld."""
    inner = [plain(part) for part in (place.as_written, place.region or "", place.locode or "") if part]
    found = ", ".join(dict.fromkeys([*inner, plain(place.country)] if place.country else inner))
    if place.withheld:
        found = f"{found} (place withheld)".strip()
    return found if place.role in (PlaceRole.HAPPENED_IN, PlaceRole.NOT_STATED) else f"{found} ({word_of(place.role)})"


def _when(statement: DateStatement) -> str:
    first, last = statement.earliest, statement.latest
    match statement.precision:
        case DatePrecision.DAY:
            text = str(first)
        case DatePrecision.MONTH:
            text = f"{first:%Y-%m}" if first else ""
        case DatePrecision.YEAR:
            text = f"{first:%Y}" if first else ""
        case DatePrecision.RANGE:
            text = f"{first or '?'} to {last or '?'}"
        case _:
            text = plain(statement.as_written) or "not known"
    kind = "" if statement.kind is DateKind.OCCURRED else f" ({word_of(statement.kind)})"
    return text + kind


def _leg(leg: Leg) -> str:
    ends = [", ".join(part for part in pair if part) for pair in (
        (leg.from_place, leg.from_country), (leg.to_place, leg.to_country)
    )]  # fmt: skip
    way = " → ".join(end or "?" for end in ends) if any(ends) else ""
    mode = "" if leg.mode is TransportMode.NOT_STATED else word_of(leg.mode)
    numbers = [f"{name.replace('_', ' ')} {getattr(leg, name)}" for name in ("container", "seal", "air_waybill")
               if getattr(leg, name)]  # fmt: skip
    left = "" if leg.departed_at is None else f"left {day_or_time(leg.departed_at)}"
    return plain(", ".join(part for part in (mode, way, left, *numbers) if part)) or "not stated"


def _party(party: Party) -> str:
    basis = "" if party.basis is Basis.NOT_STATED else f"basis: {word_of(party.basis)}"
    parts = [party.name or "no name", word_of(party.kind), basis, party.nationality or "", party.address]
    return plain(", ".join(part for part in (*parts, *party.identifiers, *party.telephones) if part))
