"""The directory, out of its topic: what everything else in an audit rests on."""

from collections.abc import Callable

import msgspec

from broker.bus.port import Bus, Delivered
from broker.directory.directory import Directory, include
from broker.directory.held import Held, hold
from broker.envelope.message import Opened, open_envelope
from broker.errors import BrokerError
from broker.types.names import Digest
from broker.types.time import to_micros
from consumers.audit.messages import digest_of
from consumers.audit.pieces import windows
from consumers.audit.scan import outline_of
from consumers.audit.units import AuditPlan, BrokenRow, MessageRow, MissingRow, Part, PartResult


class Foundation(msgspec.Struct, frozen=True):
    """The directory of a bus.

    Attributes:
        messages: All that can be part of it, in the order of their topic, which is that in which every node reads them.
        result: What of it goes into the ledger.
    """

    directory: Directory
    messages: tuple[Held, ...]
    result: PartResult

    @property
    def dismissed(self) -> frozenset[bytes]:
        """Digests of messages that do not apply."""
        return frozenset(one.digest for one in self.directory.findings)


async def lay_foundation(bus: Bus, part: Part, plan: AuditPlan, progress: Callable[[int], None]) -> Foundation:
    """Read the topic of the directory.

    Raises:
        TransportError: The bus does not answer.
    """
    directory = Directory.empty(plan.federation, Digest(plan.root_digest))
    held: list[Held] = []
    messages: list[MessageRow] = []
    broken: list[BrokenRow] = []
    missing: list[MissingRow] = []
    async for window in windows(bus, part):
        if isinstance(window, MissingRow):
            missing.append(window)
            continue
        new: list[Held] = []
        for delivered in window:
            try:
                opened = open_envelope(delivered.value)
                new.append(hold(opened, plan.federation))
            except BrokerError as error:
                broken.append(_broken(part, delivered, error))
            else:
                messages.append(_row(part, delivered, opened))
        # All at once: what follows from the directory is worked out anew for whatever is added to it.
        directory = include(directory, new)
        held += new
        progress(len(window))
    return Foundation(directory, tuple(held), PartResult(part.end, messages, broken, (), missing))


def _row(part: Part, delivered: Delivered, opened: Opened) -> MessageRow:
    header = opened.header
    return MessageRow(
        part.place(delivered.offset),
        opened.digest,
        str(header.stream),
        header.sequence,
        header.previous,
        to_micros(header.issued_at),
        outline_of(opened),
        b"".join(header.signers),
    )


def _broken(part: Part, delivered: Delivered, error: BrokerError) -> BrokenRow:
    return BrokenRow(part.place(delivered.offset), digest_of(delivered.value), error.code, str(error))
