"""A report of NL/customs that BE/police has read, and what is done with it."""

from collections.abc import Mapping
from typing import Any

import msgspec

from broker.database import reading, writing
from broker.deciders import Deciders
from broker.envelope.message import Opened, open_envelope
from broker.policy.builtin import open_house_table
from broker.records.marking import Marking
from broker.types.names import Digest, Originator
from broker.types.vocabulary import Action, Purpose, Section
from consumers.inbox import Item, item
from consumers.onward import Ruling, User, Wanted, rule_on
from consumers.opening import reader_of
from producers.forward import Passing, forward_sections
from tests.support.exercise import Exercise, Node, a_body
from tests.support.records import a_grant, a_marking, an_incident

POLICE, CUSTOMS = "BE/police", "BE/customs"


def a_report(**marking: Any) -> Mapping[str, msgspec.Struct]:
    """Return the sections of a report to BE/police alone."""
    fields: dict[str, Any] = {"recipients": (POLICE,)}
    return an_incident("NL", marking=a_marking(**(fields | marking)), concerned=()).sections


class Case:
    """A report of NL/customs at BE's node."""

    def __init__(self, exercise: Exercise, node: Node, report: Mapping[str, msgspec.Struct], raw: bytes) -> None:
        self.exercise = exercise
        self.node = node
        self.report = report
        self.original: Opened = open_envelope(raw)

    @property
    def digest(self) -> Digest:
        """That of the report."""
        return self.original.digest

    async def write(self, sections: Mapping[str, msgspec.Struct], by: str = "NL/customs", **changes: Any) -> Digest:
        """Write a record, let the node read it, and return its digest."""
        raw = await self.exercise.write(sections, by=by, **changes)
        await self.node.receive()
        return open_envelope(raw).digest

    async def grant(self, by: str = "NL/customs", **changes: Any) -> Digest:
        """Let *by* answer BE/police about the report."""
        fields: dict[str, Any] = {"message": self.digest, "until": self.node.clock.now.replace(year=2027)}
        self.node.clock.advance(seconds=1)  # of two answers of one moment either might be the newer
        return await self.write({"core": a_grant(**(fields | changes))}, by)

    def forwarded(
        self, *sections: Section, original: Opened | None = None, **marking: Any
    ) -> dict[str, msgspec.Struct]:
        """Return the sections of a forward of the report to BE/customs."""
        contents = {Section.from_word(name): a_body(one) for name, one in self.report.items()}
        wanted = {one: contents[one] for one in (Section.CORE, *sections)}
        fields: dict[str, Any] = {"recipients": (CUSTOMS,)}
        passing = Passing(marking=a_marking(**(fields | marking)), national_reference="BE-7", grant=None)
        return dict(forward_sections(original or self.original, wanted, passing).present())

    def item(self, authority: str, digest: Digest) -> Item:
        """Return a message as an authority sees it."""
        with reading(self.node.engine) as connection:
            return item(connection, self.node.section_keys, Originator(authority), digest.hex(), self.node.clock.now)

    def sees(self, authority: str, digest: Digest) -> bool:
        """Say whether a message is in the inbox of an authority."""
        return any(one.digest == digest for one in self.node.items(authority))

    def refused(self) -> set[str]:
        """Return why messages are in quarantine."""
        return set(self.node.quarantine().values())

    def rule(self, action: Action, *recipients: str, sections: tuple[Section, ...] = (), **asked: Any) -> Ruling:
        """Decide about what BE/police, or *by*, wants to do with the report, or the message *digest*."""
        by, purpose = Originator(asked.get("by", POLICE)), asked.get("purpose", Purpose.INVESTIGATION)
        found = self.item(by, asked.get("digest", self.digest))
        directory, now = self.node.follower.directory, self.node.clock.now
        user = User(reader_of(directory, by, now), directory, Deciders(open_house_table(self.node.name)), now)
        wanted = Wanted(action=action, purpose=purpose, recipients=recipients, sections=sections)
        with writing(self.node.engine) as connection:
            return rule_on(connection, self.node.section_keys, found, user, wanted)


def marking_of(record: msgspec.Struct | None) -> Marking:
    """Return the marking in a core section."""
    marking = getattr(record, "marking", None)
    assert isinstance(marking, Marking)
    return marking
