"""What the steps of the checklist share: the directory in the file, and the place of the message in the log."""

from functools import cached_property
from typing import Final

import msgspec

from broker.directory import Directory, EnrolledKey, fold
from broker.directory.word import Place
from broker.envelope.header import Header
from broker.envelope.message import Opened, open_envelope
from broker.errors import BadEvidence, NotLogged, UntrustedRoot
from broker.log.entry import LogEntry, parse_entry
from broker.log.proof_file import check_proof, parse_proof
from broker.log.trust import SignedCheckpoint
from broker.log_trust import log_trust
from broker.types.names import ROOT, Digest
from broker.types.time import from_micros
from consumers.evidence.evidence import ENTRY, PROOF, Evidence, directory_file, revocation_files


class NotChecked(Exception):
    """A step that cannot be done with what is there, and is none that failed."""


class Logged(msgspec.Struct, frozen=True):
    """Where a message stands in the log, and the checkpoint under which that is proved."""

    entry: LogEntry
    index: int
    signed: SignedCheckpoint

    @property
    def place(self) -> Place:
        """The same, as the rules about revoked keys want it."""
        return Place(self.index, from_micros(self.entry.seen_at))


class Case:
    """One evidence file, looked at by somebody who trusts *root_digest*; each property raises why it does not hold."""

    def __init__(self, evidence: Evidence, root_digest: Digest) -> None:
        self.evidence: Final = evidence
        self.root_digest: Final = root_digest

    @property
    def message(self) -> Opened:
        """The message."""
        return self.evidence.message

    @property
    def header(self) -> Header:
        """Its signed part."""
        return self.evidence.message.header

    @cached_property
    def directory_messages(self) -> tuple[Opened, ...]:
        """The DIRECTORY messages in the file.

        Raises:
            MalformedError: One of them is none, or stands under another name.
        """
        found = []
        for name, raw in self.evidence.directory:
            opened = open_envelope(raw)
            if name != directory_file(opened.header.stream, opened.header.sequence):
                raise BadEvidence(f"{name} holds {opened.header.name}")
            found.append(opened)
        return tuple(found)

    @cached_property
    def directory(self) -> Directory:
        """What follows from them, for somebody who trusts the root digest; whether all of them count is a step.

        Raises:
            UntrustedRoot: The first root record is not there, or is not the one that is trusted.
        """
        directory = fold(self.directory_messages, self.root_digest, self.header.federation)
        if directory.parts.root.state.entry is None:
            of_root = [one.says for one in directory.findings if one.name.stream.originator == ROOT]
            raise UntrustedRoot(of_root[0] if of_root else "there is no root record in the file")
        return directory

    @cached_property
    def logged(self) -> Logged:
        """The place of the message in the log.

        Raises:
            VerificationError, MalformedError, NoLog: Nothing shows that it is there.
        """
        return self._logged(ENTRY, PROOF, self.message)

    def revocation(self, key: EnrolledKey) -> Logged:
        """Return the place in the log of the message that revoked *key*.

        Raises:
            NotLogged: Nothing shows where it stands, or it is proved under another checkpoint than the message.
            VerificationError, MalformedError: What shows it does not hold.
        """
        entry, proof = revocation_files(key.id)
        by = [one for one in self.directory_messages if one.digest == key.revoked_by]
        if not by or entry not in self.evidence.files or proof not in self.evidence.files:
            raise NotLogged(f"key {key.id.hex()} was revoked, and the file does not show where in the log that stands")
        found = self._logged(entry, proof, by[0])
        if found.signed.raw != self.logged.signed.raw:
            raise NotLogged(f"the revocation of key {key.id.hex()} is proved under another checkpoint than the message")
        return found

    def _logged(self, entry_file: str, proof_file: str, message: Opened) -> Logged:
        raw, proof = self.evidence.files[entry_file], parse_proof(self.evidence.files[proof_file])
        entry, header = parse_entry(raw), message.header
        says = (entry.federation, entry.stream, entry.sequence, entry.digest)
        if says != (header.federation, header.stream, header.sequence, message.digest):
            raise NotLogged(
                f"the entry of the log is of {entry.name}, {entry.digest.hex()[:16]}…, not of {header.name}"
            )
        return Logged(entry, proof.index, check_proof(proof, raw, log_trust(self.directory)))
