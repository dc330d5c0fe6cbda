"""The index finds just what a look at every incident would find, in the same order."""

import tempfile
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.cases.facts import IncidentFacts, NamedSubstance
from broker.cases.linking import likeness
from broker.database import reading, writing
from broker.records.incident import IncidentType
from broker.sealing.rest import RestKey
from broker.types.names import Originator
from broker.types.vocabulary import RecordKind, Status
from consumers.search.entries import Filed, Sourced, Writing
from consumers.search.finding import Query, find_entries
from consumers.search.index import Seals, open_index
from tests.support.cases import kilograms, some_facts
from tests.support.outbox import some_randomness

pytestmark = pytest.mark.timeout(300)  # each example is indexed anew

CUSTOMS = Originator("NL/customs")
_DAYS = st.integers(0, 800).map(lambda days: date(2024, 1, 1) + timedelta(days=days))
_LENGTHS = st.sampled_from([0, 0, 5, 30, 31, 32, 365, 366, 500])
_IDS = st.sets(st.sampled_from(["AA", "PMK", "EPH"]))
_COUNTRIES = st.sets(st.sampled_from(["NL", "BE", "CN"]))


@st.composite
def incidents(draw: st.DrawFn) -> IncidentFacts:
    first = draw(st.none() | _DAYS)
    return some_facts(
        first_day=first,
        last_day=None if first is None else first + timedelta(days=draw(_LENGTHS)),
        substances=(NamedSubstance(ids=tuple(sorted(draw(_IDS))), as_written="?"),),
        countries=tuple(sorted(draw(_COUNTRIES))),
        incident_type=draw(st.sampled_from([IncidentType.SEIZURE, IncidentType.DIVERSION])),
        status=draw(st.sampled_from([Status.EXERCISE, Status.TEST])),
        amounts=(kilograms(str(draw(st.integers(0, 10_000)))),),
    )


@st.composite
def queries(draw: st.DrawFn) -> Query:
    return Query(
        substances=tuple(sorted(draw(_IDS))),
        countries=tuple(sorted(draw(_COUNTRIES))),
        first=draw(st.none() | _DAYS),
        last=draw(st.none() | _DAYS),
        types=draw(st.sampled_from([(), (IncidentType.SEIZURE,)])),
        statuses=draw(st.sampled_from([(), (Status.TEST,)])),
        undated=draw(st.booleans()),
    )


def is_looked_for(facts: IncidentFacts, query: Query) -> bool:
    ids = {one for named in facts.substances for one in named.ids}
    named = (not query.substances or ids & set(query.substances)) and (
        not query.countries or set(facts.countries) & set(query.countries)
    )
    kind = (not query.types or facts.incident_type in query.types) and (
        not query.statuses or facts.status in query.statuses
    )
    if facts.first_day is None or facts.last_day is None:
        return bool(named and kind and (query.undated or (query.first is None and query.last is None)))
    after = query.first is None or facts.last_day >= query.first
    return bool(named and kind and after and (query.last is None or facts.first_day <= query.last))


@settings(max_examples=60, deadline=None)
@given(st.lists(incidents(), max_size=25), st.lists(queries(), min_size=1, max_size=6), st.integers(0, 5))
def test_finds_what_a_look_at_every_incident_finds(there: list[IncidentFacts], asked: list[Query], most: int) -> None:
    seals = Seals(RestKey(b"k" * 32), some_randomness())
    with tempfile.TemporaryDirectory() as folder:
        engine = open_index(Path(folder) / "search.sqlite", seals)
        with writing(engine) as connection:
            rows = Writing(connection, seals)
            for number, facts in enumerate(there, 1):
                sourced = Sourced(originator=CUSTOMS, kind=RecordKind.INCIDENT, draft=number)
                rows.add_entry(rows.add_source(sourced, ()), CUSTOMS, Filed(facts))
            rows.save()
        with reading(engine) as connection:
            for query in asked:
                wanted = [
                    (facts.first_day or date.min, number)
                    for number, facts in enumerate(there, 1)
                    if is_looked_for(facts, query)
                ]
                expected = [number for _, number in sorted(wanted, reverse=True)]
                assert expected == list(find_entries(connection, CUSTOMS, query))
                assert expected[:most] == list(find_entries(connection, CUSTOMS, query, most=most))
        engine.dispose()


@given(incidents(), incidents())
def test_a_suggestion_is_made_of_what_it_says(one: IncidentFacts, other: IncidentFacts) -> None:
    found = likeness(one, other)
    assert found is None or (found.reasons and 60 <= found.score <= 100)
    assert likeness(one, one.__class__(**{name: getattr(one, name) for name in one.__struct_fields__})) == likeness(
        one, one
    )
