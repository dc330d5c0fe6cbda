"""What an administrator adds to the directory: the next message of its stream, checked before it is sent."""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from broker.bus.port import Bus, Outgoing
from broker.directory import Directory, apply, fold
from broker.directory.entries import Entry, KeyEntry
from broker.directory.writing import next_occasion, write_entry
from broker.envelope.message import Opened, open_envelope
from broker.errors import BrokerError, BusForbidden
from broker.signing.keys import SigningKey
from broker.types.names import (
    HUB_ADMIN,
    MessageName,
    Originator,
    Participant,
    Stream,
    directory_topic,
    message_topic,
    participant_of,
)
from broker.types.time import Clock
from tocsin.buses import open_bus
from tocsin.folder import FederationFolder
from tocsin.installation import RANDOMNESS, now
from tocsin.secret import SecretReference, load_key
from tocsin.settings import FederationSettings, load_federation

_READ_AT_ONCE = 256


class Administrator:
    """One who writes to the directory of the federation in a folder."""

    def __init__(self, folder: FederationFolder, originator: Originator, key: SigningKey, *, clock: Clock = now):
        self._folder = folder
        self._settings = load_federation(folder)
        self._stream = Stream(originator, 1)
        self._key = key
        self._clock = clock

    async def say(self, entries: Sequence[Entry]) -> list[MessageName]:
        """Send *entries* in their order, all or none; return the names of their messages.

        Raises:
            BrokerError: One of them would not apply: what :func:`broker.directory.apply` raises.
            TransportError: The bus does not answer.
        """
        # Two administrators' commands at once would fork the stream, and nobody could say anything any more.
        with alone(self._folder.root):
            async with open_bus(self._folder, self._settings, clock=self._clock) as bus:
                directory = await read_directory(bus, self._settings)
                messages = self._write(directory, entries)
                topic = directory_topic(self._settings.id)
                await bus.send(topic, [Outgoing(str(self._stream), one.raw) for one in messages])
        return [one.header.name for one in messages]

    def _write(self, directory: Directory, entries: Sequence[Entry]) -> list[Opened]:
        messages: list[Opened] = []
        for entry in entries:
            occasion = next_occasion(directory, self._stream, issued_at=self._clock(), salt=RANDOMNESS(32))
            opened = open_envelope(write_entry(entry, occasion, [self._key]))
            directory = apply(directory, opened)
            messages.append(opened)
        return messages


def hub_administrator(folder: FederationFolder) -> Administrator:
    """Return the hub's administrator, whose key lies in the folder of an exercise.

    Raises:
        MissingFile, BadSettings: The key cannot be had.
    """
    key = load_key(SecretReference("file", "admin.pem"), folder.hub_keys)
    return Administrator(folder, HUB_ADMIN, key)


async def add_topic(folder: FederationFolder, participant: Participant) -> bool:
    """Make the topic of a participant on the bus; return whether the bus lets the hub do that.

    On a cluster with rules of access its administrator does, with everything else that a participant needs there.
    """
    settings = load_federation(folder)
    async with open_bus(folder, settings, clock=now) as bus:
        try:
            await bus.create_topics([message_topic(settings.id, participant)])
        except BusForbidden:
            return False
    return True


async def fetch_directory(folder: FederationFolder) -> Directory:
    """Return the directory as the bus of the federation in *folder* has it now.

    Raises:
        TransportError: The bus does not answer.
    """
    settings = load_federation(folder)
    async with open_bus(folder, settings, clock=now) as bus:
        return await read_directory(bus, settings)


async def read_directory(bus: Bus, settings: FederationSettings) -> Directory:
    """Return what follows from the directory topic of *bus* up to its present end.

    Raises:
        TransportError: The bus does not answer, or has no directory topic.
    """
    return fold(await read_directory_messages(bus, settings), settings.root_digest, settings.id)


async def read_directory_messages(bus: Bus, settings: FederationSettings) -> list[Opened]:
    """Return what is in the directory topic of *bus* up to its present end; nothing of it is believed yet.

    Raises:
        TransportError: The bus does not answer, or has no directory topic.
    """
    topic = directory_topic(settings.id)
    start, end = 0, await bus.end(topic)
    messages: list[Opened] = []
    while start < end:
        batch = await bus.read(topic, start=start, most=_READ_AT_ONCE)
        for delivered in batch:
            try:
                messages.append(open_envelope(delivered.value))
            except BrokerError:
                # What does not even parse is no part of the directory; the audit reports it.
                continue
        start = batch[-1].offset + 1
    return messages


def next_writers(directory: Directory, node: str, *, count: int) -> tuple[int, int]:
    """Return the first and last writer of a range that no key of the participant of *node* has been given yet."""
    keys = directory.keys()
    granted = (
        term.last_writer
        for key in keys
        if key.node is not None and participant_of(key.node) == participant_of(node)
        for terms in key.terms.values()
        for term in terms
    )
    first = max(granted, default=0) + 1
    return first, first + count - 1


def served_by(directory: Directory, node: str) -> list[str]:
    """Return the authorities whose entries name *node*, by name."""
    part = directory.parts.national.get(participant_of(node))
    return [] if part is None else sorted(name for name, one in part.state.authorities.items() if one.node == node)


def keys_for(directory: Directory, node: str) -> list[KeyEntry]:
    """Return the entries of the keys that belong to *node*, revoked ones too."""
    part = directory.parts.national.get(participant_of(node))
    return [] if part is None else [one.entry for one in part.state.keys.values() if one.entry.node == node]


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Let nobody else write to the directory from *folder* meanwhile."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
