"""Where the word of a key ends, by what the log says about when its messages were seen. Pure.

Whoever holds a stolen key can write any time into a message, but cannot put it into the log below what stands there. So
of a revoked key that counts which the log saw before it saw the revocation; where a revocation reaches back, that which
it saw before then, and what the revocation itself vouches for. And no key is believed about a message that comes up
long after the key has ended, revoked or not.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias

import msgspec

from broker.directory.entries import LastValid, RevocationEntry
from broker.directory.index import EnrolledKey
from broker.errors import Disputed, KeyRevoked
from broker.limits import DISPUTED_AFTER
from broker.types.names import Digest, MessageName


class Place(msgspec.Struct, frozen=True):
    """Where a message stands in the log.

    Attributes:
        index: Zero-based, of its leaf.
        seen_at: When the notary saw it, as the leaf says.
    """

    index: int
    seen_at: datetime


Places: TypeAlias = Callable[[Digest], Place | None]
"""Tells where a message stands in the log, as far as it was read and found right; None where it does not."""


def nowhere(_: Digest) -> None:
    """Know of no place: for those who have no log, and whatever was not read yet."""


def check_word(key: EnrolledKey, name: MessageName, digest: Digest, places: Places) -> None:
    """Check that the word of *key* for a message counts, if it was revoked; one that was not always passes.

    Raises:
        KeyRevoked: Nothing proves that the message is older than the revocation; the log may, once it is read further.
        Disputed: The log proves that it is not, or not old enough.
    """
    if key.revocation is None:
        return
    says = f"{name} is signed by key {key.id.hex()} of {key.owner}, which was revoked: {key.revocation.reason.word}"
    end = None if key.revoked_by is None else places(key.revoked_by)
    place = None if end is None else places(digest)
    if end is None or place is None:
        raise KeyRevoked(f"{says}; the log does not prove that it was sent before")
    if place.index >= end.index:
        raise Disputed(f"{says}; the log saw it only after that")
    back = key.revocation.reaches_back_to
    if back is not None and place.seen_at >= back and not is_vouched_for(key.revocation, name, digest):
        raise Disputed(f"{says}, back to {back.isoformat()}; the log saw it at {place.seen_at.isoformat()}")
    check_seen_in_time(key, name, place)


def check_seen_in_time(key: EnrolledKey, name: MessageName, place: Place | None) -> None:
    """Check that a message did not come up so long after its key had ended that it may be dated back.

    Raises:
        Disputed: It did.
    """
    if place is not None and place.seen_at - key.valid_to > DISPUTED_AFTER:
        says = f"{name} is signed by key {key.id.hex()} of {key.owner}, valid until {key.valid_to.isoformat()}"
        raise Disputed(f"{says}; the log saw it first at {place.seen_at.isoformat()}")


def is_vouched_for(revocation: RevocationEntry, name: MessageName, digest: Digest) -> bool:
    """Say whether a revocation names a message as valid, or a later one of its stream."""
    return any(_vouches(last, name, digest) for last in revocation.last_valid)


def _vouches(last: LastValid, name: MessageName, digest: Digest) -> bool:
    if (last.originator, last.writer) != (name.stream.originator, name.stream.writer):
        return False
    return name.sequence < last.sequence or (name.sequence == last.sequence and digest == last.digest)
