"""Several processes that share the work of an audit: decoding and parsing hold the interpreter, so threads would not.

Each opens bus, log and node databases for itself. What goes over between the processes is pieces one way and rows the
other; the ledger is written by the process that began. Where a process is lost, the others' work stands, and the rest
is done by the process that began.
"""

import asyncio
import multiprocessing
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractAsyncContextManager, AbstractContextManager, AsyncExitStack
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

import msgspec
from sqlalchemy import Connection

from broker.bus.port import Bus
from broker.directory.directory import Directory
from broker.log.port import LogReader
from broker.log.tiles import WIDTH
from broker.section_keys import SectionKeys
from broker.types.names import Originator
from consumers.audit.ledger import Ledger
from consumers.audit.node import Share, check_share
from consumers.audit.pieces import Piece, Pieceworker, Result
from consumers.audit.topics import Topics
from consumers.audit.units import AuditPlan, LeavesResult, Part, PartResult
from consumers.audit.yardstick import Yardstick
from consumers.findings import Finding

T = TypeVar("T")

_ALONE_BELOW: Final = 16_384
"""Pieces of fewer messages and entries are not worth starting processes for: each takes about a second."""
_WAITING_EACH: Final = 2
"""Pieces that are given to a process at once, so that it never waits for the next."""


class Station(Protocol):
    """Where an audit finds what it reads; can be handed to another process, which opens it for itself."""

    def bus(self) -> AbstractAsyncContextManager[Bus]:
        """Give the bus."""
        ...

    def log(self) -> LogReader | None:
        """Return the log; None where nobody says where it is."""
        ...

    def node(self, node: Originator) -> AbstractContextManager[tuple[Connection, SectionKeys | None]]:
        """Give a node's database, to look into, and its key store where that is there and opens."""
        ...


class NodeJob(msgspec.Struct, frozen=True):
    """A share of the audit of one node; the ledger but for its path."""

    ledger: Path
    topics: Topics
    node: Originator
    serves: bool
    is_logged: bool
    share: Share


class ProcessCrew:
    """Up to *workers* processes; see :class:`consumers.audit.record.Crew`."""

    def __init__(self, station: Station, *, workers: int, alone_below: int = _ALONE_BELOW) -> None:
        """Prepare; no process is started before there is work for it.

        Args:
            workers: At least 1; with 1 all is done in this process.
            alone_below: Messages and entries for which no process is started.
        """
        self._station = station
        self._workers = workers
        self._alone_below = alone_below
        self._pool: ProcessPoolExecutor | None = None

    def close(self) -> None:
        """Let the processes finish what they are at, and end them; twice is once."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    async def work(
        self, pieces: Sequence[Piece], directory: Directory, plan: AuditPlan, progress: Callable[[int], None]
    ) -> AsyncIterator[tuple[Piece, Result]]:
        """Yield what comes of each piece, in whatever order they are done."""
        left = list(pieces)
        if self._workers > 1 and _size(pieces) >= self._alone_below:
            self._start(directory, plan)
            async for piece, raw in self._spread(_do_piece, left):
                left.remove(piece)
                result = _decode(piece, raw)
                if isinstance(result, PartResult):
                    progress(result.read)
                yield piece, result
        if left:
            async with _Worker(self._station, directory, plan) as worker:
                for piece in left:
                    yield piece, await worker.do(piece, progress)

    async def check_nodes(self, jobs: Sequence[NodeJob]) -> list[Finding]:
        """Return what is wrong with nodes, in the order of *jobs*."""
        found: dict[int, list[Finding]] = {}
        if self._pool is not None:
            async for job, findings in self._spread(_do_job, jobs):
                found[id(job)] = findings
        for job in jobs:
            if id(job) not in found:
                found[id(job)] = check_job(self._station, job)
        return [one for job in jobs for one in found[id(job)]]

    def _start(self, directory: Directory, plan: AuditPlan) -> None:
        # Not forked: this process has threads, and connections that must not be shared.
        self._pool = ProcessPoolExecutor(
            self._workers,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_begin,
            initargs=(self._station, directory, plan),
        )

    async def _spread(self, do: Callable[[T], Any], jobs: Sequence[T]) -> AsyncIterator[tuple[T, Any]]:
        """Yield what comes of jobs as they are done; of some nothing, if a process is lost."""
        if self._pool is None:
            return
        waiting = list(reversed(jobs))
        given: dict[asyncio.Future[Any], T] = {}
        try:
            while waiting or given:
                while waiting and len(given) < self._workers * _WAITING_EACH:
                    future: Future[Any] = self._pool.submit(do, waiting[-1])
                    given[asyncio.wrap_future(future)] = waiting.pop()
                done, _ = await asyncio.wait(given, return_when=asyncio.FIRST_COMPLETED)
                for one in done:
                    yield given.pop(one), one.result()
        except BrokenProcessPool:
            self.close()
        finally:
            for one in given:
                one.cancel()


def check_job(station: Station, job: NodeJob) -> list[Finding]:
    """Return what a share of the audit of a node comes to."""
    ledger = Ledger(job.ledger, readonly=True)
    yardstick = Yardstick(ledger, job.topics, job.node, serves=job.serves, is_logged=job.is_logged)
    try:
        with station.node(job.node) as (connection, section_keys):
            return check_share(connection, yardstick, job.share, section_keys)
    finally:
        ledger.close()


class _Worker:
    """A pieceworker with a bus of its own."""

    def __init__(self, station: Station, directory: Directory, plan: AuditPlan) -> None:
        self._open = (station, directory, plan)
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Pieceworker:
        station, directory, plan = self._open
        bus = await self._stack.enter_async_context(station.bus())
        return Pieceworker(bus, station.log(), directory, plan)

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()


class _Process:
    """What a process of a crew keeps from piece to piece: its event loop and its bus."""

    def __init__(self, station: Station, directory: Directory, plan: AuditPlan) -> None:
        self.station = station
        self._runner = asyncio.Runner()
        self._worker = _Worker(station, directory, plan)
        self._pieceworker: Pieceworker | None = None

    def do(self, piece: Piece) -> Result:
        """Do one piece."""
        return self._runner.run(self._do(piece))

    async def _do(self, piece: Piece) -> Result:
        if self._pieceworker is None:
            self._pieceworker = await self._worker.__aenter__()
        return await self._pieceworker.do(piece)


_processes: Final[list[_Process]] = []
"""The one of this process, where it is one of a crew."""


def _begin(station: Station, directory: Directory, plan: AuditPlan) -> None:
    # Ctrl-C reaches all of them; the one that began says what happens.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _processes.append(_Process(station, directory, plan))


def _do_piece(piece: Piece) -> bytes:
    return msgspec.msgpack.encode(_processes[0].do(piece))


def _do_job(job: NodeJob) -> list[Finding]:
    return check_job(_processes[0].station, job)


def _decode(piece: Piece, raw: bytes) -> Result:
    if isinstance(piece, Part):
        return msgspec.msgpack.decode(raw, type=PartResult)
    return msgspec.msgpack.decode(raw, type=LeavesResult)


def _size(pieces: Sequence[Piece]) -> int:
    return sum(one.end - one.start if isinstance(one, Part) else (one.end - one.start) * WIDTH for one in pieces)
