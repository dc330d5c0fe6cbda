"""What is read out of each column, and what is refused; every refusal by field and code."""

from datetime import date
from decimal import Decimal

import pytest

from broker.records.dates import DatePrecision
from broker.records.evidence import IncidentEvidence
from broker.records.incident import IncidentCore, IncidentType
from broker.records.nominal import IncidentNominal
from broker.records.operational import IncidentOperational, Leg, TransportMode
from broker.records.places import Place, PlaceRole
from broker.records.quantity import Packages, Qualifier, Quantity, QuantityForm, Unit
from broker.types.vocabulary import Status
from producers.intake.marking_request import read_marking
from producers.intake.rows import FieldProblem, Row
from tests.support.intake import a_row, codes, one_draft, taken


def core_of(row: Row) -> IncidentCore:
    core = one_draft(row).core
    assert isinstance(core, IncidentCore)
    return core


def quantity_of(**columns: str) -> Quantity:
    """Return the amount that counts; what the text tells besides comes after it."""
    return core_of(a_row(**columns)).quantities[0]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        pytest.param({"incident_type": ""}, ("incident_type", "missing"), id="no type"),
        pytest.param({"incident_type": "seisure"}, ("incident_type", "unknown-word"), id="unknown type"),
        pytest.param({"incident_type": "statistic"}, ("incident_type", "aggregate"), id="aggregate"),
        pytest.param({"reporting_country": ""}, ("reporting_country", "missing"), id="no country"),
        pytest.param({"reporting_country": "UK"}, ("reporting_country", "unknown-country"), id="unknown country"),
        pytest.param({"reporting_country": "nl"}, ("reporting_country", "unknown-country"), id="small letters"),
        pytest.param({"reporting_country": "BE"}, ("reporting_country", "foreign-row"), id="foreign country"),
        pytest.param({"date_incident": "31.01.2018"}, ("date_incident", "bad-date"), id="dotted date"),
        pytest.param({"date_incident": "2018-02-30"}, ("date_incident", "bad-date"), id="no such day"),
        pytest.param({"date_incident": "2018-13"}, ("date_incident", "bad-date"), id="no such month"),
        pytest.param({"date_incident": "0018"}, ("date_incident", "bad-date"), id="no such year"),
        pytest.param({"date_incident": "2018/2017"}, ("date_incident", "bad-date"), id="range backwards"),
        pytest.param({"date_incident": "2026-11-23"}, ("date_incident", "future-date"), id="tomorrow and a day"),
        pytest.param(
            {"date_incident": "2018", "date_precision": "day"}, ("date_precision", "date-precision"), id="finer"
        ),
        pytest.param({"date_precision": "exact"}, ("date_precision", "unknown-word"), id="unknown precision"),
        pytest.param({"date_incident": "", "date_precision": "day"}, ("date_incident", "missing"), id="no date"),
        pytest.param({"date_reported": "yesterday"}, ("date_reported", "bad-date"), id="words for a date"),
        pytest.param({"quantity_value": "12,5"}, ("quantity_value", "bad-number"), id="decimal comma"),
        pytest.param({"quantity_value": "1.000.000"}, ("quantity_value", "bad-number"), id="two points"),
        pytest.param({"quantity_value": "-5"}, ("quantity_value", "bad-number"), id="negative"),
        pytest.param({"quantity_value": "1e3"}, ("quantity_value", "bad-number"), id="exponent"),
        pytest.param({"quantity_value": "٤٠٠"}, ("quantity_value", "bad-number"), id="digits of another script"),
        pytest.param({"quantity_value": "0.1234567"}, ("quantity_value", "bad-number"), id="too precise"),
        pytest.param({"quantity_value": "9" * 33}, ("quantity_value", "bad-number"), id="too large"),
        pytest.param({"quantity_value": "5/10"}, ("quantity_value", "bad-number"), id="two amounts"),
        pytest.param(
            {"quantity_value": "10/5", "quantity_qualifier": "range"}, ("quantity_value", "bad-number"), id="backwards"
        ),
        pytest.param({"quantity_unit": "kilo"}, ("quantity_unit", "unknown-word"), id="unknown unit"),
        pytest.param({"quantity_qualifier": "circa"}, ("quantity_qualifier", "unknown-word"), id="unknown qualifier"),
        pytest.param({"substance_id": "AA;HCL"}, ("substance_id", "bad-substance"), id="wrong separator"),
        pytest.param({"source_lang": "English"}, ("source_lang", "bad-language"), id="language"),
        pytest.param({"line_role": "copy"}, ("line_role", "unknown-word"), id="unknown role"),
        pytest.param({"line_role": "part_of_total"}, ("group", "missing"), id="part of nothing"),
        pytest.param({"tlp": "YELLOW"}, ("tlp", "unknown-word"), id="tlp"),
        pytest.param({"tlp": "GREEN"}, ("marking", "marking-too-loose"), id="looser than the profile"),
        pytest.param({"purposes": "sports"}, ("purposes", "unknown-word"), id="purpose"),
        pytest.param({"handling": "H1; H9"}, ("handling", "unknown-word"), id="handling"),
        pytest.param({"handling": "H3"}, ("marking", "marking-too-loose"), id="H3 without its text"),
        pytest.param({"recipients": "Belgium"}, ("recipients", "bad-name"), id="recipient"),
        pytest.param({"recipients": "BE", "excluded": "BE"}, ("excluded", "contradiction"), id="both"),
        pytest.param({"release_after": "2026-12-01T08:00"}, ("release_after", "bad-time"), id="no time zone"),
        pytest.param({"retain_until": "soon"}, ("retain_until", "bad-time"), id="no time"),
        pytest.param({"retain_until": "0001-01-01T00:00:00+14:00"}, ("retain_until", "bad-time"), id="before all time"),
        pytest.param({"status": "real"}, ("status", "unknown-word"), id="status"),
        pytest.param({"party_role": "suspect"}, ("party_name", "missing"), id="a party without a name"),
        pytest.param({"party_name": "A", "party_kind": "man"}, ("party_kind", "unknown-word"), id="kind of party"),
        pytest.param({"party_name": "A", "nationality": "Dutch"}, ("nationality", "unknown-country"), id="nationality"),
        pytest.param({"national_reference": "x" * 201}, ("national_reference", "too-long"), id="endless reference"),
        pytest.param({"national_reference": "a\nb"}, ("national_reference", "bad-reference"), id="two-line reference"),
    ],
)
def test_refuses_by_field_and_code(columns: dict[str, str], expected: tuple[str, str]) -> None:
    assert [expected] == codes(a_row(**columns))


