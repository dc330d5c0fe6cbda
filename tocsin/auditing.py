"""Audit a folder: bus and log from the beginning, then each node's database, which is only looked at."""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, inspect

from broker.bus.port import Bus
from broker.database import open_engine, reading
from broker.errors import MissingFile, MissingKey, SplitView
from broker.log.port import LogReader
from broker.log.witness import parse_request
from broker.section_keys import SectionKeys
from broker.types.names import Originator, Participant, participant_of
from consumers.audit import (
    BusAudit,
    Ledger,
    Means,
    NodeJob,
    ProcessCrew,
    SeenCheckpoint,
    audit_bus,
    checkpoints_of,
    remove_ledger,
    shares,
    yardstick_of,
)
from consumers.findings import Finding
from tocsin.buses import open_bus
from tocsin.folder import FederationFolder
from tocsin.installation import RANDOMNESS, now
from tocsin.keyring import load_store_key
from tocsin.log_sources import open_log
from tocsin.node_database import open_readonly
from tocsin.settings import load_federation, load_node
from tocsin.witnessing.state import WitnessState, cosigned_head

_SHARES_EACH: Final = 4
"""Shares of a node's contents for each process: enough that none waits long for the last."""


class AuditOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How an audit is made.

    Attributes:
        workers: Processes; None for as many as there are processors.
        content: Whether content is read too: of what is not sealed, and of what a node's keys open.
        state: Where the work is kept, to go on with it after an interruption; None for a place that goes.
    """

    workers: int | None = None
    content: bool = True
    state: Path | None = None


class AuditReport(msgspec.Struct, frozen=True, kw_only=True):
    """What an audit came to.

    Attributes:
        log_size: Entries of the log, up to the checkpoint at which the audit ends; 0 where there is none to believe.
        witnesses: How many cosigned that checkpoint.
        appointed: How many might have; None where the network has no notary, so no log.
        unlogged: Messages that are not in the log yet, and need not be.
        nodes: Those whose database was there to be compared.
        not_compared: The others: nodes that have not been used yet, or whose database was taken away.
    """

    messages: int
    signatures: int
    repeated: int
    log_size: int
    witnesses: int
    appointed: int | None
    quorum: int
    unlogged: int
    nodes: tuple[str, ...]
    not_compared: tuple[str, ...]
    findings: tuple[Finding, ...]

    def document(self) -> dict[str, Any]:
        """Return what ``audit check --json`` prints; scripts rely on it."""
        return {
            "messages": self.messages,
            "log_size": self.log_size,
            "witnesses": self.witnesses,
            "appointed": self.appointed,
            "quorum": self.quorum,
            "unlogged": self.unlogged,
            "signatures": self.signatures,
            "repeated": self.repeated,
            "not_compared": self.not_compared,
            "findings": self.findings,
        }


class FolderStation(msgspec.Struct, frozen=True):
    """Where the audit of a folder finds what it reads; see :class:`consumers.audit.crew.Station`."""

    root: Path

    @property
    def folder(self) -> FederationFolder:
        """The folder."""
        return FederationFolder(self.root)

    @asynccontextmanager
    async def bus(self) -> AsyncIterator[Bus]:
        """Give the bus that the settings name.

        Raises:
            TransportError, ConfigError: It is not there, or the settings do not lead to it.
        """
        async with open_bus(self.folder, load_federation(self.folder), clock=now) as bus:
            yield bus

    def log(self) -> LogReader | None:
        """Return the log that the settings name; None where they name none."""
        return open_log(self.folder, load_federation(self.folder))

    @contextmanager
    def node(self, node: Originator) -> Iterator[tuple[Connection, SectionKeys | None]]:
        """Give a node's database, to look into, and its key store where that is there and opens.

        Raises:
            ConfigError: They cannot be read.
        """
        participant = participant_of(node)
        engine = open_readonly(self.folder.node(participant).database)
        try:
            with reading(engine) as connection, self._section_keys(participant) as section_keys:
                yield connection, section_keys
        finally:
            engine.dispose()

    @contextmanager
    def _section_keys(self, participant: Participant) -> Iterator[SectionKeys | None]:
        own, settings = self.folder.node(participant), load_node(self.folder, participant)
        try:
            rest = load_store_key(settings.store_key, own.root)
            section_keys = SectionKeys(open_engine(own.section_keys, readonly=True), rest, randomness=RANDOMNESS)
        except (MissingKey, MissingFile):
            yield None
            return
        try:
            yield section_keys
        finally:
            section_keys.close()


async def audit_folder(
    folder: FederationFolder,
    *,
    progress: Callable[[int], None] = lambda _: None,
    options: AuditOptions = AuditOptions(),  # noqa: B008 - a frozen value
) -> AuditReport:
    """Check the record in *folder*.

    Raises:
        TransportError: Bus or log are not there, or another federation's.
        ConfigError: Settings or databases cannot be read, or the state is another audit's.
    """
    settings, station = load_federation(folder), FolderStation(folder.root)
    ledger = None if options.state is None else Ledger(options.state)
    crew = ProcessCrew(station, workers=options.workers or os.cpu_count() or 1)
    means = Means(
        log=station.log(),
        needs_log=True,
        seen=tuple(_seen(folder, station)),
        content=options.content,
        ledger=ledger,
        crew=crew,
    )
    try:
        async with station.bus() as bus:
            found = await audit_bus(
                bus,
                federation=settings.id,
                root_digest=settings.root_digest,
                now=now(),
                progress=progress,
                means=means,
            )
        report = await _with_nodes(folder, found, crew, options)
    finally:
        crew.close()
        if ledger is not None:
            ledger.close()
    if options.state is not None:
        remove_ledger(options.state)  # it went through; kept, it would only seem to be worth something
    return report


async def _with_nodes(
    folder: FederationFolder, found: BusAudit, crew: ProcessCrew, options: AuditOptions
) -> AuditReport:
    participants = folder.participants() if found.is_rooted else ()
    compared = [code for code in participants if folder.node(code).database.exists()]
    jobs = [job for code in compared for job in _jobs(folder, code, found, options)]
    findings = await crew.check_nodes(jobs)
    checkpoint, log = found.checkpoint, found.log
    return AuditReport(
        messages=found.messages,
        signatures=found.signatures,
        repeated=found.repeated,
        log_size=0 if checkpoint is None else checkpoint.size,
        witnesses=0 if checkpoint is None else len(checkpoint.witnesses),
        appointed=None if log is None else log.appointed,
        quorum=0 if checkpoint is None else checkpoint.quorum,
        unlogged=found.unlogged,
        nodes=tuple(compared),
        not_compared=tuple(code for code in folder.participants() if code not in compared),
        findings=(*found.findings, *findings),
    )


def _jobs(folder: FederationFolder, code: Participant, found: BusAudit, options: AuditOptions) -> Iterator[NodeJob]:
    yardstick = yardstick_of(found, load_node(folder, code).node)
    contents = _SHARES_EACH * (options.workers or os.cpu_count() or 1) if options.content else 0
    for share in shares(contents):
        yield NodeJob(
            yardstick.ledger.path, yardstick.topics, yardstick.node, yardstick.serves, yardstick.is_logged, share
        )


def _seen(folder: FederationFolder, station: FolderStation) -> Iterator[SeenCheckpoint]:
    """Yield the checkpoints that nodes and witnesses have kept in this folder."""
    for code in folder.participants():
        own = folder.node(code)
        if own.database.exists():
            node = load_node(folder, code).node
            with station.node(node) as (connection, _):
                yield from checkpoints_of(connection, node)
        if own.witness_database.exists():
            yield from _cosigned(own.witness_database, code)


def _cosigned(database: Path, code: Participant) -> Iterator[SeenCheckpoint]:
    engine = open_engine(database, readonly=True)
    try:
        if not inspect(engine).has_table(cosigned_head.name):
            return  # another version's: what it has seen cannot be asked
        memory = WitnessState(engine)
        yield from (SeenCheckpoint(f"{code}: what its witness cosigned", one.note) for one in memory.heads())
        for refused in memory.refused():
            if refused.code == SplitView.code:
                yield SeenCheckpoint(f"{code}: what its witness refused", parse_request(refused.request).checkpoint)
    finally:
        engine.dispose()
