"""Flush: sign what is ready in the outbox, and send what is signed until the bus has it.

One transaction gives a batch its sequence numbers, chain, signature and exact bytes; only then is anything sent, and a
restart sends the same bytes again. Two processes may flush one outbox at once: each sends whatever is not marked as
sent, oldest first, so the order of a stream holds, and readers drop what comes twice.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import Connection, Engine

from broker.bus.port import Bus
from broker.database import reading, scrub
from broker.directory import Directory
from broker.errors import BadHeader, DatabaseBusy
from broker.follow import DirectoryFollower
from broker.signing.keys import SigningKey
from broker.types.names import Originator
from broker.types.time import Clock, to_micros
from broker.types.vocabulary import Kind, Status
from producers.addressing import Office, Sealing
from producers.batches import count_unfit
from producers.recovery import Finding, compare_with_bus
from producers.round import Parked, Round
from producers.sending import Unsent, by_topic, mark_sent
from producers.signing import Randomness, granted_originators

__all__ = ["FlushReport", "Flusher", "Line", "Parked"]

_PATIENCE_SECONDS: Final = 0.5
"""How long a flush waits for those who still read an older state of the database."""


class FlushReport(msgspec.Struct, frozen=True):
    """What a flush did.

    Attributes:
        signed: Drafts that became messages.
        sent: Records that the bus has now, those signed earlier included.
        parked: Drafts that wait for a reference that is not published; at most a thousand of them.
        findings: What the comparison with the bus brought to light.
        released: Messages whose keys went out, those of earlier messages included.
        nodes: To so many nodes.
        unreached: Authorities that may read something of what was signed, whose node has no sealing key; they get it
            when it has one.
    """

    signed: int
    sent: int
    parked: tuple[Parked, ...]
    findings: tuple[Finding, ...]
    released: int = 0
    nodes: int = 0
    unreached: tuple[Originator, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What a node publishes over, and seals with.

    Attributes:
        check_heard: Raises ``StaleDirectory`` where the node has not heard within the tolerated time, at the moment
            that it is given, that its directory is the newest.
    """

    bus: Bus
    follower: DirectoryFollower
    key: SigningKey
    clock: Clock
    randomness: Randomness
    sealing: Sealing
    check_heard: Callable[[Connection, Directory, datetime], None]


class Flusher:
    """Flushes one node's outbox; remembers what this process has compared with the bus, and has decided."""

    def __init__(self, engine: Engine, line: Line) -> None:
        self._engine = engine
        self._line = line
        self._office = Office(line.sealing, line.key, line.randomness)
        self._compared: set[Originator] = set()
        self._has_drafts_in_log = True

    async def flush(self) -> FlushReport:
        """Sign what is ready and send what is signed; then release to whoever may have keys and has none yet.

        Raises:
            TransportError: The bus does not answer; what was signed is stored, the next flush goes on from there.
            UnknownKey, KeyNotValid, KeyRevoked: The key may not sign for some stream; its drafts stay, all others went.
            MissingKey: The node has no sealing key; drafts that somebody could open stay, all others went.
            BadTable: A policy table has a mistake, so nothing can be decided; drafts stay that are not for everybody.
            BadHeader: There are drafts about the world, and the network is none for them; they stay, all others went.
            StaleDirectory: A revocation may be kept from this node; nothing is signed or released until it hears more.
        """
        directory = await self._line.follower.catch_up(self._line.bus)
        await asyncio.to_thread(self._check_heard, directory)
        findings = await self._compare(directory)
        work = Round(self._engine, self._office, directory, self._line.clock)
        sent = 0
        while True:
            step = await asyncio.to_thread(work.step)
            self._has_drafts_in_log |= work.tally.signed > 0
            sent += await self._send(step.unsent)
            if not step.more:
                break
        await asyncio.to_thread(self._forget_drafts)
        if work.refused.first is not None:
            raise work.refused.first
        await asyncio.to_thread(self._check_unfit, directory)
        tally = work.tally
        return FlushReport(
            signed=tally.signed,
            sent=sent,
            parked=step.parked,
            findings=findings,
            released=len(tally.released),
            nodes=len(tally.nodes),
            unreached=tuple(sorted(tally.unreached)),
        )

    def _check_heard(self, directory: Directory) -> None:
        with reading(self._engine) as connection:
            self._line.check_heard(connection, directory, self._line.clock())

    async def _compare(self, directory: Directory) -> tuple[Finding, ...]:
        originators = [one for one in granted_originators(directory, self._line.key) if one not in self._compared]
        findings = await compare_with_bus(self._engine, self._line.bus, directory, originators, self._line.sealing)
        self._compared.update(originators)
        return findings

    def _forget_drafts(self) -> None:
        """Empty the log of the database, where what was sealed now lay open until then.

        Somebody who reads all the time may keep it there; then the next flush tries again, as the first one of a
        process does: an earlier one may have ended before it came to that.
        """
        if self._has_drafts_in_log:
            with suppress(DatabaseBusy):
                scrub(self._engine, patience_seconds=_PATIENCE_SECONDS)
                self._has_drafts_in_log = False

    def _check_unfit(self, directory: Directory) -> None:
        with reading(self._engine) as connection:
            unfit = count_unfit(connection, actual=directory.root.status is Status.ACTUAL)
        if unfit:
            status = directory.root.status.word
            raise BadHeader(f"{unfit} draft(s) in the outbox are about the world, and the network is {status}")

    async def _send(self, unsent: Sequence[Unsent]) -> int:
        for topic, messages in by_topic(unsent).items():
            await self._line.bus.send(topic, [one.message for one in messages])
            await asyncio.to_thread(mark_sent, self._engine, messages, to_micros(self._line.clock()))
        return sum(one.kind is Kind.RECORD for one in unsent)
