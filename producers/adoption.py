"""What the database did not know of its own messages, or must not send any more; in the caller's transaction."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from broker.admit import read, read_release, reopen
from broker.directory import Directory
from broker.envelope.body import read_body
from broker.envelope.message import Opened, open_envelope
from broker.errors import BrokerError, SealedContent
from broker.records.registry import CORE
from broker.sealing.keys import SealingKey
from broker.sealing.pairwise import Pairwise
from broker.sealing.release import open_release
from broker.sealing.section import Place, open_section
from broker.section_keys import SectionKeys
from broker.types.names import Digest, Stream, participant_of
from broker.types.time import to_micros
from broker.types.vocabulary import Kind, Section
from producers.draft import DraftCore
from producers.encoded import decode_core
from producers.outbox import (
    IS_WAITING,
    Pending,
    SectionBytes,
    Stage,
    drafts,
    envelopes,
    outgoing,
    pack,
    releases,
    sealed_messages,
    unpack_sections,
)

_UNKNOWN_CONTENT: Final = b""


def keys_released(opened: Opened, directory: Directory, keyring: Sequence[SealingKey]) -> tuple[bytes, ...]:
    """Return the section keys that a RELEASE of our own participant gives to this node: none, if it gives none."""
    header = opened.header
    issuers = directory.sealing_keys(participant_of(header.originator), header.issued_at)
    try:
        items = open_release(
            read_release(reopen(opened.raw, late=False)),
            place=Place(header.federation, header.stream, header.sequence),
            keyring=keyring,
            issuers=[one.public for one in issuers],
            pairwise=Pairwise(),
        )
    except BrokerError:
        # Whatever it says, it gives nothing.
        return ()
    return tuple(item.key for item in items)


def adopt(connection: Connection, opened: Opened, keys: Mapping[Digest, bytes]) -> int | None:
    """Remember the reference of a record of ours that came back from the bus, so that it is not published twice.

    A draft that still waits here and says the same has become that message; one that says something else stays. Where
    the key of its core is gone nobody can say what it is, for its commitments are salted; drafts that may be it are
    held.

    Returns:
        How many drafts are held; None where the content is known.
    """
    try:
        message = read(reopen(opened.raw, late=False), keys)
    except SealedContent:
        return _hold(connection, opened)
    except BrokerError:
        # A newer version of ours wrote it, before the backup was restored with this one: nothing to remember.
        return None
    core = message.content[Section.CORE]
    reference = getattr(core, "national_reference", "")
    mine = (drafts.c.authority == message.about.originator, drafts.c.national_reference == reference)
    waiting = connection.execute(select(drafts.c.stage, drafts.c.sections).where(*mine)).first()
    if waiting is None:
        connection.execute(insert(drafts), _adopted(opened, message.about.kind.value, reference))
    elif waiting.sections is not None and _says_the_same(
        unpack_sections(waiting.sections), sections_in(opened, keys) or ()
    ):
        became = {"stage": Stage.FLUSHED.value, "sections": None, "waits_for": None}
        connection.execute(update(drafts).where(*mine).values(**became, **_place(opened)))
    return None


def requeue(connection: Connection, stream: Stream, section_keys: SectionKeys) -> int:
    """Make drafts again of what was signed for a frozen *stream* and never sent: its numbers may be taken.

    What it released is asked for again.

    Returns:
        How many messages can be neither sent nor signed again, because their keys are gone.
    """
    unsent = (
        outgoing.c.originator == stream.originator,
        outgoing.c.writer == stream.writer,
        outgoing.c.pending == Pending.FIRST,
    )
    held = select(outgoing.c.id, outgoing.c.digest, envelopes.c.raw).join(envelopes, envelopes.c.id == outgoing.c.id)
    lost = 0
    for number, digest, raw in connection.execute(held.where(*unsent)).all():
        opened = open_envelope(raw)
        if opened.header.kind is Kind.RECORD:
            sections = sections_in(opened, section_keys.get(commitments_in(opened)))
            if sections is None:
                lost += 1
                never = {"pending": Pending.NO.value}
                connection.execute(update(outgoing).where(outgoing.c.id == number).values(never))
                continue
            mine = (drafts.c.authority == stream.originator, drafts.c.digest == digest)
            again = {"stage": Stage.READY.value, "writer": None, "sequence": None, "digest": None}
            connection.execute(update(drafts).where(*mine).values(**again, sections=pack(sections)))
        _forget(connection, number, digest)
    return lost


def _forget(connection: Connection, number: int, digest: bytes) -> None:
    """Forget a message that was never sent, and what depends on it."""
    connection.execute(update(releases).where(releases.c.became == digest).values(became=None))
    for table, column, value in (
        (releases, releases.c.digest, digest),
        (sealed_messages, sealed_messages.c.digest, digest),
        (outgoing, outgoing.c.id, number),
        (envelopes, envelopes.c.id, number),
    ):
        connection.execute(delete(table).where(column == value))


def _hold(connection: Connection, opened: Opened) -> int:
    """Hold the drafts that a message of ours may have been, by all that shows; return how many."""
    header = opened.header
    names = [head.name for head in header.sections]
    waiting = select(drafts.c.id, drafts.c.sections).where(
        drafts.c.authority == header.originator,
        IS_WAITING,
        drafts.c.tlp == header.tlp.value,
        drafts.c.status == header.status.value,
        drafts.c.authored_at <= to_micros(header.issued_at),
    )
    rows = connection.execute(waiting).all()
    alike = [row.id for row in rows if [one.name for one in unpack_sections(row.sections)] == names]
    held = {"stage": Stage.HELD.value, "waits_for": None}
    connection.execute(update(drafts).where(drafts.c.id.in_(alike)).values(**held))
    return len(alike)


def commitments_in(opened: Opened) -> frozenset[Digest]:
    """Return the commitments to the keys of a message."""
    return frozenset(head.key_commitment for head in opened.header.sections if head.key_commitment is not None)


def sections_in(opened: Opened, keys: Mapping[Digest, bytes]) -> tuple[SectionBytes, ...] | None:
    """Return the sections of a message of our own, as a draft holds them; None where one cannot be opened here."""
    header = opened.header
    place = Place(header.federation, header.stream, header.sequence)
    found: list[SectionBytes] = []
    for head, body in zip(header.sections, opened.bodies, strict=True):
        if body is None:
            continue
        if head.key_commitment is None:
            content = read_body(head, body)
        elif head.key_commitment in keys:
            content = open_section(head, body, key=keys[head.key_commitment], place=place)
        else:
            return None
        found.append(SectionBytes(head.name, content.schema_id, content.avro))
    return tuple(found)


def _says_the_same(waiting: tuple[SectionBytes, ...], sent: tuple[SectionBytes, ...]) -> bool:
    if len(waiting) != len(sent):
        return False
    return all(
        mine == theirs or (mine.name == theirs.name == CORE and _unrelated(mine) == _unrelated(theirs))
        for mine, theirs in zip(waiting, sent, strict=True)
    )


def _unrelated(section: SectionBytes) -> DraftCore:
    """Return a core section without its relations, which it gets when it is signed."""
    return msgspec.structs.replace(decode_core(section), related=())


def _place(opened: Opened) -> dict[str, Any]:
    return {"writer": opened.header.writer, "sequence": opened.header.sequence, "digest": opened.digest}


def _adopted(opened: Opened, kind: str, reference: str) -> dict[str, Any]:
    header = opened.header
    return {
        "authority": header.originator,
        "national_reference": reference,
        "kind": kind,
        "tlp": header.tlp.value,
        "status": header.status.value,
        "authored_at": to_micros(header.issued_at),
        "content_digest": _UNKNOWN_CONTENT,
        "line": 0,
        "stage": Stage.FLUSHED.value,
        **_place(opened),
    }
