"""The checklist: the only way from bytes to a message that somebody was granted.

::

    Sealed  ──open_envelope──▶  Opened  ──verify──▶  Verified  ──read──▶  Read  ──grant──▶  Granted
    bytes                       parsed,              signed by            content           for one reader,
                                nothing believed     whom it says         as typed records  its sections only

In this order, the cheap and unauthenticated checks first:

1. size, canonical envelope, header shape                               (``broker.envelope``)
2. federation, topic, clock
3. signers known, valid at issued_at, allowed this stream, not revoked  (``broker.directory``)
4. signatures over the batch root                                       (``broker.signing``)
5. sequence outcome: a value, see ``broker.sequence``; by the caller, who knows what was seen before
6. body digests; padding; commitment
7. schema known, bounded decode, nothing left over, type agrees
8. policy                                                               (``broker.policy``)

A handler's type takes only :class:`Granted`, so one that skips the policy does not type-check. Not checked here: that a
message was logged (``broker.log``, later), and the sealing of sections (later; a sealed section is refused by name).
"""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache

import msgspec

from broker import avro, facts, limits
from broker.directory.directory import Directory
from broker.envelope.body import check_body_digest, read_body
from broker.envelope.header import Header, SectionHead
from broker.envelope.message import Opened, open_envelope
from broker.errors import (
    AccessDenied,
    BadHeader,
    BodyMissing,
    ClockAhead,
    InvalidRecord,
    MalformedError,
    SealedContent,
    UndecodableContent,
    WrongFederation,
    WrongTopic,
)
from broker.facts import About, Reader, Relationships, Request
from broker.policy.decide import Decider, Decision
from broker.records.agreement import AgreementCore
from broker.records.contact import ContactCore
from broker.records.core import Core
from broker.records.group import GroupCore
from broker.records.incident import IncidentCore
from broker.records.registry import RECORD_TYPES, record_kind
from broker.signing.batch import VerifiedBatches, check_signature
from broker.types.names import directory_topic, message_topic, participant_of
from broker.types.vocabulary import Kind, RecordKind, Section, Status


class Sealed(msgspec.Struct, frozen=True):
    """Bytes from outside, and the topic that carried them."""

    topic: str
    raw: bytes


class Verified(msgspec.Struct, frozen=True):
    """A message that its originator did sign.

    Attributes:
        late: Whether it arrived more than ``limits.LATE_AFTER`` after it was issued.
    """

    opened: Opened
    late: bool

    @property
    def header(self) -> Header:
        """The signed part."""
        return self.opened.header


class Read(msgspec.Struct, frozen=True):
    """A verified message and its content; not yet for anybody's eyes.

    Attributes:
        content: The typed record of each section, by its name in the header.
    """

    verified: Verified
    about: About
    content: Mapping[Section, msgspec.Struct]


class Granted(msgspec.Struct, frozen=True):
    """What one reader may have of a message: the only thing that handlers take.

    Attributes:
        content: The sections that were released to this reader, and no other.
    """

    verified: Verified
    reader: Reader
    decision: Decision
    content: Mapping[Section, msgspec.Struct]


def verify(opened: Opened, *, topic: str, directory: Directory, now: datetime, verified: VerifiedBatches) -> Verified:
    """Check who signed a message: steps 2 to 4.

    Args:
        topic: That carried it; None of it is taken from the message.
        now: When it arrived, aware.
        verified: Remembers batches, so that a signature is checked once for all messages of its batch.

    Raises:
        VerificationError: One of its leaves.
        BadHeader: It is about the world, in a network that is an exercise or a test.
    """
    header = opened.header
    if header.federation != directory.federation:
        raise WrongFederation(f"a message of {header.federation}; this node belongs to {directory.federation}")
    if topic != _topic_of(header):
        raise WrongTopic(f"{header.name} arrived in {topic}; it belongs in {_topic_of(header)}")
    if header.issued_at - now > limits.MAX_CLOCK_AHEAD:
        raise ClockAhead(
            f"{header.name} was issued at {header.issued_at.isoformat()}, it is {now.isoformat()} here",
            hint="one of the two clocks is wrong; compare both with a time server",
        )
    for signer, signature in zip(header.signers, opened.signatures, strict=True):
        public = directory.check_signer(signer, header.stream, header.issued_at)
        check_signature(opened.header_bytes, signature, public, verified=verified)
    # Behind the signers: without a root record nobody is known, and that is the reason to give.
    if header.status is Status.ACTUAL and directory.root.status is not Status.ACTUAL:
        raise BadHeader(f"{header.name} is about the world, its network is {directory.root.status.word}")
    return Verified(opened, late=now - header.issued_at > limits.LATE_AFTER)


