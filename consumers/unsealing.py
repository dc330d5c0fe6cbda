"""What a node opens sealed messages with: its key store, and the private halves of its sealing keys."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

import msgspec
from sqlalchemy import Row

from broker.admit import Verified, read_release, reopen
from broker.directory.directory import Directory
from broker.envelope.header import Header
from broker.sealing.keys import SealingKey
from broker.sealing.release import Item, Pairwise, open_release
from broker.sealing.section import Place
from broker.section_keys import SectionKeys
from broker.types.names import Digest, KeyId, Participant, participant_of

_PAGE: Final = 200

KeysByOwner = Mapping[Participant, Mapping[Digest, bytes]]
"""Section keys by their commitments, for each participant whose messages they open."""

Keyring = Callable[[], Sequence[SealingKey]]
"""Gives the private sealing keys that a node has at the moment; another process of it may have made a new one."""


class Found(msgspec.Struct, frozen=True):
    """What a RELEASE has for a node.

    Attributes:
        items: Section keys; none where it has nothing for this node, as far as the keys that it was tried with tell.
        tried: Ids of the sealing keys that it was tried with, of its issuer and of this node.
    """

    items: tuple[Item, ...]
    tried: frozenset[KeyId]


class Unsealer:
    """The keys of one node, put to use."""

    def __init__(self, section_keys: SectionKeys, keyring: Keyring) -> None:
        self.section_keys = section_keys
        self.keyring = keyring
        self._pairwise = Pairwise()

    def open(self, verified: Verified, directory: Directory, keyring: Sequence[SealingKey]) -> Found:
        """Return what a RELEASE has for this node.

        Args:
            directory: Knows the sealing keys of the nodes of its issuer.
            keyring: The private halves that this node has.

        Raises:
            BadRelease, BadWrap, BrokenSeal: It is none that an honest node would send.
            MalformedError, VerificationError: Its body is not the one that was signed.
        """
        header = verified.header
        issuers = directory.sealing_keys(participant_of(header.originator), header.issued_at)
        items = open_release(
            read_release(verified),
            place=Place(header.federation, header.stream, header.sequence),
            keyring=keyring,
            issuers=[one.public for one in issuers],
            pairwise=self._pairwise,
        )
        return Found(items, frozenset([one.id for one in issuers] + [one.id for one in keyring]))

    def keys_of(self, headers: Iterable[Header]) -> KeysByOwner:
        """Return the section keys of some messages, as far as they are here."""
        return keys_by_owner(headers, self.section_keys)


def reopened(
    rows: Iterable[Row[Any]], section_keys: SectionKeys
) -> Iterator[tuple[Row[Any], Verified, Mapping[Digest, bytes]]]:
    """Yield each row of a message, the message in it, and the section keys that are here, of others of its author too.

    Args:
        rows: With ``envelope`` and ``late``. The keys are fetched for a page of them at once.
        section_keys: The key store of the node.

    Raises:
        MalformedError: The database was changed.
    """
    remaining = iter(rows)
    while some := list(islice(remaining, _PAGE)):
        page = [(row, reopen(row.envelope, late=row.late)) for row in some]
        keys = keys_by_owner((verified.header for _, verified in page), section_keys)
        for row, verified in page:
            yield row, verified, keys[participant_of(verified.header.originator)]


def section_keys_of(header: Header, section_keys: SectionKeys) -> Mapping[Digest, bytes]:
    """Return the section keys of a message, as far as the store has them, by their commitments."""
    return keys_by_owner([header], section_keys)[participant_of(header.originator)]


def keys_by_owner(headers: Iterable[Header], section_keys: SectionKeys) -> KeysByOwner:
    """Return the section keys of some messages, as far as the store has them; an entry for each participant.

    Kept apart, because nobody may open another's message by naming its keys as those of his own.
    """
    wanted: dict[Participant, list[Digest]] = {}
    for header in headers:
        named = [head.key_commitment for head in header.sections if head.key_commitment is not None]
        wanted.setdefault(participant_of(header.originator), []).extend(named)
    return {owner: section_keys.get(some, owner=owner) if some else {} for owner, some in wanted.items()}
