"""A good record, whole: topics, log, witnesses, two nodes that have read both, HEADS that say so. Faults go into it.

::

    NL/customs 1, NL/police 1, NL/customs 2, BE/police 1, NL/police 2, NL/customs 3      read, decided, logged
    HEADS of both nodes: streams, directory, decisions so far, and the checkpoint
    NL/customs 4, NL/police 3                                                            read, decided, logged
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import Connection, Engine, select

from broker import decisions
from broker.bus.port import Delivered
from broker.database import open_engine, reading, writing
from broker.decisions import decision_leaf
from broker.envelope.message import open_envelope
from broker.log.checkpoint import Checkpoint, format_checkpoint
from broker.log.cosignature import cosign
from broker.log.entry import LogEntry, format_entry
from broker.log.note import Note, format_note, parse_note, sign_note
from broker.log.port import CHECKPOINT
from broker.log_store import MemoryTileStore
from broker.logbook import Logbook
from broker.signing.keys import SigningKey
from broker.types.names import Digest, Stream, directory_topic
from consumers.audit import Means, SeenCheckpoint, audit_bus, audit_node, checkpoints_of
from consumers.findings import Finding
from tests.support.exercise import Exercise, Node
from tests.support.federation import a_signing_key
from tests.support.heads import head_of, root_over, some_heads_of, write_heads
from tests.support.log import NOTARY_KEY, Log, a_log
from tests.support.plain_log import PlainLog
from tests.support.records import a_core
from tocsin.demo.forging import Topic

T = TypeVar("T")

AUTHORS = ("NL/customs", "NL/police", "NL/customs", "BE/police", "NL/police", "NL/customs")
LATER = ("NL/customs", "NL/police")


@dataclass
class Stage:
    """The record, and the means of whoever attacks it."""

    exercise: Exercise
    given: Log | None
    nodes: dict[str, Node] = field(default_factory=dict)
    """Whose databases the audit has, by participant."""

    @property
    def log(self) -> Log:
        """The log, where there is one."""
        assert self.given is not None
        return self.given

    @property
    def files(self) -> dict[str, bytes]:
        """Tiles and checkpoint, to be tampered with."""
        assert isinstance(self.log.store, MemoryTileStore)
        return self.log.store.files

    def topic(self, participant: str = "NL") -> "Edited":
        """Return a topic as whoever owns the disk sees it; ``directory`` is that of the directory."""
        federation = self.exercise.federation.name
        name = directory_topic(federation) if participant == "directory" else self.exercise.topic(participant)
        return Edited(self.exercise, name)

    def edit_node(self, plant: Callable[[Connection], object], participant: str = "BE") -> None:
        """Change a node's database."""
        with writing(self.nodes[participant].engine) as connection:
            plant(connection)

    async def read(self) -> None:
        """Let all nodes read the bus to its end, and the log."""
        for node in self.nodes.values():
            await node.receive()
            book = Logbook(node.engine, self.exercise.federation.name)
            book.catch_up(self.log.store, self.log.trust, self.exercise.clock.now)

    async def findings(self, *, root_digest: Digest | None = None) -> list[Finding]:
        """Audit everything that is there."""
        federation = self.exercise.federation
        seen: list[SeenCheckpoint] = []
        for node in self.nodes.values():
            with reading(node.engine) as connection:
                seen += checkpoints_of(connection, node.name)
        audit = await audit_bus(
            self.exercise.bus,
            federation=federation.name,
            root_digest=root_digest or federation.root_digest,
            now=self.exercise.clock.now,
            means=Means(log=None if self.given is None else self.given.store, seen=tuple(seen)),
        )
        findings = list(audit.findings)
        for node in self.nodes.values() if audit.is_rooted else ():
            with reading(node.engine) as connection:
                findings += audit_node(connection, audit, node.name, node.section_keys)
        return findings

    async def codes(self) -> set[str]:
        """Return the codes of all findings."""
        return {one.code for one in await self.findings()}

    # ── what only the notary can do ──────────────────────────────────────────────────────────────────────────────────

    def sign_log(
        self,
        entries: Sequence[LogEntry] | None = None,
        *,
        key: SigningKey = NOTARY_KEY,
        origin: str = "",
        witnesses: Iterable[str] | None = None,
    ) -> None:
        """Put another log in the place of this one, signed and cosigned; the same one if no *entries* are given."""
        raws = [format_entry(one) for one in (self.log.entries() if entries is None else entries)]
        plain, name = PlainLog(raws), origin or self.log.trust.origin
        text = format_checkpoint(Checkpoint(name, len(raws), plain.root(0, len(raws))))
        names = [one.name for one in self.log.trust.witnesses] if witnesses is None else witnesses
        at = int(self.exercise.clock.now.timestamp())
        lines = (sign_note(text, key, name), *(cosign(text, a_signing_key(one), one, at) for one in names))
        self.files.clear()
        self.files.update(plain.files(len(raws)))
        self.files[CHECKPOINT] = format_note(Note(text, lines))

    def strip_cosignatures(self) -> None:
        """Leave of the checkpoint what the notary signed."""
        note = parse_note(self.files[CHECKPOINT])
        self.files[CHECKPOINT] = format_note(Note(note.text, note.signatures[:1]))


