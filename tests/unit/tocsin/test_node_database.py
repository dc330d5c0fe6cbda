"""Migrations lead to the very tables that the program makes for a new node."""

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from broker.database import open_engine, reading, writing
from broker.errors import StaleDatabase
from tocsin.node_database import METADATA, MIGRATIONS, NEWEST, migrate, open_node_database, open_readonly


def tables(path: Path) -> dict[str, str]:
    """Return the definition of each table and index, however it was spaced."""
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    connection.close()
    return {name: " ".join(sql.replace('"', "").split()) for name, sql in rows if name != "alembic_version"}


def migrated(path: Path, *, to: str = "head") -> Path:
    engine = open_engine(path)
    with writing(engine) as connection:
        migrate(connection, to=to)
    engine.dispose()
    return path


def test_migrations_and_metadata_agree(tmp_path: Path) -> None:
    engine = open_engine(migrated(tmp_path / "node.sqlite"))
    with reading(engine) as connection:
        context = MigrationContext.configure(connection)
        differences = compare_metadata(context, list(METADATA))  # type: ignore[arg-type]
    engine.dispose()

    assert [] == differences


def test_a_migrated_database_has_the_definitions_of_a_new_one(tmp_path: Path) -> None:
    open_node_database(tmp_path / "new.sqlite").dispose()

    assert tables(tmp_path / "new.sqlite") == tables(migrated(tmp_path / "migrated.sqlite"))


def test_a_new_database_is_marked_with_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))

    assert ScriptDirectory.from_config(config).get_current_head() == NEWEST


def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "node.sqlite"
    open_node_database(path).dispose()
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()

    for opened in (open_node_database, open_readonly):
        with pytest.raises(StaleDatabase, match="9999"):
            opened(path)


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "node.sqlite"
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("CREATE TABLE cats (name TEXT)")
    connection.close()

    with pytest.raises(StaleDatabase):
        open_node_database(path)


def test_what_a_database_held_before_sealing_is_still_there(tmp_path: Path) -> None:
    path = tmp_path / "node.sqlite"
    migrated(path, to="0001")
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(
            "INSERT INTO message (digest, stream, sequence, kind, issued_at, received_at, outcome, late, backfill,"
            " envelope) VALUES (x'01', 'NL/customs/1', 7, 'RECORD', 1, 2, 'next', 0, 0, x'02')"
        )
        connection.execute(
            "INSERT INTO outbox_message (originator, writer, sequence, topic, digest, issued_at, pending)"
            " VALUES ('NL/customs', 1, 7, 'topic', x'01', 1, 0)"
        )
    connection.close()
    open_node_database(path).dispose()

    connection = sqlite3.connect(path)
    message = connection.execute("SELECT stream, sequence, pending, closed FROM message").fetchall()
    sent = connection.execute("SELECT originator, sequence, kind FROM outbox_message").fetchall()
    connection.close()
    assert ([("NL/customs/1", 7, 0, "")], [("NL/customs", 7, "RECORD")]) == (message, sent)


def test_what_a_database_held_before_the_log_is_still_there(tmp_path: Path) -> None:
    path = tmp_path / "node.sqlite"
    migrated(path, to="0002")
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(
            "INSERT INTO outbox_message (originator, writer, sequence, kind, topic, digest, issued_at, pending,"
            " sent_at) VALUES ('NL/customs', 1, 7, 'RECORD', 'topic', x'01', 1, 0, 2)"
        )
        connection.execute(
            "INSERT INTO quarantine (topic, offset, code, message, raw, quarantined_at)"
            " VALUES ('topic', 3, 'key-revoked', 'says', x'02', 4)"
        )
    connection.close()
    open_node_database(path).dispose()

    connection = sqlite3.connect(path)
    sent = connection.execute("SELECT sequence, sent_at, logged FROM outbox_message").fetchall()
    kept = connection.execute("SELECT offset, code FROM quarantine").fetchall()
    connection.close()
    assert ([(7, 2, 0)], [(3, "key-revoked")]) == (sent, kept)
