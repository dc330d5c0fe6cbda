"""The tampering show: each attempt is made on a copy of the folder, and the audit of the copy has to find it."""

import asyncio
import multiprocessing
import shutil
import signal
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import select

from broker.bus.port import Bus
from broker.database import reading
from broker.types.names import Participant
from consumers import store
from consumers.findings import open_findings
from tocsin.auditing import AuditOptions, audit_folder
from tocsin.buses import open_bus
from tocsin.demo.attempts import ATTEMPTS
from tocsin.demo.document import Tried
from tocsin.demo.parts import Parts
from tocsin.demo.stage import Attempt
from tocsin.demo.staging import copy_for, staged
from tocsin.folder import FederationFolder
from tocsin.installation import open_node
from tocsin.notarizing import open_notary
from tocsin.settings import load_federation

_REPEATED: Final = "repeated"
_AUDIT: Final = AuditOptions(workers=1, content=False)
"""No key is needed to find any of this; what takes keys is found by the node that reads."""


async def try_everything(
    folder: FederationFolder,
    parts: Parts,
    *,
    now: datetime,
    attempts: Sequence[Attempt] = ATTEMPTS,
    tell: Callable[[str], None] = lambda _: None,
) -> list[Tried]:
    """Make every attempt that the messages of the victim allow; nobody may have the databases of *folder* open.

    Args:
        tell: Is told what is tried now.
    """
    results: list[Tried] = []
    with tempfile.TemporaryDirectory(prefix="tocsin-tampering-") as place:
        for number, attempt in enumerate(attempts):
            tell(f"tampering: {attempt.name}")
            copy = copy_for(parts, folder, Path(place) / str(number))
            tried = await _try(attempt, copy, parts, now)
            results += [] if tried is None else [tried]
    return results


async def try_all(
    folder: FederationFolder,
    parts: Parts,
    *,
    now: datetime,
    workers: int,
    tell: Callable[[str], None] = lambda _: None,
) -> list[Tried]:
    """Make every attempt of :data:`ATTEMPTS` as :func:`try_everything` does, several at a time.

    Args:
        workers: Processes; with 1 all is done in this one.
    """
    if workers < 2:
        return await try_everything(folder, parts, now=now, tell=tell)
    # Not forked: this process has threads, and connections that must not be shared.
    pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"), initializer=_begin)
    try:
        loop = asyncio.get_running_loop()
        jobs = [loop.run_in_executor(pool, _try_one, folder.root, parts, now, at) for at in range(len(ATTEMPTS))]
        results: list[Tried] = []
        for attempt, job in zip(ATTEMPTS, jobs, strict=True):
            tell(f"tampering: {attempt.name}")
            results += await job
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return results


def _begin() -> None:
    # Ctrl-C reaches all of them; the one that began says what happens.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _try_one(root: Path, parts: Parts, now: datetime, number: int) -> list[Tried]:
    """Make one attempt, in a process of its own: attempts have functions, which are not handed over."""
    return asyncio.run(try_everything(FederationFolder(root), parts, now=now, attempts=ATTEMPTS[number : number + 1]))


async def _try(attempt: Attempt, copy: FederationFolder, parts: Parts, now: datetime) -> Tried | None:
    settings = load_federation(copy)
    with staged(copy, parts, now) as stage:
        if not attempt.is_possible(stage):
            return None
        attempt.change(stage)
    if attempt.is_logged:
        async with open_notary(copy) as office:
            await office.notary.run_once()
    async with open_bus(copy, settings, clock=lambda: now) as bus:
        codes = await _codes(copy, bus, parts)
        if attempt.by_reader:
            codes += await _read_codes(copy, bus, parts.witness)
    shutil.rmtree(copy.root)
    caught = attempt.code in codes
    return Tried(attempt.name, caught, attempt.code if caught else next(iter(codes), ""))


async def _codes(copy: FederationFolder, bus: Bus, parts: Parts) -> list[str]:
    """Return what an audit finds in a copy, and whether its node drops what is there twice."""
    audit = await audit_folder(copy, options=_AUDIT)
    codes = [one.code for one in audit.findings]
    if audit.repeated and await _drops(copy, bus, parts.witness, audit.repeated):
        codes.append(_REPEATED)
    return codes


async def _read_codes(copy: FederationFolder, bus: Bus, witness: Participant) -> list[str]:
    """Return what a node that has its keys finds when it reads a copy: nothing of it reaches anybody."""
    with open_node(copy, witness) as node:
        taken = await node.receiver(bus).receive()
        with reading(node.engine) as connection:
            refused = connection.scalars(select(store.quarantine.c.code)).all()
            found = [one.code for one in open_findings(connection)]
    return [] if taken.inbox else [*refused, *found]


async def _drops(copy: FederationFolder, bus: Bus, witness: Participant, repeated: int) -> bool:
    """Say whether a node drops so many messages as repeated, and delivers none of them again."""
    with open_node(copy, witness) as node:
        taken = await node.receiver(bus).receive()
    return taken.duplicates == repeated and not taken.inbox
