"""What an incident comes down to: codes, days and amounts, as far as the report tells them."""

from datetime import date
from decimal import Decimal

from broker.cases.facts import Measure
from broker.cases.incident_facts import Label, facts_of, no_ids
from broker.records.core import Concerned, CountryRole
from broker.records.dates import DateKind, DatePrecision, DateStatement, month_statement
from broker.records.incident import IncidentType
from broker.records.places import Place, PlaceRole
from broker.records.quantity import Qualifier, Unit
from broker.records.substances import Substance
from broker.types.vocabulary import Status, Tlp
from tests.support.records import a_core, a_quantity, an_operational_section

LABEL = Label(Tlp.AMBER, Status.EXERCISE)


def a_day(kind: DateKind, day: date) -> DateStatement:
    return DateStatement(kind=kind, precision=DatePrecision.DAY, earliest=day, latest=day)


def test_countries_days_and_places() -> None:
    facts = facts_of(a_core(), an_operational_section(), label=LABEL, ids_of=no_ids)
    assert ("NL", ("BE", "NL"), ("BE",)) == (facts.reporting_country, facts.countries, facts.destinations)
    assert (date(2026, 3, 14), date(2026, 3, 14), None) == (facts.first_day, facts.last_day, facts.reported_on)
    assert (("harbour",), "behind paper", "paper rolls") == (facts.place_words, facts.concealment, facts.declared_as)
    assert ("sea",) == facts.transports


def test_what_is_not_shown_is_not_in_the_facts() -> None:
    facts = facts_of(a_core(), None, label=LABEL, ids_of=no_ids)
    assert ((), "", "") == (facts.transports, facts.concealment, facts.declared_as)


def test_when_it_happened_counts_and_when_it_was_found_where_nobody_says() -> None:
    found, happened = a_day(DateKind.FOUND, date(2026, 1, 12)), month_statement(DateKind.OCCURRED, 2025, 11)
    told = a_day(DateKind.REPORTED, date(2026, 2, 1))
    facts = facts_of(a_core(dates=(found, told, happened)), None, label=LABEL, ids_of=no_ids)
    assert (date(2025, 11, 1), date(2025, 11, 30), date(2026, 2, 1)) == (
        facts.first_day, facts.last_day, facts.reported_on
    )  # fmt: skip
    facts = facts_of(a_core(dates=(told, found)), None, label=LABEL, ids_of=no_ids)
    assert date(2026, 1, 12) == facts.first_day
    facts = facts_of(a_core(dates=(told,)), None, label=LABEL, ids_of=no_ids)
    assert (None, None) == (facts.first_day, facts.last_day), "when it was told is not when it happened"


def test_our_id_is_asked_for_where_the_report_has_none() -> None:
    named = (Substance(as_written="AA", substance_id="AA"), Substance(as_written="醋酸酐"), Substance(as_written="x"))
    known = {"醋酸酐": ("AA",), "AA": ("WRONG",)}
    facts = facts_of(a_core(substances=named), None, label=LABEL, ids_of=lambda name: known.get(name, ()))
    assert [("AA",), ("AA",), ()] == [one.ids for one in facts.substances]


def test_a_place_that_is_withheld_has_no_words() -> None:
    places = (Place(role=PlaceRole.HAPPENED_IN, withheld=True, as_written="a secret harbour"),)
    assert () == facts_of(a_core(places=places), None, label=LABEL, ids_of=no_ids).place_words


def test_origin_of_manufacture_and_country_of_dispatch() -> None:
    concerned = (Concerned(country="IN", role=CountryRole.MADE_IN), Concerned(country="AE", role=CountryRole.SENT_FROM))
    facts = facts_of(a_core(concerned=concerned, places=()), None, label=LABEL, ids_of=no_ids)
    assert (("IN", "AE"), "") == (facts.origins, facts.reporting_country)


def test_amounts_are_in_the_unit_of_their_measure_and_keep_what_they_leave_open() -> None:
    quantities = (
        a_quantity(value=Decimal(2), unit=Unit.TON_UNSPECIFIED, qualifier=Qualifier.MORE_THAN, packages=()),
        a_quantity(value=Decimal(5), unit=Unit.LITRE, qualifier=Qualifier.AT_MOST, packages=()),
        a_quantity(value=None, unit=Unit.KG, packages=()),
    )
    first, second = facts_of(a_core(quantities=quantities), None, label=LABEL, ids_of=no_ids).amounts
    assert (Measure.MASS, True) == (first.measure, first.is_lower_bound)
    assert Decimal(1814) < first.low < Decimal(1815) < first.high
    assert (Measure.VOLUME, Decimal(0), Decimal(5), False) == (
        second.measure,
        second.low,
        second.high,
        second.is_lower_bound,
    )


def test_packages_are_counted_beside_the_amount() -> None:
    amounts = facts_of(a_core(), None, label=LABEL, ids_of=no_ids).amounts
    assert [(Measure.MASS, Decimal(400)), (Measure.PACKAGES, Decimal(16))] == [
        (one.measure, one.low) for one in amounts
    ]


def test_destroyed_goods_were_seen_before() -> None:
    for kind, expected in ((IncidentType.DESTROYED_GOODS, True), (IncidentType.SEIZURE, False)):
        facts = facts_of(a_core(incident_type=kind), None, label=LABEL, ids_of=no_ids)
        assert expected is facts.seen_before
