"""The notary's journal: which message stands at which place of the log, fixed before any tile is written."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Final

import msgspec
from sqlalchemy import Connection, Engine, delete, func, insert, select, tuple_, update

from broker.database import reading, writing
from broker.errors import LogForked
from broker.log.entry import LogEntry, parse_entry
from broker.log.tree import TreeHead
from broker.merkle import EMPTY_ROOT, Frontier, Hash, leaf_hash
from broker.notary import tables
from broker.notary.progress import Equivocation
from broker.types.names import Digest, parse_stream

_HASH_BYTES: Final = 32
_AT_ONCE: Final = 256
"""Rows in one statement."""
_stream: Final = lru_cache(maxsize=4096)(parse_stream)
"""A log has few streams and very many entries."""


class Head(msgspec.Struct, frozen=True):
    """What was signed last.

    Attributes:
        frontier: The right edge of its tree.
        note: The checkpoint, with the cosignatures that are here; empty while nothing was signed.
    """

    frontier: Frontier = Frontier()
    root: Hash = EMPTY_ROOT
    note: bytes = b""

    @property
    def size(self) -> int:
        """How many leaves it has."""
        return self.frontier.size

    @property
    def tree(self) -> TreeHead:
        """Size and root."""
        return TreeHead(self.size, self.root)


class Appended(msgspec.Struct, frozen=True):
    """What became of messages that were to be logged."""

    logged: int = 0
    duplicates: int = 0
    equivocations: tuple[Equivocation, ...] = ()


class Journal:
    """The entries of the log, and the head that was signed last.

    Whoever finds that another process went on with the same journal stops.
    """

    def __init__(self, engine: Engine, federation: str) -> None:
        """Use the journal in *engine*, whose tables must exist."""
        self._engine = engine
        self._federation = federation

    def size(self) -> int:
        """Return how many entries there are, those included that are in no signed tree yet."""
        with reading(self._engine) as connection:
            return _end(connection)[0]

    def entries(self, start: int, end: int) -> list[LogEntry]:
        """Return the entries from *start* up to *end*, fewer where there are fewer.

        Raises:
            LogForked: There is a hole between them.
        """
        with reading(self._engine) as connection:
            return _entries(connection, self._federation, start, end)

    def head(self) -> Head:
        """Return what was signed last.

        Raises:
            LogForked: The journal contradicts itself: it was changed.
        """
        with reading(self._engine) as connection:
            row = connection.execute(select(tables.head)).one_or_none()
        if row is None:
            return Head()
        peaks = [Hash(row.peaks[start : start + _HASH_BYTES]) for start in range(0, len(row.peaks), _HASH_BYTES)]
        frontier = Frontier(row.size, tuple(peaks))
        if frontier.root != row.root or len(peaks) != row.size.bit_count():
            raise LogForked("the edge that the journal keeps does not lead to the root that it signed")
        return Head(frontier, Hash(row.root), row.note)

    def advance(self, old: Head, new: Head) -> None:
        """Keep *new* as what was signed last, in the place of *old*.

        Raises:
            LogForked: Another notary has gone on with this journal.
        """
        with writing(self._engine) as connection:
            _advance(connection, old, new)

    def adopt(self, old: Head, published: TreeHead, note: bytes, raws: Iterable[bytes]) -> Head:
        """Take over what was published beyond *old*, by this notary before its journal was restored.

        Entries that are in no signed tree yet make room: they come behind those that are taken over, once each.

        Args:
            raws: The entries from *old* up to the published size, as the tiles have them.

        Raises:
            LogForked: They are not what was published, or not what this journal can go on from.
        """
        with writing(self._engine) as connection:
            mine = _take_back(connection, self._federation, old.size)
            frontier = old.frontier
            for page in _pages(iter(raws)):
                entries = [parse_entry(raw) for raw in page]
                if append(connection, entries).logged != len(entries):
                    raise LogForked("the published log has a message twice, or one that the journal has elsewhere")
                frontier = frontier.grown(leaf_hash(raw) for raw in page)
            if TreeHead(frontier.size, frontier.root) != published:
                raise LogForked(f"the journal does not grow into the published log of {published.size} entries")
            new = Head(frontier, published.root, note)
            _advance(connection, old, new)
            for start in range(0, len(mine), _AT_ONCE):
                append(connection, mine[start : start + _AT_ONCE])
        return new


def append(connection: Connection, entries: Sequence[LogEntry]) -> Appended:
    """Append at most 256 entries to the journal, each header once.

    The time seen never runs backwards: where the clock did, the time of the entry before stands.
    """
    new = {one.digest: one for one in reversed(entries)}
    here = tables.entry.c
    known = connection.scalars(select(here.digest).where(here.digest.in_(new))) if new else ()
    for digest in known:
        del new[Digest(digest)]
    place, latest = _end(connection)
    rows: list[dict[str, object]] = []
    for one in reversed(new.values()):
        latest = max(latest, one.seen_at)
        rows.append(
            {
                "place": place + len(rows),
                "digest": one.digest,
                "stream": str(one.stream),
                "sequence": one.sequence,
                "seen_at": latest,
            }
        )
    if not rows:
        return Appended(0, len(entries))
    equivocations = _equivocations(connection, list(reversed(new.values())), place)
    connection.execute(insert(tables.entry), rows)
    return Appended(len(rows), len(entries) - len(rows), equivocations)


def _equivocations(connection: Connection, new: Sequence[LogEntry], place: int) -> tuple[Equivocation, ...]:
    """Note which of the *new* entries, the first of which comes to *place*, bear a name that is taken."""
    here = tables.entry.c
    names = {(str(one.stream), one.sequence) for one in new}
    taken = (
        select(here.stream, here.sequence, here.digest, here.place)
        .where(tuple_(here.stream, here.sequence).in_(sorted(names)))
        .order_by(here.place.desc())
    )
    first = {(row.stream, row.sequence): (Digest(row.digest), row.place) for row in connection.execute(taken)}
    found: list[Equivocation] = []
    for index, one in enumerate(new, place):
        held = first.setdefault((str(one.stream), one.sequence), (one.digest, index))
        if held[1] != index:
            found.append(Equivocation(one.name, held, (one.digest, index)))
    if found:
        connection.execute(insert(tables.equivocation), [_equivocation_row(one) for one in found])
    return tuple(found)


def _equivocation_row(one: Equivocation) -> dict[str, object]:
    return {
        "second_place": one.second[1],
        "first_place": one.first[1],
        "stream": str(one.name.stream),
        "sequence": one.name.sequence,
        "first_digest": one.first[0],
        "second_digest": one.second[0],
    }


def last_seen(connection: Connection) -> int:
    """Return the time seen that was given last, in microseconds since 1970; 0 before the first."""
    return _end(connection)[1]


def _end(connection: Connection) -> tuple[int, int]:
    """Return the next place, and the time seen of the last entry."""
    here = tables.entry.c
    last = connection.execute(select(here.place, here.seen_at).order_by(here.place.desc()).limit(1)).one_or_none()
    return (0, 0) if last is None else (last.place + 1, last.seen_at)


def _entries(connection: Connection, federation: str, start: int, end: int) -> list[LogEntry]:
    here = tables.entry.c
    wanted = select(tables.entry).where(here.place >= start, here.place < end).order_by(here.place)
    rows = connection.execute(wanted).all()
    if rows and (rows[0].place, rows[-1].place) != (start, start + len(rows) - 1):
        raise LogForked(f"the journal has a hole between {start} and {rows[-1].place}: it was changed")
    return [LogEntry(federation, _stream(row.stream), row.sequence, Digest(row.digest), row.seen_at) for row in rows]


def _take_back(connection: Connection, federation: str, start: int) -> list[LogEntry]:
    """Remove the entries from *start* on, and return them."""
    taken = _entries(connection, federation, start, _end(connection)[0])
    connection.execute(delete(tables.entry).where(tables.entry.c.place >= start))
    connection.execute(delete(tables.equivocation).where(tables.equivocation.c.second_place >= start))
    return taken


def _pages(raws: Iterator[bytes]) -> Iterator[list[bytes]]:
    while page := list(islice(raws, _AT_ONCE)):
        yield page


def _advance(connection: Connection, old: Head, new: Head) -> None:
    row = {"size": new.size, "root": new.root, "peaks": b"".join(new.frontier.peaks), "note": new.note}
    here = tables.head.c
    if not old.note and connection.scalar(select(func.count()).select_from(tables.head)) == 0:
        connection.execute(insert(tables.head).values(id=1, **row))
        return
    same = (here.size == old.size, here.root == old.root, here.note == old.note)
    if connection.execute(update(tables.head).where(*same).values(**row)).rowcount != 1:
        raise LogForked("another notary has gone on with this journal", hint="Let one notary write a log.")
