"""A whole exercise federation in memory: keys from seeds, DIRECTORY messages, and what follows from them.

``a_federation()`` has the participants NL and BE, each with one node and the authorities customs, police, regulator and
health. Everybody and every number in it is invented, and the same on every call.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from broker.directory import Directory, Head, fold
from broker.directory.chain import START
from broker.directory.entries import (
    AuthorityEntry,
    DutyContact,
    Entry,
    KeyEntry,
    KeyStatement,
    NodeEntry,
    ParticipantEntry,
    RevocationEntry,
    RevocationReason,
    RootEntry,
    StreamGrant,
    TableEntry,
)
from broker.directory.writing import Occasion, sealing_key_entry, state_key, state_sealing_key, write_entry
from broker.envelope.message import Opened, open_envelope
from broker.policy.builtin import community_table
from broker.policy.table import format_table
from broker.sealing.keys import SealingKey, make_sealing_key
from broker.signing.keys import SigningKey
from broker.types.names import HUB_ADMIN, ROOT, ZERO_DIGEST, Digest, Originator, Stream
from broker.types.vocabulary import KeyUse, Purpose, Role, Sector, Status

FEDERATION = "exercise-2026"
FOUNDED = datetime(2026, 1, 1, tzinfo=UTC)
ENDS = datetime(2028, 1, 1, tzinfo=UTC)
ROOT_STREAM = Stream(ROOT, 1)
HUB_STREAM = Stream(HUB_ADMIN, 1)
COMMUNITY_TABLE = format_table(community_table())

SECTORS = {
    "customs": Sector.CUSTOMS,
    "police": Sector.POLICE,
    "regulator": Sector.REGULATOR,
    "health": Sector.HEALTH,
}
_PURPOSES = {
    Sector.CUSTOMS: (Purpose.INVESTIGATION, Purpose.PREVENTION),
    Sector.POLICE: (Purpose.INVESTIGATION, Purpose.PREVENTION),
    Sector.REGULATOR: (Purpose.REGULATION, Purpose.PREVENTION),
    Sector.HEALTH: (Purpose.PUBLIC_HEALTH,),
}


def a_seed(name: str) -> bytes:
    """Return 32 bytes that depend on *name* alone."""
    return hashlib.sha256(f"seed of {name}".encode()).digest()


def a_signing_key(name: str) -> SigningKey:
    """Return the key of *name*, the same on every call."""
    return SigningKey(a_seed(name))


def a_sealing_key(name: str, owner: str = "NL/~1") -> SealingKey:
    """Return the sealing key of *name*, the same on every call."""
    return make_sealing_key(a_seed(name), federation=FEDERATION, owner=owner)[0]


def a_sealing_statement(
    name: str, owner: str = "NL/~1", valid_from: datetime = FOUNDED, **changes: Any
) -> KeyStatement:
    """Return the statement that enrols the sealing key of *name* for 90 days, with *changes* made after its proof."""
    key, proof = make_sealing_key(a_seed(name), federation=FEDERATION, owner=owner)
    return msgspec.structs.replace(state_sealing_key(key.public, proof, valid_from=valid_from), **changes)


def a_sealing_entry(name: str, node: str = "NL/~1", valid_from: datetime = FOUNDED, /, **changes: Any) -> KeyEntry:
    """Return the entry of a node's sealing key, with *changes* to its statement."""
    return sealing_key_entry(a_sealing_statement(name, node, valid_from, **changes), node)


def text_digest(text: str) -> Digest:
    """Return SHA-256 of a policy table's text."""
    return Digest(hashlib.sha256(text.encode()).digest())


def a_statement(key: SigningKey, owner: str, use: KeyUse = KeyUse.ADMINISTRATE, **changes: Any) -> KeyStatement:
    """Return the statement that enrols *key* for *owner*, with *changes* made after it was proved."""
    statement = state_key(key, federation=FEDERATION, owner=owner, use=use, valid_from=FOUNDED, valid_to=ENDS)
    return msgspec.structs.replace(statement, **changes)


