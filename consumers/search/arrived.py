"""What arrived, for the index: of each message what each authority may see now, and what it can be recognised by.

Every record that is decided about leaves a decision, whoever may see it; so does whatever changes what a reader sees.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import Connection, func, select

from broker.admit import Read, read_core
from broker.cases.facts import IncidentFacts
from broker.cases.incident_facts import IdsOf, Label, facts_of
from broker.decisions import decision
from broker.errors import BodyMissing, SealedContent
from broker.records.incident import IncidentCore
from broker.records.operational import IncidentOperational
from broker.section_keys import SectionKeys
from broker.types.names import Digest, Originator
from broker.types.time import to_micros
from broker.types.vocabulary import Kind, RecordKind, Section
from consumers import store
from consumers.inbox import Item, items_among
from consumers.search.entries import Filed, Sourced
from consumers.tombstones import has_nothing_left
from consumers.unsealing import reopened

SEARCHED: Final = frozenset(
    {
        RecordKind.INCIDENT,
        RecordKind.NOTIFICATION,
        RecordKind.NOTIFICATION_REPLY,
        RecordKind.SHIPMENT,
        RecordKind.REQUEST,
        RecordKind.ANSWER,
        RecordKind.SUBSTANCE_WARNING,
    }
)
"""What goods and companies are recognised in, and what a case is made of."""

IdsFor = Callable[[Originator], IdsOf]
"""What names of substances mean to an authority: each knows the editions of the catalogue that it has received."""


class Seen(msgspec.Struct, frozen=True):
    """A message as the index takes it in.

    Attributes:
        sections: All that the node can open, whoever may see it.
        readers: What of an incident each authority may see; those that may see nothing of it are absent.
        national_reference: Of the record.
        is_forward: It passes on another message.
    """

    sourced: Sourced
    sections: tuple[tuple[Section, msgspec.Struct], ...]
    readers: Mapping[Originator, Filed]
    national_reference: str
    is_forward: bool


def last_decision(connection: Connection) -> int:
    """Return the id of the last decision; 0 for none."""
    return connection.scalar(select(func.max(decision.c.id))) or 0


def last_tombstone(connection: Connection) -> int:
    """Return the id of the last purge; 0 for none."""
    return connection.scalar(select(func.max(store.tombstone.c.id))) or 0


def decided_after(connection: Connection, after: int, *, most: int) -> tuple[tuple[Digest, ...], int]:
    """Return the messages of the next decisions behind the one of id *after*, and the id of the last of them."""
    rows = connection.execute(
        select(decision.c.id, decision.c.digest).where(decision.c.id > after).order_by(decision.c.id).limit(most)
    ).all()
    return tuple(dict.fromkeys(Digest(row.digest) for row in rows)), rows[-1].id if rows else after


def purged_after(connection: Connection, after: int) -> tuple[Digest, ...]:
    """Return the messages of which something was purged behind the purge of id *after*."""
    rows = connection.scalars(select(store.tombstone.c.digest).where(store.tombstone.c.id > after))
    return tuple(Digest(one) for one in rows)


def seen_among(
    connection: Connection, section_keys: SectionKeys, digests: Collection[Digest], *, now: datetime, ids_of: IdsFor
) -> Iterator[Seen]:
    """Yield those of some messages that are searched, as they are now; of which nothing is left, are not."""
    readers = _readers(connection, section_keys, digests, now=now, ids_of=ids_of)
    kinds = [kind.value for kind in SEARCHED]
    wanted = select(store.message.c.envelope, store.message.c.late).where(
        store.message.c.digest.in_(digests),
        store.message.c.kind == Kind.RECORD.value,
        store.message.c.record_kind.in_(kinds),
        ~has_nothing_left(),
    )
    for _, verified, keys in reopened(connection.execute(wanted), section_keys):
        try:
            content = read_core(verified, keys)
        except (SealedContent, BodyMissing):
            continue
        if not content.about.is_over(now):
            digest = verified.opened.digest
            yield _seen(content, digest, readers.get(digest, {}))


def _seen(content: Read, digest: Digest, readers: Mapping[Originator, Filed]) -> Seen:
    forwarded, until = content.forwarded, content.about.marking.retain_until
    author = content.verified.header.originator if forwarded is None else forwarded.original.header.originator
    sourced = Sourced(
        originator=author,
        kind=content.about.kind,
        digest=digest,
        about=digest if forwarded is None else forwarded.digest,
        retain_until=None if until is None else to_micros(until),
    )
    core = content.content[Section.CORE]
    reference: str = getattr(core, "national_reference", "")
    return Seen(sourced, tuple(content.content.items()), readers, reference, forwarded is not None)


def _readers(
    connection: Connection, section_keys: SectionKeys, digests: Collection[Digest], *, now: datetime, ids_of: IdsFor
) -> Mapping[Digest, Mapping[Originator, Filed]]:
    found: dict[Digest, dict[Originator, Filed]] = {}
    for reader in _authorities(connection, digests):
        for item in items_among(connection, section_keys, reader, digests, now):
            facts = facts_shown(item, ids_of(reader))
            if facts is not None:
                found.setdefault(Digest(item.digest), {})[reader] = Filed(facts)
    return found


def facts_shown(item: Item, ids_of: IdsOf) -> IncidentFacts | None:
    """Return the facts of an incident as far as its reader may see it; None where it is none, or taken back."""
    core, operational = item.sections.get(Section.CORE), item.sections.get(Section.OPERATIONAL)
    if item.withdrawn is not None or not isinstance(core, IncidentCore):
        return None
    moved = operational if isinstance(operational, IncidentOperational) else None
    return facts_of(core, moved, label=Label(item.tlp, item.status), ids_of=ids_of)


def _authorities(connection: Connection, digests: Collection[Digest]) -> Sequence[Originator]:
    rows = connection.scalars(select(store.inbox.c.authority).where(store.inbox.c.digest.in_(digests)).distinct())
    return [Originator(one) for one in rows]
