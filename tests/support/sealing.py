"""Builders for sealing: keys, places, sealed sections, RELEASE messages. Everything in them is invented."""

import hashlib
import itertools
from collections.abc import Callable, Sequence

import msgspec

from broker.envelope.body import body_digest, commitment
from broker.envelope.header import SectionHead
from broker.sealing.chunks import seal
from broker.sealing.keys import SealingKey, make_sealing_key
from broker.sealing.release import Item, Pairwise, Recipient, Release, open_release, seal_release
from broker.sealing.section import Place, key_commitment
from broker.types.names import Originator, Stream
from tests.support.messages import a_content, a_digest

PLACE = Place("exercise-2026", Stream(Originator("NL/customs"), 1), 7)
ELSEWHERE = [
    msgspec.structs.replace(PLACE, federation="exercise-2027"),
    msgspec.structs.replace(PLACE, stream=Stream(Originator("NL/police"), 1)),
    msgspec.structs.replace(PLACE, stream=Stream(Originator("NL/customs"), 2)),
    msgspec.structs.replace(PLACE, sequence=8),
]
"""Each differs from PLACE in one thing."""


def randomness_of(seed: str) -> Callable[[int], bytes]:
    """Return a source that looks random and is the same on every call."""
    count = itertools.count()
    return lambda size: hashlib.shake_256(f"{seed} {next(count)}".encode()).digest(size)


def a_sealing_key(node: str = "NL/~1") -> SealingKey:
    """Return the sealing key of *node*, the same on every call."""
    return make_sealing_key(a_digest(f"sealing seed of {node}"), federation="exercise-2026", owner=node)[0]


def a_section_key(name: str = "core") -> bytes:
    """Return a section key."""
    return bytes(a_digest(f"section key of {name}"))


def a_head(body: bytes, key: bytes, name: str = "core") -> SectionHead:
    """Return what an honest header would say of *body* if it were a section's under *key*."""
    return SectionHead(name, commitment(a_content()), body_digest(body), key_commitment(key))


def a_sealed(plaintext: bytes, key: bytes, context: bytes) -> tuple[SectionHead, bytes]:
    """Return *plaintext* sealed as it is, well formed or not, and a head that names it."""
    body = seal(plaintext, key=key, context=context)
    return a_head(body, key), body


def some_items(*sections: str, sequence: int = 8) -> tuple[Item, ...]:
    """Return the keys of sections of one message."""
    return tuple(
        Item(Originator("NL/customs"), 1, sequence, name, a_section_key(f"{sequence} {name}"))
        for name in sections or ("core",)
    )


def a_recipient(key: SealingKey, *lists: int) -> Recipient:
    """Return the owner of *key* as one who may have *lists*."""
    return Recipient(key.id, key.public, lists or (0,))


def a_release(
    lists: Sequence[Sequence[Item]] = (),
    recipients: Sequence[Recipient] = (),
    *,
    place: Place = PLACE,
    sealer: SealingKey | None = None,
) -> Release:
    """Return a RELEASE of NL/~1; without more said, of one key for BE/~1."""
    return seal_release(
        lists or [some_items()],
        recipients or [a_recipient(a_sealing_key("BE/~1"))],
        place=place,
        sealer=sealer or a_sealing_key(),
        pairwise=Pairwise(),
        randomness=randomness_of("release"),
    )


def opened(
    release: Release, *keyring: SealingKey, place: Place = PLACE, issuers: Sequence[bytes] = ()
) -> tuple[Item, ...]:
    """Return what the owner of *keyring* finds in a RELEASE of NL/~1."""
    return open_release(
        release,
        place=place,
        keyring=keyring,
        issuers=issuers or [a_sealing_key().public],
        pairwise=Pairwise(),
    )
