"""Identity folders, as an authority issues them."""

from datetime import UTC, datetime
from pathlib import Path

from broker.bus.kafka.connection import Tls
from tocsin.cluster.certificates import Authority, write_identity

NOW = datetime.now(UTC)
NODES = Authority.make("nodes", now=NOW)
CLIENTS = Authority.make("clients", now=NOW)


def files(folder: Path) -> Tls:
    return Tls(folder / "ca.pem", folder / "certificate.pem", folder / "key.pem")


def a_folder(folder: Path, *, days: int = 10, now: datetime = NOW) -> Path:
    write_identity(folder, CLIENTS.issue("NL", now=now, days=days), NODES.certificate_pem)
    return folder
