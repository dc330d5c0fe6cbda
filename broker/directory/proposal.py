"""A new root record on its way: composed once, signed by each keeper where the key is, then sent.

A proposal carries the chain of root records before it. So whoever signs needs the root digest and nothing else: what
changes, whose keys count and how many of them follow from the chain, never from what the file claims.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, Literal

import msgspec

from broker.directory.directory import Directory, extend, fold
from broker.directory.entries import RootEntry
from broker.directory.held import hold
from broker.directory.root import ROOT_STREAM, Claim, claim_key
from broker.directory.rules import root_statements
from broker.directory.writing import compose_entry, next_occasion
from broker.envelope.header import Header, header_digest, parse_header
from broker.envelope.message import Opened, Unsigned, enclose, open_envelope
from broker.envelope.outer import Signature
from broker.errors import (
    AlreadyThere,
    BadFile,
    BadHeader,
    BrokenChain,
    BrokerError,
    ForeignEntry,
    InvalidRecord,
    ThresholdNotMet,
    UnknownKey,
)
from broker.signing.batch import VerifiedBatches, check_signature, sign_batch
from broker.signing.keys import SigningKey
from broker.types.names import ROOT, Digest, KeyId

FORMAT: Final = "tocsin-root-proposal-1"


class Proposal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A root record that lacks signatures. Nothing in it is believed before :func:`check_proposal`.

    Attributes:
        chain: The envelopes of the root's stream before it, from the first.
        header: The exact bytes that are signed; they name who signs.
        signatures: 64 bytes each, by the id of the key in hexadecimal digits.
    """

    format: Literal["tocsin-root-proposal-1"] = FORMAT
    federation: str
    chain: tuple[bytes, ...]
    header: bytes
    body: bytes
    signatures: Mapping[str, bytes] = {}


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """A proposal that holds, but for the signatures that it lacks.

    Attributes:
        before: The root record in force.
        signed: Whose signatures are there and hold, in the order of the header.
    """

    proposal: Proposal
    header: Header
    digest: Digest
    before: RootEntry
    after: RootEntry
    signed: tuple[KeyId, ...]

    @property
    def missing(self) -> tuple[KeyId, ...]:
        """Who has not signed yet."""
        return tuple(one for one in self.header.signers if one not in self.signed)


def root_chain(messages: Iterable[Opened], root_digest: Digest, federation: str) -> tuple[Opened, ...]:
    """Return those of *messages* that are the root's stream, from the first to the newest that has its place."""
    directory, chain = Directory.empty(federation, root_digest), list[Opened]()
    mine = [one for one in messages if one.header.originator == ROOT]
    for opened in sorted(mine, key=lambda one: one.header.sequence):
        try:
            extended = extend(directory, opened)
        except BrokerError:
            continue
        # What anybody wrote into the topic has no place and belongs to no proof; what has one does, though it say
        # nothing that applies.
        if extended.head(ROOT_STREAM) != directory.head(ROOT_STREAM):
            directory = extended
            chain.append(opened)
    return tuple(chain)


def usual_signers(before: RootEntry, after: RootEntry, at: datetime) -> tuple[KeyId, ...]:
    """Return who signs where nobody says who: all keys of the new root, and of those that leave as many as it takes."""
    staying = {one.id for one in after.root_keys}
    signers = [one.id for one in after.root_keys if one.valid_from <= at < one.valid_to]
    lacking = before.threshold - sum(one.id in signers for one in before.root_keys)
    leaving = [one.id for one in before.root_keys if one.id not in staying and one.valid_from <= at < one.valid_to]
    return (*signers, *leaving[: max(lacking, 0)])


def propose(
    directory: Directory,
    chain: Sequence[Opened],
    after: RootEntry,
    signers: Sequence[KeyId] = (),
    *,
    issued_at: datetime,
    salt: bytes,
) -> Proposal:
    """Return the proposal that *after* follows the root record of *directory*.

    Args:
        chain: What :func:`root_chain` returns.
        signers: Who is to sign; the usual ones where nobody is named.
        salt: 32 random bytes, never used before.

    Raises:
        BrokerError: What :func:`check_proposal` and :func:`check_next` raise.
    """
    named = tuple(signers) or usual_signers(directory.root, after, issued_at)
    # First, because a header without any signer cannot be composed either.
    _check_signers(directory.root, after, named, issued_at)
    message = compose_entry(after, next_occasion(directory, ROOT_STREAM, issued_at=issued_at, salt=salt), named)
    raws = tuple(one.raw for one in chain)
    made = Proposal(federation=directory.federation, chain=raws, header=message.header_bytes, body=message.bodies[0])
    check_next(check_proposal(made, directory.root_digest), directory)
    return made


def check_proposal(proposal: Proposal, root_digest: Digest) -> Checked:
    """Check that *proposal* is the next root record of the network that *root_digest* names.

    Raises:
        MalformedError: A message in it is none.
        UntrustedRoot: Its chain does not begin with that root record.
        BrokenChain: It does not follow the newest root record of its chain.
        ThresholdNotMet, UnknownKey: Those that it names as signers are too few, or no root keys.
        BadSignature: A signature is wrong.
        BrokerError: What it says is nothing that a root record may say.
    """
    directory = fold(map(open_envelope, proposal.chain), root_digest, proposal.federation)
    before, opened = directory.root, _unsigned(proposal)
    held = hold(opened, proposal.federation)
    if held.flaw is not None:
        raise held.flaw
    after, header = held.entry, held.header
    if header.stream != ROOT_STREAM or not isinstance(after, RootEntry):
        raise ForeignEntry(f"{header.name} is no root record")
    _check_follows(directory, header, after)
    _check_signers(before, after, header.signers, header.issued_at)
    return Checked(
        proposal=proposal,
        header=header,
        digest=opened.digest,
        before=before,
        after=after,
        signed=_signed(proposal, header, (before, after)),
    )


