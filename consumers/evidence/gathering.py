"""What an evidence file is made of: out of the message, the log, the directory and the node's own record."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from broker import avro, decisions
from broker.avro import schema_text
from broker.decisions import load_judgements
from broker.directory import Directory
from broker.envelope.body import Content
from broker.envelope.message import Opened, open_envelope, without_bodies
from broker.errors import BadSignature, BrokerError, ChangedTile, NotLogged
from broker.follow import directory_message
from broker.log.entry import parse_entry
from broker.log.hashes import TileHashes
from broker.log.proof_file import LogProof, format_proof
from broker.log.tree import inclusion_proof
from broker.log.trust import SignedCheckpoint
from broker.signing.batch import VerifiedBatches, check_signature
from broker.types.names import HUB_ADMIN, ROOT, Digest, KeyId, Originator, participant_of
from broker.types.time import from_micros
from broker.types.vocabulary import Section
from consumers.evidence.decided import Judged, format_decisions, format_tables, judged
from consumers.evidence.evidence import (
    DECISIONS,
    ENTRY,
    MESSAGE,
    PROOF,
    directory_file,
    format_section,
    revocation_files,
    schema_file,
    section_file,
    section_text_file,
)
from consumers.evidence.steps import decode_section, section_text
from consumers.tables import Texts


class LogView:
    """The log below one signed checkpoint: where messages stand, and how that is proved.

    Args:
        find: Gives the place of a message by its header digest; None where it knows none.
    """

    def __init__(self, hashes: TileHashes, signed: SignedCheckpoint, find: Callable[[Digest], int | None]) -> None:
        self.signed: Final = signed
        self._hashes = hashes
        self._find = find

    def has(self, digest: Digest) -> bool:
        """Say whether a message is logged below the checkpoint."""
        index = self._find(digest)
        return index is not None and index < self.signed.size

    def prove(self, digest: Digest) -> tuple[bytes, bytes]:
        """Return the leaf of a message and the proof that it is in the log.

        Raises:
            NotLogged: It is not, below the checkpoint.
            ChangedTile, LogUnavailable: The tiles do not give it.
        """
        index = self._find(digest)
        if index is None or index >= self.signed.size:
            raise NotLogged(
                f"the message {digest.hex()[:16]}… is not in the log of {self.signed.size} messages yet",
                hint="The notary takes it in within minutes: wait and try again. tocsin inbox shows what is logged.",
            )
        (leaf,) = self._hashes.entries(index, index + 1)
        if parse_entry(leaf).digest != digest:
            raise ChangedTile(f"leaf {index} of the log is not that of the message {digest.hex()[:16]}…")
        path = inclusion_proof(index, self.signed.size, self._hashes)
        return leaf, format_proof(LogProof(index, path, self.signed.raw))


def message_files(message: Opened, contents: Mapping[Section, Content]) -> dict[str, bytes]:
    """Return the message without the bodies of what is withheld, and what is disclosed of it.

    The bodies of what is withheld stay away: at TLP:CLEAR they are not sealed, and no seal is for ever.
    """
    disclosed = {section.word: content for section, content in contents.items()}
    withheld = [head.name for head in message.header.sections if head.name not in disclosed]
    files = {MESSAGE: without_bodies(message, withheld)}
    for name, content in disclosed.items():
        files[section_file(name)] = format_section(content)
        files[section_text_file(name)] = section_text(decode_section(content))
        files[schema_file(content.schema_id)] = schema_text(avro.schema_by_id(content.schema_id))
    return files


def directory_files(
    messages: Iterable[bytes], directory: Directory, originator: Originator, is_logged: Callable[[Digest], bool]
) -> dict[str, bytes]:
    """Return the DIRECTORY messages that vouch for the keys of *originator*, as far as they are in the log.

    Args:
        messages: The envelopes that the node has read; several may claim one place.
        directory: What follows from them.
    """
    offices = {ROOT, HUB_ADMIN, Originator(f"{participant_of(originator)}/~admin")}
    doubtful, verified = {one.digest for one in directory.findings}, VerifiedBatches()
    found: dict[str, Opened] = {}
    for raw in messages:
        opened = _open(raw)
        if opened is None or opened.header.originator not in offices or not is_logged(opened.digest):
            continue
        if not _is_signed(opened, directory, verified):
            continue  # a spoilt copy of another, or a forged one
        name = directory_file(opened.header.stream, opened.header.sequence)
        other = found.get(name)
        # Of two with one number the one that has its place; where neither has, the stream ends before them.
        if other is None or other.digest in doubtful:
            found[name] = opened
    return {name: one.raw for name, one in found.items() if _has_place(one, directory)}


def _is_signed(opened: Opened, directory: Directory, verified: VerifiedBatches) -> bool:
    """Say whether the signatures of a copy hold, whoever may sign; two copies may differ in them alone."""
    for signer, signature in zip(opened.header.signers, opened.signatures, strict=True):
        key = directory.key(signer)
        try:
            if key is not None:
                check_signature(opened.header_bytes, signature, key.public, verified=verified)
        except BadSignature:
            return False
    return True


def _has_place(opened: Opened, directory: Directory) -> bool:
    return opened.header.sequence <= directory.head(opened.header.stream).sequence


def revocation_proofs(signers: Sequence[KeyId], directory: Directory, log: LogView) -> dict[str, bytes]:
    """Return leaf and proof of the revocation of each signer that was revoked.

    Raises:
        NotLogged: One of them is not in the log yet, so nothing shows that the message came before it.
    """
    files: dict[str, bytes] = {}
    for signer in signers:
        key = directory.key(signer)
        if key is not None and key.revoked_by is not None:
            entry, proof = revocation_files(signer)
            files[entry], files[proof] = log.prove(key.revoked_by)
    return files


def log_files(digest: Digest, log: LogView) -> dict[str, bytes]:
    """Return leaf and proof of the message.

    Raises:
        NotLogged: It is not in the log yet.
    """
    leaf, proof = log.prove(digest)
    return {ENTRY: leaf, PROOF: proof}


def load_directory_messages(connection: Connection) -> list[bytes]:
    """Return the envelopes of all DIRECTORY messages that the node has taken."""
    here = directory_message.c
    rows = connection.execute(select(here.raw).where(here.refused_code.is_(None)).order_by(here.offset))
    return [row.raw for row in rows]


def decision_files(connection: Connection, digest: Digest, reader: Originator) -> dict[str, bytes]:
    """Return what the node decided about a message for *reader*, each distinct decision once, and the tables.

    Args:
        digest: Of the message in the node's inbox: of a forward, not of what it passes on.
    """
    found = list(_judged(connection, digest, reader))
    texts = Texts(connection)
    files = {DECISIONS: format_decisions(found)}
    for one in found:
        tables = texts.of(tuple(Digest(bytes.fromhex(each)) for each in one.tables))
        if tables is not None:
            files |= format_tables(table for _, table in tables.in_order)
    return files


def _judged(connection: Connection, digest: Digest, reader: Originator) -> Iterator[Judged]:
    here = decisions.decision.c
    wanted = select(decisions.decision).where(here.digest == digest, here.judgement.is_not(None)).order_by(here.id)
    first: dict[bytes, Row[Any]] = {}
    for row in connection.execute(wanted):
        # A second export is the same decision again, and must give the same file.
        if reader in row.readers.split():
            first.setdefault(row.judgement, row)
    made = load_judgements(connection, list(first))
    for key, row in first.items():
        at, by = from_micros(row.decided_at), Digest(row.directory)
        yield judged(made[key], number=row.id, at=at, directory=by, reader=reader)


def _open(raw: bytes) -> Opened | None:
    try:
        return open_envelope(raw)
    except BrokerError:
        return None