def test_every_mistake_of_a_row_is_said_at_once() -> None:
    row = a_row(
        incident_type="raid", reporting_country="", date_incident="soon", quantity_value="many", tlp="PINK", status="?"
    )

    assert {
        ("incident_type", "unknown-word"),
        ("reporting_country", "missing"),
        ("date_incident", "bad-date"),
        ("quantity_value", "bad-number"),
        ("tlp", "unknown-word"),
        ("status", "unknown-word"),
    } == set(codes(row))


def test_an_aggregate_has_no_other_reason_and_says_why() -> None:
    (result,) = taken([a_row(incident_type="statistic", reporting_country="", quantity_value="?")])

    assert not hasattr(result, "sections")
    (problem,) = result.problems
    assert "an aggregate, not an incident" in problem.message


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("seizure", IncidentType.SEIZURE),
        ("theft_loss", IncidentType.THEFT_OR_LOSS),
        ("illicit_lab", IncidentType.CLANDESTINE_LABORATORY),
        ("administrative_hold", IncidentType.STOPPED_SHIPMENT),
        ("suspended_shipment", IncidentType.STOPPED_SHIPMENT),
        ("stopped_shipment", IncidentType.STOPPED_SHIPMENT),
        ("custody_transfer", IncidentType.TRANSFERRED_GOODS),
        ("destruction", IncidentType.DESTROYED_GOODS),
        ("Clandestine Laboratory", IncidentType.CLANDESTINE_LABORATORY),
        ("internet-offer", IncidentType.INTERNET_OFFER),
    ],
)
def test_knows_the_words_of_files_and_its_own(word: str, expected: IncidentType) -> None:
    assert expected is core_of(a_row(incident_type=word)).incident_type


