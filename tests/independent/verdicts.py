"""What the two verifiers say about an evidence file, in words that can be compared."""

from pathlib import Path

from broker.errors import BadEvidence, UnknownEvidence
from broker.types.names import Digest
from consumers.evidence.checklist import STEPS, Outcome, check_evidence
from consumers.evidence.evidence import open_evidence
from tests.independent.programs import Programs

Verdict = dict[str, str] | None
"""The outcome of each step that both do; None for what is no evidence file."""

COMPARED = tuple(step for step in STEPS if step != "decision")
_CODES = {True: 6, False: 0}


def ours(raw: bytes, root_digest: bytes) -> Verdict:
    """Return what tocsin says."""
    try:
        evidence = open_evidence(raw)
    except (BadEvidence, UnknownEvidence):
        return None
    steps = check_evidence(evidence, Digest(root_digest)).steps
    return {one.step: one.outcome.value for one in steps if one.step in COMPARED}


def theirs(programs: Programs, raw: bytes, root_digest: bytes, file: Path) -> Verdict:
    """Return what the verifier in Go says, whose exit code has to agree with it."""
    file.write_bytes(raw)
    code, steps = programs.evidence(file, root_digest.hex())
    if not steps:
        assert 4 == code
        return None
    assert list(STEPS) == [one["step"] for one in steps]
    assert "not-checked" == steps[-1]["outcome"]
    found = {one["step"]: one["outcome"] for one in steps if one["step"] in COMPARED}
    assert _CODES["failed" in found.values()] == code
    return found


def failed(verdict: Verdict) -> set[str] | None:
    """Return the steps that failed."""
    return None if verdict is None else {step for step, outcome in verdict.items() if outcome == Outcome.FAILED.value}
