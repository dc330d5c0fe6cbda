"""From a message, a reader and the directory to the facts that policy decides by.

Producers ask before they publish, consumers when a message arrives: both through this one door, so what an author is
shown beforehand is what a reader gets.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Final, Self

import msgspec

from broker.directory.directory import Directory
from broker.directory.entries import AuthorityEntry
from broker.envelope.header import Header
from broker.grants import NO_GRANTS, Grants, Use
from broker.policy.facts import Facts
from broker.records.agreement import AgreementCore
from broker.records.core import Core
from broker.records.forward import ForwardCore
from broker.records.forwarded import Forwarded, open_forwarded
from broker.records.group import GroupCore
from broker.records.marking import Marking
from broker.types.names import Digest, Originator, Participant, participant_of
from broker.types.vocabulary import Action, Purpose, RecordKind, Relation, Role, Section, Sector, Status, Tlp


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


class StandingAgreement(msgspec.Struct, frozen=True, kw_only=True):
    """An agreement that an authority has declared; it widens only what that authority sends.

    One that a focal point declared widens what its whole participant sends.

    Attributes:
        name: By which a later record replaces it.
        parties: Participants and authorities it is made with.
        kinds: Records it covers; empty for all.
        ends_on: The last day it counts; None for no end.
    """

    by: Originator
    name: str
    parties: frozenset[str]
    kinds: frozenset[RecordKind]
    starts_on: date
    ends_on: date | None

    @classmethod
    def of(cls, originator: Originator, core: AgreementCore) -> Self:
        """Return the agreement in a record of *originator*."""
        return cls(
            by=originator,
            name=core.reference,
            parties=frozenset(core.parties),
            kinds=frozenset(core.kinds),
            starts_on=core.starts_on,
            ends_on=core.ends_on,
        )

    def covers(self, about: About, reader: Reader, today: date) -> bool:
        """Say whether it lets *reader* see more of a message that it counts for today."""
        return (
            not self.parties.isdisjoint((reader.participant, reader.authority))
            and (not self.kinds or about.kind in self.kinds)
            and _holds(self.starts_on, self.ends_on, today)
        )


class StandingGroup(msgspec.Struct, frozen=True, kw_only=True):
    """A joint team or operation; always with an end.

    Attributes:
        by: The authority that made it.
        name: As a marking names it, ``@NL/lionfish``.
        members: Participants and authorities.
        ends_on: The last day it counts.
    """

    by: Originator
    name: str
    members: frozenset[str]
    starts_on: date
    ends_on: date

    @classmethod
    def of(cls, originator: Originator, core: GroupCore) -> Self:
        """Return the group in a record of *originator*, named by the participant that leads it."""
        return cls(
            by=originator,
            name=core.full_name(participant_of(originator)),
            members=frozenset(core.members),
            starts_on=core.starts_on,
            ends_on=core.ends_on,
        )

    def has(self, reader: Reader, today: date) -> bool:
        """Say whether *reader* is a member today."""
        return not self.members.isdisjoint((reader.participant, reader.authority)) and _holds(
            self.starts_on, self.ends_on, today
        )


class Relationships(msgspec.Struct, frozen=True):
    """The agreements, groups and grants that a node knows of, and who may speak for a whole participant.

    Each counts for the messages of the authority that made it; one that a focal point made, for those of its whole
    participant, and a focal point's group for whoever names it.

    Attributes:
        focal_points: Of all participants, by the directory in force.
        made_by: The agreements once more, by who made them: others' cost a message nothing, however many there are.
        named: The groups once more, by their names.
    """

    agreements: tuple[StandingAgreement, ...] = ()
    groups: tuple[StandingGroup, ...] = ()
    focal_points: frozenset[Originator] = frozenset()
    grants: Grants = NO_GRANTS
    made_by: Mapping[str, tuple[StandingAgreement, ...]] = {}
    named: Mapping[str, tuple[StandingGroup, ...]] = {}

    def __post_init__(self) -> None:
        made: dict[str, list[StandingAgreement]] = {}
        for one in self.agreements:
            made.setdefault(participant_of(one.by) if one.by in self.focal_points else one.by, []).append(one)
        named: dict[str, list[StandingGroup]] = {}
        for group in self.groups:
            named.setdefault(group.name, []).append(group)
        msgspec.structs.force_setattr(self, "made_by", {by: tuple(several) for by, several in made.items()})
        msgspec.structs.force_setattr(self, "named", {name: tuple(several) for name, several in named.items()})

    def has_agreement(self, about: About, reader: Reader, today: date) -> bool:
        """Say whether an agreement that counts for the message lets *reader* see more of it today."""
        makers = (about.originator, about.participant)
        return any(one.covers(about, reader, today) for maker in makers for one in self.made_by.get(maker, ()))

    def groups_for(self, originator: Originator) -> frozenset[str]:
        """Return the names of the groups that count where a message of *originator* names them."""
        return frozenset(name for name in self.named if self._counting(originator, name))

    def has_unknown_group(self, about: About, named: Iterable[str]) -> bool:
        """Say whether one of those that are *named* is a group of which no record has come that counts."""
        return any(name.startswith("@") and not self._counting(about.originator, name) for name in named)

    def in_group(self, about: About, named: Iterable[str], reader: Reader, today: date) -> bool:
        """Say whether *reader* is a member today of one of the groups that the message's author *named*."""
        return any(
            group.has(reader, today)
            for name in named
            if name.startswith("@")
            for group in self._counting(about.originator, name)
        )

    def _counting(self, originator: Originator, name: str) -> list[StandingGroup]:
        groups = self.named.get(name, ())
        return [one for one in groups if one.by == originator or one.by in self.focal_points]


