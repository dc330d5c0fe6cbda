"""Wraps: the list keys that one node may have, and wraps for nobody that look the same.

::

    count u8 ‖ (list index u8 ‖ list key 32) × count ‖ zeros up to the room for as many lists as WRAP_LISTS says

All wraps of a RELEASE have the same room, so that their sizes say nothing about who may have how much.
"""

from collections.abc import Callable, Mapping
from itertools import pairwise as neighbours
from typing import Annotated, Final

import msgspec
from nacl.bindings import crypto_scalarmult_base

from broker import limits
from broker.errors import BadRelease
from broker.sealing.chunks import KEY_BYTES
from broker.sealing.keys import PUBLIC_BYTES, WRAP_OVERHEAD_BYTES
from broker.sealing.pairwise import TAG_BYTES

_ENTRY: Final = 1 + KEY_BYTES


class Wrap(msgspec.Struct, frozen=True, order=True, forbid_unknown_fields=True):
    """List keys for one node, or for nobody.

    Attributes:
        tag: Mark that only the two ends can compute.
        sealed: HPKE: the sender's public key for this once ‖ ciphertext.
    """

    tag: Annotated[bytes, msgspec.Meta(min_length=TAG_BYTES, max_length=TAG_BYTES)]
    sealed: bytes


def room_for(lists: int) -> int:
    """Return the smallest room that holds *lists* list keys.

    Raises:
        BadRelease: None does, or there are no lists.
    """
    for room in limits.WRAP_LISTS:
        if 0 < lists <= room:
            return room
    raise BadRelease(f"a wrap of {lists} list keys; 1 to {limits.WRAP_LISTS[-1]} are allowed")


def wrapped_size(room: int) -> int:
    """Return how many bytes a wrap has with room for so many list keys."""
    return WRAP_OVERHEAD_BYTES + 1 + room * _ENTRY


WRAPPED_SIZES: Final = frozenset(map(wrapped_size, limits.WRAP_LISTS))


def format_list_keys(keys: Mapping[int, bytes], room: int) -> bytes:
    """Return list keys by their indexes as they are wrapped, with zeros up to *room*."""
    entries = b"".join([index.to_bytes(1, "big") + keys[index] for index in sorted(keys)])
    return (len(keys).to_bytes(1, "big") + entries).ljust(1 + room * _ENTRY, b"\x00")


def parse_list_keys(plaintext: bytes) -> dict[int, bytes]:
    """Parse what was wrapped; the exact inverse of :func:`format_list_keys`.

    Raises:
        BadRelease: No list key, more than there is room for, indexes that do not rise, or padding that is not zeros.
    """
    count = plaintext[0]
    end = 1 + count * _ENTRY
    if not count or end > len(plaintext):
        raise BadRelease(f"a wrap of {len(plaintext)} bytes announces {count} list keys")
    if plaintext.count(0, end) != len(plaintext) - end:
        raise BadRelease("the padding of a wrap is not all zeros")
    indexes = list(plaintext[1:end:_ENTRY])
    if any(earlier >= later for earlier, later in neighbours(indexes)):
        raise BadRelease("a wrap names a list twice, or out of order")
    return {index: plaintext[at + 1 : at + _ENTRY] for index, at in zip(indexes, range(1, end, _ENTRY), strict=True)}


def wraps_for_nobody(number: int, room: int, randomness: Callable[[int], bytes]) -> list[Wrap]:
    """Return *number* wraps that nobody finds and nobody can tell from the others.

    What begins a wrap is a public key on the curve, and that can be seen; so these begin with one as well, whose
    private half is forgotten here. The rest looks random under an unknown key.
    """
    if not number:
        return []
    ciphertext = wrapped_size(room) - PUBLIC_BYTES
    one = TAG_BYTES + PUBLIC_BYTES + ciphertext
    drawn = randomness(number * one)
    return [_for_nobody(drawn[at : at + one]) for at in range(0, number * one, one)]


def _for_nobody(drawn: bytes) -> Wrap:
    tag, secret, ciphertext = drawn[:TAG_BYTES], drawn[TAG_BYTES:][:PUBLIC_BYTES], drawn[TAG_BYTES + PUBLIC_BYTES :]
    return Wrap(tag, crypto_scalarmult_base(secret) + ciphertext)
