"""An evidence file out of nothing but seeds: a federation, a message, a log of it, and what its reader decided.

The log here is ``tests/support/plain_log.py`` with a notary's signature; nothing of the notary is needed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import msgspec

from broker.deciders import tables_in_force
from broker.directory.entries import TableEntry, Witness
from broker.envelope.body import Content
from broker.envelope.message import Opened, open_envelope
from broker.log.checkpoint import Checkpoint, format_checkpoint, log_origin
from broker.log.cosignature import cosign
from broker.log.entry import LogEntry, format_entry
from broker.log.hashes import TileHashes
from broker.log.note import Note, format_note, sign_note
from broker.log.trust import SignedCheckpoint, check_checkpoint
from broker.log_trust import log_trust
from broker.policy.builtin import marking_table, open_house_table
from broker.policy.decide import Decider, Tables
from broker.types.names import Digest, Originator, Participant
from broker.types.time import to_micros
from broker.types.vocabulary import Action, KeyUse, Section, Status
from consumers.evidence.checklist import Checklist, check_evidence
from consumers.evidence.container import format_container, parse_container
from consumers.evidence.decided import format_decisions, format_tables, judged
from consumers.evidence.evidence import DECISIONS, Evidence, format_evidence, open_evidence
from consumers.evidence.gathering import LogView, directory_files, log_files, message_files, revocation_proofs
from consumers.evidence.making import Made, make_evidence
from consumers.evidence.manifest import digest_of, format_manifest, parse_manifest
from consumers.evidence.report import Story
from tests.support.exercise import Authors, Clock, a_body
from tests.support.federation import (
    COMMUNITY_TABLE,
    HUB_STREAM,
    ROOT_STREAM,
    Federation,
    a_root,
    a_signing_key,
    a_statement,
    text_digest,
)
from tests.support.plain_log import PlainLog
from tests.support.policy import facts
from tests.support.records import an_incident

POLICE = Originator("BE/police")
WITNESSES = ("NL", "BE", "DE")
LATER = timedelta(minutes=5)


class LoggedFederation(Federation):
    """A federation whose root appoints a notary and three witnesses, two of whom make a quorum; or nobody, for 0."""

    quorum = 2

    def found(self) -> None:
        """Write the first root record and the community table."""
        self.notary_key = a_signing_key("notary")
        self.witness_keys = {code: a_signing_key(f"witness {code}") for code in WITNESSES}
        root = a_root(
            self.root_keys,
            [self.hub_key],
            notary_key=a_statement(self.notary_key, "X-HUB/~notary", KeyUse.LOG),
            witnesses=tuple(self._witness(code) for code in WITNESSES) if self.quorum else (),
            witness_quorum=self.quorum,
        )
        self.root_digest = self.say(root, ROOT_STREAM).digest
        self.say(TableEntry(table=COMMUNITY_TABLE, digest=text_digest(COMMUNITY_TABLE)), HUB_STREAM)

    def _witness(self, code: str) -> Witness:
        name = f"{self.name}/witness/{code}"
        return Witness(
            name=name, operator=f"operator of {code}", key=a_statement(self.witness_keys[code], name, KeyUse.WITNESS)
        )


@dataclass
class World:
    """A federation, its authors and its log; what is logged is logged in the order in which it is told."""

    federation: LoggedFederation
    clock: Clock = field(default_factory=Clock)
    entries: list[LogEntry] = field(default_factory=list)
    seen_after: timedelta = LATER

    def __post_init__(self) -> None:
        """Log the directory."""
        self.authors = Authors(self.federation, self.clock)
        self._logged = 0
        self.log_directory()

    def log_directory(self) -> None:
        """Log what the directory has since the last time."""
        new, self._logged = self.federation.messages[self._logged :], len(self.federation.messages)
        for raw in new:
            self.log(raw)

    def write(self, sections: dict[str, msgspec.Struct] | None = None, **changes: object) -> Opened:
        """Write a message and log it."""
        raw = self.authors.write(sections, **changes)
        self.log(raw)
        return open_envelope(raw)

    def log(self, raw: bytes, at: datetime | None = None) -> None:
        """Let the notary see a message."""
        opened = open_envelope(raw)
        header = opened.header
        seen = to_micros(at or self.clock.now + self.seen_after)
        entry = LogEntry(header.federation, header.stream, header.sequence, opened.digest, seen)
        self.entries.append(entry)

    def view(self, *, witnesses: Sequence[str] = ("NL", "BE")) -> LogView:
        """Return the log below a checkpoint that *witnesses* cosigned."""
        plain = PlainLog([format_entry(one) for one in self.entries])
        size = len(self.entries)
        signed = self.checkpoint(plain, witnesses)
        places = {one.digest: index for index, one in reversed(list(enumerate(self.entries)))}
        return LogView(TileHashes(plain.files(size), size), signed, places.get)

    def checkpoint(self, plain: PlainLog, witnesses: Sequence[str]) -> SignedCheckpoint:
        """Return the checkpoint over a whole log."""
        size, origin = len(plain.entries), log_origin(self.federation.name)
        text = format_checkpoint(Checkpoint(origin, size, plain.root(0, size)))
        at = int(self.clock.now.replace(tzinfo=UTC).timestamp()) + 600
        names = {code: f"{self.federation.name}/witness/{code}" for code in witnesses}
        lines = [sign_note(text, self.federation.notary_key, origin)]
        lines += [cosign(text, self.federation.witness_keys[code], name, at) for code, name in names.items()]
        return check_checkpoint(format_note(Note(text, tuple(lines))), log_trust(self.federation.directory))

    def files(
        self,
        message: Opened,
        *sections: Section,
        records: dict[str, msgspec.Struct] | None = None,
        view: LogView | None = None,
    ) -> dict[str, bytes]:
        """Return what an evidence file about *message* is made of that discloses *sections*, the core always."""
        records = records or dict(an_incident("NL").sections)
        wanted = (Section.CORE, *sections)
        contents: dict[Section, Content] = {one: a_body(records[one.word]) for one in wanted}
        view, directory = view or self.view(), self.federation.directory
        return {
            **message_files(message, contents),
            **directory_files(self.federation.messages, directory, message.header.originator, view.has),
            **revocation_proofs(message.header.signers, directory, view),
            **log_files(message.digest, view),
            **self.decided(message, wanted),
        }

    def decided(self, message: Opened, wanted: Sequence[Section]) -> dict[str, bytes]:
        """Return a decision that permits to export."""
        community, national = tables_in_force(self.federation.directory, Participant("NL"))
        tables = Tables(marking_table(), national, community, open_house_table("BE/~1"))
        purpose = facts().purposes[0]
        asked = facts(
            action=Action.EXPORT,
            status=Status.EXERCISE,
            tlp=message.header.tlp,
            granted=frozenset((section, purpose) for section in wanted),
            sections=tuple(Section.from_word(one.name) for one in message.header.sections),
        )
        made = Decider(tables).decide(asked)
        one = judged(made, number=7, at=self.clock.now, directory=self.federation.directory.digest, reader=POLICE)
        return {DECISIONS: format_decisions([one]), **format_tables(table for _, table in tables.in_order)}

    def make(self, message: Opened, *sections: Section, view: LogView | None = None) -> Made:
        """Return the evidence file of *message*."""
        files = self.files(message, *sections, view=view)
        return make_evidence(files, a_story(), exported_by=POLICE, root_digest=self.federation.root_digest)

    def check(self, evidence: Evidence, root_digest: Digest | None = None) -> Checklist:
        """Return what somebody finds who trusts the root of this federation."""
        return check_evidence(evidence, root_digest or self.federation.root_digest)


def a_world(*participants: str, quorum: int = 2) -> World:
    """Return a federation of NL and BE, or of *participants*, whose directory is logged."""
    federation = LoggedFederation()
    federation.quorum = quorum
    federation.found()
    for code in participants or ("NL", "BE"):
        federation.join(code)
    return World(federation)


def a_story(**changes: object) -> Story:
    """Return what is told of a message."""
    story = Story(
        title="Evidence: NL/customs/1#1",
        banner="EXERCISE EXERCISE EXERCISE  this is no real case",
        handling=("TLP:AMBER. From NL/customs, exported by BE/police for investigation.",),
        facts=(("CORE", ""), ("what", "seizure")),
    )
    return msgspec.structs.replace(story, **changes)


def an_evidence_file(world: World | None = None, *sections: Section) -> bytes:
    """Return the bytes of an evidence file about the first message of NL/customs."""
    world = world or a_world()
    return format_evidence(world.make(world.write(), *sections).evidence)


def reopened(raw: bytes) -> Evidence:
    """Return an evidence file as whoever gets it sees it."""
    return open_evidence(raw)


def forged(raw: bytes, changes: Mapping[str, bytes | None], **manifest: object) -> bytes:
    """Return an evidence file with other files, None for one that is taken out, and whose digests all fit again."""
    files = parse_container(raw)
    said = parse_manifest(files.pop("evidence.json"))
    for name, content in changes.items():
        if content is None:
            del files[name]
        else:
            files[name] = content
    digests = {name: digest_of(content) for name, content in files.items()}
    said = msgspec.structs.replace(said, files=digests, **manifest)
    return format_container({"evidence.json": format_manifest(said), **files})
