"""A national administrator's part of the directory: its own authorities, nodes, keys, revocations and conditions."""

from collections.abc import Mapping

import msgspec

from broker.directory.administrators import (
    AdministratorKeys,
    Period,
    Revocations,
    check_signers,
    check_vouched,
    open_office,
)
from broker.directory.chain import Finding, Head, follow, on_sight
from broker.directory.entries import (
    AuthorityEntry,
    ConditionsEntry,
    KeyEntry,
    NodeEntry,
    ParticipantEntry,
    RevocationEntry,
    TradeEntry,
)
from broker.directory.held import Held, revocation_of
from broker.directory.hub import Revoked, check_status
from broker.directory.signatures import Signatures
from broker.errors import AlreadyThere, ForeignEntry, InvalidRecord
from broker.signing.keys import PUBLIC_BYTES, key_id
from broker.types.names import KeyId, Originator, Stream
from broker.types.vocabulary import KeyUse, Status


class Mandate(msgspec.Struct, frozen=True):
    """What a participant's part rests on; equal mandates and messages give equal parts."""

    participant: ParticipantEntry
    keys: AdministratorKeys
    periods: tuple[Period, ...]
    revocations: Revocations
    status: Status


class Enrolled(msgspec.Struct, frozen=True):
    """A key entry and the message that enrolled it."""

    entry: KeyEntry
    held: Held


class NationalState(msgspec.Struct, frozen=True, kw_only=True):
    """What a national administrator says; of each thing the newest entry counts.

    Attributes:
        provers: The keys that proved possession of a sealing key, which is made of them; they may do nothing else.
    """

    authorities: Mapping[Originator, AuthorityEntry] = {}
    nodes: Mapping[Originator, NodeEntry] = {}
    keys: Mapping[KeyId, Enrolled] = {}
    provers: frozenset[KeyId] = frozenset()
    revocations: Mapping[KeyId, Revoked] = {}
    conditions: ConditionsEntry | None = None
    trade: TradeEntry | None = None


class NationalPart(msgspec.Struct, frozen=True):
    """A participant's streams, followed as far as they hold."""

    mandate: Mandate
    state: NationalState
    heads: Mapping[Stream, Head]
    findings: tuple[Finding, ...]


def fold_national(messages: tuple[Held, ...], mandate: Mandate, signatures: Signatures) -> NationalPart:
    """Follow a national administrator's streams, in the order of their writers."""
    office = open_office(mandate.keys, mandate.revocations, messages, periods=mandate.periods, signatures=signatures)

    def sign(_: NationalState, held: Held) -> None:
        check_signers(held, office, signatures=signatures)

    def vouch(state: NationalState, held: Held) -> None:
        sign(state, held)
        check_vouched(held, office)

    def step(state: NationalState, held: Held) -> NationalState:
        check_status(held, mandate.status)
        return _step(state, held)

    part = follow(messages, NationalState(), vouch=vouch, step=step)
    state = part.state
    for held in messages:
        revocation = revocation_of(held)
        if revocation is not None and revocation.key not in state.revocations:
            # Also by a key that ended: else leaving it out would bring back what it revoked.
            state = on_sight(held, state, vouch=sign, step=step)
    return NationalPart(mandate, state, part.heads, part.findings)


def _step(state: NationalState, held: Held) -> NationalState:
    replace = msgspec.structs.replace
    match held.entry:
        case AuthorityEntry() as entry:
            authorities = {**state.authorities, Originator(entry.authority): entry}
            _check_parents(authorities, entry)
            return replace(state, authorities=authorities)
        case NodeEntry() as entry:
            return replace(state, nodes={**state.nodes, Originator(entry.node): entry})
        case KeyEntry() as entry:
            return _enrol(state, entry, held)
        case RevocationEntry() as entry:
            # The first one counts: a later one cannot take a revocation back or weaken it.
            return replace(state, revocations={entry.key: Revoked(entry, held), **state.revocations})
        case ConditionsEntry() as entry:
            return replace(state, conditions=entry)
        case TradeEntry() as entry:
            return replace(state, trade=entry)
        case _:
            raise ForeignEntry(f"{held.header.name} is nothing that a national administrator says")


def _enrol(state: NationalState, entry: KeyEntry, held: Held) -> NationalState:
    prover = prover_of(entry)
    mine = (entry.key.id,) if prover is None else (entry.key.id, prover)
    if any(one in state.keys or one in state.provers for one in mine):
        raise AlreadyThere(f"key {entry.key.id.hex()} is already enrolled; a new purpose takes a new key")
    provers = state.provers if prover is None else state.provers | {prover}
    keys = {**state.keys, entry.key.id: Enrolled(entry, held)}
    return msgspec.structs.replace(state, keys=keys, provers=provers)


def prover_of(entry: KeyEntry) -> KeyId | None:
    """Return the id of the signing key that a sealing key was made of; None for a key that signs."""
    return key_id(entry.key.possession[:PUBLIC_BYTES]) if entry.use is KeyUse.SEAL else None


def _check_parents(authorities: Mapping[Originator, AuthorityEntry], entry: AuthorityEntry) -> None:
    parent = entry.parent
    for _ in range(len(authorities)):
        if parent == entry.authority:
            raise InvalidRecord(f"{entry.authority} would stand below itself")
        above = None if parent is None else authorities.get(Originator(parent))
        if above is None:
            return
        parent = above.parent
