"""Two countries, their log and its notary, all in one folder as tocsin founds it."""

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from broker.database import reading
from broker.notary import Notary
from broker.types.names import Participant
from consumers.findings import open_findings
from consumers.inbox import Item, items
from tests.scenarios.receipts.network import Network
from tests.support.exercise import NOW, Clock
from tocsin.buses import open_bus
from tocsin.folder import FederationFolder
from tocsin.founding import Founding, found_federation
from tocsin.installation import Node, open_node
from tocsin.log_sources import open_store
from tocsin.members import usual_member
from tocsin.notarizing import open_journal, open_notary
from tocsin.secret import load_key
from tocsin.settings import load_federation, load_notary
from tocsin.watching_log import LogWatch, watch_log

OF_THE_LOG = (
    "split-view",
    "hidden-checkpoint",
    "foreign-checkpoint",
    "not-logged",
    "no-quorum",
    "no-log",
    "log-unavailable",
    "log-rolled-back",
    "changed-tile",
)


@dataclass
class Logged(Network):
    """The nodes of NL and BE, and the log that both read."""

    folder: FederationFolder

    @property
    def log(self) -> Path:
        """Where its files lie."""
        return self.folder.root / "log"

    async def notarize(self) -> None:
        """Let the notary log, publish and have witnessed what is on the bus now."""
        async with open_notary(self.folder, clock=self.clock) as opened:
            await opened.notary.run_once()

    async def notarize_alone(self) -> None:
        """Let the notary do so while no witness answers."""
        settings, own = load_federation(self.folder), load_notary(self.folder)
        with open_journal(self.folder) as engine:
            async with open_bus(self.folder, settings, clock=self.clock, node=own) as bus:
                notary = Notary(
                    engine,
                    bus,
                    open_store(self.folder, settings),
                    key=load_key(own.key, self.folder.hub),
                    federation=settings.id,
                    root_digest=settings.root_digest,
                    clock=self.clock,
                    witnesses=(),
                )
                await notary.run_once()

    async def look(self, node: Node) -> LogWatch:
        return await watch_log(node)

    def findings(self, node: Node) -> list[tuple[str, str]]:
        """Return the open findings about the log."""
        with reading(node.engine) as connection:
            found = open_findings(connection)
        return sorted((one.code, one.place) for one in found if one.code in OF_THE_LOG)

    def inbox(self, node: Node, authority: str = "BE/police") -> list[Item]:
        with reading(node.engine) as connection:
            return list(items(connection, node.section_keys, type(node.name)(authority), self.clock.now))


@asynccontextmanager
async def a_logged_network(root: Path, *, witnesses: int = 2) -> AsyncIterator[Logged]:
    """Give two countries with a log in which nothing was written yet."""
    clock = Clock(NOW)
    members = (usual_member("NL"), usual_member("BE"))
    folder = await found_federation(root, Founding(id="exercise", members=members, witnesses=witnesses), clock=clock)
    clock.advance(hours=1)
    with ExitStack() as stack:
        nl, be = (stack.enter_context(open_node(folder, Participant(code), clock=clock)) for code in ("NL", "BE"))
        network = Logged(nl, be, clock, folder)
        for node in (nl, be):
            await network.receive(node)
        yield network
