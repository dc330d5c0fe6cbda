"""The journal: places, times and names, each header once, and a head that only one notary moves."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, delete

from broker.database import open_engine, writing
from broker.errors import LogForked, StaleDatabase
from broker.log.entry import LogEntry, format_entry
from broker.log.tree import TreeHead
from broker.merkle import Frontier, leaf_hash
from broker.notary import tables
from broker.notary.journal import Appended, Head, Journal, append
from broker.types.names import MessageName, Originator, Stream
from tests.support.messages import a_digest

FEDERATION = "exercise-2026"
STREAM = Stream(Originator("NL/customs"), 1)


def an_entry(number: int, *, seen_at: int = 100, told: str = "", stream: Stream = STREAM) -> LogEntry:
    digest = a_digest(f"{told}{stream}{number}")
    return LogEntry(FEDERATION, stream, number, digest, seen_at)


def put(engine: Engine, *entries: LogEntry) -> Appended:
    with writing(engine) as connection:
        return append(connection, entries)


def a_head(entries: list[LogEntry], note: bytes = b"a note") -> Head:
    frontier = Frontier().grown(leaf_hash(format_entry(one)) for one in entries)
    return Head(frontier, frontier.root, note)


def test_entries_come_back_in_the_order_in_which_they_were_appended(engine: Engine) -> None:
    first, second = [an_entry(2), an_entry(1)], [an_entry(9)]
    put(engine, *first)
    put(engine, *second)
    journal = Journal(engine, FEDERATION)
    assert (3, [*first, *second]) == (journal.size(), journal.entries(0, 10))
    assert second == journal.entries(2, 3)
    assert [] == journal.entries(3, 10)


def test_nothing_appended_is_nothing(engine: Engine) -> None:
    assert Appended(0, 0) == put(engine)


def test_a_header_has_one_place_the_first(engine: Engine) -> None:
    assert Appended(1, 2) == put(engine, an_entry(1, seen_at=5), an_entry(1, seen_at=6), an_entry(1, seen_at=7))
    assert Appended(1, 1) == put(engine, an_entry(1), an_entry(2))
    assert [5, 100] == [one.seen_at for one in Journal(engine, FEDERATION).entries(0, 10)]


def test_the_time_seen_never_runs_backwards(engine: Engine) -> None:
    put(engine, an_entry(1, seen_at=50), an_entry(2, seen_at=40))
    put(engine, an_entry(3, seen_at=30), an_entry(4, seen_at=60))
    assert [50, 50, 50, 60] == [one.seen_at for one in Journal(engine, FEDERATION).entries(0, 10)]


def test_two_headers_of_one_number_are_an_equivocation(engine: Engine) -> None:
    put(engine, an_entry(7), an_entry(8))
    (found,) = put(engine, an_entry(9), an_entry(8, told="another story")).equivocations
    assert MessageName(STREAM, 8) == found.name
    assert (an_entry(8).digest, 1) == found.first
    assert (an_entry(8, told="another story").digest, 3) == found.second


def test_an_equivocation_within_one_batch_is_found(engine: Engine) -> None:
    stories = [an_entry(8, told=told) for told in ("one", "two", "three")]
    found = put(engine, *stories).equivocations
    assert [((stories[0].digest, 0), (one.digest, place)) for place, one in enumerate(stories[1:], 1)] == [
        (one.first, one.second) for one in found
    ]


def test_numbers_of_other_streams_are_no_equivocation(engine: Engine) -> None:
    put(engine, an_entry(1))
    assert () == put(engine, an_entry(1, stream=Stream(STREAM.originator, 2))).equivocations


def test_the_head_of_a_new_journal_is_that_of_nothing(engine: Engine) -> None:
    assert Head() == Journal(engine, FEDERATION).head()


def test_a_head_comes_back_as_it_was_kept(engine: Engine) -> None:
    journal = Journal(engine, FEDERATION)
    first, second = a_head([an_entry(1)]), a_head([an_entry(1), an_entry(2), an_entry(3)], b"another note")
    journal.advance(Head(), first)
    journal.advance(first, second)
    assert second == journal.head()


@pytest.mark.parametrize("note", [b"a note", b"the same with a cosignature"])
def test_a_head_that_was_moved_by_another_is_not_moved_again(engine: Engine, note: bytes) -> None:
    journal = Journal(engine, FEDERATION)
    first, second, third = (a_head([an_entry(place) for place in range(1, size)], note) for size in (2, 3, 4))
    journal.advance(Head(), first)
    journal.advance(first, second)
    for old in (Head(), first, a_head([an_entry(1), an_entry(2)], b"")):
        with pytest.raises(LogForked):
            journal.advance(old, third)
    assert second == journal.head()


def test_a_hole_between_entries_is_no_log(engine: Engine) -> None:
    put(engine, an_entry(1), an_entry(2), an_entry(3))
    with writing(engine) as connection:
        connection.execute(delete(tables.entry).where(tables.entry.c.place == 1))
    with pytest.raises(LogForked):
        Journal(engine, FEDERATION).entries(0, 3)


def test_what_was_published_is_taken_over_before_what_is_in_hand(engine: Engine) -> None:
    journal = Journal(engine, FEDERATION)
    mine = [an_entry(1), an_entry(2), an_entry(3)]
    put(engine, *mine)
    signed = a_head(mine[:1])
    journal.advance(Head(), signed)
    published = [mine[0], an_entry(5, seen_at=150), an_entry(3, seen_at=200)]
    head = a_head(published, b"published")
    raws = [format_entry(one) for one in published[1:]]
    assert head == journal.adopt(signed, TreeHead(3, head.root), b"published", raws)
    assert [*published, an_entry(2, seen_at=200)] == journal.entries(0, 10)
    assert head == journal.head()


@pytest.mark.parametrize("wrong", ["another root", "an entry twice", "one too few"])
def test_what_was_not_published_is_not_taken_over(engine: Engine, wrong: str) -> None:
    journal = Journal(engine, FEDERATION)
    put(engine, an_entry(1), an_entry(2))
    signed = a_head([an_entry(1)])
    journal.advance(Head(), signed)
    published = [an_entry(1), an_entry(4), an_entry(1) if wrong == "an entry twice" else an_entry(5)]
    tree = TreeHead(3, a_head(published[:2] if wrong == "another root" else published).root)
    raws = [format_entry(one) for one in published[1 : 2 if wrong == "one too few" else 3]]
    with pytest.raises(LogForked):
        journal.adopt(signed, tree, b"published", raws)
    assert ([an_entry(1), an_entry(2)], signed) == (journal.entries(0, 10), journal.head())


def test_a_journal_is_opened_again(engine: Engine) -> None:
    put(engine, an_entry(1))
    tables.prepare(engine)
    assert 1 == Journal(engine, FEDERATION).size()


@pytest.mark.parametrize("statement", ["PRAGMA user_version=2", "PRAGMA application_id=7"])
def test_a_journal_of_another_version_is_not_touched(engine: Engine, statement: str) -> None:
    with writing(engine) as connection:
        connection.exec_driver_sql(statement)
    with pytest.raises(StaleDatabase):
        tables.prepare(engine)


def test_another_database_is_no_journal(tmp_path: Path) -> None:
    engine = open_engine(tmp_path / "other.sqlite")
    try:
        with writing(engine) as connection:
            connection.exec_driver_sql("CREATE TABLE other (id INTEGER)")
        with pytest.raises(StaleDatabase):
            tables.prepare(engine)
    finally:
        engine.dispose()
