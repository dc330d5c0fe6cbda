"""The steps of scheduling in an authority's inbox."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from broker.database import reading
from broker.directory import Directory
from broker.errors import InvalidRecord
from broker.records.scheduling import SchedulingCore
from broker.types.names import Digest, Originator, Participant
from broker.types.vocabulary import RecordKind, Section
from consumers.inbox import Item, item, items_of_kind
from tocsin.installation import Node
from tocsin.scheduling.state import Decision, Said, decisions_in, is_organisation


class Steps(msgspec.Struct, frozen=True):
    """The proposals and decisions that an authority may see, and the messages that say so."""

    decisions: tuple[Decision, ...]
    items: tuple[Item, ...]

    def find(self, digest: Digest) -> Decision | None:
        """Return the decision of which the message *digest* is a part: itself, its proposal, or a step about it."""
        return next((one for one in self.decisions if digest in _digests(one)), None)


def load_steps(node: Node, authority: Originator) -> Steps:
    """Return what *authority* may see of scheduling now."""
    with reading(node.engine) as connection:
        found = tuple(items_of_kind(connection, node.section_keys, authority, RecordKind.SCHEDULING, node.clock()))
    counting = [one for one in found if one.withdrawn is None]  # what was corrected is there once more, and right
    said = [(one, core) for one in counting if isinstance(core := one.sections.get(Section.CORE), SchedulingCore)]
    return Steps(tuple(_decisions(said)), tuple(one for one, _ in said))


def _decisions(said: Sequence[tuple[Item, SchedulingCore]]) -> Iterator[Decision]:
    """Yield the decisions of the world apart from those of an exercise: neither says anything of the other."""
    for status in dict.fromkeys(one.status for one, _ in said):
        steps = [
            Said(digest=one.original, by=one.author, issued_at=one.said_at, core=core)
            for one, core in said
            if one.status is status
        ]
        yield from decisions_in(steps)


def find_decision(node: Node, authority: Originator, name: str) -> tuple[Decision, Steps, Item]:
    """Return a decision by the name of one of its messages.

    Raises:
        MissingItem: *authority* has no such message.
        InvalidRecord: It is no step of scheduling, or is about a decision that is not here.
    """
    with reading(node.engine) as connection:
        found = item(connection, node.section_keys, authority, name, node.clock())
    steps = load_steps(node, authority)
    decision = steps.find(found.original)
    if decision is not None:
        return decision, steps, found
    if found.withdrawn is not None:
        raise InvalidRecord(f"{found.message}: {found.withdrawn.sentence}")
    if isinstance(found.sections.get(Section.CORE), SchedulingCore):
        raise InvalidRecord(f"{found.message} is about a decision that is not here: has the node received it?")
    raise InvalidRecord(f"{found.message} is no step of scheduling, but a {found.kind.word}")


def countries(directory: Directory, at: datetime) -> tuple[Participant, ...]:
    """Return the countries that take part at the moment *at*; organisations implement nothing."""
    return tuple(
        Participant(one.code)
        for one in sorted(directory.participants(), key=lambda one: one.code)
        if not is_organisation(one.code) and one.active_from <= at and (one.active_to is None or at < one.active_to)
    )


def _digests(decision: Decision) -> Iterator[Digest]:
    parts = (decision.said, decision.proposal, decision.notification, *decision.implementations, *decision.foreign)
    yield from (one.digest for one in parts if one is not None)
