"""What the outbox has to know of what has arrived: relationships that count, and messages that were taken back."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from broker.directory import Directory
from broker.relationships import Relationships, focal_points
from broker.section_keys import SectionKeys
from broker.types.names import Digest
from consumers import store
from consumers.relationships import load_relationships
from consumers.tombstones import has_nothing_left
from producers.purge import withheld


class Arrived:
    """What a node has received, as its outbox asks about it."""

    def __init__(self, section_keys: SectionKeys) -> None:
        self._section_keys = section_keys

    def relationships(self, connection: Connection, directory: Directory, now: datetime) -> Relationships:
        """Return the agreements, groups and grants that count now."""
        return load_relationships(connection, self._section_keys, focal_points(directory, now))

    def withheld(self, connection: Connection, digests: Sequence[Digest]) -> frozenset[Digest]:
        """Return those of some messages that were recalled or purged: nobody gets their keys any more."""
        here = store.message.c.digest
        found = connection.scalars(select(here).where(here.in_(digests), has_nothing_left()))
        return frozenset(Digest(one) for one in found) | withheld(connection, digests)
