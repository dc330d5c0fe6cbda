"""Who is who on a secure cluster: two authorities, and what they issue."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import final

from tests.support.kafka.settings import ADMINISTRATOR, LOCALHOST, NODE_PRINCIPAL, Stores
from tocsin.cluster.certificates import Authority, write_identity, write_keystore

PARTICIPANTS = ("NL", "BE", "DE", "FR", "X-HUB")
"""Those who have a password on every secure cluster; certificates are issued to whoever is asked for."""


def password(participant: str) -> str:
    """Return the password of one of :data:`PARTICIPANTS`."""
    return f"{participant.lower()}-enters"


@final
class Identities:
    """The authorities of one cluster; what they issue lies in folders below *folder*.

    Attributes:
        nodes: Vouches for nodes and administrators.
        clients: Vouches for participants.
    """

    def __init__(self, folder: Path) -> None:
        now = datetime.now(UTC)
        self._folder = folder
        self._issued = 0
        self.nodes = Authority.make("nodes", now=now, days=2)
        self.clients = Authority.make("clients", now=now, days=2)

    def stores(self, node: int) -> Stores:
        """Issue what a node shows, and write it down together with whom it believes."""
        folder = self._folder / f"node-{node}"
        issued = self.nodes.issue(NODE_PRINCIPAL, hosts=["localhost", LOCALHOST], now=datetime.now(UTC), days=1)
        trusted = {"nodes.pem": self.nodes.certificate_pem, "clients.pem": self.clients.certificate_pem}
        write_keystore(folder, issued, trusted)
        return Stores(folder / "keystore.pem", folder / "nodes.pem", folder / "clients.pem")

    def participant(self, name: str) -> Path:
        """Return the identity folder of a participant: ``ca.pem``, ``certificate.pem``, ``key.pem``."""
        folder = self._folder / name
        return folder if folder.is_dir() else self.issue(name, folder=folder)

    def administrator(self) -> Path:
        """Return the identity folder of the administrator, for the ``INTERNAL`` listener only."""
        folder = self._folder / ADMINISTRATOR
        return folder if folder.is_dir() else self.issue(ADMINISTRATOR, by=self.nodes, folder=folder)

    def authorities_only(self) -> Path:
        """Return a folder with nothing but ``ca.pem``, for who shows a password."""
        folder = self._folder / "authorities"
        folder.mkdir(exist_ok=True)
        (folder / "ca.pem").write_bytes(self.nodes.certificate_pem)
        return folder

    def issue(
        self,
        name: str,
        *,
        by: Authority | None = None,
        organisation: str = "",
        valid_from: timedelta = timedelta(0),
        folder: Path | None = None,
    ) -> Path:
        """Issue a certificate for one day, in a folder of its own where none is given.

        Args:
            by: The authority of the participants where none is given.
            valid_from: When the day begins, counted from now; before yesterday it is over.
        """
        self._issued += 1
        place = folder or self._folder / f"issued-{self._issued}"
        issued = (by or self.clients).issue(name, organisation=organisation, now=datetime.now(UTC) + valid_from, days=1)
        write_identity(place, issued, self.nodes.certificate_pem)
        return place
