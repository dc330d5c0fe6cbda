"""Laws of the figures: order never matters; what does not count changes nothing; a figure is the sum of its cases."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from broker.figures.derived import Derived, derived_marking
from broker.figures.reported import Reported
from broker.records.core import RelatedAs
from broker.records.incident import IncidentType
from broker.records.marking import Marking
from broker.records.quantity import Qualifier, Unit
from broker.types.vocabulary import Handling, Purpose, Status, Tlp
from tests.support.figures import YEAR, a_form, an_amount, related, reported

SUBSTANCES: Final = ("AA", "EPH", "ACETONITRILE", "NORFENTANYL")
NAMES: Final = tuple(str(number) for number in range(5))
RELATIONS: Final = (RelatedAs.DUPLICATES, RelatedAs.PART_OF, RelatedAs.CORRECTS, RelatedAs.FOLLOWS)

amounts = st.builds(
    an_amount,
    st.decimals(min_value=0, max_value=10**7, places=6).map(str),
    st.sampled_from((Unit.KG, Unit.LITRE, Unit.TABLET, Unit.DRUM)),
    qualifier=st.sampled_from((Qualifier.NOT_STATED, Qualifier.ABOUT)),
)


@st.composite
def incidents(draw: st.DrawFn, name: str) -> Reported:
    """Draw an incident that may relate to any other one."""
    first = date(YEAR - 1, 10, 1) + timedelta(days=draw(st.integers(0, 600)))
    relations = draw(st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(RELATIONS)), max_size=2))
    return reported(
        name,
        *draw(st.lists(amounts, max_size=2)),
        substances=(draw(st.sampled_from(SUBSTANCES)),),
        first_day=first,
        last_day=first + timedelta(days=draw(st.sampled_from((0, 0, 0, 20)))),
        incident_type=draw(st.sampled_from((IncidentType.SEIZURE, IncidentType.STOPPED_SHIPMENT))),
        related=tuple(one for name, relation in relations for one in related(name, relation)),
    )


years = st.lists(st.sampled_from(NAMES), unique=True, max_size=5).flatmap(
    lambda names: st.tuples(*(incidents(name) for name in names))
)
unrelated = st.lists(st.sampled_from(NAMES), unique=True, min_size=1, max_size=5).flatmap(
    lambda names: st.tuples(
        *(incidents(name).map(lambda one: msgspec.structs.replace(one, facts=_alone(one))) for name in names)
    )
)


def _alone(one: Reported) -> Any:
    return msgspec.structs.replace(one.facts, related=())


def lines(records: tuple[Reported, ...]) -> dict[object, object]:
    """Return the figures, by where they stand."""
    return {
        (one.heading, one.part, one.substances, one.unit): (one.low, one.high, len(one.cases))
        for one in a_form(*records).lines
    }


@given(years, st.randoms(use_true_random=False))
def test_the_order_in_which_incidents_come_does_not_matter(records: tuple[Reported, ...], chance: Any) -> None:
    shuffled = list(records)
    chance.shuffle(shuffled)

    assert a_form(*records) == a_form(*shuffled)


@given(years)
def test_a_figure_is_the_sum_of_its_cases(records: tuple[Reported, ...]) -> None:
    for line in a_form(*records).lines:
        told = [case.low for case in line.cases if case.low is not None]

        assert (sum(told, Decimal()) if told else None) == line.low


@given(years)
def test_every_incident_of_the_year_counts_or_is_listed_with_a_reason(records: tuple[Reported, ...]) -> None:
    form = a_form(*records)
    left = [one.name for one in form.left_out]
    within = [
        one.name
        for one in records
        if one.facts.first_day is not None and one.facts.last_day is not None
        if one.facts.first_day.year <= YEAR <= one.facts.last_day.year
    ]

    assert sorted(within) == sorted([*form.counted, *left])


@given(years)
def test_of_incidents_that_tell_of_one_event_at_least_one_counts_somewhere(records: tuple[Reported, ...]) -> None:
    same_year = tuple(_within(one) for one in records if not _corrects(one))

    assert bool(same_year) == bool(a_form(*same_year).counted)


def _within(one: Reported) -> Reported:
    day = date(YEAR, 5, 5)
    return msgspec.structs.replace(one, facts=msgspec.structs.replace(one.facts, first_day=day, last_day=day))


def _corrects(one: Reported) -> bool:
    return any(to.relation is RelatedAs.CORRECTS for to in one.facts.related)


@given(unrelated, st.data())
def test_a_second_report_or_a_part_changes_no_figure(records: tuple[Reported, ...], data: st.DataObject) -> None:
    first = data.draw(st.sampled_from(records))
    again = data.draw(incidents("again"))
    relation = data.draw(st.sampled_from((RelatedAs.DUPLICATES, RelatedAs.PART_OF)))
    facts = msgspec.structs.replace(again.facts, related=related(first.name, relation))

    assert lines(records) == lines((*records, msgspec.structs.replace(again, facts=facts)))


@given(
    years,
    incidents("more"),
    st.sampled_from(
        (
            {"status": Status.EXERCISE},
            {"status": Status.TEST},
            {"incident_type": IncidentType.DESTROYED_GOODS},
            {"incident_type": IncidentType.TRANSFERRED_GOODS},
            {"reporting_country": "BE"},
            {"first_day": None, "last_day": None},
        )
    ),
)
def test_what_does_not_count_changes_no_figure(
    records: tuple[Reported, ...], more: Reported, changes: dict[str, Any]
) -> None:
    more = msgspec.structs.replace(more, facts=msgspec.structs.replace(more.facts, related=(), **changes))

    assert lines(records) == lines((*records, more))


markings = st.builds(
    Marking,
    handling=st.lists(st.sampled_from((Handling.H0, Handling.H1, Handling.H2)), unique=True).map(tuple),
    purposes=st.lists(st.sampled_from((Purpose.PREVENTION, Purpose.STATISTICS)), min_size=1, unique=True).map(tuple),
    recipients=st.lists(st.sampled_from(("BE", "DE", "FR")), unique=True).map(tuple),
    excluded=st.lists(st.sampled_from(("TR", "PK")), unique=True).map(tuple),
)
parts = st.lists(
    st.builds(Derived, st.sampled_from((Tlp.CLEAR, Tlp.GREEN, Tlp.AMBER, Tlp.AMBER_STRICT, Tlp.RED)), markings)
)


@given(parts, st.randoms(use_true_random=False))
def test_derived_data_are_marked_no_wider_than_any_part(several: list[Derived], chance: Any) -> None:
    derived = derived_marking(several)
    shuffled = list(several)
    chance.shuffle(shuffled)

    assert derived == derived_marking(shuffled)
    for part in several:
        assert list(Tlp).index(part.tlp) <= list(Tlp).index(derived.tlp)
        assert set(part.marking.handling) <= set(derived.marking.handling)
        assert set(part.marking.excluded) <= set(derived.marking.excluded)
        assert set(derived.marking.purposes) <= set(part.marking.purposes)
        if part.marking.recipients and not derived.for_nobody_else:
            assert derived.marking.recipients
            assert set(derived.marking.recipients) <= set(part.marking.recipients)
