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
6. body digests; key commitment, seal; padding; commitment              (``broker.sealing``)
7. schema known, bounded decode, nothing left over, type agrees
8. policy                                                               (``broker.policy``)

A section is opened where its key is there, and stays closed where it is not: that is nothing wrong with the message. A
handler's type takes only :class:`Granted`, so one that skips the policy does not type-check.

That a message was logged is not asked here: it is shown, and never awaited. But where the key of a message was revoked,
step 3 lets it through only if the log proves that it is older (``broker.directory.word``); where it stands there comes
in as a value, and who has no log refuses all of them.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Final

import msgspec

from broker import avro, facts, limits
from broker.about import About, Reader
from broker.directory.directory import Directory
from broker.directory.word import Places, check_word, nowhere
from broker.envelope.body import Content, check_body_digest, read_body
from broker.envelope.header import Header, SectionHead
from broker.envelope.message import Opened, open_envelope
from broker.errors import (
    AccessDenied,
    BadHeader,
    BadRelease,
    BodyMissing,
    ClockAhead,
    InvalidRecord,
    MalformedError,
    SchemaError,
    SealedContent,
    UndecodableContent,
    VerificationError,
    WrongFederation,
    WrongTopic,
)
from broker.facts import Request
from broker.policy.decide import Decider, Decision
from broker.records.forward import ForwardCore
from broker.records.forwarded import Forwarded, open_forwarded
from broker.records.registry import RECORD_TYPES, AnyCore, kind_of
from broker.relationships import Relationships
from broker.sealing.release import RELEASE_SECTION, Release, parse_release
from broker.sealing.section import Place, open_section
from broker.signing.batch import VerifiedBatches, check_signature
from broker.types.names import Digest, directory_topic, message_topic, participant_of
from broker.types.vocabulary import Kind, Section, Status

NO_KEYS: Final[Mapping[Digest, bytes]] = MappingProxyType({})
"""The section keys of a node that has none."""

Unreadable = MalformedError | SchemaError | VerificationError
"""What may be wrong with the content of a message that its originator did sign."""


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
        content: The typed record of each section that was opened, by its name in the header.
        sealed: The sections whose key is not here.
        broken: The sections that do not open although their key is here, and why.
        forwarded: What it passes on, if it does; then *about* and *content* are those of the original, with the
            strictest marking. None for a message that speaks for itself.
    """

    verified: Verified
    about: About
    content: Mapping[Section, msgspec.Struct]
    sealed: tuple[Section, ...] = ()
    broken: Mapping[Section, Unreadable] = {}
    forwarded: Forwarded | None = None


class Granted(msgspec.Struct, frozen=True):
    """What one reader may have of a message: the only thing that handlers take.

    Attributes:
        content: The sections that were released to this reader and are open here, and no other.
    """

    verified: Verified
    reader: Reader
    decision: Decision
    content: Mapping[Section, msgspec.Struct]


def verify(
    opened: Opened,
    *,
    topic: str,
    directory: Directory,
    now: datetime,
    verified: VerifiedBatches,
    places: Places = nowhere,
) -> Verified:
    """Check who signed a message: steps 2 to 4.

    Args:
        topic: That carried it; None of it is taken from the message.
        now: When it arrived, aware.
        verified: Remembers batches, so that a signature is checked once for all messages of its batch.
        places: Where messages stand in the log; asked only about those of a revoked key.

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
    _check_signatures(opened, directory, verified, places)
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


def read(verified: Verified, keys: Mapping[Digest, bytes] = NO_KEYS) -> Read:
    """Open the sections of a record whose keys are here: steps 6 and 7.

    Args:
        keys: Section keys by their commitments; others than this record's may be among them.

    Raises:
        SealedContent: The key of its core is not here, so nothing of it can be read. The bodies are the signed ones.
        VerificationError: A body is missing, or not the one that was signed, or does not open under its key.
        SchemaError: Content that does not agree with its schema.
    """
    found = read_core(verified, keys)
    for error in found.broken.values():
        raise error
    return found


def read_core(verified: Verified, keys: Mapping[Digest, bytes] = NO_KEYS) -> Read:
    """Open what can be opened of a record: as :func:`read`, but only its core has to be as it should.

    For what was admitted before: its other sections may have been closed then, and their originator may have sealed
    anything in them.

    Raises:
        SealedContent, VerificationError, SchemaError: Of the core.
    """
    header = verified.header
    if header.kind is not Kind.RECORD:
        raise InvalidRecord(f"{header.name} is of kind {header.kind.word}; only records are read")
    content: dict[Section, msgspec.Struct] = {}
    families: dict[Section, str] = {}
    closed: list[Section] = []
    broken: dict[Section, Unreadable] = {}
    for head, body in zip(header.sections, verified.opened.bodies, strict=True):
        section = _section_named(head.name)
        try:
            opened = _open_section(header, head, _present(head, body), keys)
            if opened is None:
                closed.append(section)
                continue
            families[section], content[section] = _decode(head.name, opened)
        except (MalformedError, SchemaError, VerificationError) as error:
            if section is Section.CORE:
                raise
            broken[section] = error
    if Section.CORE in closed:
        # A body that is missing or spoilt comes first: another copy of the message mends it, a key does not.
        for reason in broken.values():
            raise reason
        raise SealedContent(f"{header.name} is sealed, and the key of its core is not here")
    core = content.get(Section.CORE)
    if not isinstance(core, AnyCore | ForwardCore):
        raise InvalidRecord(f"{header.name} has no core section")
    for section in [one for one, family in families.items() if family != families[Section.CORE]]:
        del content[section]
        broken[section] = InvalidRecord(f"section {section.word} of {header.name} is of another kind than its core")
    about = About.of(header, kind_of(core), core)
    if not isinstance(core, ForwardCore):
        return Read(verified, about, content, tuple(closed), broken)
    forwarded = open_forwarded(core)
    forwarded.check_header(header)
    content, more = _passed_on(forwarded, content)
    return Read(verified, about, content, tuple(closed), broken | more, forwarded)


