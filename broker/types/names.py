"""Names: participants, authorities, nodes, administrators, streams, messages, groups, topics.

::

    NL  X-INCB                participant: ISO 3166-1 alpha-2, or X- and capitals for an organisation
    NL/customs                authority
    NL/~1  X-HUB/~notary      node
    NL/~admin  X-HUB/~root    administrator
    NL/customs/1              stream: an originator and one of its writers
    NL/customs/1#42           message: a stream and a sequence number
    @NL/lionfish              group: named by the participant that leads it
    exercise-2026.msg.NL      topic of a participant;  exercise-2026.directory
"""

import re
from functools import lru_cache
from typing import Final, NewType

import msgspec

from broker import limits
from broker.errors import BadName

Participant = NewType("Participant", str)
Originator = NewType("Originator", str)
Digest = NewType("Digest", bytes)
"""A SHA-256 digest, 32 bytes."""
KeyId = NewType("KeyId", bytes)
"""16 bytes."""

HUB: Final = Participant("X-HUB")
ROOT: Final = Originator("X-HUB/~root")
HUB_ADMIN: Final = Originator("X-HUB/~admin")
ZERO_DIGEST: Final = Digest(bytes(32))

_PARTICIPANT: Final = re.compile(r"[A-Z]{2}|X-[A-Z]{2,16}")
_LABEL: Final = r"[a-z][a-z0-9-]{0,39}"
_AUTHORITY: Final = re.compile(rf"({_PARTICIPANT.pattern})/({_LABEL})")
_OFFICE: Final = re.compile(rf"({_PARTICIPANT.pattern})/~({_LABEL}|[1-9][0-9]{{0,5}})")
_GROUP: Final = re.compile(rf"@({_PARTICIPANT.pattern})/({_LABEL})")
_FEDERATION: Final = re.compile(r"[a-z][a-z0-9-]{0,62}")


class Stream(msgspec.Struct, frozen=True, order=True):
    """One writer's chain of messages."""

    originator: Originator
    writer: int

    def __str__(self) -> str:
        return f"{self.originator}/{self.writer}"


class MessageName(msgspec.Struct, frozen=True, order=True):
    """What people call a message. Its identity is its header digest."""

    stream: Stream
    sequence: int

    def __str__(self) -> str:
        return f"{self.stream}#{self.sequence}"


def check_participant(text: str) -> Participant:
    """Return *text* as a participant code.

    Raises:
        BadName: It is neither two capitals nor ``X-`` and capitals.
    """
    if not _PARTICIPANT.fullmatch(text):
        raise BadName(f"{text[:40]!r} is no participant: expected two capitals (NL) or X- and capitals (X-INCB)")
    return Participant(text)


def check_authority(text: str) -> Originator:
    """Return *text* as an authority's name.

    Raises:
        BadName: It is not like ``NL/customs``.
    """
    if not _AUTHORITY.fullmatch(text):
        raise BadName(f"{text[:60]!r} is no authority: expected a participant and a lower-case name, like NL/customs")
    return Originator(text)


def check_federation(text: str) -> str:
    """Return *text* as a federation's id.

    Raises:
        BadName: It is not lower-case letters, digits and hyphens.
    """
    if not _FEDERATION.fullmatch(text):
        raise BadName(f"{text[:60]!r} is no federation id: expected lower-case letters, digits and hyphens")
    return text


@lru_cache(maxsize=4096)
def check_originator(text: str) -> Originator:
    """Return *text* as the name of an authority, a node or an administrator.

    Raises:
        BadName: It is none of these.
    """
    if not (_AUTHORITY.fullmatch(text) or _OFFICE.fullmatch(text)):
        raise BadName(f"{text[:60]!r} is no originator: expected NL/customs, NL/~1 or NL/~admin")
    return Originator(text)


def check_recipient(text: str) -> str:
    """Return *text* as something that a marking may name: a participant, an authority or a group.

    Raises:
        BadName: It is none of these.
    """
    if not (_PARTICIPANT.fullmatch(text) or _AUTHORITY.fullmatch(text) or _GROUP.fullmatch(text)):
        raise BadName(f"{text[:60]!r} names nobody: expected NL, NL/customs or a group like @NL/lionfish")
    return text


def is_office(originator: Originator) -> bool:
    """Say whether *originator* is a node or an administrator, not an authority."""
    return "/~" in originator


def is_administrator(originator: Originator) -> bool:
    """Say whether *originator* writes the directory: ``~admin`` of a participant, or ``X-HUB/~root``."""
    return originator == ROOT or originator.endswith("/~admin")


@lru_cache(maxsize=4096)
def participant_of(name: str) -> Participant:
    """Return the participant in the name of an originator, authority or group."""
    return Participant(name.removeprefix("@").split("/", 1)[0])


def parse_stream(text: str) -> Stream:
    """Parse ``NL/customs/1``; the exact inverse of ``str(stream)``.

    Raises:
        BadName: The originator or the writer is not well formed.
    """
    originator, _, writer = text.rpartition("/")
    if not re.fullmatch(r"[1-9][0-9]{0,9}", writer) or int(writer) > limits.MAX_WRITER:
        raise BadName(f"{text[:80]!r} is no stream: expected an originator and a writer, like NL/customs/1")
    return Stream(check_originator(originator), int(writer))


def parse_message_name(text: str) -> MessageName:
    """Parse ``NL/customs/1#42``; the exact inverse of ``str(name)``.

    Raises:
        BadName: The stream or the sequence is not well formed.
    """
    stream, _, sequence = text.partition("#")
    if not re.fullmatch(r"[1-9][0-9]{0,18}", sequence) or int(sequence) > limits.MAX_SEQUENCE:
        raise BadName(f"{text[:80]!r} is no message: expected a stream and a number, like NL/customs/1#42")
    return MessageName(parse_stream(stream), int(sequence))


def message_topic(federation: str, participant: Participant) -> str:
    """Return the topic that carries all messages of *participant*."""
    return f"{federation}.msg.{participant}"


def directory_topic(federation: str) -> str:
    """Return the topic that carries the directory."""
    return f"{federation}.directory"