def reopen(raw: bytes, *, late: bool) -> Verified:
    """Return a message that this node has verified before, from its own database or memory.

    Nothing is verified again: whoever can write that database is found out by an audit, not here.

    Raises:
        MalformedError: The database was changed.
    """
    return Verified(open_envelope(raw), late)


def check_bodies(verified: Verified) -> None:
    """Check that every body is there and the one that was signed: step 6 for what is not read.

    Raises:
        BodyMissing, BodyMismatch: This copy of the message is spoilt; another one may be whole.
    """
    for head, body in zip(verified.header.sections, verified.opened.bodies, strict=True):
        check_body_digest(head, _present(head, body))


def read(verified: Verified) -> Read:
    """Open the sections of a record: steps 6 and 7.

    Raises:
        VerificationError: A body is missing, sealed, or not the one that was signed.
        SchemaError: Content that does not agree with its schema.
    """
    header = verified.header
    if header.kind is not Kind.RECORD:
        raise InvalidRecord(f"{header.name} is of kind {header.kind.word}; only records are read")
    content: dict[Section, msgspec.Struct] = {}
    kinds: set[RecordKind] = set()
    for head, body in zip(header.sections, verified.opened.bodies, strict=True):
        kind, section, record = _read_section(head, body)
        content[section] = record
        kinds.add(kind)
    core = content.get(Section.CORE)
    if core is None or len(kinds) != 1:
        raise InvalidRecord(f"{header.name} has no core section, or sections of several kinds of record")
    return Read(verified, About.of(header, kinds.pop(), _marked(core)), content)


def grant(
    message: Read, *, reader: Reader, decider: Decider, relationships: Relationships, request: Request
) -> Granted:
    """Decide what *reader* may have: step 8.

    Raises:
        AccessDenied: No section at all; carries the decision.
    """
    decision = decider.decide(facts.facts_for(message.about, reader, relationships, request))
    if not decision.permitted:
        raise AccessDenied(f"{reader.authority} may see nothing of {message.verified.header.name}", decision=decision)
    content = {section: message.content[section] for section in decision.permitted}
    return Granted(message.verified, reader, decision, content)


def admit(sealed: Sealed, *, directory: Directory, now: datetime, verified: VerifiedBatches) -> Verified:
    """Parse and verify bytes from outside: steps 1 to 4.

    Raises:
        BrokerError: One of its leaves.
    """
    return verify(open_envelope(sealed.raw), topic=sealed.topic, directory=directory, now=now, verified=verified)


def _topic_of(header: Header) -> str:
    if header.kind is Kind.DIRECTORY:
        return directory_topic(header.federation)
    return message_topic(header.federation, participant_of(header.originator))


def _read_section(head: SectionHead, body: bytes | None) -> tuple[RecordKind, Section, msgspec.Struct]:
    present = _present(head, body)
    if head.key_commitment is not None:
        raise SealedContent(f"section {head.name} is sealed")
    content = read_body(head, present)
    kind, section, schema, record_type = _placed(content.schema_id, head.name)
    return kind, section, avro.decode(schema, content.avro, record_type)


@lru_cache(maxsize=256)
def _placed(schema_id: bytes, name: str) -> tuple[RecordKind, Section, avro.Schema, type[msgspec.Struct]]:
    """Return which section of which record the schema belongs to, if it may stand in a section called *name*."""
    schema = avro.schema_by_id(schema_id)
    record_type = RECORD_TYPES.get(schema.path)
    if record_type is None or not schema.path.endswith(f"/{name}"):
        raise UndecodableContent(f"section {name} holds a {schema.path}")
    try:
        section = Section.from_word(name)
    except MalformedError as error:
        raise UndecodableContent(str(error)) from error
    return record_kind(schema.path), section, schema, record_type


def _present(head: SectionHead, body: bytes | None) -> bytes:
    if body is None:
        raise BodyMissing(f"the body of section {head.name} is missing")
    return body


def _marked(core: msgspec.Struct) -> Core:
    if not isinstance(core, IncidentCore | AgreementCore | GroupCore | ContactCore):
        raise InvalidRecord(f"a {type(core).__name__} is no core section")
    return core