@pytest.mark.parametrize(
    ("written", "precision", "expected"),
    [
        ("2018-01-31", "", (date(2018, 1, 31), date(2018, 1, 31), DatePrecision.DAY)),
        ("2018-02", "month", (date(2018, 2, 1), date(2018, 2, 28), DatePrecision.MONTH)),
        ("2020", "year", (date(2020, 1, 1), date(2020, 12, 31), DatePrecision.YEAR)),
        ("2015-11/2016-10", "range", (date(2015, 11, 1), date(2016, 10, 31), DatePrecision.RANGE)),
        ("2008-06-18/2008-06-20", "", (date(2008, 6, 18), date(2008, 6, 20), DatePrecision.RANGE)),
        ("2018-02-01", "month", (date(2018, 2, 1), date(2018, 2, 28), DatePrecision.MONTH)),
        ("2018-02-01", "year", (date(2018, 1, 1), date(2018, 12, 31), DatePrecision.YEAR)),
        ("2018-01-31T12:30:00", "", (date(2018, 1, 31), date(2018, 1, 31), DatePrecision.DAY)),
    ],
)
def test_a_date_is_as_exact_as_written(
    written: str, precision: str, expected: tuple[date, date, DatePrecision]
) -> None:
    (statement,) = core_of(a_row(date_incident=written, date_precision=precision)).dates

    assert expected == (statement.earliest, statement.latest, statement.precision)
    assert written == statement.as_written


def test_a_missing_date_is_missing() -> None:
    assert () == core_of(a_row(date_incident="", date_precision="unknown")).dates


@pytest.mark.parametrize(
    ("written", "expected"), [("83.390", "83.390"), ("0", "0"), ("25497.2", "25497.2"), ("0.000001", "0.000001")]
)
def test_a_number_keeps_its_decimals(written: str, expected: str) -> None:
    assert expected == str(quantity_of(quantity_value=written).value)


def test_an_amount_keeps_its_text_and_is_of_all_its_substances() -> None:
    row = a_row(
        substance_as_reported="acetic anhydride/ hydrochloric acid",
        substance_id="AA|HCL|other",
        quantity_as_reported="13,1 tons",
        quantity_value="13.1",
        quantity_unit="T",
        quantity_qualifier="more_than",
        packages="13 containers",
        physical_form="liquid",
    )
    core = core_of(row)

    assert ["AA", "HCL", None] == [one.substance_id for one in core.substances]
    assert (
        Quantity(
            as_written="13,1 tons",
            value=Decimal("13.1"),
            unit=Unit.TONNE,
            qualifier=Qualifier.MORE_THAN,
            form=QuantityForm.LIQUID,
            packages=(Packages(count=13, kind="containers", as_written="13 containers"),),
            substances=(0, 1, 2),
        ),
    ) == core.quantities


def test_a_range_has_two_ends() -> None:
    quantity = quantity_of(quantity_value="5/10", quantity_qualifier="range")

    assert (Decimal(5), Decimal(10)) == (quantity.value, quantity.upper)


def test_packages_are_counted_only_where_the_count_is_clear() -> None:
    said = "1.160 tambos"

    assert (Packages(count=1160, kind="tambos", as_written=said),) == quantity_of(packages=said).packages
    assert (Packages(as_written="canisters"),) == quantity_of(packages="canisters").packages


