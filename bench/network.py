"""A writing and a reading node with one authority each, and the bus between them, in a folder."""

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy import Engine

from broker import decisions, follow, logbook
from broker.bus.embedded import open_embedded_bus
from broker.bus.port import Bus, Outgoing
from broker.database import open_engine
from broker.follow import DirectoryFollower
from broker.policy.builtin import open_house_table, open_release_table
from broker.sealing.rest import RestKey
from broker.section_keys import SectionKeys, open_section_keys
from broker.types.names import Originator, directory_topic, message_topic, participant_of
from consumers import store
from consumers.deliver import Deliverer
from consumers.receive import Receiver
from consumers.unsealing import Unsealer
from producers import outbox
from producers.addressing import Sealing
from producers.flush import Flusher, Line
from tests.support.federation import (
    HUB_STREAM,
    Federation,
    a_key_entry,
    a_node,
    a_participant,
    a_signing_key,
    admin_stream,
    an_authority,
)
from tocsin.outbound import Arrived

AUTHOR: Final = Originator("NL/customs")
READER: Final = Originator("BE/police")
STORE_KEY: Final = bytes(range(32))
"""Of both key stores: whoever measures what reads them opens them again."""


@dataclass(frozen=True, slots=True)
class Network:
    """What a run needs of both nodes."""

    outbox: Engine
    flusher: Flusher
    inbox: Engine
    receiver: Receiver


class Buses(NamedTuple):
    """The bus as each of the two nodes reaches it."""

    author: Bus
    reader: Bus


def make_federation() -> Federation:
    """Return a federation of one author and one reader, each with a node and a sealing key of its own."""
    federation = Federation()
    federation.found()
    for authority in _BOTH:
        _join(federation, authority)
    return federation


@asynccontextmanager
async def open_network(folder: Path, buses: Buses | None = None) -> AsyncIterator[Network]:
    """Make a federation and its two nodes.

    Args:
        buses: Empty, and closed at the end; None for the embedded bus.
    """
    federation = make_federation()
    author, reader = buses or Buses(*[open_embedded_bus(folder / "bus.sqlite", clock=now)] * 2)
    await author.create_topics(topics_of(federation))
    await author.send(directory_topic(federation.name), [Outgoing("directory", raw) for raw in federation.messages])
    engines = [_engine(folder / f"{_code(one)}.sqlite") for one in _BOTH]
    stores = [_section_keys(folder / f"{_code(one)}.keys.sqlite") for one in _BOTH]
    try:
        yield Network(
            engines[0],
            _flusher(federation, engines[0], stores[0], author),
            engines[1],
            _receiver(federation, engines[1], stores[1], reader),
        )
    finally:
        await author.close()
        await reader.close()
        for engine in engines:
            engine.dispose()
        for section_keys in stores:
            section_keys.close()


def topics_of(federation: Federation) -> list[str]:
    """Return the topics of *federation*: the directory's and each participant's."""
    return [directory_topic(federation.name), *(message_topic(federation.name, participant_of(one)) for one in _BOTH)]


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


_BOTH: Final[Sequence[Originator]] = (AUTHOR, READER)


def node_of(authority: Originator) -> Originator:
    """Return the node that serves an authority."""
    return Originator(f"{_code(authority)}/~1")


def _code(authority: Originator) -> str:
    return authority.split("/", maxsplit=1)[0]


def _join(federation: Federation, authority: Originator) -> None:
    code, node = _code(authority), node_of(authority)
    federation.admin_keys[code], federation.node_keys[node] = a_signing_key(f"{code} admin"), a_signing_key(code)
    federation.say(a_participant(code, [federation.admin_keys[code]]), HUB_STREAM)
    federation.say(a_node(node), admin_stream(code))
    federation.say(an_authority(authority), admin_stream(code))
    federation.say(a_key_entry(federation.node_keys[node], [authority], node), admin_stream(code))
    federation.enrol_sealing_key(node, now() - timedelta(days=1))


def _engine(path: Path) -> Engine:
    engine = open_engine(path)
    for tables in (follow.metadata, decisions.metadata, logbook.metadata, outbox.metadata, store.metadata):
        tables.create_all(engine)
    return engine


def _section_keys(path: Path) -> SectionKeys:
    return open_section_keys(path, RestKey(STORE_KEY), randomness=os.urandom)


def _flusher(federation: Federation, engine: Engine, section_keys: SectionKeys, bus: Bus) -> Flusher:
    node = node_of(AUTHOR)
    arrived = Arrived(section_keys)
    sealing = Sealing(
        section_keys=section_keys,
        keyring=lambda: [federation.sealing_keys[node]],
        relationships=arrived.relationships,
        release=open_release_table(node),
        withheld=arrived.withheld,
    )
    line = Line(
        bus=bus,
        follower=DirectoryFollower(engine, federation=federation.name, root_digest=federation.root_digest),
        key=federation.signing_key(AUTHOR),
        clock=now,
        randomness=os.urandom,
        sealing=sealing,
        check_heard=lambda *_: None,
    )
    return Flusher(engine, line)


def _receiver(federation: Federation, engine: Engine, section_keys: SectionKeys, bus: Bus) -> Receiver:
    node = node_of(READER)
    follower = DirectoryFollower(engine, federation=federation.name, root_digest=federation.root_digest)
    unsealer = Unsealer(section_keys, lambda: [federation.sealing_keys[node]])
    deliverer = Deliverer(engine, node=node, follower=follower, house=open_house_table(node), unsealer=unsealer)
    return Receiver(engine, bus, node=node, deliverer=deliverer, follower=follower, clock=now)
