"""A message and a reader as policy sees them: what it has to know of each, whatever the other is."""

from datetime import datetime
from typing import Self

import msgspec

from broker.directory.entries import AuthorityEntry
from broker.envelope.header import Header
from broker.records.agreement import AgreementCore
from broker.records.core import Core
from broker.records.forward import ForwardCore
from broker.records.forwarded import Forwarded, open_forwarded
from broker.records.group import GroupCore
from broker.records.marking import Marking
from broker.types.names import Digest, Originator, Participant, participant_of
from broker.types.vocabulary import Purpose, RecordKind, Role, Section, Sector, Status, Tlp


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What policy has to know of a message, whoever reads it.

    Of a message that somebody passes on, it is what policy knows of the original, more narrowly marked.

    Attributes:
        told: Countries named in it that the author confirmed may be told.
        original: Header digest of the message that it passes on; None if it speaks for itself.
    """

    originator: Originator
    participant: Participant
    kind: RecordKind
    status: Status
    tlp: Tlp
    sections: tuple[Section, ...]
    marking: Marking
    told: frozenset[str]
    original: Digest | None = None

    def is_embargoed(self, now: datetime) -> bool:
        """Say whether its author's embargo has not ended yet."""
        return self.marking.release_after is not None and now < self.marking.release_after

    def is_over(self, now: datetime) -> bool:
        """Say whether its author let it be kept until a time that has come."""
        return self.marking.retain_until is not None and self.marking.retain_until <= now

    @classmethod
    def of(cls, header: Header, kind: RecordKind, core: Core) -> Self:
        """Return what policy has to know of a message with *header* and *core*.

        Raises:
            BrokerError: The core is that of a forward, and what it passes on does not hold.
        """
        if isinstance(core, ForwardCore):
            sections = tuple(Section.from_word(section.name) for section in header.sections)
            return cls.of_forwarded(open_forwarded(core), tlp=header.tlp, sections=sections)
        return cls(
            originator=header.originator,
            participant=participant_of(header.originator),
            kind=kind,
            status=header.status,
            tlp=header.tlp,
            sections=tuple(Section.from_word(section.name) for section in header.sections),
            marking=marking_of(core),
            told=told_by(core),
        )

    @classmethod
    def of_forwarded(cls, forwarded: Forwarded, *, tlp: Tlp, sections: tuple[Section, ...]) -> Self:
        """Return what policy has to know of a forward.

        Args:
            tlp: The forward's own label.
            sections: Those that it passes on.
        """
        original = forwarded.original.header
        return cls(
            originator=original.originator,
            participant=participant_of(original.originator),
            kind=forwarded.kind,
            status=original.status,
            tlp=forwarded.tlp(tlp),
            sections=sections,
            marking=forwarded.marking,
            told=frozenset(),  # those whom it concerns were for its author to tell
            original=forwarded.digest,
        )


def marking_of(core: Core) -> Marking:
    """Return the marking of a record; those whom an agreement or a group is about are its recipients too."""
    match core:
        case AgreementCore():
            named: tuple[str, ...] = core.parties
        case GroupCore():
            named = core.members
        case _:
            return core.marking
    excluded = core.marking.excluded
    recipients = dict.fromkeys((*core.marking.recipients, *(one for one in named if one not in excluded)))
    return msgspec.structs.replace(core.marking, recipients=tuple(recipients))


def told_by(core: Core) -> frozenset[str]:
    """Return the countries named in a record that its author confirmed may be told."""
    return frozenset(one.country for one in core.concerned if one.tell)


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """An authority as policy sees it.

    Attributes:
        purposes: Its standing purposes, tried in this order.
        active: Whether it and its participant are active at the time of the decision.
    """

    authority: Originator
    participant: Participant
    sector: Sector
    roles: frozenset[Role]
    purposes: tuple[Purpose, ...]
    takes_part: bool
    active: bool

    @classmethod
    def of(cls, entry: AuthorityEntry, *, active: bool) -> Self:
        """Return the reader that a directory entry describes."""
        return cls(
            authority=Originator(entry.authority),
            participant=participant_of(entry.authority),
            sector=entry.sector,
            roles=frozenset(entry.roles),
            purposes=entry.purposes,
            takes_part=entry.takes_part_in_exercises,
            active=active,
        )