def test_nothing_told_is_nothing_said() -> None:
    row = Row(line=2, values={"incident_type": "seizure", "reporting_country": "NL"})
    draft = one_draft(row)
    core = core_of(row)

    assert ((), (), ()) == (core.dates, core.substances, core.quantities)
    assert (Place(role=PlaceRole.HAPPENED_IN, country="NL"),) == core.places
    assert ["core"] == list(draft.sections.present())


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("sea", [TransportMode.SEA]),
        ("road+sea", [TransportMode.ROAD, TransportMode.SEA]),
        ("post; air cargo", [TransportMode.POST, TransportMode.AIR]),
        ("post/courier", [TransportMode.POST, TransportMode.COURIER]),
        ("submarine", [TransportMode.OTHER]),
    ],
)
def test_transport_keeps_its_text_and_gives_legs(written: str, expected: list[TransportMode]) -> None:
    operational = one_draft(a_row(transport=written)).sections.operational

    assert isinstance(operational, IncidentOperational)
    assert (written, expected) == (operational.transport, [leg.mode for leg in operational.legs])


def test_numbers_are_on_the_only_leg_or_on_one_of_their_own() -> None:
    one = one_draft(a_row(transport="sea", container="TOCU 305438 3")).sections.operational
    two = one_draft(a_row(transport="road+sea", container="TOCU 305438 3", seal="S1")).sections.operational

    assert isinstance(one, IncidentOperational)
    assert isinstance(two, IncidentOperational)
    assert (Leg(mode=TransportMode.SEA, container="TOCU 305438 3"),) == one.legs
    assert Leg(container="TOCU 305438 3", seal="S1") == two.legs[2]


def test_what_happened_around_it_is_operational_and_the_source_is_evidence() -> None:
    draft = one_draft(
        a_row(
            circumstance="a tip",
            declared_as="toys",
            concealment="in drums",
            marks="a lion; a fish",
            source="https://example.org/1",
            source_kind="press",
            source_lang="en",
            awkward="two amounts",
        )
    )
    expected = IncidentOperational(
        circumstance="a tip", declared_as="toys", concealment="in drums", marks=("a lion", "a fish")
    )

    assert expected == draft.sections.operational
    assert isinstance(draft.sections.evidence, IncidentEvidence)
    assert "https://example.org/1" == draft.sections.evidence.sources[0].address
    assert "two amounts" == draft.core.notes  # type: ignore[union-attr]


def test_persons_and_companies_are_in_the_nominal_section_alone() -> None:
    name = "FICTITIOUS – Jan Voorbeeld"
    draft = one_draft(a_row(party_name=name, party_role="suspect", party_telephone="+31 0; +31 1", fictitious="yes"))
    nominal = draft.sections.nominal

    assert isinstance(nominal, IncidentNominal)
    assert (name, ("+31 0", "+31 1"), True) == (
        nominal.parties[0].name,
        nominal.parties[0].telephones,
        nominal.fictitious,
    )
    assert name not in str((draft.core, draft.sections.operational, draft.sections.evidence))


def test_nothing_is_actual_in_an_exercise() -> None:
    assert Status.EXERCISE is one_draft(a_row(), status=Status.EXERCISE).status
    assert Status.TEST is one_draft(a_row(status="test")).status
    assert [("status", "not-actual")] == codes(a_row(status="actual"), status=Status.EXERCISE)


def test_a_word_near_to_a_known_one_is_answered_by_that_one_alone() -> None:
    problems: list[FieldProblem] = []

    read_marking({"tlp": "AMBR"}, problems)

    assert ["'AMBR' is not known; did you mean 'AMBER'?"] == [problem.message for problem in problems]


def test_a_word_near_to_none_is_answered_by_one_spelling_of_each() -> None:
    problems: list[FieldProblem] = []

    read_marking({"tlp": "PURPLE"}, problems)

    assert ["'PURPLE' is not known; known are CLEAR, GREEN, AMBER, AMBER+STRICT, RED"] == [
        problem.message for problem in problems
    ]
