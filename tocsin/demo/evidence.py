"""An evidence file about one report, made as whoever has it may make it, and checked as whoever gets it checks it."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from broker.database import reading
from broker.errors import AccessDenied
from broker.types.names import Digest, Originator, participant_of
from broker.types.vocabulary import Action, Purpose, RecordKind
from consumers.evidence.evidence import format_evidence
from consumers.inbox import Item, items_of_kind
from consumers.onward import Wanted
from tocsin.demo.document import Evidence, EvidenceStep, Verdicts
from tocsin.demo.network import Network
from tocsin.demo.permission import Asked
from tocsin.demo.second_verifier import Second, SecondVerifier
from tocsin.evidence.files import write_evidence
from tocsin.evidence.proving import Proved, prove
from tocsin.evidence.verifying import Verified, verify
from tocsin.installation import now
from tocsin.onward import Order

FILE: Final = "evidence.zip"
"""Below the folder of the federation."""
DECISION: Final = "decision"
"""The one step that a verifier without policy does not do."""


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """An evidence file on disk.

    Attributes:
        by: Who made it.
        grant: The message that permits it; empty where the report is its own.
        size: In bytes.
    """

    path: Path
    by: Originator
    grant: str
    size: int
    root_digest: Digest
    disclosed: tuple[str, ...]
    withheld: tuple[str, ...]


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What two verifiers say about it."""

    document: Evidence
    made: Made
    second: Second

    @property
    def disagreed(self) -> tuple[str, ...]:
        """The steps that both do and do not say the same of; nothing where the second was not tried."""
        if self.second.verdict is None:
            return ()
        theirs = self.second.outcomes
        return tuple(
            one.step for one in self.document.steps if one.step != DECISION and one.outcome != theirs.get(one.step)
        )


async def make_evidence(network: Network, asked: Asked | None, authors: Sequence[Originator]) -> Made | None:
    """Make an evidence file where policy lets one leave: by the grant of *asked*, else by an author of its own report.

    Returns:
        None where nobody has anything to prove.
    """
    granted = [] if asked is None or not asked.document.exported else [(asked.order, asked.document.grant)]
    for order, grant in (*granted, *((order, "") for order in _own(network, authors))):
        try:
            proved = await prove(network.nodes[participant_of(order.reader)], order)
        except AccessDenied:
            continue  # the next one may be allowed to
        return _written(network, order, grant, proved)
    return None


async def check_evidence(made: Made, verifier: SecondVerifier) -> Checked:
    """Check an evidence file by its bytes and the root digest alone, twice."""
    verified = verify(made.path, made.root_digest)
    second = await verifier.verify(made.path, made.root_digest.hex())
    return Checked(document=_document(verified, second), made=made, second=second)


def _written(network: Network, order: Order, grant: str, proved: Proved) -> Made:
    evidence = proved.made.evidence
    path, raw = network.folder.root / FILE, format_evidence(evidence)
    write_evidence(path, raw)
    return Made(
        path=path,
        by=order.reader,
        grant=grant,
        size=len(raw),
        root_digest=network.nodes[participant_of(order.reader)].federation.root_digest,
        disclosed=tuple(evidence.manifest.disclosed),
        withheld=tuple(evidence.manifest.withheld),
    )


def _document(verified: Verified, second: Second) -> Evidence:
    steps = tuple(EvidenceStep(one.step, one.outcome.value, one.says) for one in verified.checklist.steps)
    verdicts = Verdicts(verified.checklist.is_passed, second.verdict)
    return Evidence(message=verified.manifest.message, steps=steps, verdicts=verdicts)


def _own(network: Network, authors: Sequence[Originator]) -> Iterator[Order]:
    """Yield what authors may want to prove: a report of their own, as their own inbox has it."""
    for author in authors:
        node = network.nodes[participant_of(author)]
        with reading(node.engine) as connection:
            found = items_of_kind(connection, node.section_keys, author, RecordKind.INCIDENT, now())
            own = [one for one in found if one.author == author]
        yield from (_order(author, one) for one in own[:1])


def _order(author: Originator, item: Item) -> Order:
    sections = tuple(one for one, record in item.sections.items() if record is not None)
    wanted = Wanted(action=Action.EXPORT, purpose=Purpose.INVESTIGATION, sections=sections)
    return Order(author, str(item.message), wanted)
