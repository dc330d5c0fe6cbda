"""Put an evidence file together: checked by its own checklist first, so that nothing leaves that does not hold."""

from collections.abc import Mapping
from typing import Final

import msgspec

from broker.envelope.message import open_envelope
from broker.types.names import Digest, Originator
from consumers.evidence.checklist import Checklist, check_evidence
from consumers.evidence.evidence import MESSAGE, README, REPORT, Evidence, manifest_of
from consumers.evidence.report import Story, readme, report

_MAY_FAIL: Final = frozenset({"witnesses"})
"""A log without a quorum is worth less, and says so; everything else has to hold."""


class Made(msgspec.Struct, frozen=True):
    """An evidence file, and what whoever checks it will find."""

    evidence: Evidence
    checklist: Checklist


def make_evidence(files: Mapping[str, bytes], story: Story, *, exported_by: Originator, root_digest: Digest) -> Made:
    """Return the evidence file of *files* and what is told about them.

    Raises:
        BrokerError: A step of the checklist fails; it is the error of that step.
    """
    message = open_envelope(files[MESSAGE])
    bare = {**files, README: b"", REPORT: b""}
    by, root = exported_by, root_digest
    manifest = manifest_of(message, bare, exported_by=by, root_digest=root)
    checklist = check_evidence(Evidence(manifest, message, bare), root)
    for step in checklist.failed:
        if step.step not in _MAY_FAIL and step.error is not None:
            raise step.error
    told = readme(story, checklist, root_digest=root.hex()), report(story, checklist, root_digest=root.hex())
    whole = bare | dict(zip((README, REPORT), told, strict=True))
    return Made(Evidence(manifest_of(message, whole, exported_by=by, root_digest=root), message, whole), checklist)
