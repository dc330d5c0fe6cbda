"""The embedded bus's file: its tables, and the check that a file is one."""

from typing import Final

from sqlalchemy import Connection

from broker.errors import StaleDatabase

APPLICATION: Final = 0x74636275
VERSION: Final = 1

OFFSET_BITS: Final = 40
"""A message's row id is its topic's id, shifted by this, plus its offset: so a topic lies in the file in order, and
reading it on is one range scan without an index."""

_TABLES: Final = (
    "CREATE TABLE topic (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, next INTEGER NOT NULL)",
    "CREATE TABLE message (id INTEGER PRIMARY KEY, key TEXT NOT NULL, value BLOB NOT NULL)",
    "CREATE TABLE reading_group (name TEXT PRIMARY KEY, generation INTEGER NOT NULL) WITHOUT ROWID",
    # AUTOINCREMENT: an id is never given twice, so that it fences off what a forgotten member still tries to commit.
    """CREATE TABLE member (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        reading_group TEXT NOT NULL REFERENCES reading_group,
        lease REAL NOT NULL,
        until REAL NOT NULL
    )""",
    "CREATE INDEX member_of ON member (reading_group)",
    """CREATE TABLE wish (
        member INTEGER NOT NULL REFERENCES member ON DELETE CASCADE,
        topic INTEGER NOT NULL REFERENCES topic,
        PRIMARY KEY (member, topic)
    ) WITHOUT ROWID""",
    """CREATE TABLE place (
        reading_group TEXT NOT NULL REFERENCES reading_group,
        topic INTEGER NOT NULL REFERENCES topic,
        position INTEGER NOT NULL,
        owner INTEGER REFERENCES member ON DELETE SET NULL,
        PRIMARY KEY (reading_group, topic)
    ) WITHOUT ROWID""",
    "CREATE INDEX place_owner ON place (owner)",
    f"PRAGMA application_id={APPLICATION}",
    f"PRAGMA user_version={VERSION}",
)


def is_bus(connection: Connection) -> bool:
    """Say whether the file has our tables; an empty one has not, yet.

    Raises:
        StaleDatabase: The file holds something else, or a bus of another version.
    """
    application = connection.exec_driver_sql("PRAGMA application_id").scalar_one()
    version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    if (application, version) == (APPLICATION, VERSION):
        return True
    if connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one() or application or version:
        raise StaleDatabase(
            f"the file is no bus of version {VERSION}: application id {application:#x}, version {version}",
            hint="Name the file that the embedded bus made, or another one that is not there yet.",
        )
    return False


def make_tables(connection: Connection) -> None:
    """Make the tables, unless another process has just made them.

    Raises:
        StaleDatabase: As for :func:`is_bus`.
    """
    if is_bus(connection):
        return
    for statement in _TABLES:
        connection.exec_driver_sql(statement)
