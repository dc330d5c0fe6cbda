"""``audit verify``: an evidence file and one root digest, and nothing else."""

from pathlib import Path
from typing import Any

import msgspec

from broker.types.names import Digest
from broker.types.vocabulary import Status
from consumers.evidence.checklist import Checklist, check_evidence
from consumers.evidence.evidence import open_evidence
from consumers.evidence.manifest import Manifest
from tocsin.evidence.files import read_evidence


class Verified(msgspec.Struct, frozen=True):
    """What became of an evidence file.

    Attributes:
        status: Whether the message is about the world, as its signed header says: the pages in the file may not.
    """

    manifest: Manifest
    status: Status
    checklist: Checklist

    def document(self) -> dict[str, Any]:
        """Return what ``audit verify --json`` prints; scripts rely on it."""
        return {
            "message": self.manifest.message,
            "digest": self.manifest.digest,
            "federation": self.manifest.federation,
            "status": self.status.word,
            "exported_by": self.manifest.exported_by,
            "disclosed": self.manifest.disclosed,
            "withheld": self.manifest.withheld,
            "passed": self.checklist.is_passed,
            "steps": [one.document() for one in self.checklist.steps],
        }


def verify(path: Path, root_digest: Digest) -> Verified:
    """Check the evidence file at *path*.

    Raises:
        MissingFile: There is no such file.
        BadEvidence, UnknownEvidence: It is none, or of another version; then no step can be done.
    """
    evidence = open_evidence(read_evidence(path))
    return Verified(evidence.manifest, evidence.message.header.status, check_evidence(evidence, root_digest))
