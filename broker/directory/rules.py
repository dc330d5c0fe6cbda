"""Rules of an entry that need nothing but the entry, its writer and its federation.

An entry that breaks one never applies, whatever else arrives; its message still takes its place in its stream, so that
one mistake does not hold up what follows.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final, assert_never

from broker.directory.entries import (
    AuthorityEntry,
    ConditionsEntry,
    Entry,
    KeyEntry,
    KeyStatement,
    NodeEntry,
    ParticipantEntry,
    RevocationEntry,
    RevocationReason,
    RootEntry,
    TableEntry,
    TradeEntry,
)
from broker.directory.trade_rules import check_trade
from broker.errors import ForeignEntry, InvalidRecord, WeakQuorum
from broker.limits import MAX_ROOT_SIGNERS, SEALING_KEY_MAX_AGE
from broker.signing.keys import check_possession, check_public_key, key_id
from broker.signing.possession import check_sealing_key, check_sealing_possession
from broker.types import names
from broker.types.names import HUB, HUB_ADMIN, ROOT, Originator
from broker.types.vocabulary import Algorithm, KeyUse, Purpose, Role, Sector, Status

NOTARY: Final = Originator("X-HUB/~notary")

_WITNESS_NAME: Final = re.compile(r"[!-*,-~]{1,200}")
"""What a key of C2SP signed-note may be called, as far as people can read it on any screen."""
_NATIONAL: Final = (AuthorityEntry, NodeEntry, KeyEntry, RevocationEntry, ConditionsEntry, TradeEntry)
_MAY_WRITE: Final[Mapping[Originator, tuple[type[Entry], ...]]] = {
    ROOT: (RootEntry, RevocationEntry),
    HUB_ADMIN: (ParticipantEntry, TableEntry, RevocationEntry, AuthorityEntry, NodeEntry, KeyEntry),
}


def check_entry(entry: Entry, writer: Originator, federation: str) -> None:
    """Check that *writer* may write *entry*, and that the entry can be true by itself.

    Raises:
        ForeignEntry: It is not the writer's to write.
        InvalidRecord, BadName: A field has a value that it cannot have.
        WeakKey, BadPossession: A key is unsafe, or nothing proves that its owner holds it.
        WeakQuorum: The witnesses of a root could vouch for two histories.
    """
    if not isinstance(entry, _MAY_WRITE.get(writer, _NATIONAL)):
        raise ForeignEntry(f"{writer} may not write a {type(entry).__name__}")
    match entry:
        case RootEntry():
            _check_root(entry, federation)
        case ParticipantEntry():
            _check_participant(entry, federation)
        case AuthorityEntry():
            _check_authority(entry, writer)
        case NodeEntry():
            _check_node_entry(entry, writer)
        case KeyEntry():
            _check_key(entry, writer, federation)
        case RevocationEntry():
            _check_revocation(entry)
        case ConditionsEntry():
            _check_speaks(writer, entry.participant, "set conditions for")
            _check_text(entry.table, entry.digest)
        case TableEntry():
            _check_text(entry.table, entry.digest)
        case TradeEntry():
            _check_speaks(writer, entry.participant, "say what is asked for by")
            check_trade(entry)
        case _:
            assert_never(entry)


def check_own(name: str, writer: Originator) -> None:
    """Check that *name* belongs to the participant that *writer* administrates.

    Raises:
        ForeignEntry: It belongs to another one.
    """
    if names.participant_of(name) != names.participant_of(writer):
        raise ForeignEntry(f"{name[:60]!r} is not {writer}'s to write about")


def check_witness_name(name: str) -> None:
    """Check that cosignatures can carry *name*: by another one the quorum could never be had.

    Raises:
        InvalidRecord: They cannot.
    """
    if not _WITNESS_NAME.fullmatch(name):
        raise InvalidRecord(f"{name[:60]!r} is no name of a witness: expected ASCII without spaces and +")


def check_statement(statement: KeyStatement, *, federation: str, owner: str, use: KeyUse) -> None:
    """Check that *statement* enrols a safe key that *owner* holds.

    Raises:
        InvalidRecord: Another algorithm than its use needs, a wrong id, or an empty or too long validity.
        WeakKey: A key that others could sign for, or agree with.
        BadPossession: Nothing proves that the owner holds the private half.
    """
    algorithm = Algorithm.X25519 if use is KeyUse.SEAL else Algorithm.ED25519
    if statement.algorithm is not algorithm:
        raise InvalidRecord(
            f"a key of {owner} is {statement.algorithm.word}; to {use.word}, this version enrols {algorithm.word} only"
        )
    if use is KeyUse.SEAL:
        check_sealing_key(statement.public)
    else:
        check_public_key(statement.public)
    if statement.id != key_id(statement.public):
        raise InvalidRecord(f"key {statement.id.hex()} of {owner} is not the id of its public half")
    _check_interval(statement.valid_from, statement.valid_to)
    if use is KeyUse.SEAL:
        _check_sealing_age(statement)
        check_sealing_possession(statement.public, statement.possession, federation=federation, owner=owner)
    else:
        check_possession(statement.public, statement.possession, federation=federation, owner=owner, use=use)


def _check_sealing_age(statement: KeyStatement) -> None:
    # What it opened stays openable until its private half is destroyed: that has to have an end.
    if statement.valid_to - statement.valid_from > SEALING_KEY_MAX_AGE:
        raise InvalidRecord(
            f"key {statement.id.hex()} would seal for {(statement.valid_to - statement.valid_from).days} days; "
            f"at most {SEALING_KEY_MAX_AGE.days} are allowed"
        )


def _check_root(entry: RootEntry, federation: str) -> None:
    if entry.federation != federation or entry.status is Status.UNKNOWN:
        raise InvalidRecord(f"a root record of {entry.federation[:60]!r}, version {entry.version}, in {federation}")
    if not 1 <= entry.threshold <= len(entry.root_keys) <= MAX_ROOT_SIGNERS:
        raise InvalidRecord(f"a root of {len(entry.root_keys)} keys cannot have the threshold {entry.threshold}")
    if not entry.suites:
        raise InvalidRecord("a root record names no suite")
    _check_witnesses(entry)
    for owner, use, statement in root_statements(entry):
        check_statement(statement, federation=federation, owner=owner, use=use)
    _check_distinct(statement.id.hex() for _, _, statement in root_statements(entry))


def root_statements(entry: RootEntry) -> tuple[tuple[str, KeyUse, KeyStatement], ...]:
    """Return owner, use and statement of each key in a root record."""
    found = [(str(ROOT), KeyUse.ADMINISTRATE, one) for one in entry.root_keys]
    found += [(str(HUB_ADMIN), KeyUse.ADMINISTRATE, one) for one in entry.hub_administrators]
    if entry.notary_key is not None:
        found.append((str(NOTARY), KeyUse.LOG, entry.notary_key))
    return (*found, *((one.name, KeyUse.WITNESS, one.key) for one in entry.witnesses))


def _check_witnesses(entry: RootEntry) -> None:
    count, quorum = len(entry.witnesses), entry.witness_quorum
    _check_distinct(one.name for one in entry.witnesses)
    for one in entry.witnesses:
        check_witness_name(one.name)
    if len({one.operator for one in entry.witnesses}) != count:
        raise WeakQuorum("two witnesses have one operator")
    # Nobody to ask proves nothing, which an exercise may live with.
    if count == quorum == 0 and entry.status is not Status.ACTUAL:
        return
    if quorum > count:
        raise WeakQuorum(f"a quorum of {quorum} of {count} witnesses can never be had")
    if not count < 2 * quorum:
        raise WeakQuorum(f"a quorum of {quorum} of {count} witnesses would let two histories both be witnessed")


def _check_participant(entry: ParticipantEntry, federation: str) -> None:
    if names.check_participant(entry.code) == HUB:
        raise InvalidRecord(f"{HUB} is the hub, no participant")
    if not entry.name:
        raise InvalidRecord(f"participant {entry.code} has no name")
    _check_interval(entry.active_from, entry.active_to)
    _check_distinct(one.id.hex() for one in entry.administrators)
    for one in entry.administrators:
        owner = f"{entry.code}/~admin"
        check_statement(one, federation=federation, owner=owner, use=KeyUse.ADMINISTRATE)


def _check_authority(entry: AuthorityEntry, writer: Originator) -> None:
    for name in (entry.authority, entry.node, entry.parent or entry.authority):
        check_own(name, writer)
    names.check_authority(entry.authority)
    names.check_authority(entry.parent or entry.authority)
    _check_node(entry.node)
    if entry.parent == entry.authority:
        raise InvalidRecord(f"{entry.authority} stands below itself")
    if entry.sector is Sector.UNKNOWN or Role.UNKNOWN in entry.roles or Purpose.UNKNOWN in entry.purposes:
        raise InvalidRecord(f"{entry.authority} has a sector, role or purpose that this version does not know")
    _check_distinct(entry.roles)
    _check_distinct(entry.purposes)
    _check_interval(entry.active_from, entry.active_to)


def _check_node_entry(entry: NodeEntry, writer: Originator) -> None:
    check_own(entry.node, writer)
    _check_node(entry.node)
    _check_interval(entry.active_from, entry.active_to)


def _check_speaks(writer: Originator, participant: str, act: str) -> None:
    if participant != names.participant_of(writer):
        raise ForeignEntry(f"{writer} may not {act} {participant[:20]!r}")


def _check_key(entry: KeyEntry, writer: Originator, federation: str) -> None:
    for name in (entry.owner, entry.node, *(grant.originator for grant in entry.streams)):
        check_own(name, writer)
        if names.is_administrator(names.check_originator(name)):
            raise ForeignEntry(f"{writer} may not enrol a key that speaks for {name}")
        if name == NOTARY:
            raise ForeignEntry(f"{writer} may not enrol a key that speaks for {name}: the root record does")
    _check_node(entry.node)
    if entry.use not in (KeyUse.SIGN, KeyUse.SEAL):
        raise InvalidRecord(f"a key entry for use {entry.use.word}; this version enrols keys that sign or seal only")
    if entry.use is KeyUse.SEAL:
        _check_sealing_entry(entry)
    for grant in entry.streams:
        if grant.first_writer > grant.last_writer:
            raise InvalidRecord(f"writers {grant.first_writer} to {grant.last_writer} are no range")
    check_statement(entry.key, federation=federation, owner=entry.owner, use=entry.use)


def _check_sealing_entry(entry: KeyEntry) -> None:
    if entry.streams:
        raise InvalidRecord(f"key {entry.key.id.hex()} is to seal, and would write streams")
    if entry.owner != entry.node:
        raise InvalidRecord(f"a sealing key of {entry.owner} at {entry.node}; it belongs to the node that holds it")


def _check_revocation(entry: RevocationEntry) -> None:
    if entry.reason is RevocationReason.UNKNOWN:
        raise InvalidRecord("a revocation for a reason that this version does not know")
    _check_distinct((one.originator, one.writer) for one in entry.last_valid)


def _check_node(name: str) -> None:
    originator = names.check_originator(name)
    if not names.is_office(originator) or names.is_administrator(originator):
        raise InvalidRecord(f"{name} is no node: expected a name like NL/~1")


def _check_interval(start: datetime, end: datetime | None) -> None:
    if end is not None and end <= start:
        raise InvalidRecord(f"an interval from {start.isoformat()} ends at {end.isoformat()}")


def _check_distinct(values: Iterable[object]) -> None:
    seen = list(values)
    if len(set(seen)) != len(seen):
        raise InvalidRecord(f"something is named twice among {', '.join(map(str, seen))[:200]}")


def _check_text(text: str, digest: bytes) -> None:
    if hashlib.sha256(text.encode()).digest() != digest:
        raise InvalidRecord("the digest of a policy table is not that of its text")
