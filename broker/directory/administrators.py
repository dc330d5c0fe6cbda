"""Who may speak for an administrator: its keys, their validity, and where the word of one that ended ends.

When a message was issued is its own word, so the holder of a key that was left out, or has expired, could date one
back. What such a key signed counts only where somebody vouches for it who is still believed: a key that stands and
signed a later message of the same chain, or a revocation that names the last valid message.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from broker.directory.chain import Head, ancestors, lineage
from broker.directory.entries import KeyStatement, RevocationEntry
from broker.directory.held import Held
from broker.directory.signatures import Signatures
from broker.errors import BrokerError, KeyNotValid, KeyRevoked, UnknownKey
from broker.types.names import Digest, KeyId, Originator, Stream


class AdministratorKey(msgspec.Struct, frozen=True):
    """An administrator's key and when it may sign: from ``valid_from`` until just before ``valid_to``.

    Attributes:
        stands: The newest entry states it as one that has not expired by then; False for a key that ended.
    """

    public: bytes
    valid_from: datetime
    valid_to: datetime
    stands: bool = True


class Period(msgspec.Struct, frozen=True):
    """When somebody takes part: from ``start`` until just before ``end``."""

    start: datetime
    end: datetime


AdministratorKeys = Mapping[KeyId, AdministratorKey]


class Office(msgspec.Struct, frozen=True):
    """The keys of one administrator.

    Attributes:
        kept: For each revoked key the messages that still count.
        periods: When its participant takes part; empty for the hub, which always does.
        vouched: The messages that count although the key that signed them has ended.
    """

    keys: AdministratorKeys
    kept: Mapping[KeyId, frozenset[Digest]]
    periods: tuple[Period, ...] = ()
    vouched: frozenset[Digest] = frozenset()


def restate(known: AdministratorKeys, statements: Iterable[KeyStatement], at: datetime) -> AdministratorKeys:
    """Return the keys after an entry of the time *at* that lists *statements*: a key left out ends there.

    A key that has expired by then ends too, unless all of them have: nobody could vouch for anything, and an overlooked
    expiry must not take a country out.
    """
    statements = tuple(statements)
    all_expired = all(one.valid_to <= at for one in statements)
    stated = {
        one.id: AdministratorKey(one.public, one.valid_from, one.valid_to, all_expired or at < one.valid_to)
        for one in statements
    }
    ended = {
        key_id: msgspec.structs.replace(key, valid_to=min(key.valid_to, at), stands=False)
        for key_id, key in known.items()
        if key_id not in stated
    }
    return ended | stated


class Revocations(msgspec.Struct, frozen=True):
    """The revocations of an administrator's keys.

    Attributes:
        entries: All that count.
        firm: Those whose writers still stand: only they can vouch for a message, the others only take away.
    """

    entries: tuple[RevocationEntry, ...] = ()
    firm: tuple[RevocationEntry, ...] = ()


def open_office(
    keys: AdministratorKeys,
    revocations: Revocations,
    messages: Sequence[Held],
    *,
    periods: tuple[Period, ...] = (),
    signatures: Signatures,
) -> Office:
    """Return the office of *keys*, some of which were revoked or have ended.

    Args:
        revocations: Of these keys; where a key is revoked twice, only what both keep is kept.
        messages: All that are held of the administrator.
    """
    kept: dict[KeyId, frozenset[Digest]] = {}
    for revocation in revocations.entries:
        named = _named(revocation, messages)
        kept[revocation.key] = kept.get(revocation.key, named) & named
    office = Office(keys, kept, periods)
    if all(key.stands for key in keys.values()):
        return office
    spoken = ancestors(messages, (one.digest for one in messages if _is_spoken(one, office, signatures)))
    return msgspec.structs.replace(office, vouched=spoken.union(*(_named(one, messages) for one in revocations.firm)))


def _named(revocation: RevocationEntry, messages: Sequence[Held]) -> frozenset[Digest]:
    lines = [
        lineage(messages, Stream(Originator(last.originator), last.writer), Head(last.sequence, last.digest))
        for last in revocation.last_valid
    ]
    return frozenset[Digest]().union(*lines)


def _is_spoken(held: Held, office: Office, signatures: Signatures) -> bool:
    """Say whether a key that stands validly signed a message."""
    if not _has_standing_signer(held, office):
        return False
    try:
        check_signers(held, office, signatures=signatures)
    except BrokerError:
        return False
    return True


def _has_standing_signer(held: Held, office: Office) -> bool:
    return any(signer in office.keys and office.keys[signer].stands for signer in held.header.signers)


def is_vouched(held: Held, office: Office) -> bool:
    """Say whether a key that stands signed a message, or somebody vouches for it."""
    return _has_standing_signer(held, office) or held.digest in office.vouched


def check_vouched(held: Held, office: Office) -> None:
    """Check that a message is more than the word of a key that ended.

    Raises:
        KeyNotValid: Whoever signed it was left out or has expired, and nobody vouches for it.
    """
    if not is_vouched(held, office):
        signers = ", ".join(signer.hex() for signer in held.header.signers)
        ended = f"{held.header.name} is signed by {signers}, which the newest entry leaves out or which has expired"
        raise KeyNotValid(f"{ended}; no key of {held.header.originator} that still stands vouches for it")


def check_signers(held: Held, office: Office, *, signatures: Signatures) -> None:
    """Check that every signer of a message is a key of *office* that may sign it, and that all signatures hold.

    Raises:
        UnknownKey: A signer is no key of this administrator.
        KeyRevoked: A signer was revoked and its word ends before this message.
        KeyNotValid: A signer was not valid when the message was issued, or its participant took no part then.
        BadSignature: A signature does not hold.
    """
    header = held.header
    for place, signer in enumerate(header.signers):
        key = office.keys.get(signer)
        if key is None:
            raise UnknownKey(f"{header.name} is signed by {signer.hex()}, no key of {header.originator}")
        if held.digest not in office.kept.get(signer, (held.digest,)):
            raise KeyRevoked(f"{header.name} is signed by {signer.hex()}, whose word ended before it")
        if not key.valid_from <= header.issued_at < key.valid_to:
            raise KeyNotValid(f"{header.name} is signed by {signer.hex()}, not valid at {header.issued_at.isoformat()}")
        signatures.check(held, place, key.public)
    if office.periods and not any(one.start <= header.issued_at < one.end for one in office.periods):
        raise KeyNotValid(f"{header.name} was issued when its participant took no part: {header.issued_at.isoformat()}")
