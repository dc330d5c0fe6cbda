from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine

from broker.bus import membership, storage, tables
from broker.bus.membership import Member, Share
from broker.database import open_engine, writing

NOW = 1_000_000.0
LEASE = 10.0
NONE: frozenset[int] = frozenset()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(tmp_path / "bus.sqlite")
    with writing(engine) as connection:
        tables.make_tables(connection)
        storage.create_topics(connection, ["a", "b"])
    yield engine
    engine.dispose()


def a_member(connection: Connection, *topics: int, now: float = NOW) -> Member:
    member = membership.join(connection, "g", lease=LEASE, now=now)
    membership.wish(connection, member, dict.fromkeys(topics, 0))
    return member


def share(connection: Connection, member: Member, *, now: float = NOW, busy: frozenset[int] = NONE) -> Share:
    found = membership.settle(connection, member, busy=busy, now=now)
    assert found is not None
    return found


def test_a_commit_counts_only_from_the_owner(engine: Engine) -> None:
    with writing(engine) as connection:
        one, two = a_member(connection, 1), a_member(connection, 1)
        share(connection, one)
        assert frozenset({1}) == membership.commit(connection, two, {1: 9})
        assert NONE == membership.commit(connection, one, {1: 5})
        assert {1: 5} == share(connection, one).positions


@pytest.mark.parametrize(("later", "alive"), [(LEASE - 0.1, True), (LEASE, False), (-0.1, False)])
def test_a_lease_ends_after_its_length_or_when_the_clock_is_turned_back(
    engine: Engine, later: float, alive: bool
) -> None:
    with writing(engine) as connection:
        one = a_member(connection, 1)
        share(connection, one)
        two = a_member(connection, 1, now=NOW + later)
        assert ({} if alive else {1: 0}) == share(connection, two, now=NOW + later).positions


def test_a_renewed_lease_is_alive(engine: Engine) -> None:
    with writing(engine) as connection:
        one = a_member(connection, 1)
        share(connection, one)
        membership.renew(connection, [one], now=NOW + LEASE - 1)
        two = a_member(connection, 1, now=NOW + LEASE + 1)
        assert {} == share(connection, two, now=NOW + LEASE + 1).positions


def test_a_forgotten_member_is_told_so_and_its_commit_refused(engine: Engine) -> None:
    with writing(engine) as connection:
        one = a_member(connection, 1)
        share(connection, one)
        two = a_member(connection, 1, now=NOW + 2 * LEASE)
        share(connection, two, now=NOW + 2 * LEASE)
        assert membership.settle(connection, one, busy=NONE, now=NOW) is None
        assert frozenset({1}) == membership.commit(connection, one, {1: 5})


def test_a_busy_topic_is_kept_but_marked_as_leaving(engine: Engine) -> None:
    with writing(engine) as connection:
        one = a_member(connection, 1, 2)
        share(connection, one)
        two = a_member(connection, 1, 2)
        kept = share(connection, one, busy=frozenset({1, 2}))
        assert ({1: 0, 2: 0}, 1) == (kept.positions, len(kept.leaving))
        assert {} == share(connection, two).positions
        share(connection, one)
        assert 1 == len(share(connection, two).positions)


def test_a_group_is_settled_until_something_happens(engine: Engine) -> None:
    with writing(engine) as connection:
        one = a_member(connection, 1)
        generation = share(connection, one).generation
        assert membership.is_settled(connection, one, generation, now=NOW)
        two = a_member(connection, 2)
        assert not membership.is_settled(connection, one, generation, now=NOW)
        generation = share(connection, one).generation
        membership.renew(connection, [one], now=NOW + LEASE)
        assert not membership.is_settled(connection, one, generation, now=NOW + LEASE + 1)
        membership.leave(connection, two)
