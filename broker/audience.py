"""Who of all authorities may have which section of a message: asked by its author before, by its node when it is sent.

The same facts and the same decider as at every reader, but for house tables, which only the readers' nodes know. Most
authorities stand to a message in no other way than all others of their kind; they are decided about together.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Self

import msgspec

from broker.about import About, Reader
from broker.deciders import SenderDeciders
from broker.directory.directory import Directory
from broker.facts import delivery, facts_for
from broker.policy.decide import Decision
from broker.relationships import Relationships
from broker.types.names import Digest, Originator, Participant, participant_of
from broker.types.vocabulary import Section

_Kind = tuple[object, ...]
"""All that policy knows of a reader but its name."""


class Readership(msgspec.Struct, frozen=True):
    """The active authorities of a directory, prepared to be decided about.

    Attributes:
        readers: By name.
        nodes: The node that serves each.
        of_participant: Their names, by participant.
        alike: Names of readers that differ in nothing else.
        kinds: The place in ``alike`` of each.
    """

    readers: Mapping[Originator, Reader]
    nodes: Mapping[Originator, Originator]
    of_participant: Mapping[Participant, tuple[Originator, ...]]
    alike: tuple[tuple[Originator, ...], ...]
    kinds: Mapping[Originator, int]

    @classmethod
    def of(cls, directory: Directory, at: datetime) -> Self:
        """Return the authorities that take part at the moment *at*."""
        readers: dict[Originator, Reader] = {}
        nodes: dict[Originator, Originator] = {}
        of_participant: dict[Participant, list[Originator]] = {}
        alike: dict[_Kind, list[Originator]] = {}
        for entry in directory.authorities(at):
            reader = Reader.of(entry, active=True)
            readers[reader.authority] = reader
            nodes[reader.authority] = Originator(entry.node)
            of_participant.setdefault(reader.participant, []).append(reader.authority)
            kind = (reader.sector, reader.roles, reader.purposes, reader.takes_part)
            alike.setdefault(kind, []).append(reader.authority)
        return cls(
            readers,
            nodes,
            {code: tuple(names) for code, names in of_participant.items()},
            tuple(tuple(names) for names in alike.values()),
            {name: place for place, names in enumerate(alike.values()) for name in names},
        )

    def named_by(self, names: Iterable[str]) -> Iterator[Originator]:
        """Yield the authorities that *names* speak of: by their own, or by their participant."""
        for name in names:
            if "/" not in name:
                yield from self.of_participant.get(Participant(name), ())
            elif name in self.readers:
                yield Originator(name)


class Verdict(msgspec.Struct, frozen=True):
    """One decision, and the authorities that it holds for, by name."""

    decision: Decision
    readers: tuple[Originator, ...]


class Audience(msgspec.Struct, frozen=True):
    """What was decided about everybody.

    Attributes:
        verdicts: Every active authority is in exactly one.
        nodes: The nodes that are to have the key of each section: those that serve an authority that may have it, and
            the core, whose marking it has to follow.
    """

    verdicts: tuple[Verdict, ...]
    nodes: Mapping[Section, frozenset[Originator]]


class Audiences:
    """The audiences of one moment; remembered for messages of which policy knows the same."""

    def __init__(
        self,
        directory: Directory,
        relationships: Relationships,
        deciders: SenderDeciders,
        now: datetime,
        *,
        readership: Readership | None = None,
    ) -> None:
        self.readership = readership or Readership.of(directory, now)
        self._directory = directory
        self._relationships = relationships
        self._deciders = deciders
        self._now = now
        self._known: dict[About, Audience] = {}

    def of(self, about: About, message: Digest | None = None) -> Audience:
        """Return who may have which section of a message.

        Args:
            message: Its header digest, where it has one: grants name it.

        Raises:
            BadTable: A table in the directory has a mistake.
        """
        granted = about.original or message
        if granted is not None and granted in self._relationships.grants.named:
            return self._decide(about, granted)
        known = self._known.get(about)
        if known is None:
            known = self._known[about] = self._decide(about, None)
        return known

    def _decide(self, about: About, message: Digest | None) -> Audience:
        found: dict[int, tuple[Decision, list[Originator]]] = {}
        for names in self._groups(self._standings(about, message)):
            made = self._judge(about, self.readership.readers[names[0]], message)
            # A decider returns the same object for equal facts.
            found.setdefault(id(made), (made, []))[1].extend(names)
        verdicts = tuple(Verdict(made, tuple(sorted(names))) for made, names in found.values())
        return Audience(verdicts, self._nodes(verdicts, about.sections))

    def _groups(self, standings: Mapping[str, int]) -> Iterable[Sequence[Originator]]:
        """Return authorities in groups about whom the same is decided: of one kind, and of one standing."""
        special = {
            name: standings.get(name, 0) | standings.get(participant_of(name), 0)
            for name in self.readership.named_by(standings)
        }
        groups: dict[tuple[int, int], list[Originator]] = {}
        for name, standing in special.items():
            groups.setdefault((self.readership.kinds[name], standing), []).append(name)
        plain = (
            names if special.keys().isdisjoint(names) else [name for name in names if name not in special]
            for names in self.readership.alike
        )
        return [*filter(None, plain), *groups.values()]

    def _standings(self, about: About, message: Digest | None) -> Mapping[str, int]:
        """Return how those whom anything names stand to the message: a bit for each thing that names them.

        Everybody else stands to it as anybody of the community does.
        """
        marking, today, among = about.marking, self._now.date(), self._relationships
        naming: list[Iterable[str]] = [(about.participant,), about.told, marking.recipients, marking.excluded]
        for name in (*marking.recipients, *marking.excluded):
            naming += [group.members for group in among.named.get(name, ())] if name.startswith("@") else []
        for maker in (about.originator, about.participant):
            naming += [one.parties for one in among.made_by.get(maker, ()) if _runs(one.ends_on, today)]
        if message is not None:
            naming += [(grant.grantee,) for grant in among.grants.named.get(message, ())]
        standings: dict[str, int] = {}
        for place, names in enumerate(naming):
            for name in names:
                standings[name] = standings.get(name, 0) | 1 << place
        return standings

    def _judge(self, about: About, reader: Reader, message: Digest | None) -> Decision:
        own = participant_of(reader.authority) == about.participant
        decider = self._deciders.decider(self._directory, about.participant, own=own)
        return decider.decide(facts_for(about, reader, self._relationships, delivery(reader, self._now, message)))

    def _nodes(
        self, verdicts: tuple[Verdict, ...], sections: tuple[Section, ...]
    ) -> Mapping[Section, frozenset[Originator]]:
        found: dict[Section, set[Originator]] = {section: set() for section in sections}
        for verdict in verdicts:
            permitted = verdict.decision.permitted
            if Section.CORE not in permitted:
                continue
            nodes = {self.readership.nodes[name] for name in verdict.readers}
            for section in permitted:
                found[section] |= nodes
        return {section: frozenset(nodes) for section, nodes in found.items()}


def _runs(ends_on: date | None, today: date) -> bool:
    return ends_on is None or today <= ends_on