def sign_proposal(checked: Checked, key: SigningKey) -> Proposal:
    """Return the proposal with the signature of *key*.

    Raises:
        UnknownKey: It is none of those that sign.
        AlreadyThere: It has signed.
    """
    if key.id not in checked.header.signers:
        those = ", ".join(one.hex()[:12] for one in checked.header.signers)
        raise UnknownKey(f"key {key.id.hex()} does not sign this root record", hint=f"These do: {those}.")
    if key.id in checked.signed:
        raise AlreadyThere(f"key {key.id.hex()} has signed this root record")
    (signature,) = sign_batch([checked.proposal.header], key)
    signatures = {**checked.proposal.signatures, key.id.hex(): signature.signature}
    return msgspec.structs.replace(checked.proposal, signatures=signatures)


def join_proposals(proposals: Sequence[Proposal]) -> Proposal:
    """Return the one proposal of which *proposals* are copies, with the signatures of all.

    Raises:
        BadFile: They are not copies of one.
    """
    first = proposals[0]
    signatures: dict[str, bytes] = {}
    for one in proposals:
        if msgspec.structs.replace(one, signatures={}) != msgspec.structs.replace(first, signatures={}):
            raise BadFile("these are not copies of one proposal", hint="tocsin directory root show FILE, for each.")
        signatures |= one.signatures
    return msgspec.structs.replace(first, signatures=signatures)


def check_next(checked: Checked, directory: Directory) -> None:
    """Check that a proposal still follows what *directory* says: two of one version would stop the root for ever.

    Raises:
        AlreadyThere: It is the root record in force.
        BrokenChain: There has been another one since it was proposed.
        InvalidRecord: The directory has not the text of its community table: nobody could decide anything.
    """
    table = checked.after.community_table_digest
    if table not in directory.parts.hub.state.tables:
        raise InvalidRecord(
            f"the directory has no community table {table.hex()[:12]}", hint="First: tocsin directory add table FILE"
        )
    if directory.head(ROOT_STREAM).digest == checked.digest:
        raise AlreadyThere(f"root version {checked.after.version} is in force already")
    _check_follows(directory, checked.header, checked.after)


def finish_proposal(checked: Checked) -> Opened:
    """Return the message, with all its signatures.

    Raises:
        ThresholdNotMet: One is missing.
    """
    if checked.missing:
        says = ", ".join(one.hex()[:12] for one in checked.missing)
        count = f"{len(checked.signed)} of the {len(checked.header.signers)} keys that it names"
        raise ThresholdNotMet(
            f"root version {checked.after.version} is signed by {count}; missing: {says}",
            hint="tocsin directory root sign FILE --key KEY, where that key is; or propose it anew with --signer.",
        )
    opened = _unsigned(checked.proposal)
    body = checked.proposal.body
    message = Unsigned(opened.header, opened.header_bytes, opened.digest, (body,))
    made = [_batch_of_one(checked.proposal.signatures[one.hex()]) for one in checked.header.signers]
    return open_envelope(enclose(message, made))


def _unsigned(proposal: Proposal) -> Opened:
    header = parse_header(proposal.header)
    return Opened(b"", header, proposal.header, header_digest(proposal.header), (), (proposal.body,))


def _check_follows(directory: Directory, header: Header, after: RootEntry) -> None:
    head, before = directory.head(ROOT_STREAM), directory.root
    if (header.sequence, header.previous) != (head.sequence + 1, head.digest):
        raise BrokenChain(f"{header.name} does not follow number {head.sequence} of the root's stream")
    if after.version != before.version + 1:
        raise BrokenChain(f"root version {after.version} does not follow version {before.version}")
    if header.status is not before.status or after.status is not before.status:
        raise BadHeader(f"{header.name} is {header.status.word}, its network is {before.status.word}")
    claims: dict[KeyId, Claim] = dict(directory.parts.root.state.claims)
    for owner, use, statement in root_statements(after):
        claim_key(claims, statement.id, Claim(owner, use))


def _check_signers(before: RootEntry, after: RootEntry, signers: Sequence[KeyId], at: datetime) -> None:
    known = {one.id for root in (before, after) for one in root.root_keys}
    for signer in signers:
        if signer not in known:
            raise UnknownKey(f"key {signer.hex()} is no root key")
    for root in (before, after):
        count = sum(one.id in signers and one.valid_from <= at < one.valid_to for one in root.root_keys)
        if count < max(root.threshold, 1):
            which = "present" if root is before else "new"
            says = f"{count} valid keys of the {which} root, version {root.version}, would sign"
            raise ThresholdNotMet(f"{says}; it takes {root.threshold}")


def _signed(proposal: Proposal, header: Header, roots: tuple[RootEntry, ...]) -> tuple[KeyId, ...]:
    publics = {one.id: one.public for root in roots for one in root.root_keys}
    strangers = set(proposal.signatures) - {one.hex() for one in header.signers}
    if strangers:
        raise BadFile(f"a signature is of a key that does not sign: {min(strangers)[:40]}")
    signed = tuple(one for one in header.signers if one.hex() in proposal.signatures)
    for one in signed:
        signature = _batch_of_one(proposal.signatures[one.hex()])
        check_signature(proposal.header, signature, publics[one], verified=VerifiedBatches())
    return signed


def _batch_of_one(signature: bytes) -> Signature:
    return Signature(signature, size=1, index=0, path=())
