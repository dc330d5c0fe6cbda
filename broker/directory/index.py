"""What is looked up for every message, prepared once for each state of the directory."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

import msgspec

from broker.directory.chain import Finding, finding
from broker.directory.entries import KeyStatement, RevocationEntry, StreamGrant
from broker.directory.hub import FOR_EVER, HubState
from broker.directory.national import Enrolled, NationalPart
from broker.directory.root import RootState
from broker.errors import AlreadyThere, ForeignEntry
from broker.types.names import Digest, KeyId, Originator
from broker.types.time import EPOCH
from broker.types.vocabulary import KeyUse


class Term(msgspec.Struct, frozen=True):
    """Writers of one originator, and from when until just before when they may speak."""

    first_writer: int
    last_writer: int
    start: datetime
    end: datetime


class EnrolledKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key that someone with the right to do so enrolled.

    Attributes:
        owner: The office, node, authority or witness that it belongs to.
        node: The node that holds the private half; None for keys of administrators and witnesses.
        terms: What it may sign, by originator; nothing for a key that seals.
        revocation: Why it is no longer believed; None while it is.
        revoked_by: Header digest of the message that says so; its place in the log is where the key's word ends.
    """

    id: KeyId
    public: bytes
    use: KeyUse
    owner: str
    node: Originator | None = None
    valid_from: datetime
    valid_to: datetime
    terms: Mapping[str, tuple[Term, ...]] = {}
    revocation: RevocationEntry | None = None
    revoked_by: Digest | None = None


class Index(msgspec.Struct, frozen=True):
    """All keys, and what is wrong between the parts of the directory.

    Attributes:
        sealing: The sealing keys of each node, the one whose validity begins last first.
    """

    keys: Mapping[KeyId, EnrolledKey]
    sealing: Mapping[Originator, tuple[EnrolledKey, ...]]
    findings: tuple[Finding, ...]


_NOBODY: Final = (EPOCH, EPOCH)


def root_keys(root: RootState) -> dict[KeyId, EnrolledKey]:
    """Return every key that a root record named."""
    revoked = {one.key: one for one in reversed(root.revocations)}
    found = {}
    for key_id, statement in root.statements.items():
        claim = root.claims[key_id]
        key = _office_key(statement, claim.owner, claim.use, revoked.get(key_id))
        found[key_id] = msgspec.structs.replace(key, revoked_by=root.revoked_by.get(key_id))
    return found


def hub_keys(hub: HubState) -> dict[KeyId, EnrolledKey]:
    """Return every national administrator's key."""
    revoked = {one.entry.key: one for one in reversed(hub.revocations)}
    found = {}
    for code, keys in hub.administrators.items():
        for key_id, key in keys.items():
            by = revoked.get(key_id)
            found[key_id] = EnrolledKey(
                id=key_id,
                public=key.public,
                use=KeyUse.ADMINISTRATE,
                owner=f"{code}/~admin",
                valid_from=key.valid_from,
                valid_to=key.valid_to,
                revocation=None if by is None else by.entry,
                revoked_by=None if by is None else by.held.digest,
            )
    return found


def national_keys(part: NationalPart) -> dict[KeyId, EnrolledKey]:
    """Return every key that a national administrator enrolled."""
    return {key_id: _national_key(part, enrolled) for key_id, enrolled in part.state.keys.items()}


def merge(
    offices: Mapping[KeyId, EnrolledKey], parts: Iterable[tuple[NationalPart, Mapping[KeyId, EnrolledKey]]]
) -> Index:
    """Return all keys together: one that two parts claim stays with the higher office, then with the first part."""
    parts = list(parts)
    keys, findings = dict(offices), []
    for part, mine in parts:
        for key_id in keys.keys() & mine.keys():
            taken = AlreadyThere(f"key {key_id.hex()} is already {keys[key_id].owner}'s")
            findings.append(finding(part.state.keys[key_id].held, taken))
        keys = {**mine, **keys}
    for part, mine in parts:
        for revoked in part.state.revocations.values():
            if revoked.entry.key in keys.keys() - mine.keys():
                foreign = ForeignEntry(f"key {revoked.entry.key.hex()} is {keys[revoked.entry.key].owner}'s")
                findings.append(finding(revoked.held, foreign))
    return Index(keys, _sealing_keys(keys.values()), tuple(findings))


def _sealing_keys(keys: Iterable[EnrolledKey]) -> dict[Originator, tuple[EnrolledKey, ...]]:
    newest_first = sorted(
        (key for key in keys if key.use is KeyUse.SEAL), key=lambda key: (key.valid_from, key.id), reverse=True
    )
    found: dict[Originator, tuple[EnrolledKey, ...]] = {}
    for key in newest_first:
        if key.node is not None:
            found[key.node] = (*found.get(key.node, ()), key)
    return found


def _office_key(statement: KeyStatement, owner: str, use: KeyUse, revocation: RevocationEntry | None) -> EnrolledKey:
    return EnrolledKey(
        id=statement.id,
        public=statement.public,
        use=use,
        owner=owner,
        valid_from=statement.valid_from,
        valid_to=statement.valid_to,
        revocation=revocation,
    )


def _national_key(part: NationalPart, enrolled: Enrolled) -> EnrolledKey:
    entry = enrolled.entry
    terms: dict[str, tuple[Term, ...]] = {}
    for grant in entry.streams:
        terms[grant.originator] = (*terms.get(grant.originator, ()), _term(part, entry.key, grant))
    revoked = part.state.revocations.get(entry.key.id)
    return EnrolledKey(
        id=entry.key.id,
        public=entry.key.public,
        use=entry.use,
        owner=entry.owner,
        node=Originator(entry.node),
        valid_from=entry.key.valid_from,
        valid_to=entry.key.valid_to,
        terms=terms,
        revocation=None if revoked is None else revoked.entry,
        revoked_by=None if revoked is None else revoked.held.digest,
    )


def _term(part: NationalPart, key: KeyStatement, grant: StreamGrant) -> Term:
    """A key speaks for an originator while it is valid, and the originator, its participant take part."""
    participant = part.mandate.participant
    name = Originator(grant.originator)
    speaker = part.state.authorities.get(name) or part.state.nodes.get(name)
    start, end = _NOBODY if speaker is None else (speaker.active_from, speaker.active_to or FOR_EVER)
    return Term(
        grant.first_writer,
        grant.last_writer,
        max(key.valid_from, start, participant.active_from),
        min(key.valid_to, end, participant.active_to or FOR_EVER),
    )
