"""All certificates of an exercise in one folder: both authorities, the brokers, the administrator, each participant.

::

    authorities/nodes, authorities/clients      certificate.pem, key.pem
    brokers/HOST                                keystore.pem, nodes.pem, clients.pem
    admin                                       ca.pem, certificate.pem, key.pem; for the brokers' own listener
    identities/NL, identities/X-HUB             ca.pem, certificate.pem, key.pem
"""

import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Final

from broker.errors import AlreadyThere, BadName, MissingFile
from broker.types.names import HUB, check_participant
from tocsin.cluster.certificates import (
    CERTIFICATE_DAYS,
    KEYSTORE_FILE,
    Authority,
    write_identity,
    write_keystore,
)

ADMINISTRATOR: Final = "admin"
NODE: Final = "kafka-node"
LOCAL: Final = ("localhost", "127.0.0.1", "::1")

IDENTITIES: Final = "identities"
"""Where the participants' own lie, each in a folder of its code."""

_AUTHORITIES: Final = "authorities"
_BROKERS: Final = "brokers"
_HOST: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


def make_exercise(
    folder: Path, *, participants: Iterable[str], brokers: Iterable[str], now: datetime, days: int = CERTIFICATE_DAYS
) -> list[str]:
    """Make the folder: for the administrator, *brokers*, the hub and *participants*; return the names of all.

    Raises:
        BadName: A name is no participant's or no host's; then nothing is made.
        AlreadyThere: There is something in the folder.
    """
    codes = sorted({HUB, *(check_participant(code) for code in participants)})
    hosts = [_check_host(host) for host in dict.fromkeys(brokers)]
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise AlreadyThere(f"{folder} is not empty", hint="Name a folder that is not there yet.")
    nodes, clients = Authority.make("nodes of Kafka", now=now), Authority.make("participants", now=now)
    nodes.save(folder / _AUTHORITIES / "nodes")
    clients.save(folder / _AUTHORITIES / "clients")
    made = ExerciseCertificates(folder, nodes=nodes, clients=clients)
    for host in hosts:
        made.issue_broker(host, now=now, days=days)
    for name in (ADMINISTRATOR, *codes):
        made.issue(name, now=now, days=days)
    return [*hosts, ADMINISTRATOR, *codes]


class ExerciseCertificates:
    """The folder, and its two authorities."""

    def __init__(self, folder: Path, *, nodes: Authority, clients: Authority) -> None:
        self._folder = folder
        self._nodes = nodes
        self._clients = clients

    @classmethod
    def load(cls, folder: Path) -> "ExerciseCertificates":
        """Open what :func:`make_exercise` made.

        Raises:
            MissingFile, BadSettings: An authority is not there or not whole.
        """
        if not (folder / _AUTHORITIES).is_dir():
            raise MissingFile(
                f"{folder} holds no authorities",
                hint="Make them: tocsin kafka certificates new DIR --participant NL",
            )
        nodes, clients = (Authority.load(folder / _AUTHORITIES / name) for name in ("nodes", "clients"))
        return cls(folder, nodes=nodes, clients=clients)

    def issue(self, name: str, *, now: datetime, days: int = CERTIFICATE_DAYS) -> Path:
        """Issue anew for a participant, the administrator, or a broker that has a folder; return the folder.

        Raises:
            BadName: *name* is none of these.
        """
        if _HOST.fullmatch(name) and (self._folder / _BROKERS / name / KEYSTORE_FILE).exists():
            return self.issue_broker(name, now=now, days=days)
        authority = self._nodes if name == ADMINISTRATOR else self._clients
        own = self._folder / (ADMINISTRATOR if name == ADMINISTRATOR else Path(IDENTITIES, check_participant(name)))
        write_identity(own, authority.issue(name, now=now, days=days), self._nodes.certificate_pem)
        return own

    def issue_broker(self, host: str, *, now: datetime, days: int) -> Path:
        """Issue for the broker that is reached as *host*; return the folder."""
        own = self._folder / _BROKERS / host
        hosts = LOCAL if host in LOCAL else (host,)
        trusted = {"nodes.pem": self._nodes.certificate_pem, "clients.pem": self._clients.certificate_pem}
        write_keystore(own, self._nodes.issue(NODE, hosts=hosts, now=now, days=days), trusted)
        return own


def _check_host(text: str) -> str:
    if not _HOST.fullmatch(text):
        raise BadName(f"{text[:60]!r} is no host: expected a name or an IPv4 address")
    return text
