"""What a node holds of the bus and of the log: all that it has read past, and nothing that is not there."""

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Connection, Row, inspect, select

from broker.envelope.body import body_digest
from broker.envelope.message import open_envelope
from broker.errors import MalformedError
from broker.follow import directory_message
from broker.logbook import log_entry
from broker.types.names import Digest
from consumers import store
from consumers.audit.purges import is_emptied_copy, purge_findings
from consumers.audit.scan import Scanner, outline_of
from consumers.audit.yardstick import Copies, Yardstick, sightings
from consumers.findings import Finding
from consumers.tombstones import has_tombstone

_BROKEN: Final = "SELECT place, digest FROM broken ORDER BY place"
_LEAVES: Final = "SELECT digest, id, seen_at FROM leaf ORDER BY digest, id"


def check_copies(connection: Connection, yardstick: Yardstick) -> Iterator[Finding]:
    """Yield what is wrong with what a node holds of the bus and of the log."""
    yield from sorted(_copies(connection, yardstick), key=lambda one: one.place)
    yield from _directory_copies(connection, yardstick)
    yield from purge_findings(connection, yardstick.ledger, yardstick.node)
    if yardstick.is_logged:
        yield from _log_copies(connection, yardstick)


def _copies(connection: Connection, yardstick: Yardstick) -> Iterator[Finding]:
    """Every message below the node's position is in its database or in quarantine, and what it holds is on the bus.

    Both sides are gone through once, in the order of their digests.
    """
    here = store.message.c
    rows = connection.execution_options(yield_per=500).execute(
        select(here.digest, here.stream, here.sequence, here.envelope, has_tombstone().label("is_purged")).order_by(
            here.digest
        )
    )
    unread, copies = _Unread(connection, yardstick), _CopyChecker(connection, yardstick)
    there = sightings(yardstick.ledger)
    sighting = next(there, None)
    for row in rows:
        while sighting is not None and sighting[0] < row.digest:
            yield from unread.findings(sighting[1])
            sighting = next(there, None)
        if sighting is not None and sighting[0] == row.digest:
            yield from copies.findings(row, sighting[2])
            sighting = next(there, None)
        elif not yardstick.ledger.holds(Digest(row.digest)):
            # Else it is there, and the audit of the bus says what is wrong with it: its key was revoked since.
            says = "this node received it, and it is not on the bus any more"
            yield yardstick.finding("missing-from-bus", f"{row.stream}#{row.sequence}", says)
    while sighting is not None:
        yield from unread.findings(sighting[1])
        sighting = next(there, None)
    yield from unread.broken_findings()


def _directory_copies(connection: Connection, yardstick: Yardstick) -> Iterator[Finding]:
    """Every message of the directory that the node took is still there: what it was told, others are told too."""
    if not inspect(connection).has_table(directory_message.name):
        return
    here = directory_message.c
    taken = select(here.raw).where(here.refused_code.is_(None)).order_by(here.offset)
    for raw in connection.execution_options(yield_per=500).execute(taken).scalars():
        try:
            opened = open_envelope(raw)
        except MalformedError:
            says = "a message of the directory in the database is none"
            yield yardstick.finding("changed-copy", "the directory", says)
            continue
        if not yardstick.ledger.holds(opened.digest):
            says = "this node took it into its directory, and it is not on the bus any more"
            yield yardstick.finding("missing-from-bus", str(opened.header.name), says)


class _Unread:
    """Asks whether a node may lack a message."""

    def __init__(self, connection: Connection, yardstick: Yardstick) -> None:
        self._connection = connection
        self._yardstick = yardstick
        self._positions = {row.topic: row.next for row in connection.execute(select(store.position))}

    def findings(self, place: int) -> Iterator[Finding]:
        """Yield that a message at *place* should be in the database, if it should."""
        topic, offset = self._yardstick.topics.find(place)
        if offset < self._positions.get(topic, 0) and not self._is_quarantined(topic, offset):
            says = "read past, but neither in the database nor in quarantine"
            yield self._yardstick.finding("not-received", f"{topic}@{offset}", says)

    def broken_findings(self) -> Iterator[Finding]:
        """Yield the same of what is not valid."""
        here = store.message.c.digest
        for place, digest in self._yardstick.ledger.rows(_BROKEN):
            held = digest is not None and self._connection.scalar(select(here).where(here == digest)) is not None
            # A spoilt copy of a message that is valid otherwise was asked about already.
            valid = digest is not None and self._yardstick.ledger.row("SELECT 1 FROM message WHERE digest = ?", digest)
            if not held and not valid:
                yield from self.findings(place)

    def _is_quarantined(self, topic: str, offset: int) -> bool:
        here = store.quarantine.c
        wanted = select(here.offset).where((here.topic == topic) & (here.offset == offset))
        return self._connection.scalar(wanted) is not None


class _CopyChecker:
    """Compares what a node holds of a message with what the bus holds of it."""

    def __init__(self, connection: Connection, yardstick: Yardstick) -> None:
        self._connection = connection
        self._yardstick = yardstick
        self._scanner = Scanner()

    def findings(self, row: Row[Any], copies: Copies) -> Iterator[Finding]:
        """Yield what is wrong with a row of a node's messages."""
        place = f"{row.stream}#{row.sequence}"
        scanned = self._scanner.read(row.envelope)
        if scanned is not None and scanned.digest == row.digest and copies.get(scanned.outline) and not row.is_purged:
            name = f"{scanned.shape.header.stream}#{scanned.sequence}"
        else:
            name = self._look_closer(row, copies)
        if not name:
            says = "the copy in the database differs from the one on the bus"
            yield self._yardstick.finding("changed-copy", place, says)
        elif name != place:
            says = "the row says another stream or number than the message itself"
            yield self._yardstick.finding("changed-copy", place, says)

    def _look_closer(self, row: Row[Any], copies: Copies) -> str:
        """Return the name of a message that is a copy of one on the bus; nothing where it is not."""
        try:
            opened = open_envelope(row.envelope)
        except MalformedError:
            return ""
        is_whole = copies.get(outline_of(opened))
        if opened.digest != row.digest or is_whole is None:
            return ""
        if row.is_purged:
            return str(opened.header.name) if is_emptied_copy(self._connection, opened) else ""
        pairs = zip(opened.header.sections, opened.bodies, strict=True)
        if not is_whole or any(body is None or body_digest(body) != head.body_digest for head, body in pairs):
            return ""
        return str(opened.header.name)


def _log_copies(connection: Connection, yardstick: Yardstick) -> Iterator[Finding]:
    """What a node has written down of the log is what the log says, as far as it is audited."""
    if not inspect(connection).has_table(log_entry.name):
        return
    size = yardstick.ledger.number("SELECT max(id) + 1 FROM leaf")
    rows = connection.execution_options(yield_per=2000).execute(
        select(log_entry).where(log_entry.c.place < size).order_by(log_entry.c.digest)
    )
    leaves = yardstick.ledger.rows(_LEAVES)
    leaf = next(leaves, None)
    for row in rows:
        while leaf is not None and leaf[0] < row.digest:
            leaf = next(leaves, None)
        if leaf is None or (leaf[0], leaf[1], leaf[2]) != (row.digest, row.place, row.seen_at):
            says = "what it has written down of this leaf is not what the log says"
            yield yardstick.finding("changed-logbook", f"leaf {row.place}", says)
