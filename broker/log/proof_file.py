"""Proof files: that an entry is in a log, with the checkpoint that it is proved under; stands alone.

Source: C2SP tlog-proof, version 1.
"""

from typing import Final

import msgspec

from broker import limits
from broker.errors import BadNote
from broker.log.checkpoint import parse_checkpoint
from broker.log.note import parse_note
from broker.log.text import format_base64, parse_base64, parse_hash, parse_number
from broker.log.tree import check_inclusion
from broker.log.trust import LogTrust, SignedCheckpoint, check_checkpoint
from broker.merkle import Hash, leaf_hash

HEADING: Final = "c2sp.org/tlog-proof@v1"
_EXTRA: Final = "extra "
_INDEX: Final = "index "


class LogProof(msgspec.Struct, frozen=True):
    """Where an entry stands, and how that is shown.

    Attributes:
        index: Zero-based.
        path: From the leaf upwards.
        checkpoint: The exact bytes of a signed note.
        extra: Whatever somebody added; nobody vouches for it.
    """

    index: int
    path: tuple[Hash, ...]
    checkpoint: bytes
    extra: bytes | None = None


def parse_proof(raw: bytes) -> LogProof:
    """Parse a proof file; the exact inverse of :func:`format_proof`.

    Raises:
        BadNote: It is none.
    """
    front, separator, checkpoint = raw.partition(b"\n\n")
    if len(raw) > 2 * limits.MAX_NOTE_BYTES or not separator:
        raise BadNote("a proof has an empty line before its checkpoint, and is not longer than two notes")
    try:
        heading, *lines = front.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise BadNote("a proof that is not ASCII before its checkpoint") from None
    if heading != HEADING:
        raise BadNote(f"{heading[:40]!r} begins no proof that is known here; expected {HEADING}")
    extra = None
    if lines and lines[0].startswith(_EXTRA):
        extra = parse_base64(lines.pop(0).removeprefix(_EXTRA))
    if not lines or not lines[0].startswith(_INDEX) or len(lines) > 1 + limits.MAX_PROOF_HASHES:
        raise BadNote(f"a proof names its index, and has at most {limits.MAX_PROOF_HASHES} hashes")
    parse_checkpoint(parse_note(checkpoint).text)
    index, *path = lines
    return LogProof(parse_number(index.removeprefix(_INDEX)), tuple(map(parse_hash, path)), checkpoint, extra)


def format_proof(proof: LogProof) -> bytes:
    """Return the bytes of a proof file."""
    extra = [] if proof.extra is None else [f"{_EXTRA}{format_base64(proof.extra)}"]
    lines = [HEADING, *extra, f"{_INDEX}{proof.index}", *map(format_base64, proof.path), ""]
    return "".join(f"{line}\n" for line in lines).encode() + proof.checkpoint


def check_proof(proof: LogProof, entry: bytes, trust: LogTrust) -> SignedCheckpoint:
    """Check that *entry* is in the log in *trust*; return the checkpoint that it is proved under.

    Raises:
        BadNote, UntrustedCheckpoint, BadSignature: The checkpoint is none of this log.
        NotIncluded: The proof does not lead from the entry to the checkpoint's root.
    """
    signed = check_checkpoint(proof.checkpoint, trust)
    check_inclusion(proof.path, leaf=leaf_hash(entry), index=proof.index, head=signed.head)
    return signed
