"""Messages that somebody names in a file or on a command line, as far as an authority may know of them."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, select

from broker.database import reading
from broker.errors import BadName, MissingItem
from broker.types.names import Digest, Originator, parse_message_name
from broker.types.vocabulary import RecordKind, Section
from consumers.inbox import Item, item
from producers.intake.form import NamedMessage
from producers.intake.naming import is_message
from producers.outbox import drafts
from tocsin.installation import Node


class Messages:
    """What one authority may name: what its inbox has, and what it has written itself. Each name is looked up once."""

    def __init__(self, node: Node, authority: Originator) -> None:
        self._node = node
        self._authority = authority
        self._found: dict[str, NamedMessage | None] = {}

    def find(self, name: str) -> NamedMessage | None:
        """Return the message *name* means: its name, its digest in hexadecimal, or a national reference of ours.

        What the authority may not see looks as if it were not there.
        """
        if name not in self._found:
            self._found[name] = self._look_up(name)
        return self._found[name]

    def _look_up(self, name: str) -> NamedMessage | None:
        if not is_message(name):
            return next(self._own(drafts.c.national_reference == name), None)
        received = self._received(name)
        if received is not None:
            return NamedMessage(
                digest=received.original,
                kind=received.kind,
                author=received.author,
                core=received.sections.get(Section.CORE),
            )
        return next(self._own(*_sent_as(name)), None)

    def _received(self, name: str) -> Item | None:
        node = self._node
        with reading(node.engine) as connection:
            try:
                return item(connection, node.section_keys, self._authority, name, node.clock())
            except (MissingItem, BadName):
                return None

    def _own(self, *which: ColumnElement[bool]) -> Iterator[NamedMessage]:
        """Yield the authority's own draft that *which* says; once it is read back, with what it says."""
        wanted = select(drafts.c.kind, drafts.c.digest).where(drafts.c.authority == self._authority, *which)
        with reading(self._node.engine) as connection:
            row: Any = connection.execute(wanted).first() if which else None
        if row is None:
            return
        back = None if row.digest is None else self._received(row.digest.hex())
        yield NamedMessage(
            digest=None if row.digest is None else Digest(row.digest),
            kind=RecordKind(row.kind),
            author=self._authority,
            core=None if back is None else back.sections.get(Section.CORE),
        )


def _sent_as(name: str) -> tuple[ColumnElement[bool], ...]:
    """Return the condition that a draft became the message *name*; none where that is no name."""
    if "#" not in name:
        return (drafts.c.digest == bytes.fromhex(name),)
    try:
        message = parse_message_name(name)
    except BadName:
        return ()
    stream = message.stream
    return (
        drafts.c.authority == stream.originator,
        drafts.c.writer == stream.writer,
        drafts.c.sequence == message.sequence,
    )
