"""What a forward carries of the message that it passes on: checked against the original's own header.

::

    forward/core ── original ──▶ header, signatures of the original; no body
                 └─ salt, schema id, Avro ──▶ commitment ── has to be the one in that header
    forward/nominal … the same for each section that is passed on

Whether the original's originator signed that header is for :mod:`broker.admit` to check: that needs the directory.
"""

from typing import Final

import msgspec

from broker import avro
from broker.envelope.body import Content, commitment
from broker.envelope.header import Header, SectionHead
from broker.envelope.message import Opened, open_envelope
from broker.envelope.outer import Envelope, format_envelope
from broker.errors import BadHeader, CommitmentMismatch, InvalidRecord, UndecodableContent
from broker.records.core import RelatedAs
from broker.records.forward import ForwardCore, ForwardedSection
from broker.records.marking import Marking, strictest
from broker.records.registry import CORE_TYPES, RECORD_TYPES, AnyCore, record_kind
from broker.types.names import Digest
from broker.types.vocabulary import Kind, RecordKind, Section, Tlp

BINDING: Final = frozenset(
    {
        RecordKind.AGREEMENT,
        RecordKind.GROUP,
        RecordKind.CONTACT,
        RecordKind.REQUEST,
        RecordKind.GRANT,
        RecordKind.RECALL,
        RecordKind.RECEIPT,
    }
)
"""Records that do something, and not only tell it: of two the newer counts, so an old one must not come again."""


class Forwarded(msgspec.Struct, frozen=True):
    """The message that a forward passes on, as far as its core says.

    Attributes:
        original: Its header and signatures; nobody has checked these yet.
        core: As its author wrote it.
        marking: The strictest of its author's and the forwarder's.
    """

    original: Opened
    kind: RecordKind
    core: AnyCore
    marking: Marking

    @property
    def digest(self) -> Digest:
        """The header digest of the original; grants name it."""
        return self.original.digest

    def tlp(self, own: Tlp) -> Tlp:
        """Return the TLP label of a forward: the stricter of its *own* and the original's."""
        return stricter(own, self.original.header.tlp)

    def check_header(self, header: Header) -> None:
        """Check that a forward with this *header* is of the same network and status as what it passes on.

        Raises:
            InvalidRecord: It is not.
        """
        original = self.original.header
        if (original.federation, original.status) != (header.federation, header.status):
            raise InvalidRecord(f"{header.name} passes on a message of another network or status")

    def shown(self) -> AnyCore:
        """Return the core as readers of the forward get it: with the strictest marking."""
        return msgspec.structs.replace(self.core, marking=self.marking)

    def read(self, section: Section, record: msgspec.Struct) -> msgspec.Struct:
        """Return the typed record of the original in a *section* of the forward other than its core.

        Raises:
            InvalidRecord: It is of another kind of record.
            CommitmentMismatch: It is not what the original's header commits to.
            MalformedError, SchemaError: The original has no such section, or it does not decode.
        """
        if not isinstance(record, ForwardedSection):
            raise InvalidRecord(f"section {section.word} of a forward is of another kind of record")
        kind, found = _read_section(self.original, section, record)
        if kind is not self.kind:
            raise InvalidRecord("a forward carries sections of several kinds of record")
        return found


def open_forwarded(core: ForwardCore) -> Forwarded:
    """Return what the forward with this *core* passes on.

    Raises:
        MalformedError: The original's envelope is none.
        CommitmentMismatch: The core is not what the original's header commits to.
        InvalidRecord: The forward names another message than the one it carries, or passes on what binds.
        SchemaError: The core is none of a record that this version knows.
    """
    original = open_envelope(core.original)
    if any(body is not None for body in original.bodies) or original.header.kind is not Kind.RECORD:
        raise BadHeader("a forward passes on the header and signatures of a record, and no body of it")
    if [one.digest for one in core.related if one.relation is RelatedAs.FORWARDS] != [original.digest]:
        raise InvalidRecord(f"a forward of {original.header.name} names another message than that")
    kind, record = _read_section(original, Section.CORE, core.forwarded)
    if kind in BINDING:
        raise InvalidRecord(f"a {kind.word} counts from whoever says it, and is not passed on")
    if not isinstance(record, CORE_TYPES):
        raise UndecodableContent(f"a {type(record).__name__} is no core section")
    return Forwarded(original, kind, record, strictest(record.marking, core.marking))


def stricter(one: Tlp, other: Tlp) -> Tlp:
    """Return the narrower of two TLP labels."""
    return max(one, other, key=list(Tlp).index)


def _read_section(original: Opened, section: Section, carried: ForwardedSection) -> tuple[RecordKind, msgspec.Struct]:
    head = _head(original, section)
    content = Content(carried.salt, carried.schema_id, carried.avro)
    if commitment(content) != head.commitment:
        raise CommitmentMismatch(f"section {section.word} is not what {original.header.name} commits to")
    schema = avro.schema_by_id(carried.schema_id)
    record_type = RECORD_TYPES.get(schema.path)
    if record_type is None or not schema.path.endswith(f"/{section.word}"):
        raise UndecodableContent(f"section {section.word} of the original holds a {schema.path}")
    return record_kind(schema.path), avro.decode(schema, carried.avro, record_type)


def _head(original: Opened, section: Section) -> SectionHead:
    for head in original.header.sections:
        if head.name == section.word:
            return head
    raise UndecodableContent(f"{original.header.name} has no section {section.word}")


def without_bodies(message: Opened) -> bytes:
    """Return the envelope of *message* as a forward of it carries it: header and signatures, and no body."""
    return format_envelope(Envelope(message.header_bytes, message.signatures, (None,) * len(message.bodies)))
