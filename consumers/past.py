"""What a node still knows of its past: the content that it can read, and the records that counted when it decided."""

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from broker import decisions
from broker.about import Reader
from broker.admit import Read, read_core, reopen
from broker.directory import Directory
from broker.envelope.message import Opened, open_envelope
from broker.errors import BrokerError
from broker.facts import Request, facts_for
from broker.follow import directory_message
from broker.policy.facts import Facts
from broker.relationships import Relationships, focal_points
from broker.types.names import Digest, Originator
from broker.types.vocabulary import Action, Purpose, Section, Word
from consumers import store
from consumers.relationships import RELATING, Relating

Keys = Callable[[Collection[Digest]], Mapping[Digest, bytes]]
"""Gives those of the section keys that a node has, by their commitments."""


_REMEMBERED: Final = 64
"""Contents at a time: decisions about one message stand together."""
_PASSING_ON: Final = frozenset({Action.FORWARD, Action.EXPORT})


class Occurrence(msgspec.Struct, frozen=True):
    """Where in a node's past a decision was made."""

    decision: int
    message: Digest
    at: datetime
    directory: Directory


class _Known(msgspec.Struct, frozen=True):
    """Whom a node knew when it decided, and how they stood to each other.

    Attributes:
        whole: Whether all records that say so can still be read.
    """

    readers: Mapping[Originator, Reader]
    relationships: Relationships
    whole: bool


class Past:
    """The past of one node, as its database has it."""

    def __init__(self, connection: Connection, keys: Keys) -> None:
        self._connection = connection
        self._keys = keys
        self._contents: dict[Digest, Read | None] = {}
        self._relating = self._load_relating()
        self._last: tuple[tuple[Digest, datetime, int], _Known] | None = None

    def content(self, digest: Digest) -> Read | None:
        """Return a message as far as its content is still here; None where it is purged, sealed or spoilt."""
        if digest not in self._contents:
            if len(self._contents) >= _REMEMBERED:
                self._contents.clear()
            here = store.message.c
            row = self._connection.execute(select(here.envelope, here.late).where(here.digest == digest)).one_or_none()
            self._contents[digest] = None if row is None else self._read(row.envelope, late=row.late)
        return self._contents[digest]

    def differing(self, happened: Occurrence, reader: Originator, recorded: Facts) -> str:
        """Return how the facts on record differ from those that follow from the message; empty where they agree.

        What cannot be known any more is not compared: how the node stood to others whose records are purged, and to
        whom somebody wanted to pass a message on.
        """
        content = self.content(happened.message)
        if content is None:
            return ""
        known = self._known_at(happened)
        entry = known.readers.get(reader)
        if entry is None:
            return "it was no active authority under the directory that the decision names"
        receiving = recorded.action is Action.RECEIVE
        request = Request(
            action=recorded.action,
            purposes=entry.purposes if receiving else recorded.purposes,
            now=happened.at,
            message=happened.message,
        )
        derived = facts_for(content.about, entry, known.relationships, request)
        if not known.whole:
            derived = msgspec.structs.replace(derived, relation=recorded.relation, granted=recorded.granted)
        if recorded.action in _PASSING_ON and recorded.granted <= derived.granted:
            derived = msgspec.structs.replace(derived, granted=recorded.granted)
        return "; ".join(_differences(recorded, derived))

    def _known_at(self, happened: Occurrence) -> _Known:
        """Return what is remembered from the last decision of the same batch, if nothing came between them."""
        known = bisect_left(self._relating, happened.decision, key=lambda one: one[0])
        moment = (happened.directory.digest, happened.at, known)
        if self._last is None or self._last[0] != moment:
            self._last = (moment, self._work_out(happened, known))
        return self._last[1]

    def _work_out(self, happened: Occurrence, known: int) -> _Known:
        records = [record for _, record in self._relating[:known]]
        there = [record for record in records if record is not None]
        speakers = focal_points(happened.directory, happened.at)
        entries = happened.directory.authorities(happened.at)
        return _Known(
            {Originator(one.authority): Reader.of(one, active=True) for one in entries},
            Relating().with_records(there).in_force(speakers),
            len(there) == len(records),
        )

    def _load_relating(self) -> Sequence[tuple[int, Read | None]]:
        """Return the records that relate authorities, each with the decision since which it counted.

        It counts for what comes behind it, so not yet for the others of this node about whom it was decided itself.
        """
        here = decisions.decision.c
        rows = self._connection.execute(
            select(here.id, here.digest, here.decided_at)
            .join(store.message, store.message.c.digest == here.digest)
            .where(here.judgement.is_not(None))
            .where(store.message.c.record_kind.in_([kind.value for kind in RELATING]))
            .order_by(here.id)
        )
        last: dict[Digest, tuple[int, int]] = {}
        for row in rows:
            digest = Digest(row.digest)
            if last.setdefault(digest, (row.id, row.decided_at)) == (row.id - 1, row.decided_at):
                last[digest] = (row.id, row.decided_at)
        counted = sorted((decided[0], digest) for digest, decided in last.items())
        return [(since, self.content(digest)) for since, digest in counted]

    def _read(self, envelope: bytes, *, late: bool) -> Read | None:
        try:
            verified = reopen(envelope, late=late)
            sealed = [one.key_commitment for one in verified.header.sections if one.key_commitment is not None]
            return read_core(verified, self._keys(sealed))
        except BrokerError:
            return None


def load_directory_messages(connection: Connection) -> list[Opened]:
    """Return the directory messages that a node took, in the order in which it read them.

    What came after the bus had been rolled back, at a place that another message had, stands below all places: it is
    taken for the last, as the newest of it is.
    """
    here = directory_message.c
    rows = connection.execute(select(here.offset, here.raw).where(here.refused_code.is_(None)))
    return [open_envelope(row.raw) for row in sorted(rows, key=lambda row: (row.offset < 0, abs(row.offset)))]


def _differences(recorded: Facts, derived: Facts) -> Iterator[str]:
    for name in Facts.__struct_fields__:
        was, follows = getattr(recorded, name), getattr(derived, name)
        if was != follows:
            yield f"{name.replace('_', '-')} is {_in_words(was)} on record, and {_in_words(follows)} by the message"


def _in_words(value: object) -> str:
    match value:
        case Word():
            return value.word
        case bool():
            return "yes" if value else "no"
        case (Section() as section, Purpose() as purpose):
            return f"{section.word} for {purpose.word}"
        case frozenset() | tuple():
            words = [_in_words(one) for one in value]
            return ", ".join(sorted(words) if isinstance(value, frozenset) else words) or "nothing"
        case _:
            return str(value)
