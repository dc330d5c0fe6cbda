"""The directory: a set of DIRECTORY messages, and what follows from it.

The result depends on the set alone, never on the order in which the messages came: the root stream is followed first,
then the hub administrators', then each participant's. A message that cannot apply yet is held and applies when what it
waits for is there; one that stops applying, because a key was revoked, is only taken out of the result.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from itertools import chain

from broker.directory.chain import START, Finding, Head
from broker.directory.entries import AuthorityEntry, NodeEntry, ParticipantEntry, RootEntry, TradeEntry, is_active
from broker.directory.folding import NOTHING, Parts, derive_screened
from broker.directory.held import Held, hold
from broker.directory.index import EnrolledKey
from broker.directory.screening import HeldMessages, Screening
from broker.directory.signatures import Signatures
from broker.envelope.message import Opened
from broker.errors import BrokerError, KeyNotValid, KeyRevoked, UnknownKey, UntrustedRoot, leaves
from broker.types.names import Digest, KeyId, Originator, Participant, Stream, participant_of
from broker.types.vocabulary import Role


@dataclass(frozen=True, slots=True)
class Directory:
    """A state of the directory; a value, equal to another when the same follows from both.

    Attributes:
        root_digest: Header digest of the first root record: the one thing that a node is told by hand.
        parts: What follows from the messages.
        held: All messages, those that do not apply too, without copies that never can.
        screening: What became of those.
        signatures: Which of them hold, never who may sign: that states share it changes no result.
    """

    federation: str
    root_digest: Digest
    parts: Parts = field(default=NOTHING, repr=False)
    held: HeldMessages = field(default_factory=dict, repr=False, compare=False)
    screening: Screening = field(default=Screening(), repr=False, compare=False)
    signatures: Signatures = field(default_factory=Signatures, repr=False, compare=False)

    @staticmethod
    def empty(federation: str, root_digest: Digest) -> "Directory":
        """Return the directory that only knows whom to trust."""
        return Directory(federation, root_digest)

    @property
    def digest(self) -> Digest:
        """The state's name, as headers carry it; zeros while nothing applies."""
        return self.parts.digest

    @property
    def heads(self) -> Mapping[Stream, Head]:
        """The last message of each stream that has its place."""
        return self.parts.heads

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The messages that do not apply, in the order of their names, those that wait for others included."""
        return self.parts.findings

    @property
    def root(self) -> RootEntry:
        """The newest root record.

        Raises:
            UntrustedRoot: The first one has not come yet.
        """
        if self.parts.root.state.entry is None:
            raise UntrustedRoot(f"the root record {self.root_digest.hex()[:16]}… of {self.federation} is not here yet")
        return self.parts.root.state.entry

    @property
    def pending(self) -> tuple[Finding, ...]:
        """The findings that another message may still cure."""
        return tuple(one for one in self.findings if one.waiting)

    def check_signer(self, key_id: KeyId, stream: Stream, issued_at: datetime) -> bytes:
        """Return the public half of a key that may sign for *stream* at *issued_at*.

        Raises:
            UnknownKey: The key is not in the directory.
            KeyRevoked: It was revoked, whenever the message was issued.
            KeyNotValid: It may not sign for this stream, or not at that time.
        """
        key = self._known_key(key_id)
        if key.revocation is not None:
            raise KeyRevoked(f"key {key_id.hex()} of {key.owner} was revoked: {key.revocation.reason.word}")
        return self.enrolled_signer(key_id, stream, issued_at).public

    def enrolled_signer(self, key_id: KeyId, stream: Stream, issued_at: datetime) -> EnrolledKey:
        """Return a key that might sign for *stream* at *issued_at*, had it not been revoked.

        Whoever asks has to judge a revocation by what the log says.

        Raises:
            UnknownKey: The key is not in the directory.
            KeyNotValid: It may not sign for this stream, or not at that time.
        """
        key = self._known_key(key_id)
        for term in key.terms.get(stream.originator, ()):
            if term.first_writer <= stream.writer <= term.last_writer and term.start <= issued_at < term.end:
                return key
        raise KeyNotValid(f"key {key_id.hex()} of {key.owner} may not sign for {stream} at {issued_at.isoformat()}")

    def _known_key(self, key_id: KeyId) -> EnrolledKey:
        key = self.parts.keys.get(key_id)
        if key is None:
            raise UnknownKey(f"key {key_id.hex()} is not in the directory")
        return key

    def key(self, key_id: KeyId) -> EnrolledKey | None:
        """Return an enrolled key, revoked or not."""
        return self.parts.keys.get(key_id)

    def keys(self) -> tuple[EnrolledKey, ...]:
        """Return all enrolled keys, by owner and id."""
        return tuple(sorted(self.parts.keys.values(), key=lambda key: (key.owner, key.id)))

    def sealing_key(self, node: str, at: datetime) -> EnrolledKey | None:
        """Return the key that *node* is sent section keys under at the moment *at*: of those that count, the newest.

        Returns:
            None where it has none that is valid then and was not revoked, or where node or participant take no part.
        """
        part = self.parts.national.get(participant_of(node))
        entry = None if part is None else part.state.nodes.get(Originator(node))
        if part is None or entry is None or not (is_active(entry, at) and is_active(part.mandate.participant, at)):
            return None
        mine = self.parts.sealing.get(Originator(node), ())
        return next((one for one in mine if one.revocation is None and one.valid_from <= at < one.valid_to), None)

    def sealing_keys(self, participant: str, at: datetime) -> tuple[EnrolledKey, ...]:
        """Return the sealing keys of all nodes of *participant* that are valid at the moment *at*, the newest first.

        Revoked ones too: they tell for whom a wrap is, not whom to believe.
        """
        mine = (key for node, keys in self.parts.sealing.items() if participant_of(node) == participant for key in keys)
        valid = [one for one in mine if one.valid_from <= at < one.valid_to]
        return tuple(sorted(valid, key=lambda one: (one.valid_from, one.id), reverse=True))

    def participant(self, code: str) -> ParticipantEntry | None:
        """Return the newest entry of a participant, active or not."""
        return self.parts.hub.state.participants.get(Participant(code))

    def participants(self) -> tuple[ParticipantEntry, ...]:
        """Return the newest entry of each participant, by code."""
        return tuple(entry for _, entry in sorted(self.parts.hub.state.participants.items()))

    def authority(self, name: str) -> AuthorityEntry | None:
        """Return the newest entry of an authority, active or not."""
        part = self.parts.national.get(participant_of(name))
        return None if part is None else part.state.authorities.get(Originator(name))

    def authorities(self, at: datetime) -> tuple[AuthorityEntry, ...]:
        """Return the authorities that take part at the moment *at*, as their participants do, by name."""
        found = [
            entry
            for part in self.parts.national.values()
            if is_active(part.mandate.participant, at)
            for entry in part.state.authorities.values()
            if is_active(entry, at)
        ]
        return tuple(sorted(found, key=lambda entry: entry.authority))

    def focal_points(self, code: str, at: datetime) -> tuple[AuthorityEntry, ...]:
        """Return the focal points of a participant that take part at the moment *at*, by name."""
        mine = (one for one in self.authorities(at) if participant_of(one.authority) == code)
        return tuple(one for one in mine if Role.FOCAL_POINT in one.roles)

    def node(self, name: str) -> NodeEntry | None:
        """Return the newest entry of a node, active or not."""
        part = self.parts.national.get(participant_of(name))
        return None if part is None else part.state.nodes.get(Originator(name))

    def nodes(self) -> tuple[NodeEntry, ...]:
        """Return the newest entry of each node, by name."""
        found = chain.from_iterable(part.state.nodes.values() for part in self.parts.national.values())
        return tuple(sorted(found, key=lambda entry: entry.node))

    def node_of(self, authority: str) -> Originator | None:
        """Return the node that serves *authority*; None for an unknown authority."""
        entry = self.authority(authority)
        return None if entry is None else Originator(entry.node)

    def conditions(self, code: str) -> tuple[str, Digest] | None:
        """Return text and digest of the conditions that a participant sets; None where it sets none."""
        part = self.parts.national.get(Participant(code))
        entry = None if part is None else part.state.conditions
        return None if entry is None else (entry.table, entry.digest)

    def trade(self, code: str) -> TradeEntry | None:
        """Return what a participant says of pre-export notifications; None where it has said nothing."""
        part = self.parts.national.get(participant_of(code))
        return None if part is None else part.state.trade

    def community_table(self) -> tuple[str, Digest] | None:
        """Return text and digest of the community table that the root names; None until its text is here.

        Raises:
            UntrustedRoot: The first root record has not come yet.
        """
        digest = self.root.community_table_digest
        text = self.parts.hub.state.tables.get(digest)
        return None if text is None else (text, digest)

    def head(self, stream: Stream) -> Head:
        """Return where a stream of the directory stands: what its next message builds on."""
        return self.heads.get(stream, START)


def extend(directory: Directory, opened: Opened) -> Directory:
    """Return *directory* with one more message, which may apply, wait, or be a finding.

    Raises:
        BrokerError: The message can be no part of this directory, see :func:`broker.directory.held.hold`.
    """
    return include(directory, [hold(opened, directory.federation)])


def include(directory: Directory, messages: Iterable[Held]) -> Directory:
    """Return *directory* with more messages that can be part of it; what follows is worked out once for all."""
    new: dict[Originator, list[Held]] = {}
    for held in messages:
        if held.copy not in directory.screening.refused:
            new.setdefault(held.header.originator, []).append(held)
    grown = dict(directory.held)
    for originator, several in new.items():
        before = grown.get(originator, ())
        copies = {one.copy: one for one in (*several, *before)}
        if len(copies) > len(before):
            grown[originator] = _in_order(copies.values())
    # The same messages again are the same state, and no work.
    return directory if grown == directory.held else _with(directory, grown)


def apply(directory: Directory, opened: Opened) -> Directory:
    """Return *directory* with one more message that has to apply at once; for those who write it.

    Raises:
        BrokerError: What :func:`extend` raises, or would report as a finding.
    """
    extended = extend(directory, opened)
    for one in extended.findings:
        if one.digest == opened.digest:
            raise _errors()[one.code](f"{one.name}: {one.says}")
    return extended


def fold(messages: Iterable[Opened], root_digest: Digest, federation: str) -> Directory:
    """Return the directory of all *messages* that can be part of it, in whatever order they come."""
    found: dict[Originator, dict[Digest, Held]] = {}
    for opened in messages:
        try:
            held = hold(opened, federation)
        except BrokerError:
            # What can be no message of the directory changes nothing in it, whoever put it into the topic.
            continue
        found.setdefault(held.header.originator, {})[held.copy] = held
    held_messages = {name: _in_order(copies.values()) for name, copies in found.items()}
    return _with(Directory.empty(federation, root_digest), held_messages)


def _in_order(messages: Iterable[Held]) -> tuple[Held, ...]:
    return tuple(sorted(messages, key=lambda one: one.place))


def _with(directory: Directory, held: HeldMessages) -> Directory:
    before = (directory.parts, directory.held, directory.screening)
    parts, kept, screening = derive_screened(
        before, held, root_digest=directory.root_digest, signatures=directory.signatures
    )
    return replace(directory, parts=parts, held=kept, screening=screening)


@cache
def _errors() -> Mapping[str, type[BrokerError]]:
    return {leaf.code: leaf for leaf in leaves()}