def focal_points(directory: Directory, at: datetime) -> frozenset[Originator]:
    """Return the authorities that speak for their whole participant at the moment *at*."""
    entries = directory.authorities(at)
    return frozenset(Originator(one.authority) for one in entries if Role.FOCAL_POINT in one.roles)


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader wants, and when.

    Attributes:
        purposes: To be tried in this order; a person opening a section states one.
        message: Header digest of the message, by which a grant names it; None where it has none yet.
        recipients: Those to whom a reader would pass it on; a grant has to name each of them.
    """

    action: Action
    purposes: tuple[Purpose, ...]
    now: datetime
    message: Digest | None = None
    recipients: tuple[str, ...] = ()


def delivery(reader: Reader, now: datetime, message: Digest | None = None) -> Request:
    """Return the request that is made for *reader* when a message arrives: each of its standing purposes."""
    return Request(action=Action.RECEIVE, purposes=reader.purposes, now=now, message=message)


def facts_for(about: About, reader: Reader, relationships: Relationships, request: Request) -> Facts:
    """Return the facts by which policy decides *request* of *reader*. What is not known is not claimed."""
    marking = about.marking
    return Facts(
        action=request.action,
        kind=about.kind,
        status=about.status,
        tlp=about.tlp,
        relation=_relations(about, reader, relationships, request.now.date()),
        sector=reader.sector,
        roles=reader.roles,
        purposes=request.purposes,
        allowed_purposes=frozenset(marking.purposes),
        addressed=bool(marking.recipients),
        takes_part=reader.takes_part,
        embargoed=about.is_embargoed(request.now),
        handling=frozenset(marking.handling),
        granted=_granted(about, reader, relationships, request),
        sections=about.sections,
        expires=marking.retain_until is not None,
    )


def _granted(
    about: About, reader: Reader, relationships: Relationships, request: Request
) -> frozenset[tuple[Section, Purpose]]:
    grants = relationships.grants
    message = about.original or request.message
    # Most messages are named by no grant.
    if message is None or message not in grants.named:
        return frozenset()
    use = Use(
        message=message,
        originator=about.originator,
        grantee=reader.authority,
        action=request.action,
        purposes=request.purposes,
        recipients=request.recipients,
        now=request.now,
    )
    return grants.uses(use, relationships.focal_points)


_FOR_NODES: Final = frozenset({RecordKind.RECALL, RecordKind.RECEIPT})
"""Records that nodes act on. Whoever had what a recall takes back is told of that, and nobody else."""


def raises_alert(about: About, relation: frozenset[Relation], now: datetime) -> bool:
    """Say whether a reader who stands so to a message, and may see something of it, has to be told at once.

    The countries that the message names as concerned, and those that its author addressed; never the author's own, and
    nobody once it may not be kept any more.
    """
    if about.is_over(now) or about.kind in _FOR_NODES:
        return False
    return Relation.OWN not in relation and not relation.isdisjoint((Relation.CONCERNED, Relation.NAMED))


def _relations(about: About, reader: Reader, relationships: Relationships, today: date) -> frozenset[Relation]:
    marking = about.marking
    names = (reader.participant, reader.authority)
    found: set[Relation] = set()
    if reader.active:
        found.add(Relation.COMMUNITY)
    if reader.participant == about.participant:
        found.add(Relation.OWN)
    if any(name in marking.recipients for name in names):
        found.add(Relation.NAMED)
    if relationships.in_group(about, marking.recipients, reader, today):
        found.add(Relation.GROUP)
    if relationships.has_agreement(about, reader, today):
        found.add(Relation.AGREEMENT)
    if reader.participant in about.told:
        found.add(Relation.CONCERNED)
    if _is_excluded(about, reader, relationships, today):
        found.add(Relation.EXCLUDED)
    return frozenset(found)


def _is_excluded(about: About, reader: Reader, relationships: Relationships, today: date) -> bool:
    """A group may be excluded too; who its members are must be known, or anybody could be one of them.

    That its own participant may not be is for the tables to say.
    """
    excluded = about.marking.excluded
    return (
        any(name in excluded for name in (reader.participant, reader.authority))
        or relationships.in_group(about, excluded, reader, today)
        or relationships.has_unknown_group(about, excluded)
    )


def _holds(starts_on: date, ends_on: date | None, today: date) -> bool:
    return starts_on <= today and (ends_on is None or today <= ends_on)
