"""Flush: sign what is ready in the outbox, and send what is signed until the bus has it.

One transaction gives a batch its sequence numbers, chain, signature and exact bytes; only then is anything sent, and a
restart sends the same bytes again. Two processes may flush one outbox at once: each sends whatever is not marked as
sent, oldest first, so the order of a stream holds, and readers drop what comes twice.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
from sqlalchemy import Connection, Engine, select

from broker.bus.port import Bus
from broker.database import reading, writing
from broker.directory import Directory
from broker.errors import BadHeader
from broker.follow import DirectoryFollower
from broker.signing.keys import SigningKey
from broker.types.names import Originator
from broker.types.time import Clock, to_micros
from broker.types.vocabulary import Status
from producers.batches import Refusals, count_unfit, find_chains, next_batch, settle, store_signed, unpark
from producers.outbox import IS_WAITING, Stage, drafts
from producers.recovery import Finding, compare_with_bus
from producers.sending import Unsent, by_topic, mark_sent, unsent_messages
from producers.signing import Occasion, Randomness, granted_originators, sign_drafts

MAX_PARKED_LISTED: Final = 1000


class Parked(msgspec.Struct, frozen=True):
    """A draft that waits for another one."""

    authority: Originator
    national_reference: str
    waits_for: str


class FlushReport(msgspec.Struct, frozen=True):
    """What a flush did.

    Attributes:
        signed: Drafts that became messages.
        sent: Messages that the bus has now, those signed earlier included.
        parked: Drafts that wait for a reference that is not published; at most a thousand of them.
        findings: What the comparison with the bus brought to light.
    """

    signed: int
    sent: int
    parked: tuple[Parked, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What a node publishes over."""

    bus: Bus
    follower: DirectoryFollower
    key: SigningKey
    clock: Clock
    randomness: Randomness


class _Step(msgspec.Struct, frozen=True):
    signed: int
    unsent: Sequence[Unsent]
    more: bool
    parked: tuple[Parked, ...]


class Flusher:
    """Flushes one node's outbox, and remembers what this process has compared with the bus."""

    def __init__(self, engine: Engine, line: Line) -> None:
        self._engine = engine
        self._line = line
        self._compared: set[Originator] = set()

    async def flush(self) -> FlushReport:
        """Sign what is ready and send what is signed.

        Raises:
            TransportError: The bus does not answer; what was signed is stored, the next flush goes on from there.
            UnknownKey, KeyNotValid, KeyRevoked: The key may not sign for some stream; its drafts stay, all others went.
            BadHeader: There are drafts about the world, and the network is none for them; they stay, all others went.
        """
        directory = await self._line.follower.catch_up(self._line.bus)
        findings = await self._compare(directory)
        signed, sent, refused = 0, 0, Refusals()
        while True:
            step = await asyncio.to_thread(self._step, directory, refused)
            signed += step.signed
            sent += await self._send(step.unsent)
            if not step.more:
                break
        if refused.first is not None:
            raise refused.first
        await asyncio.to_thread(self._check_unfit, directory)
        return FlushReport(signed, sent, step.parked, findings)

    async def _compare(self, directory: Directory) -> tuple[Finding, ...]:
        originators = [one for one in granted_originators(directory, self._line.key) if one not in self._compared]
        findings = await compare_with_bus(self._engine, self._line.bus, directory, originators)
        self._compared.update(originators)
        return findings

    def _step(self, directory: Directory, refused: Refusals) -> _Step:
        """Sign the next batch in one transaction, then take what is to be sent: what an earlier flush left comes first.

        All that needs the database between two calls of the bus, so that it costs one change of threads.
        """
        with writing(self._engine) as connection:
            signed, more = self._sign_next(connection, directory, refused)
        unsent = unsent_messages(self._engine)
        more = more or unsent.more
        return _Step(signed, unsent.messages, more, () if more else _parked(self._engine))

    def _sign_next(self, connection: Connection, directory: Directory, refused: Refusals) -> tuple[int, bool]:
        """Return how many drafts were signed, and whether there may be more."""
        line = self._line
        occasion = Occasion(directory=directory, key=line.key, issued_at=line.clock(), randomness=line.randomness)
        while True:
            batch = next_batch(connection, refused.originators, actual=_is_actual(directory))
            if not batch.drafts and not unpark(connection):
                return 0, False
            chains = find_chains(connection, batch.drafts, occasion, refused)
            permitted = [draft for draft in batch.drafts if draft.authority in chains.streams]
            ready, related = settle(connection, permitted)
            if ready:
                signed = sign_drafts(ready, related, chains, occasion)
                store_signed(connection, signed, directory.federation, occasion.issued_at)
                return len(signed), batch.more or unpark(connection)

    def _check_unfit(self, directory: Directory) -> None:
        with reading(self._engine) as connection:
            unfit = count_unfit(connection, actual=_is_actual(directory))
        if unfit:
            status = directory.root.status.word
            raise BadHeader(f"{unfit} draft(s) in the outbox are about the world, and the network is {status}")

    async def _send(self, unsent: Sequence[Unsent]) -> int:
        for topic, messages in by_topic(unsent).items():
            await self._line.bus.send(topic, [one.message for one in messages])
            await asyncio.to_thread(mark_sent, self._engine, messages, to_micros(self._line.clock()))
        return len(unsent)


def _is_actual(directory: Directory) -> bool:
    return directory.root.status is Status.ACTUAL


def _parked(engine: Engine) -> tuple[Parked, ...]:
    statement = (
        select(drafts.c.authority, drafts.c.national_reference, drafts.c.waits_for)
        .where(IS_WAITING, drafts.c.stage == Stage.PARKED)
        .order_by(drafts.c.id)
        .limit(MAX_PARKED_LISTED)
    )
    with reading(engine) as connection:
        return tuple(Parked(*row) for row in connection.execute(statement))
