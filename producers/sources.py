"""Which files are one and the same: published again, mended, or carried on under their old name.

A row without a reference of its own is known by its content and its number among equal rows of its file, so everything
hangs on what counts as *its file*: the same bytes, under whatever name; or the same name, as long as the file still
holds every row that was taken from it before. A file that is written anew every day under one name is another file.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, Connection, Engine, func, insert, select

from broker.database import reading
from broker.types.names import Digest, Originator
from producers.draft import Draft
from producers.outbox import drafts, sources

_ROWS_AT_ONCE: Final = 256


class Source(msgspec.Struct, frozen=True):
    """The file that drafts come from.

    Attributes:
        name: Its own name, without folders.
        digest: SHA-256 of its bytes.
    """

    name: str
    digest: Digest


class RowKey(msgspec.Struct, frozen=True):
    """By what a row without a reference of its own is known.

    Attributes:
        content: The same for all rows that say the same.
        made: The reference made for it: its content, and its number among equal rows of its file.
    """

    content: str
    made: str


def row_key(draft: Draft) -> RowKey | None:
    """Return by what *draft* is known if its reference was made; None where it has one of its own."""
    if not draft.is_made:
        return None
    content, _, _ = draft.national_reference.rpartition("-")
    return RowKey(content, draft.national_reference)


def find_lineage(
    engine: Engine, authority: Originator, source: Source, rows: Callable[[], Iterable[Draft]]
) -> int | None:
    """Return the lineage that *source* belongs to; None where it begins one.

    Args:
        rows: Gives the file's drafts; called only if another version of the file was published before.
    """
    with reading(engine) as connection:
        same = _lineage(connection, sources.c.authority == authority, sources.c.digest == source.digest)
        if same is not None:
            return same
        earlier = _lineage(connection, sources.c.authority == authority, sources.c.name == source.name)
        if earlier is not None and _still_holds(connection, authority, earlier, rows()):
            return earlier
    return None


def enter_source(connection: Connection, authority: Originator, source: Source, lineage: int | None) -> int:
    """Enter *source* if it is new; return its lineage."""
    known = _lineage(connection, sources.c.authority == authority, sources.c.digest == source.digest)
    if known is not None:
        return known
    number = connection.execute(select(func.coalesce(func.max(sources.c.id), 0) + 1)).scalar_one()
    row = {"id": number, "authority": authority, "digest": source.digest, "name": source.name}
    connection.execute(insert(sources), {**row, "lineage": lineage or number})
    return lineage or number


def name_of(connection: Connection, lineage: int | None) -> str:
    """Return the newest name of the file of *lineage*; empty where there is none."""
    newest = select(sources.c.name).where(sources.c.lineage == lineage).order_by(sources.c.id.desc()).limit(1)
    return connection.execute(newest).scalar() or ""


def _lineage(connection: Connection, *conditions: ColumnElement[bool]) -> int | None:
    newest = select(sources.c.lineage).where(*conditions).order_by(sources.c.id.desc()).limit(1)
    return connection.execute(newest).scalar()


def _still_holds(connection: Connection, authority: Originator, lineage: int, rows: Iterable[Draft]) -> bool:
    """Say whether *rows* hold every row without a reference that was taken from *lineage*."""
    mine = (drafts.c.authority == authority, drafts.c.lineage == lineage, drafts.c.made_reference.is_not(None))
    taken = connection.execute(select(func.count()).select_from(drafts).where(*mine)).scalar_one()
    keys = (key for draft in rows if (key := row_key(draft)) is not None)
    # No row of a file has the key of another one, so each is found at most once.
    found = 0
    for some in _chunks(keys):
        known = select(func.count()).where(*mine, drafts.c.made_reference.in_([key.made for key in some]))
        found += connection.execute(known).scalar_one()
    return found == taken


def _chunks(keys: Iterator[RowKey]) -> Iterator[list[RowKey]]:
    while some := list(islice(keys, _ROWS_AT_ONCE)):
        yield some
