"""What the outbox has to know of what has arrived: relationships that count, and messages that were taken back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select

from broker.directory import Directory
from broker.relationships import Relationships, focal_points
from broker.section_keys import SectionKeys
from broker.types.names import Digest, Originator
from consumers import store
from consumers.relationships import Relating, load_relating, relating_state
from consumers.tombstones import has_nothing_left
from producers.purge import withheld

_AT_ONCE: Final = 500
"""Digests in one statement; SQLite takes 999 at least."""


class Arrived:
    """What a node has received, as its outbox asks about it."""

    def __init__(self, section_keys: SectionKeys) -> None:
        self._section_keys = section_keys
        self._state: tuple[int, int, int] | None = None
        self._relating = Relating()
        self._in_force: tuple[frozenset[Originator], Relationships] | None = None

    def relationships(self, connection: Connection, directory: Directory, now: datetime) -> Relationships:
        """Return the agreements, groups and grants that count now; their records are opened when there are others."""
        state = relating_state(connection)
        if state != self._state:
            self._relating = load_relating(connection, self._section_keys)
            self._state, self._in_force = state, None
        speaking = focal_points(directory, now)
        if self._in_force is None or self._in_force[0] != speaking:
            self._in_force = (speaking, self._relating.in_force(speaking))
        return self._in_force[1]

    def passed_on(self, connection: Connection, digests: Sequence[Digest]) -> frozenset[Digest]:
        """Return those of some messages that somebody has passed on; who did so reads their own messages back."""
        here = store.message.c.original
        pages = (digests[start : start + _AT_ONCE] for start in range(0, len(digests), _AT_ONCE))
        found = (one for page in pages for one in connection.scalars(select(here).where(here.in_(page))))
        return frozenset(Digest(one) for one in found)

    def withheld(self, connection: Connection, digests: Sequence[Digest]) -> frozenset[Digest]:
        """Return those of some messages that were recalled or purged: nobody gets their keys any more."""
        here = store.message.c.digest
        found = connection.scalars(select(here).where(here.in_(digests), has_nothing_left()))
        return frozenset(Digest(one) for one in found) | withheld(connection, digests)
