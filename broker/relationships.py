"""Who has agreed what with whom: agreements, groups and grants, and for whose messages each of them counts."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Self

import msgspec

from broker.about import About, Reader
from broker.directory.directory import Directory
from broker.grants import NO_GRANTS, Grants
from broker.records.agreement import AgreementCore
from broker.records.group import GroupCore
from broker.types.names import Originator, participant_of
from broker.types.vocabulary import RecordKind, Role


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


def _holds(starts_on: date, ends_on: date | None, today: date) -> bool:
    return starts_on <= today and (ends_on is None or today <= ends_on)
