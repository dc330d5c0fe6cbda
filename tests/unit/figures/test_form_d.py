"""The figures of Form D: what is added, what is kept apart, what is told."""

from datetime import date

import msgspec
import pytest

from broker.cases.facts import ComparableAmount, Measure, NamedSubstance
from broker.errors import InvalidRecord
from broker.figures.form_d import Part
from broker.figures.sieve import Heading
from broker.records.incident import Disposition, IncidentType
from broker.records.quantity import Qualifier, QuantityBasis, Unit
from tests.support.figures import a_form, an_amount, figures, reported, the_line


def test_amounts_of_one_substance_and_measure_are_added() -> None:
    form = a_form(reported("1", an_amount("100.5")), reported("2", an_amount("20")))

    assert {("AA", "kg"): "120.5"} == figures(form)
    assert 2 == len(the_line(form).cases)
    assert ("CN",) == the_line(form).origins


def test_mass_and_volume_of_several_incidents_are_two_figures() -> None:
    form = a_form(reported("1", an_amount("100")), reported("2", an_amount("20", Unit.LITRE)))

    assert {("AA", "kg"): "100", ("AA", "litre"): "20"} == figures(form)


def test_tablets_are_counted_apart_and_never_weighed() -> None:
    form = a_form(reported("1", an_amount("1200", Unit.TABLET)))

    assert {("AA", "tablet"): "1200"} == figures(form)


def test_tablets_of_which_the_mass_is_told_are_told_and_not_counted_again() -> None:
    form = a_form(reported("1", an_amount("776000", Unit.TABLET, as_written="776,000 tablets"), an_amount("44")))

    assert {("AA", "kg"): "44"} == figures(form)
    assert ("told-otherwise: 1: also told as “776,000 tablets”: not added",) == the_line(form).remarks


def test_an_incident_without_an_amount_is_a_case_without_a_figure() -> None:
    form = a_form(reported("1"))

    assert {("AA", "not-stated"): "-"} == figures(form)
    assert 1 == len(the_line(form).cases)


def test_one_total_over_several_substances_is_a_line_of_its_own() -> None:
    both = reported("1", an_amount("103563", substances=(0, 1)), substances=("HCL", "AA"))

    assert {("AA|HCL", "kg"): "103563"} == figures(a_form(both))


def test_an_amount_that_does_not_say_of_what_is_of_all_that_is_named() -> None:
    both = reported("1", an_amount("88", substances=()), substances=("HCL", "AA"))

    assert {("AA|HCL", "kg"): "88"} == figures(a_form(both))


def test_a_substance_id_of_several_is_read_as_several() -> None:
    assert "AA|HCL" == the_line(a_form(reported("1", an_amount("1"), substances=("HCL|AA",)))).key


def test_what_is_not_named_stands_apart_under_its_name() -> None:
    unnamed = (NamedSubstance(ids=(), as_written="Chemical  for Heroin"),)
    one = reported("1", an_amount("408"))
    one = msgspec.structs.replace(one, facts=msgspec.structs.replace(one.facts, substances=unnamed))
    line = the_line(a_form(one))

    assert ("?chemical for heroin", Part.UNSURE) == (line.key, line.part)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        pytest.param(date(2025, 6, 30), Part.UNSCHEDULED, id="day before"),
        pytest.param(date(2025, 7, 1), Part.SCHEDULED, id="day of"),
        pytest.param(date(2025, 7, 2), Part.SCHEDULED, id="day after"),
    ],
)
def test_a_substance_is_scheduled_as_of_the_day_of_the_incident(day: date, expected: Part) -> None:
    assert expected == the_line(a_form(reported("1", an_amount("1"), substances=("NORFENTANYL",), day=day))).part


def test_a_span_in_which_a_substance_came_to_be_listed_is_unsure() -> None:
    spanning = reported(
        "1",
        an_amount("1"),
        substances=("NORFENTANYL",),
        first_day=date(2025, 6, 1),
        last_day=date(2025, 7, 31),
    )

    assert Part.UNSURE is the_line(a_form(spanning)).part


def test_a_total_of_listed_and_unlisted_substances_is_unsure() -> None:
    mixed = reported("1", an_amount("620", substances=(0, 1)), substances=("AA", "ACETONITRILE"))

    assert Part.UNSURE is the_line(a_form(mixed)).part


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (IncidentType.SEIZURE, Heading.SEIZED),
        (IncidentType.CLANDESTINE_LABORATORY, Heading.SEIZED),
        (IncidentType.STOPPED_SHIPMENT, Heading.STOPPED),
        (IncidentType.SUSPICIOUS_SHIPMENT, Heading.STOPPED),
        (IncidentType.DIVERSION, Heading.DIVERTED),
        (IncidentType.ATTEMPTED_DIVERSION, Heading.DIVERTED),
        (IncidentType.THEFT_OR_LOSS, Heading.DIVERTED),
    ],
)
def test_what_was_not_seized_stands_under_a_heading_of_its_own(kind: IncidentType, expected: Heading) -> None:
    assert expected is the_line(a_form(reported("1", an_amount("1"), incident_type=kind))).heading


