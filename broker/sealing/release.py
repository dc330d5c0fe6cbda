"""RELEASE: section keys for those who may have them, and for nobody else to see who that is.

One list of keys for each set of recipients, each sealed under a list key; one wrap with list keys for each recipient
node, found by a tag that only the two ends can compute. Numbers and sizes are padded.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise as neighbours
from typing import Final

import msgspec

from broker import limits
from broker.avro import decode, encode, schema
from broker.envelope.body import Content
from broker.envelope.encoding import WRAP_INFO_TAG, WRAP_MARK_TAG, encode_tuple
from broker.errors import BadRelease, BadWrap, SchemaError
from broker.sealing.chunks import KEY_BYTES
from broker.sealing.keys import SealingKey, wrap
from broker.sealing.lists import Item, open_list, seal_list
from broker.sealing.pairwise import Pairwise
from broker.sealing.section import Place
from broker.sealing.wraps import (
    WRAPPED_SIZES,
    Wrap,
    format_list_keys,
    parse_list_keys,
    room_for,
    wraps_for_nobody,
)
from broker.types.names import KeyId

__all__ = [
    "RELEASE_PATH",
    "RELEASE_SECTION",
    "Item",
    "Pairwise",
    "Recipient",
    "Release",
    "Wrap",
    "format_release",
    "open_release",
    "parse_release",
    "seal_release",
]

RELEASE_PATH: Final = "release/release"
RELEASE_SECTION: Final = "release"
"""The name of the one section of a RELEASE."""
_SALT: Final = 32


class Recipient(msgspec.Struct, frozen=True):
    """A node that is to have the keys of some lists.

    Attributes:
        key_id: Id of its sealing key.
        public: That key, 32 bytes.
        lists: Indexes of the lists, from 0, rising.
    """

    key_id: KeyId
    public: bytes
    lists: tuple[int, ...]


class Release(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a RELEASE message says."""

    lists: tuple[bytes, ...]
    wraps: tuple[Wrap, ...]


def format_release(release: Release, *, salt: bytes) -> Content:
    """Return the content of the section ``release``."""
    shape = schema(RELEASE_PATH)
    return Content(salt, shape.id, encode(shape, release))


def parse_release(content: Content) -> Release:
    """Parse the content of the section ``release``.

    Raises:
        BadRelease: It is no RELEASE that an honest writer would produce.
    """
    shape = schema(RELEASE_PATH)
    if content.schema_id != shape.id:
        raise BadRelease("a RELEASE has another schema than release/release of this version")
    try:
        release = decode(shape, content.avro, Release)
    except SchemaError as error:
        raise BadRelease(str(error)) from error
    check_release(release)
    return release


def check_release(release: Release) -> None:
    """Check what everybody can see of a RELEASE, keys or not.

    Raises:
        BadRelease: Numbers or sizes that are not those of a class, or wraps out of order.
    """
    if not 1 <= len(release.lists) <= limits.MAX_LISTS:
        raise BadRelease(f"{len(release.lists)} key lists; 1 to {limits.MAX_LISTS} are allowed")
    if len(release.wraps) not in limits.WRAP_COUNTS:
        raise BadRelease(f"{len(release.wraps)} wraps; expected one of {limits.WRAP_COUNTS}")
    sizes = {len(one.sealed) for one in release.wraps}
    if len(sizes) != 1 or not sizes <= WRAPPED_SIZES:
        raise BadRelease(f"wraps of {sorted(sizes)[:4]} bytes; expected one size, of {sorted(WRAPPED_SIZES)}")
    if any(earlier.tag >= later.tag for earlier, later in neighbours(release.wraps)):
        raise BadRelease("wraps are not in the order of their tags, or a tag is there twice")


