"""The first messages of a network's directory: its root record, the community's table, who takes part."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from broker.directory import Directory, Head, fold
from broker.directory.chain import START
from broker.directory.entries import (
    ConditionsEntry,
    Entry,
    KeyStatement,
    NodeEntry,
    ParticipantEntry,
    RootEntry,
    TableEntry,
    Witness,
)
from broker.directory.rules import NOTARY
from broker.directory.writing import Occasion, sealing_key_entry, state_key, state_sealing_key, write_entry
from broker.envelope.message import Opened, open_envelope
from broker.errors import BadSettings
from broker.policy.builtin import community_table
from broker.policy.table import Table, format_table
from broker.signing.keys import SigningKey
from broker.types.names import HUB_ADMIN, ROOT, ZERO_DIGEST, Digest, Originator, Stream, participant_of
from broker.types.vocabulary import KeyUse, Status
from tocsin.appointing import LogKeys, quorum_of, witness_name
from tocsin.first_node import FIRST_WRITERS, KEYS_VALID_FOR, node_key_entry, node_name
from tocsin.founding_catalogue import CATALOGUE, CATALOGUE_NODE, catalogue_entry, catalogue_node_entry
from tocsin.installation import RANDOMNESS
from tocsin.members import Member, active_entry

ROOT_KEYS: Final = 3
ROOT_THRESHOLD: Final = 2
HEADS_MAX_AGE_HOURS: Final = 48
CHECKPOINT_MAX_AGE_HOURS: Final = 24

_ROOT_STREAM: Final = Stream(ROOT, 1)
_HUB_STREAM: Final = Stream(HUB_ADMIN, 1)


class FoundingKeys(msgspec.Struct, frozen=True):
    """The keys of a founding; of a sealing key, which nothing is signed with, only its public half and the proof."""

    root: tuple[SigningKey, ...]
    hub: SigningKey
    catalogue: SigningKey
    administrators: Mapping[str, SigningKey]
    nodes: Mapping[str, SigningKey]
    sealing: Mapping[str, tuple[bytes, bytes]]
    log: LogKeys


class Script:
    """The DIRECTORY messages of a founding, in their order."""

    def __init__(self, federation: str, keys: FoundingKeys, at: datetime) -> None:
        self._federation = federation
        self._keys = keys
        self._at = at
        self._heads: dict[Stream, Head] = {}
        self._state = ZERO_DIGEST
        self.messages: list[Opened] = []
        self.root_digest = ZERO_DIGEST

    def write(self, members: Sequence[Member], conditions: Mapping[str, Table], appointed: Sequence[Member]) -> None:
        """Write all messages.

        Args:
            conditions: The national table of those of *members* that set conditions.
            appointed: Those of *members* whose nodes witness the log.

        Raises:
            BrokerError: One of them would not apply.
        """
        table = format_table(community_table())
        self.root_digest = self._say(self._root(appointed, _digest(table)), _ROOT_STREAM)
        self._say(TableEntry(table=table, digest=_digest(table)), _HUB_STREAM)
        # What administrators decide by while they found: the root and the community's table.
        self._state = self._fold().digest
        for member in members:
            self._enter(member, conditions.get(member.code))
        self._enter_catalogue()
        findings = self._fold().findings
        if findings:
            raise BadSettings(f"the directory would not hold: {findings[0].name}: {findings[0].says}")

    def _fold(self) -> Directory:
        return fold(self.messages, self.root_digest, self._federation)

    def _root(self, appointed: Sequence[Member], table: Digest) -> RootEntry:
        witnesses = tuple(self._witness(member) for member in appointed)
        return RootEntry(
            federation=self._federation,
            version=1,
            status=Status.EXERCISE,
            threshold=ROOT_THRESHOLD,
            root_keys=tuple(self._statement(key, ROOT) for key in self._keys.root),
            hub_administrators=(self._statement(self._keys.hub, HUB_ADMIN),),
            notary_key=self._statement(self._keys.log.notary, NOTARY, KeyUse.LOG),
            witnesses=witnesses,
            witness_quorum=quorum_of(len(witnesses)),
            suites=("ed25519",),
            heads_max_age_hours=HEADS_MAX_AGE_HOURS,
            checkpoint_max_age_hours=CHECKPOINT_MAX_AGE_HOURS,
            community_table_digest=table,
        )

    def _witness(self, member: Member) -> Witness:
        key, name = self._keys.log.witnesses[member.code], witness_name(self._federation, member.code)
        return Witness(name=name, operator=member.name, key=self._statement(key, name, KeyUse.WITNESS))

    def _enter(self, member: Member, conditions: Table | None) -> None:
        code, node, administrator = member.code, node_name(member.code), f"{member.code}/~admin"
        key = self._statement(self._keys.administrators[code], administrator)
        self._say(
            ParticipantEntry(code=code, name=member.name, administrators=(key,), active_from=self._at, active_to=None),
            _HUB_STREAM,
        )
        stream = Stream(Originator(administrator), 1)
        self._say(NodeEntry(node=node, operator=member.name, active_from=self._at, active_to=None), stream)
        for post in member.authorities:
            self._say(active_entry(post, code, node, active_from=self._at), stream)
        originators = [*(f"{code}/{post.name}" for post in member.authorities), node]
        statement = self._statement(self._keys.nodes[code], node, KeyUse.SIGN)
        self._say(node_key_entry(statement, node, originators, FIRST_WRITERS), stream)
        public, possession = self._keys.sealing[code]
        self._say(sealing_key_entry(state_sealing_key(public, possession, valid_from=self._at), node), stream)
        if conditions is not None:
            text = format_table(conditions)
            self._say(ConditionsEntry(participant=code, table=text, digest=_digest(text)), stream)

    def _enter_catalogue(self) -> None:
        self._say(catalogue_node_entry(self._at), _HUB_STREAM)
        self._say(catalogue_entry(self._at), _HUB_STREAM)
        statement = self._statement(self._keys.catalogue, CATALOGUE_NODE, KeyUse.SIGN)
        entry = node_key_entry(statement, CATALOGUE_NODE, [CATALOGUE, CATALOGUE_NODE], FIRST_WRITERS)
        self._say(entry, _HUB_STREAM)

    def _say(self, entry: Entry, stream: Stream) -> Digest:
        head = self._heads.get(stream, START)
        occasion = Occasion(
            federation=self._federation,
            status=Status.EXERCISE,
            stream=stream,
            head=head,
            issued_at=self._at,
            directory_digest=self._state,
            salt=RANDOMNESS(32),
        )
        opened = open_envelope(write_entry(entry, occasion, self._signers(stream)))
        self._heads[stream] = Head(head.sequence + 1, opened.digest)
        self.messages.append(opened)
        return opened.digest

    def _signers(self, stream: Stream) -> Sequence[SigningKey]:
        if stream == _ROOT_STREAM:
            return self._keys.root[:ROOT_THRESHOLD]
        if stream == _HUB_STREAM:
            return [self._keys.hub]
        return [self._keys.administrators[participant_of(stream.originator)]]

    def _statement(self, key: SigningKey, owner: str, use: KeyUse = KeyUse.ADMINISTRATE) -> KeyStatement:
        return state_key(
            key,
            federation=self._federation,
            owner=owner,
            use=use,
            valid_from=self._at,
            valid_to=self._at + KEYS_VALID_FOR,
        )


def _digest(text: str) -> Digest:
    return Digest(hashlib.sha256(text.encode()).digest())