@pytest.mark.parametrize(
    ("amount", "counted", "remark"),
    [
        pytest.param(
            an_amount("13100", is_lower_bound=True, as_written="more than 13,1 tons"),
            "13100",
            "lower-bound: 1: “more than 13,1 tons”",
            id="lower bound",
        ),
        pytest.param(
            an_amount("400", qualifier=Qualifier.ABOUT, as_written="some 400 kg"),
            "400",
            "approximate: 1: “some 400 kg”",
            id="about",
        ),
        pytest.param(
            an_amount("14016", high="16150", qualifier=Qualifier.CONFLICTING, as_written="16150 kg and 14016 kg"),
            "14016",
            "conflicting: 1: “16150 kg and 14016 kg”; the lower one is counted",
            id="conflicting",
        ),
        pytest.param(
            an_amount("907", high="1016", unit=Unit.TON_UNSPECIFIED, as_written="1 ton") ,
            "907",
            "unknown-unit: 1: “1 ton”: between 907 and 1016 kg, by which kind was meant; the lower one is counted",
            id="ton of unknown kind",
        ),
        pytest.param(
            an_amount("5", high="9", qualifier=Qualifier.RANGE),
            "5",
            "range: 1: 5–9 kg; its lower end is counted",
            id="range",
        ),
        pytest.param(
            an_amount("0", high="9", qualifier=Qualifier.AT_MOST),
            "0",
            "upper-bound: 1: 0–9 kg; 0 kg is counted",
            id="at most",
        ),
        pytest.param(
            an_amount("44", basis=QuantityBasis.GROSS, as_written="44 kg gross"),
            "44",
            "basis: 1: “44 kg gross”: gross",
            id="gross",
        ),
    ],
)  # fmt: skip
def test_what_has_to_be_said_of_an_amount_is_said(amount: ComparableAmount, counted: str, remark: str) -> None:
    line = the_line(a_form(reported("1", msgspec.structs.replace(amount, measure=Measure.MASS))))

    assert (counted, (remark,)) == (str(line.low), line.remarks)


def test_two_statements_of_one_amount_are_one_amount() -> None:
    restated = reported(
        "1", an_amount("50000"), an_amount("49895.2", as_written="55 short tons"), an_amount("49895.1607")
    )

    assert {("AA", "kg"): "50000"} == figures(a_form(restated))


def test_a_unit_of_unknown_kind_agrees_with_what_it_may_mean() -> None:
    ton = an_amount("39916", high="44706", as_written="about 44 tons")

    assert {("AA", "kg"): "44000"} == figures(a_form(reported("1", an_amount("44000"), ton)))


@pytest.mark.parametrize(
    ("qualifier", "counted", "which"),
    [
        pytest.param(Qualifier.CONFLICTING, "14016", "lower", id="known to conflict"),
        pytest.param(Qualifier.ABOUT, "16150", "first", id="not known to conflict"),
    ],
)
def test_of_two_amounts_that_disagree_one_counts_and_both_are_told(
    qualifier: Qualifier, counted: str, which: str
) -> None:
    line = the_line(a_form(reported("1", an_amount("16150", qualifier=qualifier), an_amount("14016"))))

    assert counted == str(line.low)
    assert f"conflicting: 1: 16150 kg and 14016 kg; the {which} one is counted" == line.remarks[-1]


def test_goods_that_were_returned_are_told() -> None:
    line = the_line(a_form(reported("1", an_amount("5"), disposition=Disposition.RETURNED)))

    assert ("returned afterwards: 1 of 1",) == line.remarks


def test_many_remarks_of_a_kind_are_told_by_their_number() -> None:
    many = [reported(str(number), an_amount("5", qualifier=Qualifier.ABOUT)) for number in range(4)]

    assert ("approximate: 4 amounts",) == the_line(a_form(*many)).remarks


def test_zero_is_a_figure_if_a_person_says_so() -> None:
    line = the_line(a_form(none_of=("EPH",)))

    assert ("EPH", "0", 0) == (line.key, str(line.low), len(line.cases))


def test_zero_is_refused_where_there_are_cases() -> None:
    with pytest.raises(InvalidRecord, match="AA is said to be none, and 1 cases of 2025 name it"):
        a_form(reported("1", an_amount("5")), none_of=("AA",))


def test_missing_is_missing() -> None:
    assert () == a_form().lines


def test_it_is_due_in_june_of_the_year_after() -> None:
    assert date(2026, 6, 30) == a_form().due


def test_the_digits_of_many_small_amounts_are_kept() -> None:
    form = a_form(*(reported(str(number), an_amount("0.028349523125")) for number in range(1000)))

    assert {("AA", "kg"): "28.349523125000"} == figures(form)