def a_root(root_keys: Sequence[SigningKey], hub_keys: Sequence[SigningKey], /, **changes: Any) -> RootEntry:
    """Return the first root record of an exercise: two of its keys have to sign, there is no log."""
    entry = RootEntry(
        federation=FEDERATION,
        version=1,
        status=Status.EXERCISE,
        threshold=2,
        root_keys=tuple(a_statement(key, ROOT) for key in root_keys),
        hub_administrators=tuple(a_statement(key, HUB_ADMIN) for key in hub_keys),
        notary_key=None,
        witnesses=(),
        witness_quorum=0,
        suites=("ed25519",),
        heads_max_age_hours=48,
        checkpoint_max_age_hours=24,
        community_table_digest=text_digest(COMMUNITY_TABLE),
    )
    return msgspec.structs.replace(entry, **changes)


def a_participant(code: str, keys: Sequence[SigningKey], /, **changes: Any) -> ParticipantEntry:
    """Return a participant whose administrators have *keys*."""
    entry = ParticipantEntry(
        code=code,
        name=f"Participant {code}",
        administrators=tuple(a_statement(key, f"{code}/~admin") for key in keys),
        active_from=FOUNDED,
        active_to=None,
    )
    return msgspec.structs.replace(entry, **changes)


def a_node(name: str, /, **changes: Any) -> NodeEntry:
    """Return a node."""
    entry = NodeEntry(node=name, operator=f"operator of {name}", active_from=FOUNDED, active_to=None)
    return msgspec.structs.replace(entry, **changes)


def an_authority(name: str, /, **changes: Any) -> AuthorityEntry:
    """Return an authority on the first node of its participant; police is the focal point."""
    code, label = name.split("/")
    sector = SECTORS.get(label, Sector.POLICE)
    roles = (Role.PUBLISHER, Role.SUBSCRIBER)
    entry = AuthorityEntry(
        authority=name,
        name=f"{label} of {code}",
        sector=sector,
        roles=(*roles, Role.FOCAL_POINT) if label == "police" else roles,
        purposes=_PURPOSES[sector],
        parent=None,
        node=f"{code}/~1",
        languages=("en",),
        takes_part_in_exercises=True,
        contact=DutyContact(desk=f"{label} desk", telephone="+000", email=f"desk@{label}.example"),
        active_from=FOUNDED,
        active_to=None,
    )
    return msgspec.structs.replace(entry, **changes)


def a_key_entry(key: SigningKey, originators: Sequence[str], node: str = "NL/~1", /, **changes: Any) -> KeyEntry:
    """Return the entry of a node's key that may write ten streams of each of *originators*."""
    entry = KeyEntry(
        key=a_statement(key, node, KeyUse.SIGN),
        use=KeyUse.SIGN,
        owner=node,
        node=node,
        streams=tuple(StreamGrant(originator=one, first_writer=1, last_writer=10) for one in originators),
    )
    return msgspec.structs.replace(entry, **changes)


def a_revocation(key: SigningKey | SealingKey, /, **changes: Any) -> RevocationEntry:
    """Return the revocation of a stolen key that vouches for nothing any more."""
    entry = RevocationEntry(
        key=key.id,
        reason=RevocationReason.COMPROMISED,
        revoked_at=FOUNDED + timedelta(days=90),
        reaches_back_to=None,
        last_valid=(),
    )
    return msgspec.structs.replace(entry, **changes)


