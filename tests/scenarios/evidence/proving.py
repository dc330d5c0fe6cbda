"""Two nodes, a notary, and what is proved at one of the nodes."""

from dataclasses import dataclass

import msgspec

from broker.types.names import Originator
from broker.types.vocabulary import Action, Purpose, Section, Tlp
from consumers.evidence.checklist import Checklist, Outcome, check_evidence
from consumers.evidence.evidence import format_evidence, open_evidence
from consumers.onward import Wanted
from producers.publish import Terms, take
from tests.support.exercise import Clock
from tests.support.outbox import a_draft
from tests.support.records import a_marking
from tocsin.evidence.proving import Proved, prove
from tocsin.folder import FederationFolder
from tocsin.installation import Node
from tocsin.notarizing import open_notary
from tocsin.onward import Order

CUSTOMS, POLICE = Originator("NL/customs"), Originator("BE/police")


@dataclass
class Place:
    """The nodes of NL and BE, and the clock that they and the notary look at."""

    folder: FederationFolder
    nl: Node
    be: Node
    clock: Clock

    async def publish(self, *references: str, tlp: Tlp = Tlp.AMBER) -> None:
        """Let NL/customs publish an incident under each reference, to BE/police."""
        marking = a_marking(recipients=("BE/police",))
        drafts = [a_draft(one, authority=CUSTOMS, marking=marking, tlp=tlp) for one in references]
        drafts = [msgspec.structs.replace(draft, authored_at=self.clock.now) for draft in drafts]
        async with self.nl.bus() as bus:
            await self.nl.follower.catch_up(bus)
            list(take(self.nl.engine, lambda: drafts, Terms()))
            await self.nl.flusher(bus).flush()
        for node in (self.nl, self.be):
            await self.receive(node)

    async def receive(self, node: Node) -> None:
        async with node.bus() as bus:
            await node.receiver(bus).receive()

    async def log(self) -> None:
        """Let the notary take in what is on the bus."""
        async with open_notary(self.folder, clock=self.clock) as office:
            await office.notary.run_once()

    async def prove(self, message: str, *, by: Originator = CUSTOMS, action: Action = Action.EXPORT) -> Proved:
        """Prove a message for an authority, as ``audit prove`` does."""
        node = self.nl if by.startswith("NL/") else self.be
        return await prove(node, Order(by, message, Wanted(action=action, purpose=Purpose.INVESTIGATION)))

    def outcomes(self, proved: Proved) -> dict[str, str]:
        """Return what became of the steps that did not pass, for whoever gets the file."""
        found = self.checked(proved).steps
        return {one.step: one.outcome.value for one in found if one.outcome is not Outcome.PASSED}

    def checked(self, proved: Proved) -> Checklist:
        raw = format_evidence(proved.made.evidence)
        return check_evidence(open_evidence(raw), self.nl.federation.root_digest)

    def disclosed(self, proved: Proved) -> tuple[Section, ...]:
        return tuple(Section.from_word(name) for name in proved.made.evidence.manifest.disclosed)