def check_forwarded(
    forwarded: Forwarded, *, directory: Directory, verified: VerifiedBatches, places: Places = nowhere
) -> None:
    """Check who signed the message that a forward passes on: steps 3 and 4 for the original.

    Its federation and status are those of the forward, and it never was in this node's topics: the clock, the topic and
    the sequence of its stream are not asked about again.

    Raises:
        VerificationError: One of its leaves.
    """
    _check_signatures(forwarded.original, directory, verified, places)


def open_contents(
    verified: Verified, keys: Mapping[Digest, bytes], sections: Collection[Section]
) -> Mapping[Section, Content]:
    """Return what a record's originator committed to in some *sections*, as far as the keys are here.

    For whoever has to prove a section to others; the policy has to have permitted it. Of the others nothing is looked
    at: a correction removes the nominal one and leaves the rest.

    Raises:
        VerificationError, MalformedError: A body of these is missing, or does not open.
    """
    header = verified.header
    found: dict[Section, Content] = {}
    for head, body in zip(header.sections, verified.opened.bodies, strict=True):
        if _section_named(head.name) not in sections:
            continue
        opened = _open_section(header, head, _present(head, body), keys)
        if opened is not None:
            found[_section_named(head.name)] = opened
    return found


def read_release(verified: Verified) -> Release:
    """Return the key lists and wraps of a RELEASE: steps 6 and 7. Nothing is opened yet.

    Raises:
        VerificationError, MalformedError: It is not the signed one, or not what a RELEASE is.
    """
    header = verified.header
    if header.kind is not Kind.RELEASE or [head.name for head in header.sections] != [RELEASE_SECTION]:
        raise BadRelease(f"{header.name} is no RELEASE with one section {RELEASE_SECTION}")
    (head,), (body,) = header.sections, verified.opened.bodies
    return parse_release(read_body(head, _present(head, body)))


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
    content = {section: message.content[section] for section in decision.permitted if section in message.content}
    return Granted(message.verified, reader, decision, content)


def admit(
    sealed: Sealed, *, directory: Directory, now: datetime, verified: VerifiedBatches, places: Places = nowhere
) -> Verified:
    """Parse and verify bytes from outside: steps 1 to 4.

    Raises:
        BrokerError: One of its leaves.
    """
    opened = open_envelope(sealed.raw)
    return verify(opened, topic=sealed.topic, directory=directory, now=now, verified=verified, places=places)


def _check_signatures(opened: Opened, directory: Directory, verified: VerifiedBatches, places: Places) -> None:
    header = opened.header
    for signer, signature in zip(header.signers, opened.signatures, strict=True):
        key = directory.enrolled_signer(signer, header.stream, header.issued_at)
        check_word(key, header.name, opened.digest, places)
        check_signature(opened.header_bytes, signature, key.public, verified=verified)


def _topic_of(header: Header) -> str:
    if header.kind is Kind.DIRECTORY:
        return directory_topic(header.federation)
    return message_topic(header.federation, participant_of(header.originator))


def _open_section(header: Header, head: SectionHead, body: bytes, keys: Mapping[Digest, bytes]) -> Content | None:
    """Return what a body holds; None where its key is not here, and it is the body that was signed."""
    if head.key_commitment is None:
        return read_body(head, body)
    key = keys.get(head.key_commitment)
    if key is None:
        check_body_digest(head, body)
        return None
    place = Place(header.federation, header.stream, header.sequence)
    return open_section(head, body, key=key, place=place)


def _decode(name: str, content: Content) -> tuple[str, msgspec.Struct]:
    schema, record_type = _placed(content.schema_id, name)
    return schema.path.partition("/")[0], avro.decode(schema, content.avro, record_type)


def _passed_on(
    forwarded: Forwarded, carried: Mapping[Section, msgspec.Struct]
) -> tuple[dict[Section, msgspec.Struct], dict[Section, Unreadable]]:
    """Return the records of the original that a forward carries, and the sections that do not hold, and why."""
    content: dict[Section, msgspec.Struct] = {Section.CORE: forwarded.shown()}
    broken: dict[Section, Unreadable] = {}
    for section, record in carried.items():
        if section is Section.CORE:
            continue
        try:
            content[section] = forwarded.read(section, record)
        except (MalformedError, SchemaError, VerificationError) as error:
            broken[section] = error
    return content, broken


@lru_cache(maxsize=64)
def _section_named(name: str) -> Section:
    try:
        return Section.from_word(name)
    except MalformedError as error:
        raise UndecodableContent(str(error)) from error


@lru_cache(maxsize=256)
def _placed(schema_id: bytes, name: str) -> tuple[avro.Schema, type[msgspec.Struct]]:
    """Return the schema and the type of its records, if it may stand in a section called *name*."""
    schema = avro.schema_by_id(schema_id)
    record_type = RECORD_TYPES.get(schema.path)
    if record_type is None or not schema.path.endswith(f"/{name}"):
        raise UndecodableContent(f"section {name} holds a {schema.path}")
    return schema, record_type


def _present(head: SectionHead, body: bytes | None) -> bytes:
    if body is None:
        raise BodyMissing(f"the body of section {head.name} is missing")
    return body
