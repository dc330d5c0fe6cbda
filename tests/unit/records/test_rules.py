"""Each rule that a type cannot express, broken once."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from broker.errors import InvalidRecord
from broker.records.checking import check_record, check_sections, problems_in
from broker.records.core import Concerned, CountryRole, Related, RelatedAs
from broker.records.dates import DateKind, DatePrecision, DateStatement, month_statement, year_statement
from broker.records.evidence import AttachmentReference, IncidentEvidence, LaboratoryFinding, Source
from broker.records.heads import StreamState
from broker.records.incident import IncidentType
from broker.records.marking import Basis, Marking
from broker.records.nominal import IncidentNominal, Party, PartyKind, PartyRole
from broker.records.operational import IncidentOperational, Leg
from broker.records.places import Place
from broker.records.quantity import Qualifier
from broker.records.substances import Substance
from broker.types.names import Digest, Originator, Participant
from broker.types.vocabulary import Handling, Purpose, RecordKind
from tests.support import records

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
DIGEST = Digest(b"\x07" * 32)


def core(**changes: Any) -> msgspec.Struct:
    return records.a_core(**changes)


def marked(**changes: Any) -> msgspec.Struct:
    return records.a_core(marking=records.a_marking(**changes))


def amount(**changes: Any) -> msgspec.Struct:
    return records.a_core(quantities=(records.a_quantity(**changes),))


def dated(precision: DatePrecision, earliest: date | None, latest: date | None) -> msgspec.Struct:
    statement = DateStatement(kind=DateKind.FOUND, precision=precision, earliest=earliest, latest=latest)
    return records.a_core(dates=(statement,))


def placed(**changes: Any) -> msgspec.Struct:
    return records.a_core(places=(Place(**changes),))


def named(**changes: Any) -> msgspec.Struct:
    fields: dict[str, Any] = {"kind": PartyKind.PERSON, "role": PartyRole.SUSPECT, "name": "Jan Voorbeeld"}
    return IncidentNominal(parties=(Party(**(fields | changes)),), fictitious=True)


def an_attachment(**changes: Any) -> msgspec.Struct:
    fields: dict[str, Any] = {"sha256": DIGEST, "size_bytes": 7, "media_type": "text/plain"}
    return IncidentEvidence(attachments=(AttachmentReference(**(fields | changes)),))


def a_stream(**changes: Any) -> StreamState:
    fields: dict[str, Any] = {
        "originator": Originator("NL/customs"),
        "writer": 1,
        "sequence": 1,
        "digest": DIGEST,
        "frozen": False,
    }
    return StreamState(**(fields | changes))


def day(text: str) -> date:
    return date.fromisoformat(text)


SECTION_BUILDERS = [
    *records.an_incident().sections.values(),
    records.an_agreement(),
    records.a_group(),
    records.a_contact(),
    records.some_heads(),
]


@pytest.mark.parametrize("record", SECTION_BUILDERS, ids=lambda record: type(record).__name__)
def test_finds_nothing_wrong_with_a_good_record(record: msgspec.Struct) -> None:
    check_record(record)


LEGAL = {
    "a last embargo before purging": marked(release_after=NOON, retain_until=NOON.replace(year=2027)),
    "a handling text with H3": marked(handling=(Handling.H2, Handling.H3), handling_text="Ask first."),
    "a group and an organisation": marked(recipients=("@NL/lionfish", "X-INCB", "BE/police"), excluded=("FR",)),
    "an unnamed chemical": core(substances=(Substance(as_written=""),)),
    "a withheld place": placed(withheld=True, region="neighbouring State"),
    "a code of a union": placed(country="EU"),
    "a locode": placed(country="NL", locode="NLRTM"),
    "a month": core(dates=(month_statement(DateKind.OCCURRED, 2024, 2, as_written="2024-02"),)),
    "a year": core(dates=(year_statement(DateKind.OCCURRED, 1969, as_written="1969"),)),
    "a range open at its end": dated(DatePrecision.RANGE, day("2026-01-01"), None),
    "zero, which is a value": amount(value=Decimal(0)),
    "the largest amount": amount(value=Decimal("99999999999999999999999999999999.999999")),
    "a range of one point": amount(value=Decimal(5), upper=Decimal(5), qualifier=Qualifier.RANGE),
    "two amounts that conflict": amount(value=Decimal(5), upper=Decimal(3), qualifier=Qualifier.CONFLICTING),
    "no reference in Latin letters": core(national_reference="дело № 7"),
    "no nominal party": IncidentNominal(fictitious=False),
}


@pytest.mark.parametrize("record", LEGAL.values(), ids=LEGAL)
def test_allows_what_real_reports_say(record: msgspec.Struct) -> None:
    assert [] == problems_in(record)


REFUSED = [
    # marking
    (marked(purposes=()), "marking.purposes", "missing"),
    (marked(purposes=(Purpose.UNKNOWN,)), "marking.purposes[0]", "unknown-word"),
    (marked(purposes=(Purpose.TRAINING, Purpose.TRAINING)), "marking.purposes[1]", "repeated"),
    (marked(handling=(Handling.H0, Handling.H0)), "marking.handling[1]", "repeated"),
    (marked(handling=(Handling.H3,)), "marking.handling_text", "bad-handling"),
    (marked(handling_text="Ask first."), "marking.handling_text", "bad-handling"),
    (marked(basis=Basis.UNKNOWN), "marking.basis", "unknown-word"),
    (marked(recipients=("nl",)), "marking.recipients[0]", "bad-name"),
    (marked(recipients=("BE", "NL/~1")), "marking.recipients[1]", "bad-name"),
    (marked(recipients=("BE", "BE")), "marking.recipients[1]", "repeated"),
    (marked(excluded=("everyone",)), "marking.excluded[0]", "bad-name"),
    (marked(recipients=("BE",), excluded=("BE",)), "marking.excluded", "contradiction"),
    (marked(release_after=datetime(2026, 3, 14)), "marking.release_after", "bad-time"),  # noqa: DTZ001
    (marked(retain_until=datetime(1969, 3, 14, tzinfo=UTC)), "marking.retain_until", "bad-time"),
    (marked(release_after=NOON, retain_until=NOON), "marking.retain_until", "contradiction"),
    # what every core begins with
    (core(national_reference=" "), "national_reference", "missing"),
    (core(national_reference="a\nb"), "national_reference", "bad-reference"),
    (core(national_reference=""), "national_reference", "missing"),
    (core(national_reference="7 "), "national_reference", "bad-reference"),
    (core(national_reference="7" * 201), "national_reference", "too-long"),
    (core(concerned=(Concerned(country="NLD", role=CountryRole.TRANSIT),)), "concerned[0].country", "bad-country"),
    (core(concerned=(Concerned(country="", role=CountryRole.TRANSIT),)), "concerned[0].country", "bad-country"),
    (core(concerned=(Concerned(country="BE", role=CountryRole.UNKNOWN),)), "concerned[0].role", "unknown-word"),
    (core(concerned=(Concerned(country="BE", role=CountryRole.TRANSIT),) * 2), "concerned[1]", "repeated"),
    (core(related=(Related(digest=DIGEST, relation=RelatedAs.PART_OF),) * 2), "related[1]", "repeated"),
    (core(related=(Related(digest=DIGEST, relation=RelatedAs.UNKNOWN),)), "related[0].relation", "unknown-word"),
    (core(related=(Related(digest=Digest(bytes(32)), relation=RelatedAs.REPLIES),)), "related[0].digest", "bad-digest"),
    (core(related=(Related(digest=Digest(b"1"), relation=RelatedAs.REPLIES),)), "related[0].digest", "bad-digest"),
    # incident
    (core(incident_type=IncidentType.UNKNOWN), "incident_type", "unknown-word"),
    (core(language="English"), "language", "bad-language"),
    (dated(DatePrecision.UNKNOWN, None, None), "dates[0].precision", "unknown-word"),
    (dated(DatePrecision.NOT_KNOWN, day("2026-01-01"), None), "dates[0].precision", "bad-date"),
    (dated(DatePrecision.DAY, None, None), "dates[0].precision", "bad-date"),
    (dated(DatePrecision.DAY, day("2026-01-01"), day("2026-01-02")), "dates[0].precision", "bad-date"),
    (dated(DatePrecision.MONTH, day("2026-02-01"), day("2026-02-27")), "dates[0].precision", "bad-date"),
    (dated(DatePrecision.MONTH, day("2026-02-02"), day("2026-02-28")), "dates[0].precision", "bad-date"),
    (dated(DatePrecision.MONTH, None, day("2026-02-28")), "dates[0].precision", "bad-date"),
    (dated(DatePrecision.YEAR, day("2026-01-01"), day("2026-12-30")), "dates[0].precision", "bad-date"),
    (dated(DatePrecision.YEAR, day("2025-01-01"), day("2026-12-31")), "dates[0].precision", "bad-date"),
    (dated(DatePrecision.YEAR, day("2026-01-01"), None), "dates[0].precision", "bad-date"),
    (dated(DatePrecision.RANGE, None, None), "dates[0].precision", "bad-date"),
    (dated(DatePrecision.RANGE, day("2026-01-02"), day("2026-01-01")), "dates[0].precision", "bad-date"),
    (placed(), "places[0].country", "missing"),
    (placed(country="nl"), "places[0].country", "bad-country"),
    (placed(country="NL", locode="ROTTERDAM"), "places[0].locode", "bad-locode"),
    (placed(country="NL", locode="BEANR"), "places[0].locode", "bad-locode"),
    (core(substances=(Substance(as_written="x", language="?"),)), "substances[0].language", "bad-language"),
    (core(substances=(Substance(as_written="x", substance_id=""),)), "substances[0].substance_id", "missing"),
    (amount(value=Decimal("0.0000001")), "quantities[0].value", "bad-decimal"),
    (amount(value=Decimal("1E+32")), "quantities[0].value", "bad-decimal"),
    (amount(value=Decimal("NaN")), "quantities[0].value", "bad-decimal"),
    (amount(value=Decimal("sNaN")), "quantities[0].value", "bad-decimal"),
    (amount(value=Decimal("Infinity")), "quantities[0].value", "bad-decimal"),
    (amount(value=Decimal(-1)), "quantities[0].value", "out-of-range"),
    (amount(upper=Decimal(-1), qualifier=Qualifier.CONFLICTING), "quantities[0].upper", "out-of-range"),
    (amount(upper=Decimal(500)), "quantities[0].upper", "bad-range"),
    (amount(qualifier=Qualifier.RANGE), "quantities[0].upper", "bad-range"),
    (amount(upper=Decimal(1), qualifier=Qualifier.RANGE), "quantities[0].upper", "bad-range"),
    (amount(concentration_percent=Decimal("100.1")), "quantities[0].concentration_percent", "out-of-range"),
    (amount(substances=(1,)), "quantities[0].substances[0]", "out-of-range"),
    (amount(substances=(-1,)), "quantities[0].substances[0]", "out-of-range"),
    (amount(substances=(0, 0)), "quantities[0].substances[1]", "repeated"),
    (IncidentOperational(legs=(Leg(from_country="Belgium"),)), "legs[0].from_country", "bad-country"),
    (IncidentOperational(legs=(Leg(), Leg(to_country="B"))), "legs[1].to_country", "bad-country"),
    (IncidentOperational(legs=(Leg(departed_at=datetime(2026, 1, 1)),)), "legs[0].departed_at", "bad-time"),  # noqa: DTZ001
    (IncidentOperational(legs=(Leg(container=""),)), "legs[0].container", "missing"),
    (named(nationality="Dutch"), "parties[0].nationality", "bad-country"),
    (named(nationality=""), "parties[0].nationality", "bad-country"),
    (named(name=""), "parties[0].name", "missing"),
    (named(role=PartyRole.UNKNOWN), "parties[0].role", "unknown-word"),
    (IncidentEvidence(sources=(Source(kind="press", language="EN"),)), "sources[0].language", "bad-language"),
    (IncidentEvidence(findings=(LaboratoryFinding(result=" "),)), "findings[0].result", "missing"),
    (an_attachment(media_type=""), "attachments[0].media_type", "missing"),
    # relations
    (records.an_agreement(parties=()), "parties", "missing"),
    (records.an_agreement("@NL/lionfish"), "parties[0]", "bad-name"),
    (records.an_agreement("BE", "BE"), "parties[1]", "repeated"),
    (records.an_agreement(national_reference=""), "national_reference", "missing"),
    (records.an_agreement(reference=""), "reference", "missing"),
    (records.an_agreement(kinds=(RecordKind.INCIDENT, RecordKind.INCIDENT)), "kinds[1]", "repeated"),
    (records.an_agreement(kinds=(RecordKind.UNKNOWN,)), "kinds[0]", "unknown-word"),
    (records.an_agreement(ends_on=day("2025-12-31")), "ends_on", "contradiction"),
    (records.a_group("Lionfish"), "name", "bad-name"),
    (records.a_group(members=()), "members", "missing"),
    (records.a_group(members=("@NL/other",)), "members[0]", "bad-name"),
    (records.a_group(national_reference=""), "national_reference", "missing"),
    (records.a_group(title=""), "title", "missing"),
    (records.a_group(ends_on=day("2025-12-31")), "ends_on", "contradiction"),
    (records.a_contact("NL"), "authority", "bad-name"),
    (records.a_contact(national_reference=""), "national_reference", "missing"),
    (records.a_contact(desk=""), "desk", "missing"),
    (records.a_contact(telephone=""), "telephone", "missing"),
    (records.a_contact(languages=()), "languages", "missing"),
    (records.a_contact(languages=("",)), "languages[0]", "missing"),
    (records.a_contact(languages=("nl", "Engels")), "languages[1]", "bad-language"),
    (records.a_contact(ends_on=day("2025-12-31")), "ends_on", "contradiction"),
    # heads
    (records.some_heads(streams=(a_stream(originator="NL"),)), "streams[0].originator", "bad-name"),
    (records.some_heads(streams=(a_stream(), a_stream(sequence=2))), "streams[1]", "repeated"),
]


@pytest.mark.parametrize(("record", "field", "code"), REFUSED, ids=[f"{code} {field}" for _, field, code in REFUSED])
def test_finds_exactly_the_rule_that_is_broken(record: msgspec.Struct, field: str, code: str) -> None:
    assert [(field, code)] == [(problem.field, problem.code) for problem in problems_in(record)]
    with pytest.raises(InvalidRecord, match=re.escape(f"{field}: ")):
        check_record(record)


def test_lists_all_problems_at_once_under_their_sections() -> None:
    operational = IncidentOperational(legs=(Leg(to_country="Spain"),))
    with pytest.raises(InvalidRecord) as caught:
        check_sections(
            {"core": records.a_core("N", national_reference=""), "operational": operational, "nominal": None}
        )
    assert [
        "core.concerned[0].country",
        "core.places[0].country",
        "core.national_reference",
        "operational.legs[0].to_country",
    ] == [part.partition(": ")[0] for part in str(caught.value).split("; ")]


def test_never_repeats_what_is_said_of_a_person() -> None:
    record = named(name="Jan Voorbeeld", nationality="Voorbeeldland", telephones=("000-voorbeeld",))
    with pytest.raises(InvalidRecord) as caught:
        check_record(record)
    assert "oorbeeld" not in str(caught.value)


def test_shortens_a_wrong_value_that_is_long() -> None:
    with pytest.raises(InvalidRecord) as caught:
        check_record(placed(country="N" * 10_000))
    assert len(str(caught.value)) < 200


def test_a_marking_needs_purposes_to_be_said() -> None:
    with pytest.raises(TypeError):
        Marking()  # type: ignore[call-arg]


def test_evaluations_are_spelt_as_people_write_them() -> None:
    marking = records.a_marking()
    assert "A1" == marking.source_evaluation.word + marking.information_evaluation.word


def test_a_group_is_named_by_its_leader() -> None:
    group = records.a_group()
    assert "@NL/lionfish" == group.full_name(Participant("NL"))
