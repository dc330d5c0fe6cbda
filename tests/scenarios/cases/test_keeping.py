"""The index follows what a node holds: what is over, taken back or passed on, a lost index and a restored database."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from broker.types.names import Originator, Participant
from consumers.search.finding import Query
from tests.cli.commands import run
from tests.cli.test_case import a_report, publish, receive
from tocsin.casework.search import Found, Search, open_search
from tocsin.folder import FederationFolder
from tocsin.installation import Node, open_node

CUSTOMS, BE_POLICE = Originator("NL/customs"), Originator("BE/police")
UNTIL = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)


@contextmanager
def searching(federation: Path, participant: str, *, at: datetime | None = None) -> Iterator[tuple[Node, Search]]:
    clock = (lambda: datetime.now(UTC)) if at is None else (lambda: at)
    folder = FederationFolder(federation)
    with open_node(folder, Participant(participant), clock=clock) as node, open_search(node) as search:
        yield node, search


def found(federation: Path, authority: Originator, *, at: datetime | None = None) -> list[Found]:
    with searching(federation, authority[:2], at=at) as (_, search):
        return list(search.find(authority, Query()))


def index_of(federation: Path, participant: str) -> Path:
    return federation / "nodes" / participant / "keys" / "search.sqlite"


def rows_in(path: Path) -> dict[str, int]:
    connection = sqlite3.connect(path)
    names = ("source", "entry", "facet", "token", "link")
    counts = {name: connection.execute(f"SELECT count(*) FROM search_{name}").fetchone()[0] for name in names}
    connection.close()
    return counts


def test_what_may_not_be_kept_any_longer_is_gone_from_the_index(federation: Path, tmp_path: Path) -> None:
    receive(federation, "BE/police")
    publish(federation, tmp_path / "a.csv", a_report(retain_until=f"{UNTIL:%Y-%m-%dT%H:%M:%SZ}"), a_report("NL-2"))
    receive(federation, "BE/police", "NL/customs")
    before = {one: rows_in(index_of(federation, one)) for one in ("NL", "BE")}
    for authority in (CUSTOMS, BE_POLICE):
        assert ["NL-1", "NL-2"] == sorted(one.national_reference for one in found(federation, authority))
        later = found(federation, authority, at=UNTIL)
        assert ["NL-2"] == [one.national_reference for one in later]
    after = {one: rows_in(index_of(federation, one)) for one in ("NL", "BE")}
    halved = {node: {name: count // 2 for name, count in rows.items()} for node, rows in before.items()}
    assert halved == after


def test_an_unsent_draft_is_found_and_becomes_its_message(federation: Path, tmp_path: Path) -> None:
    receive(federation, "NL/customs")
    bus = federation / "bus.sqlite"
    bus.rename(tmp_path / "away")
    path = tmp_path / "a.csv"
    path.write_text("national_reference,incident_type,reporting_country\nNL-9,seizure,NL\n", "utf-8")
    assert 7 == run("publish", path, "--as", "NL/customs", folder=federation).code
    (draft,) = found(federation, CUSTOMS)
    assert (True, None, None) == (draft.is_draft, draft.message, draft.digest)
    (tmp_path / "away").rename(bus)
    assert 0 == run("publish", path, "--as", "NL/customs", folder=federation).code
    receive(federation, "NL/customs")
    (sent,) = found(federation, CUSTOMS)
    assert (False, "NL/customs/1#2") == (sent.is_draft, str(sent.message))


def test_a_lost_index_is_made_anew_and_finds_the_same(federation: Path, tmp_path: Path) -> None:
    publish(federation, tmp_path / "a.csv", a_report("NL-1", recipients="BE/police"), a_report("NL-2", tlp="GREEN"))
    receive(federation, "BE/police", "NL/customs")
    for authority in (CUSTOMS, BE_POLICE):
        before, path = found(federation, authority), index_of(federation, authority[:2])
        counted = rows_in(path)
        for one in path.parent.glob("search.sqlite*"):
            one.unlink()
        assert before == found(federation, authority)
        assert 2 == len(before)
        assert counted == rows_in(path)


def test_a_database_from_a_backup_has_the_index_made_anew(federation: Path, tmp_path: Path) -> None:
    database = federation / "nodes" / "NL" / "node.sqlite"
    publish(federation, tmp_path / "a.csv", a_report("NL-1"))
    connection, copy = sqlite3.connect(database), sqlite3.connect(tmp_path / "copy")
    connection.backup(copy)
    connection.close()
    copy.close()
    publish(federation, tmp_path / "b.csv", a_report("NL-2"))
    assert 2 == len(found(federation, CUSTOMS))
    for one in database.parent.glob("node.sqlite*"):
        one.unlink()
    shutil.copy(tmp_path / "copy", database)
    assert ["NL-1"] == [one.national_reference for one in found(federation, CUSTOMS)]


def test_a_correction_takes_the_place_of_what_it_corrects(federation: Path, tmp_path: Path) -> None:
    (message,) = publish(federation, tmp_path / "a.csv", a_report("NL-1"))
    receive(federation, "BE/police", "NL/customs")
    publish(federation, tmp_path / "b.csv", a_report("NL-1b", quantity_value="900"))
    corrected = run("correct", message, "--reference", "NL-1b", "--as", "NL/customs", "--reason", "The weight.",
                    folder=federation)  # fmt: skip
    assert 0 == corrected.code, corrected.err
    receive(federation, "BE/police", "NL/customs")
    for authority in (CUSTOMS, BE_POLICE):
        assert ["NL-1b"] == [one.national_reference for one in found(federation, authority)]


def test_second_reports_name_the_first_by_digest_once_both_are_sent(federation: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "group,line,line_role,incident_type,date_incident,date_precision,reporting_country,destination,substance_as_reported\n"
        "C,1,line,seizure,2026-01-10,day,NL,BE,acetone\nC,2,duplicate_report,seizure,2026-01-10,day,NL,BE,acetone\n",
        "utf-8",
    )
    assert 0 == run("publish", path, "--as", "NL/customs", folder=federation).code
    receive(federation, "NL/customs", "BE/police")
    for authority in (CUSTOMS, BE_POLICE):
        first, second = sorted(found(federation, authority), key=lambda one: one.national_reference)
        assert [first.digest] == [one.digest for one in second.facts.related]
        assert () == second.named


def test_nothing_new_costs_no_writing(federation: Path, tmp_path: Path) -> None:
    publish(federation, tmp_path / "a.csv", a_report("NL-1"))
    with searching(federation, "NL") as (_, search):
        search.catch_up()
        assert 0 == search.catch_up()
        connection = sqlite3.connect(index_of(federation, "NL"))
        before = connection.execute("PRAGMA data_version").fetchone()
        search.catch_up()
        assert before == connection.execute("PRAGMA data_version").fetchone()
        connection.close()


def test_what_another_node_of_the_same_participant_took_back_is_gone_from_an_old_and_a_new_index(
    federation: Path, tmp_path: Path
) -> None:
    publish(federation, tmp_path / "a.csv", a_report("NL-1"))
    receive(federation, "NL/customs")
    (sent,) = found(federation, CUSTOMS)
    connection = sqlite3.connect(federation / "nodes" / "NL" / "node.sqlite")
    with connection:
        connection.execute(
            "INSERT INTO tombstone (digest, reason, sections, purged_at) VALUES (?, 'recalled', 'core', 1)",
            [sent.digest],
        )
    connection.close()
    assert [] == found(federation, CUSTOMS)
    for one in index_of(federation, "NL").parent.glob("search.sqlite*"):
        one.unlink()
    assert [] == found(federation, CUSTOMS)