class Federation:
    """A federation that grows: :meth:`say` writes the next message of a stream and keeps it.

    Attributes:
        messages: The envelopes of all DIRECTORY messages so far, in the order of writing.
        sealing_keys: The private sealing key of each node that has one.
    """

    def __init__(self, *, sealing: bool = False) -> None:
        self.name = FEDERATION
        self.sealing_keys: dict[str, SealingKey] = {}
        self._sealing = sealing
        self.root_keys = tuple(a_signing_key(f"root {number}") for number in (1, 2, 3))
        self.hub_key = a_signing_key("hub")
        self.admin_keys: dict[str, SigningKey] = {}
        self.node_keys: dict[str, SigningKey] = {}
        self.messages: list[bytes] = []
        self.root_digest = ZERO_DIGEST
        self._heads: dict[Stream, Head] = {}

    @property
    def opened(self) -> list[Opened]:
        """All messages, parsed."""
        return [open_envelope(raw) for raw in self.messages]

    @property
    def directory(self) -> Directory:
        """What follows from all messages."""
        return fold(self.opened, self.root_digest, self.name)

    def signing_key(self, originator: str) -> SigningKey:
        """Return the key that signs for an authority or a node."""
        return self.node_keys[originator.split("/", 1)[0] + "/~1"]

    def head(self, stream: Stream) -> Head:
        """Return the last message written in a stream."""
        return self._heads.get(stream, START)

    def compose(self, entry: Entry, stream: Stream, keys: Sequence[SigningKey] | None = None, **changes: Any) -> Opened:
        """Return the next message of a stream without keeping it, with *changes* to its occasion."""
        head = self.head(stream)
        occasion = Occasion(
            federation=self.name,
            status=Status.EXERCISE,
            stream=stream,
            head=head,
            issued_at=FOUNDED + timedelta(hours=head.sequence),
            directory_digest=ZERO_DIGEST,
            salt=a_seed(f"salt of {stream} {head.sequence}"),
        )
        signers = self._keys_of(stream) if keys is None else keys
        return open_envelope(write_entry(entry, msgspec.structs.replace(occasion, **changes), signers))

    def say(self, entry: Entry, stream: Stream, keys: Sequence[SigningKey] | None = None, **changes: Any) -> Opened:
        """Write the next message of a stream and keep it."""
        opened = self.compose(entry, stream, keys, **changes)
        self.messages.append(opened.raw)
        self._heads[stream] = Head(opened.header.sequence, opened.digest)
        return opened

    def found(self) -> None:
        """Write the first root record and the community table."""
        self.root_digest = self.say(a_root(self.root_keys, [self.hub_key]), ROOT_STREAM).digest
        self.say(TableEntry(table=COMMUNITY_TABLE, digest=text_digest(COMMUNITY_TABLE)), HUB_STREAM)

    def join(self, code: str) -> None:
        """Write all entries of a participant: one node, its authorities, one key for them all."""
        self.admin_keys[code], self.node_keys[f"{code}/~1"] = a_signing_key(f"{code} admin"), a_signing_key(code)
        names = [f"{code}/{label}" for label in SECTORS]
        self.say(a_participant(code, [self.admin_keys[code]]), HUB_STREAM)
        self.say(a_node(f"{code}/~1"), admin_stream(code))
        for name in names:
            self.say(an_authority(name), admin_stream(code))
        key = a_key_entry(self.node_keys[f"{code}/~1"], [*names, f"{code}/~1"], f"{code}/~1")
        self.say(key, admin_stream(code))
        if self._sealing:
            self.enrol_sealing_key(f"{code}/~1")

    def enrol_sealing_key(self, node: str, valid_from: datetime = FOUNDED, *, name: str = "") -> SealingKey:
        """Write the entry of a node's new sealing key, valid for 90 days, and keep its private half."""
        seed = name or f"{node} seals from {valid_from.isoformat()}"
        self.say(a_sealing_entry(seed, node, valid_from), admin_stream(node.split("/", 1)[0]))
        self.sealing_keys[node] = a_sealing_key(seed, node)
        return self.sealing_keys[node]

    def _keys_of(self, stream: Stream) -> Sequence[SigningKey]:
        if stream.originator == ROOT:
            return self.root_keys[:2]
        return [self.hub_key] if stream.originator == HUB_ADMIN else [self.admin_keys[stream.originator.split("/")[0]]]


def admin_stream(code: str, writer: int = 1) -> Stream:
    """Return the stream of a national administrator."""
    return Stream(Originator(f"{code}/~admin"), writer)


def a_federation(participants: Sequence[str] = ("NL", "BE"), *, sealing: bool = False) -> Federation:
    """Return an exercise federation of *participants*.

    Args:
        sealing: Each node has a sealing key, valid for the first 90 days.
    """
    federation = Federation(sealing=sealing)
    federation.found()
    for code in participants:
        federation.join(code)
    return federation
