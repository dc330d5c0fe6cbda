"""The tampering show: each attempt is made on a copy of the folder, and the audit of the copy has to find it."""

import shutil
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import Engine, select

from broker import decisions
from broker.bus.port import Bus, Delivered
from broker.database import open_engine, reading
from broker.envelope.message import open_envelope
from broker.signing.keys import SEED_BYTES, SigningKey
from broker.types.names import Participant, message_topic, participant_of
from broker.types.vocabulary import Kind
from consumers import store
from consumers.audit import audit_bus
from consumers.audit_node import audit_node
from consumers.findings import open_findings
from tocsin.buses import open_bus
from tocsin.demo.attempts import ATTEMPTS, denied
from tocsin.demo.document import Tried
from tocsin.demo.forging import Topic
from tocsin.demo.stage import Attempt, Side, Stage, sealed_among
from tocsin.folder import FederationFolder
from tocsin.installation import RANDOMNESS, Node, open_node
from tocsin.keyring import FolderKeyring
from tocsin.node_database import open_readonly
from tocsin.secret import load_key
from tocsin.settings import FederationSettings, load_federation, load_node

_REPEATED = "repeated"
_ENOUGH: Final = 3
"""Sealed reports of the victim that every attempt can be made on."""


class Parts(msgspec.Struct, frozen=True):
    """Who is who in an attempt: whose messages are attacked, and whose node looks on."""

    victim: Participant
    witness: Participant


def choose_parts(folder: FederationFolder, readers: Sequence[Participant]) -> Parts:
    """Return the victim and the witness for which most attempts are possible.

    Args:
        folder: With the embedded bus.
        readers: Those that are taken as witness where others are no better.
    """
    codes = folder.participants()
    sizes = _sealed_reports(folder)
    witnesses = {code: _look_at(folder.node(code).database) for code in (*readers, *codes) if code in codes}

    def worth(parts: Parts) -> tuple[int, int, int]:
        size = sizes[parts.victim]
        return min(size, _ENOUGH), witnesses[parts.witness].worth(parts.victim), size

    return max((Parts(victim, one) for victim in codes for one in witnesses if one != victim), key=worth)


class _Witness(msgspec.Struct, frozen=True):
    """What the database of a node shows: of whom it has something, of whom something whole, and whether it denies."""

    shown: frozenset[Participant]
    whole: frozenset[Participant]
    denies: bool

    def worth(self, victim: Participant) -> int:
        return 2 * (victim in self.shown) + 2 * (victim in self.whole) + self.denies


def _sealed_reports(folder: FederationFolder) -> Counter[Participant]:
    federation = load_federation(folder).id
    engine = open_engine(folder.bus_file)
    try:
        topics = {code: Topic(engine, message_topic(federation, code)) for code in folder.participants()}
        return Counter({code: len(sealed_among(topic.messages())) for code, topic in topics.items()})
    finally:
        engine.dispose()


def _look_at(database: Path) -> _Witness:
    engine = open_readonly(database)
    joined = (
        store.inbox.join(store.message, store.message.c.digest == store.inbox.c.digest)
        .join(decisions.decision, decisions.decision.c.id == store.inbox.c.decision)
        .join(decisions.judgement, decisions.judgement.c.id == decisions.decision.c.judgement)
    )
    theirs = select(store.message.c.stream, decisions.judgement.c.outcome).select_from(joined)
    try:
        with reading(engine) as connection:
            rows = connection.execute(theirs.where(store.message.c.kind == Kind.RECORD.value).distinct()).all()
            denies = next(denied(connection), None) is not None
    finally:
        engine.dispose()
    return _Witness(
        shown=frozenset(participant_of(row.stream) for row in rows),
        whole=frozenset(participant_of(row.stream) for row in rows if row.outcome == "released"),
        denies=denies,
    )


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
        if not attempt.is_possible(stage):
            return None
        attempt.change(stage)
    async with open_bus(copy, settings, clock=lambda: now) as bus:
        codes = await _codes(copy, bus, parts, now)
        if attempt.by_reader:
            codes += await _read_codes(copy, bus, parts.witness)
    shutil.rmtree(copy.root)
    caught = attempt.code in codes
    return Tried(attempt.name, caught, attempt.code if caught else next(iter(codes), ""))


@asynccontextmanager
async def _stage(
    copy: FederationFolder, settings: FederationSettings, parts: Parts, now: datetime
) -> AsyncIterator[Stage]:
    bus = open_engine(copy.bus_file)
    try:
        with open_node(copy, parts.witness) as node:
            victim = _side(copy, bus, settings, parts.victim)
            yield Stage(
                victim=victim,
                witness=_side(copy, bus, settings, parts.witness),
                node=node.engine,
                opened=_opened_by(node, victim.sealed_reports()),
                unknown_key=SigningKey(RANDOMNESS(SEED_BYTES)),
                now=now,
            )
    finally:
        bus.dispose()


def _side(copy: FederationFolder, bus: Engine, settings: FederationSettings, participant: Participant) -> Side:
    topic = Topic(bus, message_topic(settings.id, participant))
    own = copy.node(participant)
    return Side(
        topic=topic,
        messages=topic.messages(),
        key=load_key(load_node(copy, participant).signing_key, own.root),
        sealing_key=next(iter(FolderKeyring(own.sealing_keys)())),
    )


def _opened_by(node: Node, reports: Sequence[Delivered]) -> list[Delivered]:
    """Return those of *reports* of which the node has every key."""
    commitments = {
        one.offset: [head.key_commitment for head in open_envelope(one.value).header.sections if head.key_commitment]
        for one in reports
    }
    have = node.section_keys.get([one for several in commitments.values() for one in several])
    return [one for one in reports if all(key in have for key in commitments[one.offset])]


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
