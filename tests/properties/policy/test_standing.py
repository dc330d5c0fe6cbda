"""An agreement, a group or a grant counts between its dates, and never a moment outside them."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.about import About, Reader
from broker.facts import Request, facts_for
from broker.grants import Grants, StandingGrant
from broker.policy.decide import decide
from broker.records.marking import Marking
from broker.relationships import Relationships, StandingAgreement, StandingGroup
from broker.types.names import Digest, Originator, Participant
from broker.types.vocabulary import Action, Purpose, RecordKind, Relation, Role, Section, Sector, Status, Tlp
from tests.support.policy import ALL_SECTIONS, BASELINE

pytestmark = pytest.mark.timeout(180)  # many examples

DAY = date(2026, 6, 1)
MESSAGE = Digest(bytes(32))
SENDER, READER = Originator("NL/customs"), Originator("BE/police")
DAYS = st.integers(-40, 40).map(lambda days: DAY + timedelta(days=days))
MOMENTS = st.integers(-40 * 86_400_000_000, 40 * 86_400_000_000).map(
    lambda micros: datetime(2026, 6, 1, tzinfo=UTC) + timedelta(microseconds=micros)
)


def a_message(*recipients: str) -> About:
    return About(
        originator=SENDER,
        participant=Participant("NL"),
        kind=RecordKind.INCIDENT,
        status=Status.ACTUAL,
        tlp=Tlp.AMBER,
        sections=ALL_SECTIONS,
        marking=Marking(purposes=(Purpose.INVESTIGATION,), recipients=recipients),
        told=frozenset(),
    )


THE_READER = Reader(
    authority=READER,
    participant=Participant("BE"),
    sector=Sector.POLICE,
    roles=frozenset({Role.SUBSCRIBER}),
    purposes=(Purpose.INVESTIGATION,),
    takes_part=True,
    active=True,
)


def is_released(about: About, relationships: Relationships, now: datetime) -> bool:
    """Say whether the reader may have anything; without the relationship it may have nothing."""
    request = Request(action=Action.RECEIVE, purposes=THE_READER.purposes, now=now, message=MESSAGE)
    assert () == decide(BASELINE, facts_for(about, THE_READER, Relationships(), request)).permitted
    return bool(decide(BASELINE, facts_for(about, THE_READER, relationships, request)).permitted)


@settings(max_examples=300, deadline=None)
@given(starts_on=DAYS, ends_on=st.none() | DAYS, now=MOMENTS)
def test_an_agreement_counts_from_its_first_day_to_its_last(
    starts_on: date, ends_on: date | None, now: datetime
) -> None:
    agreement = StandingAgreement(
        by=SENDER,
        name="pact",
        parties=frozenset({"BE"}),
        kinds=frozenset(),
        starts_on=starts_on,
        ends_on=ends_on,
    )
    first = datetime.combine(starts_on, time(), UTC)
    counts = first <= now and (ends_on is None or now < datetime.combine(ends_on, time(), UTC) + timedelta(days=1))
    assert counts is is_released(a_message(), Relationships(agreements=(agreement,)), now)


@settings(max_examples=300, deadline=None)
@given(starts_on=DAYS, ends_on=DAYS, now=MOMENTS)
def test_a_group_counts_from_its_first_day_to_its_last(starts_on: date, ends_on: date, now: datetime) -> None:
    group = StandingGroup(
        by=SENDER, name="@NL/lionfish", members=frozenset({"BE"}), starts_on=starts_on, ends_on=ends_on
    )
    first, end = (datetime.combine(day, time(), UTC) for day in (starts_on, ends_on + timedelta(days=1)))
    assert (first <= now < end) is is_released(a_message("@NL/lionfish"), Relationships(groups=(group,)), now)


@settings(max_examples=300, deadline=None)
@given(until=MOMENTS, now=MOMENTS)
def test_a_grant_counts_until_its_end(until: datetime, now: datetime) -> None:
    grant = StandingGrant(
        by=SENDER,
        message=MESSAGE,
        action=Action.RECEIVE,
        grantee=READER,
        sections=frozenset({Section.CORE}),
        recipients=frozenset(),
        purposes=frozenset({Purpose.INVESTIGATION}),
        until=until,
        issued_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    grants = Grants.of([grant])
    assert (now < until) is is_released(a_message(), Relationships(grants=grants), now)


@settings(max_examples=200, deadline=None)
@given(release_after=MOMENTS, now=MOMENTS, ends_on=DAYS)
def test_before_the_release_time_only_a_group_that_has_not_ended_reads_it(
    release_after: datetime, now: datetime, ends_on: date
) -> None:
    group = StandingGroup(
        by=SENDER, name="@NL/lionfish", members=frozenset({"BE/police"}), starts_on=date(2020, 1, 1), ends_on=ends_on
    )
    marking = Marking(purposes=(Purpose.INVESTIGATION,), recipients=("BE", "@NL/lionfish"), release_after=release_after)
    about = About(**{name: getattr(a_message(), name) for name in About.__struct_fields__} | {"marking": marking})
    request = Request(action=Action.OPEN, purposes=THE_READER.purposes, now=now)
    facts = facts_for(about, THE_READER, Relationships(groups=(group,)), request)
    in_group = now.date() <= ends_on
    assert in_group is (Relation.GROUP in facts.relation)
    assert (in_group or release_after <= now) is bool(decide(BASELINE, facts).permitted)
