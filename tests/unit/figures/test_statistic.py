"""Figures as a record: what it says, and that it can be written and read."""

from decimal import Decimal

from broker import avro
from broker.figures.derived import NOTHING
from broker.figures.statistic import FORM, statistics_core
from broker.records.checking import problems_in
from broker.records.incident import IncidentType
from broker.records.quantity import Qualifier, Unit
from broker.records.statistics import StatisticsCore
from tests.support.figures import a_form, an_amount, reported


def record(*amounts: str, **changes: object) -> StatisticsCore:
    form = a_form(*(reported(str(number), an_amount(one), **changes) for number, one in enumerate(amounts)))
    return statistics_core(form, NOTHING, reference="form-d-NL-2025")


def test_a_record_has_the_figures_and_the_method() -> None:
    core = record("100", "20.5")

    assert (FORM, "NL", 2025) == (core.form, core.country, core.starts_on.year)
    assert [("AA", Decimal("120.5"), Unit.KG, 2, True)] == [
        (one.substance_id, one.amount, one.unit, one.cases, one.is_scheduled) for one in core.lines
    ]
    assert "Sums of the lower ends" in core.method
    assert [] == problems_in(core)


def test_a_record_is_read_as_it_was_written() -> None:
    core = record("0.028349523125", "1.0000000000001")
    schema = avro.schema("statistics/core")

    assert core == avro.decode(schema, avro.encode(schema, core), StatisticsCore)
    assert [Decimal("1.028349")] == [one.amount for one in core.lines]


def test_a_record_names_no_message() -> None:
    form = a_form(reported("NL/customs/1#42", an_amount("5", qualifier=Qualifier.ABOUT, as_written="some 5 kg")))
    core = statistics_core(form, NOTHING, reference="r")

    assert ("approximate: 1 amounts",) == tuple(one.remarks for one in core.lines)


def test_a_total_of_several_substances_has_no_id_of_one() -> None:
    (line,) = record("5", substances=("AA",)).lines
    both = a_form(reported("1", an_amount("5", substances=(0, 1)), substances=("AA", "HCL")))

    assert "AA" == line.substance_id
    assert None is statistics_core(both, NOTHING, reference="r").lines[0].substance_id


def test_what_was_not_seized_says_so() -> None:
    (line,) = record("5", incident_type=IncidentType.THEFT_OR_LOSS).lines

    assert "diverted, not seized" == line.remarks


def test_an_amount_that_is_not_told_is_null_and_zero_is_zero() -> None:
    untold = statistics_core(a_form(reported("1")), NOTHING, reference="r")
    none = statistics_core(a_form(none_of=("EPH",)), NOTHING, reference="r")

    assert None is untold.lines[0].amount
    assert (Decimal(0), 0) == (none.lines[0].amount, none.lines[0].cases)
