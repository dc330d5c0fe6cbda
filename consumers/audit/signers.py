"""Who may sign what, for many messages: of the directory only what that takes, small enough to hand to other processes.

A revocation is not asked about here: what a revoked key signed may stand, and the log says so.
"""

from dataclasses import replace
from typing import Final

import msgspec

from broker.directory.directory import Directory
from broker.directory.index import EnrolledKey
from broker.directory.screening import Screening
from broker.directory.signatures import Signatures
from broker.types.names import KeyId, Stream
from broker.types.time import to_micros

Terms = tuple[tuple[int, int], ...]
"""From when until just before when, in microseconds since 1970."""
NOBODY: Final[tuple[bytes, Terms]] = (b"", ())


def without_revocations(directory: Directory) -> Directory:
    """Return what *directory* says of keys, as if none had been revoked, and without the messages that it rests on."""
    keys = {
        one: key if key.revocation is None else msgspec.structs.replace(key, revocation=None, revoked_by=None)
        for one, key in directory.parts.keys.items()
    }
    parts = msgspec.structs.replace(directory.parts, keys=keys, national={}, enrolled={}, findings=(), heads={})
    return replace(directory, parts=parts, held={}, screening=Screening(), signatures=Signatures())


class Signers:
    """Looks up who may sign for a stream, and remembers it."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._known: dict[tuple[bytes, Stream], tuple[bytes, Terms]] = {}

    def find(self, signer: bytes, stream: Stream) -> tuple[bytes, Terms]:
        """Return the public half of a key, and when it may sign for *stream*; nothing where it may not."""
        found = self._known.get((signer, stream))
        if found is None:
            key = self._directory.key(KeyId(signer))
            found = NOBODY if key is None else (key.public, _terms(key, stream))
            self._known[signer, stream] = found
        return found


def _terms(key: EnrolledKey, stream: Stream) -> Terms:
    return tuple(
        (to_micros(term.start), to_micros(term.end))
        for term in key.terms.get(stream.originator, ())
        if term.first_writer <= stream.writer <= term.last_writer and term.start < term.end
    )
