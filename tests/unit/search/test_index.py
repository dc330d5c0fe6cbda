"""The index is derived: what it has can be made anew, and another key, version or an older database makes it so."""

import sqlite3
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine, event, select

from broker.cases.facts import NamedSubstance
from broker.cases.terms import FoundTerm, Term, TermKind
from broker.database import reading, scrub, writing
from broker.errors import BrokenSeal
from broker.sealing.rest import RestKey
from broker.types.names import Digest, Originator
from broker.types.vocabulary import RecordKind, Section
from consumers.search.entries import Filed, Sourced, Writing, keep_sealed, opened, remove_sources, sources_of
from consumers.search.finding import Query, find_entries
from consumers.search.index import Seals, entry, open_index, source
from consumers.search.matching import places_of
from consumers.search.renaming import Behind, behind, note_names, rename_some
from tests.support.cases import some_facts
from tests.support.outbox import some_randomness

CUSTOMS, POLICE = Originator("NL/customs"), Originator("NL/police")
TERM = FoundTerm(Term(TermKind.CONTAINER, "TOCU305438"), Section.OPERATIONAL)
DIGEST = Digest(b"\x07" * 32)


def some_seals(secret: bytes = b"k" * 32) -> Seals:
    return Seals(RestKey(secret), some_randomness())


def fill(engine: Engine, seals: Seals, count: int = 3, *, first: int = 0, **changes: Any) -> None:
    with writing(engine) as connection:
        rows = Writing(connection, seals)
        for number in range(first, first + count):
            facts = some_facts(national_reference=f"NL-{number}", place_words=("planted", f"w{number}"), **changes)
            sourced = Sourced(originator=CUSTOMS, kind=RecordKind.INCIDENT, draft=number)
            rows.add_entry(rows.add_source(sourced, [TERM], [DIGEST]), CUSTOMS, Filed(facts))
        rows.save()


def found(engine: Engine, reader: Originator = CUSTOMS, **query: Any) -> list[int]:
    with reading(engine) as connection:
        return list(find_entries(connection, reader, Query(**query)))


@pytest.fixture
def engine(tmp_path: Path) -> Any:
    engine = open_index(tmp_path / "search.sqlite", some_seals())
    yield engine
    engine.dispose()


def test_what_went_in_comes_out_for_its_reader_alone(engine: Engine) -> None:
    fill(engine, some_seals())
    assert [3, 2, 1] == found(engine)
    assert [] == found(engine, POLICE)
    with reading(engine) as connection:
        filed = [one.facts.national_reference for _, _, one in opened(connection, some_seals(), [2, 99, 1])]
    assert ["NL-1", "NL-0"] == filed


def test_a_search_over_days_months_years_and_nothing_told(engine: Engine) -> None:
    seals = some_seals()
    for first, last in (
        (date(2026, 1, 10), date(2026, 1, 10)),
        (date(2026, 1, 1), date(2026, 1, 31)),
        (date(2026, 1, 1), date(2026, 12, 31)),
        (date(2000, 1, 1), date(2030, 1, 1)),
        (None, None),
    ):
        fill(engine, seals, 1, first=len(found(engine)), first_day=first, last_day=last)
    assert [1, 3, 2, 4, 5] == found(engine)
    assert [1, 3, 2, 4] == found(engine, first=date(2026, 1, 10), last=date(2026, 1, 10))
    assert [3, 4] == found(engine, first=date(2026, 2, 1))
    assert [4] == found(engine, last=date(2025, 12, 31))
    assert [3, 4, 5] == found(engine, first=date(2026, 6, 1), last=date(2026, 6, 1), undated=True)


def test_an_incident_with_two_of_the_substances_comes_once(engine: Engine) -> None:
    named = (NamedSubstance(ids=("AA", "PMK"), as_written="?"), NamedSubstance(ids=("EPH",), as_written="?"))
    fill(engine, some_seals(), 1, substances=named)
    assert [1] == found(engine, substances=("AA", "EPH", "X"), countries=("NL", "BE"))
    assert [] == found(engine, substances=("X",))


def test_what_is_removed_is_nowhere(engine: Engine) -> None:
    seals = some_seals()
    fill(engine, seals)
    with writing(engine) as connection:
        assert 2 == remove_sources(connection, seals, sources_of(connection, source.c.draft, [0, 2]))
    assert [2] == found(engine)
    with reading(engine) as connection:
        assert [1] == [one.draft for one in places_of(connection, seals.token("CONTAINER", "TOCU305438"))]
        rows = {name: connection.exec_driver_sql(f"SELECT count(*) FROM search_{name}").scalar_one()
                for name in ("source", "entry", "token", "link")}  # fmt: skip
        facets = connection.exec_driver_sql("SELECT count(DISTINCT entry) FROM search_facet").scalar_one()
    assert ({"source": 1, "entry": 1, "token": 1, "link": 1}, 1) == (rows, facets)


def test_nothing_that_was_said_is_in_the_file(tmp_path: Path) -> None:
    engine = open_index(tmp_path / "search.sqlite", some_seals())
    fill(engine, some_seals())
    engine.dispose()
    files = [path.read_bytes() for path in tmp_path.iterdir()]
    for text in (b"planted", b"TOCU305438", b"NL-1", b"acetic"):
        assert not any(text in content for content in files)
    assert any(b"search_facet" in content for content in files)


