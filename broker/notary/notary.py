"""The notary: reads every topic, fixes order and time, grows the log, has it witnessed.

::

    bus ──▶ judge ──▶ journal (one transaction) ──▶ tiles ──▶ signature ──▶ checkpoint ──▶ witnesses ──▶ checkpoint
            signed?   place, time, position         durable   kept first    published                    cosigned

Whatever stops it between two of these steps, the next run finds its place again. One notary at a time holds the lock of
the log. A second one is turned away, and what it had in hand by mistake is never signed: the checkpoint that is there
is looked at before another one is made.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from sqlalchemy import Engine

from broker.bus.port import Bus
from broker.errors import BadIdentity, BrokerError, BusForbidden, BusMisconfigured, TransportError
from broker.follow import DirectoryFollower
from broker.log.port import TileStore, WitnessClient
from broker.notary import tables
from broker.notary.cosigning import Cosigners
from broker.notary.journal import Journal
from broker.notary.progress import Progress, Report, Trouble
from broker.notary.publishing import Publisher
from broker.notary.registrar import ROOM, Registrar, Room
from broker.notary.running import Office, Run
from broker.signing.keys import SigningKey
from broker.types.names import Digest
from broker.types.time import Clock

_FIRST_PAUSE_SECONDS: Final = 0.5
_LAST_PAUSE_SECONDS: Final = 30.0
_OF_THE_BUS: Final = (BadIdentity, BusForbidden, BusMisconfigured)
"""Mistakes that are mended at the bus, or beside it, while a notary is running."""


class Notary:
    """The notary of one federation."""

    def __init__(
        self,
        engine: Engine,
        bus: Bus,
        store: TileStore,
        *,
        key: SigningKey,
        federation: str,
        root_digest: Digest,
        clock: Clock,
        witnesses: Sequence[WitnessClient] = (),
        room: Room = ROOM,
    ) -> None:
        """Open the journal in *engine*; an empty file becomes one.

        Raises:
            StaleDatabase: It is no journal, or one of another version.
        """
        tables.prepare(engine)
        self._store = store
        self._office = Office(
            bus,
            DirectoryFollower(engine, federation=federation, root_digest=root_digest),
            Registrar(engine, clock, room),
            Publisher(Journal(engine, federation), store, key),
            Cosigners(engine, witnesses),
            key.public,
            clock,
        )

    async def run_once(self) -> Progress:
        """Log everything that is on the bus now, publish it, ask every witness; return what it came to.

        Raises:
            TransportError: The bus or the log went away; what was logged until then stays logged.
            LogForked, LogBusy: Going on would fork the log, or another notary is at work.
            NoLog, UntrustedRoot, MissingKey: The root record appoints no notary, is not here, or appoints another key.
        """
        with self._store.lock():
            run = Run(self._office)
            await run.begin()
            return await run.once()

    async def follow(self, report: Report, trouble: Trouble) -> None:
        """Log what arrives, for ever, with a checkpoint at most each second; end by cancelling.

        The bus or the log's disk being away is waited for. A topic of a new participant is read within a second or two.

        Raises:
            LogForked, LogBusy, NoLog, UntrustedRoot: As for :meth:`run_once`.
            ConfigError: Something of this installation stands in the way.
        """
        pause = _FIRST_PAUSE_SECONDS
        reached = False
        while True:
            began = _now()
            try:
                with self._store.lock():
                    run = Run(self._office)
                    await run.begin()
                    reached = True
                    await run.follow(report, trouble)
            except (TransportError, *_OF_THE_BUS) as error:
                if not _passes(error, reached=reached):
                    raise
                # Only what lasted was well.
                if _now() - began > _LAST_PAUSE_SECONDS:
                    pause = _FIRST_PAUSE_SECONDS
                trouble(error, pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LAST_PAUSE_SECONDS)


def _passes(error: BrokerError, *, reached: bool) -> bool:
    """Say whether *error* may pass while a notary waits; *reached*: the bus has answered since it started."""
    return error.retriable if isinstance(error, TransportError) else reached


def _now() -> float:
    return asyncio.get_running_loop().time()
