"""Whether a message belongs in the log: if whom it names did sign it, whatever a reader may think of it.

Less than ``broker.admit`` checks, on purpose. A key that was revoked counts here: readers judge by the order in the
log which of its messages they believe, and can do so only if those are logged. Clocks and contents are for readers too:
a message that nobody admits is still one that was sent.
"""

import hashlib
from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from broker.directory.directory import Directory
from broker.directory.index import EnrolledKey
from broker.envelope.header import Header
from broker.envelope.message import Opened, open_envelope, without_bodies
from broker.errors import (
    BadSignature,
    KeyNotValid,
    MalformedError,
    UnknownKey,
    WrongFederation,
    WrongTopic,
)
from broker.log.entry import LogEntry
from broker.signing.batch import VerifiedBatches, check_signature
from broker.types.names import Digest, KeyId, directory_topic, message_topic, participant_of
from broker.types.vocabulary import KeyUse, Kind


class Arrived(msgspec.Struct, frozen=True):
    """An envelope and where on the bus it was found."""

    topic: str
    offset: int
    raw: bytes


class Signed(msgspec.Struct, frozen=True):
    """A message that gets a leaf, unless it has one."""

    header: Header
    digest: Digest

    def entry(self, seen_at: int) -> LogEntry:
        """Return its leaf."""
        return LogEntry(self.header.federation, self.header.stream, self.header.sequence, self.digest, seen_at)


class Waiting(msgspec.Struct, frozen=True):
    """A message that may be logged once the directory says something else about a key.

    Attributes:
        copy: SHA-256 of the envelope without its bodies: another copy may bear another signature.
    """

    topic: str
    offset: int
    envelope: bytes
    copy: Digest
    key: KeyId
    code: str


class Refused(msgspec.Struct, frozen=True):
    """Something that never can be logged."""

    topic: str
    offset: int
    code: str
    says: str


Judgement: TypeAlias = Signed | Waiting | Refused


def judge(arrived: Arrived, directory: Directory, verified: VerifiedBatches) -> Judgement:
    """Say what becomes of something that lay on the bus."""
    try:
        opened = open_envelope(arrived.raw)
        check_place(opened.header, arrived.topic, directory.federation)
        missing = missing_key(opened, directory, verified)
    except (MalformedError, WrongFederation, WrongTopic, BadSignature) as error:
        return Refused(arrived.topic, arrived.offset, error.code, str(error))
    if missing is None:
        return Signed(opened.header, opened.digest)
    key, reason = missing
    envelope = without_bodies(opened)
    return Waiting(arrived.topic, arrived.offset, envelope, digest_of(envelope), key, reason.code)


def judge_all(
    arrived: Sequence[Arrived], directory: Directory, verified: VerifiedBatches
) -> tuple[list[Signed], list[Waiting], list[Refused]]:
    """Sort what lay on the bus by what becomes of it, each kind in its order."""
    signed: list[Signed] = []
    waiting: list[Waiting] = []
    refused: list[Refused] = []
    for one in arrived:
        match judge(one, directory, verified):
            case Signed() as found:
                signed.append(found)
            case Waiting() as found:
                waiting.append(found)
            case Refused() as found:
                refused.append(found)
    return signed, waiting, refused


def check_place(header: Header, topic: str, federation: str) -> None:
    """Check that a message is of this federation, and lies in its originator's topic.

    Raises:
        WrongFederation, WrongTopic: It does not. A copy that lies where it belongs is logged; one that somebody put
            elsewhere would be a leaf whose message no reader ever finds.
    """
    if header.federation != federation:
        raise WrongFederation(f"a message of {header.federation}; this is the log of {federation}")
    is_directory = header.kind is Kind.DIRECTORY
    home = directory_topic(federation) if is_directory else message_topic(federation, participant_of(header.originator))
    if topic != home:
        raise WrongTopic(f"{header.name} lies in {topic}; it belongs in {home}")


def missing_key(
    opened: Opened, directory: Directory, verified: VerifiedBatches
) -> tuple[KeyId, UnknownKey | KeyNotValid] | None:
    """Return the first signer whose key the directory does not know, or not for this stream and time; None: all hold.

    The signature first: what it does not hold for is refused at once, and does not wait for anything.

    Raises:
        BadSignature: A signature is not one of the key that it names.
    """
    for key_id, signature in zip(opened.header.signers, opened.signatures, strict=True):
        key = directory.key(key_id)
        if key is None:
            return key_id, UnknownKey(f"key {key_id.hex()} is not in the directory")
        check_signature(opened.header_bytes, signature, key.public, verified=verified)
        try:
            _check_enrolled(opened.header, key, directory)
        except KeyNotValid as error:
            return key_id, error
    return None


def digest_of(envelope: bytes) -> Digest:
    """Return what tells one copy of a message from another."""
    return Digest(hashlib.sha256(envelope).digest())


def _check_enrolled(header: Header, key: EnrolledKey, directory: Directory) -> None:
    if header.kind is not Kind.DIRECTORY:
        directory.enrolled_signer(key.id, header.stream, header.issued_at)
    # When an administrator's key may speak depends on the rest of its chain; the directory judges that, by its order.
    elif key.use is not KeyUse.ADMINISTRATE or key.owner != header.originator:
        raise KeyNotValid(f"key {key.id.hex()} is no key of {header.originator}")
