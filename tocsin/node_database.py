"""A node's database: made whole when it is new, brought up to date when an older version made it.

Alembic is imported only where there is something to migrate: a command on an up-to-date database starts without it.
"""

from pathlib import Path
from typing import Final

from sqlalchemy import Column, Connection, Engine, MetaData, String, Table, inspect, select

from broker import decisions, follow, logbook
from broker.database import open_engine, reading, writing
from broker.errors import StaleDatabase
from consumers import store
from producers import outbox

NEWEST: Final = "0004"
"""The migration that leads to the tables of this version."""

METADATA: Final[tuple[MetaData, ...]] = (
    follow.metadata,
    decisions.metadata,
    logbook.metadata,
    outbox.metadata,
    store.metadata,
)
"""All tables of a node; each part of the program owns its own."""

MIGRATIONS: Final = Path(__file__).parent / "migrations"

_version: Final = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))


def open_node_database(path: Path) -> Engine:
    """Open the database of a node, with the tables of this version; a new one is made.

    Raises:
        MissingFile: The folder of the node is not there.
        StaleDatabase: A newer version made it, or it is another program's.
        UnusableDatabase, DatabaseBusy: It cannot be used.
    """
    engine = open_engine(path)
    try:
        version = database_version(engine)
        if version != NEWEST:
            _bring_up_to_date(engine, version)
    except BaseException:
        engine.dispose()
        raise
    return engine


def open_readonly(path: Path) -> Engine:
    """Open the database of a node to look at it; nothing is made or changed.

    Raises:
        MissingFile: It is not there.
        StaleDatabase: Another version made it.
        UnusableDatabase, DatabaseBusy: It cannot be used.
    """
    engine = open_engine(path, readonly=True)
    try:
        _check_newest(engine, path)
    except BaseException:
        engine.dispose()
        raise
    return engine


def database_version(engine: Engine) -> str | None:
    """Return the migration that a database stands at; None for an empty one, an empty text for no database of ours."""
    with reading(engine) as connection:
        tables = inspect(connection).get_table_names()
        if _version.name not in tables:
            return "" if tables else None
        return connection.scalar(select(_version.c.version_num)) or ""


def make_tables(connection: Connection) -> None:
    """Make all tables of this version, and note the version."""
    for metadata in METADATA:
        metadata.create_all(connection)
    _version.create(connection)
    connection.execute(_version.insert().values(version_num=NEWEST))


def migrate(connection: Connection, *, to: str = "head") -> None:
    """Bring the tables up to this version, or *to* an earlier one."""
    from alembic import command  # noqa: PLC0415 - a third of a second, needed once in years
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def known_versions() -> frozenset[str]:
    """Return the migrations that this version knows."""
    return frozenset(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def _check_newest(engine: Engine, path: Path) -> None:
    version = database_version(engine)
    if version != NEWEST:
        raise _stale(path, version, hint="Any command that writes brings it up to date, as tocsin doctor.")


def _bring_up_to_date(engine: Engine, version: str | None) -> None:
    path = Path(engine.url.database or "")
    if version is not None and version not in known_versions():
        raise _stale(path, version, hint="It is another program's, or a newer version made it: use that one.")
    with writing(engine) as connection:
        # Another process may have been faster.
        if version is not None:
            migrate(connection)
        elif not inspect(connection).get_table_names():
            make_tables(connection)


def _stale(path: Path, version: str | None, *, hint: str) -> StaleDatabase:
    return StaleDatabase(f"{path.name} is at version {version or 'none'}; this program is at {NEWEST}", hint=hint)