def seal_release(
    lists: Sequence[Sequence[Item]],
    recipients: Sequence[Recipient],
    *,
    place: Place,
    sealer: SealingKey,
    pairwise: Pairwise,
    randomness: Callable[[int], bytes],
) -> Release:
    """Return the RELEASE that gives each of *recipients* the keys of its lists.

    Args:
        lists: The keys of sections, one list for each set of recipients; 1 to ``limits.MAX_LISTS``.
        recipients: At most ``limits.MAX_WRAPS`` nodes, each once.
        place: The RELEASE message itself.
        sealer: The issuing node's own sealing key; it only makes the tags.
        pairwise: Remembers what was agreed with whom.
        randomness: Returns so many random bytes.

    Raises:
        BadRelease: Too many lists or recipients, none, or a list that is not there.
        TooLarge: A list exceeds the largest size class.
        WeakKey: The key of a recipient is of small order.
    """
    _check_recipients(recipients, len(lists))
    keys = [randomness(KEY_BYTES) for _ in lists]
    sealed = tuple(
        seal_list(items, index, key=key, salt=randomness(_SALT), place=place)
        for index, (items, key) in enumerate(zip(lists, keys, strict=True))
    )
    room = room_for(max(len(one.lists) for one in recipients))
    # Nodes that may have the same get the same plaintext.
    plaintexts = {
        chosen: format_list_keys({index: keys[index] for index in chosen}, room)
        for chosen in {one.lists for one in recipients}
    }
    mark, info = _mark(place), _info(place)
    wraps = [
        Wrap(
            pairwise.tag(sealer, one.public, mark),
            wrap(plaintexts[one.lists], one.public, info + encode_tuple(one.key_id)),
        )
        for one in recipients
    ]
    number = next(count for count in limits.WRAP_COUNTS if count >= len(wraps))
    wraps += wraps_for_nobody(number - len(wraps), room, randomness)
    release = Release(sealed, tuple(sorted(wraps)))
    check_release(release)
    return release


def open_release(
    release: Release,
    *,
    place: Place,
    keyring: Sequence[SealingKey],
    issuers: Sequence[bytes],
    pairwise: Pairwise,
) -> tuple[Item, ...]:
    """Return the section keys that *release* has for the owner of *keyring*; none if it has nothing for it.

    Args:
        release: From a message that was verified.
        place: That message.
        keyring: The private sealing keys of this node.
        issuers: Public sealing keys of the issuing participant's nodes.
        pairwise: Remembers what was agreed with whom.

    Raises:
        BadRelease: It is none that an honest writer would produce.
        BadWrap: A wrap bears our tag and was made for another node or message.
        BrokenSeal: A list does not open under the key that the wrap has for it.
    """
    check_release(release)
    items: dict[Item, None] = {}
    for index, key in _list_keys(release, place, keyring, issuers, pairwise):
        if index >= len(release.lists):
            raise BadRelease(f"a wrap has a key for list {index} of {len(release.lists)}")
        items |= dict.fromkeys(open_list(release.lists[index], index, key=key, place=place))
    return tuple(items)


def _list_keys(
    release: Release,
    place: Place,
    keyring: Sequence[SealingKey],
    issuers: Sequence[bytes],
    pairwise: Pairwise,
) -> list[tuple[int, bytes]]:
    """Return the indexes and keys of the lists that are for us, each once."""
    found: set[tuple[int, bytes]] = set()
    info = _info(place)
    for mine, sealed in _found(release, place, keyring, issuers, pairwise):
        try:
            plaintext = mine.unwrap(sealed, info + encode_tuple(mine.id))
        except BadWrap:
            # A tag says which two keys, not in which direction. Between two keys of the issuing participant, of which
            # this is one, the wrap may be for the other: a node that reads what its own participant issued.
            if mine.public in issuers:
                continue
            raise
        found |= parse_list_keys(plaintext).items()
    return sorted(found)


def _found(
    release: Release, place: Place, keyring: Sequence[SealingKey], issuers: Sequence[bytes], pairwise: Pairwise
) -> Iterator[tuple[SealingKey, bytes]]:
    """Yield the wraps that bear one of our tags, and the key of ours that it is for.

    No wrap is tried that is not ours: 256 wraps cost a reader nothing.
    """
    by_tag = {one.tag: one.sealed for one in release.wraps}
    mark = _mark(place)
    for mine in keyring:
        for issuer in issuers:
            sealed = by_tag.get(pairwise.tag(mine, issuer, mark))
            if sealed is not None:
                yield mine, sealed


def _check_recipients(recipients: Sequence[Recipient], lists: int) -> None:
    if not 1 <= len(recipients) <= limits.MAX_WRAPS:
        raise BadRelease(f"{len(recipients)} recipients; 1 to {limits.MAX_WRAPS} are allowed")
    if not 1 <= lists <= limits.MAX_LISTS:
        raise BadRelease(f"{lists} key lists; 1 to {limits.MAX_LISTS} are allowed")
    for one in recipients:
        if not one.lists or not 0 <= one.lists[0] <= one.lists[-1] < lists or list(one.lists) != sorted({*one.lists}):
            raise BadRelease(f"key {one.key_id.hex()} is to have lists {one.lists} of {lists}")


def _mark(place: Place) -> bytes:
    return place.context(WRAP_MARK_TAG)


def _info(place: Place) -> bytes:
    """Return what wraps are made for, but for the recipient's key id: tuples can be joined."""
    return place.context(WRAP_INFO_TAG)
