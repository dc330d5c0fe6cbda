"""Who may speak for an administrator: its keys, their validity, and where the word of a revoked one ends."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from broker.directory.chain import Head, lineage
from broker.directory.entries import KeyStatement, RevocationEntry
from broker.directory.held import Held
from broker.errors import KeyNotValid, KeyRevoked, UnknownKey
from broker.signing.batch import VerifiedBatches, check_signature
from broker.types.names import Digest, KeyId, Originator, Stream


class AdministratorKey(msgspec.Struct, frozen=True):
    """An administrator's key and when it may sign: from ``valid_from`` until just before ``valid_to``."""

    public: bytes
    valid_from: datetime
    valid_to: datetime


AdministratorKeys = Mapping[KeyId, AdministratorKey]


class Office(msgspec.Struct, frozen=True):
    """The keys of one administrator.

    Attributes:
        kept: For each revoked key the messages that still count.
    """

    keys: AdministratorKeys
    kept: Mapping[KeyId, frozenset[Digest]]


def restate(known: AdministratorKeys, statements: Iterable[KeyStatement], at: datetime) -> AdministratorKeys:
    """Return the keys after an entry of the time *at* that lists *statements*: a key left out ends there."""
    stated = {one.id: AdministratorKey(one.public, one.valid_from, one.valid_to) for one in statements}
    ended = {
        key_id: msgspec.structs.replace(key, valid_to=min(key.valid_to, at))
        for key_id, key in known.items()
        if key_id not in stated
    }
    return ended | stated


def open_office(keys: AdministratorKeys, revocations: Iterable[RevocationEntry], messages: Sequence[Held]) -> Office:
    """Return the office of *keys*, some of which were revoked.

    Args:
        revocations: Of these keys; where a key is revoked twice, only what both keep is kept.
        messages: All that are held of the administrator.
    """
    kept: dict[KeyId, frozenset[Digest]] = {}
    for revocation in revocations:
        lines = [
            lineage(messages, Stream(Originator(last.originator), last.writer), Head(last.sequence, last.digest))
            for last in revocation.last_valid
        ]
        vouched = frozenset[Digest]().union(*lines)
        kept[revocation.key] = kept.get(revocation.key, vouched) & vouched
    return Office(keys, kept)


def check_signers(held: Held, office: Office, *, verified: VerifiedBatches) -> None:
    """Check that every signer of a message is a key of *office* that may sign it, and that all signatures hold.

    Raises:
        UnknownKey: A signer is no key of this administrator.
        KeyRevoked: A signer was revoked and its word ends before this message.
        KeyNotValid: A signer was not valid when the message was issued.
        BadSignature: A signature does not hold.
    """
    header = held.header
    for signer, signature in zip(header.signers, held.signatures, strict=True):
        key = office.keys.get(signer)
        if key is None:
            raise UnknownKey(f"{header.name} is signed by {signer.hex()}, no key of {header.originator}")
        if held.digest not in office.kept.get(signer, (held.digest,)):
            raise KeyRevoked(f"{header.name} is signed by {signer.hex()}, whose word ended before it")
        if not key.valid_from <= header.issued_at < key.valid_to:
            raise KeyNotValid(f"{header.name} is signed by {signer.hex()}, not valid at {header.issued_at.isoformat()}")
        check_signature(held.header_bytes, signature, key.public, verified=verified)
