"""A publishing node in a folder: its database, the bus beside it, and a clock that only tests move."""

import hashlib
import itertools
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from broker import decisions, follow, logbook
from broker.admit import Read, Sealed, Verified, admit, read, read_release
from broker.bus.embedded import open_embedded_bus
from broker.bus.port import Bus, Outgoing
from broker.database import open_engine, writing
from broker.envelope.message import Opened
from broker.follow import DirectoryFollower
from broker.policy.builtin import open_release_table
from broker.records.core import RelatedAs
from broker.relationships import Relationships
from broker.sealing.keys import SealingKey
from broker.sealing.pairwise import Pairwise
from broker.sealing.release import open_release
from broker.sealing.rest import RestKey
from broker.sealing.section import Place, key_commitment
from broker.section_keys import open_section_keys
from broker.signing.batch import VerifiedBatches
from broker.signing.keys import SigningKey
from broker.types.names import Digest, Originator, Participant, directory_topic, message_topic, participant_of
from broker.types.vocabulary import Kind, Status, Tlp
from producers import outbox
from producers.addressing import Sealing
from producers.draft import Draft, RelatedReference, Sections, content_digest
from producers.flush import Flusher, Line
from producers.publish import Outcome, Terms, take
from producers.sources import Source
from tests.support.federation import Federation, a_federation, a_seed
from tests.support.messages import a_digest
from tests.support.records import an_incident

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
CUSTOMS = Originator("NL/customs")
POLICE = Originator("NL/police")


def a_clock(start: datetime = NOW + timedelta(hours=1)) -> Callable[[], datetime]:
    """Return a clock that moves on by a second whenever it is asked."""
    seconds = itertools.count()
    return lambda: start + timedelta(seconds=next(seconds))


def some_randomness(seed: str = "salts") -> Callable[[int], bytes]:
    """Return bytes that are different every time, and the same in every run."""
    numbers = itertools.count()
    return lambda count: hashlib.shake_256(f"{seed} {next(numbers)}".encode()).digest(count)


def a_draft(
    reference: str,
    *,
    authority: Originator = CUSTOMS,
    line: int = 2,
    related: Sequence[str] = (),
    is_made: bool = False,
    status: Status = Status.EXERCISE,
    tlp: Tlp = Tlp.AMBER,
    **changes: Any,
) -> Draft:
    """Return the draft of an incident under *reference*; *changes* are fields of its core."""
    incident = an_incident(national_reference=reference, **changes)
    sections = Sections(core=incident.core, operational=incident.operational, nominal=incident.nominal)
    named = tuple(RelatedReference(one, RelatedAs.DUPLICATES) for one in related)
    digest = content_digest(sections, tlp=tlp, status=status, related=named)
    return Draft(
        authority=authority,
        sections=sections,
        tlp=tlp,
        status=status,
        authored_at=NOW,
        content_digest=digest,
        related_references=named,
        is_made=is_made,
        line=line,
    )


def some_drafts(count: int, *, first: int = 1) -> list[Draft]:
    """Return drafts ``R-1``, ``R-2``, …, one a line."""
    return [a_draft(f"R-{number}", line=number + 1) for number in range(first, first + count)]


def a_file(name: str, *contents: str) -> tuple[Source, list[Draft]]:
    """Return a file of rows without references: each of *contents* is one row, equal ones are equal rows."""
    rows = []
    for line, content in enumerate(contents, 2):
        ordinal = contents[: line - 1].count(content)
        reference = f"made-{a_digest(content).hex()[:16]}-{ordinal}"
        rows.append(a_draft(reference, line=line, is_made=True, summary=content))
    return Source(name, a_digest("\n".join(contents))), rows


class PublishingNode:
    """The node ``NL/~1`` in a folder."""

    def __init__(self, folder: Path, federation: Federation, bus: Bus, key: SigningKey | None = None) -> None:
        self.federation = federation
        self.bus = bus
        self.path = folder / "node.sqlite"
        self.keys_path = folder / "sections.sqlite"
        self.relationships = Relationships()
        self.withheld: set[Digest] = set()
        self.release = open_release_table("NL/~1")
        self.key = key or federation.signing_key("NL/customs")
        self.clock = a_clock()
        self.randomness = some_randomness(str(folder))
        self._is_open = False
        self.restart()

    def restart(self) -> None:
        """Open the database and forget everything else, as a new process does."""
        if self._is_open:
            self.close()
        self._is_open = True
        self.engine = open_engine(self.path)
        with writing(self.engine) as connection:
            for metadata in (outbox.metadata, follow.metadata, decisions.metadata, logbook.metadata):
                metadata.create_all(connection)
        self.section_keys = open_section_keys(self.keys_path, RestKey(a_seed("rest")), randomness=self.randomness)
        self.follower = DirectoryFollower(
            self.engine, federation=self.federation.name, root_digest=self.federation.root_digest
        )
        self.flusher = Flusher(self.engine, self.line(self.bus))

    def line(self, bus: Bus) -> Line:
        """Return what the node publishes over, with *bus* in the place of its own."""
        return Line(
            bus=bus,
            follower=self.follower,
            key=self.key,
            clock=self.clock,
            randomness=self.randomness,
            sealing=self.sealing(),
            check_heard=lambda *_: None,  # it reads nothing but the directory, which is new
        )

    def sealing(self) -> Sealing:
        """Return what the node seals with."""
        return Sealing(
            section_keys=self.section_keys,
            keyring=self.keyring,
            relationships=lambda *_: self.relationships,
            release=self.release,
            withheld=lambda _, digests: frozenset(self.withheld.intersection(digests)),
        )

    def keyring(self) -> list[SealingKey]:
        """Return the private halves of the node's sealing keys."""
        key = self.federation.sealing_keys.get("NL/~1")
        return [] if key is None else [key]

    def close(self) -> None:
        """Give the databases back."""
        self._is_open = False
        self.engine.dispose()
        self.section_keys.close()

    def read(self, message: Opened) -> Read:
        """Return what a record of this node says, with the keys that it keeps."""
        return read(Verified(message, late=False), self.keys_of(message))

    def keys_of(self, message: Opened) -> dict[Digest, bytes]:
        """Return the section keys of a message that the node keeps."""
        commitments = {one.key_commitment for one in message.header.sections if one.key_commitment is not None}
        return self.section_keys.get(commitments)

    def publish(
        self, *drafts: Draft, source: Source | None = None, new: bool = False, actual: bool = False
    ) -> list[Outcome]:
        """Put *drafts* into the outbox."""
        return list(take(self.engine, lambda: iter(drafts), Terms(source=source, new=new, actual=actual)))

    async def messages(self) -> list[Opened]:
        """Return what the bus holds of this participant, oldest first, each admitted as any reader would."""
        return await read_messages(self.bus, self.federation)


