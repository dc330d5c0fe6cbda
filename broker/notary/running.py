"""One stretch of a notary's work, from what journal, bus and log said at its start until something stops it."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from broker.bus.port import Bus
from broker.errors import BrokerError, Gap, MissingKey, PositionOutOfRange, TooManyWaiting, UnknownTopic
from broker.follow import DirectoryFollower
from broker.log.port import WitnessClient
from broker.log.trust import LogTrust
from broker.log_trust import ended_notaries, log_trust, present_notary
from broker.notary.arrivals import Torn
from broker.notary.cosigning import Collected, Cosigners, Signed
from broker.notary.progress import Progress, Report, Trouble
from broker.notary.publishing import Publisher, cosigned_at
from broker.notary.registrar import NOTHING, Registrar
from broker.notary.threads import in_thread
from broker.notary.topics import TopicReader
from broker.types.names import Digest, directory_topic
from broker.types.time import Clock, to_micros

CHECKPOINT_SECONDS: Final = 1.0
"""Between two checkpoints, at least; and between two looks at the bus."""
_ASK_AGAIN_SECONDS: Final = 60.0
"""Between two attempts to have what the bus did not give, and two words about one trouble."""
_RENEWALS: Final = 4
"""How often a checkpoint is cosigned anew within the age that the root record allows it, where nothing is logged."""
_HOUR: Final = 3600
_SECOND: Final = 1_000_000
"""In microseconds."""


@dataclass(frozen=True, slots=True)
class Office:
    """What a notary works with."""

    bus: Bus
    follower: DirectoryFollower
    registrar: Registrar
    publisher: Publisher
    cosigners: Cosigners
    public: bytes
    clock: Clock


class Run:
    """One stretch of work. Its caller holds the lock of the log."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._directory = office.follower.directory
        self._trust = LogTrust("", (), (), 0)
        self._reader = TopicReader(office.bus, {})
        self._published_at = float("-inf")
        self._entered = NOTHING
        self._troubles: list[BrokerError] = []
        self._said_at: dict[str, float] = {}
        self._collecting: asyncio.Task[Collected] | None = None
        self._is_following = False
        self._reread_under: Digest | None = None

    async def begin(self) -> None:
        """Look at the directory, the journal and the log, and finish what was begun.

        Raises:
            BrokerError: As :meth:`broker.notary.notary.Notary.run_once` says.
        """
        self._directory = await self._office.follower.catch_up(self._office.bus)
        self._trust = self._trusted()
        await in_thread(self._office.publisher.recover, self._trust, ended_notaries(self._directory))
        self._reader = TopicReader(self._office.bus, await in_thread(self._office.registrar.positions))

    async def once(self) -> Progress:
        """Log what is on the bus, publish it, ask every witness."""
        await self._reread()
        await self._read()
        await self._publish()
        clients = self._due(everyone=True)
        if clients:
            await self._cosigned(await self._collect(clients))
        return await self._progress()

    async def follow(self, report: Report, trouble: Trouble) -> None:
        """Log what arrives, until something stops it; end by cancelling."""
        self._is_following = True
        last = Progress()
        reread_at = float("-inf")
        try:
            while True:
                again_at = _now() + CHECKPOINT_SECONDS
                if _now() >= reread_at:
                    await self._reread()
                    reread_at = _now() + _ASK_AGAIN_SECONDS
                await self._read()
                await self._publish()
                await self._wait_for_cosignatures(again_at)
                progress = await self._progress()
                for one in progress.troubles:
                    trouble(one, None)
                if progress != last:
                    report(progress)
                last = Progress(
                    waiting=progress.waiting, size=progress.size, witnesses=progress.witnesses, quorum=progress.quorum
                )
                await asyncio.sleep(max(again_at - _now(), 0.0))
        finally:
            if self._collecting is not None:
                self._collecting.cancel()
                with suppress(asyncio.CancelledError, BrokerError):
                    await self._collecting

    async def _read(self) -> None:
        """Log what is on the bus: the directory, what waited for it, then all others."""
        self._directory = await self._office.follower.catch_up(self._office.bus)
        self._trust = self._trusted()
        federation = self._directory.federation
        await self._enter([directory_topic(federation)])
        registrar = self._office.registrar
        if (behind := await in_thread(registrar.clock_trouble)) is not None:
            self._say_of("clock", behind)
        self._entered += await in_thread(registrar.judge_waiting, self._directory)
        prefix = f"{federation}.msg."
        await self._enter(sorted(topic for topic in await self._office.bus.topics() if topic.startswith(prefix)))

    async def _enter(self, topics: Sequence[str]) -> None:
        async for batch in self._reader.batches(topics, self._say):
            self._entered += await in_thread(self._office.registrar.enter, batch, self._directory)
            if _now() >= self._published_at + CHECKPOINT_SECONDS:
                await self._publish()

    async def _reread(self) -> None:
        """Ask again for what the bus did not give; what was had before is known by its digest."""
        for torn in await in_thread(self._office.registrar.gaps):
            with suppress(Gap, PositionOutOfRange, UnknownTopic):
                await self._reread_one(torn)
        # Nothing but the directory can let a message be logged that waits for it.
        if self._directory.digest != self._reread_under:
            for torn in await in_thread(self._office.registrar.deferred):
                with suppress(PositionOutOfRange, UnknownTopic):
                    await self._reread_deferred(torn)
            self._reread_under = self._directory.digest

    async def _reread_deferred(self, torn: Torn) -> None:
        """Ask again for what there was no room to keep, and go around what the bus has not any more."""
        registrar, crowded, start = self._office.registrar, frozenset[str](), torn.start
        while start < torn.next:
            try:
                async for batch in self._reader.reread(Torn(torn.topic, start, torn.next)):
                    entered = await in_thread(registrar.enter, batch, self._directory)
                    self._entered += entered
                    crowded |= entered.crowded
                break
            except Gap as gap:
                await in_thread(registrar.tear, gap)
                start = gap.next
        if not crowded:
            await in_thread(registrar.end_deferred, torn.topic)

    async def _reread_one(self, torn: Torn) -> None:
        async for batch in self._reader.reread(torn):
            self._entered += await in_thread(self._office.registrar.enter, batch, self._directory)
        await in_thread(self._office.registrar.mend, torn)

    async def _publish(self) -> None:
        """Publish what is journaled, unless witnesses are being asked about what is published now.

        They have a time limit; meanwhile the journal goes on.
        """
        await self._take_cosignatures()
        if self._collecting is not None:
            return
        while await in_thread(self._office.publisher.grow, self._trust):
            pass
        self._published_at = _now()
        if self._is_following and (clients := self._due(everyone=False)):
            self._collecting = asyncio.ensure_future(self._collect(clients))

    async def _wait_for_cosignatures(self, moment: float) -> None:
        """Wait for the witnesses that are being asked until *moment*, and leave them at it after that."""
        if self._collecting is not None:
            await asyncio.wait([self._collecting], timeout=max(moment - _now(), 0.0))
            await self._take_cosignatures()

    async def _take_cosignatures(self) -> None:
        if self._collecting is not None and self._collecting.done():
            task, self._collecting = self._collecting, None
            await self._cosigned(task.result())

    def _due(self, *, everyone: bool) -> Sequence[WitnessClient]:
        """Return the witnesses that have not cosigned what is published, or too long ago."""
        head = self._office.publisher.head
        if not head.note:
            return ()
        renewed = self._directory.root.checkpoint_max_age_hours * _HOUR // _RENEWALS
        now = to_micros(self._office.clock()) // _SECOND
        done = {name for name, at in cosigned_at(head.note, self._trust).items() if now - at < renewed}
        return self._office.cosigners.due(done, everyone=everyone)

    async def _collect(self, clients: Sequence[WitnessClient]) -> Collected:
        publisher = self._office.publisher
        at = to_micros(self._office.clock())
        signed = Signed(publisher.head.note, publisher.head.size, publisher.prover(), at)
        return await self._office.cosigners.collect(clients, signed, self._trust)

    async def _cosigned(self, collected: Collected) -> None:
        self._troubles += collected.troubles
        await in_thread(self._office.publisher.cosign, collected.signatures, self._trust)

    async def _progress(self) -> Progress:
        """Return what happened since the last time."""
        entered, self._entered = self._entered, NOTHING
        for topic in sorted(entered.crowded):
            self._say_of(f"crowded {topic}", _too_many(topic))
        troubles, self._troubles = self._troubles, []
        head = self._office.publisher.head
        return Progress(
            logged=entered.logged,
            duplicates=entered.duplicates,
            refused=entered.refused,
            waiting=await in_thread(self._office.registrar.waiting),
            equivocations=entered.equivocations,
            troubles=tuple(troubles),
            size=head.size,
            witnesses=tuple(sorted(cosigned_at(head.note, self._trust))) if head.note else (),
            quorum=self._trust.quorum,
        )

    def _say(self, error: BrokerError) -> None:
        """Tell of what keeps a topic from being read; not every second."""
        self._say_of(str(error), error)

    def _say_of(self, what: str, error: BrokerError) -> None:
        now = _now()
        self._said_at = {said: at for said, at in self._said_at.items() if now < at + _ASK_AGAIN_SECONDS}
        if what not in self._said_at:
            self._said_at[what] = now
            self._troubles.append(error)

    def _trusted(self) -> LogTrust:
        """Return whom to believe, this notary among them: nobody would believe what another signs."""
        trust = log_trust(self._directory)
        if all(key.public != self._office.public for key in present_notary(self._directory)):
            raise MissingKey(
                "the key of this notary is not the one that the newest root record appoints",
                hint="Check the setting key in hub/notary.toml.",
            )
        return trust


def _too_many(topic: str) -> TooManyWaiting:
    return TooManyWaiting(
        f"{topic} has more messages by keys that the directory does not know than are kept here",
        hint="Nothing is lost: the others are read again when the directory changes. Ask what writes there.",
    )


def _now() -> float:
    return asyncio.get_running_loop().time()
