"""Everything that a demo brought to light; the JSON document and the screen are two ways to print it."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from broker.logbook import Assurance
from consumers.evidence.checklist import Outcome as Outcomes
from tocsin.demo.cast import CastReader
from tocsin.demo.document import Document
from tocsin.demo.evidence import Checked
from tocsin.demo.logged import Logged
from tocsin.demo.permission import Asked
from tocsin.demo.sides import Alert, Side
from tocsin.demo.views import LayerShare, Reason
from tocsin.demo.withdrawing import TakenBack


class ReaderView(msgspec.Struct, frozen=True):
    """A reader that is shown, and the rules that set it apart: what it may see by them, and what it may not."""

    reader: CastReader
    reasons: tuple[Reason, ...]


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a demo.

    Attributes:
        rows: In the file, the refused ones included.
        linked: Reports that are second reports or parts of another one.
        parked: Reports that wait for another one that nobody has published.
        sides: One report as several see it.
        nodes: Whose databases were audited.
        asked: How one of the readers asked for more than it may; None where nobody had anything to ask for.
        taken_back: The same report taken back; None likewise.
        logged: The log; None where nothing was published.
        evidence: An evidence file, and what two verifiers say of it; None where nobody has anything to prove.
        deeds: What was done in each attempt to tamper, by its name.
        complaints: What should not be so; a demo with any has failed.
    """

    file: str
    participants: int
    authorities: int
    rows: int
    linked: int
    parked: int
    readers: tuple[ReaderView, ...]
    layers: tuple[LayerShare, ...]
    sides: tuple[Side, ...]
    sided: str | None
    alert: Alert | None
    nodes: int
    deeds: Mapping[str, str]
    asked: Asked | None
    taken_back: TakenBack | None
    logged: Logged | None
    evidence: Checked | None
    document: Document
    complaints: tuple[str, ...]


def complaints_of(
    document: Document, layers: Sequence[LayerShare], *, is_sample: bool, disagreed: Sequence[str] = ()
) -> tuple[str, ...]:
    """Return what should not be so in the result of a demo.

    Args:
        disagreed: The steps of the evidence file that the two verifiers do not say the same of.
    """
    found = [
        f"{view.reader} was not decided about for every report"
        for view in document.views
        if view.released + view.redacted + view.denied != document.published
    ]
    if document.audit.findings:
        found.append(f"the audit of the untouched record has {document.audit.findings} findings")
    found += (f"nobody noticed: {one.attempt}" for one in document.tampering if not one.caught)
    found += (one for one in (_sealing(document), _permission(document, is_sample=is_sample)) if one)
    found += _recall(document)
    found += _log(document)
    found += _evidence(document, disagreed)
    if is_sample:
        # Reports of one's own need not touch every layer; the sample data is chosen so that they do.
        found += (f"the {share.layer.word} layer never decided" for share in layers if not share.count)
    return tuple(found)


def _sealing(document: Document) -> str:
    sealing = document.sealing
    if sealing is None or sealing.opened_without_keys == 0 == sealing.opened_by_uninvited - sealing.invited:
        return ""
    return "something sealed could be read without having been released"


def _permission(document: Document, *, is_sample: bool) -> str:
    if document.permission is None:
        return "no export was refused" if is_sample else ""
    return "" if document.permission.exported else "a grant was asked for, and the export is still refused"


def _recall(document: Document) -> Iterator[str]:
    recall = document.recall
    if recall is None:
        return
    left = [one.reader for one in recall.holders if not (one.withdrawn and one.content_gone and one.keys_gone)]
    if left:
        yield f"{recall.message} was taken back and is still at {', '.join(left)}"
    if recall.missing:
        yield f"{recall.missing} holders of {recall.message} have sent no receipt for its removal"


def _log(document: Document) -> Iterator[str]:
    log = document.log
    if log is None:
        if document.published:
            yield "reports were published, and the log is empty"
        return
    if len(log.witnesses) < log.quorum:
        yield f"{len(log.witnesses)} witnesses cosigned the log, and it takes {log.quorum}"
    elif log.quorum:
        left = sum(count for assurance, count in log.assurance.items() if assurance != Assurance.WITNESSED.value)
        if left:
            yield f"{left} messages in inboxes are not witnessed"
    if document.audit.log_size != log.size:
        yield f"the log has size {log.size}, and the audit checked {document.audit.log_size}"


def _evidence(document: Document, disagreed: Sequence[str]) -> Iterator[str]:
    evidence = document.evidence
    if evidence is None:
        if document.published:
            yield "reports were published, and no evidence file was made of any"
        return
    verdicts = evidence.verdicts
    if not verdicts.tocsin:
        failed = ", ".join(one.step for one in evidence.steps if one.outcome == Outcomes.FAILED.value)
        yield f"the evidence file about {evidence.message} does not hold: {failed}"
    if disagreed or verdicts.independent not in (None, verdicts.tocsin):
        steps = ", ".join(disagreed) or "the whole"
        yield f"the two verifiers of the evidence file about {evidence.message} do not agree on {steps}"