async def read_messages(bus: Bus, federation: Federation) -> list[Opened]:
    """Return what the bus holds of the participant NL, oldest first, each admitted as any reader would."""
    topic = message_topic(federation.name, Participant("NL"))
    verified, directory = VerifiedBatches(), federation.directory
    found: list[Opened] = []
    while batch := await bus.read(topic, start=len(found), most=256):
        late = NOW + timedelta(days=30)
        found += [
            admit(Sealed(one.topic, one.value), directory=directory, now=late, verified=verified).opened
            for one in batch
        ]
    return found


def names_of(messages: Iterable[Opened]) -> list[str]:
    """Return the messages' names."""
    return [str(one.header.name) for one in messages]


def check_chains(messages: Iterable[Opened]) -> None:
    """Check that each stream begins at 1, has no gap and nothing twice, and that each message names the one before."""
    heads: dict[object, tuple[int, Digest]] = {}
    for message in messages:
        sequence, digest = heads.get(message.header.stream, (0, Digest(bytes(32))))
        assert (sequence + 1, digest) == (message.header.sequence, message.header.previous)
        heads[message.header.stream] = (message.header.sequence, message.digest)


async def prepare_bus(bus: Bus, federation: Federation) -> None:
    """Make the topics of a federation and put its directory into one."""
    topics = [message_topic(federation.name, Participant(code)) for code in federation.admin_keys]
    await bus.create_topics([directory_topic(federation.name), *topics])
    await bus.send(directory_topic(federation.name), [Outgoing("directory", raw) for raw in federation.messages])


@asynccontextmanager
async def a_publishing_node(folder: Path, federation: Federation | None = None) -> AsyncIterator[PublishingNode]:
    """Give a node with an empty outbox and a bus that holds the directory only."""
    federation = federation or a_federation(("NL",))
    bus = open_embedded_bus(folder / "bus.sqlite", clock=a_clock())
    try:
        await prepare_bus(bus, federation)
        node = PublishingNode(folder, federation, bus)
        try:
            yield node
        finally:
            node.close()
    finally:
        await bus.close()


def a_sealing_federation(*participants: str) -> Federation:
    """Return a federation whose nodes have sealing keys that are valid at :data:`NOW`."""
    federation = a_federation(participants or ("NL", "BE", "FR"))
    for code in participants or ("NL", "BE", "FR"):
        federation.enrol_sealing_key(f"{code}/~1", NOW - timedelta(days=1))
    return federation


def keys_for(federation: Federation, node: str, messages: Iterable[Opened]) -> dict[Digest, bytes]:
    """Return the section keys that *node* finds in the RELEASE messages among *messages*, by their commitments."""
    found: dict[Digest, bytes] = {}
    directory = federation.directory
    for one in messages:
        if one.header.kind is Kind.RELEASE:
            header = one.header
            issuers = directory.sealing_keys(participant_of(header.originator), header.issued_at)
            items = open_release(
                read_release(Verified(one, late=False)),
                place=Place(header.federation, header.stream, header.sequence),
                keyring=[federation.sealing_keys[node]],
                issuers=[key.public for key in issuers],
                pairwise=Pairwise(),
            )
            found |= {key_commitment(item.key): item.key for item in items}
    return found


def readable(message: Opened, keys: Mapping[Digest, bytes]) -> set[str]:
    """Return the sections of a message that *keys* open."""
    return {head.name for head in message.header.sections if head.key_commitment in keys}


def records_in(messages: Iterable[Opened]) -> list[Opened]:
    """Return the records among *messages*."""
    return [one for one in messages if one.header.kind is Kind.RECORD]


class BrokenBus:
    """A bus of which a part fails: the messages go through before the failure, or they do not."""

    def __init__(self, bus: Bus, error: Exception, *, delivers: bool) -> None:
        self._bus = bus
        self._error = error
        self._delivers = delivers

    def __getattr__(self, name: str) -> Any:
        return getattr(self._bus, name)

    async def send(self, topic: str, messages: Sequence[Outgoing]) -> None:
        if self._delivers:
            await self._bus.send(topic, messages)
        raise self._error
