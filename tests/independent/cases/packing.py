"""Evidence files put together without being checked first: the only way to plant what is wrong in one."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

from broker.directory.entries import ParticipantEntry, RootEntry
from broker.envelope.message import Opened, Unsigned, enclose, open_envelope
from broker.envelope.outer import Signature, format_envelope, parse_envelope
from broker.log.note import Note, format_note, parse_note
from broker.log.proof_file import LogProof, format_proof, parse_proof
from broker.signing.batch import sign_batch
from broker.signing.keys import SigningKey
from consumers.evidence.evidence import (
    MESSAGE,
    PROOF,
    README,
    REPORT,
    Evidence,
    directory_file,
    format_evidence,
    manifest_of,
)
from tests.support.evidence import POLICE, World
from tests.support.federation import ROOT_STREAM, a_participant, a_root, a_signing_key

Files: TypeAlias = Mapping[str, bytes]
Made: TypeAlias = tuple[bytes, bytes]
"""An evidence file, and the root digest that whoever checks it trusts."""


def packed(files: Files, root_digest: bytes) -> bytes:
    """Return an evidence file of *files*, whatever is in them; evidence.json names them as they are."""
    message = open_envelope(files[MESSAGE])
    whole = {README: b"", REPORT: b"", **files}
    manifest = manifest_of(message, whole, exported_by=POLICE, root_digest=root_digest)
    return format_evidence(Evidence(manifest, message, whole))


def signed(world: World, message: Unsigned, *keys: SigningKey) -> Opened:
    """Return a message signed by each of *keys*, and let the notary see it, whatever they may do."""
    raw = enclose(message, [sign_batch([message.header_bytes], key)[0] for key in keys])
    world.log(raw)
    return open_envelope(raw)


def with_signatures(files: Files, change: Callable[[Signature], Signature]) -> dict[str, bytes]:
    """Return *files* with other signatures under the message."""
    envelope = parse_envelope(files[MESSAGE])
    changed = msgspec.structs.replace(envelope, signatures=tuple(change(one) for one in envelope.signatures))
    return {**files, MESSAGE: format_envelope(changed)}


def with_proof(files: Files, **changes: Any) -> dict[str, bytes]:
    """Return *files* with another proof of the message."""
    proof = msgspec.structs.replace(parse_proof(files[PROOF]), **changes)
    return {**files, PROOF: format_proof(proof)}


def with_note(files: Files, change: Callable[[Note], Note]) -> dict[str, bytes]:
    """Return *files* with another checkpoint under the message."""
    proof: LogProof = parse_proof(files[PROOF])
    return with_proof(files, checkpoint=format_note(change(parse_note(proof.checkpoint))))


def with_directory(files: Files, *raws: bytes) -> dict[str, bytes]:
    """Return *files* with more DIRECTORY messages, under the names that they should have."""
    added = {}
    for raw in raws:
        header = open_envelope(raw).header
        added[directory_file(header.stream, header.sequence)] = raw
    return {**files, **added}


def without(files: Files, *names: str) -> dict[str, bytes]:
    """Return *files* without some that have to be there."""
    assert set(names) <= set(files)
    return {name: content for name, content in files.items() if name not in names}


def flipped(data: bytes, at: int = -1) -> bytes:
    """Return *data* with one bit changed."""
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)


def rotate_root(world: World, keys: Sequence[SigningKey] | None = None, **changes: Any) -> Opened:
    """Write a second root record, signed by *keys*: as a rule by two old root keys and two new ones."""
    federation = world.federation
    new = [a_signing_key(f"new root {number}") for number in (1, 2, 3)]
    stated = a_root(new, [federation.hub_key]).root_keys
    entry: RootEntry = msgspec.structs.replace(
        federation.directory.root, **{"version": 2, "root_keys": stated, **changes}
    )
    signers = (*federation.root_keys[:2], *new[:2]) if keys is None else keys
    return federation.say(entry, ROOT_STREAM, signers)


def a_newer_netherlands(**changes: Any) -> ParticipantEntry:
    """Return a participant entry with an administrator's key that takes the place of the first."""
    return a_participant("NL", [a_signing_key("NL admin, the second")], **changes)