@pytest.mark.parametrize("what", ["another store key", "another version", "another program"])
def test_an_index_that_is_not_ours_is_made_anew(what: str, tmp_path: Path) -> None:
    path = tmp_path / "search.sqlite"
    engine = open_index(path, some_seals())
    fill(engine, some_seals())
    engine.dispose()
    if what != "another store key":
        connection = sqlite3.connect(path)
        with connection:
            connection.execute("PRAGMA user_version=99" if what == "another version" else "CREATE TABLE cats (name)")
            connection.execute("PRAGMA user_version=99")
        connection.close()
    again = open_index(path, some_seals(b"x" * 32 if what == "another store key" else b"k" * 32))
    assert [] == found(again)
    fill(again, some_seals())
    again.dispose()


def test_an_entry_opens_in_its_own_place_only() -> None:
    seals = some_seals()
    sealed = seals.seal(7, b"content")
    assert b"content" == seals.open(7, sealed)
    for number, bad in ((8, sealed), (7, sealed[:-1] + bytes([sealed[-1] ^ 1])), (7, b"")):
        with pytest.raises(BrokenSeal):
            seals.open(number, bad)


def test_tokens_tell_kinds_and_keys_apart() -> None:
    tokens = {some_seals(key).token(kind, "X1") for key in (b"k" * 32, b"x" * 32) for kind in ("CONTAINER", "SEAL")}
    assert 4 == len(tokens)
    assert some_seals().token("SEAL", "X1") == some_seals().token("SEAL", "X1")


def test_what_was_told_before_a_day_did_not_happen_after_it(engine: Engine) -> None:
    seals, told = some_seals(), (date(2024, 12, 31), date(2025, 1, 1), None)
    for number, day in enumerate(told):
        fill(engine, seals, 1, first=number, first_day=None, last_day=None, reported_on=day)
    undated: dict[str, Any] = {"first": date.max, "last": date.max, "undated": True}

    assert [3, 2, 1] == found(engine, **undated)
    assert [3, 2] == found(engine, **undated, told_from=date(2025, 1, 1))
    assert [3, 2, 1] == found(engine), "where no day is asked for, all are found"


def test_entries_are_named_anew_some_at_a_time_and_only_by_their_names(engine: Engine) -> None:
    seals = some_seals()
    fill(engine, seals, 5, substances=(NamedSubstance(ids=(), as_written="new", by_name=True),))
    fill(engine, seals, 1, first=5, substances=(NamedSubstance(ids=("AA",), as_written="new"),))
    with writing(engine) as connection:
        note_names(connection, {CUSTOMS: b"older", POLICE: b"older"})
        note_names(connection, {CUSTOMS: b"newer", POLICE: b"newer"})
    looked_at = []
    while waiting := behind_in(engine):
        assert [CUSTOMS] == [one.authority for one in waiting], "the police have no entries"
        with writing(engine) as connection:
            looked_at.append(rename_some(connection, seals, waiting[0], lambda _: ("NEW",), most=2))

    assert [2, 2, 2] == looked_at
    assert ([5, 4, 3, 2, 1], [6]) == (found(engine, substances=("NEW",)), found(engine, substances=("AA",)))
    assert [] == found(engine, substances=("",))
    with writing(engine) as connection:
        assert 6 == remove_sources(connection, seals, range(1, 7)), "and can be removed as they are now"
    assert [] == found(engine)


def test_entries_are_named_anew_in_few_statements_however_many_there_are(engine: Engine) -> None:
    seals, statements = some_seals(), list[str]()
    fill(engine, seals, 60, substances=(NamedSubstance(ids=(), as_written="new", by_name=True),))
    with writing(engine) as connection:
        note_names(connection, {CUSTOMS: b"newer"})
    (waiting,) = behind_in(engine)

    event.listen(engine, "before_cursor_execute", lambda *told: statements.append(told[2]))
    with writing(engine) as connection:
        assert 60 == rename_some(connection, seals, waiting, lambda _: ("NEW",), most=100)

    assert len(statements) < 60, "nobody else can write the index until the last of them"


def test_the_same_names_again_leave_everything_as_it_is(engine: Engine) -> None:
    with writing(engine) as connection:
        note_names(connection, {CUSTOMS: b"known"})
    fill(engine, some_seals())
    with writing(engine) as connection:
        note_names(connection, {CUSTOMS: b"known"})
    assert () == behind_in(engine)


def test_an_index_that_says_nothing_of_its_catalogue_is_named_anew(engine: Engine) -> None:
    fill(engine, some_seals())
    with writing(engine) as connection:
        note_names(connection, {CUSTOMS: b"known"})
    assert [3] == [one.until for one in behind_in(engine)]


def test_what_was_sealed_before_an_entry_was_named_anew_is_nowhere_in_the_file(engine: Engine, tmp_path: Path) -> None:
    seals, by_name = some_seals(), NamedSubstance(ids=(), as_written="new", by_name=True)
    fill(engine, seals, 60, substances=(by_name,))
    with writing(engine) as connection:
        older = {row.id: row.sealed for row in connection.execute(select(entry.c.id, entry.c.sealed))}
        for number in range(1, 60, 3):
            # Longer or shorter than before, each page is put together anew.
            newer = some_facts(substances=(msgspec.structs.replace(by_name, ids=("AA",) * number),))
            keep_sealed(connection, seals, {number: Filed(newer)})
    with writing(engine) as connection:
        remove_sources(connection, seals, range(1, 61))
    scrub(engine)

    left = (tmp_path / "search.sqlite").read_bytes()
    assert [] == [number for number, sealed in older.items() if sealed[32:64] in left]


def behind_in(engine: Engine) -> tuple[Behind, ...]:
    with reading(engine) as connection:
        return behind(connection)
