"""Where a Kafka cluster is, and what this participant shows to be let in; values only."""

import re
from pathlib import Path
from typing import Any, Final

import msgspec

from broker.errors import BadName

SCHEME: Final = "kafka://"
_BROKER: Final = re.compile(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):([0-9]{1,5})")
_NAMESPACE: Final = re.compile(r"[A-Za-z0-9._-]{1,60}")


class Address(msgspec.Struct, frozen=True):
    """A cluster, as ``kafka://HOST:PORT[,HOST:PORT…][/NAMESPACE]`` writes it.

    Attributes:
        brokers: ``HOST:PORT`` of those that are asked first.
        namespace: Stands, with a full stop, before the name of every topic and group; for a cluster that several
            networks share. Empty for none.
    """

    brokers: tuple[str, ...]
    namespace: str = ""

    def __str__(self) -> str:
        return SCHEME + ",".join(self.brokers) + (f"/{self.namespace}" if self.namespace else "")


class Tls(msgspec.Struct, frozen=True):
    """The files of a mutual TLS identity, PEM; read again when they change.

    Attributes:
        authorities: Certificates of those who may vouch for brokers.
        certificate: This participant's own, its chain after it; None where it shows a password instead.
        key: The private key to it.
    """

    authorities: Path
    certificate: Path | None = None
    key: Path | None = None


class Scram(msgspec.Struct, frozen=True):
    """A name and password, over TLS (SCRAM-SHA-512)."""

    user: str
    password: str

    def __repr__(self) -> str:
        return f"Scram(user={self.user!r}, password=***)"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Return what may be shown where Rich prints this."""
        return [("user", self.user)]


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How long things may take, in seconds.

    Attributes:
        call: A call that the bus has to answer, from beginning to end.
        session: A member of a group that is not heard of so long is replaced.
        rebalance: What a member has in hand may take so long before its topics are given away.
        idle: A member that does not fetch for so long gives its topics up.
        silence: So long without progress, while there is something to fetch, means that the connection is dead.
        stop: Closing gives up after this.
    """

    call: float = 15.0
    session: float = 30.0
    rebalance: float = 60.0
    idle: float = 300.0
    silence: float = 20.0
    stop: float = 4.0


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """A cluster, and this participant's way into it.

    Attributes:
        tls: None speaks in the clear; whoever makes this value answers for that.
        client: What brokers write into their logs about us.
    """

    address: Address
    tls: Tls | None = None
    scram: Scram | None = None
    client: str = "tocsin"
    pace: Pace = Pace()


def parse_address(text: str) -> Address:
    """Return the cluster that ``kafka://HOST:PORT[,HOST:PORT…][/NAMESPACE]`` names.

    Raises:
        BadName: It is not written so, or a port is none.
    """
    shown = f"{text[:80]!r} is no address of a cluster: expected kafka://HOST:PORT[,HOST:PORT][/NAMESPACE]"
    if not text.startswith(SCHEME):
        raise BadName(shown)
    listed, _, namespace = text[len(SCHEME) :].partition("/")
    brokers = tuple(listed.split(","))
    for broker in brokers:
        found = _BROKER.fullmatch(broker)
        if found is None or not 0 < int(found[2]) < 65536:
            raise BadName(f"{shown}; {broker[:60]!r} is no HOST:PORT")
    if len(set(brokers)) != len(brokers):
        raise BadName(f"{shown}; a broker is named twice")
    if namespace and not _NAMESPACE.fullmatch(namespace):
        raise BadName(f"{shown}; a namespace is 1 to 60 of A-Z a-z 0-9 . _ -")
    return Address(brokers, namespace)
