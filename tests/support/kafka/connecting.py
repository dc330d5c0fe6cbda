"""How participants come to a test cluster."""

from pathlib import Path
from typing import Final

from broker.bus.kafka.connection import Address, Connection, Pace, Scram, Tls
from tests.support.kafka.cluster import Cluster
from tests.support.kafka.identities import Identities, password
from tests.support.kafka.settings import Listener

QUICK: Final = Pace(session=4.0, rebalance=20.0, idle=60.0, silence=10.0)
"""A member that died is replaced soon; one that is kept waiting by a busy machine is not."""


def in_the_clear(address: Address, *, pace: Pace = QUICK) -> Connection:
    """Return a connection that shows nothing."""
    return Connection(address=address, pace=pace)


def by_certificate(cluster: Cluster, participant: str, namespace: str = "", *, pace: Pace = QUICK) -> Connection:
    """Return a participant's connection to a secure cluster by mutual TLS."""
    return with_identity(cluster, identities(cluster).participant(participant), namespace, pace=pace)


def with_identity(cluster: Cluster, folder: Path, namespace: str = "", *, pace: Pace = QUICK) -> Connection:
    """Return a connection to a secure cluster that shows what lies in the identity *folder*."""
    tls = Tls(folder / "ca.pem", folder / "certificate.pem", folder / "key.pem")
    return Connection(address=cluster.address(namespace), tls=tls, pace=pace)


def by_password(cluster: Cluster, participant: str, namespace: str = "", *, pace: Pace = QUICK) -> Connection:
    """Return a participant's connection to a secure cluster by its password."""
    tls = Tls(identities(cluster).authorities_only() / "ca.pem")
    scram = Scram(participant, password(participant))
    return Connection(address=cluster.address(namespace, Listener.SCRAM), tls=tls, scram=scram, pace=pace)


def identities(cluster: Cluster) -> Identities:
    """Return who is who on a cluster that is secure."""
    assert cluster.identities is not None, "the cluster is in the clear"
    return cluster.identities
