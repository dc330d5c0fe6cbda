"""The root's part of the directory: k of n root keys, each version vouching for the next."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from broker.directory.administrators import AdministratorKeys, restate
from broker.directory.chain import Part, finding, follow
from broker.directory.entries import KeyStatement, RevocationEntry, RootEntry
from broker.directory.held import Held
from broker.directory.rules import root_statements
from broker.directory.signatures import Signatures
from broker.errors import (
    AlreadyThere,
    BadHeader,
    BrokenChain,
    ForeignEntry,
    InvalidRecord,
    ThresholdNotMet,
    UnknownKey,
    UntrustedRoot,
)
from broker.types.names import ROOT, ZERO_DIGEST, Digest, KeyId, Stream
from broker.types.vocabulary import KeyUse

ROOT_STREAM: Final = Stream(ROOT, 1)
"""The root has one stream: two could not be put in order."""


class Claim(msgspec.Struct, frozen=True):
    """Whose a key is, and what for; once claimed, it is nobody else's."""

    owner: str
    use: KeyUse


class RootState(msgspec.Struct, frozen=True, kw_only=True):
    """What the root stream says.

    Attributes:
        entry: The newest root record; None before the first.
        statements: The newest statement of every key that a root record ever named.
        hub_keys: Every hub administrator's key, ended where a newer root left it out.
        revocations: In the order of the stream.
        revoked_by: The message that revoked each key first.
    """

    entry: RootEntry | None = None
    claims: Mapping[KeyId, Claim] = {}
    statements: Mapping[KeyId, KeyStatement] = {}
    hub_keys: AdministratorKeys = {}
    revocations: tuple[RevocationEntry, ...] = ()
    revoked_by: Mapping[KeyId, Digest] = {}


def fold_root(messages: Sequence[Held], root_digest: Digest, signatures: Signatures) -> Part[RootState]:
    """Follow the root stream from the message that *root_digest* names.

    Source: the rules for a new root are those of The Update Framework, 5.3.
    """

    def vouch(state: RootState, held: Held) -> None:
        _check_trusted(state, held, root_digest)
        _check_thresholds(state, held, signatures)

    mine = [held for held in messages if held.header.stream == ROOT_STREAM]
    error = BadHeader(f"the root has the one stream {ROOT_STREAM}")
    strays = [finding(held, error) for held in messages if held.header.stream != ROOT_STREAM]
    part = follow(mine, RootState(), vouch=vouch, step=_step)
    return Part(part.state, part.heads, (*part.findings, *strays))


def _check_trusted(state: RootState, held: Held, root_digest: Digest) -> None:
    if held.header.sequence == 1:
        if held.digest != root_digest or held.header.directory_digest != ZERO_DIGEST:
            raise UntrustedRoot(
                f"the first root record has the digest {held.digest.hex()}, this node trusts {root_digest.hex()}",
                hint="compare the root digest with the one that the hub publishes",
            )
    elif state.entry is None:
        raise UntrustedRoot("the first root record does not hold, so nothing that follows it does")


def _check_thresholds(state: RootState, held: Held, signatures: Signatures) -> None:
    """A new root needs the old keys, so that it is theirs to give, and the new ones, so that they are there to use."""
    roots = [root for root in (state.entry, held.entry) if isinstance(root, RootEntry)]
    for signer in held.header.signers:
        if not any(signer == one.id for root in roots for one in root.root_keys):
            raise UnknownKey(f"{held.header.name} is signed by {signer.hex()}, no root key")
    for root in roots:
        signed = _signed_by(root, held, signatures)
        # A threshold of nought would be a flaw of the entry; it must not let anyone else through here.
        if signed < max(root.threshold, 1):
            says = f"{signed} valid keys of root version {root.version} signed {held.header.name}"
            raise ThresholdNotMet(f"{says}; it takes {root.threshold}")


def _signed_by(root: RootEntry, held: Held, signatures: Signatures) -> int:
    """Each root counts by its own statements: a new one cannot lend the keys of the old another public half or time."""
    statements = {one.id: one for one in root.root_keys}
    count = 0
    for place, signer in enumerate(held.header.signers):
        one = statements.get(signer)
        if one is not None:
            signatures.check(held, place, one.public)
            count += one.valid_from <= held.header.issued_at < one.valid_to
    return count


def _step(state: RootState, held: Held) -> RootState:
    if state.entry is not None and held.header.status is not state.entry.status:
        raise BadHeader(f"{held.header.name} is {held.header.status.word} in a network that is not")
    match held.entry:
        case RootEntry():
            return _replace(state, held.entry, held)
        case RevocationEntry():
            return _revoke(state, held.entry, held.digest)
        case _:
            raise ForeignEntry(f"{held.header.name} is nothing that a root says")


def _replace(state: RootState, entry: RootEntry, held: Held) -> RootState:
    version = 0 if state.entry is None else state.entry.version
    if entry.version != version + 1:
        raise BrokenChain(f"root version {entry.version} does not follow version {version}")
    if entry.status is not held.header.status:
        raise InvalidRecord(f"{held.header.name} is {held.header.status.word}, its entry says {entry.status.word}")
    claims = dict(state.claims)
    for owner, use, statement in root_statements(entry):
        claim_key(claims, statement.id, Claim(owner, use))
    return RootState(
        entry=entry,
        claims=claims,
        statements={**state.statements, **{one.id: one for _, _, one in root_statements(entry)}},
        hub_keys=restate(state.hub_keys, entry.hub_administrators, held.header.issued_at),
        revocations=state.revocations,
        revoked_by=state.revoked_by,
    )


def claim_key(claims: dict[KeyId, Claim], key_id: KeyId, claim: Claim) -> None:
    """Enter *claim* into *claims*; the same claim again changes nothing.

    Raises:
        AlreadyThere: The key is someone else's, or for another use.
    """
    earlier = claims.setdefault(key_id, claim)
    if earlier != claim:
        raise AlreadyThere(f"key {key_id.hex()} of {claim.owner} is already {earlier.owner}'s to {earlier.use.word}")


def _revoke(state: RootState, entry: RevocationEntry, digest: Digest) -> RootState:
    claim = state.claims.get(entry.key)
    if claim is None:
        raise UnknownKey(f"no root record names key {entry.key.hex()}")
    if claim == Claim(ROOT, KeyUse.ADMINISTRATE):
        raise ForeignEntry("a root key ends with a new root record, not with a revocation")
    revoked_by = {entry.key: digest, **state.revoked_by}
    return msgspec.structs.replace(state, revocations=(*state.revocations, entry), revoked_by=revoked_by)
