"""The configuration of a broker, as a pure function."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Final, final

import msgspec

NODE_PRINCIPAL: Final = "kafka-node"
ADMINISTRATOR: Final = "admin"
LOCALHOST: Final = "127.0.0.1"

# No DEFAULT: with it, a client certificate called kafka-node would be a super user.
_CLIENTS_RULE: Final = "RULE:^CN=([A-Z]{2}|X-[A-Z]{2,16})$/$1/"
_NODES_RULE: Final = f"RULE:^CN=({NODE_PRINCIPAL}|{ADMINISTRATOR})$/$1/"


class Listener(StrEnum):
    """What a broker listens for; a plain one has no ``SCRAM``, and ``INTERNAL`` in the clear."""

    CLIENT = "CLIENT"
    SCRAM = "SCRAM"
    INTERNAL = "INTERNAL"
    CONTROLLER = "CONTROLLER"


@final
class Stores(msgspec.Struct, frozen=True):
    """The PEM files of a node that has TLS.

    Attributes:
        keystore: Its key and certificate.
        nodes: The authority that vouches for nodes and administrators.
        clients: The authority that vouches for participants.
    """

    keystore: Path
    nodes: Path
    clients: Path


@final
class Place(msgspec.Struct, frozen=True):
    """Where a node stands: its number, counted from 1, its ports and the folder of its data."""

    node: int
    ports: Mapping[Listener, int]
    data: Path


def server_properties(place: Place, voters: Mapping[int, int], stores: Stores | None) -> dict[str, str]:
    """Return the ``server.properties`` of a node; in the clear where it has no *stores*.

    Args:
        voters: The port of each node's ``CONTROLLER`` listener.
    """
    count = len(voters)
    listeners = [name for name in Listener if stores or name is not Listener.SCRAM]
    return {
        "process.roles": "broker,controller",
        "node.id": str(place.node),
        "log.dirs": str(place.data),
        "controller.listener.names": Listener.CONTROLLER,
        "controller.quorum.voters": ",".join(f"{node}@{LOCALHOST}:{port}" for node, port in voters.items()),
        "inter.broker.listener.name": Listener.INTERNAL,
        "listeners": _listed(place, listeners),
        "advertised.listeners": _listed(place, [name for name in listeners if name is not Listener.CONTROLLER]),
        "listener.security.protocol.map": ",".join(f"{name}:{_protocol(name, stores)}" for name in listeners),
        **_copies(count),
        **PACE,
        **_RETURN,
        **(_security(stores) if stores else {}),
    }


def format_properties(properties: Mapping[str, str]) -> str:
    """Return *properties* as Java reads them; ours need no escapes."""
    return "".join(f"{name}={value}\n" for name, value in properties.items())


PACE: Final = {
    "auto.create.topics.enable": "false",
    "unclean.leader.election.enable": "false",
    "num.partitions": "1",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "500",
    "offsets.topic.num.partitions": "3",
    "transaction.state.log.num.partitions": "3",
    "log.initial.task.delay.ms": "500",
    "log.cleaner.dedupe.buffer.size": str(4 << 20),
    "num.network.threads": "2",
    "num.io.threads": "2",
}
"""Small and quick: many of these brokers share a machine, and tests wait for them."""

_RETURN: Final = {
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    "replica.lag.time.max.ms": "10000",
    "controller.quorum.fetch.timeout.ms": "2000",
    "controller.quorum.election.timeout.ms": "1000",
}
"""A node that died is replaced within seconds, and one that returns is taken for a new one no sooner than that. Not
quicker, or a busy machine looks like a dead one."""


def _copies(count: int) -> dict[str, str]:
    factor, least = str(min(count, 3)), "2" if count > 2 else "1"
    return {
        "default.replication.factor": factor,
        "min.insync.replicas": least,
        "offsets.topic.replication.factor": factor,
        "transaction.state.log.replication.factor": factor,
        "transaction.state.log.min.isr": least,
        "share.coordinator.state.topic.replication.factor": factor,
        "share.coordinator.state.topic.min.isr": least,
    }


def _security(stores: Stores) -> dict[str, str]:
    return {
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(stores.keystore),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(stores.nodes),
        "ssl.enabled.protocols": "TLSv1.3",
        "ssl.client.auth": "required",
        "ssl.principal.mapping.rules": _NODES_RULE,
        "listener.name.client.ssl.truststore.type": "PEM",
        "listener.name.client.ssl.truststore.location": str(stores.clients),
        "listener.name.client.ssl.client.auth": "required",
        "listener.name.client.ssl.principal.mapping.rules": _CLIENTS_RULE,
        "listener.name.scram.ssl.client.auth": "none",
        "listener.name.scram.sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "listener.name.scram.scram-sha-512.sasl.jaas.config": (
            "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        ),
        "sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "allow.everyone.if.no.acl.found": "false",
        "super.users": f"User:{NODE_PRINCIPAL};User:{ADMINISTRATOR}",
    }


def _listed(place: Place, listeners: Sequence[Listener]) -> str:
    return ",".join(f"{name}://{LOCALHOST}:{place.ports[name]}" for name in listeners)


def _protocol(listener: Listener, stores: Stores | None) -> str:
    if stores is None:
        return "PLAINTEXT"
    return "SASL_SSL" if listener is Listener.SCRAM else "SSL"
