"""To whom a draft goes: decided when the outbox is flushed, under the newest directory, once for equal facts."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import Connection

from broker.about import About, marking_of, told_by
from broker.audience import Audience, Audiences, Readership
from broker.deciders import SenderDeciders
from broker.decisions import DecisionRows
from broker.directory import Directory
from broker.directory.index import EnrolledKey
from broker.errors import MissingKey, UnknownKey
from broker.grants import StandingGrant
from broker.policy.decide import Decider
from broker.policy.table import Table, table_digest
from broker.records.forward import ForwardCore
from broker.records.forwarded import open_forwarded
from broker.records.registry import CORE
from broker.relationships import Relationships
from broker.sealing.keys import SealingKey
from broker.sealing.pairwise import Pairwise
from broker.section_keys import SectionKeys
from broker.signing.keys import SigningKey
from broker.types.names import Digest, Originator, participant_of
from broker.types.vocabulary import Section, Tlp
from producers.encoded import decode_core
from producers.lists import Wrapping
from producers.sealing import Addressed
from producers.signing import Randomness, Ready

_ENCODER: Final = msgspec.msgpack.Encoder(order="deterministic")


def nothing_withheld(connection: Connection, digests: Sequence[Digest]) -> frozenset[Digest]:
    """Return no message: none was recalled or purged."""
    del connection, digests
    return frozenset()


def all_passed_on(connection: Connection, digests: Sequence[Digest]) -> frozenset[Digest]:
    """Return every message: any may be one that this node has passed on."""
    del connection
    return frozenset(digests)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealing:
    """What a node seals with, and decides by.

    Attributes:
        keyring: Gives its private sealing keys, as they are at that moment.
        relationships: Gives the agreements, groups and grants that the node knows of.
        release: Its release rules.
        withheld: Says which messages no key may go out for any more: recalled, expired, purged.
        passed_on: Says which messages this node may have passed on: then what others grant about them counts here.
    """

    section_keys: SectionKeys
    keyring: Callable[[], Sequence[SealingKey]]
    relationships: Callable[[Connection, Directory, datetime], Relationships]
    release: Table
    withheld: Callable[[Connection, Sequence[Digest]], frozenset[Digest]] = nothing_withheld
    passed_on: Callable[[Connection, Sequence[Digest]], frozenset[Digest]] = all_passed_on


class Office:
    """What a process keeps from one flush to the next: remembered decisions, agreements with other nodes."""

    def __init__(self, sealing: Sealing, key: SigningKey, randomness: Randomness) -> None:
        self.sealing: Final = sealing
        self.key: Final = key
        self.randomness: Final = randomness
        self.deciders: Final = SenderDeciders(sealing.release)
        self.pairwise: Final = Pairwise()

    def node(self, directory: Directory) -> Originator:
        """Return the node whose key signs.

        Raises:
            UnknownKey: The key is not in the directory.
        """
        enrolled = directory.key(self.key.id)
        if enrolled is None or enrolled.node is None:
            raise UnknownKey(f"key {self.key.id.hex()} is no node's key in the directory")
        return enrolled.node


class Moment:
    """Everybody who may get something, and can be reached, at the moment of a flush."""

    def __init__(self, office: Office, directory: Directory, relationships: Relationships, now: datetime) -> None:
        """Work out who there is.

        Raises:
            UnknownKey: The key that signs is not in the directory.
        """
        self.directory: Final = directory
        self.now: Final = now
        self._office = office
        self._relationships = relationships
        self._node = office.node(directory)
        self._readership = Readership.of(directory, now)
        self._audiences = Audiences(directory, relationships, office.deciders, now, readership=self._readership)
        self._reachable: dict[int, tuple[Audience, Audience]] = {}
        self._grown: dict[tuple[object, ...], tuple[Audience, Audience]] = {}
        self.keys: Final = self._find_keys()

    def address(self, draft: Ready) -> Addressed:
        """Return *draft* with those who get its keys.

        Raises:
            BadTable: A table in the directory has a mistake.
        """
        if draft.tlp is Tlp.CLEAR:
            return Addressed(draft)
        about = about_ready(draft)
        audience = self.audience(about)
        nodes = {section.word: nodes for section, nodes in audience.nodes.items()}
        embargo = about.marking.release_after if about.is_embargoed(self.now) else None
        return Addressed(draft, audience, nodes, embargo)

    def audience(self, about: About, message: Digest | None = None) -> Audience:
        """Return who may have what of a message, with the nodes as far as they can be reached.

        Raises:
            BadTable: A table in the directory has a mistake.
        """
        whole = self._audiences.of(about, message)
        known = self._reachable.get(id(whole))
        if known is None:
            nodes = {section: nodes.intersection(self.keys) for section, nodes in whole.nodes.items()}
            # What is held here keeps its identity.
            known = self._reachable[id(whole)] = (whole, msgspec.structs.replace(whole, nodes=nodes))
        return known[1]

    def with_nodes(self, audience: Audience, nodes: Mapping[Section, frozenset[Originator]]) -> Audience:
        """Return *audience* with other nodes; the same object for the same, so that it is kept once."""
        wanted = (id(audience), tuple(sorted(nodes.items())))
        known = self._grown.get(wanted)
        if known is None:
            known = self._grown[wanted] = (audience, msgspec.structs.replace(audience, nodes=nodes))
        return known[1]

    def add_tables(self, decisions: DecisionRows) -> None:
        """Note the tables that this node's decisions rest on."""
        for own in (True, False):
            decisions.add_tables(self._decider(own=own).tables)

    def unreached(self, audience: Audience) -> frozenset[Originator]:
        """Return the authorities that may have something, and whose node has no sealing key."""
        nodes = self._readership.nodes
        return frozenset(
            name
            for verdict in audience.verdicts
            if Section.CORE in verdict.decision.permitted
            for name in verdict.readers
            if nodes[name] not in self.keys
        )

    def node_of(self, authority: Originator) -> Originator | None:
        """Return the node that serves an authority that takes part."""
        return self._readership.nodes.get(authority)

    def wrapping(self) -> Wrapping:
        """Return by whom keys are wrapped.

        Raises:
            MissingKey: This node has no valid sealing key.
        """
        enrolled = self.keys.get(self._node)
        if enrolled is None:
            raise MissingKey(f"node {self._node} has no sealing key that is valid now", hint=_ROTATE)
        for key in self._office.sealing.keyring():
            if key.id == enrolled.id:
                return Wrapping(
                    keys=self.keys, sealer=key, pairwise=self._office.pairwise, randomness=self._office.randomness
                )
        raise MissingKey(
            f"the private half of {self._node}'s sealing key {enrolled.id.hex()} is not here", hint=_ROTATE
        )

    def readership_digest(self, connection: Connection) -> bytes:
        """Return SHA-256 over all that an audience depends on besides the message and its embargo.

        Of grants those that can count for a message of this node: others' are many, and no reason to compare again.
        Of sealing keys only whether a node has one: that one is replaced by another makes nobody a late joiner.
        """
        today, known = self.now.date(), self._relationships
        state = (
            list(self._readership.readers.values()),
            self._readership.nodes,
            sorted(self.keys),
            [
                one
                for one in known.agreements
                if one.starts_on <= today and (one.ends_on is None or today <= one.ends_on)
            ],
            [one for one in known.groups if one.starts_on <= today <= one.ends_on],
            known.focal_points,
            self._counting_grants(connection),
            [table_digest(table) for _, table in self._decider(own=False).tables.in_order],
        )
        return hashlib.sha256(_ENCODER.encode(state)).digest()

    def _counting_grants(self, connection: Connection) -> list[StandingGrant]:
        several = self._relationships.grants.about_seeing()
        mine = participant_of(self._node)
        foreign = sorted({one.message for one in several if participant_of(one.by) != mine})
        passed_on = self._office.sealing.passed_on(connection, foreign) if foreign else frozenset()
        return [one for one in several if participant_of(one.by) == mine or one.message in passed_on]

    def _decider(self, *, own: bool) -> Decider:
        return self._office.deciders.decider(self.directory, participant_of(self._node), own=own)

    def _find_keys(self) -> Mapping[Originator, EnrolledKey]:
        nodes = sorted({self._node, *self._readership.nodes.values()})
        found = {node: self.directory.sealing_key(node, self.now) for node in nodes}
        return {node: key for node, key in found.items() if key is not None}


_ROTATE: Final = "Make one: tocsin keys new, and have it enrolled; then publish again, nothing is lost."


def about_ready(draft: Ready) -> About:
    """Return what policy has to know of the message that *draft* will become."""
    core = next(decode_core(section) for section in draft.sections if section.name == CORE)
    sections = tuple(Section.from_word(section.name) for section in draft.sections)
    if isinstance(core, ForwardCore):
        return About.of_forwarded(open_forwarded(core), tlp=draft.tlp, sections=sections)
    return About(
        originator=draft.authority,
        participant=participant_of(draft.authority),
        kind=draft.kind,
        status=draft.status,
        tlp=draft.tlp,
        sections=sections,
        marking=marking_of(core),
        told=told_by(core),
    )
