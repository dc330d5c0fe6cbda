"""Who takes part, as the directory on the bus says."""

from datetime import datetime

import msgspec

from broker.bus.kafka.bus import open_kafka_bus
from broker.bus.kafka.connection import Connection
from broker.directory.entries import is_active
from broker.errors import UnknownTopic
from broker.types.names import Participant
from tocsin.administering import read_directory
from tocsin.settings import FederationSettings


class Members(msgspec.Struct, frozen=True):
    """Participants of the directory, by code.

    Attributes:
        left: Those that are in it and do not take part now.
    """

    active: tuple[Participant, ...] = ()
    left: tuple[Participant, ...] = ()


async def read_members(connection: Connection, settings: FederationSettings, at: datetime) -> Members:
    """Return who takes part at the moment *at*; nobody where the directory is not on the bus yet.

    Raises:
        TransportError: The bus does not answer.
        ConfigError: The bus does not let us in.
    """
    bus = open_kafka_bus(connection)
    try:
        directory = await read_directory(bus, settings)
    except UnknownTopic:
        return Members()
    finally:
        await bus.close()
    entries = directory.participants()
    return Members(
        active=tuple(Participant(one.code) for one in entries if is_active(one, at)),
        left=tuple(Participant(one.code) for one in entries if not is_active(one, at)),
    )
