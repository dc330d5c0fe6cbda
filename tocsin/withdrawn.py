"""What is in an inbox already and must not be believed any more: its key was revoked, or the log saw it too late."""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection

from broker.directory import Directory, EnrolledKey, Place
from broker.directory.word import check_seen_in_time, check_word
from broker.errors import Disputed, KeyRevoked
from broker.limits import DISPUTED_AFTER
from broker.logbook import load_state, place_in
from broker.types.names import Digest, KeyId, MessageName
from consumers.inbox import Item

REVOKED: Final = "revoked"
DISPUTED: Final = "disputed"


class Doubt(msgspec.Struct, frozen=True):
    """Why a message must not be believed any more.

    Attributes:
        assurance: ``revoked`` or ``disputed``, in the place of what is known of it otherwise.
        says: For people.
    """

    assurance: str
    says: str


def doubts_about(connection: Connection, directory: Directory, items: Sequence[Item]) -> list[Doubt | None]:
    """Return for each item why it must not be believed any more; None where it may.

    A message of a revoked key may, where the log proves that it was sent before the revocation.

    Args:
        directory: As the node has read it; what it has not read yet it cannot know. The same goes for the log.
    """
    examiner = _Examiner(connection, directory)
    return [examiner.doubt(one) for one in items]


class _Examiner:
    """Asks the directory and the log about signatures."""

    def __init__(self, connection: Connection, directory: Directory) -> None:
        self._connection = connection
        self._directory = directory
        self._has_log = load_state(connection).size > 0

    def doubt(self, item: Item) -> Doubt | None:
        def places(digest: Digest) -> Place | None:
            return item.standing.place if digest == item.digest else place_in(self._connection, digest)

        for signer, name, digest in _signatures(item):
            key = self._directory.key(signer)
            if key is None:
                continue
            try:
                check_word(key, name, digest, places)
                check_seen_in_time(key, name, places(digest))
            except KeyRevoked:
                unproven = ", and the log does not prove that it was sent before" if self._has_log else ""
                return Doubt(REVOKED, f"{_revoked(key)}{unproven}")
            except Disputed:
                return Doubt(DISPUTED, _too_late(key, places(digest), self._end(key)))
        return None

    def _end(self, key: EnrolledKey) -> Place | None:
        return None if key.revoked_by is None else place_in(self._connection, key.revoked_by)


def _signatures(item: Item) -> Iterator[tuple[KeyId, MessageName, Digest]]:
    yield from ((signer, item.message, Digest(item.digest)) for signer in item.signers)
    if item.forwarded is not None:
        header = item.forwarded.original.header
        yield from ((signer, header.name, item.forwarded.digest) for signer in header.signers)


def _too_late(key: EnrolledKey, place: Place | None, end: Place | None) -> str:
    seen = "" if place is None else f"{place.seen_at:%Y-%m-%d %H:%M} UTC"
    if key.revocation is not None and end is not None and place is not None:
        if place.index >= end.index:
            return f"{_revoked(key)}, and the log saw the message only after that, on {seen}"
        back = key.revocation.reaches_back_to
        if back is not None and place.seen_at >= back:
            return f"{_revoked(key)}, back to {back:%Y-%m-%d %H:%M} UTC, and the log saw the message on {seen}"
    ended = f"its key {key.id.hex()[:12]} ended on {key.valid_to:%Y-%m-%d %H:%M} UTC"
    return f"{ended}, and the log saw the message first on {seen}, more than {DISPUTED_AFTER.days} days later"


def _revoked(key: EnrolledKey) -> str:
    if key.revocation is None:
        return f"its key {key.id.hex()[:12]} was revoked"
    when = f"{key.revocation.revoked_at:%Y-%m-%d %H:%M} UTC"
    return f"its key {key.id.hex()[:12]} was revoked on {when} ({key.revocation.reason.word})"