class Edited:
    """A topic that is changed behind everybody's back; the bus is closed to nobody meanwhile."""

    def __init__(self, exercise: Exercise, name: str) -> None:
        self._path = exercise.folder / "bus.sqlite"
        self._name = name

    def messages(self) -> list[Delivered]:
        """Return everything in it."""
        return self._with(lambda topic: topic.messages())

    def put(self, offset: int, value: bytes) -> None:
        """Write other bytes over a message; a place below 0 counts from the end."""
        self._with(lambda topic: topic.put(self._at(topic, offset), value))

    def remove(self, offset: int) -> None:
        """Take a message out."""
        self._with(lambda topic: topic.remove(self._at(topic, offset)))

    def add(self, value: bytes) -> None:
        """Append a message."""
        self._with(lambda topic: topic.add("key", value))

    def swap(self, one: int, other: int) -> None:
        """Let two messages change their places."""
        there = self.messages()
        self.put(one, there[other].value)
        self.put(other, there[one].value)

    def replace_all(self, values: Sequence[bytes]) -> None:
        """Let the topic hold other messages."""
        for one in reversed(self.messages()):
            self.remove(one.offset)
        for value in values:
            self.add(value)

    def _at(self, topic: Topic, offset: int) -> int:
        return offset if offset >= 0 else topic.messages()[offset].offset

    def _with(self, work: Callable[[Topic], T]) -> T:
        engine: Engine = open_engine(self._path)
        try:
            return work(Topic(engine, self._name))
        finally:
            engine.dispose()


async def bare_record(exercise: Exercise) -> Stage:
    """Return topics alone, of a network that has no notary."""
    await _write(exercise, AUTHORS)
    return Stage(exercise, None)


async def logged_record(exercise: Exercise) -> Stage:
    """Return topics and log alone: nobody has seen them yet."""
    stage = Stage(exercise, a_log(exercise))
    await _write(exercise, AUTHORS)
    stage.log.run()
    return stage


async def whole_record(exercise: Exercise) -> Stage:
    """Return the whole record."""
    stage = await logged_record(exercise)
    stage.nodes = {code: exercise.node(f"{code}/~1") for code in ("BE", "NL")}
    await stage.read()
    for code in stage.nodes:
        await _announce(stage, code)
    await _write(exercise, LATER)
    stage.log.run()
    await stage.read()
    return stage


async def _write(exercise: Exercise, authors: Iterable[str]) -> None:
    for number, by in enumerate(authors):
        exercise.clock.advance(seconds=1)
        await exercise.write({"core": a_core(by.partition("/")[0], national_reference=f"{by}-{number}")}, by=by)


async def _announce(stage: Stage, code: str) -> None:
    """Send the HEADS of a node over all that it knows."""
    exercise, node = stage.exercise, stage.nodes[code]
    last = {str(open_name(raw)): head_of(raw) for raw in raws_of(stage.topic(code)) if "~" not in str(open_name(raw))}
    with reading(node.engine) as connection:
        rows = connection.execute(select(decisions.decision).order_by(decisions.decision.c.id)).all()
    leaves = [decision_leaf(row) for row in rows]
    heads = some_heads_of(
        last,
        directory_digest=exercise.federation.directory.digest,
        decisions_root=root_over(*leaves),
        decisions_count=len(leaves),
        checkpoint=stage.files[CHECKPOINT],
    )
    exercise.clock.advance(seconds=1)
    await exercise.send(write_heads(exercise, heads, by=f"{code}/~1"))


def raws_of(topic: Edited) -> list[bytes]:
    """Return the messages of a topic."""
    return [one.value for one in topic.messages()]


def open_name(raw: bytes) -> Stream:
    """Return the stream of a message."""
    return open_envelope(raw).header.stream
