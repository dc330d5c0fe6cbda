"""The hub administrators' part of the directory: participants, their administrators, and community tables."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from broker.directory.administrators import (
    AdministratorKeys,
    Period,
    Revocations,
    check_signers,
    check_vouched,
    is_vouched,
    open_office,
    restate,
)
from broker.directory.chain import Finding, Part, finding, follow, on_sight
from broker.directory.entries import (
    AuthorityEntry,
    KeyEntry,
    NodeEntry,
    ParticipantEntry,
    RevocationEntry,
    TableEntry,
)
from broker.directory.held import Held, revocation_of
from broker.directory.root import Claim, RootState, claim_key
from broker.directory.signatures import Signatures
from broker.errors import BadHeader, ForeignEntry
from broker.types.names import Digest, KeyId, Participant
from broker.types.vocabulary import KeyUse, Status

FOR_EVER: Final = datetime.max.replace(tzinfo=UTC)
OWN_ENTRIES: Final = (AuthorityEntry, NodeEntry, KeyEntry)
"""What the hub administrators say of the hub's own authorities; see ``own.py``."""


class Revoked(msgspec.Struct, frozen=True):
    """A revocation and the message that made it.

    Attributes:
        firm: Its writer still stands, or somebody vouches for it; else it only takes away.
    """

    entry: RevocationEntry
    held: Held
    firm: bool = True


class HubState(msgspec.Struct, frozen=True, kw_only=True):
    """What the hub administrators say.

    Attributes:
        administrators: Every national administrator's key, ended where a newer entry left it out.
        periods: When each participant takes part, as each of its entries says until the next one begins.
        tables: Community tables by digest; the root says which is in force.
        enrolled: The keys of the hub's own nodes.
    """

    claims: Mapping[KeyId, Claim]
    participants: Mapping[Participant, ParticipantEntry] = {}
    administrators: Mapping[Participant, AdministratorKeys] = {}
    periods: Mapping[Participant, tuple[Period, ...]] = {}
    tables: Mapping[Digest, str] = {}
    enrolled: frozenset[KeyId] = frozenset()
    revocations: tuple[Revoked, ...] = ()


def fold_hub(messages: Sequence[Held], root: RootState, signatures: Signatures) -> Part[HubState]:
    """Follow the hub administrators' streams, in the order of their writers."""
    mine = tuple(one for one in root.revocations if one.key in root.hub_keys)
    office = open_office(root.hub_keys, Revocations(mine, mine), messages, signatures=signatures)
    status = Status.UNKNOWN if root.entry is None else root.entry.status

    def sign(_: HubState, held: Held) -> None:
        check_signers(held, office, signatures=signatures)

    def vouch(state: HubState, held: Held) -> None:
        sign(state, held)
        check_vouched(held, office)

    def step(state: HubState, held: Held) -> HubState:
        check_status(held, status)
        return _step(state, held, firm=is_vouched(held, office))

    part = follow(messages, HubState(claims=root.claims), vouch=vouch, step=step)
    state = part.state
    counted = {one.held.digest for one in state.revocations}
    for held in messages:
        if revocation_of(held) is not None and held.digest not in counted:
            # Also by a key that ended: else leaving it out would bring back what it revoked.
            state = on_sight(held, state, vouch=sign, step=step)
            counted |= {one.held.digest for one in state.revocations[-1:]}
    return Part(state, part.heads, (*part.findings, *_stray_revocations(state)))


def check_status(held: Held, status: Status) -> None:
    """Check that a message is about the world, an exercise or a test, as its whole network is.

    Raises:
        BadHeader: It is not.
    """
    if held.header.status is not status:
        raise BadHeader(f"{held.header.name} is {held.header.status.word}, its network is {status.word}")


def _step(state: HubState, held: Held, *, firm: bool) -> HubState:
    match held.entry:
        case ParticipantEntry():
            return _enter(state, held.entry, held)
        case TableEntry():
            return msgspec.structs.replace(state, tables={**state.tables, held.entry.digest: held.entry.table})
        case RevocationEntry():
            return msgspec.structs.replace(state, revocations=(*state.revocations, Revoked(held.entry, held, firm)))
        case KeyEntry():
            return msgspec.structs.replace(state, enrolled=state.enrolled | {held.entry.key.id})
        case AuthorityEntry() | NodeEntry():
            return state
        case _:
            raise ForeignEntry(f"{held.header.name} is nothing that a hub administrator says")


def _enter(state: HubState, entry: ParticipantEntry, held: Held) -> HubState:
    code = Participant(entry.code)
    claims = dict(state.claims)
    for one in entry.administrators:
        claim_key(claims, one.id, Claim(f"{code}/~admin", KeyUse.ADMINISTRATE))
    keys = restate(state.administrators.get(code, {}), entry.administrators, held.header.issued_at)
    return msgspec.structs.replace(
        state,
        claims=claims,
        participants={**state.participants, code: entry},
        administrators={**state.administrators, code: keys},
        periods={**state.periods, code: _periods(state.periods.get(code, ()), entry)},
    )


def _periods(earlier: tuple[Period, ...], entry: ParticipantEntry) -> tuple[Period, ...]:
    """A newer entry speaks from its own beginning on; what was said before that day stays said."""
    cut = (Period(one.start, min(one.end, entry.active_from)) for one in earlier)
    return (*(one for one in cut if one.start < one.end), Period(entry.active_from, entry.active_to or FOR_EVER))


def _stray_revocations(state: HubState) -> list[Finding]:
    """Who enrols a key revokes it: the hub only national administrators' keys, and those of its own nodes."""
    enrolled = state.enrolled.union(*state.administrators.values())
    return [
        finding(one.held, ForeignEntry(f"key {one.entry.key.hex()} is no national administrator's"))
        for one in state.revocations
        if one.entry.key not in enrolled
    ]
