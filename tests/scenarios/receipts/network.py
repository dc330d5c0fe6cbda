"""Two countries with a node each, and what happens between them."""

from dataclasses import dataclass

import msgspec

from broker.database import reading, writing
from broker.deciders import Deciders
from broker.records.receipt import ReceiptEntry
from broker.types.names import Originator, Participant
from broker.types.vocabulary import Purpose, Tlp
from consumers.deliver import Taken
from consumers.inbox import item
from consumers.opening import Opener, open_item, reader_of
from consumers.receipts import owed
from producers.publish import Terms, take
from tests.support.exercise import Clock
from tests.support.outbox import a_draft
from tests.support.records import a_marking
from tocsin.accounting import give_account, write_receipts
from tocsin.installation import Node

CUSTOMS = Originator("NL/customs")


@dataclass
class Network:
    """The nodes of NL and BE, and the clock that both look at."""

    nl: Node
    be: Node
    clock: Clock

    async def publish(self, *references: str, tlp: Tlp = Tlp.AMBER, by: Originator = CUSTOMS) -> None:
        """Let NL publish an incident under each reference, at TLP:AMBER and RED to the authority BE/police."""
        marking = a_marking(recipients=("BE/police",))
        drafts = [a_draft(one, authority=by, marking=marking, tlp=tlp) for one in references]
        drafts = [msgspec.structs.replace(draft, authored_at=self.clock.now) for draft in drafts]
        async with self.nl.bus() as bus:
            await self.nl.follower.catch_up(bus)
            list(take(self.nl.engine, lambda: drafts, Terms()))
            await self.nl.flusher(bus).flush()

    async def receive(self, node: Node) -> Taken:
        async with node.bus() as bus:
            return await node.receiver(bus).receive()

    async def account(self, node: Node) -> None:
        """Let *node* send HEADS and receipts, if it is time."""
        async with node.bus() as bus:
            await give_account(node, bus)

    async def confirm(self) -> None:
        """Let BE write and send its receipts now, and NL receive them."""
        write_receipts(self.be)
        async with self.be.bus() as bus:
            await self.be.flusher(bus).flush()
        await self.receive(self.nl)

    def open(self, message: str, *, reader: str = "BE/police", purpose: Purpose = Purpose.INVESTIGATION) -> None:
        """Let a person open a message."""
        node, authority = self.be, Originator(reader)
        with writing(node.engine) as connection:
            found = item(connection, node.section_keys, authority, message, self.clock.now)
            who = reader_of(node.directory, authority, self.clock.now)
            opener = Opener(who, purpose, node.directory, Deciders(node.house), self.clock.now)
            open_item(connection, node.section_keys, found, opener)

    def owed(self, node: Node) -> list[ReceiptEntry]:
        """Return what *node* would confirm now."""
        author = Originator(f"{node.participant}/police")
        with reading(node.engine) as connection:
            found = owed(connection, Participant(node.participant), author=author, now=self.clock.now)
        return [entry for several in found.entries.values() for entry in several]
