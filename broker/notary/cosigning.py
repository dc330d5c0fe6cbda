"""Asking witnesses for their cosignatures: all at once, within a time, and whoever is away is asked less often."""

import asyncio
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from typing import Final

import msgspec
from sqlalchemy import Engine, select
from sqlalchemy.dialects.sqlite import insert

from broker.database import reading, writing
from broker.errors import BrokerError, SplitView, WitnessUnavailable
from broker.log.note import NoteSignature
from broker.log.port import WitnessClient
from broker.log.trust import LogTrust
from broker.log.witness import Answer, Cosigned, ask
from broker.merkle import Hash
from broker.notary import tables
from broker.notary.threads import in_thread

WAIT_SECONDS: Final = 5.0
"""How long all witnesses together may take."""
GRACE_SECONDS: Final = 0.25
"""How long the rest is waited for when there is a quorum."""
_FIRST_PAUSE_SECONDS: Final = 2.0
_LAST_PAUSE_SECONDS: Final = 60.0


class Signed(msgspec.Struct, frozen=True):
    """A checkpoint that is to be cosigned.

    Attributes:
        prove: Gives the proof that it grew out of a tree of an old size.
        at: When it is asked for, in microseconds since 1970.
    """

    note: bytes
    size: int
    prove: Callable[[int], tuple[Hash, ...]]
    at: int


class Collected(msgspec.Struct, frozen=True):
    """What witnesses gave, and what was wrong with the others."""

    signatures: tuple[NoteSignature, ...] = ()
    troubles: tuple[BrokerError, ...] = ()


class Cosigners:
    """The witnesses of one notary; remembers what each has cosigned last, so that a proof begins there."""

    def __init__(self, engine: Engine, clients: Sequence[WitnessClient]) -> None:
        self._engine = engine
        self._clients = clients
        self._pauses: dict[str, tuple[float, float]] = {}
        """Until when a witness is not asked, and for how long."""

    def due(self, done: Collection[str], *, everyone: bool) -> Sequence[WitnessClient]:
        """Return the witnesses to be asked: all but those in *done*, and but those that were away lately.

        Args:
            everyone: Ask those too.
        """
        now = _now()
        left = (one for one in self._clients if one.name not in done)
        return [one for one in left if everyone or self._pauses.get(one.name, (0.0, 0.0))[0] <= now]

    async def collect(self, clients: Sequence[WitnessClient], signed: Signed, trust: LogTrust) -> Collected:
        """Ask *clients*; return what came in time."""
        tasks = {one.name: asyncio.ensure_future(self._ask(one, signed, trust)) for one in clients}
        try:
            await _enough(list(tasks.values()), trust.quorum)
        finally:
            for task in tasks.values():
                task.cancel()
            await asyncio.gather(*tasks.values(), return_exceptions=True)
        given = {name: task.result().signature for name, task in tasks.items() if _failure(name, task) is None}
        failed = {name: error for name, task in tasks.items() if (error := _failure(name, task)) is not None}
        for name in tasks:
            self._note(name, failed.get(name))
        await in_thread(self._keep, signed, given, failed)
        return Collected(tuple(given.values()), tuple(failed.values()))

    async def _ask(self, client: WitnessClient, signed: Signed, trust: LogTrust) -> Cosigned:
        key = next((one for one in trust.witnesses if one.name == client.name), None)
        if key is None:
            raise WitnessUnavailable(
                f"{client.name} is not appointed as a witness", hint="Leave it out of the settings."
            )
        known = await in_thread(self._known_size, client.name)
        exchange = ask(signed.note, known_size=known, prove=signed.prove, key=key)
        step = await in_thread(_next, exchange, None)
        while isinstance(step, bytes):
            step = await in_thread(_next, exchange, await client.add_checkpoint(step))
        return step

    def _note(self, name: str, error: BrokerError | None) -> None:
        """A witness that answers is asked each time, one that does not less and less often."""
        if error is None:
            self._pauses.pop(name, None)
            return
        pause = min(self._pauses.get(name, (0.0, _FIRST_PAUSE_SECONDS / 2))[1] * 2, _LAST_PAUSE_SECONDS)
        self._pauses[name] = (_now() + pause, pause)

    def _known_size(self, name: str) -> int:
        with reading(self._engine) as connection:
            return connection.scalar(select(tables.witness.c.size).where(tables.witness.c.name == name)) or 0

    def _keep(self, signed: Signed, given: Collection[str], failed: Mapping[str, BrokerError]) -> None:
        """Keep whom a proof may begin where for, and the alarm of a witness that has seen another log."""
        sizes = [{"name": name, "size": signed.size} for name in given]
        views = [
            {"witness": name, "size": signed.size, "note": signed.note, "says": str(error), "at": signed.at}
            for name, error in failed.items()
            if isinstance(error, SplitView)
        ]
        with writing(self._engine) as connection:
            if sizes:
                statement = insert(tables.witness)
                changed = {"size": statement.excluded.size}
                connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=changed), sizes)
            if views:
                connection.execute(insert(tables.split_view).on_conflict_do_nothing(), views)


async def _enough(tasks: Collection[asyncio.Task[Cosigned]], quorum: int) -> None:
    """Wait for all, within the time; where a quorum has cosigned, hardly any longer."""
    deadline = _now() + WAIT_SECONDS
    waiting = set(tasks)
    while waiting and _now() < deadline:
        done, waiting = await asyncio.wait(waiting, timeout=deadline - _now(), return_when=asyncio.FIRST_COMPLETED)
        given = [one for one in tasks if one.done() and one.exception() is None]
        if done and 0 < quorum <= len(given):
            deadline = min(deadline, _now() + GRACE_SECONDS)


def _failure(name: str, task: asyncio.Task[Cosigned]) -> BrokerError | None:
    """Return why a witness gave nothing; raise what is no witness's fault."""
    if task.cancelled():
        return WitnessUnavailable(f"witness {name} did not answer in time")
    error = task.exception()
    if error is None or isinstance(error, BrokerError):
        return error
    raise error


def _next(exchange: Generator[bytes, Answer, Cosigned], answer: Answer | None) -> bytes | Cosigned:
    """Go one step on; here, because a generator's end cannot leave a thread as the exception that it is."""
    try:
        return next(exchange) if answer is None else exchange.send(answer)
    except StopIteration as end:
        given: Cosigned = end.value
        return given


def _now() -> float:
    return asyncio.get_running_loop().time()
