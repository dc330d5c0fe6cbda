"""The tampering show: each attempt is made on a copy of the folder, and the audit of the copy has to find it."""

import shutil
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import msgspec

from broker.bus.port import Bus
from broker.database import open_engine, reading
from broker.signing.keys import SEED_BYTES, SigningKey
from broker.types.names import Participant, message_topic
from consumers.audit import audit_bus
from consumers.audit_node import audit_node
from tocsin.buses import open_bus
from tocsin.demo.attempts import ATTEMPTS, Attempt, Stage
from tocsin.demo.document import Tried
from tocsin.demo.forging import Topic
from tocsin.folder import FederationFolder
from tocsin.installation import RANDOMNESS, open_node
from tocsin.node_database import open_readonly
from tocsin.secret import load_key
from tocsin.settings import FederationSettings, load_federation, load_node

_REPEATED = "repeated"


class Parts(msgspec.Struct, frozen=True):
    """Who is who in an attempt: whose messages are attacked, and whose node looks on."""

    victim: Participant
    witness: Participant


def choose_parts(folder: FederationFolder, readers: Sequence[Participant]) -> Parts:
    """Return the participant that has published most as victim, and the first other of *readers* as witness."""
    federation = load_federation(folder)
    engine = open_engine(folder.bus_file)
    try:
        sizes = Counter(
            {code: len(Topic(engine, message_topic(federation.id, code)).messages()) for code in folder.participants()}
        )
    finally:
        engine.dispose()
    victim = sizes.most_common(1)[0][0]
    return Parts(victim, next(code for code in (*readers, *folder.participants()) if code != victim))


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
            copy = _copy(folder, Path(place) / str(number), parts)
            tried = await _try(attempt, copy, parts, now)
            results += [] if tried is None else [tried]
    return results


async def _try(attempt: Attempt, copy: FederationFolder, parts: Parts, now: datetime) -> Tried | None:
    settings = load_federation(copy)
    async with _stage(copy, settings, parts, now) as stage:
        if len(stage.messages) < attempt.needs:
            return None
        attempt.change(stage)
    async with open_bus(copy, settings, clock=lambda: now) as bus:
        codes = await _codes(copy, bus, parts, now)
    shutil.rmtree(copy.root)
    caught = attempt.code in codes
    return Tried(attempt.name, caught, attempt.code if caught else next(iter(codes), ""))


@asynccontextmanager
async def _stage(
    copy: FederationFolder, settings: FederationSettings, parts: Parts, now: datetime
) -> AsyncIterator[Stage]:
    bus, node = open_engine(copy.bus_file), open_engine(copy.node(parts.witness).database)
    try:
        topic = Topic(bus, message_topic(settings.id, parts.victim))
        yield Stage(
            topic=topic,
            messages=topic.messages(),
            node=node,
            own_key=_key(copy, parts.victim),
            other_key=_key(copy, parts.witness),
            unknown_key=SigningKey(RANDOMNESS(SEED_BYTES)),
            now=now,
        )
    finally:
        bus.dispose()
        node.dispose()


async def _codes(copy: FederationFolder, bus: Bus, parts: Parts, now: datetime) -> list[str]:
    """Return what an audit finds in a copy, and whether its node drops what is there twice."""
    settings = load_federation(copy)
    audit = await audit_bus(bus, federation=settings.id, root_digest=settings.root_digest, now=now)
    engine = open_readonly(copy.node(parts.witness).database)
    try:
        with reading(engine) as connection:
            findings = [*audit.findings, *audit_node(connection, audit, load_node(copy, parts.witness).node)]
    finally:
        engine.dispose()
    codes = [one.code for one in findings]
    if audit.repeated and await _drops(copy, bus, parts.witness, audit.repeated):
        codes.append(_REPEATED)
    return codes


async def _drops(copy: FederationFolder, bus: Bus, witness: Participant, repeated: int) -> bool:
    """Say whether a node drops so many messages as repeated, and delivers none of them again."""
    with open_node(copy, witness) as node:
        taken = await node.receiver(bus).receive()
    return taken.duplicates == repeated and not taken.inbox


def _copy(folder: FederationFolder, to: Path, parts: Parts) -> FederationFolder:
    """Copy what an attempt needs: the bus, the node that looks on, and the keys of the victim."""
    copy = FederationFolder(to)
    to.mkdir()
    for file in (folder.federation_file, folder.bus_file):
        shutil.copy(file, to)
    shutil.copytree(folder.node(parts.witness).root, copy.node(parts.witness).root)
    shutil.copytree(folder.node(parts.victim).keys, copy.node(parts.victim).keys)
    shutil.copy(folder.node(parts.victim).settings_file, copy.node(parts.victim).root)
    return copy


def _key(folder: FederationFolder, participant: Participant) -> SigningKey:
    return load_key(load_node(folder, participant).signing_key, folder.node(participant).root)
