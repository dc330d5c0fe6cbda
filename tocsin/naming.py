"""The names of messages that others mention by their digest, for a reader who may know that they are there."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from sqlalchemy import Connection, select

from broker.database import reading
from broker.types.names import Digest, MessageName, Originator, parse_stream
from consumers import store
from consumers.inbox import Item, may_know_of
from tocsin.installation import Node
from tocsin.showing.about import Names, mentioned

_AT_ONCE: Final = 500
"""Digests in one statement; SQLite takes 999 at least."""


def names_in(node: Node, reader: Originator, found: Iterable[Item]) -> Names:
    """Return the names of those messages mentioned in *found* that this node has and *reader* may know of."""
    digests = {digest for one in found for section in one.sections.values() for digest in mentioned(section)}
    if not digests:
        return {}
    with reading(node.engine) as connection:
        return dict(_names(connection, reader, list(digests)))


def _names(
    connection: Connection, reader: Originator, digests: Sequence[Digest]
) -> Iterator[tuple[Digest, MessageName]]:
    here = store.message.c
    wanted = select(here.digest, here.stream, here.sequence).where(may_know_of(reader))
    for start in range(0, len(digests), _AT_ONCE):
        some = digests[start : start + _AT_ONCE]
        for row in connection.execute(wanted.where(here.digest.in_(some))):
            yield Digest(row.digest), MessageName(parse_stream(row.stream), row.sequence)
