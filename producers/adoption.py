"""What the database did not know of its own messages, or must not send any more; in the caller's transaction."""

from typing import Any, Final

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from broker.admit import read, reopen
from broker.envelope.body import read_body
from broker.envelope.message import Opened, open_envelope
from broker.errors import BrokerError
from broker.records.registry import CORE
from broker.types.names import Stream
from broker.types.time import to_micros
from broker.types.vocabulary import Section
from producers.draft import AnyCore
from producers.encoded import decode_core
from producers.outbox import Pending, SectionBytes, Stage, drafts, envelopes, outgoing, pack, unpack_sections

_UNKNOWN_CONTENT: Final = b""


def adopt(connection: Connection, opened: Opened) -> None:
    """Remember the reference of a message of ours that came back from the bus, so that it is not published twice.

    A draft that still waits here and says the same has become that message; one that says something else stays.
    """
    try:
        message = read(reopen(opened.raw, late=False))
    except BrokerError:
        # A newer version of ours wrote it, before the backup was restored with this one: nothing to remember.
        return
    core = message.content[Section.CORE]
    reference = getattr(core, "national_reference", "")
    mine = (drafts.c.authority == message.about.originator, drafts.c.national_reference == reference)
    waiting = connection.execute(select(drafts.c.stage, drafts.c.sections).where(*mine)).first()
    if waiting is None:
        connection.execute(insert(drafts), _adopted(opened, message.about.kind.value, reference))
    elif waiting.stage != Stage.FLUSHED and _says_the_same(unpack_sections(waiting.sections), sections_in(opened)):
        became = {"stage": Stage.FLUSHED.value, "sections": None, "waits_for": None}
        connection.execute(update(drafts).where(*mine).values(**became, **_place(opened)))


def requeue(connection: Connection, stream: Stream) -> None:
    """Make drafts again of what was signed for a frozen *stream* and never sent: its numbers may be taken."""
    unsent = (
        outgoing.c.originator == stream.originator,
        outgoing.c.writer == stream.writer,
        outgoing.c.pending == Pending.FIRST,
    )
    held = select(outgoing.c.id, outgoing.c.digest, envelopes.c.raw).join(envelopes, envelopes.c.id == outgoing.c.id)
    for number, digest, raw in connection.execute(held.where(*unsent)).all():
        mine = (drafts.c.authority == stream.originator, drafts.c.digest == digest)
        again = {"stage": Stage.READY.value, "writer": None, "sequence": None, "digest": None}
        sections = pack(sections_in(open_envelope(raw)))
        connection.execute(update(drafts).where(*mine).values(**again, sections=sections))
        for table in (outgoing, envelopes):
            connection.execute(delete(table).where(table.c.id == number))


def sections_in(opened: Opened) -> tuple[SectionBytes, ...]:
    """Return the sections of an unsealed message, as a draft holds them."""
    contents = [
        (head.name, read_body(head, body))
        for head, body in zip(opened.header.sections, opened.bodies, strict=True)
        if body is not None
    ]
    return tuple(SectionBytes(name, content.schema_id, content.avro) for name, content in contents)


def _says_the_same(waiting: tuple[SectionBytes, ...], sent: tuple[SectionBytes, ...]) -> bool:
    if len(waiting) != len(sent):
        return False
    return all(
        mine == theirs or (mine.name == theirs.name == CORE and _unrelated(mine) == _unrelated(theirs))
        for mine, theirs in zip(waiting, sent, strict=True)
    )


def _unrelated(section: SectionBytes) -> AnyCore:
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
