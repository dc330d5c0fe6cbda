"""A transparency log beside an exercise: a notary that reads its bus, tiles in memory, witnesses in this process.

::

    log = a_log(exercise)        # appoints notary and three witnesses in the exercise's directory, and announces it
    log.run()                    # everything that is on the bus now is logged, published and witnessed
    log.store                    # a TileStore, to be read as any reader does
    log.files                    # path to bytes, to be tampered with; only where the log is in memory
    log.trust                    # whose signatures count
    log.checkpoint               # the published note, checked
    log.entries()                # every leaf, in the order of the log
    log.witnesses[0].away = True # it does not answer any more
"""

import asyncio
import threading
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from broker import limits
from broker.database import open_engine
from broker.directory.entries import Witness
from broker.errors import WitnessUnavailable
from broker.log.entry import LogEntry, parse_entry
from broker.log.hashes import TileHashes
from broker.log.port import CHECKPOINT, TileStore
from broker.log.tree import TreeHead
from broker.log.trust import LogTrust, SignedCheckpoint, check_checkpoint
from broker.log.witness import Answer, add_checkpoint
from broker.log_store import MemoryTileStore
from broker.log_trust import log_trust
from broker.notary import Notary, Progress
from broker.notary.registrar import ROOM, Room
from broker.signing.keys import SigningKey
from broker.types.vocabulary import KeyUse
from tests.support.exercise import Clock, Exercise
from tests.support.federation import ROOT_STREAM, Federation, a_signing_key, a_statement

T = TypeVar("T")

NOTARY_KEY = a_signing_key("notary")
WITNESS_CODES = ("NL", "BE", "DE", "FR", "ES")


class InProcessWitness:
    """A witness in this process; forgets everything with it."""

    def __init__(self, federation: Federation, code: str, clock: Clock) -> None:
        self.name = f"{federation.name}/witness/{code}"
        self.key = a_signing_key(self.name)
        self.away = False
        self.heads: dict[str, TreeHead] = {}
        self.requests: list[bytes] = []
        self._federation = federation
        self._clock = clock
        self._trust: tuple[int, LogTrust] = (0, LogTrust("", (), (), 0))

    @property
    def trust(self) -> LogTrust:
        """Whose signatures count, by the directory of now; to fold it takes a while."""
        messages = len(self._federation.messages)
        if self._trust[0] != messages:
            self._trust = (messages, log_trust(self._federation.directory))
        return self._trust[1]

    async def add_checkpoint(self, request: bytes) -> Answer:
        """See :class:`broker.log.port.WitnessClient`."""
        if self.away:
            raise WitnessUnavailable(f"{self.name} is away")
        self.requests.append(request)
        trust = self.trust
        answer, head = add_checkpoint(
            request,
            known=self.heads.get,
            logs={trust.origin: trust.notary},
            key=self.key,
            name=self.name,
            now=int(self._clock.now.timestamp()),
        )
        if head is not None:
            self.heads[trust.origin] = head
        return answer


def appoint_log(federation: Federation, *, witnesses: int = 3) -> None:
    """Appoint the notary and *witnesses* (their quorum is more than half) in a new root record, if none is yet."""
    root = federation.directory.root
    if root.notary_key is not None:
        return
    names = [f"{federation.name}/witness/{code}" for code in WITNESS_CODES[:witnesses]]
    appointed = msgspec.structs.replace(
        root,
        version=root.version + 1,
        notary_key=a_statement(NOTARY_KEY, "X-HUB/~notary", KeyUse.LOG),
        witnesses=tuple(
            Witness(name=one, operator=f"operator of {one}", key=a_statement(a_signing_key(one), one, KeyUse.WITNESS))
            for one in names
        ),
        witness_quorum=len(names) // 2 + 1 if names else 0,
    )
    federation.say(appointed, ROOT_STREAM)


@dataclass
class Log:
    """The log of an exercise; see the top of this module."""

    exercise: Exercise
    witnesses: list[InProcessWitness]
    store: TileStore = field(default_factory=MemoryTileStore)
    key: SigningKey = NOTARY_KEY
    file: str = "notary.sqlite"
    room: Room = ROOM

    @property
    def trust(self) -> LogTrust:
        """Whose signatures count."""
        return log_trust(self.exercise.federation.directory)

    @property
    def files(self) -> dict[str, bytes]:
        """The files of a log in memory, by path."""
        assert isinstance(self.store, MemoryTileStore)
        return self.store.files

    @property
    def raw(self) -> bytes:
        """The published note."""
        found = self.store.read(CHECKPOINT, most=limits.MAX_NOTE_BYTES)
        assert found is not None, "nothing is published; run() first"
        return found

    @property
    def checkpoint(self) -> SignedCheckpoint:
        """The published note, checked."""
        return check_checkpoint(self.raw, self.trust)

    def entries(self) -> list[LogEntry]:
        """Return every leaf, in the order of the log."""
        size = self.checkpoint.size
        return [parse_entry(raw) for raw in TileHashes(self.store, size).entries(0, size)]

    def run(self) -> Progress:
        """Log, publish and have witnessed what is on the bus now; also from inside an event loop."""
        return _wait(self.run_once())

    async def run_once(self) -> Progress:
        """Do the same, as a notary that has just started does it."""
        exercise = self.exercise
        engine = open_engine(exercise.folder / self.file)
        try:
            notary = Notary(
                engine,
                exercise.bus,
                self.store,
                key=self.key,
                federation=exercise.federation.name,
                root_digest=exercise.federation.root_digest,
                clock=exercise.clock,
                witnesses=self.witnesses,
                room=self.room,
            )
            return await notary.run_once()
        finally:
            engine.dispose()


def a_log(exercise: Exercise, *, witnesses: int = 3, store: TileStore | None = None) -> Log:
    """Return the log of an exercise, with nothing in it yet.

    Args:
        store: Where its files lie; in memory if not said.
    """
    appoint_log(exercise.federation, witnesses=witnesses)
    _wait(exercise.announce())
    named = exercise.federation.directory.root.witnesses
    codes: Sequence[str] = [one.name.rsplit("/", 1)[1] for one in named]
    mine = [InProcessWitness(exercise.federation, code, exercise.clock) for code in codes]
    return Log(exercise, mine, MemoryTileStore() if store is None else store)


def _wait(work: Coroutine[Any, Any, T]) -> T:
    """Run *work* in an event loop of its own, on a thread: the caller may be inside another loop."""
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(asyncio.run(work))
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    for error in errors:
        raise error
    return results[0]
